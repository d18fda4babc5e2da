"""mod_proxy_hcheck in nginx: nobody asks the members, but one whose port is closed is passed over (NGX-111)."""

from __future__ import annotations

from apacheconf.ledger import Outcome, Written
from apacheconf.program.workers import Worker
from apacheconf.targets.claims import Claim, equivalent, unsupported
from apacheconf.targets.nginx.lowering import Lowering
from apacheconf.targets.restrictions import words_in

_NO_CHECKS = "health checks (hcmethod=) are not supported yet: nobody asks the member"
_PORT = "a member whose port is closed is passed over when it is asked, and not before"
_MORE = "it says more about hcmethod=, which has no counterpart"
_UNASKED = "no check asks it"
_KEY = "health-check"


def claims_of(worker: Worker, said_by: list[Written]) -> list[Claim]:
    """What became of a member's check. One that only opens its port finds what asking the member finds, too."""
    if worker.check is None:
        return []
    if worker.check.method.lower() == "tcp":
        return [equivalent(said_by, _PORT, "port-check")]
    return [unsupported(said_by, _NO_CHECKS, _KEY)]


def settle(low: Lowering) -> None:
    """The lines that checks are made of: templates and expressions."""
    for line in low.scopes.everywhere("proxyhcexpr", "proxyhctemplate"):
        name = next(iter(words_in(line.args)), "").lower()
        if line.name.lower() == "proxyhcexpr":
            asked = any(each.check and each.check.expression.lower() == name for each in low.program.workers())
            unasked = Claim((line,), Outcome.NO_EFFECT, _UNASKED, _KEY)
            low.dropped.append(unsupported([line], _MORE, _KEY) if asked else unasked)
        else:
            only_ports = "hcmethod=tcp" in line.args.lower()
            low.dropped.append(equivalent([line], _PORT, "port-check") if only_ports
                               else unsupported([line], _MORE, _KEY))  # fmt: skip

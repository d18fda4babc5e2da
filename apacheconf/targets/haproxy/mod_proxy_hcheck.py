"""mod_proxy_hcheck in HAProxy: what members are asked now and then, and what counts as healthy (HAP-87)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from apacheconf.ledger import Outcome
from apacheconf.program.conditions import Condition, Matches, Not
from apacheconf.program.health import HealthCheck
from apacheconf.program.values import Variable
from apacheconf.program.workers import Origin, Worker
from apacheconf.targets.claims import Claim, approximated, equivalent, exact, unsupported
from apacheconf.targets.haproxy.core import seconds
from apacheconf.targets.haproxy.lowering import Lowering
from apacheconf.targets.haproxy.tree import Section
from apacheconf.targets.questions import CannotAsk, pcre
from apacheconf.targets.restrictions import words_in
from apacheconf.targets.routes import members

_SOONER = "the first check is made at the start, and not when the time between two has passed"
_ONE_HOST = "members are asked with the first one's Host"
_NAME = re.compile(r"[A-Za-z0-9_.:-]+")
#: What httpd takes for healthy where nothing else is said.
_HEALTHY = ("status", "200-399")


def emit_checks(workers: tuple[Worker, ...], backend: Section) -> None:
    """What the backend asks its members: the first one's check, where it is about an answer, each with its own Host
    where members are called by it."""
    check = next((worker.check for worker in workers if worker.check is not None), None)
    if check is None or check.method == "TCP" or not can_say(check):
        return
    method, version = check.method.removesuffix("11"), "HTTP/1.1" if check.method.endswith("11") else "HTTP/1.0"
    backend.add("option", "httpchk")
    backend.add("http-check", "send", "meth", method, "uri", check.uri or "/", "ver", version, "hdr", "Host",
                "%[srv_name]" if are_called_by_hosts(workers) else _host(workers[0]))  # fmt: skip
    backend.add("http-check", "expect", *_expected(check))


def server_words(worker: Worker) -> list[str]:
    """How often a member is asked, and how many answers count."""
    check = worker.check
    if check is None or not can_say(check):
        return []
    return ["check", "inter", seconds(check.interval), "rise", str(check.passes), "fall", str(check.fails)]


def claim_of(worker: Worker, workers: tuple[Worker, ...]) -> Claim | None:
    """What became of a member's check."""
    check = worker.check
    if check is None:
        return None
    if not can_say(check):
        why = f"HAProxy can't ask what the check {check.expression or check.method} wants: nobody asks the member"
        return unsupported(worker.said_by, why, "health-check")
    first = next(each.check for each in workers if each.check is not None)
    if (check.method, check.uri, check.condition) != (first.method, first.uri, first.condition):
        return approximated(worker.said_by, "members are asked what the first one is asked", "health-check")
    if (check.passes, check.fails) != (1, 1):
        why = "an answer of the other kind in between begins the count anew"
        return approximated(worker.said_by, why, "health-check")
    if check.method != "TCP" and len({_host(each) for each in workers}) > 1 and not are_called_by_hosts(workers):
        return approximated(worker.said_by, _ONE_HOST, "health-check")
    return equivalent(worker.said_by, _SOONER, "first-check")


def _host(worker: Worker) -> str:
    return f"{worker.host}:{worker.port}"


def are_called_by_hosts(workers: tuple[Worker, ...]) -> bool:
    """Whether members are checked, and may be called by the Host that a check is made with (HAP-4)."""
    hosts = [_host(each) for each in workers]
    checked = any(each.check is not None and each.check.method != "TCP" and can_say(each.check) for each in workers)
    return checked and 1 < len(hosts) == len(set(hosts)) and all(map(_NAME.fullmatch, hosts))


def can_say(check: HealthCheck) -> bool:
    """Whether HAProxy can make the check."""
    try:
        _expected(check)
    except CannotAsk:
        return False
    return check.method in ("TCP", "GET", "GET11", "HEAD", "HEAD11", "OPTIONS", "OPTIONS11")


def _expected(check: HealthCheck) -> tuple[str, ...]:
    """Raises CannotAsk."""
    if not check.expression:
        return _HEALTHY
    if check.condition is None:
        raise CannotAsk(check.unknown or check.expression)
    return _of(check.condition)


def _of(condition: Condition) -> tuple[str, ...]:
    match condition:
        case Not(inner):
            words = _of(inner)
            return words[1:] if words[0] == "!" else ("!", *words)
        case Matches(Variable("REQUEST_STATUS"), regex) if not regex.ignore_case:
            return "rstatus", pcre(regex)
        case Matches(Variable("HC", "body"), regex):
            return "rstring", f"{'(?i)' if regex.ignore_case else ''}{pcre(regex)}"
        case _:
            raise CannotAsk("a condition of a check")


def claims_of_expressions(low: Lowering) -> Iterator[Claim]:
    """What became of the ProxyHCExpr lines: those that the members' checks ask."""
    asked = {worker.check.expression: worker.check for worker in low.program.workers() if worker.check is not None}
    firsts = {check.expression for check in map(_first, low.program.origins) if check is not None}
    for line in low.scopes.everywhere("proxyhcexpr"):
        name = next(iter(words_in(line.args)), "")
        if name not in asked:
            yield Claim((line,), Outcome.NO_EFFECT, "no check asks it", "health-check")
        elif not can_say(asked[name]):
            yield unsupported((line,), f"HAProxy can't ask {name}", "health-check")
        elif name in firsts:
            yield exact((line,))
        else:
            yield approximated((line,), "members are asked what the first one is asked", "health-check")


def _first(origin: Origin) -> HealthCheck | None:
    """The check that the backend of an origin makes."""
    return next((worker.check for worker in members(origin) if worker.check is not None), None)

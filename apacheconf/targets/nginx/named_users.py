"""SSLUserName: whom a client's certificate names in logs, in headers and for scripts, and what is said of it (NGX-189).

The word for it is that of ``Texts.named_or``.
"""

from __future__ import annotations

from apacheconf.program.hosts import Host
from apacheconf.program.steps import Log, LogItem, NameUser, Step
from apacheconf.program.values import Variable
from apacheconf.targets.claims import Claim, approximated, equivalent, exact, unsupported
from apacheconf.targets.nginx.lowering import Lowering
from apacheconf.targets.nginx.texts import Texts, texts_of_server
from apacheconf.targets.questions import CannotAsk

KEY = "named-users"


def settle(low: Lowering, host: Host) -> None:
    """What became of the lines of a host."""
    found = (step for cell in host.shape.cells for step in cell.steps)
    steps = {step.said_by: step for step in found if isinstance(step.action, NameUser)}
    if steps:
        texts, logged = texts_of_server(low, host), any(map(_is_user, _logged(host)))
        low.dropped += [_claim(host, step, step.action, texts, logged) for step in steps.values()
                        if isinstance(step.action, NameUser)]  # fmt: skip


def _claim(host: Host, step: Step, action: NameUser, texts: Texts, logged: bool) -> Claim:
    said_by = host.said_by(step)
    try:
        texts.text(Variable("SSL", action.variable))
    except CannotAsk as missing:
        return unsupported(said_by, f"{missing} can't be said here in nginx", "not-yet")
    if not logged:
        return exact(said_by)
    if texts.named != action.variable:
        return approximated(said_by, "logs don't name whom a certificate names for a section only", KEY)
    why = "logs name who is refused or redirected, too; in httpd a request has to come as far as its answer"
    return equivalent(said_by, why, KEY)


def _logged(host: Host) -> list[object]:
    """What the logs of a host write."""
    items = (item for step in host.shape.server if isinstance(step.action, Log) for item in step.action.line)
    return [item.value if isinstance(item, LogItem) else item for item in items]


def _is_user(item: object) -> bool:
    return isinstance(item, Variable) and item.name == "REMOTE_USER"

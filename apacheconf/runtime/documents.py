"""ErrorDocument: what answers in place of a stock page (RS-24 to RS-26, SEM-21, SEM-22, ED-1, ED-2).

A text is sent as it is, a URL becomes a redirect, and a local path is asked for as if the client had: by GET, with
the same header fields, and with the body where nobody has read it yet.
What goes wrong on that way ends in the stock page of the first
error. The status of the document's own answer reaches the client, unless ProxyErrorOverride holds for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from apacheconf.program.authority import answered
from apacheconf.program.decide import decide, decide_document
from apacheconf.program.evaluate import text_of
from apacheconf.program.phases import Phase
from apacheconf.program.steps import SetErrorDocument
from apacheconf.program.values import Literal, Value
from apacheconf.runtime.answer import spoken
from apacheconf.runtime.forward import header_lines, with_empty_body
from apacheconf.runtime.framing import leave_unmeasured
from apacheconf.runtime.local import redirect
from apacheconf.runtime.pages import CLOSING, CONTENT_TYPE
from apacheconf.runtime.switches import relays_expect

_CHALLENGE = "WWW-Authenticate"
#: What ends the reading of a request: its body isn't for anybody.
_MISREAD = frozenset({400, 408, 413, 414, 431})

if TYPE_CHECKING:
    from apacheconf.program.request import Decision
    from apacheconf.runtime.client import ClientConnection
    from apacheconf.runtime.exchange import Exchange
    from apacheconf.runtime.forwarding import Plan
    from apacheconf.runtime.strict import Fields


@dataclass(slots=True)
class First:
    """The request whose error another one answers: its plan, its error, the Allow of it, its name in the error log.

    ``failed_status`` and ``failed_plan`` are those of an error document that was none.
    """

    plan: Plan
    status: int
    reason: str
    allowed: Fields
    log_id: str = ""
    failed_status: int = 0
    failed_plan: Plan | None = None


def documents_of(exchange: Exchange) -> dict[int, SetErrorDocument]:
    """The documents for a request: its own, or those of its host when it could not be read."""
    plan: Plan = exchange.plan
    unread = plan.decision is not None and plan.decision.host is None
    return (exchange.site.unread_plan() if unread else plan).forwarding.documents


def status_told(exchange: Exchange, status: int) -> int:
    """The status that a client is told of an error: 302 where its document is a URL."""
    document = documents_of(exchange).get(spoken(status))
    return 302 if document is not None and document.url and status != 401 else status


def answered_by_document(
    client: ClientConnection,
    exchange: Exchange,
    status: int,
    reason: str,
    kept: Sequence[tuple[bytes, bytes]],
    measured: bool = True,
) -> bool:
    """Whether a document answers this error; it has begun to then. One that fails itself isn't asked again.

    Of what is ``kept`` a text has Allow and Expires, a redirect Expires, a path's answer an Expires of its own. They
    have no length unless ``measured``.
    """
    document = documents_of(exchange).get(spoken(status))
    if document is None or exchange.first_status:
        return False
    decision = exchange.plan.decision
    if document.url and (status == 401 or (decision is not None and decision.lost)):
        return False  # a redirect would lose the challenge, or be lost as the one before it; httpd leaves it out
    if status in CLOSING:
        exchange.stay = False
    if document.path:
        exchange.uncached = any(name == b"Expires" for name, _ in kept)
        path, allowed = _text(exchange, status, document.value, document.path), [p for p in kept if p[0] == b"Allow"]
        _ask_locally(client, exchange, status, path, First(exchange.plan, status, reason, allowed))
    elif document.url:
        expires = [pair for pair in kept if pair[0] == b"Expires"]
        redirect(client, exchange, 302, _text(exchange, status, document.value, document.url), measured, expires)
    else:
        text = _text(exchange, status, document.text, "").encode("latin-1", "replace")
        fields = [*(pair for pair in kept if pair[0] in (b"Allow", b"Expires")), (b"Content-Type", CONTENT_TYPE)]
        if not measured:
            leave_unmeasured(exchange, fields)
        client.answer(exchange, status, text, fields, reason.encode("latin-1"), measured)
    return True


def _decided(exchange: Exchange) -> Decision:
    """What was decided about a request, with what its expressions ask; of a settled cell nobody has asked it yet."""
    found = exchange.plan.decision
    if found is not None and found.state is not None:
        return found
    client = exchange.client
    return answered(lambda: decide(client.server.program, client.request_of(exchange)))


def ask_for_password(exchange: Exchange, challenge: bytes) -> None:
    """From now on every page and document answers with an origin's challenge; a later one takes its place (RS-23)."""
    decision = _decided(exchange)
    kept = tuple(pair for pair in decision.early_headers if pair[0] != _CHALLENGE)
    asks = (_CHALLENGE, challenge.decode("latin-1"))
    exchange.plan = replace(exchange.plan, decision=replace(decision, early_headers=(*kept, asks)))


def _text(exchange: Exchange, status: int, value: Value | None, settled: str) -> str:
    """What an expression comes to now that the request has failed; ``settled`` where there is none (EXPR-46)."""
    if isinstance(value, Literal):
        return value.text
    decision = exchange.plan.decision
    if value is None or decision is None or decision.state is None:
        return settled
    state = decision.state
    state.phase, state.status = Phase.FILTERS, status
    return text_of(value, state)


def _ask_locally(client: ClientConnection, exchange: Exchange, status: int, path: str, first: First) -> None:
    """An internal redirect to ``path`` (ED-1)."""
    request, program = client.request_of(exchange), client.server.program
    known = _decided(exchange)
    exchange.leave(first)
    found = answered(lambda: decide_document(program, known, status, path))
    plan = exchange.site.plan_for(request.as_get, found)
    keeps_body = status not in _MISREAD and client.has_whole_body(exchange)
    exchange.begin_again(plan, status, keeps_body)
    client.server.log_decided(exchange, found)
    assert plan.decision is not None
    if plan.fields is not None:
        expect = [pair for pair in exchange.fields if pair[0].lower() == b"expect" and client.expects]
        relayed = expect if plan.service is not None and relays_expect(exchange) else []
        exchange.lines = header_lines(plan.fields + relayed, False, None, b"")
        if exchange.body_done:
            exchange.lines = with_empty_body(exchange.lines, exchange.fields)
    client.start_again(exchange, plan.decision)

"""Answers that no origin gives: refusals and redirects of the program, OPTIONS *, TRACE; ``handlers`` has the rest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from apacheconf.program.forward import FORWARDS_SPENT, FORWARDS_UNREAD
from apacheconf.program.request import Decision
from apacheconf.program.uri import parse_target
from apacheconf.runtime.answer import ReplyHead, spoken, standard_reason
from apacheconf.runtime.framing import CHUNKED_FIELD, UNTIL_CLOSE, leave_unmeasured
from apacheconf.runtime.handlers import handle
from apacheconf.runtime.heads import RequestHead
from apacheconf.runtime.naming import signature
from apacheconf.runtime.page_texts import MOVED, REDIRECTS, Html, escape
from apacheconf.runtime.pages import CONTENT_TYPE, signed
from apacheconf.runtime.strict import Fields
from apacheconf.runtime.switches import vary_lines

if TYPE_CHECKING:
    from apacheconf.runtime.client import ClientConnection
    from apacheconf.runtime.exchange import Exchange


def local_answer(client: ClientConnection, exchange: Exchange, head: RequestHead, decision: Decision) -> None:
    """Answer as ``decision`` says."""
    status = decision.status
    if decision.turn_of is not None:
        client.server.service(decision.turn_of).choose(client.server.now)
    if status is None and head.method == b"TRACE":
        _echo(client, exchange, head, decision)
    elif status is None:
        handle(client, exchange, head, decision)
    elif decision.location and exchange.first_status and not decision.by_rules:  # the document fails (ED-2)
        client.refuse(exchange, status)
    elif decision.location:
        redirect(client, exchange, status, decision.location)
    elif decision.body is not None:
        client.answer(exchange, status, decision.body.encode("latin-1"), [(b"Content-Type", CONTENT_TYPE)])
    elif status == 200 and _goes_no_further(head):
        _answer_for_origin(client, exchange, head, decision)
    else:
        if decision.by_rules:  # of a document it is an error of its own, which may have one itself
            exchange.first_status = 0
        kept = [(name.encode(), value.encode("latin-1")) for name, value in decision.fields]
        reason = "Proxy Error" if decision.note in (FORWARDS_UNREAD, FORWARDS_SPENT) else ""
        note = Html(decision.note) if decision.note.endswith("<br />") else decision.note
        client.refuse(exchange, status, reason, note, kept=kept, measured=not decision.lost, first=decision.lost)


def redirect(
    client: ClientConnection,
    exchange: Exchange,
    status: int,
    location: str,
    measured: bool = True,
    kept: Sequence[tuple[bytes, bytes]] = (),
) -> None:
    """Send the client to ``location``, with the fields that are ``kept``; no length unless it is ``measured``."""
    if spoken(status) != status:
        client.refuse(exchange, status, kept=[(b"Location", location.encode("latin-1"))])
        return
    title = standard_reason(status).decode()
    body = (
        '<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01//EN" "http://www.w3.org/TR/html4/strict.dtd">\n<html><head>\n'
        f"<title>{status} {title}</title>\n</head><body>\n<h1>{title}</h1>\n"
        f"{REDIRECTS.get(status, MOVED).format(escape(location))}{signed(signature(exchange))}</body></html>\n"
    )
    fields = [(b"Location", location.encode("latin-1"))]
    decision = exchange.plan.decision
    if status == 304:  # it has no page, and keeps what the request has collected so far
        client.answer(exchange, status, b"", [*fields, *([] if decision is None else vary_lines(decision))])
        return
    fields += [*kept, (b"Content-Type", CONTENT_TYPE)]
    filtering = exchange.plan.forwarding.filtering
    if filtering is not None:
        fields = filtering.expired(exchange, fields)
    if not measured:
        leave_unmeasured(exchange, fields)
    client.answer(exchange, status, body.encode("latin-1"), fields, measured=measured)


def _is_for_all(head: RequestHead) -> bool:
    """Whether it is ``OPTIONS *``, or a URL without a path that means the same (PP-22)."""
    return parse_target(head.method.decode("latin-1"), head.target.decode("latin-1")).raw_path == "*"


def _goes_no_further(head: RequestHead) -> bool:
    """Whether it is ``OPTIONS *``, or Max-Forwards ends here; a rule's own 200 has a page like an error's (RW-14)."""
    forwards = [value for name, value in head.fields if name.lower() == b"max-forwards"]
    return _is_for_all(head) or any(value.isdigit() and int(value) == 0 for value in forwards)


def _answer_for_origin(client: ClientConnection, exchange: Exchange, head: RequestHead, decision: Decision) -> None:
    """OPTIONS * (PP-22), and TRACE or OPTIONS that may go no further (RQ-17): answered as an origin's would be."""
    if _is_for_all(head) or decision.state is None:
        client.answer(exchange, 200, b"", vary_lines(decision), completed=True)
        return
    if head.method == b"OPTIONS":
        fields = [*vary_lines(decision), (b"Allow", b"TRACE" if exchange.site.limits.trace else b"")]
        filtering = exchange.plan.forwarding.filtering
        if filtering is not None:
            fields = filtering.expired(exchange, fields)
        client.answer(exchange, 200, b"", fields, completed=True)
        return
    _echo(client, exchange, head, decision, filtered=exchange.plan.forwarding.filtering is not None)


def _echo(
    client: ClientConnection, exchange: Exchange, head: RequestHead, decision: Decision, filtered: bool = False
) -> None:
    """The request itself: as it would have gone to an origin, whose answer Header edits, or as it has come (HP-4)."""
    asked = () if decision.state is None or decision.state.headers is None else decision.state.headers.lines()
    lines = b"".join(b"%b: %b\r\n" % (name.encode("latin-1"), value.encode("latin-1")) for name, value in asked)
    fields = [*vary_lines(decision), (b"Content-Type", b"message/http")]
    echo = b"%b\r\n%b\r\n" % (exchange.request_line, lines)
    in_chunks = exchange.version >= (1, 1) and not client.expects
    exchange.stay = exchange.stay and in_chunks
    if filtered:
        _filtered(exchange, fields, echo)
        return
    if in_chunks:
        fields = [*fields, CHUNKED_FIELD]
    client.answer(exchange, 200, echo, fields, measured=False, completed=True)


def _filtered(exchange: Exchange, fields: Fields, body: bytes) -> None:
    """An answer that meets the filters of those of origins."""
    names = frozenset(name.lower() for name, _ in fields)
    exchange.status = 200
    exchange.answered(ReplyHead(200, b"OK", fields, UNTIL_CLOSE, True, names=names), [body], done=True)
    exchange.finish()

"""Header and RequestHeader at work (HD-1 to HD-9), in bytes. Pure.

Lines that say the same for every request are done by the closures of a settled cell; the others under what
``decide`` left, by the program's own function.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from apacheconf.program.editing import edit
from apacheconf.program.evaluate import State
from apacheconf.program.forward import add_forwarded
from apacheconf.program.headers import HeaderTable
from apacheconf.program.request import Decision, Headers, Request
from apacheconf.program.response import FRAMING, answer_fields, settled_fields, settled_text
from apacheconf.program.steps import EditHeader, Table
from apacheconf.program.values import Joined, Value, Variable
from apacheconf.runtime.errors import OriginBroke
from apacheconf.runtime.forward import Lines
from apacheconf.runtime.strict import Fields, ends_in_chunks

if TYPE_CHECKING:
    from apacheconf.runtime.exchange import Exchange
    from apacheconf.runtime.forwarding import Plan

#: What an answer made here says of itself, whatever was configured.
_OWN = frozenset({"date", "server"})
_GUESSED = frozenset({"IDLE_PERCENT", "BUSY_PERCENT"})
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


def edited_reply(exchange: Exchange, status: int, fields: Fields) -> Fields:
    """The fields of an origin's answer. Raises OriginBroke(500) where a value would break the head, as httpd does."""
    if not edits_answers(exchange.plan):
        return fields
    found = _edited(exchange, exchange.plan, status, fields, completed=True)
    if any(map(_breaks, found)) or not ends_in_chunks(_encoded(found)):
        kept = exchange.reply.reason.decode("latin-1") if status == 500 and exchange.reply is not None else ""
        raise OriginBroke(500, "a response header field would hold a control character", kept, in_fields=True)
    return _encoded(found)


def edited_error(exchange: Exchange, plan: Plan, status: int, fields: Fields) -> Fields:
    """The fields of an answer that was made here."""
    if not edits_answers(plan):
        return fields
    made = _edited(exchange, plan, status, fields, completed=False)
    return _encoded([line for line in made if not _breaks(line) and line[0].lower() not in _OWN])


def edits_answers(plan: Plan) -> bool:
    """Whether any line is about the answers of this plan."""
    decision = plan.decision
    if decision is not None and decision.edits_answer:
        return True
    return bool(plan.forwarding.answer_edits or plan.forwarding.answer_steps)


def _asked(exchange: Exchange) -> Request:
    """A request of which nothing is known but who is at its two ends."""
    client, who = exchange.client, exchange.who
    return Request(local=client.door.address, peer=who, scheme=client.door.scheme, tls=client.tls or {})


def _edited(exchange: Exchange, plan: Plan, status: int, fields: Fields, completed: bool) -> Headers:
    lines, of_script = _decoded(fields), completed and exchange.script is not None
    framing = completed and exchange.head_only and plan.service is not None
    decision: Decision | None = plan.decision
    if decision is not None and decision.state is not None and plan is not exchange.plan:
        decision.state.request = _asked(exchange)  # of one that could not be read only this is known
    if plan.forwarding.answer_edits:
        return settled_fields(plan.forwarding.answer_edits, lines, completed, framing, of_script)
    if decision is None and plan.forwarding.answer_steps:
        state = State(_asked(exchange), exchange.site.host, "", None, None)
        state.env.update(exchange.environment())
        decision = Decision(exchange.site.host, response_headers=plan.forwarding.answer_steps, state=state)
    if decision is None:
        return settled_fields(plan.forwarding.answer_edits, lines, completed, of_script=of_script)
    if plan.service is not None and decision.state is not None:
        decision.state.mapped = exchange.origin_url()
        decision.state.env.update(exchange.environment())  # of a member that was chosen and failed (ST-11)
    return answer_fields(decision, status, lines, completed, framing, of_script)


def edited_lines(
    edits: tuple[EditHeader, ...], fields: Fields, forwarded: bool, host: bytes | None, server: bytes
) -> Lines:
    """The header lines for the origin after RequestHeader, with the hole for the client's address (RQ-13)."""
    expect = [pair for pair in HeaderTable(_decoded(fields)).lines() if pair[0].lower() == "expect"]
    table = edited_request(edits, fields)
    table.drop_hop_by_hop()
    table.unset("Host")
    if forwarded:
        add_forwarded(table, "\n", None if host is None else host.decode("latin-1"), server.decode("latin-1"))
    front, hole, back = written((*table.lines(), *expect)).partition(b"\n\r\n")
    return Lines(front, b"\r\n" + back, hole=True) if hole else Lines(front)


def edited_request(edits: tuple[EditHeader, ...], fields: Fields) -> HeaderTable:
    """A request's fields after RequestHeader."""
    table = HeaderTable(_decoded(fields))
    for line in edits:
        edit(table, line, settled_text)
    return table


def written(lines: Headers) -> bytes:
    """Header lines as bytes."""
    return b"".join([b"%b: %b\r\n" % pair for pair in _encoded(lines)])


def not_done(line: EditHeader) -> str:
    """Why serve doesn't do a line as httpd would, empty when it does."""
    if line.table is not Table.REQUEST and line.name.lower() in FRAMING:
        return f"how an answer is framed is the connection's own business: {line.name} is left as it is"
    if any(variable in _GUESSED for variable in variables(line.value, line.replacement)):
        return "one process has no idle children to count: %i is always 100, %b always 0"
    return ""


def variables(*values: Value | None) -> set[str]:
    """The names of the variables in these values."""
    found: set[str] = set()
    for value in values:
        if isinstance(value, Variable):
            found.add(value.name)
        elif isinstance(value, Joined):
            found |= variables(*value.parts)
    return found


def _breaks(line: tuple[str, str]) -> bool:
    return _CONTROL.search(line[1]) is not None


def _decoded(fields: Fields) -> Headers:
    return tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in fields)


def _encoded(lines: Headers | list[tuple[str, str]]) -> Fields:
    return [(name.encode("latin-1", "replace"), value.encode("latin-1", "replace")) for name, value in lines]

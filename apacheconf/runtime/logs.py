"""Logs at work: when one wants a line, and the line of its items (``log_items``), piece by piece (LG-2, LG-3).

A host without logs pays nothing. What is unset is ``-``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from apacheconf.program.conditions import ALWAYS, Condition, IsSet, Not
from apacheconf.program.decide import decide
from apacheconf.program.evaluate import State, holds
from apacheconf.program.headers import HeaderTable
from apacheconf.program.phases import Phase
from apacheconf.program.request import Request
from apacheconf.program.steps import Log, LogItem, Step
from apacheconf.program.values import Value, Variable
from apacheconf.runtime.log_items import item_of, lines_sent
from apacheconf.runtime.log_texts import split_line
from apacheconf.runtime.proxy_protocol import balancer_of

if TYPE_CHECKING:
    from apacheconf.program.hosts import Host
    from apacheconf.runtime.exchange import Exchange

#: Writes the line of one answer, if its log wants one.
Logger = Callable[["Exchange"], None]


def loggers(host: Host, writer: Callable[[str], Callable[[str], object]]) -> tuple[Logger, ...]:
    """The logs of a host; ``writer`` gives the function that takes the lines of a target."""
    made = []
    for step in host.shape.server:
        if isinstance(step.action, Log):
            write = writer(host.texts[step.action.to])
            made.append(logger_of(step.action, step.when, write))
    return tuple(made)


def logger_of(log: Log, when: Condition, write: Callable[[str], object]) -> Logger:
    """A log at work."""
    always = when == ALWAYS
    line = _line(log.line)

    def logger(exchange: Exchange) -> None:
        if always or holds(when, _state(exchange)):
            write(line(exchange))

    return logger


def _line(items: Sequence[Value | LogItem]) -> Callable[[Exchange], str]:
    """The whole line. What stays the same while the same request comes again is made once, for the requests of a client
    that are the same, with holes for the rest: 0.5 us instead of 3 us for a line in the combined format.

    What the short way knows again has the very block and plan of the first time, which say the rest of the request.
    """
    lasting = tuple(item_of(item) if _lasts(item) else None for item in items)
    changing = tuple(item_of(item) for item in items if not _lasts(item))

    def template(exchange: Exchange) -> str:
        return "".join(["%s" if read is None else _said(read(exchange)).replace("%", "%%") for read in lasting])

    def line(exchange: Exchange) -> str:
        block = exchange.known
        if block is None or exchange.first is not None:
            found = template(exchange)
        else:
            key = template, block, exchange.plan, exchange.status, exchange.client.peer
            known = _LINES.get(key)
            found = _remember(key, template(exchange)) if known is None else known
        texts = []
        for read in changing:
            text = read(exchange)
            texts.append("-" if text is None else text)
        return found % tuple(texts)

    return line


def _said(text: str | None) -> str:
    return "-" if text is None else text


#: Items that follow from the bytes of the request, the client's address, the plan and the status.
_LASTING = frozenset(
    {"REMOTE_ADDR", "REMOTE_HOST", "REMOTE_IDENT", "REMOTE_USER", "THE_REQUEST", "REQUEST_METHOD", "REQUEST_STATUS",
     "REQUEST_URI", "QUERY", "SERVER_NAME", "SERVER_PROTOCOL", "PORT", "HTTP"}
)  # fmt: skip
#: Arguments that make them ask for the connection: ``%{c}a``, ``%{remote}p``.
_OF_CONNECTION = frozenset({"c", "remote"})


def _lasts(item: Value | LogItem) -> bool:
    if not isinstance(item, LogItem):
        return True
    value = item.value
    return isinstance(value, Variable) and value.name in _LASTING and value.argument not in _OF_CONNECTION


#: The lines that are remembered, of all logs, with their holes; emptied when full.
_LINES: dict[tuple[object, ...], str] = {}
_MOST_LINES = 4096


def _remember(key: tuple[object, ...], line: str) -> str:
    if len(_LINES) >= _MOST_LINES:
        _LINES.clear()
    _LINES[key] = line
    return line


def reads_variables(step: Step) -> bool:
    """Whether a Log's step asks for environment variables, in its condition or its line."""
    log = step.action
    assert isinstance(log, Log)
    named = [item.value for item in log.line if isinstance(item, LogItem)]
    return step.when != ALWAYS or any(isinstance(value, Variable) and value.name == "ENV" for value in named)


def asks_no_state(step: Step) -> bool:
    """Whether a log's condition asks for nothing but the environment, as ``env=`` does; true of other steps too."""
    if not isinstance(step.action, Log) or step.when == ALWAYS:
        return True
    asked = step.when.condition if isinstance(step.when, Not) else step.when
    return isinstance(asked, IsSet) and asked.variable.name == "ENV"


def _state(exchange: Exchange) -> State:
    """The request as conditions see it at its end: the first one where a document answered in its place (LG-2u)."""
    first = exchange.first
    decision = (exchange.plan if first is None else first.plan).decision
    state = decision.state if decision is not None else None
    if state is None:
        request = _request(exchange)
        path, question, query = request.target.partition("?")
        state = State(request, exchange.site.host, path, query if question else None, None)
    led = state.first_round
    if led is not None:
        state = replace(led, answer=())
    elif first is None:
        state.env.update(exchange.environment())
    state.request = replace(state.request, log_ids=lambda: (exchange.log_id_of(True), exchange.client.log_id))
    state.phase, state.status = Phase.LOG, exchange.first_status or exchange.status
    state.answer = () if led is not None else (HeaderTable.of(tuple(lines_sent(exchange))),)
    return state


def _request(exchange: Exchange) -> Request:
    """The request as ``decide`` reads it."""
    method, target, _ = split_line(exchange.request_line)
    fields = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in exchange.fields)
    client = exchange.client
    scheme, tls = client.door.scheme, client.tls or {}
    address, peer = client.door.address, client.peer_address
    told = balancer_of(peer)
    return Request(
        method, target, fields, exchange.version, address, peer, scheme, tls,
        connection_peer=told, log_ids=exchange.log_ids,
    )  # fmt: skip


def variables(exchange: Exchange) -> dict[str, str]:
    """The variables of a request; where its cell was settled nobody has asked for them yet, and ``decide`` is."""
    found = exchange.environment()
    if exchange.plan.decision is None and exchange.request_line:
        found = {**decide(exchange.client.server.program, _request(exchange)).env, **found}
    return found

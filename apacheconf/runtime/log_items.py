"""The items of a log's format, each a closure over an answer that is over (LG-2, LG-3).

What is unset is None, which ``logs`` writes as ``-``; what came from the network is escaped as httpd does it.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from apacheconf.program.steps import LogItem
from apacheconf.program.values import Literal, Value, Variable
from apacheconf.runtime.log_sides import environment, file_of, first_round, has_answered, plan_of, type_of
from apacheconf.runtime.log_texts import Read, escaped, of_text, path_and_query, split_line, without_password
from apacheconf.runtime.log_times import duration, first_byte, moment
from apacheconf.runtime.mod_headers import edited_request
from apacheconf.runtime.naming import own_name
from apacheconf.runtime.proxy_protocol import connected

if TYPE_CHECKING:
    from apacheconf.runtime.exchange import Exchange


_PROTOCOL = re.compile(r"HTTP/[0-9]\.[0-9]")


def item_of(item: Value | LogItem) -> Read:
    if isinstance(item, Literal):
        text = item.text
        return lambda exchange: text
    assert isinstance(item, LogItem) and isinstance(item.value, Variable)
    read = _READERS[item.value.name](item.value.argument, item.original)
    return read if not item.statuses else _for_some(read, frozenset(item.statuses), item.negated)


def _for_some(read: Read, statuses: frozenset[int], negated: bool) -> Read:
    return lambda exchange: read(exchange) if (exchange.status in statuses) is not negated else None


def _protocol(exchange: Exchange) -> str:
    """HTTP/1.0 for what has no protocol that can be read."""
    found = split_line(exchange.request_line)[2]
    return found if _PROTOCOL.fullmatch(found) else "HTTP/1.0"


def _path(_: str, original: bool) -> Read:
    """The path of the request, or of the document that answered in its place."""

    def read(exchange: Exchange) -> str | None:
        path, _ = _asked(exchange, original)
        return of_text(path) if path or exchange.request_line else None

    return read


def _asked(exchange: Exchange, original: bool) -> tuple[str, str]:
    """Path and query of the request, or of what it became; the query has its ``?``.

    An index or a variant has taken the request's place, and so has what rules pass through (LG-2u).
    """
    decision = plan_of(exchange, original).decision
    if decision is None or not decision.path:
        return path_and_query(exchange.request_line) if exchange.request_line else ("", "")
    path, query = decision.path, decision.query
    if (first := first_round(exchange, original)) is not None:
        path, query = first.path, first.query
    return path, "" if query is None else f"?{query}"


def _field(argument: str, _: bool) -> Read:
    """A field of the request as RequestHeader and mod_remoteip have left it."""
    name = argument.lower().encode("latin-1")

    def read(exchange: Exchange) -> str | None:
        plan = exchange.plan
        if plan.asked is not None or plan.edits_requests:
            edits = plan.forwarding.request_edits
            left = (plan.asked or edited_request(edits, exchange.fields)).get(argument)
            return None if left is None else of_text(left)
        values = [value for key, value in exchange.fields if key.lower() == name]
        return escaped(b", ".join(values)) if values else None

    return read


def _response_field(argument: str, original: bool) -> Read:
    name = argument.lower().encode("latin-1")

    def read(exchange: Exchange) -> str | None:
        if not has_answered(exchange, original):
            return of_text(type_of(exchange, original)) or None if name == b"content-type" else None
        lines = [line.partition(b":") for line in exchange.head_sent().split(b"\r\n")[1:]]
        values = [value.strip() for key, _, value in lines if key.lower() == name]
        if values and name == b"content-type" and exchange.status not in (204, 304):  # as the core has it: bare
            return escaped(values[0].partition(b";")[0].rstrip(b" \t"))
        return escaped(values[0]) if values else None

    return read


def _trailer(fields_of: Callable[[Exchange], Sequence[tuple[bytes, bytes]]]) -> Callable[[str, bool], Read]:
    """A field behind a chunked body (LG-2f)."""

    def item(argument: str, _: bool) -> Read:
        name = argument.lower().encode("latin-1")

        def read(exchange: Exchange) -> str | None:
            values = [value for key, value in fields_of(exchange) if key.lower() == name]
            return escaped(b", ".join(values)) if values else None

        return read

    return item


def _cookie(argument: str, _: bool) -> Read:
    def read(exchange: Exchange) -> str | None:
        for pair in exchange.field(b"cookie").decode("latin-1").split(";"):
            name, sign, value = pair.strip().partition("=")
            if sign and name == argument:
                return of_text(value.strip()) or None
        return None

    return read


def _variable(argument: str, original: bool) -> Read:
    def read(exchange: Exchange) -> str | None:
        found = environment(exchange, original)
        value = next((found[name] for name in found if name.lower() == argument.lower()), None)
        return None if value is None else of_text(value)

    return read


#: What ``%{...}c`` calls some variables.
_OLD_NAMES = {
    "version": "SSL_PROTOCOL", "cipher": "SSL_CIPHER", "subjectdn": "SSL_CLIENT_S_DN", "clientcert": "SSL_CLIENT_S_DN",
    "issuerdn": "SSL_CLIENT_I_DN", "cacert": "SSL_CLIENT_I_DN",
}  # fmt: skip
_IN_PLAIN = {"HTTPS": "off"}


def _tls_variable(argument: str, _: bool) -> Read:
    name = _OLD_NAMES.get(argument, argument)

    def read(exchange: Exchange) -> str | None:
        found = (exchange.client.tls or _IN_PLAIN).get(name)
        return None if found is None else of_text(found)

    return read


def _address(argument: str, _: bool) -> Read:
    if argument == "c":
        return lambda exchange: connected(exchange.client.peer_address)[0]
    return client_of


def client_of(exchange: Exchange) -> str:
    """The client's address, as mod_remoteip found it out or as it is connected (RI-4)."""
    return exchange.who[0]


def _status(_: str, original: bool) -> Read:
    if original:
        return lambda exchange: _number_of(_first_status(exchange) or exchange.status)
    return lambda exchange: _number_of((exchange.first and exchange.first.failed_status) or exchange.status)


def _first_status(exchange: Exchange) -> int:
    return exchange.first_status if exchange.first is None else exchange.first.status


def _number_of(status: int) -> str:
    return str(status) if status > 0 else "-"


def _body_bytes(nothing: str) -> Callable[[str, bool], Read]:
    def item(_: str, original: bool) -> Read:
        return lambda exchange: (has_answered(exchange, original) and str(exchange.written or "")) or nothing

    return item


def _method(_: str, original: bool) -> Read:
    """A document is asked for by GET (ED-1)."""

    def read(exchange: Exchange) -> str | None:
        if exchange.first is not None and not original:
            return of_text(plan_of(exchange, original).method.decode("latin-1"))
        return of_text(split_line(exchange.request_line)[0]) or None

    return read


def _port(argument: str, _: bool) -> Read:
    if argument == "local":
        return lambda exchange: str(exchange.client.door.address[1])
    if argument == "remote":
        return lambda exchange: str(exchange.who[1])

    def read(exchange: Exchange) -> str:
        return str(exchange.site.host.port or (443 if exchange.client.door.scheme == "https" else 80))

    return read


def _host_name(_: str, __: bool) -> Read:
    return own_name


def _process(argument: str, _: bool) -> Read:
    if argument == "tid":
        return lambda exchange: str(threading.get_native_id())
    if argument == "hextid":
        return lambda exchange: f"{threading.get_native_id():x}"
    return lambda exchange: str(os.getpid())


def _connection(exchange: Exchange) -> str:
    return "X" if exchange.aborted else "+" if exchange.stay else "-"


def _log_id(argument: str, original: bool) -> Read:
    """The id under which the error log speaks of the request, or of its connection."""
    if argument == "c":
        return lambda exchange: exchange.client.log_id or None
    return lambda exchange: exchange.log_id_of(original) or None


def _file(_: str, original: bool) -> Read:
    return lambda exchange: of_text(file_of(exchange, original)) or None


def _handler(_: str, original: bool) -> Read:
    def read(exchange: Exchange) -> str | None:
        plan = plan_of(exchange, original)
        if (first := first_round(exchange, original)) is not None:
            return first.handler or None
        if plan.service is not None:
            return "proxy-server"
        return (plan.decision.handler or None) if plan.decision is not None else None

    return read


def _query(_: str, original: bool) -> Read:
    def read(exchange: Exchange) -> str | None:
        return of_text(_asked(exchange, original)[1])

    return read


def _user(_: str, original: bool) -> Read:
    """Who was let in, or wasn't; ``""`` for a name that is empty (LG-2k)."""

    def read(exchange: Exchange) -> str | None:
        plan, first = plan_of(exchange, original), first_round(exchange, original)
        user = first.user if first is not None else plan.decision.user if plan.decision is not None else None
        return user if user is None else of_text(user) or '""'

    return read


def _origins_status(exchange: Exchange) -> str | None:
    """The status that an origin gave, which mod_proxy_http notes."""
    if exchange.plan.service is None:
        return None
    if exchange.reply is None:
        return None if isinstance(exchange.head, bytes) else str(exchange.head.status)  # an answer seen before
    return str(exchange.reply.status)


def _note(argument: str, original: bool) -> Read:
    if argument.lower() == "proxy-status":
        return _origins_status

    def read(exchange: Exchange) -> str | None:
        decision = exchange.plan.decision
        noted = decision.state.notes if decision and decision.state else {}
        found = {**noted, **(exchange.notes or {})}.get(argument.lower())
        return None if found is None else of_text(found)

    return read


def lines_sent(exchange: Exchange) -> Iterator[tuple[str, str]]:
    """The fields of the answer."""
    for line in exchange.head_sent().decode("latin-1").split("\r\n")[1:]:
        name, colon, value = line.partition(":")
        if colon:
            yield name, value.strip()


def _simple(read: Read) -> Callable[[str, bool], Read]:
    return lambda argument, original: read


_UNKNOWN = _simple(lambda exchange: None)
_READERS: dict[str, Callable[[str, bool], Read]] = {
    "REMOTE_ADDR": _address,
    "REMOTE_HOST": _address,
    "SERVER_ADDR": _simple(lambda exchange: exchange.client.door.address[0]),
    "BODY_BYTES": _body_bytes("-"),
    "BODY_BYTES_OR_0": _body_bytes("0"),
    "COOKIE": _cookie,
    "DURATION_USEC": lambda argument, original: duration("us", original),
    "DURATION": duration,
    "ENV": _variable,
    "REQUEST_FILENAME": _file,
    "SERVER_PROTOCOL": _simple(_protocol),
    "HTTP": _field,
    "RESP": _response_field,
    "BYTES_IN": _simple(lambda exchange: str(exchange.client.received)),
    "BYTES_OUT": _simple(lambda exchange: str(exchange.client.sent)),
    "BYTES_BOTH": _simple(lambda exchange: str(exchange.client.received + exchange.client.sent)),
    "KEEPALIVES": _simple(lambda exchange: str(max(exchange.client.requests - 2 + exchange.stay, 0))),
    "REMOTE_IDENT": _UNKNOWN,
    "REMOTE_USER": _user,
    "LOG_ID": _log_id,
    "NOTE": _note,
    "TRAILER_IN": _trailer(lambda exchange: exchange.trailers_in),
    "TRAILER_OUT": _trailer(lambda exchange: exchange.trailers_out),
    "SSL": _tls_variable,
    "FIRST_BYTE_USEC": _simple(first_byte),
    "UNTRACKED": _UNKNOWN,
    "REQUEST_METHOD": _method,
    "PORT": _port,
    "PID": _process,
    "QUERY": _query,
    "THE_REQUEST": _simple(lambda exchange: escaped(without_password(exchange.request_line)) or None),
    "HANDLER": _handler,
    "REQUEST_STATUS": _status,
    "TIME": moment,
    "REQUEST_URI": _path,
    "SERVER_NAME": _simple(lambda exchange: of_text(exchange.site.host.name)),
    "HOST_NAME": _host_name,
    "CONNECTION_STATUS": _simple(_connection),
}

"""The error log at work: which messages are wanted, and the lines they become (ErrorLog, LogLevel, ErrorLogFormat).

One ``HostErrors`` per host. Everything says what it has to say through ``ServerState.log``; a message nobody wants
costs two look-ups. The lines are httpd's own, so that what reads httpd's logs reads these; where httpd names its source
file there is nothing.
"""

from __future__ import annotations

import os
import secrets
import threading
import time
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from apacheconf.program.hosts import Host
from apacheconf.program.messages import NUMBER, Item, Levels, Line, Message
from apacheconf.runtime.logs import variables
from apacheconf.runtime.naming import own_name

if TYPE_CHECKING:
    from apacheconf.runtime.client import ClientConnection
    from apacheconf.runtime.exchange import Exchange

#: Takes a line and the number of its level, which syslog wants to know.
Write = Callable[[str, int], object]


@dataclass(frozen=True, slots=True)
class About:
    """A message with what it is about; ``system`` is the system's own word: ``(111)Connection refused``.

    ``remote`` is the address of an origin that it is about in place of a client. ``once`` marks the lines before the
    first of a connection or a request: they have neither level nor module.
    """

    message: Message
    host: Host
    system: str = ""
    client: ClientConnection | None = None
    exchange: Exchange | None = None
    now: float = 0.0
    remote: str = ""
    once: bool = False

    def field(self, name: str) -> str:
        """A field of the request, empty where there is none."""
        return self.exchange.field(name.lower().encode("latin-1")).decode("latin-1") if self.exchange else ""


class HostErrors:
    """What one host writes. ``dated`` is false for syslog, which dates its lines itself.

    ``for_people``: the lines go to standard error, where whoever configured the server is likely to read them.
    """

    def __init__(self, host: Host, write: Write, dated: bool = True, for_people: bool = False) -> None:
        self.for_people = for_people
        self._host, self._write, self._dated = host, write, dated
        self._log = host.errors
        self._numbers = {module: NUMBER[level] for module, level in host.errors.levels.modules}
        self._general = NUMBER[host.errors.levels.general]

    def wants(self, level: str, module: str, levels: Levels | None = None) -> bool:
        """Whether such a message is written; ``levels`` are those of the request's sections, None for the host's.

        Notices can't be kept out of files.
        """
        if level == "notice" and self._dated:
            return True
        most = self._numbers.get(module, self._general) if levels is None else NUMBER[levels.of(module)]
        return NUMBER[level] <= most

    def write(
        self,
        message: Message,
        system: str = "",
        client: ClientConnection | None = None,
        exchange: Exchange | None = None,
        remote: str = "",
    ) -> None:
        """Write the message, behind the lines that its connection and its request have before their first."""
        about = About(message, self._host, system, client, exchange, time.time(), remote)
        number = NUMBER[message.level]
        if client is not None and not client.log_id:
            client.log_id = new_id()
            self._write_all(self._log.connection, replace(about, once=True, exchange=None), number)
        if exchange is not None and not exchange.log_id:
            exchange.log_id = _id_of(exchange) or new_id()
            self._write_all(self._log.request, replace(about, once=True), number)
        if self._log.line is None:
            self._write(default_line(about, self._dated), number)
        else:
            self._write_all((self._log.line,), about, number)

    def _write_all(self, lines: tuple[Line, ...], about: About, number: int) -> None:
        for line in lines:
            if text := formatted(line, about):
                self._write(text, number)


def new_id() -> str:
    """An id for a connection or a request in the error log (``%L``): eleven letters, as httpd's are."""
    return b64encode(secrets.token_bytes(8), b"+_")[:11].decode()


def _id_of(exchange: Exchange) -> str:
    """The id that mod_unique_id has given a request."""
    decision = exchange.plan.decision
    return decision.env.get("UNIQUE_ID", "") if decision is not None else ""


# --- httpd's own line ----------------------------------------------------------------------------------------


def default_line(about: About, dated: bool = True) -> str:
    """The line that is written where no ErrorLogFormat says another."""
    message, referer = about.message, about.field("Referer")
    date = f"[{_ctime(about.now, 'u')}] " if dated else ""
    system = f"{about.system}: " if about.system else ""
    return (
        f"{date}[{message.module}:{message.level}] [pid {os.getpid()}:tid {threading.get_native_id()}] {system}"
        f"{_client(about)}{escaped(message.text)}{f', referer: {escaped(referer)}' if referer else ''}"
    )


def _client(about: About) -> str:
    if about.remote:
        return f"[remote {about.remote}] "
    return f"[client {_peer(about)}] " if about.client is not None else ""


def escaped(text: str) -> str:
    """What came from the network must not end or forge a line: backslashes and what can't be printed are escaped."""
    if text.isascii() and text.isprintable() and "\\" not in text:
        return text
    return "".join(_ESCAPES.get(char) or (char if " " <= char <= "~" else f"\\x{ord(char):02x}") for char in text)


_ESCAPES = {"\\": "\\\\", "\b": "\\b", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v"}


# --- ErrorLogFormat ------------------------------------------------------------------------------------------


def formatted(line: Line, about: About) -> str:
    """A line by its items; empty where a required one has nothing to say."""
    pieces: list[str] = []
    field, skipping = 0, False
    number = len(NUMBER) if about.once else NUMBER[about.message.level]
    for item in line:
        if item.starts_field:
            if not skipping:
                field = len(pieces)
            skipping = False
        if item.letter == "M":
            pieces.append(escaped(about.message.text))
        elif skipping:
            continue
        elif item.from_level > number:
            del pieces[field:]
            skipping = True
        elif not item.letter:
            pieces.append(item.text)
        elif text := _READERS[item.letter](item, about):
            pieces.append(text)
        elif item.required:
            return ""
        elif item.hyphen:
            pieces.append("-")
        else:
            del pieces[field:]
            skipping = True
    return "".join(pieces)


def _ctime(now: float, how: str) -> str:
    """``u`` adds microseconds, ``c`` is ISO 8601's order."""
    fraction = f".{int(now % 1 * 1_000_000):06d}" if "u" in how else ""
    if "c" in how:
        return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(now)) + fraction
    return time.strftime(f"%a %b %d %H:%M:%S{fraction} %Y", time.localtime(now))


def _peer(about: About) -> str:
    client = about.client
    if client is None:
        return about.remote
    address, port = client.peer_address if about.exchange is None else about.exchange.who
    return f"{address}:{port}"


def _local(about: About) -> str:
    return f"{about.client.door.address[0]}:{about.client.door.address[1]}" if about.client else ""


def _variable(item: Item, about: About) -> str:
    return escaped(variables(about.exchange).get(item.argument, "")) if about.exchange else ""


def _id(item: Item, about: About) -> str:
    owner = about.client if item.argument.lower() == "c" else about.exchange
    return owner.log_id if owner is not None else ""


def _keep_alives(item: Item, about: About) -> str:
    """The number of the request on its connection, from nought."""
    return str(max(about.client.requests - 1, 0)) if about.client is not None else ""


def _thread(item: Item, about: About) -> str:
    return str(threading.get_native_id() if item.argument.lower() == "g" else threading.get_ident())


def _asked_name(item: Item, about: About) -> str:
    return escaped(own_name(about.exchange)) if about.exchange is not None else ""


_READERS: dict[str, Callable[[Item, About], str]] = {
    "a": lambda item, about: _peer(about),
    "A": lambda item, about: _local(about),
    "e": _variable,
    "E": lambda item, about: about.system,
    "F": lambda item, about: "",
    "i": lambda item, about: escaped(about.field(item.argument)),
    "k": _keep_alives,
    "l": lambda item, about: "" if about.once else about.message.level,
    "L": _id,
    "m": lambda item, about: "" if about.once else about.message.module,
    "n": lambda item, about: "",
    "P": lambda item, about: str(os.getpid()),
    "t": lambda item, about: _ctime(about.now, item.argument),
    "T": _thread,
    "v": lambda item, about: about.host.name,
    "V": _asked_name,
}

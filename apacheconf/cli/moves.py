"""``FROM=TO`` of --listen and --origin: which socket is used instead of the one that is written.

--listen moves the socket only: 80=8080, 80=127.0.0.1:8080, 192.0.2.1:80=127.0.0.1:8080. --origin moves the
connect only: 10.0.0.1:8080=127.0.0.1:9001, or =unix:/run/app.sock.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from apacheconf.diagnostics import UsageError

if TYPE_CHECKING:
    from apacheconf.program import Program
    from apacheconf.runtime import ServeOptions

#: Host (empty for all addresses) and port.
Address = tuple[str, int]

_ADDRESS = re.compile(r"(?:(?P<host>\[[0-9A-Fa-f:.%\w]+\]|[^\s:=]+):)?(?P<port>\d{1,5})")
LISTEN_HELP = "write it as --listen 80=8080 or --listen 80=127.0.0.1:8080"
ORIGIN_HELP = "write it as --origin 10.0.0.1:8080=127.0.0.1:9001"


def listens(words: Iterable[str]) -> dict[Address | int, Address]:
    """The moves of --listen: a listener's address, or its port alone, to a socket's. Raises UsageError."""
    moves = (_parts("--listen", word, LISTEN_HELP) for word in words)
    return {(written if written[0] else written[1]): to for written, to in moves}


def origins(words: Iterable[str]) -> dict[str, str | Address]:
    """The moves of --origin: ``host:port`` (lower case) to an address, or to ``unix:PATH``. Raises UsageError."""
    moves: dict[str, str | Address] = {}
    for word in words:
        written, _, to = word.partition("=")
        if to.startswith("unix:/"):
            moves[_authority(written, word)] = to
        else:
            _parts("--origin", word, ORIGIN_HELP)
            moves[_authority(written, word)] = _address(to, "--origin", word, ORIGIN_HELP, "127.0.0.1")
    return moves


def without_effect(program: Program, options: ServeOptions) -> Iterator[str]:
    """One line per move or name that nothing in the program answers to: a slip of the pen would else be silent."""
    listeners = {(each.address, each.port) for each in program.listeners}
    for written in options.listen:
        if written not in listeners and written not in {port for _, port in listeners}:
            yield f"--listen {_spelled(written)}: no Listen names it, so nothing is moved"
    authorities = {_spelled((worker.host.lower(), worker.port)) for worker in program.workers()}
    for authority in options.origins:
        if authority not in authorities:
            yield f"--origin {authority}: no mapping and no member names it"
    names = {directive.name.lower() for directive in program.directives}
    for name in sorted(options.accepted):
        if name.lower() not in names:
            yield f"--accept {name}: there is no such directive in the configuration"


def _spelled(written: Address | int) -> str:
    if isinstance(written, int):
        return str(written)
    host, port = written
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _parts(option: str, word: str, help: str) -> tuple[Address, Address]:
    written, equals, to = word.partition("=")
    if not equals:
        raise UsageError(f"{option} {word}: expected FROM=TO", help)
    return _address(written, option, word, help), _address(to, option, word, help)


def _address(text: str, option: str, word: str, help: str, host: str = "") -> Address:
    found = _ADDRESS.fullmatch(text)
    if not found or not 0 < int(found["port"]) < 65536:
        raise UsageError(f"{option} {word}: {text!r} is no address with a port", help)
    written = (found["host"] or host).strip("[]")
    return ("" if written == "*" else written, int(found["port"]))


def _authority(text: str, word: str) -> str:
    host, port = _address(text, "--origin", word, ORIGIN_HELP)
    if not host:
        raise UsageError(f"--origin {word}: {text!r} names no host", ORIGIN_HELP)
    return f"[{host}]:{port}" if ":" in host else f"{host.lower()}:{port}"

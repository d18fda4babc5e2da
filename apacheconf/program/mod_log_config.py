"""mod_log_config in the program: a host's logs as steps of the LOG phase, their formats as items (LG-1, LG-2)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from apacheconf.ledger import Written
from apacheconf.model.types import Server
from apacheconf.modules.mod_log_config import Log as Declared
from apacheconf.modules.mod_log_config import LogServerConf
from apacheconf.modules.mod_logio import LogioDirConf
from apacheconf.program.conditions import ALWAYS, Condition, IsSet, Not
from apacheconf.program.expressions import NotEvaluated, condition_of
from apacheconf.program.link import LeaveOut, Linker
from apacheconf.program.phases import Phase
from apacheconf.program.steps import Log, LogItem, Step
from apacheconf.program.values import Literal, Value, Variable

#: What each letter of a format names; what is unset is written ``-`` (LG-3).
LETTERS = {
    "a": "REMOTE_ADDR", "A": "SERVER_ADDR", "b": "BODY_BYTES", "B": "BODY_BYTES_OR_0", "C": "COOKIE",
    "D": "DURATION_USEC", "e": "ENV", "f": "REQUEST_FILENAME", "h": "REMOTE_HOST", "H": "SERVER_PROTOCOL", "i": "HTTP",
    "I": "BYTES_IN", "k": "KEEPALIVES", "l": "REMOTE_IDENT", "L": "LOG_ID", "m": "REQUEST_METHOD", "n": "NOTE",
    "o": "RESP", "O": "BYTES_OUT", "p": "PORT", "P": "PID", "q": "QUERY", "r": "THE_REQUEST", "R": "HANDLER",
    "s": "REQUEST_STATUS", "S": "BYTES_BOTH", "t": "TIME", "T": "DURATION", "u": "REMOTE_USER", "U": "REQUEST_URI",
    "v": "SERVER_NAME", "V": "HOST_NAME", "X": "CONNECTION_STATUS", "x": "SSL", "c": "SSL", "^ti": "TRAILER_IN",
    "^to": "TRAILER_OUT", "^FB": "UNTRACKED", "^FB+": "FIRST_BYTE_USEC",
}  # fmt: skip
#: Letters that look at the first request of a chain of internal redirects unless told otherwise (LG-2u).
_ABOUT_THE_ORIGINAL = frozenset("sUTDrRL")
_ITEM = re.compile(r"%(?P<modifiers>(?:[!<>,\d]|\{[^}]*\})*)(?P<letter>\^..|.)")
_ESCAPES = {"\\\\": "\\", "\\n": "\n", "\\r": "\r", "\\t": "\t"}


def server_steps(server: Server, main: Server, server_root: str, linker: Linker, left_out: LeaveOut) -> Iterator[Step]:
    """The logs of a host: its own, else the main server's, and those for all hosts. ``left_out`` hears of the rest."""
    formats = server.server_conf(LogServerConf).formats.value
    tracks = server.dir_conf(LogioDirConf).track_ttfb.value
    for log, directive in _logs(server, main):
        text = formats[""] if log.transfer else formats.get(log.format, log.format)
        try:
            when = _condition(log.condition)
        except NotEvaluated as missing:
            left_out(directive, f"it uses {missing}, which is not evaluated yet")
            continue
        to = linker.text(_target(log.target, server_root))
        yield linker.step(Phase.LOG, Log(to, items_of(text, tracks)), (directive,), when)


def _logs(server: Server, main: Server) -> Iterator[tuple[Declared, Written]]:
    own = server.server_conf(LogServerConf).logs
    yield from zip(own.value, own.said_by, strict=True)
    of_main = main.server_conf(LogServerConf).logs
    for log, directive in zip(of_main.value, of_main.said_by, strict=True):
        if log.for_all_hosts and directive not in own.said_by:
            yield log, directive


def _target(target: str, server_root: str) -> str:
    if target.startswith("|"):
        return target
    return str(PurePosixPath(server_root, target))


def _condition(text: str) -> Condition:
    """Raises NotEvaluated."""
    kind, _, rest = text.partition("=")
    if not text:
        return ALWAYS
    if kind.lower() == "expr":
        return condition_of(rest)
    is_set = IsSet(Variable("ENV", rest.removeprefix("!")))
    return Not(is_set) if rest.startswith("!") else is_set


def items_of(text: str, tracks: bool = False) -> tuple[Value | LogItem, ...]:
    """A format as items: texts, and what each ``%`` names. The format was checked when it was read.

    ``tracks``: the time of the first byte is known (LogIOTrackTTFB).
    """
    items: list[Value | LogItem] = []
    at = 0
    for found in _ITEM.finditer(text):
        items += _literal(text[at : found.start()])
        letter = found["letter"]
        items.append(_item(found["modifiers"], "^FB+" if letter == "^FB" and tracks else letter))
        at = found.end()
    return (*items, *_literal(text[at:]))


def _literal(text: str) -> list[Value]:
    plain = re.sub(r"\\[\\nrt]", lambda found: _ESCAPES[found[0]], text)
    return [Literal(plain)] if plain else []


def _item(modifiers: str, letter: str) -> Value | LogItem:
    if letter == "%":
        return Literal("%")
    argument = re.search(r"\{([^}]*)\}", modifiers)
    flags = re.sub(r"\{[^}]*\}", "", modifiers)
    value = Variable(LETTERS[letter], argument[1] if argument else "", missing="-")
    original = "<" in flags or (letter in _ABOUT_THE_ORIGINAL and ">" not in flags)
    statuses = tuple(int(code) for code in re.findall(r"\d+", flags))
    return LogItem(value, original, statuses, negated="!" in flags)

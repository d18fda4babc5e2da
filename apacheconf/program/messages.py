"""What a server has to say in its error log: levels, messages, and how one host writes them (LogLevel, ErrorLogFormat).

Pure data. ``decide`` collects the messages of a request in ``Course.messages``; the runtime writes them, and its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

#: From the gravest to the most talkative, as LogLevel names them.
LEVELS = ("emerg", "alert", "crit", "error", "warn", "notice", "info", "debug", *(f"trace{n}" for n in range(1, 9)))
#: A level's number: a message is written when its own is at most the number of what is wanted.
NUMBER = {level: number for number, level in enumerate(LEVELS)}
#: What holds where nobody says a LogLevel.
DEFAULT_LEVEL = "warn"
#: LogLevel's words in order: module (empty: all) and level.
Said = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Message:
    """A message in httpd's words, its AH code in front; ``module`` is the name without ``mod_`` (``proxy_http``).

    ``system`` is the system's word for what failed: ``(2)No such file or directory``. A ``bare`` one names no client.
    """

    level: str
    module: str
    text: str
    system: str = ""
    bare: bool = False


def not_regular(file: str) -> Message:
    """What the core says of a folder, a FIFO or a device where it should read a file."""
    return Message("error", "core", f"AH00554: Access to file {file} denied by server: not a regular file", bare=True)


@dataclass(frozen=True, slots=True)
class Levels:
    """Up to which level is written: ``general``, and by module where that differs."""

    general: str = DEFAULT_LEVEL
    modules: tuple[tuple[str, str], ...] = ()

    def of(self, module: str) -> str:
        return next((level for name, level in self.modules if name == module), self.general)


def levels_of(said: Said) -> Levels:
    """What LogLevel's words come to, in order: a level for all forgets what was said of single modules."""
    general, modules = DEFAULT_LEVEL, dict[str, str]()
    for module, level in said:
        if module:
            modules[short_name(module)] = level
        else:
            general = level
            modules.clear()
    return Levels(general, tuple(modules.items()))


def short_name(module: str) -> str:
    """A module's name in the log: ``proxy_http`` for ``mod_proxy_http.c``, ``proxy_http_module``, ``proxy_http``."""
    name = re.sub(r"^mod_|\.c$|_module$", "", module)
    return "http" if name == "http_core" else name


# --- formats -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Item:
    """A piece of a line: ``letter`` names what is written (empty: ``text`` itself), ``argument`` stood in braces.

    ``starts_field``: a blank in front of it begins a field, and where an item has nothing to say its whole field is
    left out. ``required`` leaves out the whole line instead, ``hyphen`` writes ``-``. ``from_level`` is the number of
    the level from which on the item is written.
    """

    letter: str = ""
    argument: str = ""
    text: str = ""
    starts_field: bool = False
    required: bool = False
    hyphen: bool = False
    from_level: int = 0


Line = tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class ErrorLog:
    """A host's error log: ``target`` is a file, ``|program``, ``syslog...`` or empty for standard error.

    ``line`` is the format of messages, None for httpd's own; ``connection`` and ``request`` are the lines that precede
    the first message of each.
    """

    target: str = ""
    levels: Levels = Levels()
    line: Line | None = None
    connection: tuple[Line, ...] = ()
    request: tuple[Line, ...] = ()


_PERCENT = re.compile(r"%(?P<flags>[-+0-9]*)(?:\{(?P<argument>[^}]*)\}(?P<more>[-+0-9]*))?(?P<letter>.)", re.DOTALL)
_TEXT = re.compile(r"(?P<blank> ?)(?P<text>(?:\\.|[^ %\\]|\\$)*)", re.DOTALL)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}


def line_of(text: str) -> Line:
    """The items of an ErrorLogFormat, which was checked when it was read."""
    items: list[Item] = []
    at = 0
    while at < len(text):
        found = _PERCENT.match(text, at)
        if found is None:
            found = _TEXT.match(text, at)
            assert found is not None and found.end() > at
            items.append(Item(text=_plain(found[0]), starts_field=bool(found["blank"])))
        else:
            items.append(_item(found))
        at = found.end()
    return tuple(items)


def _plain(text: str) -> str:
    return re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[1]), text, flags=re.DOTALL)


def _item(found: re.Match[str]) -> Item:
    letter, flags = found["letter"], found["flags"] + (found["more"] or "")
    if letter == "%":
        return Item(text="%")
    if letter == " ":
        return Item(starts_field=True)
    number = re.search(r"\d+", flags)
    return Item(
        letter,
        found["argument"] or "",
        required="+" in flags,
        hyphen="-" in flags,
        from_level=int(number[0]) if number else 0,
    )


def formats_of(formats: Iterable[tuple[str, ...]]) -> tuple[Line | None, tuple[Line, ...], tuple[Line, ...]]:
    """The format of messages, and those of connections and of requests, of all ErrorLogFormat lines in order."""
    line: Line | None = None
    once: dict[str, tuple[Line, ...]] = {"connection": (), "request": ()}
    for words in formats:
        if len(words) == 1:
            line = line_of(words[0])
        else:
            once[words[0].lower()] += (line_of(words[1]),)
    return line, once["connection"], once["request"]

"""What the directives do that httpd executes while reading (EXEC_ON_READ): a table of small functions.

Nothing is run or connected to. A path that exists on the server but not here, such as a ServerRoot, is a note,
because configurations are read on laptops too.
"""

from __future__ import annotations

import os

from apacheconf.expand import include
from apacheconf.expand.arguments import one_word, some_words
from apacheconf.expand.conditions import CONDITIONS
from apacheconf.expand.loading import load_file, load_module
from apacheconf.expand.macro_commands import MACRO_COMMANDS
from apacheconf.expand.reader import Line
from apacheconf.expand.reading import Command, Reading
from apacheconf.expand.refused import Refused
from apacheconf.expand.tree import Node

# -- Include


_INCLUDE = "Name(s) of the config file(s) to be included; fails if the wildcard does not match at least one file"
_INCLUDE_OPTIONAL = (
    "Name or pattern of the config file(s) to be included; "
    "ignored if the file does not exist or the pattern does not match any files"
)


def _include(reading: Reading, line: Line) -> list[Node]:
    return _read_files(reading, line, one_word(line, _INCLUDE), optional=False)


def _include_optional(reading: Reading, line: Line) -> list[Node]:
    return _read_files(reading, line, one_word(line, _INCLUDE_OPTIONAL), optional=True)


def _read_files(reading: Reading, line: Line, path: str, optional: bool) -> list[Node]:
    if reading.depth >= include.DEEPEST:
        message = f"Exceeded maximum include depth of {include.DEEPEST}, There appears to be a recursion."
        reading.stop(line.place, Refused(message, "include-recursion"))
    nodes: list[Node] = []
    read: list[str] = []
    reading.depth += 1
    reading.include_line = line.place.line
    try:
        for file in include.matches(reading.relative(path), optional):
            if optional and not os.path.exists(file) and not read and not include.has_wildcard(path):
                break
            nodes += reading.read_source(reading.open_file(file), line.place)
            read.append(file)
    finally:
        reading.depth -= 1
    reading.done(line, f"read {', '.join(read)}" if read else f"no file matches {path}")
    return nodes


# -- Define


_DEFINE = "takes 1-2 arguments, Define a variable, optionally to a value.  Same as passing -D to the command line."


def _define(reading: Reading, line: Line) -> list[Node]:
    words = some_words(line, (1, 2), _DEFINE)
    _refuse_colon(words[0])
    reading.variables.define(words[0], words[1] if len(words) == 2 else None)
    reading.done(line)
    return []


def _undefine(reading: Reading, line: Line) -> list[Node]:
    name = one_word(line, "Undefine the existence of a variable. Undo a Define.")
    _refuse_colon(name)
    reading.variables.undefine(name)
    reading.done(line)
    return []


def _refuse_colon(name: str) -> None:
    if ":" in name:
        raise Refused("Variable name must not contain ':'", "variable-name")


# -- folders


def _server_root(reading: Reading, line: Line) -> list[Node]:
    path = os.path.abspath(one_word(line, "Common directory of server-related files (logs, confs, etc.)"))
    if os.path.isdir(path):
        reading.server_root = path
        reading.done(line)
    else:
        message = f"ServerRoot must be a valid directory; {path} isn't here, {reading.server_root} stands for it"
        reading.note_here(line, "server-root-not-here", message, "ServerRoot must be a valid directory")
        reading.done(line, f"{reading.server_root} stands for it")
    return []


def _default_runtime_dir(reading: Reading, line: Line) -> list[Node]:
    path = reading.relative(one_word(line, "Common directory for run-time files (shared memory, locks, etc.)"))
    if not os.path.isdir(path):
        said = "DefaultRuntimeDir must be a valid directory, absolute or relative to ServerRoot"
        reading.note_here(line, "runtime-dir-not-here", f"{said}; {path} isn't here", said)
    reading.done(line)
    return []


# -- Lua


def _lua_section(reading: Reading, line: Line) -> list[Node]:
    """A ``<LuaHook...>`` or ``<LuaQuickHandler>``: its body is Lua and not looked at (STR-1).

    httpd leaves no node, it has compiled the text; we leave one, so that nobody overlooks what isn't done.
    """
    args, bracket, tail = line.args.rpartition(">")
    if not bracket:
        raise Refused(f"{line.name}> directive missing closing '>'", "missing-closing-bracket")
    for found in line.reader:
        if found.text.lower().startswith(f"</{line.name[1:].lower()}"):
            break
    return [Node(line.name[1:], args, line.place, (), bracket + tail)]


_LUA_SECTIONS = (
    "<LuaHookAccessChecker", "<LuaHookAuthChecker", "<LuaHookCheckUserID", "<LuaHookFixups", "<LuaHookMapToStorage",
    "<LuaHookPreTranslateName", "<LuaHookTranslateName", "<LuaHookTypeChecker", "<LuaQuickHandler",
)  # fmt: skip

#: Lower-cased name: the module that must be loaded, and what is done.
COMMANDS: dict[str, tuple[str, Command]] = {
    "include": ("core_module", _include),
    "includeoptional": ("core_module", _include_optional),
    "define": ("core_module", _define),
    "undefine": ("core_module", _undefine),
    "serverroot": ("core_module", _server_root),
    "defaultruntimedir": ("core_module", _default_runtime_dir),
    **CONDITIONS,
    **MACRO_COMMANDS,
    "loadmodule": ("so_module", load_module),
    "loadfile": ("so_module", load_file),
    **{name.lower(): ("lua_module", _lua_section) for name in _LUA_SECTIONS},
}

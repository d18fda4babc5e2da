"""What the directives do that httpd executes while reading (EXEC_ON_READ): a table of small functions.

Nothing is run, loaded or connected to: LoadModule and LoadFile only record. A path that exists on the server but
not here (a shared object, a ServerRoot) is a note, because configurations are read on laptops too.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable

from apacheconf.diagnostics import Level
from apacheconf.expand import include, macros, versions
from apacheconf.expand.known import COMPILED_IN, identifier_of, providers, source_names
from apacheconf.expand.reader import Frame
from apacheconf.expand.reading import Command, Line, Reading
from apacheconf.expand.refused import Refused
from apacheconf.expand.skip import skip
from apacheconf.expand.tree import Node
from apacheconf.syntax.words import getword, split

# -- arguments


def _one(line: Line, help: str) -> str:
    words = split(line.args)
    if len(words) != 1 or not words[0]:
        raise Refused(f"{line.name} takes one argument, {help}", "argument-count")
    return words[0]


def _several(line: Line, count: tuple[int, ...], says: str) -> list[str]:
    words = split(line.args)
    if len(words) == 2 and words[1] == "" and 1 in count:
        words.pop()
    if len(words) not in count or "" in words:
        raise Refused(f"{line.name} {says}", "argument-count")
    return words


# -- Include


_INCLUDE = "Name(s) of the config file(s) to be included; fails if the wildcard does not match at least one file"
_INCLUDE_OPTIONAL = (
    "Name or pattern of the config file(s) to be included; "
    "ignored if the file does not exist or the pattern does not match any files"
)


def _include(reading: Reading, line: Line) -> list[Node]:
    return _read_files(reading, line, _one(line, _INCLUDE), optional=False)


def _include_optional(reading: Reading, line: Line) -> list[Node]:
    return _read_files(reading, line, _one(line, _INCLUDE_OPTIONAL), optional=True)


def _read_files(reading: Reading, line: Line, path: str, optional: bool) -> list[Node]:
    if reading.depth >= include.DEEPEST:
        raise Refused(
            f"Exceeded maximum include depth of {include.DEEPEST}, There appears to be a recursion.",
            "include-recursion",
        )
    nodes: list[Node] = []
    read: list[str] = []
    reading.depth += 1
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
    words = _several(line, (1, 2), _DEFINE)
    _refuse_colon(words[0])
    reading.variables.define(words[0], words[1] if len(words) == 2 else None)
    reading.done(line)
    return []


def _undefine(reading: Reading, line: Line) -> list[Node]:
    name = _one(line, "Undefine the existence of a variable. Undo a Define.")
    _refuse_colon(name)
    reading.variables.undefine(name)
    reading.done(line)
    return []


def _refuse_colon(name: str) -> None:
    if ":" in name:
        raise Refused("Variable name must not contain ':'", "variable-name")


# -- conditions


Test = Callable[[Reading, str], bool]


def _condition(test: Test) -> Command:
    """The five conditions that share httpd's start_cond_section (COND-1)."""

    def command(reading: Reading, line: Line) -> list[Node]:
        inner, bracket, _ = line.args.rpartition(">")
        if not bracket:
            raise Refused(f"{line.name}> directive missing closing '>'", "missing-closing-bracket")
        negated = inner.startswith("!")
        word = getword(inner[negated:])
        if word is None or not word.value:
            raise Refused(f"{line.name}> directive requires additional arguments", "argument-count")
        return _body(reading, line, test(reading, word.value) is not negated)

    return command


def _body(reading: Reading, line: Line, true: bool) -> list[Node]:
    reading.done(line, "true" if true else "false")
    if true:
        return reading.read_body(line)
    skip(reading, line)
    return []


def _if_module(reading: Reading, name: str) -> bool:
    if identifier_of(name) in reading.modules:
        return True
    return reading.input.fragment and name in source_names()


def _if_define(reading: Reading, name: str) -> bool:
    return name in reading.variables.names


def _if_file(reading: Reading, name: str) -> bool:
    return os.path.exists(reading.relative(name))


def _if_directive(reading: Reading, name: str) -> bool:
    return any(map(reading.is_loaded, providers(name)))


def _if_section(reading: Reading, name: str) -> bool:
    return _if_directive(reading, f"<{name}")


def _if_version(reading: Reading, line: Line) -> list[Node]:
    return _body(reading, line, versions.holds(split(line.args)))


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


# -- macros


def _macro(reading: Reading, line: Line) -> list[Node]:
    macro = macros.define(line.args, line.place, line.reader.file)
    earlier = reading.macros.get(macro.name)
    if earlier:
        place = line.place
        redefined = f'redefined on line {place.line} of "{place.name}"'
        message = f"macro '{macro.name}' multiply defined: {earlier.where}, {redefined}"
        reading.report(Level.WARNING, "macro-redefined", message, place, "AH02802")
    _warn(reading, line, macros.warnings(macro))
    reading.has_macros = True
    reading.done(line)
    reading.all_macros.append(macro)
    ignore_nesting = macros.IGNORE_NESTING in macro.flags | reading.macro_flags
    _warn(reading, line, macros.read_body(macro, line.reader, ignore_nesting))
    reading.macros[macro.name] = macro
    return []


def _warn(reading: Reading, line: Line, texts: Iterable[str]) -> None:
    for text in texts:
        code, _, message = text.partition(": ")
        reading.report(Level.WARNING, "macro-definition", message, line.place, code)


def _use(reading: Reading, line: Line) -> list[Node]:
    if not reading.has_macros:
        raise Refused("no macro defined before Use", "unknown-macro")
    word = getword(line.args)
    if word is None or not word.value:
        raise Refused("no macro name specified with Use", "unknown-macro")
    name = word.value.lower()
    macro = reading.macros.get(name)
    if macro is None:
        raise Refused(f"macro '{name}' undefined", "unknown-macro")
    if f"macro '{name}'" in line.reader.name:
        raise Refused(f"recursive use of macro '{name}' is invalid", "recursive-macro")
    arguments = split(line.args[word.end :])
    if len(arguments) != len(macro.parameters):
        raise Refused(
            f"{macro} used with {len(arguments)} arguments instead of {len(macro.parameters)}", "macro-arguments"
        )
    frame_name = macro.frame_name(line.place)
    for number, argument in enumerate(arguments, 1):
        if not argument and macros.IGNORE_EMPTY not in macro.flags | reading.macro_flags:
            message = f"{frame_name}: empty argument #{number}"
            reading.report(Level.WARNING, "macro-empty-argument", message, line.place, "AH02798")
    macro.used = True
    reading.done(line)
    line.reader.push(Frame(macro.file, frame_name, macro.lines(arguments), line.place))
    return []


def _undef_macro(reading: Reading, line: Line) -> list[Node]:
    name = _one(line, "Remove a macro definition.").lower()
    if not reading.has_macros:
        raise Refused("no macro defined before UndefMacro", "unknown-macro")
    if name not in reading.macros:
        raise Refused(f"cannot remove undefined macro '{name}'", "unknown-macro")
    del reading.macros[name]
    reading.done(line)
    return []


def _macro_flag(flag: str) -> Command:
    """MacroIgnoreEmptyArgs and MacroIgnoreBadNesting: the flag of that name, for all macros from here on."""

    def command(reading: Reading, line: Line) -> list[Node]:
        reading.macro_flags |= {flag}
        reading.done(line)
        return []

    return command


# -- modules and folders


_LOAD_MODULE = "takes two arguments, a module name and the name of a shared object file to load it from"
_LOAD_FILE = "shared object file or library to load into the server at runtime"


def _load_module(reading: Reading, line: Line) -> list[Node]:
    name, file = _several(line, (2,), _LOAD_MODULE)
    note = ""
    if name in COMPILED_IN:
        note = "compiled in; skipped"
        message = f"module {name} is built-in on Debian, loaded by this line on other systems; skipped"
        reading.report(Level.NOTE, "module-compiled-in", message, line.place)
    elif name in reading.modules:
        note = "already loaded; skipped"
        message = f"module {name} is already loaded, skipping"
        reading.report(Level.WARNING, "module-already-loaded", message, line.place, "AH01574")
    else:
        reading.modules[name] = None
        _note_missing(reading, line, file, "shared-object-not-here")
    reading.done(line, note)
    return []


def _load_file(reading: Reading, line: Line) -> list[Node]:
    files = split(line.args)
    if not files or not files[0]:
        raise Refused(f"LoadFile requires at least one argument, {_LOAD_FILE}", "argument-count")
    for file in files:
        _note_missing(reading, line, file, "shared-object-not-here")
    reading.done(line)
    return []


def _note_missing(reading: Reading, line: Line, file: str, name: str) -> None:
    path = reading.relative(file)
    if not os.path.exists(path):
        reading.report(Level.NOTE, name, f"{path} is not on this machine; its directives count as known", line.place)


def _server_root(reading: Reading, line: Line) -> list[Node]:
    path = os.path.abspath(_one(line, "Common directory of server-related files (logs, confs, etc.)"))
    if os.path.isdir(path):
        reading.server_root = path
        reading.done(line)
    else:
        message = f"ServerRoot must be a valid directory; {path} isn't here, {reading.server_root} stands for it"
        reading.report(Level.NOTE, "server-root-not-here", message, line.place)
        reading.done(line, f"{reading.server_root} stands for it")
    return []


def _default_runtime_dir(reading: Reading, line: Line) -> list[Node]:
    path = reading.relative(_one(line, "Common directory for run-time files (shared memory, locks, etc.)"))
    if not os.path.isdir(path):
        message = f"DefaultRuntimeDir must be a valid directory, absolute or relative to ServerRoot; {path} isn't here"
        reading.report(Level.NOTE, "runtime-dir-not-here", message, line.place)
    reading.done(line)
    return []


#: Lower-cased name: the module that must be loaded, and what is done.
COMMANDS: dict[str, tuple[str, Command]] = {
    "include": ("core_module", _include),
    "includeoptional": ("core_module", _include_optional),
    "define": ("core_module", _define),
    "undefine": ("core_module", _undefine),
    "serverroot": ("core_module", _server_root),
    "defaultruntimedir": ("core_module", _default_runtime_dir),
    "<ifmodule": ("core_module", _condition(_if_module)),
    "<ifdefine": ("core_module", _condition(_if_define)),
    "<iffile": ("core_module", _condition(_if_file)),
    "<ifdirective": ("core_module", _condition(_if_directive)),
    "<ifsection": ("core_module", _condition(_if_section)),
    "<ifversion": ("version_module", _if_version),
    "loadmodule": ("so_module", _load_module),
    "loadfile": ("so_module", _load_file),
    "<macro": ("macro_module", _macro),
    "use": ("macro_module", _use),
    "undefmacro": ("macro_module", _undef_macro),
    "macroignoreemptyargs": ("macro_module", _macro_flag(macros.IGNORE_EMPTY)),
    "macroignorebadnesting": ("macro_module", _macro_flag(macros.IGNORE_NESTING)),
    **{name.lower(): ("lua_module", _lua_section) for name in _LUA_SECTIONS},
}

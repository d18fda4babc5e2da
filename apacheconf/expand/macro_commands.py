"""The directives of mod_macro (section 3.3 of the spec); what a macro is stands in ``macros``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from apacheconf.diagnostics import Level
from apacheconf.expand import macros
from apacheconf.expand.arguments import one_word
from apacheconf.expand.reader import Frame, Line
from apacheconf.expand.reading import Command, Reading
from apacheconf.expand.refused import Refused
from apacheconf.expand.tree import Node
from apacheconf.syntax.lines import LogicalLine
from apacheconf.syntax.words import getword, split


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
    reading.spend(line.place, 0, len(frame_name))  # it grows with each macro around
    macro.used = True
    reading.done(line)
    line.reader.push(Frame(macro.file, frame_name, _counted(reading, line, macro.lines(arguments)), line.place))
    return []


def _counted(reading: Reading, use: Line, lines: Iterator[LogicalLine]) -> Iterator[LogicalLine]:
    """The lines of a use; macros that use each other can make very many."""
    for line in lines:
        reading.spend(use.place, 1, len(line.text))
        yield line


def _undef_macro(reading: Reading, line: Line) -> list[Node]:
    name = one_word(line, "Remove a macro definition.").lower()
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


MACRO_COMMANDS: dict[str, tuple[str, Command]] = {
    "<macro": ("macro_module", _macro),
    "use": ("macro_module", _use),
    "undefmacro": ("macro_module", _undef_macro),
    "macroignoreemptyargs": ("macro_module", _macro_flag(macros.IGNORE_EMPTY)),
    "macroignorebadnesting": ("macro_module", _macro_flag(macros.IGNORE_NESTING)),
}

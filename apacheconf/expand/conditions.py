"""The sections that are conditions: their body is read or passed over (section 3.2 of the spec)."""

from __future__ import annotations

import os
from collections.abc import Callable

from apacheconf.expand import versions
from apacheconf.expand.known import identifier_of, providers, source_names
from apacheconf.expand.reader import Line
from apacheconf.expand.reading import Command, Reading
from apacheconf.expand.refused import Refused
from apacheconf.expand.skip import skip
from apacheconf.expand.tree import Node
from apacheconf.syntax.words import getword, split

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


CONDITIONS: dict[str, tuple[str, Command]] = {
    "<ifmodule": ("core_module", _condition(_if_module)),
    "<ifdefine": ("core_module", _condition(_if_define)),
    "<iffile": ("core_module", _condition(_if_file)),
    "<ifdirective": ("core_module", _condition(_if_directive)),
    "<ifsection": ("core_module", _condition(_if_section)),
    "<ifversion": ("version_module", _if_version),
}

"""From what was found to the tree after httpd's read phase: Include, Define, conditions and macros are gone."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from apacheconf.expand.collecting import no_collection
from apacheconf.expand.commands import COMMANDS
from apacheconf.expand.options import Input, Known, Options
from apacheconf.expand.reading import COMMAND_LINE, Reading
from apacheconf.expand.refused import Refused, Stopped
from apacheconf.expand.surroundings import Surroundings, surroundings
from apacheconf.expand.tree import Absence, Absent, Expanded, Node
from apacheconf.source import Place, SourceFile, Span
from apacheconf.syntax.words import first_word

_FRAMES = 5000


def expand(input: Input, options: Options) -> Expanded:
    """Read everything that ``input`` names. Errors are in ``diagnostics``, in the order httpd would meet them."""
    reading = Reading(input, options, COMMANDS)
    around: dict[str, Surroundings] = {}
    nodes: list[Node] = []
    with _room_for_includes(), no_collection(), contextlib.suppress(Stopped):
        nodes += _command_line(reading, options.before)
        for source in input.sources:
            name = source if isinstance(source, str) else source.name
            found = surroundings(options.context, name) if input.fragment else None
            if found is None:
                nodes += _source(reading, source)
                continue
            around[name] = reading.around = found
            nodes += found.wrap(_source(reading, source))
            reading.around = None
        nodes += _command_line(reading, options.after)
    return _expanded(reading, nodes, around, input.notes)


def expand_htaccess(source: SourceFile, around: Surroundings, known: Known) -> Expanded:
    """Read a ``.htaccess`` file as httpd does when a request meets it, after the configuration that left ``known``."""
    reading = Reading(Input((source,), known.server_root, known.main), Options(environ={}), COMMANDS)
    reading.modules.update(dict.fromkeys(known.modules))
    for name, value in known.defines:
        reading.variables.define(name, value)
    reading.around = around
    with _room_for_includes():
        nodes = around.wrap(reading.read_source(source))
    return _expanded(reading, nodes, {source.name: around}, ())


def _expanded(reading: Reading, nodes: list[Node], around: dict[str, Surroundings], notes: tuple[str, ...]) -> Expanded:
    return Expanded(
        tuple(nodes),
        (*reading.absent, *_unused_macros(reading)),
        tuple(reading.files.values()),
        tuple(reading.modules),
        reading.variables.table(),
        reading.server_root,
        reading.input.fragment,
        notes,
        tuple(reading.diagnostics),
        tuple(reading.inclusions),
        around,
    )


@contextmanager
def _room_for_includes() -> Iterator[None]:
    """128 files within each other take seven Python frames each, a condition six; the limits are ours to keep."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, _FRAMES))
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)


def _command_line(reading: Reading, lines: tuple[str, ...]) -> list[Node]:
    """The lines of -C or -c, a text of their own (CLI-14)."""
    if not lines:
        return []
    return reading.read_source(SourceFile(COMMAND_LINE, "".join(f"{line}\n" for line in lines)))


def _source(reading: Reading, source: str | SourceFile) -> list[Node]:
    try:
        file = source if isinstance(source, SourceFile) else reading.open_file(source)
    except Refused as refused:
        nowhere = SourceFile(str(source), "")
        place = Place(Span(nowhere, 0, 0), nowhere.name, 1)
        reading.error(place, refused, f"{{argv0}}: {refused.message}")
        return []
    return reading.read_source(file)


def _unused_macros(reading: Reading) -> list[Absent]:
    """The directives in bodies of macros that were never used."""
    absent = []
    for macro in reading.all_macros:
        if macro.used:
            continue
        for line in macro.body:
            name, args = first_word(line.text)
            if not name or name.startswith("</"):
                continue
            if name.startswith("<"):
                name, args = name.lstrip("<").removesuffix(">"), args.rpartition(">")[0]
            place = Place(Span(macro.file, line.name_at, line.end), macro.place.name, line.number, macro.place.via)
            absent.append(Absent(name, args, place, Absence.UNUSED_MACRO))
    return absent

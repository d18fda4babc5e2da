"""The ``.htaccess`` files that lie in a site's folders now, as sections of the program (NGX-129).

A target that reads no such files says once what they say. Each is read as httpd reads it when a request passes its
folder: what AllowOverride grants there, and the first of the AccessFileNames. What is written later is not known.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import islice

from apacheconf.ledger import Written
from apacheconf.program.build import make_shape
from apacheconf.program.conditions import Condition, Matches, Under
from apacheconf.program.hosts import Host, Layer, LayerKind, Shape
from apacheconf.program.htaccess import Granted, Reading, read_file
from apacheconf.program.layers import LayerBuilder
from apacheconf.program.mod_vhost_alias import start_of
from apacheconf.program.own_words import filled
from apacheconf.program.program import Inlined, Program
from apacheconf.program.regexes import search
from apacheconf.program.steps import Action, FinishRewriting, MapByName, MapToFile
from apacheconf.program.walks import access_of
from apacheconf.source import SourceFile

#: So many folders below one that requests are mapped to are looked into.
MOST_FOLDERS = 20_000


@dataclass
class _Read:
    """What was read for all hosts. A file that several of them have is one text, so that its rows are one."""

    texts: dict[str, SourceFile | None] = field(default_factory=dict)
    inlined: dict[str, Inlined] = field(default_factory=dict)
    readings: list[Reading] = field(default_factory=list)
    left_out: list[tuple[Written, str]] = field(default_factory=list)
    #: The files of hosts that do the same and look for the same names: looked for once.
    granted: dict[tuple[int, tuple[str, ...]], list[tuple[str, Granted]]] = field(default_factory=dict)
    #: Whether any section of hosts of a form lets files say anything.
    grants: dict[int, bool] = field(default_factory=dict)
    #: Where requests of hosts that are alike lead, with what stands for their own words; None where it isn't known.
    roots: dict[int, list[str] | None] = field(default_factory=dict)
    there: dict[str, bool] = field(default_factory=dict)

    def files(self, program: Program, host: Host) -> list[tuple[str, Granted]]:
        """The files that requests of a host may meet, each with what may stand in it."""
        if not self._grants(program, host.form) or self._has_none(program, host):
            return []
        key = id(host.shape), host.access_names
        if key not in self.granted:
            self.granted[key] = list(_granted_files(program, host))
        return self.granted[key]

    def _grants(self, program: Program, form: Shape) -> bool:
        if id(form) not in self.grants:
            sections = _plain_sections(form)
            self.grants[id(form)] = any(access_of((each,), program.known).reads for each in sections)
        return self.grants[id(form)]

    def _has_none(self, program: Program, host: Host) -> bool:
        """Whether one of many hosts surely meets none, which is found without looking at what it does."""
        alike, own = program.words_of(host) if host.make_shape is not None else (None, {})
        if alike is None:
            return False
        if id(alike) not in self.roots:
            model = alike.make_model(host)
            self.roots[id(alike)] = None if model is None else sorted(_roots(model, _plain_sections(model.shape)))
        roots = self.roots[id(alike)]
        if roots is None:
            return False
        folders = (folder for root in roots for folder in _folders(filled(root, own)))
        return not any(
            self._is_there(f"{folder.rstrip('/')}/{name}") for folder in folders for name in host.access_names
        )

    def _is_there(self, path: str) -> bool:
        if path not in self.there:
            self.there[path] = os.path.lexists(path)
        return self.there[path]

    def text(self, path: str) -> SourceFile | None:
        """The text of a file; None where it can't be read."""
        if path not in self.texts:
            self.texts[path] = _text(path)
        return self.texts[path]

    def leave_out(self, directive: Written, reason: str) -> None:
        self.left_out.append((directive, reason))


def with_htaccess(program: Program) -> Program:
    """The program with what the files say now, which ``Program.inlined`` names; the same one where there are none."""
    read = _Read()
    hosts = tuple(_with_files(program, host, read) for host in program.hosts)
    if not read.inlined:
        return program
    return replace(
        program,
        hosts=hosts,
        directives=(*program.directives, *(each for made in read.readings for each in made.expanded.walk())),
        outermost=(*program.outermost, *(each for made in read.readings for each in made.expanded.nodes)),
        absent=(*program.absent, *(each for made in read.readings for each in made.expanded.absent)),
        left_out=(*program.left_out, *read.left_out),
        inlined=tuple(read.inlined.values()),
    )


def _with_files(program: Program, host: Host, read: _Read) -> Host:
    files = read.files(program, host)
    if not files or host.builder is None:
        return host
    # A linker of its own: that of the host may be in use, by a server that reads the files as it meets them.
    linker = host.builder.linker.copy(len(host.directives))
    builder = replace(host.builder, place=replace(host.builder.place, linker=linker, left_out=read.leave_out))
    made = [_layers_of(program, builder, path, granted, read) for path, granted in files]
    shape = host.shape
    layers = _in_order([shape.layers, *filter(None, made)])
    return replace(
        host,
        form=make_shape(shape.server, layers, shape.limits, shape.flipped),
        make_shape=None,
        directives=linker.directives,
        origins=linker.origins,
        texts=linker.texts,
    )


def _layers_of(program: Program, builder: LayerBuilder, path: str, granted: Granted, read: _Read) -> tuple[Layer, ...]:
    text = read.text(path)
    if text is None:
        read.inlined[path] = Inlined(path, "it can't be read")
        return ()
    reading = read_file(program, builder, text, granted)
    read.inlined[path] = Inlined(path, reading.wrong or "", text)
    if reading.wrong is None:
        read.readings.append(reading)
    return reading.layers


def _text(path: str) -> SourceFile | None:
    try:
        with open(path.encode("latin-1"), "rb") as file:  # noqa: PTH123 (names are bytes)
            return SourceFile(path, file.read().decode("latin-1"))
    except OSError:
        return None


def _in_order(groups: Iterable[tuple[Layer, ...]]) -> tuple[Layer, ...]:
    """The layers of all groups in merge order; a ``container`` is a position in its own group."""
    every = [(layer, group) for group in groups for layer in group]
    every.sort(key=lambda each: each[0].order)
    at = {id(layer): number for number, (layer, _) in enumerate(every)}
    return tuple(
        layer if layer.container is None else replace(layer, container=at[id(group[layer.container])])
        for layer, group in every
    )


# --- which files there are -----------------------------------------------------------------------------------


def _granted_files(program: Program, host: Host) -> Iterator[tuple[str, Granted]]:
    """The files that requests of a host may meet, each with what may stand in it."""
    sections = _plain_sections(host.shape)
    for folder, path in _files(host, sections):
        access = access_of(tuple(each for each in sections if _holds(each.matcher, folder)), program.known)
        # What stands around a fragment is not known, so nothing is granted unless it says so itself.
        if access.reads and (access.granted.override or program.known.main is not None):
            yield path, access.granted


def _plain_sections(shape: Shape) -> list[Layer]:
    """The sections that say what ``.htaccess`` files may hold."""
    return [each for each in shape.layers if each.kind is LayerKind.SERVER or _is_folder(each)]


def _is_folder(layer: Layer) -> bool:
    """Whether the layer is a Directory that the walk through folders asks: no regular expression."""
    return layer.kind is LayerKind.DIRECTORY and not layer.order[1]


def _holds(matcher: Condition, folder: str) -> bool:
    match matcher:
        case Under(prefix):
            return prefix == "/" or f"{folder}/".startswith(f"{prefix}/")
        case Matches(_, regex):
            return search(regex, folder) is not None
        case _:
            return True


def _files(host: Host, sections: list[Layer]) -> Iterator[tuple[str, str]]:
    """Each folder with the first of the AccessFileNames in it, those around what requests are mapped to first."""
    known: set[str] = set()
    for root in sorted(_roots(host, sections)):
        for folder in _folders(root):
            if folder not in known:
                known.add(folder)
                names = (f"{folder.rstrip('/')}/{name}" for name in host.access_names)
                path = next(filter(os.path.lexists, names), None)
                if path is not None:
                    yield folder, path


def _folders(root: str) -> Iterator[str]:
    """The folders around one, and those below it."""
    yield from (root[: at or 1] for at, sign in enumerate(root) if sign == "/")
    yield from (each for each, _, _ in islice(os.walk(root), MOST_FOLDERS))


def _roots(host: Host, sections: list[Layer]) -> set[str]:
    """The folders that requests are mapped to; where rules make paths of files, those of plain sections too."""
    steps = [step for steps in (host.shape.server, *(cell.steps for cell in host.shape.cells)) for step in steps]
    found = {step.action.root for step in steps if isinstance(step.action, MapToFile)}
    found |= {start_of(step.action.pattern) for step in steps if isinstance(step.action, MapByName)}
    if any(isinstance(step.action, FinishRewriting) or _is_made(step.action) for step in steps):
        found |= {each.matcher.prefix for each in sections if isinstance(each.matcher, Under)}
    return {each.rstrip("/") for each in found if each.startswith("/") and each.strip("/")}


def _is_made(action: Action) -> bool:
    return isinstance(action, MapToFile) and action.value is not None

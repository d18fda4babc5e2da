"""``apacheconf prove``: ask both servers the same questions and compare the answers."""

from __future__ import annotations

import json as jsonlib
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from shutil import get_terminal_size
from typing import TYPE_CHECKING, Annotated

import typer

from apacheconf.cli.draw import Line, is_terminal, near, print_lines, shown
from apacheconf.cli.options import Reading, lives_on, reads

if TYPE_CHECKING:
    from apacheconf.program.loading import Loaded
    from apacheconf.prove import Report, Result

#: Characters of an answer that are shown where there is no terminal to fill; the rest is in the JSON.
WIDTH = 70


class Against(StrEnum):
    """What is compared with the reference."""

    NGINX = "nginx"
    HAPROXY = "haproxy"
    SERVE = "serve"


class Reference(StrEnum):
    """What is right."""

    HTTPD = "httpd"
    SERVE = "serve"


@reads
def run(
    reading: Reading,
    against: Annotated[Against, typer.Option("--against", help="What is compared with the reference.")],
    reference: Annotated[
        Reference | None,
        typer.Option("--reference", help="What is right: httpd where it is installed.", show_default=False),
    ] = None,
    seed: Annotated[
        int, typer.Option("--seed", metavar="N", help="Choose other requests where there are too many.")
    ] = 0,
    budget: Annotated[
        float | None,
        typer.Option("--budget", metavar="SECONDS", min=0, help="Begin nothing new after so many seconds."),
    ] = None,
    reduce: Annotated[
        bool, typer.Option("--reduce", help="Find the smallest configuration and request of what differs (a minute).")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Prove that a translation, or serve, answers as httpd does.

    Exits with 1 on a difference that the report of the translation had not announced.
    """
    from apacheconf.prove import Plan, prove

    loaded, _ = reading.load_program()  # says what is read, and refuses errors before any server starts
    print_lines(_missing(loaded), sys.stderr, wrap=True)
    lives_on()
    with _progress() as (progress, expect):
        report = prove(
            reading.paths,
            reading.options,
            against=against.value,
            reference=reference.value if reference else None,
            progress=progress,
            plan=Plan(seed, budget, expect, reduce),
        )
    if json:
        print(jsonlib.dumps(report.to_json(), indent=2, ensure_ascii=False))
    else:
        print_lines(lines(report), sys.stdout, wrap=True)
    raise typer.Exit(report.exit_code)


def _missing(loaded: Loaded) -> Iterator[Line]:
    """Folders of files that are not here: said before a page of 404s is read for a proof."""
    from apacheconf.model.here import missing_folders

    for note in (*loaded.diagnostics, *missing_folders(loaded.bound)):
        if note.message.startswith("DocumentRoot"):
            yield [("", f"{near(note.place)}: "), ("bold yellow", "note"), ("", f": {shown(note.message)}: "
                   "nothing is proven of its files")]  # fmt: skip


@contextmanager
def _progress() -> Iterator[tuple[Callable[[str], None], Callable[[int], None]]]:
    """On a terminal: a bar, how many of how many were asked and which one now. Elsewhere silence."""
    if not is_terminal(sys.stderr):
        yield lambda probe: None, lambda count: None
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}")
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("starting the servers", total=None)
        yield (
            lambda probe: bar.update(task, advance=1, description=escape(shown(probe))),
            lambda count: bar.update(task, total=count),
        )


def lines(report: Report) -> Iterator[Line]:
    """The report for people: each difference with both answers, the unannounced ones first, then the sums."""
    for result in report.unannounced:
        yield from _difference(result, report)
    announced = [result for result in report.different if not result.unannounced]
    if announced:
        yield [("bold", "announced differences")]
        for result in announced:
            yield [("", f"  {shown(result.scenario)} / {shown(result.probe)}"), ("dim", f"  [{result.announced}]")]
        yield []
    yield from _table(report)
    for note in report.notes:
        yield [("dim", f"note: {shown(note)}")]
    excused = ", ".join(f"{name} {count}" for name, count in sorted(report.excused.items()))
    if excused:
        yield [("dim", f"normalised: {excused}")]
    bad = len(report.unannounced)
    yield [
        ("bold", f"{report.reference} against {report.other}: "),
        ("", f"{report.asked} asked, {report.equal} equal, {len(announced)} announced, "),
        ("bold red" if bad else "bold green", f"{bad} different"),
    ]


def _table(report: Report) -> Iterator[Line]:
    """What was asked of which host in which state of the origins, and what came of it."""
    sums = report.sums()
    if not sums:
        return
    names = [shown(f"{each.host}, {each.scenario}") for each in sums]
    width = max(map(len, names))
    yield [("bold", f"{'':{width}}  {'asked':>6} {'equal':>6} {'announced':>10} {'different':>10}")]
    for name, each in zip(names, sums, strict=True):
        counts = f"  {each.asked:6} {each.equal:6} {each.announced:10} "
        yield [("", f"{name:{width}}{counts}"), ("bold red" if each.different else "green", f"{each.different:10}")]
    yield []


def _difference(result: Result, report: Report) -> Iterator[Line]:
    yield [("bold red", "different"), ("", f"  {shown(result.scenario)} / {shown(result.probe)}")]
    if result.cause:
        yield [("dim", f"  {near(result.cause)}")]
    width = max(len(report.reference), len(report.other))
    room = max(get_terminal_size().columns - width - 6, 40) if is_terminal(sys.stdout) else WIDTH
    for aspect in result.comparison.aspects:
        yield [("", f"  {shown(aspect.what)}")]
        yield [("green", f"    {report.reference:{width}}  {_cut(aspect.reference, room)}")]
        yield [("red", f"    {report.other:{width}}  {_cut(aspect.other, room)}")]
    if result.reduced is not None:
        yield [("dim", "  reduced, there was no more time" if result.reduced.unfinished else "  reduced")]
        for line in (*result.reduced.config.splitlines(), *result.reduced.request.split("\r\n")):
            yield [("", f"    {shown(line)}")]
    yield []


def _cut(text: str, room: int) -> str:
    text = shown(text)
    return text if len(text) <= room else text[: room - 3] + "..."

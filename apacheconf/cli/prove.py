"""``apacheconf prove``: ask both servers the same questions and compare the answers."""

from __future__ import annotations

import json as jsonlib
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from apacheconf.cli.draw import Line, is_terminal, near, print_lines, shown
from apacheconf.cli.options import Reading, lives_on, reads

if TYPE_CHECKING:
    from apacheconf.prove import Report, Result

#: Characters of an answer that are shown; the rest is in the JSON.
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
    json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Prove that a translation, or serve, answers as httpd does.

    Exits with 1 on a difference that the report of the translation had not announced.
    """
    from apacheconf.prove import prove

    reading.load_program()  # says what is read, and refuses errors before any server starts
    lives_on()
    with _progress() as progress:
        report = prove(
            reading.paths,
            reading.options,
            against=against.value,
            reference=reference.value if reference else None,
            progress=progress,
        )
    if json:
        print(jsonlib.dumps(report.to_json(), indent=2, ensure_ascii=False))
    else:
        print_lines(lines(report), sys.stdout)
    raise typer.Exit(report.exit_code)


@contextmanager
def _progress() -> Iterator[Callable[[str], None]]:
    """On a terminal: how many were asked and which one now. Elsewhere silence."""
    if not is_terminal(sys.stderr):
        yield lambda probe: None
        return
    from rich.console import Console
    from rich.markup import escape

    asked = 0
    with Console(stderr=True).status("starting the servers") as status:

        def tell(probe: str) -> None:
            nonlocal asked
            asked += 1
            status.update(f"{asked} asked  {escape(shown(probe))}")

        yield tell


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


def _difference(result: Result, report: Report) -> Iterator[Line]:
    yield [("bold red", "different"), ("", f"  {shown(result.scenario)} / {shown(result.probe)}")]
    if result.cause:
        yield [("dim", f"  {near(result.cause)}")]
    width = max(len(report.reference), len(report.other))
    for aspect in result.comparison.aspects:
        yield [("", f"  {shown(aspect.what)}")]
        yield [("green", f"    {report.reference:{width}}  {_cut(aspect.reference)}")]
        yield [("red", f"    {report.other:{width}}  {_cut(aspect.other)}")]
    yield []


def _cut(text: str) -> str:
    text = shown(text)
    return text if len(text) <= WIDTH else text[: WIDTH - 3] + "..."

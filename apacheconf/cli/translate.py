"""``apacheconf translate``: the same behaviour for nginx or HAProxy, with what became of each directive.

The order is: translate, refuse what ``--strict`` doesn't allow, ask the target's own checker, and only then
write. So a file that was written has passed everything that was asked for.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from apacheconf.cli.options import Reading, keep, reads

if TYPE_CHECKING:
    from apacheconf.engines import CheckResult
    from apacheconf.targets import Translation


class Target(StrEnum):
    """Servers to translate to."""

    NGINX = "nginx"
    HAPROXY = "haproxy"


@reads
def run(
    reading: Reading,
    to: Annotated[Target, typer.Option("--to", help="The server to translate to.")],
    output: Annotated[
        str | None,
        typer.Option(
            "-o",
            metavar="FILE_OR_DIR",
            help="Where to write; else standard output. In a folder (DIR/) nginx gets a file for each virtual host.",
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite what is there.")] = False,
    report: Annotated[
        str | None,
        typer.Option(
            "--report", metavar="FILE", help="Write the report, too: as SARIF if it ends in .sarif, else JSON."
        ),
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Refuse directives that are approximated or unsupported.")
    ] = False,
    accept: Annotated[
        list[str] | None,
        typer.Option("--accept", metavar="NAME", help="With --strict: accept this caveat or directive."),
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Ask the target's own checker.")] = False,
    version: Annotated[
        str | None, typer.Option("--target-version", metavar="VERSION", help="Write for this version of the target.")
    ] = None,
) -> None:
    """Translate to nginx or HAProxy, and account for every directive."""
    from apacheconf.cli import reports, writing
    from apacheconf.cli.draw import print_lines
    from apacheconf.diagnostics import UsageError

    if accept and not strict:
        raise UsageError("--accept says what --strict lets pass", f"--strict --accept {accept[0]}")
    places = writing.Places(output, force)
    if report == "-" and places.is_standard:
        raise UsageError("the result and its report can't both go to standard output", "say where: -o FILE")
    translation = _translated(reading, to, version, places.is_folder)
    if strict:
        _refuse(translation, accept or ())
    verdict = _ask_checker(translation) if check else None
    for_report = writing.Places(report, force)
    for_report.check_one()
    places.write(translation.files)
    if report:
        for_report.write_one(_for_programs(report, translation, verdict))
    is_one_file = len(translation.files) == 1 and not (places.is_standard or places.is_folder)
    print_lines(reports.text(translation, verdict, output if is_one_file else None), sys.stderr, wrap=True)


def _translated(reading: Reading, to: Target, version: str | None, as_folder: bool) -> Translation:
    from apacheconf.expand.collecting import no_collection
    from apacheconf.targets import translate

    _, program = keep(reading.load_program())
    with no_collection():
        return keep(translate(program, to.value, version, as_folder))


def _refuse(translation: Translation, accepted: Sequence[str]) -> None:
    """Raises what ends the command where something differs that isn't accepted."""
    from apacheconf.cli import differing

    differing.refuse(translation, accepted, f"--strict: {translation.target} would differ; nothing was written")


def _for_programs(name: str, translation: Translation, verdict: CheckResult | None) -> str:
    if not name.endswith(".sarif"):
        from apacheconf.cli import reports

        return reports.as_json(translation, verdict)
    from apacheconf.cli import sarif

    return sarif.as_sarif(translation)


def _ask_checker(translation: Translation) -> CheckResult:
    """What the target's own checker says. Raises CheckerError when it refuses."""
    from apacheconf.diagnostics import CheckerError
    from apacheconf.engines import Verdict, check

    result = check(translation.target, translation.files)
    if result.verdict is Verdict.REFUSED:
        raise CheckerError(f"{result}; nothing was written\n{result.output}")
    return result

"""``apacheconf lint``: what is legal but not what was meant; findings with carets, or for machines."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import Annotated

import typer

from apacheconf.cli.options import Reading, reads


class Format(StrEnum):
    """How findings are written."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"
    GITHUB = "github"


def _explain_rule(name: str | None) -> None:
    if name:
        from apacheconf.lint import explain_rule

        print(explain_rule(name), end="")
        raise typer.Exit


@reads
def run(
    reading: Reading,
    format: Annotated[Format, typer.Option("--format", help="How findings are written.")] = Format.TEXT,
    rule: Annotated[
        str | None,
        typer.Option("--explain", metavar="RULE", help="Print a rule's page and exit.", callback=_explain_rule),
    ] = None,
) -> None:
    """Find what is legal but probably not meant. Exits with 1 from severity warning up."""
    from apacheconf.diagnostics import Level
    from apacheconf.lint import formats, lint

    loaded = reading.load()
    told = (found for found in loaded.diagnostics if found.level >= Level.WARNING)
    findings = (*told, *lint(loaded.model, loaded.program))
    if format is Format.TEXT:
        from apacheconf.cli.draw import print_all

        print_all(findings, sys.stdout)
    else:
        write = {Format.JSON: formats.as_json, Format.SARIF: formats.as_sarif, Format.GITHUB: formats.as_github}
        sys.stdout.write(write[format](findings))
    if any(finding.level >= Level.WARNING for finding in findings):
        raise typer.Exit(1)

"""``apacheconf modules``: what ``httpd -M`` prints, which modules the directives need, and what we make of them."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from apacheconf.cli.options import Reading, reads


@reads
def run(
    reading: Reading,
    needed: Annotated[
        bool, typer.Option("--needed", help="Which modules the directives need, and which of them are missing.")
    ] = False,
    differences: Annotated[
        bool, typer.Option("--differences", help="Where serve differs from httpd on purpose; reads no configuration.")
    ] = False,
    support: Annotated[
        bool, typer.Option("--support", help="What we make of each directive; reads no configuration.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="With --differences or --support: as JSON.")] = False,
) -> None:
    """Print what httpd -M prints: the modules that are loaded."""
    if differences:
        _print_differences(as_json)
        return
    if support:
        _print_support(as_json)
        return
    from apacheconf.cli.writing import to_standard_output
    from apacheconf.model.views import modules, needed_modules

    if needed:  # a missing module is an error of the configuration, and the very thing that is asked for
        to_standard_output(needed_modules(reading.load_expanded()))
    else:
        to_standard_output(modules(reading.load_model()))


def _print_differences(as_json: bool) -> None:
    from apacheconf.runtime import differences

    if as_json:
        print(json.dumps(differences.as_json(), indent=2))
        return
    from apacheconf.cli.tables import print_table

    rows = [(", ".join(e.statements), e.title, e.httpd, e.ours, e.reason) for e in differences.DIFFERENCES]
    print_table(("statements", "what", "httpd", "serve", "why"), rows)


def _print_support(as_json: bool) -> None:
    from apacheconf.cli import support

    if as_json:
        print(json.dumps(support.as_json(), indent=2))
        return
    from apacheconf.cli.tables import print_table

    rows = [
        (row.module, row.directive, *(row.words(reader) for reader in support.READERS), ", ".join(row.lint))
        for row in support.table()
    ]
    columns = ("module", "directive", "serve", "nginx", "HAProxy", "lint")
    print_table(columns, rows, whole=("module", "directive"))

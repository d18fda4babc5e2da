"""``apacheconf modules``: what ``httpd -M`` prints, and which modules the directives need."""

from __future__ import annotations

from typing import Annotated

import typer

from apacheconf.cli.options import Reading, reads


@reads
def run(
    reading: Reading,
    needed: Annotated[
        bool, typer.Option("--needed", help="Which modules the directives need, and which of them are missing.")
    ] = False,
) -> None:
    """Print what httpd -M prints: the modules that are loaded."""
    from apacheconf.cli.writing import to_standard_output
    from apacheconf.model.views import modules, needed_modules

    if needed:  # a missing module is an error of the configuration, and the very thing that is asked for
        to_standard_output(needed_modules(reading.load_expanded()))
    else:
        to_standard_output(modules(reading.load_model()))

"""``apacheconf modules``: what ``httpd -M`` prints, and which modules the directives need."""

from __future__ import annotations

import sys
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
    from apacheconf.model.views import modules, needed_modules

    model = reading.load_model()
    sys.stdout.write(needed_modules(model) if needed else modules(model))

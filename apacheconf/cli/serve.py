"""``apacheconf serve``: answer requests as httpd would."""

from __future__ import annotations

from typing import Annotated

import typer

from apacheconf.cli.options import Reading, reads


@reads
def run(
    reading: Reading,
    listen: Annotated[
        list[str] | None,
        typer.Option("--listen", metavar="FROM=TO", help="Bind TO instead of FROM: 80=8080, 80=127.0.0.1:8080."),
    ] = None,
    origin: Annotated[
        list[str] | None,
        typer.Option("--origin", metavar="FROM=TO", help="Connect to TO instead of the origin FROM."),
    ] = None,
    stub_origins: Annotated[bool, typer.Option("--stub-origins", help="Answer for every origin from inside.")] = False,
    access_log: Annotated[
        str | None, typer.Option("--access-log", metavar="FILE|-", help="Log requests where no log is configured.")
    ] = None,
    accept: Annotated[
        list[str] | None,
        typer.Option("--accept", metavar="NAME", help="Serve although this directive is not honoured."),
    ] = None,
) -> None:
    """Serve the configuration: the reverse proxy itself."""
    raise NotImplementedError

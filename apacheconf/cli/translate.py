"""``apacheconf translate``: the same behaviour for nginx or HAProxy, with what became of each directive."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from apacheconf.cli.options import Reading, reads


class Target(StrEnum):
    """Servers to translate to."""

    NGINX = "nginx"
    HAPROXY = "haproxy"


@reads
def run(
    reading: Reading,
    to: Annotated[Target, typer.Option("--to", help="The server to translate to.")],
    output: Annotated[
        str | None, typer.Option("-o", metavar="FILE_OR_DIR", help="Where to write; else stdout.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite what is there.")] = False,
    report: Annotated[
        str | None, typer.Option("--report", metavar="FILE.json", help="Write the report as JSON.")
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Refuse what is approximated or unsupported.")] = False,
    accept: Annotated[
        list[str] | None, typer.Option("--accept", metavar="NAME", help="Accept this caveat or directive.")
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Ask the target's own checker.")] = False,
    version: Annotated[
        str | None, typer.Option("--target-version", metavar="VERSION", help="Write for this version of the target.")
    ] = None,
) -> None:
    """Translate to another server, and account for every directive."""
    raise NotImplementedError

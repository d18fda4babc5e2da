"""``apacheconf explain``: the story of one request."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from apacheconf.cli.options import Reading, reads


@reads
def run(
    reading: Reading,
    url: Annotated[str, typer.Argument(metavar="URL", help="What is asked: http://host[:port]/path, or /path.")],
    method: Annotated[str, typer.Option("-X", metavar="METHOD", help="The request's method.")] = "GET",
    header: Annotated[
        list[str] | None, typer.Option("-H", metavar="'NAME: VALUE'", help="A header field of the request.")
    ] = None,
    sender: Annotated[str, typer.Option("--from", metavar="IP", help="The client's address.")] = "127.0.0.1",
    json: Annotated[bool, typer.Option("--json", help="Print the story as JSON.")] = False,
) -> None:
    """Say what one request meets: host, mapping, member, and why."""
    from apacheconf.explain import explain, request_for

    _, program = reading.load_program()
    story = explain(program, request_for(url, method=method, headers=header or (), sender=sender))
    if json:
        print(story.as_json())
        return
    from apacheconf.cli.draw import print_lines

    here = f"{Path.cwd()}/"
    print_lines(([(style, _near(text, here)) for style, text in line] for line in story.lines()), sys.stdout)


def _near(text: str, here: str) -> str:
    """A list of places (``  [FILE:LINE, ...]``) with its files relative to the current directory ``here``."""
    return text.replace(here, "") if text.startswith("  [") else text

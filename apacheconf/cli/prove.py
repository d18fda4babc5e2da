"""``apacheconf prove``: ask both servers the same questions and compare the answers."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from apacheconf.cli.options import Reading, reads


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
        Reference | None, typer.Option("--reference", help="What is right.", show_default=False)
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Prove that a translation, or serve, answers as httpd does; exits with 1 on an unannounced difference."""
    raise NotImplementedError

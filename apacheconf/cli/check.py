"""``apacheconf check``: is the configuration valid? All errors at once, or httpd's own first one."""

from __future__ import annotations

import os
import re
import sys
from typing import Annotated

import typer

from apacheconf.cli.options import Reading, reads

#: Bytes that httpd's log escapes by a letter.
_ESCAPES = {"\\": r"\\", "\t": r"\t", "\r": r"\r", "\v": r"\v", "\b": r"\b"}


@reads
def run(
    reading: Reading,
    httpd: Annotated[bool, typer.Option("--httpd", help="Print the first error as httpd -t says it.")] = False,
    notes: Annotated[bool, typer.Option("--notes", help="Say too what only this machine lacks.")] = False,
) -> None:
    """Is it valid? Says all errors at once, or "Syntax OK".

    Files and users that are not on this machine are notes, where httpd -t refuses them: --httpd leaves them out too.
    """
    from apacheconf.diagnostics import Level

    found = reading.diagnose(quiet=httpd)
    errors = [each for each in found if each.level >= Level.ERROR]
    if httpd:
        first = next((each for each in errors if each.httpd), None) or next(iter(errors), None)
        if first:
            print(_logged((first.httpd or str(first)).replace("{argv0}", _name_of_httpd())), file=sys.stderr)
    elif told := [each for each in found if notes or each.level >= Level.WARNING]:
        from apacheconf.cli.draw import print_all

        print_all(told, sys.stderr)
    if errors:
        raise typer.Exit(1)
    print("Syntax OK", file=sys.stderr)


def _logged(text: str) -> str:
    """As httpd's log writes it: backslashes and bytes that are no printable ASCII are escaped."""
    return re.sub(r"[^ -\[\]-~\n]", lambda byte: _ESCAPES.get(byte[0]) or f"\\x{ord(byte[0]):02x}", text)


def _name_of_httpd() -> str:
    """What httpd calls itself here: Debian's binary is apache2."""
    from shutil import which

    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])
    return next((name for name in ("httpd", "apache2") if which(name, path=path)), "httpd")

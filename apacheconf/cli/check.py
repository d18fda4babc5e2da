"""``apacheconf check``: is the configuration valid? All errors at once, or httpd's own first one."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

import typer

from apacheconf.cli.options import Reading, reads
from apacheconf.diagnostics import Diagnostic, Level

#: Bytes that httpd's log escapes by a letter.
_ESCAPES = {"\\": r"\\", "\t": r"\t", "\r": r"\r", "\v": r"\v", "\b": r"\b"}


#: Warnings of httpd's that are told on stderr as they are, without time and level, because no log is open yet.
_ON_STDERR = ("AH00112", "AH00548", "AH00557", "AH00558", "WARNING:")
#: What httpd only warns about on its own machine.
_WARNED_HERE = frozenset({"document-root-not-here", "machine-name-not-known", "server-name-not-known"})


@reads
def run(
    reading: Reading,
    httpd: Annotated[bool, typer.Option("--httpd", help="Print the first error as httpd -t says it.")] = False,
    notes: Annotated[bool, typer.Option("--notes", help="Say too what only this machine lacks.")] = False,
    here: Annotated[bool, typer.Option("--here", help="Refuse what this machine lacks, as httpd -t does.")] = False,
) -> None:
    """Is it valid? Says all errors at once, or "Syntax OK".

    Files, folders and users that are not on this machine are notes, unless --here makes errors of them.
    """
    found = reading.diagnose(quiet=httpd, here=here or notes)
    if here:
        found = tuple(map(_as_here, found))
    errors = [each for each in found if each.level >= Level.ERROR]
    if httpd:
        _print_as_httpd(found)
    elif told := [each for each in found if notes or each.level >= Level.WARNING]:
        from apacheconf.cli.draw import print_all

        print_all(told, sys.stderr)
    if errors:
        raise typer.Exit(1)
    print("Syntax OK", file=sys.stderr)


def _as_here(each: Diagnostic) -> Diagnostic:
    """A note about this machine as httpd has it: an error, or a warning."""
    if each.level is not Level.NOTE or each.httpd is None:
        return each
    return replace(each, level=Level.WARNING if each.name in _WARNED_HERE else Level.ERROR)


def _print_as_httpd(found: Sequence[Diagnostic]) -> None:
    """The warnings that httpd tells on stderr, and the error at which it stops (MOD-4)."""
    for each in found:
        text = each.httpd or (str(each) if each.level >= Level.ERROR else "")
        if each.level >= Level.ERROR or (each.level is Level.WARNING and any(word in text for word in _ON_STDERR)):
            print(_logged(text.replace("{argv0}", _name_of_httpd())), file=sys.stderr)
        if each.level >= Level.ERROR:
            return


def _logged(text: str) -> str:
    """As httpd's log writes it: backslashes and bytes that are no printable ASCII are escaped."""
    return re.sub(r"[^ -\[\]-~\n]", lambda byte: _ESCAPES.get(byte[0]) or f"\\x{ord(byte[0]):02x}", text)


def _name_of_httpd() -> str:
    """What httpd calls itself here: Debian's binary is apache2."""
    from shutil import which

    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])
    return next((name for name in ("httpd", "apache2") if which(name, path=path)), "httpd")

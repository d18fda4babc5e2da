"""Configurations as text, through the whole front end, for the tests of this folder."""

from __future__ import annotations

from pathlib import Path

from apacheconf.program import load
from apacheconf.program.program import Program
from apacheconf.targets import Translation, translate


def program_of(folder: Path, text: str) -> Program:
    """The program of a fragment."""
    path = folder / "site.conf"
    path.write_text(text)
    return load([str(path)]).require()


def translated(folder: Path, text: str, target: str, version: str | None = None) -> Translation:
    """A fragment, translated."""
    return translate(program_of(folder, text), target, version)


def host(*lines: str, names: str = "ServerName a.test", address: str = "*:80") -> str:
    """A virtual host around the lines."""
    return "\n".join([f"<VirtualHost {address}>", names, *lines, "</VirtualHost>", ""])


def outcomes(translation: Translation) -> dict[str, str]:
    """Each directive's name to its outcome; the worst one for several of a name."""
    found: dict[str, str] = {}
    for row in sorted(translation.rows, key=lambda row: row.outcome):
        found[row.name] = row.outcome.words
    return found

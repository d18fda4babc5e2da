"""Configurations as text, through the whole front end, for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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


def with_htaccess(folder: Path, sites: Mapping[str, str], files: Mapping[str, str], hosts: Iterable[str]) -> str:
    """The virtual hosts NAME.test of folders of those names; each of ``sites`` lies in ``folder``, with the files and a
    ``.htaccess``."""
    (folder / "types").write_text("text/html html\ntext/plain txt\n")
    for site, text in sites.items():
        for file, content in {**files, ".htaccess": text}.items():
            (folder / site / file).parent.mkdir(parents=True, exist_ok=True)
            (folder / site / file).write_text(content)
    made = (
        f"<VirtualHost *:{{port}}>\nServerName {name}.test\nDocumentRoot {folder}/{name}\n<Directory {folder}/{name}>\n"
        "AllowOverride All\nRequire all granted\n</Directory>\n</VirtualHost>\n"
        for name in hosts
    )
    return f"TypesConfig {folder}/types\n{''.join(made)}"


def outcomes(translation: Translation) -> dict[str, str]:
    """Each directive's name to its outcome; the worst one for several of a name."""
    found: dict[str, str] = {}
    for row in sorted(translation.rows, key=lambda row: row.outcome):
        found[row.name] = row.outcome.words
    return found

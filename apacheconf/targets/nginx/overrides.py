"""``.htaccess`` files, which nginx never reads: one that lies in a site's folder is told by its name (NGX-129)."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from itertools import islice

from apacheconf.ledger import Written
from apacheconf.targets.claims import unsupported
from apacheconf.targets.nginx.lowering import Lowering
from apacheconf.targets.restrictions import words_in
from apacheconf.targets.scopes import children_of

#: So many folders of a section are looked into.
_MOST = 5_000


def settle(low: Lowering) -> None:
    """An AllowOverride is lost where a file lies that it lets have a say."""
    if not (low.serves_files or low.asks_scripts):
        return
    names = {name for host in low.program.hosts for name in host.access_names}
    for folder, line in _lines(low.program.directives):
        found = _first(folder, names)
        if found:
            why = f"nginx reads no such files: translate {found} alone, with --context htaccess:{folder}"
            low.dropped.append(unsupported([line], why, "htaccess"))


def _lines(directives: Iterable[Written]) -> Iterator[tuple[str, Written]]:
    """Each AllowOverride that allows anything, with the folder of its section."""
    for section in directives:
        if section.name.lower() == "directory" and section.args.strip():
            for line in children_of(section):
                if line.name.lower() == "allowoverride" and line.args.strip().lower() != "none":
                    yield words_in(section.args)[0], line


def _first(folder: str, names: set[str]) -> str:
    """The first such file in a folder or below it; empty if there is none."""
    if not folder.startswith("/") or folder == "/":
        return ""
    for path, _, files in islice(os.walk(folder), _MOST):
        for name in sorted(names.intersection(files)):
            return f"{path}/{name}"
    return ""

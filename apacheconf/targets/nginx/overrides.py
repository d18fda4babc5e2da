"""``.htaccess`` files, which nginx never reads: their lines stand in its locations as they were (NGX-129)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from apacheconf.ledger import Written
from apacheconf.program.program import Inlined
from apacheconf.targets.claims import equivalent, unsupported
from apacheconf.targets.nginx.lowering import Lowering
from apacheconf.targets.restrictions import words_in
from apacheconf.targets.scopes import children_of

_NOW = "nginx reads no such files: what they say now is written down, so translate anew when they change"


def settle(low: Lowering) -> None:
    """What is lost of an AllowOverride: that its files may change, and that httpd answers 500 where one is wrong."""
    for folder, line in _lines(low.scopes.everywhere("directory")):
        files = [each for each in low.program.inlined if _is_below(each, folder)]
        wrong = next((each for each in files if each.wrong), None)
        if wrong is not None:
            why = f"{wrong.path} is wrong, and httpd answers 500 in its folder: {wrong.wrong}"
            low.dropped.append(unsupported([line], why, "htaccess-wrong"))
        elif files:
            low.dropped.append(equivalent([line], _NOW, "htaccess"))


def _is_below(file: Inlined, folder: str) -> bool:
    return file.path.startswith(f"{folder.rstrip('/')}/")


def _lines(directives: Iterable[Written]) -> Iterator[tuple[str, Written]]:
    """Each AllowOverride that allows anything, with the folder of its section."""
    for section in directives:
        if section.args.strip():
            for line in children_of(section):
                if line.name.lower() in ("allowoverride", "allowoverridelist") and line.args.strip().lower() != "none":
                    yield words_in(section.args)[0], line

"""What serve, the targets and lint make of each directive, as their ledgers say of every configuration in ``fixtures``.

``python -m tests.support`` writes ``apacheconf/cli/support.json``, which ``apacheconf modules --support`` prints. A
directive that no fixture holds is not in it; the command line answers for it by its fate.
"""

from __future__ import annotations

import json
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from apacheconf.cli.support import FILE, SCHEMA
from apacheconf.diagnostics import ApacheconfError
from apacheconf.ledger import Outcome, Row
from apacheconf.lint.engine import lint
from apacheconf.modules import registry
from apacheconf.program.loading import Loaded, load
from apacheconf.program.program import Program
from apacheconf.runtime.honesty import account
from apacheconf.targets.translation import TARGETS, translate
from tests import wire
from tests.conftest import FIXTURES, SITES

#: What says nothing of a directive: it was not read, or no request can reach it.
_SILENT = frozenset({Outcome.NOT_READ, Outcome.DEAD_IN_SOURCE})
Seen = dict[str, dict[str, set[str]]]


def see(loaded: Iterable[Loaded]) -> Seen:
    """By directive and reader: the outcomes that were seen, and the names of lint rules."""
    seen: Seen = defaultdict(lambda: defaultdict(set))
    for each in loaded:
        for reader, rows in _accounts(each.program):
            for row in rows:
                if row.outcome not in _SILENT:
                    seen[_spelling(row)][reader].add(row.outcome.words)
        at = {(id(d.place.span.file), d.place.span.start): d for d in each.expanded.walk()}
        for finding in lint(each.model, each.program):
            place = finding.place
            directive = at.get((id(place.span.file), place.span.start)) if place else None
            if directive is not None:
                name = f"<{directive.name}>" if directive.is_section else directive.name
                seen[_known(name)]["lint"].add(finding.name)
    return seen


def _accounts(program: Program | None) -> Iterator[tuple[str, tuple[Row, ...]]]:
    if program is not None:
        yield "serve", account(program)
        for target in TARGETS:
            yield target, translate(program, target).rows


def _spelling(row: Row) -> str:
    text = row.place.span.text.lstrip()
    return _known(f"<{row.name}>" if text.startswith("<") else row.name)


def _known(name: str) -> str:
    found = registry.row(name)
    return found.spelling if found is not None else ""


def everything(apart_from: tuple[str, ...] = ()) -> Iterator[Loaded]:
    """Every configuration in ``fixtures`` that can be read on its own, but for wire cases ``apart_from``."""
    files = sorted(SITES.glob("*/*.conf")) + sorted((FIXTURES / "lint").glob("*/*.conf"))
    for path in files:
        found = _loaded(path)
        if found is not None:
            yield found
    with tempfile.TemporaryDirectory() as folder:
        for number, case in enumerate(wire.cases()):
            if apart_from and case.name.startswith(apart_from):
                continue
            path = Path(folder, f"{number}.conf")
            text = (
                f"{case.text('main')}<VirtualHost *:80>\nServerName example.com\n{case.text('config')}</VirtualHost>\n"
            )
            path.write_text(_filled(text, folder), "utf-8")
            found = _loaded(path)
            if found is not None:
                yield found


def _filled(text: str, folder: str) -> str:
    for name, value in {"{box}": folder, "{port}": "80", "{dead}": "81"}.items():
        text = text.replace(name, value)
    for number, letter in enumerate(wire.LETTERS, 1):
        text = text.replace(f"{{{letter}}}", f"10.0.0.{number}:8080")
    return text


def _loaded(path: Path) -> Loaded | None:
    try:
        return load([str(path)])
    except ApacheconfError:
        return None


def write(seen: Seen) -> None:
    order = [outcome.words for outcome in Outcome]
    rows = {
        name: {
            reader: sorted(found, key=lambda word: (order.index(word) if word in order else -1, word))
            for reader, found in sorted(readers.items())
        }
        for name, readers in sorted(seen.items())
        if name
    }
    FILE.write_text(json.dumps({"schema": SCHEMA, "directives": rows}, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    write(see(everything()))

"""``apacheconf modules --support``: what serve, translate and lint make of each directive of each Apache module.

Where configurations of our fixtures hold a directive, their ledgers have answered (``support.json``, which
``python -m tests.support`` makes); for the others its fate speaks.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from apacheconf.modules import registry
from apacheconf.modules.declare import Fate

#: The schema of ``support.json`` and of ``as_json``; it grows by keys.
SCHEMA = "apacheconf-support/1"
FILE = Path(__file__).with_name("support.json")
READERS = ("serve", "nginx", "haproxy")
#: What happens to a directive that nothing in our fixtures has asked about.
_BY_FATE = {Fate.NO_EFFECT: "no effect", Fate.SERVED: "not seen", Fate.REFUSED: "unsupported"}


@dataclass(frozen=True, slots=True)
class Support:
    """``serve``, ``nginx`` and ``haproxy`` are outcomes, the best that was seen first; ``lint`` are rules."""

    module: str
    directive: str
    serve: tuple[str, ...]
    nginx: tuple[str, ...]
    haproxy: tuple[str, ...]
    lint: tuple[str, ...]

    def words(self, reader: str) -> str:
        """The outcomes for people: one, or the best and the worst."""
        found = [word.removesuffix(" in target") for word in getattr(self, reader)]
        return found[0] if len(set(found)) == 1 else f"{found[0]} to {found[-1]}"


@cache
def table() -> tuple[Support, ...]:
    """Every directive that httpd knows, by module and name."""
    seen = json.loads(FILE.read_text("utf-8"))["directives"]
    rows = [_row(name, seen.get(name, {})) for name in registry.names()]
    return tuple(sorted(rows, key=lambda row: (row.module, row.directive.strip("<>").lower())))


def _row(name: str, seen: dict[str, list[str]]) -> Support:
    spec = registry.spec(name.strip("<>"), section=name.startswith("<"))
    facts = registry.row(name)
    module = spec.module if spec is not None else facts.modules[0] if facts is not None else ""
    fate = Fate.REFUSED if spec is None else registry.fate(spec)
    outcomes = {}
    for reader in READERS:
        word = "unsupported" if reader != "serve" and fate is Fate.SERVED else _BY_FATE[fate]
        outcomes[reader] = tuple(seen.get(reader, ())) or (word,)
    return Support(module, name, lint=tuple(seen.get("lint", ())), **outcomes)


def as_json() -> dict[str, object]:
    """``{"schema": "apacheconf-support/1", "directives": [row]}``, a row with the fields of ``Support``."""
    return {"schema": SCHEMA, "directives": [asdict(row) for row in table()]}

"""What httpd was recorded to say: lines by name, in one file of ``fixtures/recorded`` for each kind of test."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from apacheconf.engines import Engine, find

FOLDER = Path(__file__).parents[2] / "fixtures/recorded"


@dataclass(frozen=True)
class Recording:
    """The file ``name``; ``kind`` is what its entries are called there."""

    name: str
    kind: str = "trials"

    @property
    def path(self) -> Path:
        return FOLDER / f"{self.name}.json"

    def read(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = json.loads(self.path.read_text("utf-8"))[self.kind]
        return found

    def write(self, ask: Callable[[Engine], Mapping[str, list[str]]], *, anew: bool = False) -> None:
        """Ask the installed httpd and write down its lines; what is recorded and not asked stays, unless ``anew``."""
        engine = find("httpd")
        assert engine is not None, "httpd is not installed"
        told = {} if anew or not self.path.exists() else self.read()
        written = {"httpd": engine.version, self.kind: dict(sorted((told | dict(ask(engine))).items()))}
        self.path.write_text(json.dumps(written, indent=1) + "\n", "utf-8")

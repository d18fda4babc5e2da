"""What fuzzing has found, replayed; and the seeds themselves."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz.target import look_at

FOUND = Path(__file__).resolve().parents[2] / "fixtures" / "fuzz"


@pytest.mark.parametrize("path", sorted(FOUND.glob("*")), ids=lambda path: path.name)
def test_found(path: Path) -> None:
    look_at(path.read_bytes())

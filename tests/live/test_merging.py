"""Sections by chance: what they come to together for httpd, and for serve (MRG-1, MRG-4 to MRG-7, MRG-20 to MRG-22)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import wire
from tests.engines.real import need
from tests.live.sections import lines

pytestmark = pytest.mark.live

_BEFORE = """--- file html/p/a/x.txt
a
--- file html/x.txt
b
--- show X-Sent X-Vars Host X-Forwarded-For
--- config
ServerAlias *
"""
_AFTER = """Header always set X-Vars %{VA}e|%{VB}e|%{VC}e
RequestHeader set X-Vars %{VA}e|%{VB}e|%{VC}e
ProxyPass /p http://{A}/x
--- ask GET /p/a/b
X-One: 1
--- ask POST /p/a
Content-Length: 0
--- ask GET /p/b
--- ask GET /p/a/x.txt
--- ask GET /x.txt
--- ask GET /other
--- ask GET /p/a/b
Host: other.example
"""
_SEEDS = [*range(4), *(pytest.param(seed, marks=pytest.mark.prove_all) for seed in range(4, 100))]


@pytest.mark.parametrize("seed", _SEEDS)
def test_sections_come_to_the_same(seed: int) -> None:
    found = wire._ENTRY.findall(f"{_BEFORE}{lines(seed)}{_AFTER}")
    case = wire.Case(Path("sections"), "", tuple(wire.Part(kind, words.strip(), text) for kind, words, text in found))
    assert wire.play(case, None) == wire.play(case, need("httpd")), lines(seed)

"""Hundreds of conditions by chance: true for httpd or not, and for serve (EXPR-1 to EXPR-9, EXPR-20 to EXPR-24)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests import wire
from tests.engines.real import need
from tests.live.conditions import Conditions

pytestmark = pytest.mark.live

_ASKS = """
--- ask GET /a.txt
X-A: ab
--- ask GET /a.txt?a%20b=10
X-B: 10
X-C: x y
--- ask GET /p/x?%zz
X-A: é
X-B: -7
X-C: 99999999999999999999999
--- ask GET /a.txt?q
X-A: ²3
X-B: YWI=
X-C:
"""
_SEEDS = [1, *(pytest.param(seed, marks=pytest.mark.prove_all) for seed in range(2, 12))]


@pytest.mark.parametrize("seed", _SEEDS)
def test_what_is_true_for_httpd_is_true_for_serve(seed: int) -> None:
    conditions = Conditions(seed)
    made = [conditions.make() for _ in range(250)]
    lines = "\n".join(f'Header set T-{n} 1 "expr={each}"' for n, each in enumerate(made))
    text = f"--- file html/a.txt\na\n--- config\nSetEnv V v1\n{lines}\nProxyPass /p http://{{A}}/{_ASKS}"
    parts = [wire.Part(kind, words.strip(), below) for kind, words, below in wire._ENTRY.findall(text)]
    case = wire.Case(Path("truths"), "", tuple(parts))
    for theirs, ours in zip(wire.play(case, need("httpd")), wire.play(case, None), strict=True):
        true = [set(map(int, re.findall(r"(?m)^T-(\d+): 1$", each))) for each in (theirs, ours)]
        assert 50 < len(true[0]) < 200
        assert [made[n] for n in sorted(true[0] ^ true[1])] == []
        assert re.findall(r"Vary: .*", theirs) == re.findall(r"Vary: .*", ours)

"""Every wire case: what httpd answered, serve answers. The statements stand at the head of each case."""

from __future__ import annotations

import pytest

from tests import wire
from tests.engines.real import need

CASES = {case.name: case for case in wire.cases()}
#: One case of each topic is asked of httpd in the first ring, all of them in the long one.
SAMPLE = {name.partition("/")[0]: name for name in reversed(CASES)}.values()


@pytest.mark.parametrize("name", CASES)
def test_serve_answers_as_httpd_did(name: str) -> None:
    case = CASES[name]
    assert str(case.with_recorded(wire.play(case, None))) == str(case)


@pytest.mark.live
@pytest.mark.parametrize(
    "name", [name if name in SAMPLE else pytest.param(name, marks=pytest.mark.prove_all) for name in CASES]
)
def test_recordings_are_what_httpd_says(name: str) -> None:
    case = CASES[name]
    assert str(case.with_recorded(wire.play(case, need("httpd")))) == str(case)

"""Statements of the specification as cases on httpd, serve, both classes of nginx and HAProxy: fixtures/statements."""

from __future__ import annotations

import pytest

from apacheconf.targets.translation import translate
from tests.conftest import ROOT
from tests.engines.real import need
from tests.live import cases

CASES = {each.name: each for each in cases.cases(ROOT / "fixtures" / "statements")}


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.written])
def test_the_lines_are_written(name: str) -> None:
    with cases.staged(CASES[name]) as (loaded, *_):
        for target, line in CASES[name].written:
            lines = [each.strip() for each in translate(loaded.require(), target).text.splitlines()]
            assert line in lines, target


@pytest.mark.live
@pytest.mark.prove_all
@pytest.mark.parametrize("name", CASES)
def test_httpd_answers_as_recorded(name: str) -> None:
    need("httpd")
    assert cases.recorded(CASES[name]) == CASES[name].answers


@pytest.mark.live
@pytest.mark.prove_all
@pytest.mark.parametrize("name", CASES)
def test_the_others_answer_as_httpd(name: str) -> None:
    """Whatever differs, announced or not, stands in the case with what its report says of it."""
    fronts = cases.all_fronts()
    for label, results in cases.compared(CASES[name], fronts).items():
        front = fronts[label]
        expected = {number for number, target in CASES[name].said if target == front.name}
        differing = {number: each for number, each in enumerate(results, 1) if not each.equal}
        assert set(differing) == expected, (label, {each.probe: each.comparison for each in differing.values()})
        known = {*front.said.keys, *(row.name for row in front.said.rows)}
        assert {CASES[name].said[number, front.name] for number in expected} <= known, label

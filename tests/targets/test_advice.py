"""Whoever is told that a directive falls short is told what to do about it (DES-10)."""

from __future__ import annotations

from pathlib import Path

import pytest

from apacheconf import targets
from apacheconf.ledger import Answer, Outcome
from apacheconf.targets import TARGETS, translate
from apacheconf.targets.advice import ADVICE, advice_for
from tests.support import everything

#: Cases of many lines that multiply: minutes of translating, for few caveats of their own.
_LONG = "expressions/", "rewrite", "merging/", "mapping/locations", "mapping/choice", "mapping/regex"


@pytest.fixture(
    scope="module", params=[pytest.param(_LONG, id="most"), pytest.param((), id="all", marks=pytest.mark.prove_all)]
)
def seen(request: pytest.FixtureRequest) -> dict[str, str]:
    """Each key of a caveat that some configuration of fixtures gets, with a row that has it."""
    programs = [each.program for each in everything(request.param) if each.program is not None]
    return {
        answer.key: f"{target}: {row.name} {row.args} ({answer.caveat})"
        for program in programs
        for target in TARGETS
        for row in translate(program, target).rows
        for answer in row.answers
        if answer.outcome >= Outcome.APPROXIMATED
    }


def test_every_caveat_comes_with_advice(seen: dict[str, str]) -> None:
    without = {key: row for key, row in seen.items() if key not in ADVICE}
    assert not without, "write into apacheconf/targets/advice.py what to do, and a request that shows it"


def test_no_advice_is_about_nothing() -> None:
    sources = [*Path(targets.__path__[0]).rglob("*.py")]
    said = "".join(each.read_text("utf-8") for each in sources if each.name != "advice.py")
    assert not [key for key in ADVICE if f'"{key}"' not in said]


def test_no_advice_where_nothing_is_lost() -> None:
    """DES-10: a line about files has no effect where no file is asked for, and needs no other server."""
    assert advice_for(Answer(Outcome.NO_EFFECT, "no file is asked for here", key="files")) is None
    lost = advice_for(Answer(Outcome.UNSUPPORTED, "no files are served", key="files"))
    assert lost is not None
    assert "nginx" not in lost.help

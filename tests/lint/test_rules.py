"""Every rule fires where it should, is silent where it should, and explains itself."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from apacheconf.diagnostics import Level
from apacheconf.lint.engine import RULES, rules
from tests.lint.cases import FIXTURES, Case, cases, rendered

FIRING, SILENT = list(cases("fires")), list(cases("silent"))


@pytest.mark.parametrize("case", FIRING, ids=str)
def test_a_rule_fires(case: Case):
    found = rendered(case).replace(str(FIXTURES) + "/", "")
    assert found
    assert found == case.expected.read_text()


@pytest.mark.parametrize("case", SILENT, ids=str)
def test_a_rule_is_silent(case: Case):
    assert rendered(case) == ""


def test_each_rule_has_a_case_of_both_kinds():
    names = {entry.rule.name for entry in rules()}
    assert _rules_of(FIRING) == names == _rules_of(SILENT)


def _rules_of(some: Iterable[Case]) -> set[str]:
    return {case.rule for case in some}


def test_the_folder_is_the_list():
    names = {file.stem.replace("_", "-") for file in RULES.glob("*.py")} - {"--init--"}
    assert {entry.rule.name for entry in rules()} == names


@pytest.mark.parametrize("entry", rules(), ids=lambda entry: entry.rule.name)
def test_a_rule_explains_itself(entry):
    paragraphs = entry.doc.split("\n\n")
    assert entry.summary.endswith(".")
    assert len(paragraphs[1]) > 60, "why it is bad"
    assert "Example:" in paragraphs
    assert any(paragraph.startswith("Write instead") for paragraph in paragraphs)
    assert entry.rule.level >= Level.WARNING

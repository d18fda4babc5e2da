"""What httpd refuses we refuse, in its words and at its line: replayed, and live on a part of it (MOD-4, MOD-7)."""

from __future__ import annotations

import pytest

from apacheconf.engines.httpd import build_of
from tests.engines.real import need
from tests.model.refusals import Case, ours, read, theirs

CASES = list(read())


@pytest.mark.parametrize("case", CASES, ids=str)
def test_as_recorded(case: Case) -> None:
    assert ours(case.text) == case.said


@pytest.mark.live
@pytest.mark.parametrize("case", CASES[::12], ids=str)
def test_recordings_are_what_httpd_says(case: Case) -> None:
    assert _ask(case) == case.said


@pytest.mark.prove_all
@pytest.mark.parametrize("file", sorted({case.file for case in CASES}))
def test_all_recordings_are_what_httpd_says(file: str) -> None:
    for case in CASES:
        assert case.file != file or _ask(case) == case.said, case.text


def _ask(case: Case) -> str:
    engine = need("httpd")
    folder = build_of(engine).module_dir
    assert folder is not None
    return theirs(case.text, str(engine.path), str(folder))

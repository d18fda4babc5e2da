"""What httpd says to .htaccess files we say (STR-30 to STR-33): replayed, and live all at once."""

from __future__ import annotations

import pytest

from tests.engines.real import need
from tests.model.htaccess import Case, ours, read, theirs

CASES = list(read())


@pytest.mark.parametrize("case", CASES, ids=str)
def test_as_recorded(case: Case) -> None:
    """COND-18, INC-16, LEX-6, MAC-11, STR-2, STR-30, STR-31, STR-32, STR-33, VAR-13."""
    assert ours(case) == case.said


@pytest.mark.live
def test_recordings_are_what_httpd_says() -> None:
    said = list(theirs(CASES, need("httpd")))
    assert said == [case.said for case in CASES]

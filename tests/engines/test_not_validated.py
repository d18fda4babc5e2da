"""Without a binary nothing is shown, and that is said with what helps (ENG-7)."""

from __future__ import annotations

from apacheconf.engines import CheckResult, Verdict


def test_a_missing_checker_is_no_success_and_says_what_helps() -> None:
    result = CheckResult(Verdict.NOT_VALIDATED, None)
    assert not result.ok
    assert str(result) == (
        "not validated: no such server is here; pip install 'apacheconf[engines]' brings nginx and HAProxy"
    )

"""serve says in every contest what httpd was recorded to say; the long ring asks httpd again."""

from __future__ import annotations

import pytest

from tests.engines.real import need
from tests.runtime.contest import RECORDING, Contest, play
from tests.runtime.contests import CONTESTS

NAMES = [contest.name for contest in CONTESTS]


def test_every_contest_is_recorded_and_named_once() -> None:
    written = [name for name in RECORDING.read() if not name.startswith("smuggle")]
    assert sorted(NAMES) == sorted(set(NAMES)) == sorted(written)


@pytest.mark.parametrize("contest", CONTESTS, ids=NAMES)
def test_serve_says_what_httpd_said(contest: Contest) -> None:
    assert play(contest, None) == RECORDING.read()[contest.name]


@pytest.mark.prove_all
@pytest.mark.parametrize("contest", CONTESTS, ids=NAMES)
def test_httpd_still_says_so(contest: Contest) -> None:
    assert play(contest, need("httpd")) == RECORDING.read()[contest.name]

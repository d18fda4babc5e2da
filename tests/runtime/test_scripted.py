"""serve does in every play what httpd was recorded to do; the long ring asks httpd again."""

from __future__ import annotations

import pytest

from apacheconf.engines import find
from tests.runtime.breakdowns import FAILURES
from tests.runtime.oddities import ODD
from tests.runtime.scripted import Play, play, recorded
from tests.runtime.scripts import PLAYS

ALL = (*PLAYS, *FAILURES, *ODD)
NAMES = [each.name for each in ALL]


def test_every_play_is_recorded_and_named_once() -> None:
    assert sorted(NAMES) == sorted(set(NAMES)) == sorted(recorded())


@pytest.mark.parametrize("each", ALL, ids=NAMES)
def test_serve_does_what_httpd_did(each: Play) -> None:
    assert play(each, None) == recorded()[each.name]


@pytest.mark.prove_all
@pytest.mark.parametrize("each", ALL, ids=NAMES)
def test_httpd_still_does(each: Play) -> None:
    engine = find("httpd")
    if engine is None:
        pytest.skip("httpd is not installed")
    assert play(each, engine) == recorded()[each.name]

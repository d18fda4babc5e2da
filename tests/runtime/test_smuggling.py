"""Where messages end: serve reads no other end than httpd did (issue: request smuggling)."""

from __future__ import annotations

import pytest

from apacheconf.engines import find
from tests.runtime.contest import play_all, recorded
from tests.runtime.smuggling import REQUESTS, RESPONSES, SMUGGLING, STRICTER


@pytest.fixture(scope="module")
def told() -> dict[str, list[str]]:
    """What serve says of all of them, at one server."""
    return play_all(SMUGGLING, None)


def test_there_are_enough() -> None:
    assert len(REQUESTS) >= 60 and len(RESPONSES) >= 30
    assert {contest.name for contest in SMUGGLING} >= set(STRICTER)


@pytest.mark.parametrize("name", [contest.name for contest in SMUGGLING])
def test_serve_reads_no_other_end(name: str, told: dict[str, list[str]]) -> None:
    """RB-7, RB-8, RB-10, RB-13, RS-9 to RS-18, RS-21, RS-28: the same decision as httpd's, or a refusal."""
    if name not in STRICTER:
        assert told[name] == recorded()[name]
        return
    for ours, theirs in zip(told[name], recorded()[name], strict=True):
        assert ours == theirs or ours.split()[0] in ("400", "500", "501", "502") or ours.startswith("A 502")
    assert told[name] != recorded()[name], "it is no stricter any more"


@pytest.mark.prove_all
def test_httpd_still_says_so() -> None:
    engine = find("httpd")
    if engine is None:
        pytest.skip("httpd is not installed")
    assert play_all(SMUGGLING, engine) == {contest.name: recorded()[contest.name] for contest in SMUGGLING}

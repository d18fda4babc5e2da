"""What counts as announced: a refusal in place of a guess excuses the target's own 403 or 503, and nothing else."""

from __future__ import annotations

import pytest

from apacheconf.prove.announced import Announcements
from apacheconf.prove.compare import Aspect


@pytest.mark.parametrize(
    ("aspect", "key"),
    [
        (Aspect("status", "200", "503"), "closed"),
        (Aspect("answer 2: status", "401", "403"), "closed"),
        (Aspect("answer", "(none)", "403 Forbidden"), "closed"),
        (Aspect("status", "200", "404"), None),
        (Aspect("body", "a", "b"), None),
    ],
)
def test_a_refusal_excuses_refusing(aspect: Aspect, key: str | None) -> None:
    """DIF-10, DES-8."""
    assert Announcements(("closed",)).announce("path: /x", [aspect]) == key
    assert Announcements(()).announce("path: /x", [aspect]) is None

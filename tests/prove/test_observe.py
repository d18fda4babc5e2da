"""What is left out of an observation because no run has it twice."""

from __future__ import annotations

import pytest

from apacheconf.prove.client import Answer
from apacheconf.prove.observe import Tokens, reply


@pytest.mark.parametrize(
    ("kind", "one", "two", "alike"),
    [
        ("message/http", b"X-Start: t=1764523456789012\r\n", b"X-Start: t=1764523456799999\r\n", True),
        ("message/http", b"X-Id: aS-0NP4vW1y8bq0q9ABC@AAAAAE\r\n", b"X-Id: aS-0NP4vW1y8bq0q9ABC@AAAAAF\r\n", True),
        ("message/http", b"X-Id: aS-0NP4vW1y8\r\n", b"X-Id: aS-0NP4vW1y9\r\n", False),
        ("text/plain", b"X-Start: t=1764523456789012\r\n", b"X-Start: t=1764523456799999\r\n", False),
        ("message/http", b"X-Start: t=17645\r\n", b"X-Start: t=17646\r\n", False),
        ("message/http", b"X-Start: at=1764523456789012\r\n", b"X-Start: at=1764523456799999\r\n", False),
    ],
)
def test_an_echo_shows_when_it_was_asked_for(kind: str, one: bytes, two: bytes, alike: bool) -> None:
    """RQ-18: ``%t`` of RequestHeader stands in the body of an answer to TRACE."""
    seen = [reply(Answer(200, "OK", "1.1", (("Content-Type", kind),), each), Tokens({}, {})) for each in (one, two)]
    assert (seen[0] == seen[1]) is alike

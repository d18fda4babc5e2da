"""Who answers and where it goes, as httpd said (VH, LOC, MRG, INH; the statements stand in fixtures/asked)."""

from __future__ import annotations

from functools import cache

import pytest

from apacheconf.program import Program
from tests.engines.real import need
from tests.program.asked import Asked, ours, program_of, theirs, topics

TOPICS = {topic.name: topic for topic in topics()}


@cache
def program(topic: str) -> Program:
    return program_of(TOPICS[topic])


@pytest.mark.parametrize(
    ("topic", "asked"),
    [(name, each) for name, topic in TOPICS.items() for each in topic.asked],
    ids=lambda value: value.line if isinstance(value, Asked) else value,
)
def test_as_httpd_answered(topic: str, asked: Asked) -> None:
    assert ours(program(topic), asked) == asked.said


@pytest.mark.live
@pytest.mark.parametrize("topic", TOPICS)
def test_recordings_are_what_httpd_says(topic: str) -> None:
    assert theirs(TOPICS[topic], need("httpd")) == [each.said for each in TOPICS[topic].asked]

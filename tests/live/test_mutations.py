"""Whoever takes a line out of a translation is noticed by a probe, or the line is listed as unprobed (DIF-13)."""

from __future__ import annotations

import os
import random
import re
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor

import pytest

from tests.engines.real import need
from tests.live.mutations import CONFIGS, Line, Trial, laid_out, trial
from tests.live.unprobed import HERE, UNPROBED, is_listed

#: So many lines of one configuration are tried in the first ring.
SAMPLE = 12


def tried(name: str, one: Trial) -> list[Line]:
    return [line for line in one.lines() if not is_listed(name, one.target, line.text)]


def missed(name: str, target: str) -> tuple[int, list[str]]:
    """How many lines of a configuration were tried, and those that no probe misses; and patterns for none of them."""
    with laid_out(name) as loaded, trial(loaded, target) as one:
        one.settle()
        lines, texts = tried(name, one), [line.text for line in one.lines()]
        idle = (each for each in HERE.get((name, target), ()) if not any(re.fullmatch(each, text) for text in texts))
        unnoticed = [line.text for line in one.unnoticed(lines)]
        return len(lines), [*unnoticed, *(f"no line is listed by {each}" for each in idle)]


@pytest.fixture(scope="module")
def everywhere() -> Iterator[dict[tuple[str, str], Future[tuple[int, list[str]]]]]:
    """Every configuration for every target, some at a time: they wait for servers most of it."""
    for each in ("httpd", *UNPROBED):
        need(each)
    with ProcessPoolExecutor(2 * (os.cpu_count() or 1)) as pool:
        yield {(name, target): pool.submit(missed, name, target) for name in CONFIGS for target in UNPROBED}


@pytest.mark.live
@pytest.mark.prove_all
@pytest.mark.parametrize("target", UNPROBED)
@pytest.mark.parametrize("name", CONFIGS)
def test_every_line_is_missed_by_a_probe(
    name: str, target: str, everywhere: dict[tuple[str, str], Future[tuple[int, list[str]]]]
) -> None:
    count, found = everywhere[name, target].result()
    assert count >= 20
    assert not found, f"{len(found)} of {count} lines:\n" + "\n".join(found)


@pytest.mark.live
@pytest.mark.parametrize("target", UNPROBED)
def test_a_few_lines_are_missed(target: str) -> None:
    """Of the same check, what takes seconds."""
    need("httpd")
    need(target)
    with laid_out("access") as loaded, trial(loaded, target) as one:
        one.settle()
        lines = random.Random(1).sample(tried("access", one), SAMPLE)
        assert not one.unnoticed(lines)


def test_every_pattern_has_its_reason() -> None:
    for patterns in (*UNPROBED.values(), *HERE.values()):
        for pattern, reason in patterns.items():
            re.compile(pattern)
            assert reason

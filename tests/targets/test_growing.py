"""How much is done to find out what a host comes to: in line with how much it says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from apacheconf.targets.known import Known
from tests.targets.configs import host, translated


class _Count:
    """How many questions steps have asked."""

    def __init__(self) -> None:
        self.steps = 0


@pytest.fixture
def count(monkeypatch: pytest.MonkeyPatch) -> Iterator[_Count]:
    found, asks = _Count(), Known.asks

    def counted(self: Known, step: object) -> object:
        found.steps += 1
        return asks(self, step)  # type: ignore[arg-type]

    monkeypatch.setattr(Known, "asks", counted)
    yield found


def _rules(count: int) -> list[str]:
    """Redirects of old pages, as sites have them, with conditions here and there."""
    lines = ["RewriteEngine On"]
    for number in range(count):
        if number % 3 == 0:
            lines.append(f"RewriteCond %{{HTTP_USER_AGENT}} agent{number}")
        lines.append(f"RewriteRule ^/old{number}/(.*)$ /new{number}/$1 [R=301,L]")
    return [*lines, "ProxyPass / http://h/"]


def _sections(count: int) -> list[str]:
    """Sections that ask patterns, a quarter of which lead elsewhere."""
    lines = ["ProxyPass / http://h/"]
    for number in range(count):
        inner = f"ProxyPassMatch http://h{number}/" if number % 4 == 0 else f"Header set X-At {number}"
        lines += [f'<LocationMatch "^/at{number}/[a-z]+$">', inner, "</LocationMatch>"]
    return lines


@pytest.mark.parametrize("target", ["nginx", "haproxy"])
def test_rules_are_followed_once_and_not_for_each_other(target: str, count: _Count, tmp_path: Path) -> None:
    """Four times as many rules ask four times as many questions, and not sixteen times as many."""
    found = []
    for number in (15, 60):
        count.steps = 0
        translated(tmp_path, host(*_rules(number)), target)
        found.append(count.steps)
    assert found[1] < 5 * found[0]

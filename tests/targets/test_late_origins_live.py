"""Mappings whose captures stand right behind the host, on httpd and on nginx: they lead to it (WK-2, WK-4)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.targets.configs import host, outcomes, translated
from tests.targets.echoes import ask
from tests.targets.fronts import BALANCER, MODULES, Fronts, fronts

_CONFIG = """
<Proxy balancer://sync>
    BalancerMember http://127.0.0.1:{two}
</Proxy>
<VirtualHost *:{port}>
    ServerName first.test
    ProxyPassMatch ^(/raw/.*)$ http://127.0.0.1:{one}$1 nocanon
    ProxyPassMatch ^(/letters/[a-z]+)$ http://127.0.0.1:{one}$1 nocanon
    ProxyPassMatch ^(/common/.*)$ http://127.0.0.1:{one}$1
    ProxyPassMatch ^/cut(/(?:a|b)/.*)$ http://127.0.0.1:{two}$1
    ProxyPassMatch ^(/sync(?:/.*)?)$ balancer://sync$1 nocanon timeout=90
</VirtualHost>
"""
_PATHS = ("/raw/a", "/raw/a//b%41?q=1", "/raw/%7e", "/%72aw/x%7e", "//raw/x", "/letters/abc", "/letters/abc?x",
          "/letters/a%62c", "/common/a%41//b?q=%41", "/common/", "/cut/a/x%7e", "/cut/c/x", "/sync", "/sync/a//b?c",
          "/other")  # fmt: skip


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronts]:
    modules = (*MODULES, *BALANCER)
    with fronts(_CONFIG, tmp_path_factory.mktemp("late"), modules) as found:
        yield found


@pytest.mark.live
@pytest.mark.parametrize("path", _PATHS)
def test_where_captures_lead(path: str, running: Fronts) -> None:
    expected = ask(running.at["httpd"], "first.test", path)
    assert ask(running.at["nginx"], "first.test", path) == expected


def test_what_may_become_a_part_of_the_host(tmp_path: Path) -> None:
    """WK-4: such a request could lead anywhere, so none of them is answered."""
    for pattern in ("^/a(.*)$", "^/a(/.*)?$", "^(/a|b/.*)$", "^(/?a)$"):
        made = translated(tmp_path, host(f"ProxyPassMatch {pattern} http://10.0.0.1:81$1"), "nginx")
        assert outcomes(made)["ProxyPassMatch"] == "unsupported", pattern
        assert "proxy_pass http" not in made.text

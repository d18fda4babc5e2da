"""When answers expire, asked on httpd and on HAProxy (HAP-68)."""

from __future__ import annotations

from collections.abc import Iterator
from email.utils import parsedate_to_datetime

import pytest

from tests.targets.echoes import exchange
from tests.targets.fronts import MODULES, Fronts, fronts

pytestmark = pytest.mark.live

_CONFIG = """
<VirtualHost *:{port}>
    ServerName first.test
    ExpiresActive On
    ExpiresByType text/plain "access plus 1 hour"
    ExpiresByType image/* "access plus 1 day"
    ExpiresDefault A60
    ProxyPass / http://127.0.0.1:{one}/
</VirtualHost>
"""
_ANSWERS = (
    "X-A: 1", "Cache-Control: public", "Expires: Thu, 01 Jan 2032 00:00:00 GMT", "Cache-Control: no-store|X-B: 1",
)  # fmt: skip


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronts]:
    with fronts(_CONFIG, tmp_path_factory.mktemp("expires"), (*MODULES, "expires_module")) as started:
        yield started


def _ask(port: int, answer: str) -> tuple[list[str], float]:
    lines, _ = exchange(port, "first.test", "/", header=f"X-Reply: {answer}")
    fields = [(name.lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines[1:])]
    expires = next((value for name, value in fields if name == "expires"), "")
    return [value for name, value in fields if name == "cache-control"], parsedate_to_datetime(expires).timestamp()


@pytest.mark.parametrize("answer", _ANSWERS)
def test_haproxy_does_as_httpd(answer: str, running: Fronts) -> None:
    (theirs, then), (ours, now) = (_ask(running.at[name], answer) for name in ("httpd", "haproxy"))
    assert ours == theirs
    assert abs(then - now) < 5

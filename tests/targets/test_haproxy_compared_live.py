"""What conditions compare with each other, and with the time, on httpd and HAProxy (EXPR-4, RW-42, HAP-102)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.targets.configs import host
from tests.targets.echoes import ask
from tests.targets.fronts import MODULES, Fronts, fronts

pytestmark = pytest.mark.live
_CONFIG = host(
    "RewriteEngine On",
    "RewriteCond %{TIME_YEAR} >=2020", "RewriteCond %{TIME_WDAY} <7",
    "RewriteCond %{TIME} >20200101000000", "RewriteCond %{TIME} <30200101000000", "RewriteRule ^/now - [G]",
    "RewriteCond %{TIME_YEAR} ^19", "RewriteRule ^/past - [G]",
    "RewriteCond %{TIME_YEAR}%{TIME_MON} =202001", "RewriteRule ^/past - [G]",
    'RewriteCond expr "%{HTTP:X-A} == %{HTTP:X-B}"', "RewriteRule ^/same - [G]",
    '<If "%{HTTP_HOST} != %{SERVER_NAME}">\nRequestHeader set X-Other yes\n</If>',
    '<If "%{HTTP:X-A} == tolower(%{HTTP:X-B})">\nRequestHeader set X-Low yes\n</If>',
    "<If \"%{HTTP:X-A} == %{HTTP:X-B} && %{REQUEST_URI} =~ m#^/both#\">\nRequire all denied\n</If>",
    'RequestHeader set X-Year "expr=%{TIME_YEAR}"',
    "ProxyPass / http://127.0.0.1:{one}/",
    address="*:{port}",
)  # fmt: skip
_HEADERS = (
    "X-C: d", "X-A: a", "X-B: a", "X-A: a\r\nX-B: a", "X-A: a\r\nX-B: A", "X-A: a, b\r\nX-B: a, b", "X-A:\r\nX-C: d",
    "X-A: (x)\"'\r\nX-B: (x)\"'", "X-A: a\r\nX-A: b\r\nX-B: a, b", "X-A: ab\r\nX-B: a",
)  # fmt: skip


@pytest.fixture(scope="module", params=["2.6", "2.8"])
def running(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronts]:
    modules, versions = (*MODULES, "rewrite_module", "headers_module"), {"haproxy": request.param}
    with fronts(_CONFIG, tmp_path_factory.mktemp("compared"), modules, versions, ("haproxy",)) as found:
        yield found


@pytest.mark.parametrize("path", ["/now", "/past", "/same", "/both", "/x"])
@pytest.mark.parametrize("name", ["a.test", "other.test", "a.test:80"])
def test_what_is_missing_is_empty(name: str, path: str, running: Fronts) -> None:
    answers = {
        header: [ask(running.at[each], name, path, header=header) for each in ("httpd", "haproxy")]
        for header in _HEADERS
    }
    assert {header: ours for header, (_, ours) in answers.items()} == {
        header: theirs for header, (theirs, _) in answers.items()
    }

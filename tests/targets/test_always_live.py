"""The table always, which begins empty whatever the origin sends: each line meets what those before it have made, in
sections, too (HD-1, HD-3, HAP-60, HAP-61), asked on httpd and on both targets."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from apacheconf.targets import TARGETS
from tests.targets.echoes import exchange
from tests.targets.fronts import MODULES, Fronts, fronts

pytestmark = pytest.mark.live

_CONFIG = """
<VirtualHost *:{port}>
    ServerName alw.test
    Header always set X-A one
    Header always set X-B "b1"
    Header always append X-B "b2"
    Header always merge X-B "b1"
    Header always add X-C c1
    Header always add X-C c2
    Header always set X-D d
    Header always edit X-D d e
    Header always setifempty X-E first
    Header always setifempty X-E second
    Header always set X-F f
    Header always unset X-F
    Header always set X-G g1 "expr=%{REQUEST_URI} =~ /a/"
    Header always set X-G g2 "expr=%{QUERY_STRING} =~ /a/"
    Header always set X-H h
    Header always unset X-H "expr=%{QUERY_STRING} =~ /a/"
    Header set X-I i
    Header always unset X-I
    Header always set X-J j
    Header unset X-J
    Header always set X-K k
    Header set X-K k2
    <Location /a>
        Header always set X-A two
        Header always unset X-B
        Header always add X-C c3
        Header always edit X-D e f
        Header always setifempty X-E third
        Header always append X-K more
    </Location>
    <Location /a/b>
        Header always set X-A three
        Header always unset X-A
        Header always unset X-C
    </Location>
    <Location /deny>
        Require all denied
        Header always unset X-A
        Header always set X-B deny
    </Location>
    ProxyPass /red !
    Redirect /red http://x.test/
    ProxyPass / http://127.0.0.1:{one}/
</VirtualHost>
"""
_PATHS = ("/x", "/x?a", "/a", "/a?a", "/a/b", "/a/b?a", "/deny", "/deny/a?a", "/red", "/red/a?a")
_SENT = "X-Reply: " + "|".join(f"X-{each}: {'d' if each == 'D' else 'o'}" for each in "ABCDEFGHIJK")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronts]:
    modules = (*MODULES, "headers_module", "alias_module")
    with fronts(_CONFIG, tmp_path_factory.mktemp("always"), modules) as found:
        yield found


@pytest.mark.parametrize("order", ["", _SENT, f"{_SENT}\r\nX-Status: 404 Not Found"], ids=["none", "own", "own-404"])
@pytest.mark.parametrize("target", TARGETS)
def test_each_line_meets_what_others_have_made(target: str, order: str, running: Fronts) -> None:
    for path in _PATHS:
        theirs, ours = (_fields(running.at[name], path, order) for name in ("httpd", target))
        assert ours == theirs, path


def _fields(port: int, path: str, order: str) -> tuple[str, list[str]]:
    (status, *lines), _ = exchange(port, "alw.test", path, header=order)
    return status.split()[1], sorted(line.lower() for line in lines if line.lower().startswith("x-"))

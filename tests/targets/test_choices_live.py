"""What more than a path's prefix decides, asked on httpd and on both targets: regexes, If, access rules."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from apacheconf.targets import TARGETS
from tests.targets.echoes import ask
from tests.targets.fronts import Fronts, fronts

pytestmark = pytest.mark.live

_CONFIG = r"""
<VirtualHost *:{port}>
    ServerName first.test
    ProxyPassMatch "^/old/(.*)\.(php|cgi)$" "http://127.0.0.1:{one}/scripts/$2/$1"
    ProxyPassMatch "\.gif$" "http://127.0.0.1:{one}/images"
    ProxyPassMatch "^/whole/\w+" "http://127.0.0.1:{one}/got$0"
    ProxyPassMatch "(?i)^/any[^/]+/(x y|\d{2})" "http://127.0.0.1:{one}/n/$1"
    ProxyPassMatch "^/dollar/(.+)$" "http://127.0.0.1:{one}/$1?q=1"
    ProxyPassMatch "\.no$" !
    <LocationMatch "^/in/([a-z]+)">
        ProxyPass http://127.0.0.1:{one}/section/$1
    </LocationMatch>
    ProxyPass / http://127.0.0.1:{two}/
</VirtualHost>
<VirtualHost *:{port}>
    ServerName second.test
    <LocationMatch "/ask$">
        ProxyPreserveHost On
    </LocationMatch>
    <Location /net>
        Require ip 127.0.0.0/8
    </Location>
    <Location /local>
        Require local
    </Location>
    <Location /away>
        Require ip 10.0.0.0/8 192.168.1.1
    </Location>
    <Location /post>
        Require method POST OPTIONS
    </Location>
    <LocationMatch "^/secret|/hidden(/|$)">
        Require all denied
    </LocationMatch>
    <If "%{HTTP_USER_AGENT} =~ /^Bad.*Bot/i || %{QUERY_STRING} == 'deny'">
        Require all denied
    </If>
    <If "%{REQUEST_METHOD} == 'GET' && %{REQUEST_URI} =~ m#^/if/(a|b)$# && -z %{HTTP:X-No}">
        ProxyPreserveHost On
    </If>
    <Proxy "http://127.0.0.1:{two}/closed">
        Require all denied
    </Proxy>
    ProxyPass /shut http://127.0.0.1:{two}/closed
    ProxyPass / http://127.0.0.1:{two}/
</VirtualHost>
"""
#: PP-13 to PP-15, LOC-2, LOC-4, MRG-4, AZ-1; TRAP-6, TRAP-7; NGX-33, NGX-39, NGX-44, NGX-51, HAP-29, HAP-104.
_PATHS = (
    "/old/a.php", "/old/a/b.cgi", "/old/a.phpx", "/old/a%20b.php", "/old/%41%2e.php", "/old/%3F%25;=+&.php",
    "/old/.php", "/x/y.gif", "/x.gif?q=1", "/x.gifs", "/a%20b.gif", "/whole/abc/def", "/whole/", "/ANYx/12",
    "/anyy/x%20y/z", "/anyy/xy", "/dollar/v", "/dollar/v?w=2", "/x.no", "/old/a.php.no", "/in/abc/def", "/in/9",
    "/in/%61b", "/ask", "/a/ask", "/asked", "/net", "/net/x", "/local", "/away", "/away/x", "/post", "/secret",
    "/secrets/x", "/a/hidden", "/a/hidden/b", "/hiddenx", "/?deny", "/x?deny", "/x?denyx", "/if/a", "/if/b", "/if/c",
    "/shut", "/shut/x", "/shutx", "/", "/old/a.php%0a", "/x.gif%0a", "/%73ecret", "/old//x.php", "/x/%2e%2e/secret",
    "/old/a.php?x=.gif",
)  # fmt: skip


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronts]:
    with fronts(_CONFIG, tmp_path_factory.mktemp("choices")) as found:
        yield found


@pytest.mark.parametrize("target", TARGETS)
def test_paths(target: str, running: Fronts) -> None:
    for path in _PATHS:
        for host in ("first.test:80", "second.test:80"):
            assert ask(running.at[target], host, path) == ask(running.at["httpd"], host, path), (host, path)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(
    ("method", "path", "header"),
    [
        ("POST", "/post", ""), ("PUT", "/post", ""), ("POST", "/if/a", ""), ("GET", "/if/a", "X-No: 1"),
        ("GET", "/x", "User-Agent: badder bot"), ("GET", "/x", "User-Agent: BAD robot"),
        ("GET", "/x", "User-Agent: Good Bot"), ("POST", "/net", ""), ("GET", "/secret", "User-Agent: x"),
    ],
)  # fmt: skip
def test_methods_and_headers(method: str, path: str, header: str, target: str, running: Fronts) -> None:
    expected = ask(running.at["httpd"], "second.test:80", path, method=method, header=header)
    assert ask(running.at[target], "second.test:80", path, method=method, header=header) == expected

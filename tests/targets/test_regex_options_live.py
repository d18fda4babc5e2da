"""Patterns in a translation, asked on httpd, nginx and HAProxy: RegexDefaultOptions ICASE (STR-15), groups that have
names, which nginx takes for variables of its own, and what refers back to groups (NGX-37, HAP-29)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.targets.echoes import ask
from tests.targets.fronts import MODULES, Fronts, fronts

pytestmark = pytest.mark.live

_CONFIG = """
RegexDefaultOptions ICASE
<VirtualHost *:{port}>
    ServerName first.test
    <LocationMatch "^/adm.n$">
        Require all denied
    </LocationMatch>
    RewriteEngine on
    RewriteRule ^/rule$ https://elsewhere.test/ruled [R,L]
    ProxyPass / http://127.0.0.1:{two}/
</VirtualHost>
<VirtualHost *:{port}>
    ServerName named.test
    <LocationMatch "^/home/(?<user>[^/]+)/(?<args>.+)$">
        RequestHeader set X-User "%{MATCH_USER}e"
    </LocationMatch>
    <LocationMatch "^/home/(?<host>me)/(?'request_uri'.+)$">
        RequestHeader set X-Host "%{MATCH_HOST}e"
    </LocationMatch>
    <LocationMatch "^/twice/(?<limit_rate>\\d)/\\k<limit_rate>$">
        Require all denied
    </LocationMatch>
    <LocationMatch "^/twice/(.)(.)\\2\\1$">
        Require all denied
    </LocationMatch>
    RequestHeader edit X-E "a(?<behind>b)(?<before>c)" "$2$1"
    RewriteEngine on
    RewriteRule ^/moved/(\\w)\\1/(?<uri>.*)$ https://elsewhere.test/$1/$2 [R,L]
    ProxyPass / http://127.0.0.1:{two}/
</VirtualHost>
"""
_PATHS = ("/admin", "/ADMIN", "/Adm%0An", "/admins", "/rule", "/RULE", "/rules", "/else")
_NAMED = ("/home/me/x?a=b", "/home/you/x?a=b", "/twice/1/1", "/twice/1/2", "/twice/abba", "/twice/abab",
          "/moved/aa/x?y", "/moved/ab/x?y")  # fmt: skip


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronts]:
    with fronts(_CONFIG, tmp_path_factory.mktemp("regexes"), (*MODULES, "rewrite_module", "headers_module")) as started:
        yield started


@pytest.mark.parametrize("target", ["nginx", "haproxy"])
@pytest.mark.parametrize("path", _PATHS)
def test_patterns_match_what_they_match_in_httpd(path: str, target: str, running: Fronts) -> None:
    theirs, ours = (ask(running.at[name], "first.test", path) for name in ("httpd", target))
    assert ours[:2] == theirs[:2]
    assert ours[2].split(" ")[:2] == theirs[2].split(" ")[:2]


@pytest.mark.parametrize("target", ["nginx", "haproxy"])
def test_groups_hold_what_they_hold_in_httpd(target: str, running: Fronts) -> None:
    for path in _NAMED:
        theirs, ours = (ask(running.at[name], "named.test", path, header="X-E: zabcy") for name in ("httpd", target))
        assert ours == theirs

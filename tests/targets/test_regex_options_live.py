"""RegexDefaultOptions ICASE in a translation: the patterns behind it, asked on httpd, nginx and HAProxy (STR-15)."""

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
"""
_PATHS = ("/admin", "/ADMIN", "/Adm%0An", "/admins", "/rule", "/RULE", "/rules", "/else")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronts]:
    with fronts(_CONFIG, tmp_path_factory.mktemp("regexes"), (*MODULES, "rewrite_module")) as started:
        yield started


@pytest.mark.parametrize("target", ["nginx", "haproxy"])
@pytest.mark.parametrize("path", _PATHS)
def test_patterns_match_what_they_match_in_httpd(path: str, target: str, running: Fronts) -> None:
    theirs, ours = (ask(running.at[name], "first.test", path) for name in ("httpd", target))
    assert ours[:2] == theirs[:2]
    assert ours[2].split(" ")[:2] == theirs[2].split(" ")[:2]

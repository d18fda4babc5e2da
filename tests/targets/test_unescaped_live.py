"""What rules make of paths with escapes, with NE and without, asked on httpd and on HAProxy (RW-30, HAP-102)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.targets.fronts import MODULES, Fronts, differing, fronts

pytestmark = pytest.mark.live

_CONFIG = """
<VirtualHost *:{port}>
    ServerName a.test
    RewriteEngine On
    RewriteRule ^/whole/ https://x.test%{REQUEST_URI} [NE,R,L]
    RewriteRule ^/part/(.*)$ https://x.test/$1 [NE,R,L]
    RewriteRule ^/escaped/(.*)$ https://x.test/$1 [R,L]
    RewriteRule ^/both/ https://x.test%{REQUEST_URI} [R,L]
    RewriteRule ^/origin/(.*)$ http://127.0.0.1:{one}/$1 [P,NE]
    RewriteRule ^/all/ http://127.0.0.1:{one}%{REQUEST_URI} [P,NE]
    Redirect /moved http://y.test/there
    RedirectMatch ^/match/(.*)$ http://y.test/$1
</VirtualHost>
"""
_PLACES = ("whole", "part", "escaped", "both", "origin", "all", "moved", "match")
_RESTS = (
    "a%20b", "a%0d%0aX:1", "a%09b", "a%7fb", "%c3%a9", "%C3%A9", "a%23b", "a%25b", "a%2541", "a%3bb", "a%3fb",
    "a%5b%5d", "a%22b", "x?q=%5B%20", "a%01b", "a%1fb", "a%00b", "a%3cb", "a%3fb?c=d", "a%23b?c=d", "%ab%BA%aF%Fa", "",
)  # fmt: skip


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronts]:
    modules = (*MODULES, "rewrite_module", "alias_module")
    with fronts(_CONFIG, tmp_path_factory.mktemp("unescaped"), modules) as found:
        yield found


@pytest.mark.parametrize("place", _PLACES)
def test_escapes(place: str, running: Fronts) -> None:
    assert not differing(running, "a.test", [f"/{place}/{rest}" for rest in _RESTS])

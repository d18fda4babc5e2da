"""AllowEncodedSlashes NoDecode in HAProxy: what rules make of a path keeps its encoded slashes, so that nobody is led
to ``/../`` by ``..%2f`` (PU-4, RW-11, HAP-29)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.targets.configs import host
from tests.targets.echoes import ask
from tests.targets.fronts import MODULES, Fronts, fronts

pytestmark = pytest.mark.live

_LINES = (
    "AllowEncodedSlashes NoDecode",
    "RewriteEngine On",
    "RewriteRule ^/proxied/(.*)$ http://127.0.0.1:{one}/q/$1 [P]",
    "RewriteRule ^/raw/(.*)$ http://127.0.0.1:{one}/q/$1 [P,NE]",
    "RewriteRule ^/away/(.*)$ http://b.test/$1 [R]",
    "RewriteRule ^/away-raw/(.*)$ http://b.test/$1 [R,NE]",
    "RewriteRule ^/named/(.*)$ http://b.test/%{HTTP_HOST}/$1 [R]",
    "RewriteRule ^/secure/ https://%{HTTP_HOST}%{REQUEST_URI} [R]",
    "Redirect /moved/ http://b.test/moved/",
    "RedirectMatch ^/matched/(.*)$ http://b.test/matched/$1",
    "ProxyPassMatch ^/mapped/(.*)$ http://127.0.0.1:{one}/mm/$1",
)
_PATHS = ("proxied", "raw", "away", "away-raw", "named", "secure", "moved", "matched", "mapped")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronts]:
    modules = (*MODULES, "rewrite_module", "alias_module")
    with fronts(host(*_LINES, address="*:{port}"), tmp_path_factory.mktemp("kept"), modules) as found:
        yield found


@pytest.mark.parametrize("rest", ["a%2fb", "a%2Fb%20c", "..%2fx", "a%25b", "a/b"])
@pytest.mark.parametrize("path", _PATHS)
def test_encoded_slashes_stay_encoded(path: str, rest: str, running: Fronts) -> None:
    theirs, ours = (ask(running.at[each], "a.test", f"/{path}/{rest}") for each in ("httpd", "haproxy"))
    assert ours == theirs

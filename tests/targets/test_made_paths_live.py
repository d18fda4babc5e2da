"""Mappings by a regex of a path that rules have made, on httpd and on both targets (PP-13, NGX-44, HAP-29):
the regex matches that path, not the one that the client named."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from apacheconf.targets import TARGETS
from tests.targets.echoes import ask
from tests.targets.fronts import MODULES, Fronts, fronts

pytestmark = pytest.mark.live

_CONFIG = r"""
<VirtualHost *:{port}>
    ServerName made.test
    RewriteEngine On
    RewriteRule ^/one$ /v1/one [PT,L]
    RewriteRule ^/asked/(\d+)$ /v2/asked?id=$1 [PT,L]
    RewriteRule ^/other$ /w/x/y [PT,L]
    RewriteRule ^/part/(.+)$ /w/$1/y [PT,L]
    RewriteRule ^/api/(v\d)/(.*)$ /$1/$2 [PT,L]
    ProxyPassMatch ^/v(\d)/(.*)$ http://127.0.0.1:{one}/svc$1/$2
    ProxyPassMatch ^/w/(x)/(.*)$ http://127.0.0.1:{one}
    ProxyPass /w http://127.0.0.1:{two}/www
</VirtualHost>
"""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronts]:
    with fronts(_CONFIG, tmp_path_factory.mktemp("made"), (*MODULES, "rewrite_module")) as found:
        yield found


@pytest.mark.parametrize("target", TARGETS)
def test_the_regex_matches_the_path_that_was_made(target: str, running: Fronts) -> None:
    for path in ("/one", "/one?q=1", "/asked/7", "/other", "/other?q", "/part/x", "/part/y", "/api/v1/a%20b", "/v3/x"):
        theirs, ours = (ask(running.at[name], "made.test", path) for name in ("httpd", target))
        assert ours == theirs, path

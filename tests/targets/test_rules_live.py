"""Rules that proxy the whole path and redirect with captures and the host, asked on httpd and HAProxy (HAP-102)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.targets.echoes import ask
from tests.targets.fronts import MODULES, Fronts, fronts

pytestmark = pytest.mark.live

_CONFIG = """
<VirtualHost *:{port}>
    ServerName first.test
    RewriteEngine on
    RewriteCond %{HTTP:Upgrade} =websocket [NC]
    RewriteRule ^/live ws://127.0.0.1:{two}%{REQUEST_URI} [P]
    RewriteRule ^/whole http://127.0.0.1:{one}%{REQUEST_URI} [P,QSA]
    RewriteRule ^/kept/(.*) http://127.0.0.1:{one}/new/$1 [P,NE]
    RewriteRule ^/to/(.*)/(.*)$ https://%{HTTP_HOST}/$2/$1 [R=301,L]
    RewriteRule ^/bare/(.*)$ http://elsewhere.test/a#$1 [R,NE,L]
    ProxyPass / http://127.0.0.1:{two}/rest/
</VirtualHost>
"""
_ASKED = (
    ("/whole", ""), ("/whole/a%20b?c=d&e", ""), ("/whole//x/../y%3F", ""), ("/kept/x-y_z?q", ""), ("/live/x", ""),
    ("/live/x", "Upgrade: WebSocket\r\nX-Connection: none"), ("/to/a/b/c", ""), ("/to/a%20b/c?q=1", ""),
    ("/bare/x", ""), ("/else", ""), ("/else%3f", ""), ("/to/a%3Fb/c", ""),
)  # fmt: skip


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronts]:
    with fronts(_CONFIG, tmp_path_factory.mktemp("rules"), (*MODULES, "rewrite_module")) as started:
        yield started


@pytest.mark.parametrize(("path", "header"), _ASKED)
def test_rules_lead_where_httpd_leads(path: str, header: str, running: Fronts) -> None:
    theirs, ours = (ask(running.at[name], "first.test", path, header=header) for name in ("httpd", "haproxy"))
    assert ours[:2] == theirs[:2]
    assert ours[2].split(" ")[:2] == theirs[2].split(" ")[:2]

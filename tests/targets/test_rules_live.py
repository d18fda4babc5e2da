"""Rules that proxy the whole path and redirect with captures and the host, asked on httpd and HAProxy (HAP-102)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from apacheconf.targets import TARGETS
from tests.targets.configs import translated
from tests.targets.echoes import ask
from tests.targets.fronts import MODULES, Fronts, fronts

pytestmark = pytest.mark.live

_CONFIG = r"""
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
<VirtualHost *:{port}>
    ServerName tenants.test
    ServerAlias *.tenants.test
    RewriteEngine on
    RewriteCond %{HTTP_HOST} ^([^.]+)\.tenants\.test$ [NC]
    RewriteRule ^/(.*)$ http://127.0.0.1:{one}/of/%1/$1 [P]
    RewriteCond %{HTTP:X-Version} ^v([0-9]+)$
    RewriteRule ^ http://127.0.0.1:{two}/v/%1%{REQUEST_URI} [P]
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


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("host", ["a.tenants.test", "tenants.test"])
@pytest.mark.parametrize("path", ["/", "/x/y?q=1", "/a%20b%2Bc"])
@pytest.mark.parametrize("header", ["", "X-Version: v2"])
def test_a_part_of_the_host_stands_before_the_whole_path(
    header: str, path: str, host: str, target: str, running: Fronts
) -> None:
    """NGX-44, HAP-102: what was captured elsewhere stands in the path, and the path behind it."""
    theirs, ours = (ask(running.at[name], host, path, header=header) for name in ("httpd", target))
    assert ours[0] == theirs[0]
    assert ours[2].split(" ")[:2] == theirs[2].split(" ")[:2]


def test_such_a_path_is_no_loss(tmp_path: Path) -> None:
    config = _CONFIG
    for key in ("port", "one", "two"):
        config = config.replace(f"{{{key}}}", "8080")
    for target in TARGETS:
        (tmp_path / target).mkdir()
        made = translated(tmp_path / target, config, target)
        assert "interpolate" not in {answer.key for row in made.rows for answer in row.answers}

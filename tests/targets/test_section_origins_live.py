"""Rules of sections that lead to origins: those of a Location in place of its mapping, those of a folder in place of
its files (RW-5, RW-10)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.targets.configs import host, outcomes, translated
from tests.targets.echoes import exchange
from tests.targets.fronts import MODULES, Fronts, fronts, lay_out

_CONFIG = """
<VirtualHost 127.0.0.1:{port}>
    ServerName a.test
    DocumentRoot {root}
    <Location /sync>
        RewriteEngine on
        RewriteCond %{HTTP:X-Kind} ^live$ [NC]
        RewriteRule .* http://127.0.0.1:{two}%{REQUEST_URI} [P]
    </Location>
    ProxyPass /sync http://127.0.0.1:{one}/sync
    ProxyPassReverse /sync http://127.0.0.1:{one}/sync
    <Directory {root}>
        Require all granted
        RewriteEngine On
        RewriteRule ^api/(.*)$ http://127.0.0.1:{one}/v2/$1 [P,QSA]
        RewriteCond %{REQUEST_FILENAME} !-f
        RewriteRule ^shop/ http://127.0.0.1:{two}%{REQUEST_URI} [P]
        Header set X-Folder yes
    </Directory>
    <Directory {root}/closed>
        Require all denied
    </Directory>
</VirtualHost>
"""
_PATHS = ("/sync", "/sync/x", "/sync/x?q=1", "/api/x", "/api/x?y=1", "/api/", "/shop/there.txt", "/shop/none",
          "/shop/none?a", "/plain.txt", "/none", "/closed/x", "/api/a%20b")  # fmt: skip


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronts]:
    root = lay_out(tmp_path_factory, ("shop/there.txt", "plain.txt", "closed/x"))
    config = _CONFIG.replace("{root}", str(root))
    with fronts(config, tmp_path_factory.mktemp("fronts"), (*MODULES, "rewrite_module", "headers_module")) as found:
        yield found


@pytest.mark.live
@pytest.mark.parametrize("kind", ["live", "other"])
@pytest.mark.parametrize("path", _PATHS)
def test_the_same_answers(path: str, kind: str, running: Fronts) -> None:
    theirs, ours = (_seen(running.at[name], path, kind) for name in ("httpd", "nginx"))
    assert ours == theirs


def _seen(port: int, path: str, kind: str) -> tuple[str, bool, str]:
    lines, body = exchange(port, "a.test", path, header=f"X-Kind: {kind}")
    stock = body.lstrip().lower().startswith(("<html", "<!doctype"))
    return lines[0].split()[1], "X-Folder: yes" in lines, "stock" if stock else body.replace(str(port), "PORT")


def test_every_line_is_carried(tmp_path: Path) -> None:
    """The way in which most people hand WebSockets on."""
    conditions = "RewriteEngine on", "RewriteCond %{HTTP:Upgrade} websocket [NC]"
    rule = "RewriteRule .* ws://10.0.0.2%{REQUEST_URI} [P]"
    text = host("<Location /live>", *conditions, rule, "</Location>", "ProxyPass /live http://10.0.0.1/live")
    told = outcomes(translated(tmp_path, text, "nginx"))
    assert {told[name] for name in ("RewriteCond", "RewriteRule", "ProxyPass")} == {"equivalent"}

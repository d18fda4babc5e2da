"""Files whose paths rules have made: folders without their slash, what is there and what isn't (NGX-151, RW-9)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.targets.echoes import exchange
from tests.targets.fronts import MODULES, Fronts, fronts, lay_out

pytestmark = pytest.mark.live

_CONFIG = """
DocumentRoot {root}/www
<Directory {root}>
    Require all granted
</Directory>
<VirtualHost 127.0.0.1:{port}>
    ServerName a.test
    DocumentRoot {root}/www
    RewriteEngine On
    RewriteRule ^/made/(.*)$ {root}/www/real/$1
    RewriteRule ^/else/(.*)$ {root}/other/$1
    RewriteCond %{REQUEST_FILENAME} -d
    RewriteRule ^/made-dir /plain.txt
    RewriteRule ^/moved/(.*)$ /real/$1
    RewriteCond {root}/www%{REQUEST_URI} -f
    RewriteRule ^/tested/(.*)$ /real/sub/$1
    RewriteCond {root}/www%{REQUEST_URI} -d
    RewriteRule ^/tested/ /plain.txt
</VirtualHost>
<VirtualHost 127.0.0.1:{port}>
    ServerName front.test
    DocumentRoot {root}/www
    Alias /app {root}/www
    <Directory {root}/www>
        RewriteEngine On
        RewriteBase /app/
        RewriteCond %{REQUEST_FILENAME} -s [OR]
        RewriteCond %{REQUEST_FILENAME} -l [OR]
        RewriteCond %{REQUEST_FILENAME} -d
        RewriteRule ^.*$ - [NC,L]
        RewriteRule ^.*$ plain.txt [NC,L]
    </Directory>
</VirtualHost>
"""
_FILES = ("www/real/sub/index.html", "www/real/sub/a.txt", "www/real/a.txt", "www/plain.txt",
          "other/sub/index.html", "other/b.txt", "www/tested/a.txt", "www/tested/folder/x.txt", "www/sub/index.html",

          "www/folder/a.txt")  # fmt: skip
_PATHS = (
    *("/made/a.txt", "/made/sub", "/made/sub/", "/made/sub/a.txt", "/made/none", "/made/sub?x=1", "/made-dir"),
    *("/else/b.txt", "/else/sub", "/else/sub/", "/else/none", "/sub", "/folder"),
    *("/moved/a.txt", "/moved/sub", "/moved/sub/", "/moved/none"),
    *("/tested/a.txt", "/tested/folder", "/tested/folder/", "/tested/none"),
)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronts]:
    config = _CONFIG.replace("{root}", str(lay_out(tmp_path_factory, _FILES)))
    with fronts(
        config, tmp_path_factory.mktemp("fronts"), (*MODULES, "rewrite_module", "alias_module", "autoindex_module")
    ) as found:
        yield found


_BELOW = ("/", "/none", "/a/b?c", "/real/a.txt", "/sub", "/sub/", "/folder")


@pytest.mark.parametrize("path", [f"/app{each}" for each in _BELOW])
def test_a_front_controller_under_an_alias(path: str, running: Fronts) -> None:
    """NGX-124: -s is nearly -f, and a link is known by what it leads to."""
    theirs, ours = (_seen(running.at[name], path, "front.test") for name in ("httpd", "nginx"))
    assert ours == theirs


def _seen(port: int, path: str, name: str = "a.test") -> tuple[str, str, str]:
    lines, body = exchange(port, name, path)
    location = next((line for line in lines if line.lower().startswith("location:")), "")
    stock = body.lstrip().lower().startswith(("<html", "<!doctype"))
    return lines[0].split()[1], location.replace(f":{port}", ""), "stock" if stock else body


@pytest.mark.parametrize("path", _PATHS)
def test_the_same_answers(path: str, running: Fronts, tmp_path: Path) -> None:
    """RW-42, NGX-124: tests see the path that was asked for, and a folder's slash is added to the one made."""
    theirs, ours = (_seen(running.at[name], path) for name in ("httpd", "nginx"))
    assert ours == theirs

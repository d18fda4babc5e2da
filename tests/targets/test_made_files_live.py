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
<VirtualHost 127.0.0.1:{port}>
    ServerName named.test
    DocumentRoot {root}/www
    RewriteEngine On
    RewriteRule ^/to-secret$ /real/a.key [L]
    RewriteRule ^/to-page$ /index.html [PT]
    RewriteRule ^/p/(.+)\\.txt$ /real/$1.key [L]
    RewriteRule ^/q/(.+)$ /real/$1 [L]
    RewriteRule \\.closed$ /index.html [L]
    Alias /al/ {root}/www/real/
    RewriteRule ^/pt/(.*)$ /real/$1 [PT]
    RewriteRule ^/to-alias/(.*)$ /al/$1 [PT]
    RewriteRule ^/al/page$ /index.html [PT]
    <FilesMatch "\\.key$">
        Header always set X-Key yes
        Require expr "%{QUERY_STRING} == 'k'"
    </FilesMatch>
    <Files "*.closed">
        Require all denied
    </Files>
    <Files index.html>
        Header set X-Page yes
    </Files>
    <LocationMatch "\\.html$">
        Header set X-Place yes
    </LocationMatch>
</VirtualHost>
"""
_FILES = ("www/real/sub/index.html", "www/real/sub/a.txt", "www/real/a.txt", "www/plain.txt",
          "other/sub/index.html", "www/real/a.key", "www/index.html", "other/b.txt",
          "www/tested/a.txt", "www/tested/folder/x.txt", "www/sub/index.html",

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
        config,
        tmp_path_factory.mktemp("fronts"),
        (*MODULES, "rewrite_module", "alias_module", "autoindex_module", "headers_module"),
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


@pytest.mark.parametrize("path", ["/to-secret", "/to-page", "/p/a.txt", "/q/a.key", "/q/a.txt", "/x.closed",
                                  "/real/a.key", "/index.html", "/pt/a.txt", "/pt/sub", "/pt/sub/", "/pt/a.key",
                                  "/pt/none", "/to-alias/a.txt", "/to-alias/a.key", "/to-alias/sub", "/al/page",
                                  "/al/a.txt", "/al/a.key", "/al/sub"])  # fmt: skip
def test_sections_of_files_ask_for_the_name_that_rules_have_made(path: str, running: Fronts) -> None:
    """SEM-15, NGX-38, NGX-150: those of URLs ask for the path that the client named, unless the rule says PT."""
    for asked in (path, f"{path}?k"):
        theirs, ours = (exchange(running.at[name], "named.test", asked)[0] for name in ("httpd", "nginx"))
        assert _own(ours) == _own(theirs)
        assert _seen(running.at["nginx"], asked, "named.test") == _seen(running.at["httpd"], asked, "named.test")


def _own(lines: list[str]) -> list[str]:
    return sorted(each for each in lines if each.startswith("X-"))

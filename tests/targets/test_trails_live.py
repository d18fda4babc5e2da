"""Paths that go on behind a script on httpd and on nginx with a real php-fpm behind both: sections that are about a
file's name hold whatever follows it, and a script is told what does (FC-5, DR-5, NGX-38, NGX-157)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from apacheconf.engines import Sandbox
from apacheconf.targets.mapped import OfName, of_last_segment, one_name
from tests.live import php
from tests.targets.configs import host, outcomes, translated
from tests.targets.echoes import exchange
from tests.targets.fronts import MODULES, Fronts, fronts

_MODULES = (*MODULES, "alias_module", "proxy_fcgi_module", "autoindex_module", "rewrite_module", "auth_basic_module",
            "authn_core_module", "authn_file_module", "authz_user_module", "setenvif_module")  # fmt: skip
_RUN = "<?php echo 'run '.$_SERVER['SCRIPT_NAME'].' '.($_SERVER['PATH_INFO'] ?? '');"
_SCRIPTS = (
    "index.php",
    "config.php",
    "login.php",
    "data/x.php",
    "sub/index.php",
    ".hid/x.php",
    ".secret.php",
    "x.phps",
)
_NAMES = """
    <Files config.php>
        Require all denied
    </Files>
    <FilesMatch "^\\.(?!well-known)">
        Require all denied
    </FilesMatch>
    <FilesMatch "\\.phps$">
        Require all denied
    </FilesMatch>
    <Directory {root}/www/data>
        Require all denied
    </Directory>
    <Files login.php>
        AuthType Basic
        AuthName inner
        AuthUserFile {root}/users
        Require valid-user
    </Files>
"""
_HANDLER = """
    DocumentRoot {root}/www
    DirectoryIndex index.php
    <FilesMatch "\\.php$">
        SetHandler "proxy:fcgi://127.0.0.1:{php}"
    </FilesMatch>
"""
_IF_THERE = """
    DocumentRoot {root}/www
    DirectoryIndex index.php
    <FilesMatch "\\.php$">
        <If "-f %{REQUEST_FILENAME}">
            SetHandler "proxy:fcgi://127.0.0.1:{php}"
        </If>
    </FilesMatch>
"""
_CONFIG = f"""
<VirtualHost *:{{port}}>
    ServerName nested.test
    {_HANDLER}
    {_NAMES}
</VirtualHost>
<VirtualHost *:{{port}}>
    ServerName front.test
    {_IF_THERE}
    {_NAMES}
    FallbackResource /index.php
</VirtualHost>
<VirtualHost *:{{port}}>
    ServerName picked.test
    {_HANDLER}
    {_NAMES}
    <If "%{{HTTP:X-No}} == '1'">
        Require all denied
    </If>
    <Directory {{root}}/www>
        RewriteEngine On
        RewriteCond %{{REQUEST_FILENAME}} !-f
        RewriteCond %{{REQUEST_FILENAME}} !-d
        RewriteRule ^ index.php [L]
    </Directory>
</VirtualHost>
<VirtualHost *:{{port}}>
    ServerName granted.test
    {_HANDLER}
    <Directory {{root}}/www>
        Require all denied
        <FilesMatch "^index\\.php$">
            Require all granted
        </FilesMatch>
    </Directory>
    <LocationMatch "\\.inc$">
        Require all denied
    </LocationMatch>
</VirtualHost>
"""
_PATHS = (
    *(f"/{name}{rest}" for name in ("index.php", "config.php", "login.php", "data/x.php", "sub/index.php", ".hid/x.php",
      ".secret.php", "x.phps", "none.php") for rest in ("", "/", "/a/b", "/config.php", "/index.php")),
    *("/index.php/.hid", "/index.php/x.phps", "/index.php/data/x.php", "/index.php/x.inc", "/config.php/x.inc"),
    *("/", "/none", "/none/x", "/sub/"),
)  # fmt: skip
#: Files that are no scripts have no more path: a difference that is announced (file-paths).
_ANNOUNCED = {"/x.phps/", "/x.phps/a/b", "/x.phps/config.php", "/x.phps/index.php"}


@pytest.fixture(scope="module", params=[pytest.param("1.22", id="1.22"), pytest.param("1.31", id="newest")])
def running(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronts]:
    with Sandbox("trails") as box, php.running(box) as (port, _):
        for name in _SCRIPTS:
            box.write(f"www/{name}", _RUN)
        box.write("users", "ann:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n")
        config = _CONFIG.replace("{root}", str(box.path)).replace("{php}", str(port))
        with fronts(config, tmp_path_factory.mktemp("trails"), _MODULES, {"nginx": request.param}) as found:
            yield found


@pytest.mark.live
@pytest.mark.parametrize("name", ["nested.test", "front.test", "picked.test", "granted.test"])
@pytest.mark.parametrize("path", [each for each in _PATHS if each not in _ANNOUNCED])
def test_what_follows_a_script(path: str, name: str, running: Fronts) -> None:
    theirs, ours = (_answer(running.at[each], name, path) for each in ("httpd", "nginx"))
    assert ours == theirs
    if path.startswith(("/config.php", "/login.php")) and name != "granted.test":
        assert theirs[0] in ("401", "403")


@pytest.mark.live
@pytest.mark.parametrize("name", ["nested.test", "front.test", "picked.test"])
@pytest.mark.parametrize("path", sorted(_ANNOUNCED))
def test_what_follows_a_file_that_is_closed(path: str, name: str, running: Fronts) -> None:
    """Whatever it is answered with, it is not that file."""
    assert "x.phps" not in _answer(running.at["nginx"], name, path)[1].partition(" ")[0]


def _answer(port: int, name: str, path: str) -> tuple[str, str]:
    lines, body = exchange(port, name, path)
    return lines[0].split()[1], next((line for line in body.split("\r\n") if line.startswith("run ")), "")


@pytest.mark.parametrize(
    ("pattern", "name"),
    [(r"\.php$", r"[^/]*?\.php"), (r"^\.", r"\.[^/]*"), (r"^\.(?!well-known)", r"\.(?!well-known)[^/]*"),
     (r"^(?<page>a|b)\.php$", r"(?:a|b)\.php(?=/|\z)[^/]*"), (r"^[^.]+$", r"[^/.]+(?=/|\z)[^/]*"),
     (r"\S+x", r"[^/]*?(?:[^/\s]+x)[^/]*"), (r"a(b)\1", None), (r"(?>a)b", None), (r"\Xb", None)],
)  # fmt: skip
def test_one_name(pattern: str, name: str | None) -> None:
    """A name's pattern for one name anywhere in a path holds no slash; what isn't told is not guessed."""
    assert one_name(OfName(of_last_segment(pattern))) == name


def test_a_name_that_is_not_told_takes_no_more_path(tmp_path: Path) -> None:
    """Where a section's pattern can't be asked of a script's name, nothing may follow that."""
    lines = ('<FilesMatch "\\.php$">', 'SetHandler "proxy:fcgi://127.0.0.1:9000"', "</FilesMatch>",
             '<FilesMatch "^(a)\\1">', "Require all denied", "</FilesMatch>")  # fmt: skip
    made = translated(tmp_path, host(f"DocumentRoot {tmp_path}", *lines), "nginx")
    assert "trail" not in made.text and outcomes(made)["SetHandler"] == "approximated"

"""What scripts are told of the path that was asked for first, on httpd and on nginx with a php-fpm behind both."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from apacheconf.engines import Sandbox
from tests.live import php
from tests.targets.echoes import exchange
from tests.targets.fronts import MODULES, Fronts, fronts

_MODULES = (*MODULES, "proxy_fcgi_module", "rewrite_module", "alias_module", "dir_module")
_SHOW = "<?php ksort($_SERVER); echo json_encode($_SERVER);"
_FILES = ("www/index.php", "www/t.php", "www/sub/index.php", "www/rules/index.php", "www/rules/real.php")
_HOST = """
<VirtualHost *:{{port}}>
    ServerName {name}
    DocumentRoot {root}/www
    DirectoryIndex index.php
    {lines}
    <FilesMatch "\\.php$">
        SetHandler "proxy:fcgi://127.0.0.1:{port}"
    </FilesMatch>
</VirtualHost>
"""
_HOSTS = {
    "engine.test": "RewriteEngine On\n    ErrorDocument 404 /t.php\n    ErrorDocument 403 /sub/\n"
    "    Redirect 403 /closed",
    "rule.test": "RewriteEngine On\n    RewriteRule ^/old - [F]",
    "fallback.test": "RewriteEngine On\n    FallbackResource /index.php",
    "canonical.test:8000": "UseCanonicalName On\n    RewriteEngine On",
    "leads.test": "RewriteEngine On\n    RewriteRule ^/there/(.*)$ /t.php?there=$1 [L]",
    "section.test": "RewriteEngine On\n    <Directory {root}/www>\n    RewriteEngine On\n"
    "    RewriteRule ^old/(.*)$ t.php?old=$1 [L]\n    </Directory>",
    "off.test": "",
}
#: What tells of the path: the rest is the matter of other tests.
_NAMES = ("SCRIPT_URL", "SCRIPT_URI", "SCRIPT_NAME")
_ASKED = (
    *(("engine.test", path) for path in ("/", "/t.php", "/t.php?x=1", "/sub/", "/t.php/more", "/%74.php", "//t.php",
      "/none", "/no%20ne?q", "/closed", "/a%2Fb", "/t.php%2Fx?q", "/./sub/../t.php")),
    *(("engine.test:8080", path) for path in ("/t.php", "/")),
    *(("rule.test", path) for path in ("/t.php", "/sub/")),
    *(("fallback.test", path) for path in ("/", "/any/path?x=1", "/sub/", "/a%20b")),
    *(("canonical.test", path) for path in ("/", "/t.php")),
    *(("leads.test", path) for path in ("/there/x", "/there/p%2541q")),
    *(("section.test", path) for path in ("/t.php", "/sub/")),
    *(("off.test", path) for path in ("/", "/t.php", "/sub/")),
)  # fmt: skip


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronts]:
    with Sandbox("urls") as box, php.running(box) as (port, _):
        for name in _FILES:
            box.write(name, _SHOW)
        config = "".join(
            _HOST.format(name=name, root=box.path, port=port, lines=lines.replace("{root}", str(box.path)))
            for name, lines in _HOSTS.items()
            for name, lines in _HOSTS.items()
        )
        with fronts(config, tmp_path_factory.mktemp("urls"), _MODULES) as started:
            yield started


def _told(port: int, name: str, path: str) -> dict[str, str]:
    lines, body = exchange(port, name, path)
    told = json.loads("".join(body.split("\r\n")[1::2]) if "chunked" in "".join(lines) else body)
    return {key: told[key] for key in sorted(told) if key in _NAMES or key.startswith("REDIRECT_")}


@pytest.mark.live
@pytest.mark.parametrize(("name", "path"), _ASKED)
def test_scripts_know_what_was_asked_for_first(name: str, path: str, running: Fronts) -> None:
    """FC-9, NGX-92, NGX-209: SCRIPT_URL and SCRIPT_URI where the engine of their host is on, and nowhere else."""
    theirs, ours = (_told(running.at[each], name, path) for each in ("httpd", "nginx"))
    assert theirs["SCRIPT_NAME"] and ours == theirs

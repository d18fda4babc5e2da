"""FastCGI asked on httpd and on nginx with a real php-fpm behind both: who answers, and what a script is told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from apacheconf.engines import Sandbox
from tests.live import php
from tests.targets.configs import host, outcomes, translated
from tests.targets.echoes import exchange
from tests.targets.fronts import MODULES, Fronts, fronts

_MODULES = (
    *(*MODULES, "alias_module", "headers_module", "proxy_fcgi_module", "proxy_balancer_module", "slotmem_shm_module"),
    *("lbmethod_byrequests_module", "env_module", "setenvif_module", "auth_basic_module", "authn_core_module"),
    *("authn_file_module", "authz_user_module", "autoindex_module"),
)
_SHOW = "<?php header('Content-Type: application/json'); $s = $_SERVER; ksort($s); $s['BODY'] = " \
        "file_get_contents('php://input'); echo json_encode($s);"  # fmt: skip
_FILES = {
    "www/index.php": _SHOW, "www/t.php": _SHOW, "www/a b.php": _SHOW, "www/sub/index.php": _SHOW,
    "www/status.php": "<?php http_response_code(404); header('X-Own: 1'); echo 'gone';",
    "www/redirect.php": "<?php header('Location: /t.php');", "www/plain.txt": "plain", "www/empty/x.txt": "x",
    "www/data/evil.php": "<?php echo 'run';", "www/old.inc": "secret", "www/t.php5": "five",
    "lib/l.php": _SHOW, "mapped/m.php": _SHOW, "guarded/g.php": _SHOW, "guarded/index.php": _SHOW,
}  # fmt: skip
_CONFIG = """
<VirtualHost *:{port}>
    ServerName errors.test
    DocumentRoot {root}/www
    <FilesMatch "\\.php$">
        <If "-f %{REQUEST_FILENAME}">
            SetHandler "proxy:fcgi://127.0.0.1:{php}"
        </If>
    </FilesMatch>
    ErrorDocument 403 /t.php
    ErrorDocument 404 /sub/index.php?code=404
    Redirect 403 /closed
</VirtualHost>
TypesConfig {root}/mime.types
<VirtualHost *:{port}>
    ServerName php.test
    ServerAdmin me@php.test
    DocumentRoot {root}/www
    DirectoryIndex index.php index.html
    Alias /lib {root}/lib
    SetEnv APP_ENV production
    SetEnvIf User-Agent "^Odd" ODD=yes
    SetEnvIf X-Name "^(\\w+)" NAMED=$1
    <FilesMatch "\\.php$">
        SetHandler "proxy:fcgi://127.0.0.1:{php}"
        Header set X-Script yes
    </FilesMatch>
    <FilesMatch "\\.inc$">
        Require all denied
    </FilesMatch>
    <Directory {root}/www/data>
        <FilesMatch ".+">
            SetHandler default-handler
        </FilesMatch>
    </Directory>
    <Location /app>
        ProxyFCGISetEnvIf "true" EXTRA "%{REQUEST_METHOD} of it"
        ProxyFCGISetEnvIf "%{HTTP:X-Name} == 'x'" !SERVER_ADMIN
    </Location>
    ProxyPassMatch "^/app/(.*\\.php)$" "fcgi://127.0.0.1:{php}{root}/mapped/$1"
    ProxyPass /dead fcgi://127.0.0.1:{none}/
    ErrorDocument 404 "none of it"
</VirtualHost>
<VirtualHost *:{port}>
    ServerName front.test
    DocumentRoot {root}/www
    FallbackResource /index.php
    <Proxy balancer://pool>
        BalancerMember fcgi://127.0.0.1:{php}
    </Proxy>
    <Directory {root}/www>
        CGIPassAuth On
    </Directory>
    <FilesMatch "\\.php$">
        <If "-f %{REQUEST_FILENAME}">
            SetHandler "proxy:balancer://pool"
        </If>
    </FilesMatch>
</VirtualHost>
<VirtualHost *:{port}>
    ServerName guarded.test
    DocumentRoot {root}/guarded
    DirectoryIndex index.php
    <Directory {root}/guarded>
        AuthType Basic
        AuthName inner
        AuthUserFile {root}/users
        Require valid-user
    </Directory>
    <Files *.php>
        SetHandler "proxy:unix:{sock}|fcgi://localhost"
    </Files>
</VirtualHost>
"""
#: What each server says of itself, of the connection, or of the moment.
_OWN = {"SERVER_SOFTWARE", "PATH", "REMOTE_PORT", "REQUEST_TIME", "REQUEST_TIME_FLOAT", "USER", "HOME", "SERVER_PORT",
        "FCGI_ROLE", "proxy-nokeepalive", "BALANCER_NAME", "BALANCER_WORKER_NAME", "BALANCER_WORKER_ROUTE"}  # fmt: skip


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronts]:
    with Sandbox("php") as box, php.running(box) as (port, sock):
        for name, text in _FILES.items():
            box.write(name, text)
        box.write("mime.types", "text/html html htm\ntext/plain txt\n")
        box.write("users", "ann:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n")
        known = {"root": box.path, "php": port, "sock": sock}
        config = _CONFIG
        for key, value in known.items():
            config = config.replace(f"{{{key}}}", str(value))
        with fronts(config, tmp_path_factory.mktemp("php"), _MODULES) as started:
            yield started


def _answer(port: int, name: str, path: str, method: str = "GET", header: str = "") -> tuple[Any, ...]:
    lines, body = exchange(port, name, path, method=method, header=header)
    fields = {line.partition(":")[0].lower(): line.partition(":")[2].strip() for line in lines[1:]}
    kept = {key: fields[key] for key in ("location", "x-script", "x-own") if key in fields}
    if fields.get("transfer-encoding") == "chunked":
        body = "".join(body.split("\r\n")[1::2])
    stock = body.lstrip().lower().startswith(("<html", "<!doctype"))
    told = json.loads(body) if body.startswith("{") else "stock" if stock else body
    if isinstance(told, dict):
        told = {key: value for key, value in told.items() if key not in _OWN}
    kind = "" if stock or (method == "HEAD" and lines[0].split()[1] > "300") else fields.get("content-type", "")
    return lines[0].split()[1], kept, kind, told


def _differences(running: Fronts, *asked: str) -> list[tuple[str, Any, Any]]:
    """What httpd's answer and nginx's don't agree on: its name, and both."""
    theirs, ours = (_flat(_answer(running.at[each], *asked)) for each in ("httpd", "nginx"))
    return [(key, theirs.get(key), ours.get(key)) for key in {**theirs, **ours} if theirs.get(key) != ours.get(key)]


def _flat(answer: tuple[Any, ...]) -> dict[str, Any]:
    status, kept, kind, told = answer
    return {"status": status, "type": kind, **kept, **(told if isinstance(told, dict) else {"body": told})}


_ASKED = (
    *(("php.test", path) for path in ("/", "/?a=b", "/t.php", "/t.php?x=1&y=%20", "/t.php/more/of%20it?q", "/a%20b.php",
      "/sub/", "/sub", "/sub/index.php", "/status.php", "/redirect.php", "/plain.txt", "/none.php", "/none", "/empty/",
      "/data/evil.php", "/old.inc", "/t.php5", "/lib/l.php", "/lib/l.php/x", "/lib/none.php", "/app/m.php?q=1",
      "/app/none.php", "/dead/x", "//t.php", "/sub/../t.php")),
    *(("front.test", path) for path in ("/", "/plain.txt", "/t.php", "/none.php", "/any/path?x=1",
      "/sub", "/sub/", "/empty/", "/data/evil.php")),
    *(("guarded.test", path) for path in ("/", "/g.php", "/g.php?x")),
)  # fmt: skip


@pytest.mark.live
@pytest.mark.parametrize(("name", "path"), _ASKED)
def test_scripts(name: str, path: str, running: Fronts) -> None:
    """NGX-157, NGX-158, FC-3 to FC-11: status, type, and every variable that the script sees."""
    assert _differences(running, name, path) == []


@pytest.mark.live
@pytest.mark.parametrize(
    ("method", "path"),
    [*(("DELETE", path) for path in ("/closed", "/closed/a%20b?q=1", "/t.php?x")), ("GET", "/sub/"),
     *((method, path) for path in ("/closed", "/closed/a%20b?q=1", "/none", "/none.php?x", "/t.php?x")
       for method in ("GET", "POST"))],
)  # fmt: skip
def test_scripts_that_are_pages_of_errors(method: str, path: str, running: Fronts) -> None:
    """ED-1, NGX-92: REDIRECT_STATUS and its like tell of the request that has failed, and nothing of others."""
    assert _differences(running, "errors.test", path, method) == []


@pytest.mark.live
@pytest.mark.parametrize("method", ["GET", "POST", "HEAD", "PUT", "OPTIONS", "DELETE"])
@pytest.mark.parametrize(
    "header",
    ["X-Name: x", "User-Agent: Odd one", "Authorization: Basic YW5uOnNlY3JldA==", "Proxy: http://evil",
     "Content-Type: text/x\r\nContent-Length: 0", "Cookie: a=b\r\nAccept: */*"],
)  # fmt: skip
@pytest.mark.parametrize(
    ("name", "path"),
    [("php.test", "/t.php"), ("php.test", "/app/m.php"), ("front.test", "/any"), ("guarded.test", "/g.php")],
)
def test_headers_and_methods(name: str, path: str, header: str, method: str, running: Fronts) -> None:
    """FC-9: headers as variables, and those that no script is told."""
    assert _differences(running, name, path, method, header) == []


def test_what_a_page_that_is_a_script_may_say(tmp_path: Path) -> None:
    """The error's status stays, whatever the script says: that is told."""
    lines = ('<FilesMatch "\\.php$">', 'SetHandler "proxy:fcgi://127.0.0.1:9000"', "</FilesMatch>", "Redirect 403 /no")
    text = host(f"DocumentRoot {tmp_path}", *lines, "ErrorDocument 403 /x.php", "ErrorDocument 404 /x.html")
    found = {row.args: row.outcome.words for row in translated(tmp_path, text, "nginx").rows
             if row.name == "ErrorDocument"}  # fmt: skip
    assert found == {"403 /x.php": "approximated", "404 /x.html": "equivalent"}


def test_outcomes(tmp_path: Path) -> None:
    """What is carried, and what isn't."""
    lines = ('<FilesMatch "\\.php$">', 'SetHandler "proxy:fcgi://127.0.0.1:9000"', "</FilesMatch>", "SetEnv A b")
    made = translated(tmp_path, host(f"DocumentRoot {tmp_path}", *lines), "nginx")
    found = outcomes(made)
    assert found["SetHandler"] == found["DocumentRoot"] == "equivalent"
    assert found["SetEnv"] == "exact"

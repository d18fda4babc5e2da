"""``.htaccess`` files translated alone: httpd reads the file where it lies, nginx has its translation, and both are
asked the same. php-fpm stands behind both.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from apacheconf.engines import Sandbox, free_ports, httpd, nginx
from apacheconf.expand import Options
from apacheconf.program import load
from apacheconf.targets import Translation, translate
from tests.engines.real import need
from tests.live import php
from tests.targets.configs import outcomes
from tests.targets.echoes import exchange

_PHP = """
<FilesMatch "\\.php$">
    SetHandler "proxy:fcgi://127.0.0.1:{php}"
</FilesMatch>
"""
_SHOW = "<?php header('Content-Type: application/json'); $s = $_SERVER; echo json_encode(array_intersect_key($s, " \
        "array_flip(['REQUEST_URI', 'SCRIPT_NAME', 'QUERY_STRING', 'PATH_INFO', 'REQUEST_METHOD', " \
        "'HTTP_AUTHORIZATION'])));"  # fmt: skip
_FILES = {
    "index.php": _SHOW, "update.php": _SHOW, "plain.txt": "plain", "style.css": "a{}", "image.png": "png",
    "sub/index.html": "sub", "sub/x.txt": "x", "empty/x.txt": "x", "config.inc": "secret", "a.sql": "secret",
    "core/install.php": _SHOW, "backup/old.bak": "old", "wp-config.php": _SHOW, "404.html": "none of it",
    ".git/config": "secret", ".well-known/acme": "acme", "private/x.txt": "private",
}  # fmt: skip
#: What people ask to have converted most, in their words.
CASES = {
    "wordpress": """
<IfModule mod_rewrite.c>
RewriteEngine On
RewriteRule .* - [E=HTTP_AUTHORIZATION:%{HTTP:Authorization}]
RewriteBase /
RewriteRule ^index\\.php$ - [L]
RewriteCond %{REQUEST_FILENAME} !-f
RewriteCond %{REQUEST_FILENAME} !-d
RewriteRule . /index.php [L]
</IfModule>
""",
    "laravel": """
<IfModule mod_rewrite.c>
    <IfModule mod_negotiation.c>
        Options -MultiViews -Indexes
    </IfModule>
    RewriteEngine On
    RewriteCond %{HTTP:Authorization} .
    RewriteRule .* - [E=HTTP_AUTHORIZATION:%{HTTP:Authorization}]
    RewriteCond %{REQUEST_FILENAME} !-d
    RewriteCond %{REQUEST_URI} (.+)/$
    RewriteRule ^ %1 [L,R=301]
    RewriteCond %{REQUEST_FILENAME} !-d
    RewriteCond %{REQUEST_FILENAME} !-f
    RewriteRule ^ index.php [L]
</IfModule>
""",
    "symfony": """
DirectoryIndex index.php
RewriteEngine On
RewriteCond %{REQUEST_URI}::$0 ^(/.+)/(.*)::\\2$
RewriteRule .* - [E=BASE:%1]
RewriteCond %{HTTP:Authorization} .+
RewriteRule ^ - [E=HTTP_AUTHORIZATION:%0]
RewriteCond %{ENV:REDIRECT_STATUS} =""
RewriteRule ^index\\.php(?:/(.*)|$) %{ENV:BASE}/$1 [R=301,L]
RewriteCond %{REQUEST_FILENAME} !-f
RewriteRule ^ %{ENV:BASE}/index.php [L]
""",
    "drupal": """
<FilesMatch "\\.(engine|inc|install|sql|module|theme|twig|tpl(\\.php)?|yml)(~|\\.bak)?$|^(\\..*|Repository)$">
  Require all denied
</FilesMatch>
Options -Indexes
DirectoryIndex index.php index.html
ErrorDocument 404 /404.html
<IfModule mod_rewrite.c>
  RewriteEngine on
  RewriteRule "/\\.|^\\.(?!well-known/)" - [F]
  RewriteCond %{REQUEST_URI} ^(.*)?/(install\\.php) [OR]
  RewriteCond %{REQUEST_URI} ^(.*)?/(rebuild\\.php)
  RewriteCond %{REQUEST_URI} !core
  RewriteRule ^ %1/core/%2 [L,QSA,R=301]
  RewriteCond %{REQUEST_FILENAME} !-f
  RewriteCond %{REQUEST_FILENAME} !-d
  RewriteCond %{REQUEST_URI} !=/favicon.ico
  RewriteRule ^ index.php [L]
</IfModule>
""",
    "query": """
RewriteEngine On
RewriteCond %{REQUEST_FILENAME} !-f
RewriteRule ^articles/([0-9]+)$ index.php?id=$1 [L,QSA]
RewriteCond %{REQUEST_FILENAME} !-f
RewriteCond %{REQUEST_FILENAME} !-d
RewriteRule ^(.*)$ index.php?q=$1 [L]
""",
    "redirects": """
Redirect 301 /old /new
RedirectMatch 302 ^/m/(.*)$ http://b.test/$1
RewriteEngine On
RewriteRule ^go/([a-z]+)$ /to/$1 [R=301,L]
RewriteRule ^away$ https://b.test/x?y=1 [R=302,L]
RewriteRule ^rel$ to/rel [R,L]
RewriteCond %{HTTP_HOST} ^www\\.(.+)$
RewriteRule ^(.*)$ http://%1/$1 [R=301,L]
RewriteRule ^gone - [G]
RewriteRule ^forbidden - [F]
""",
    "redirects beside a front controller": """
Redirect 301 /old /new
Redirect 410 /gone
RewriteEngine On
RewriteRule ^articles/([0-9]+)$ index.php?id=$1 [L,QSA]
RewriteRule ^away$ https://b.test/x?y=1 [R=302,L]
RewriteRule ^forbidden - [F]
RewriteCond %{REQUEST_FILENAME} !-f
RewriteCond %{REQUEST_FILENAME} !-d
RewriteRule .* index.php [L]
RedirectMatch 302 ^/m/(.*)$ http://b.test/$1
RedirectMatch 404 \\.bak$
Redirect /away /lost
""",
    "access": """
<Files "config.inc">
    Require all denied
</Files>
<FilesMatch "\\.(sql|bak)$">
    Order allow,deny
    Deny from all
</FilesMatch>
Options -Indexes
ErrorDocument 403 "no"
ErrorDocument 404 /404.html
""",
    "headers": """
<IfModule mod_expires.c>
    ExpiresActive On
    ExpiresByType image/png "access plus 1 month"
    ExpiresByType text/css "access plus 1 week"
    ExpiresDefault "access plus 2 days"
</IfModule>
<IfModule mod_headers.c>
    Header set X-Content-Type-Options nosniff
    <FilesMatch "\\.(css|js)$">
        Header set X-Static yes
    </FilesMatch>
</IfModule>
AddCharset utf-8 .css
AddType text/x-sql .sql
DirectoryIndex index.html
""",
}
_PATHS = (
    "/", "/?a=b", "/plain.txt", "/style.css", "/image.png", "/sub", "/sub/", "/sub/x.txt", "/sub/none", "/empty/",
    "/none", "/none/", "/a/b/c?x=1&y=2", "/index.php", "/index.php?z", "/index.php/more", "/update.php", "/none.php",
    "/config.inc", "/a.sql", "/backup/old.bak", "/.git/config", "/.well-known/acme", "/core/install.php",
    "/install.php?x=1", "/old", "/old/x?y", "/m/x/y", "/go/there", "/go/there?x=1", "/away", "/away?z=2", "/rel",
    "/gone", "/forbidden/x", "/articles/17", "/articles/17?p=2", "/articles/x", "/a%20b", "/favicon.ico",
)  # fmt: skip


def _translation(box: Sandbox, name: str) -> Translation:
    file = box.path / "site" / ".htaccess"
    return translate(load([str(file)], Options(context=f"htaccess:{box.path}/site")).require(), "nginx")


def lay_out_files(box: Sandbox) -> None:
    """The folder that is asked for, without its ``.htaccess``."""
    for file, text in _FILES.items():
        box.write(f"site/{file}", text)


def _lay_out(box: Sandbox, name: str, port: int) -> None:
    lay_out_files(box)
    box.write("site/.htaccess", _PHP.replace("{php}", str(port)) + CASES[name])


@pytest.fixture(scope="module", params=CASES)
def running(request: pytest.FixtureRequest) -> Iterator[tuple[int, int]]:
    """The ports of httpd and of nginx for one of the files."""
    modules = ("alias_module", "dir_module", "mime_module", "rewrite_module", "headers_module", "expires_module",
               "authz_core_module", "authz_host_module", "access_compat_module", "proxy_module", "proxy_fcgi_module",
               "autoindex_module", "negotiation_module")  # fmt: skip
    with ExitStack() as stack:
        box, own = (stack.enter_context(Sandbox("htaccess")) for _ in range(2))
        php_port, _ = stack.enter_context(php.running(box))
        _lay_out(box, request.param, php_port)
        one, two = free_ports(2)
        engine = need("httpd")
        text = f"{httpd.preamble(engine, box, modules)}\nListen 127.0.0.1:{one}\nServerName a.test\n"
        text += f"DocumentRoot {box.path}/site\nDirectoryIndex index.html index.php\n"
        text += f"<Directory {box.path}/site>\nAllowOverride All\n</Directory>\n"
        stack.enter_context(httpd.start(engine, box, text, [("127.0.0.1", one)]))
        made = _translation(box, request.param).text.replace("listen 80 ", f"listen 127.0.0.1:{two} ")
        stack.enter_context(nginx.start(need("nginx"), own, made, [("127.0.0.1", two)]))
        yield one, two


def seen_at(
    port: int, path: str, also: tuple[str, ...] = (), *, name: str = "a.test", method: str = "GET"
) -> dict[str, Any]:
    """What an answer comes to: its status, body or what a script was told, some headers and those named ``also``."""
    header = "Authorization: Bearer x" + ("\r\nContent-Length: 0" if method == "POST" else "")
    lines, body = exchange(port, name, path, method=method, header=header)
    fields = {line.partition(":")[0].lower(): line.partition(":")[2].strip() for line in lines[1:]}
    if fields.get("transfer-encoding") == "chunked":
        body = "".join(body.split("\r\n")[1::2])
    stock = body.lstrip().lower().startswith(("<html", "<!doctype"))
    kept = (
        *also,
        "location",
        "cache-control",
        "x-content-type-options",
        "x-static",
        *(() if stock else ("content-type",)),
    )
    told = json.loads(body) if body.startswith("{") else {"body": "stock" if stock else body}
    return {"status": lines[0].split()[1], **{key: fields.get(key) for key in kept}, **told}


@pytest.mark.live
@pytest.mark.parametrize("path", _PATHS)
def test_the_same_answers(path: str, running: tuple[int, int]) -> None:
    """RW-5 to RW-9, NGX-120, NGX-150, NGX-170: front controllers, redirects, access rules, headers and expiry."""
    theirs, ours = (seen_at(port, path) for port in running)
    assert ours == theirs


@pytest.mark.live
@pytest.mark.parametrize("path", ["/x?y", "/plain.txt", "/index.php"])
def test_another_host_and_a_form(path: str, running: tuple[int, int]) -> None:
    theirs, ours = (seen_at(port, path, name="www.a.test") for port in running)
    assert ours == theirs
    if path != "/plain.txt":  # difference "file-methods"
        theirs, ours = (seen_at(port, path, method="POST") for port in running)
        assert ours == theirs


@pytest.mark.parametrize("name", CASES)
def test_every_line_is_carried(name: str, tmp_path: Path) -> None:
    """Nothing of these files is lost."""
    with Sandbox("htaccess") as box:
        _lay_out(box, name, 9000)
        made = _translation(box, name)
    lost = {row.name: row.args for row in made.rows if row.outcome.words in ("approximated", "unsupported")}
    assert lost == {}


def test_scripts_are_closed_without_a_handler(tmp_path: Path) -> None:
    """DES-8: what runs scripts isn't said in such a file, and they are never sent as text."""
    (tmp_path / ".htaccess").write_text(CASES["wordpress"])
    made = translate(load([str(tmp_path / ".htaccess")]).require(), "nginx")
    assert 'location ~ "\\.(?:php' in made.text
    assert "try_files $uri $uri/ /index.php$is_args$args;" in made.text
    assert f"root {tmp_path};" in made.text
    assert any("DocumentRoot is taken to be" in note for note in made.notes)
    assert outcomes(made)["RewriteRule"] == "exact"

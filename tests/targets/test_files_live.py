"""Files that nginx serves itself, asked on httpd and on nginx: folders, names, types, sections and their headers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from apacheconf.engines import Sandbox
from tests.targets.echoes import exchange
from tests.targets.fronts import MODULES, Fronts, fronts

pytestmark = pytest.mark.live

_MODULES = (
    *(*MODULES, "alias_module", "headers_module", "dir_module", "mime_module", "autoindex_module", "expires_module"),
    *("access_compat_module", "negotiation_module", "rewrite_module"),
)
_FILES = {
    "www/index.html": "<p>home</p>", "www/plain.txt": "plain", "www/no-suffix": "nothing", "www/odd.unknown": "odd",
    "www/.htpasswd": "secret", "www/sub/index.html": "sub", "www/sub/.htaccess": "secret", "www/empty/x.txt": "x",
    "www/sub/page.htm": "page", "www/a b.txt": "blank", "www/private/x.txt": "private", "www/private/index.html": "p",
    "www/local/x.txt": "local", "www/missing.html": "not here", "www/no.html": "no", "www/data.foo": "foo",
    "www/utf.css": "a{}", "www/forced/x.txt": "forced", "www/forced/y.html": "named", "www/forced/z.css": "z",
    "www/image.png": "png", "www/pic.gif": "gif",
    "www/old.bak": "old", "www/sub/old.sql": "old", "www/two.html/x.txt": "x", "www/UPPER.TXT": "upper",
    "icons/x.png": "icon", "icons/index.html": "icons", "icons/small/y.png": "y", "shut/x.txt": "shut",
    "one.js": "one", "www/app-less/x.txt": "x", "www/second/default.htm": "second",
}  # fmt: skip
_CONFIG = """
TypesConfig {root}/mime.types
<Directory />
    Options FollowSymLinks
    AllowOverride None
    Require all denied
</Directory>
<Directory {root}/www>
    Require all granted
</Directory>
<Directory {root}/icons>
    Require all granted
</Directory>
<FilesMatch "^\\.ht">
    Require all denied
</FilesMatch>
<VirtualHost *:{port}>
    ServerName files.test
    DocumentRoot {root}/www
    Alias /icons/ {root}/icons/
    Alias /shut {root}/shut
    Alias /pictures {root}/icons
    <Directory {root}>
        <Files one.js>
            Require all granted
        </Files>
    </Directory>
    Alias /lib/one.js {root}/one.js
    <Directory {root}/www/private>
        Require ip 10.0.0.0/8
        Header set X-Private yes
    </Directory>
    <Directory {root}/www/local>
        Require local
        Header set X-Local yes
        Header set Content-Disposition attachment "expr=%{QUERY_STRING} == 'keep'"
        Header append Cache-Control public "expr=%{QUERY_STRING} == 'keep'"
        Header setifempty Cache-Control no-store
    </Directory>
    <Directory {root}/www/forced>
        ForceType image/x-forced
        <FilesMatch "\\.(html|css)$">
            ForceType None
        </FilesMatch>
    </Directory>
    <Directory {root}/www/second>
        DirectoryIndex missing.html default.htm
        FileETag None
    </Directory>
    <FilesMatch "\\.(?:bak|sql)$|~$">
        Require all denied
    </FilesMatch>
    <FilesMatch "(?i)\\.(png|gif)$">
        Header set X-Picture yes
    </FilesMatch>
    <Location /sub>
        Header always set X-Sub always
        Header set X-Found sub
        Header unset Last-Modified
    </Location>
    AddType text/x-foo .foo
    AddCharset utf-8 .css
    ErrorDocument 404 /missing.html
    ErrorDocument 403 /no.html
    Redirect 404 /gone
    ProxyPass /app http://127.0.0.1:{one}/
</VirtualHost>
<VirtualHost *:{port}>
    ServerName times.test
    DocumentRoot {root}/www
    AddDefaultCharset utf-8
    ExpiresActive On
    ExpiresByType image/* "access plus 1 day"
    ExpiresByType text/css A10
    ExpiresDefault "access plus 1 hour"
    <Files plain.txt>
        Header append Cache-Control public
    </Files>
    <Files index.html>
        Header set Cache-Control "max-age=5"
    </Files>
</VirtualHost>
<VirtualHost *:{port}>
    ServerName rules.test
    DocumentRoot {root}/www
    Alias /lib/one.js {root}/one.js
    <Files one.js>
        Require all granted
    </Files>
    RewriteEngine On
    RewriteRule ^/short$ /plain.txt [L]
    RewriteRule ^/p/([a-z]+)$ /$1.txt [L]
    RewriteRule ^/whole$ {root}/www/sub/page.htm [L]
    RewriteCond %{HTTP:X-Old} 1
    RewriteRule ^/lib/one.js$ - [R=404]
    <Location /local>
        RewriteEngine On
        RewriteCond %{HTTP:X-Old} 1
        RewriteRule ^ - [R=410]
    </Location>
</VirtualHost>
"""
_PATHS = (
    "/", "/index.html", "/plain.txt", "/no-suffix", "/odd.unknown", "/.htpasswd", "/sub", "/sub/", "/sub?x=1",
    "/sub/.htaccess", "/sub/.htx", "/empty", "/empty/", "/sub/page.htm", "/a%20b.txt", "/private", "/private/",
    "/private/x.txt", "/private/none", "/local", "/local/x.txt", "/local/x.txt?keep",
    "/missing", "/missing.html", "/missing/", "/data.foo",
    "/utf.css", "/forced/x.txt", "/forced/y.html",
    "/forced/z.css", "/image.png", "/pic.gif", "/old.bak", "/sub/old.sql", "/x~", "/two.html/x.txt",
    "/UPPER.TXT", "/icons", "/icons/", "/icons/x.png", "/icons/small", "/icons/small/y.png", "/shut", "/shut/",
    "/shut/x.txt", "/pictures", "/pictures/", "/pictures/x.png", "/pictures/../plain.txt", "/picturesx", "/lib/one.js",
    "/lib", "/gone", "/app/x", "/second", "/second/", "/plain.txt?a=b", "/app-less/x.txt", "/app-less", "/.htnone",
    "/index.html/more", "//plain.txt", "/sub//page.htm", "/gone/%2f", "/a%2fb",
)  # fmt: skip
_KEPT = (
    "location", "content-type", "content-length", "last-modified", "cache-control",
    "x-private", "x-local", "x-sub", "x-found", "x-picture", "content-disposition",
)  # fmt: skip


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronts]:
    with Sandbox("files") as box:
        for name, text in _FILES.items():
            box.write(name, text)
        types = "text/html html htm\ntext/plain txt\nimage/png png\nimage/gif gif\ntext/css css\ntext/javascript js\n"
        box.write("mime.types", types)
        config = _CONFIG.replace("{root}", str(box.path))
        with fronts(config, tmp_path_factory.mktemp("files"), _MODULES) as started:
            yield started


def _joined(fields: list[tuple[str, str]]) -> dict[str, str]:
    """Several lines of a header are one list (RFC 9110, section 5.2)."""
    found: dict[str, str] = {}
    for name, value in fields:
        found[name] = f"{found[name]}, {value}" if name in found else value
    return found


def _answer(port: int, name: str, path: str, method: str = "GET", header: str = "") -> tuple[object, ...]:
    lines, body = exchange(port, name, path, method=method, header=header)
    fields = [(line.partition(":")[0].lower(), line.partition(":")[2].strip()) for line in lines[1:]]
    stock = body.lstrip().lower().startswith(("<html", "<!doctype"))
    status = lines[0].split()[1]
    dropped = {"content-type", "content-length"} if stock or (method == "HEAD" and status > "300") else set()
    if status >= "400":  # a document for an error has none in nginx: caveat "document-fields"
        dropped |= {"last-modified"}
    kept = sorted((name, value) for name, value in _joined(fields).items() if name in _KEPT and name not in dropped)
    return status, kept, "etag" in dict(fields), "stock" if stock else body


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("path", _PATHS)
def test_files(path: str, method: str, running: Fronts) -> None:
    """NGX-150, NGX-151, NGX-153, NGX-38, NGX-90."""
    theirs, ours = (_answer(running.at[each], "files.test", path, method) for each in ("httpd", "nginx"))
    assert ours == theirs


@pytest.mark.parametrize(
    "header",
    ["Range: bytes=1-3", "Range: bytes=-2", "Range: bytes=99-", "If-None-Match: *", "If-Match: \"x\"",
     "If-Modified-Since: Sat, 01 Jan 2000 00:00:00 GMT",
     "If-Unmodified-Since: Sat, 01 Jan 2000 00:00:00 GMT"],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/plain.txt", "/sub/", "/image.png", "/missing", "/sub"])
def test_conditions(path: str, header: str, running: Fronts) -> None:
    theirs, ours = (_answer(running.at[each], "files.test", path, "GET", header) for each in ("httpd", "nginx"))
    if theirs[0] in ("412", "416"):  # differences "file-conditions" and "file-fields": the page, and what comes with it
        theirs, ours = theirs[:1], ours[:1]
    assert ours == theirs


@pytest.mark.parametrize("path", ["/", "/plain.txt", "/image.png", "/utf.css", "/sub", "/none", "/odd.unknown"])
def test_expiry_and_charset(path: str, running: Fronts) -> None:
    """NGX-170: Expires is as far away as httpd's."""
    theirs, ours = (_answer(running.at[each], "times.test", path) for each in ("httpd", "nginx"))
    assert ours == theirs


@pytest.mark.parametrize("header", ["", "X-Old: 1"])
@pytest.mark.parametrize(
    "path", ["/short", "/p/plain", "/p/none", "/whole", "/lib/one.js", "/local/x.txt", "/plain.txt", "/sub/"]
)
def test_files_that_rules_lead_to(path: str, header: str, running: Fronts) -> None:
    """RW-9, NGX-120: a path that rules have made, a file of its own name, and rules of a Location."""
    theirs, ours = (_answer(running.at[each], "rules.test", path, "GET", header) for each in ("httpd", "nginx"))
    assert ours == theirs

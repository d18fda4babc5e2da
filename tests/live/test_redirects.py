"""mod_alias and no-proxy on the real httpd and on ours (AL-1 to AL-6, PP-20, PP-21, LOC-21, INH-4)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.live.same import Asked, differences

pytestmark = pytest.mark.live

REDIRECTS = r"""
Redirect /main http://main.example/
Redirect /both http://main.example/
Alias /file /nonexistent/main
<VirtualHost *:80>
    ServerName a.example
    DocumentRoot /nonexistent
    ProxyPass /p http://10.0.0.1:8080/
    Redirect /both http://host.example/
    Alias /r /nonexistent
    Redirect /r http://t.example/x
    Redirect /r/shadowed http://never.example/
    Redirect /p http://never.example/
    Redirect /rs/ http://t.example/x
    Redirect /loc /new
    Redirect permanent /perm http://t.example/
    Redirect seeother /see http://t.example/
    Redirect gone /gone
    Redirect 404 /nf
    Redirect 99 /ninety
    Redirect /bad http:x
    Redirect /q http://t.example/?a=b
    Redirect /frag http://t.example/x#frag
    Redirect /ddd //h/x
    RedirectMatch ^/m/(.*)$ http://t.example/$1/$0/\$1&
    RedirectMatch ^/m2/(.*)$ /$1?x=$1
    RedirectMatch ^/m3/(.*)$ $1
    RedirectMatch 301 ^/m4/(.*)$ http://t.example/a%20b/$1#f
    RedirectMatch 404 /\.git
    RedirectMatch (?s)^/m5/(.*)$ /$1?x=$1
    SetEnv FOO bar
    Header always set X-Env "%{FOO}e"
    Header set X-O 1
    Header always edit Location t.example z.example
    <Location /p/red>
        Redirect /p/red http://t.example/lr
    </Location>
    <Location /p/expr>
        Redirect "http://t.example%{REQUEST_URI}?x"
    </Location>
    <Location /p/expr2>
        Redirect 301 "/here/%{HTTP_HOST}/a b"
    </Location>
    <Location /e410>
        Redirect gone
    </Location>
    <Location /e410b>
        Redirect 410 http://h/
    </Location>
    <Location /rel>
        RedirectRelative On
        Redirect /rel /other
    </Location>
    <Location /p/denied>
        Require all denied
        Redirect /p/denied http://t.example/
    </Location>
    <Location /denied2>
        Require all denied
        Redirect "http://t.example/"
    </Location>
    <Location /nest>
        Redirect "http://t.example/outer"
        Redirect /nest/a http://t.example/listed
    </Location>
    <Location /nest/b>
        Redirect "http://t.example/replaced"
        Redirect "http://t.example/inner"
    </Location>
    <Location /list>
        Redirect /list http://t.example/outer
    </Location>
    <Location /list/a>
        Redirect /list http://t.example/inner
    </Location>
</VirtualHost>
"""
_ODD = "/r/%22%3c%3e%5b%5d%5e%60%7b%7c%7d%7e%21%24%26%27%28%29%2a%2b%2c%3b%3d%3a%40%25%5c%3f%23%01%7f%80"
_TARGETS = (
    "/main/x", "/both/x", "/file/x", "/r", "/r/", "/r/a%20b?c=d", "/rr", "/r/shadowed", "/rs", "/rs/", "/rs/a",
    "/loc/x?y", "/perm/x", "/see", "/gone", "/gone/x", "/nf", "/ninety", "/bad/x", "/q/x?c", "/frag/y?c", "/ddd/y",
    "/m/a%20b", "/m/%c3%a9", "/m/a%3fb%23c?q", "/m2/k?z", "/m3/k", "/m4/k?z", "/x/.git/config", "/p/.git", "/p/red/x",
    "/p/expr/x?q", "/p/expr2/x", "/e410", "/e410b", "/rel/x?q", "/p/denied/x", "/denied2", "/nest/x", "/nest/a/x",
    "/nest/b/x", "/list/x", "/list/a/x", _ODD,
)  # fmt: skip
ABOUT_REDIRECTS: dict[str, Asked] = {
    **{target: {"target": target} for target in _TARGETS},
    "POST": {"target": "/r/x", "method": "POST"},
    "HEAD": {"target": "/r/x", "method": "HEAD"},
    "no Host": {"target": "/loc/x", "host": None, "version": "HTTP/1.0"},
    "a port": {"target": "/loc/x", "host": "a.example:99"},
}

NO_PROXY = """
<VirtualHost *:80>
    ServerName a.example
    DocumentRoot /nonexistent
    SetEnvIf X-Local y no-proxy
    SetEnvIfExpr "%{QUERY_STRING} == 'local'" NO-PROXY
    SetEnv no-proxy 1
    <Location /section>
        ProxyPass http://10.0.0.1:8080/s
    </Location>
    <Location /late>
        SetEnvIf X-Late y no-proxy
    </Location>
    ProxyPass / http://10.0.0.1:8080/
    Redirect /r http://t.example/
</VirtualHost>
"""
ABOUT_NO_PROXY: dict[str, Asked] = {
    "mapped": {"target": "/x"},
    "mapped, not redirected": {"target": "/r"},
    "not mapped": {"target": "/x", "headers": [("X-Local", "y")]},
    "not mapped but redirected": {"target": "/r/x", "headers": [("X-Local", "y")]},
    "not mapped in a section": {"target": "/section/x", "headers": [("X-Local", "y")]},
    "by an expression": {"target": "/x?local"},
    "too late": {"target": "/late", "headers": [("X-Late", "y")]},
}


@pytest.mark.parametrize(
    ("text", "asked"),
    [pytest.param(REDIRECTS, ABOUT_REDIRECTS, id="redirects"), pytest.param(NO_PROXY, ABOUT_NO_PROXY, id="no-proxy")],
)
def test_httpd_and_serve_agree(tmp_path: Path, text: str, asked: dict[str, Asked]) -> None:
    assert differences(tmp_path, text, asked) == {}

"""Redirects of mod_alias and plain rules of mod_rewrite, asked on httpd and on both targets."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from apacheconf.targets import TARGETS
from tests.targets.echoes import ask
from tests.targets.fronts import MODULES, Fronts, fronts

pytestmark = pytest.mark.live

_CONFIG = r"""
<VirtualHost *:{port}>
    ServerName first.test
    Redirect permanent /old http://new.test/place
    Redirect /temp/ http://new.test/t/
    Redirect 303 /other http://new.test/fixed
    Redirect gone /gone
    Redirect 307 /here /there
    RedirectMatch 301 "^/re/([^/]+)/(.*)\.html$" "http://new.test/$2/of-$1"
    RedirectMatch "/pic(ture)?s$" "http://new.test/p?all=1"
    RedirectMatch 404 "\.git(/|$)"
    ProxyPass /old http://127.0.0.1:{one}/never
    ProxyPass /app http://127.0.0.1:{one}/app
    ProxyPass /login http://127.0.0.1:{one}/login
    <Location /login>
        Redirect http://sso.test/start
    </Location>
    RewriteEngine On
    RewriteRule ^/named https://%{SERVER_NAME}%{REQUEST_URI} [R=301,L]
</VirtualHost>
<VirtualHost *:{port}>
    ServerName second.test
    RewriteEngine On
    RewriteCond %{HTTPS} !=on
    RewriteCond %{HTTP:X-Plain} =""
    RewriteRule ^/secure https://%{SERVER_NAME}%{REQUEST_URI} [R=301,L]
    RewriteRule ^/forbidden(/|$) - [F]
    RewriteRule \.bak$ - [G,NC]
    RewriteRule ^/u/([a-z]+)$ http://people.test/~$1 [R,L]
    RewriteCond %{QUERY_STRING} debug=1 [OR]
    RewriteCond %{HTTP_USER_AGENT} ^curl
    RewriteCond %{REQUEST_METHOD} =GET
    RewriteRule ^/maybe - [F]
    RewriteRule ^/api/v([0-9]+)/(.*)$ http://127.0.0.1:{one}/backend/$2/v$1 [P,L]
    RewriteRule ^/keep - [L]
    RewriteRule ^/k /changed [PT]
    ProxyPass / http://127.0.0.1:{two}/
</VirtualHost>
<VirtualHost *:{port}>
    ServerName third.test
    DocumentRoot /nowhere
    RewriteEngine On
    RewriteCond %{HTTPS} off
    RewriteCond %{REQUEST_URI} !^/\.well-known/acme\-challenge/
    RewriteRule .* https://%{HTTP_HOST}%{REQUEST_URI} [L,R=301]
</VirtualHost>
<VirtualHost *:{port}>
    ServerName fourth.test
    RewriteEngine On
    RewriteCond %{REQUEST_URI} /+[^.]+$
    RewriteRule ^/dirs(.+[^/])$ %{REQUEST_URI}/ [R=301,L]
    ProxyPass / http://127.0.0.1:{two}/
</VirtualHost>
<VirtualHost *:{port}>
    ServerName fifth.test
    Redirect "/kept" "http://new.test/a%20b"
    RedirectMatch "^/all$" "http://new.test/100% a%20b{\"c\"}"
    RedirectMatch "^/part/(.*)$" "http://new.test/a b/%20$1"
    RedirectMatch "^/own/(.*)$" "/a%20b/$1"
    RedirectMatch "^/asked$" "http://new.test/a b?q=a%20b#c%20d"
    RedirectMatch "^/put/([^/]*)$" "http://new.test/a b?put=$1&more=a%20b{c}"
</VirtualHost>
"""
#: AL-1 to AL-5, SEM-3, SEM-28, RW-20 to RW-22; NGX-130, NGX-131, HAP-100, HAP-102; TRAP-8, TRAP-9, TRAP-48.
_FIRST = (
    "/old", "/old/x", "/old/a%20b?q=1", "/old/a%3fb", "/temp/a%3fb?q=1", "/here/%3f",
    "/oldx", "/temp", "/temp/", "/temp/x?y", "/other", "/other/z", "/gone",
    "/gone/x", "/here", "/here/x?q", "/re/a/b.html", "/re/a/b/c.html?q=2", "/re/a/b.htm", "/pics", "/pictures?x",
    "/x/pics", "/a/.git", "/a/.git/config", "/a/.gitx", "/app", "/app/x", "/login", "/login/x?y", "/loginx",
)  # fmt: skip
_SECOND = (
    "/secure", "/secure/a/b?q=1", "/secured", "/forbidden", "/forbidden/x", "/forbiddenx", "/x.bak", "/x.BAK",
    "/u/joe", "/u/joe?x=1", "/u/Joe", "/maybe", "/maybe?debug=1", "/api/v2/a/b", "/api/v2/a?q=1", "/api/vx/a", "/",
    "/x",
)  # fmt: skip
#: An exception beside a question whose answer is known; a target that begins with the path.
_THIRD = ("/", "/x?q", "/.well-known/acme-challenge/", "/.well-known/acme-challenge/a", "/.well-known/acme-challenge")
_FOURTH = ("/dirs", "/dirsx", "/dirsxy", "/dirsxy?q=1", "/dirs/x.y", "/dirsxy/")
#: Texts of a RedirectMatch are escaped, those of a Redirect are not (AL-5).
_FIFTH = (
    "/kept",
    "/kept/x",
    "/all",
    "/all?x=%20",
    "/part/",
    "/part/x?y=%20",
    "/part/%20",
    "/own/x",
    "/asked",
    "/put/",
    "/put/x",
    "/put/x?y=%20",
)
_ASKED = {"first.test": _FIRST, "second.test": _SECOND, "third.test": _THIRD, "fourth.test": _FOURTH,
          "fifth.test": _FIFTH}  # fmt: skip


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronts]:
    modules = (*MODULES, "alias_module", "rewrite_module")
    with fronts(_CONFIG, tmp_path_factory.mktemp("redirects"), modules) as found:
        yield found


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(("host", "paths"), _ASKED.items())
def test_paths(host: str, paths: tuple[str, ...], target: str, running: Fronts) -> None:
    different = {
        path: (given, expected)
        for path in paths
        if (given := ask(running.at[target], host, path)) != (expected := ask(running.at["httpd"], host, path))
    }
    assert different == {}


@pytest.mark.parametrize("target", TARGETS)
def test_conditions(target: str, running: Fronts) -> None:
    for path, method, header in (("/secure", "GET", "X-Plain: 1"), ("/maybe", "GET", "User-Agent: curl/8"),
                                 ("/maybe", "POST", "User-Agent: curl/8"), ("/maybe?debug=1", "POST", "")):  # fmt: skip
        expected = ask(running.at["httpd"], "second.test", path, method=method, header=header)
        assert ask(running.at[target], "second.test", path, method=method, header=header) == expected


@pytest.mark.parametrize("target", TARGETS)
def test_a_path_that_a_rule_makes_anew(target: str, running: Fronts) -> None:
    """DIF-10: the rules for /k are followed."""
    expected = ask(running.at["httpd"], "second.test", "/kx")
    assert expected[0] == "200"
    assert ask(running.at[target], "second.test", "/kx") == expected


@pytest.mark.parametrize("target", TARGETS)
def test_a_name_of_a_client_that_says_none(target: str, running: Fronts) -> None:
    """SERVER_NAME is then the ServerName (RV-4)."""
    lines = {name: _without_host(running.at[name], "/named/x?q=1") for name in ("httpd", target)}
    assert lines[target] == lines["httpd"] == ["Location: https://first.test/named/x?q=1"]


def _without_host(port: int, path: str) -> list[str]:
    with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
        client.sendall(f"GET {path} HTTP/1.0\r\n\r\n".encode())
        received = b"".join(iter(lambda: client.recv(65536), b"")).decode()
    return [line.capitalize() for line in received.splitlines() if line.lower().startswith("location:")]

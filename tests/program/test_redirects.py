"""mod_alias through ``decide``; what is expected here was seen on httpd 2.4.71 (tests/live)."""

from __future__ import annotations

from pathlib import Path

import pytest

from apacheconf.program import Decision, Program, Request, decide, load

TEXT = r"""
Redirect /both http://main.example/
Alias /al /srv/main
<VirtualHost *:80>
    ServerName a.example
    DocumentRoot /srv/www
    ProxyPass /p http://h/
    Alias /r /srv/never
    Redirect /r http://t.example/x
    Redirect /both http://host.example/
    Redirect /p http://never.example/
    Redirect /loc /new
    Redirect gone /gone
    RedirectMatch ^/m/(.*)$ /$1?x=$1
    RedirectMatch 404 /\.git
    RedirectMatch (?s)^/n/(.*)$ /$1?x=$1
    Redirect gone
    Redirect 100 /two
    Alias /al/ /srv/al
    AliasMatch ^/am/(.)/ /srv/$1
    ScriptAlias /cgi /srv/cgi
    <Location /p/in>
        Redirect /p/in http://t.example/in
    </Location>
    <Location /here>
        Redirect "http://t.example%{REQUEST_URI}?x"
        Require all denied
    </Location>
    <Location /one>
        Alias "/srv/one"
    </Location>
    <Location /kept>
        AliasPreservePath On
        Alias "/srv/kept"
    </Location>
    <Location /rel>
        RedirectRelative On
        Redirect /rel /other
    </Location>
</VirtualHost>
"""


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Program:
    file: Path = tmp_path_factory.mktemp("alias") / "site.conf"
    file.write_text(TEXT)
    return load([str(file)]).require()


def ask(program: Program, target: str) -> Decision:
    return decide(program, Request("GET", target, (("Host", "a.example:99"),)))


@pytest.mark.parametrize(
    ("target", "status", "location"),
    [
        ("/r/a%20b?c=d", 302, "http://t.example/x/a%20b?c=d"),  # AL-1, AL-3
        ("/both", 302, "http://host.example/"),  # INH-4: the host's before the main server's
        ("/loc/x", 302, "http://a.example:99/new/x"),  # AL-4
        ("/gone", 410, ""),
        ("/m/k?z", 302, "http://a.example:99/k?x=k"),  # AL-5
        ("/x/.git", 404, ""),
        ("/p/in/x", 302, "http://t.example/in/x"),  # LOC-21, SEM-5, PP-20
        ("/here/x?q", 302, "http://t.example/here/x?x"),  # AL-6, before any access check
        ("/rel/x", 302, "/other/x"),
        ("/n/%0d%0aX:%20y", 500, ""),  # AL-8: no header is ever split
    ],
)
def test_redirects(program: Program, target: str, status: int, location: str) -> None:
    decision = ask(program, target)
    assert (decision.status, decision.location, decision.origin) == (status, location, None)


def test_a_mapping_comes_before_redirects_of_the_server(program: Program) -> None:
    """PP-20, OR-2."""
    decision = ask(program, "/p/x")
    assert decision.origin is not None and decision.status is None


@pytest.mark.parametrize(
    ("target", "file", "handler"),
    [
        ("/al/x", "/srv/alx", ""),  # AL-6: the slashes must match on both sides
        ("/al", "/srv/main", ""),  # AL-2, INH-4: no alias of the host has it
        ("/am/b/c", "/srv/b", ""),
        ("/cgi/x", "/srv/cgi/x", "cgi-script"),
        ("/one/x", "/srv/one", ""),
        ("/kept/x", "/srv/kept/x", ""),
        ("/else", "/srv/www/else", ""),
    ],
)
def test_aliases(program: Program, target: str, file: str, handler: str) -> None:
    decision = ask(program, target)
    assert (decision.status, decision.file, decision.handler) == (None, file, handler)


def test_what_is_left_out(program: Program) -> None:
    assert [(directive.args, reason.split(",")[0]) for directive, reason in program.left_out] == [
        ("gone", "it names no path"),
        ("100 /two", "a page of its own with the status 100 is not served yet"),
    ]


def test_no_proxy(tmp_path: Path) -> None:
    """PP-21: in time from SetEnvIf outside sections, and for the mappings of sections too."""
    file = tmp_path / "site.conf"
    file.write_text(
        "<VirtualHost *:80>\nServerName a\nSetEnvIf X y no-proxy\nSetEnv no-proxy 1\nProxyPass / http://h/\n"
        "<Location /s>\nProxyPass http://h/s\n</Location>\nRedirect /r http://t/\n</VirtualHost>\n"
    )
    program = load([str(file)]).require()
    for path in ("/x", "/s", "/r"):
        mapped, local = (decide(program, Request("GET", path, (("Host", "a"), ("X", x)))) for x in ("n", "y"))
        assert mapped.origin is not None and local.origin is None
        assert local.status == (302 if path == "/r" else None)

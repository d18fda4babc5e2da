"""The request line as it was written, and question marks that clients escape, on httpd and HAProxy (RW-11, HAP-102)."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from itertools import product

import pytest

from tests.targets.configs import host
from tests.targets.echoes import exchange
from tests.targets.fronts import MODULES, Fronts, differing, fronts

pytestmark = pytest.mark.live
_LINES = (
    'RewriteCond %{THE_REQUEST} "^[A-Z]{3,9} /([^ ]*)index\\.html"', "RewriteRule ^ /%1 [R=301,L]",
    'RewriteCond %{THE_REQUEST} "\\s/old[?\\s]" [NC]', "RewriteRule ^ - [F]",
    'RewriteCond %{THE_REQUEST} "^(GET|HEAD) /t(\\S+) HTTP/1\\.[01]$"', "RewriteRule ^ http://127.0.0.1:{one}/u%2 [P]",
    "RewriteCond %{THE_REQUEST} //", "RewriteRule ^ /merged%{REQUEST_URI} [R=302,L]",
    'RewriteCond %{THE_REQUEST} "^[A-Z]+ /i\\.php/([^ ?]+)"', "RewriteRule ^ /wiki/%1? [B,NE,R=301,L]",
    "RewriteCond %{THE_REQUEST} \\?title=([^\\s&]+)", "RewriteRule ^/w$ /%1? [R=301,L,NE]",
    "RewriteCond %{SERVER_PROTOCOL} =HTTP/1.0", "RewriteRule ^/ten - [G]",
    "RewriteCond %{IS_SUBREQ} =true", "RewriteRule ^ - [F]",
    'RequestHeader set X-Line "expr=%{THE_REQUEST}|%{SERVER_PROTOCOL}"',
    'Header set X-Answer "expr=%{THE_REQUEST}|%{SERVER_PROTOCOL}"',
    '<If "%{THE_REQUEST} =~ m#secret#">\nRequire all denied\n</If>',
)  # fmt: skip
_MARKS = (
    "RewriteRule ^/tame/([a-z]+)/ http://127.0.0.1:{one}/$1 [P]",
    "RewriteRule ^/own/(.*)$ http://127.0.0.1:{one}/x?p=$1 [P]",
    "RewriteRule ^/all/ http://127.0.0.1:{one}%{REQUEST_URI} [P]",
    "RewriteRule ^/any/(.*)$ http://127.0.0.1:{one}/$1 [P]",
    "RewriteRule ^/sent/([a-z]+)/ /z/$1 [R]",
    "RewriteRule ^/moved/(.*) /z/$1 [R]",
    "RewriteCond %{QUERY_STRING} (.+)",
    "RewriteRule ^/asked/ http://127.0.0.1:{one}/%1 [P]",
)
_PATHS = (
    "/", "/x/index.html", "/index.html?a=b", "/old", "/OLD?x", "/older", "/t/abc", "/t/a%20b?q=1", "/t//x%3Fy", "//x",
    "/ten", "/x%2520y/index.html", "/%C3%A9/index.html", "/a//b", "/x?q=a'b", "/secret", "/%73ecret", "/x?secret",
    "/i.php/a%26b", "/i.php/a?x", "/w?title=Foo%20Bar", "/w?title=Foo&x=1", "/w?title=%2F%2Fx", "/w?title=A%3Fb",
    "http://line.test/x/index.html", "http://line.test/t/y",
)  # fmt: skip
_RESTS = ("/x", "/x%3Fy", "/%3f", "/x?q", "/x%3Fy?q=%3F")


@pytest.fixture(scope="module", params=["2.6", "2.8"])
def running(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronts]:
    proxied = "ProxyPass / http://127.0.0.1:{one}/"
    hosts = (
        host("DocumentRoot /nowhere", "RewriteEngine On", *lines, names=f"ServerName {name}.test", address="*:{port}")
        for name, lines in {"line": (*_LINES, proxied), "mark": _MARKS}.items()
    )
    modules = (*MODULES, "rewrite_module", "headers_module", "http2_module")
    versions, text = {"haproxy": request.param}, "Protocols h2c http/1.1\n" + "".join(hosts)
    with fronts(text, tmp_path_factory.mktemp("line"), modules, versions, ("haproxy",)) as found:
        yield found


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_what_the_client_wrote(method: str, running: Fronts) -> None:
    """Before slashes are merged and escapes decoded; of an absolute target all of it."""
    asked = {
        path: [exchange(running.at[each], "line.test", path, method=method) for each in ("httpd", "haproxy")]
        for path in _PATHS
    }
    assert {path: _told(*ours) for path, (_, ours) in asked.items()} == {
        path: _told(*theirs) for path, (theirs, _) in asked.items()
    }


@pytest.mark.parametrize("target", ["/a//b?c=%20", "/x/index.html", "/%73ecret"])
def test_over_http2_a_line_is_made_up(target: str, running: Fronts) -> None:
    theirs, ours = (_line_told(running.at[name], target) for name in ("httpd", "haproxy"))
    assert ours == theirs
    assert ours[0].endswith("|HTTP/2.0") or "location" in ours[0]


def _line_told(port: int, target: str) -> list[str]:
    command = ["curl", "-sS", "-i", "--http2-prior-knowledge", "--path-as-is", "-H", "Host: line.test"]
    done = subprocess.run([*command, f"http://127.0.0.1:{port}{target}"], capture_output=True, text=True, timeout=10,
                          check=True)  # fmt: skip
    return sorted(each for each in done.stdout.splitlines() if each.lower().startswith(("location:", "x-answer:")))


def _told(lines: list[str], body: str) -> tuple[str, list[str], str]:
    """The status, what the rules and lines said, and what an origin was asked."""
    told = [each for each in lines if each.lower().startswith(("location:", "x-answer:"))]
    return lines[0].split()[1], [each.partition(":")[2] for each in told], body if body[:1].isdigit() else ""


def test_a_question_mark_is_refused_only_where_it_would_begin_a_query(running: Fronts) -> None:
    """``([a-z]+)`` holds none, whatever stands behind it, and a query keeps its own escapes."""
    names = ("tame/b", "own", "all", "any", "sent/b", "moved", "asked")
    assert not differing(running, "mark.test", [f"/{name}{rest}" for name, rest in product(names, _RESTS)])

"""The compiled walk comes to the very decision of ``decide``: over everything that was asked of the real server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from apacheconf.program.decide import decide
from apacheconf.program.loading import load
from apacheconf.program.program import Program
from apacheconf.program.request import Request
from apacheconf.runtime.compiled.walk import decide_compiled
from tests import rewriting
from tests.program import asked


def same(program: Program, request: Request) -> None:
    ours, theirs = decide_compiled(program, request).decision, decide(program, request)
    assert ours == theirs, request
    assert ours.state is not None and theirs.state is not None
    assert dict(ours.state.env) == dict(theirs.state.env), request
    assert ours.state.captures == theirs.state.captures, request


@pytest.mark.parametrize("topic", list(asked.topics()), ids=lambda topic: topic.name)
def test_decides_as_the_interpreter_what_was_asked(topic: asked.Topic) -> None:
    program = asked.program_of(topic)
    for each in topic.asked:
        method, target, host, address = each.words
        headers = () if host == "-" else (("Host", host),)
        same(program, Request(method, target, headers, local=(address, 80)))


@pytest.mark.parametrize("file", rewriting.FILES)
def test_decides_as_the_interpreter_what_rules_make(file: str, tmp_path: Path) -> None:
    authorities = {"{o}": "10.0.0.1:8001", "{p}": "10.0.0.2:8002"}
    stage = rewriting.Stage(80, authorities, tmp_path / "www")
    rewriting.write_files(stage.root, authorities)
    site = tmp_path / "site.conf"
    site.write_text(stage.config(file))
    program = load([str(site)]).require()
    for ruleset in rewriting.read(file):
        for line in ruleset.requests:
            same(program, rewriting.parse_request(line, ruleset, stage))


MIXED = """
Listen 80
ServerName main.example
RewriteEngine On
{many}
RewriteRule ^/chain/(.*)$ /c/$1 [C]
RewriteRule ^/c/x(.*)$ /d/$1 [PT]
RewriteRule ^/n(a*)b(.*)$ /n$1$2 [N=4]
SetEnvIf User-Agent "Bad(Bot|Crawler)/([0-9.]+)" bad=$1 version=$2
SetEnvIfNoCase Request_URI "\\.(GIF|jpe?g)$" image !bad
SetEnvIf ^X-A "(.+)" other=$1
<Location /admin>
SetEnvIf Remote_Addr "^10\\." inside
RequestHeader set X-Inside %{{inside}}e env=inside
ProxyPreserveHost On
</Location>
<LocationMatch "^/(?<area>[a-z]+)/list$">
RequestHeader set X-Area "%{{MATCH_AREA}}e"
</LocationMatch>
<If "%{{HTTP_COOKIE}} =~ /user=([a-z]+)/ && %{{REQUEST_METHOD}} != 'POST'">
RequestHeader set X-User expr=%{{HTTP_COOKIE}}
ProxyAddHeaders Off
</If>
<ElseIf "%{{QUERY_STRING}} -strmatch 'a*'">
Header set X-Query yes
</ElseIf>
<Proxy http://10.0.0.2/*>
RequestHeader set X-Proxied yes
</Proxy>
RedirectMatch 302 ^/moved/([0-9]+)$ /there/$1
ProxyPass /bar http://10.0.0.2/ nocanon
ProxyPassMatch ^/m/(.*)\\.gif$ http://10.0.0.2/$1
ProxyPass / http://10.0.0.1/
"""
MANY = "\n".join(f"RewriteRule ^/p{n}/([a-z]+)$ /q{n % 7}/$1 [PT{',L' if n % 3 else ''}]" for n in range(40))
TARGETS = (
    "/", "/p3/abc", "/p3/ABC", "/p12/a", "/p39/zz?a=b", "/p4", "/chain/xyz", "/chain/abc", "/naaab/c", "/n", "/nb",
    "/a.gif", "/A.JPG", "/admin", "/admin/x", "/user/list", "/moved/77", "/moved/x", "/bar/%2e%20", "/bar//x",
    "/m/a.gif", "/m/a.png", "/q?abc", "/%zz", "/a%20b?c d", "/p1/a%0ab", "*", "http://other.example/p3/abc",
)  # fmt: skip
FIELDS = (
    (),
    (("User-Agent", "BadBot/1.2"), ("Cookie", "user=joe; x=1")),
    (("User-Agent", "BadCrawler/3"), ("X-A", "1"), ("X-AB", "2"), ("Max-Forwards", "0")),
    (("Connection", "close, X-A"), ("X-A", "1"), ("Expect", "100-continue")),
)


def requests() -> Iterator[Request]:
    for method in ("GET", "POST", "OPTIONS", "TRACE", "CONNECT"):
        for target in TARGETS:
            for fields in FIELDS:
                for peer in ("10.1.2.3", "192.0.2.1"):
                    yield Request(method, target, (("Host", "main.example"), *fields), peer=(peer, 4000))


def test_decides_as_the_interpreter_whatever_is_mixed(tmp_path: Path) -> None:
    site = tmp_path / "site.conf"
    site.write_text(f"DocumentRoot {tmp_path}/none\n" + MIXED.format(many=MANY))
    program = load([str(site)]).require()
    for request in requests():
        same(program, request)

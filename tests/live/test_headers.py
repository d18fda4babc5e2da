"""mod_headers, mod_setenvif and mod_env on the real httpd and on ours, with the same text and the same bytes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.live.same import Asked, differences

pytestmark = pytest.mark.live

EDITS = r"""
<VirtualHost *:80>
    ServerName a.example
    ProxyPass /p http://10.0.0.1:8080/
    SetEnvIf X-Lit abc LIT=$0-x
    SetEnvIf X-Lit a(b)c RE=$0-$1-\$1
    SetEnvIf X-Lit a Case=1
    SetEnv Case 2
    SetEnv CASE2 2
    SetEnv case2 3
    RequestHeader set R-Lit %{LIT}e
    RequestHeader set R-Re %{RE}e
    RequestHeader set R-Case "%{CASE}e %{Case2}e %{REQUEST_URI}e"
    RequestHeader set X-LIT new
    RequestHeader add X-Two 1
    RequestHeader append X-Two 2
    RequestHeader merge X-Two 2
    RequestHeader merge X-Two 3
    RequestHeader edit X-Ed a b
    RequestHeader edit* X-Ed2 a [$0]
    RequestHeader edit* X-Ed3 ^a X
    RequestHeader edit X-Ed4 (.)(.) "$2\\$1&$1"
    RequestHeader setifempty X-Se d
    RequestHeader setifempty X-Se2 d
    RequestHeader unset X-Gone
    RequestHeader set X-Empty ""
    RequestHeader set X-Tls "%{X}s 100%"
    RequestHeader set Host foo.example
    RequestHeader set X-Expr "expr=%{REQUEST_URI}-%{HTTP_HOST}-%{env:LIT}"
    RequestHeader set X-Cond 1 env=LIT
    RequestHeader set X-Not 1 env=!LIT
    RequestHeader set X-Match 1 "expr=req('X-Lit') =~ /b/"
    RequestHeader add X-Add 1
    RequestHeader add X-Add 2
    Header set X-O 1
    Header set X-Origin 2
    Header append X-Origin 3
    Header add X-Dup 9
    Header always set X-A 1
    Header always set X-Origin A
    Header always unset X-Kept
    Header unset X-Rm
    Header edit X-E1 o 0
    Header edit* X-E2 o 0
    Header set X-St "expr=%{REQUEST_STATUS}"
    Header set X-Error 1 "expr=%{REQUEST_STATUS} -ge 400"
    Header set X-Resp "expr=%{resp:X-Origin}"
    Header note X-Origin notename
    Header echo ^X-L
    Header set Content-Type text/x
    Header set Server foo
    Header merge Cache-Control private
    Header setifempty X-Se 1
</VirtualHost>
"""
GIVEN = [
    ("X-Lit", "abc"), ("X-Ed", "aaa"), ("X-Ed2", "aaa"), ("X-Ed3", "aaab"), ("X-Ed4", "pq"), ("X-Se", ""),
    ("X-Gone", "1"), ("X-Two", "0"),
]  # fmt: skip
ANSWERED = [
    ["X-Dup", "1"], ["X-Dup", "2"], ["X-Rm", "1"], ["X-E1", "oo"], ["X-E1", "oo"], ["X-E2", "oo"], ["X-Kept", "1"],
    ["Cache-Control", "private, x"], ["Set-Cookie", "a=b"],
]  # fmt: skip
ABOUT_EDITS: dict[str, Asked] = {
    "with everything": {"path": "/x", "headers": GIVEN, "orders": {"headers": ANSWERED}},
    "with nothing": {"path": "/x"},
    "the origin's 404": {"path": "/x", "orders": {"status": 404}},
    "our own 404": {"target": "/elsewhere"},
    "TRACE": {"target": "/p/x", "method": "TRACE"},
    "a bad path": {"target": "/p/%zz"},
    "HTTP/1.0": {"path": "/x", "version": "HTTP/1.0"},
    "no Host": {"path": "/x", "host": None},
    "a field that can't be read": {"path": "/x", "headers": [("Bad Name", "x")]},
}

PLACES = r"""
<VirtualHost *:80>
    ServerName a.example
    ProxyPass / http://10.0.0.1:8080/
    SetEnvIf ^X-G y LITERAL=$0
    SetEnvIfNoCase ^X-G Y LITERAL2=$0
    SetEnvIf ^x-go y NONE=1
    SetEnvIf CHAIN ^$ CHAIN=1
    SetEnvIf CHAIN 1 AFTER=1
    SetEnvIf chain ^$ AGAIN=1
    SetEnvIf Host . BETWEEN=1
    SetEnvIf CHAIN 1 LAST=1
    SetEnvIf Remote_Addr ^(.*)$ RA=$0
    SetEnvIf Server_Addr ^(.*)$ SA=$0
    SetEnvIf Request_Method ^(.*)$ RM=$0
    SetEnvIf Request_Protocol ^(.*)$ RP=$0
    SetEnvIf Request_URI ^(.*)$ RU=$0
    SetEnvIf Remote_Host ^(.*)$ RH=$0
    SetEnvIf X-Early ^(.*)$ XE=$0
    SetEnvIf RM ^G.T$ FROM_ENV=1
    SetEnvIf NoSuch ^$ EMPTY=1
    SetEnvIf X-Goo y TOGO=1 BANG=!x EQ=a=b
    SetEnvIf X-Goo y !TOGO
    SetEnvIfExpr "req('X-Goo') =~ /(.)/" EX=[$1]
    BrowserMatch Moz BM=$0
    BrowserMatchNoCase ^moz BMN=$0
    RequestHeader set R1 "%{LITERAL}e %{LITERAL2}e %{NONE}e %{AFTER}e %{AGAIN}e %{LAST}e"
    RequestHeader set R2 "%{RA}e %{SA}e %{RM}e %{RP}e %{RU}e %{RH}e %{FROM_ENV}e"
    RequestHeader set R3 "%{XE}e %{EMPTY}e %{TOGO}e %{BANG}e %{EQ}e %{EX}e %{BM}e %{BMN}e"
    RequestHeader set R4 "%{LOCV}e %{LOCS}e %{UNSET}e"
    RequestHeader set X-Early e early
    SetEnv UNSET 1
    SetEnv LOCS outer
    Header set EO 1 early
    Header always set EA 1 early
    Header set X-L "%{LOCV}e"
    Header set X-Empty ""
    <Location /l>
        UnsetEnv UNSET
        UnsetEnv RM
        SetEnvIf X-Goo y LOCV=1
        SetEnv LOCS inner
        RequestHeader set X-Early l early
        RequestHeader append R4 loc
        Header always append EA 2
    </Location>
    <Location /ct>
        Header set Content-Type text/y
    </Location>
    <Location /ctu>
        Header unset Content-Type
        Header unset Date
        Header unset Server
        Header unset Content-Length
    </Location>
    <Location /cte>
        Header edit Content-Type plain fancy
    </Location>
    <Location /cta>
        Header always set Content-Type text/always
        Header always set Server sss
        Header always set Date ddd
        Header add Server ttt
        Header append Content-Type app
    </Location>
    <Location /here>
        ProxyPass !
    </Location>
    <If "%{REQUEST_URI} =~ m#^/if#">
        RequestHeader set R-If 1
        Header set X-If 1
        SetEnvIf X-Goo y IFV=1
        SetEnv IFS 1
        RequestHeader set R-IfV "%{IFV}e %{IFS}e"
    </If>
</VirtualHost>
"""
_PATHS = ("/a", "/l/a", "/ct", "/ctu", "/cte", "/cta", "/here/x", "/if", "/if/l")
ABOUT_PLACES: dict[str, Asked] = {
    **{path: {"target": path, "headers": [("X-Goo", "y"), ("User-Agent", "Mozilla/5")]} for path in _PATHS},
    "HEAD": {"target": "/ct", "method": "HEAD"},
    "the origin's redirect": {"target": "/ct", "orders": {"status": 302, "headers": [["Location", "/x"]]}},
    "304": {"target": "/ct", "orders": {"status": 304}},
    "204": {"target": "/ct", "orders": {"status": 204}},
    "chunked": {"target": "/ctu", "orders": {"framing": "chunked"}},
    "POST": {"target": "/l/a", "method": "POST", "headers": [("Content-Length", "3")], "body": b"abc"},
    "Expect": {"target": "/a", "headers": [("Expect", "foo")]},
}

SETTLED = """
<VirtualHost *:80>
    ServerName a.example
    ProxyPass / http://10.0.0.1:8080/
    RequestHeader set X-Forwarded-Proto https
    RequestHeader unset Accept-Encoding
    RequestHeader append X-Many b
    RequestHeader edit Cookie secret ***
    SetEnv UNUSED 1
    Header always set Strict-Transport-Security "max-age=31536000; includeSubDomains"
    Header set X-Frame-Options DENY
    Header unset X-Powered-By
    Header edit Set-Cookie ^(.*)$ "$1; Secure"
</VirtualHost>
"""
_SENT = [("Accept-Encoding", "gzip"), ("X-Many", "a"), ("Cookie", "a=secret"), ("X-Forwarded-Proto", "http")]
ABOUT_SETTLED: dict[str, Asked] = {
    "once": {"path": "/x", "headers": _SENT, "orders": {"headers": [["X-Powered-By", "x"], ["Set-Cookie", "a=1"]]}},
    "again": {"path": "/x", "headers": _SENT, "orders": {"headers": [["X-Powered-By", "x"], ["Set-Cookie", "a=1"]]}},
    "POST": {"path": "/x", "method": "POST", "headers": [("Content-Length", "3"), *_SENT], "body": b"abc"},
    "hop by hop": {"path": "/x", "headers": [("Connection", "X-Many, X-Forwarded-Proto"), *_SENT]},
    "HTTP/1.0 without Host": {"path": "/x", "version": "HTTP/1.0", "host": None},
    "the origin's error": {"path": "/x", "orders": {"status": 503}},
    "our own error": {"path": "/x", "orders": {"raw": "nonsense"}},
    "a bad path": {"target": "/%zz"},
    "OPTIONS *": {"target": "*", "method": "OPTIONS"},
}

MEMBER = """
<VirtualHost *:80>
    ServerName a.example
    Header add Set-Cookie "ROUTEID=.%{BALANCER_WORKER_ROUTE}e; path=/" env=BALANCER_ROUTE_CHANGED
    Header set X-Name "%{BALANCER_NAME}e"
    Header always set X-Always "%{BALANCER_WORKER_ROUTE}e"
    <Proxy balancer://c>
        BalancerMember http://10.0.0.1:8080 route=a
        BalancerMember http://10.0.0.2:8080 route=b
        ProxySet stickysession=ROUTEID
    </Proxy>
    ProxyPass / balancer://c/
</VirtualHost>
"""
ABOUT_MEMBER: dict[str, Asked] = {
    "no session": {"path": "/x"},
    "a session": {"path": "/x", "headers": [("Cookie", "ROUTEID=.b")]},
    "a route that is none": {"path": "/x", "headers": [("Cookie", "ROUTEID=.zz")]},
    "an interim answer": {"path": "/x", "orders": {"interim": [[103, [["X-Name", "1"]]]]}},
    "a page of our own": {"path": "/%2f"},
}


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        pytest.param(EDITS, ABOUT_EDITS, id="edits"),  # HD-1 to HD-6, HD-8, INH-5, EXPR-42, EXPR-43, EV-1, EV-6, EV-7
        pytest.param(PLACES, ABOUT_PLACES, id="places"),  # OR-1, OR-3, OR-5, HD-7, MRG-21, MRG-22, EV-1 to EV-4
        pytest.param(MEMBER, ABOUT_MEMBER, id="member"),  # HD-5, HD-9, ST-11: known when the member is chosen
        pytest.param(SETTLED, ABOUT_SETTLED, id="settled"),  # HD-1 to HD-4: the same for every request
    ],
)
def test_httpd_and_serve_agree(tmp_path: Path, text: str, asked: dict[str, Asked]) -> None:
    assert differences(tmp_path, text, asked) == {}

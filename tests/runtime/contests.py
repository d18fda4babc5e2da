"""The contests: balancing, failing over, waiting. The name of each ends with the statements it asks about."""

from __future__ import annotations

from tests.runtime.arrangements import SETTINGS
from tests.runtime.contest import Ask, Contest, Log, Pause, Raw, Step, Talk, Together, Turns, Up, cluster
from tests.runtime.endings import ENDINGS
from tests.runtime.parameters import CONTESTS as PARAMETERS
from tests.runtime.partial import PARTIAL
from tests.runtime.script_members import SCRIPT_MEMBERS
from tests.runtime.turns import TURNS

_STICKY = "stickysession=SID"
_AB = ("{A} route=a", "{B} route=b")


def cookie(value: str) -> str:
    return f"Cookie: {value}\r\n"


def _asks(*texts: str) -> tuple[Step, ...]:
    """Each a path, or a cookie for ``/``; every one is asked twice, because turns could hide a missing route."""
    return tuple(Ask(f"GET {t}", 2) if t.startswith("/") else Ask(headers=cookie(t), times=2) for t in texts)


STICKY = (
    Contest(
        "sticky: URL and cookie ST-1 ST-2 ST-3 ST-5 ST-6 LB-18",
        cluster(*_AB, "{C}", settings=_STICKY),
        (
            *_asks("/", "/p;SID=x.b", "/p?SID=x.a", "/p?XSID=x.b", "/p;SID=x.b;z=1", "/p?SID=x.b&c=d"),
            *_asks("/p?SID=&SID=x.b"),
            *_asks("SID=x.b", "q=1; SID=x.a", "q=1,SID=x.b", "XSID=x.b", "sid=x.b", 'SID="x.b"', "SID=x.b; z=1"),
            *_asks("SID=x.B", "SID=b", "SID=x.c.d", "SID=.b", "SID = x.b", "SID=; SID=x.b", "SID=x.", "SID="),
            Ask("GET /p?SID=x.a", 2, cookie("SID=x.b")),
            Ask("GET /p?SID=y", 2, cookie("SID=x.b")),
            Ask(headers=cookie("a=1") + cookie("SID=x.b"), times=2),
        ),
    ),
    Contest(
        "sticky: two names ST-4 BP-2",
        cluster(*_AB, settings="stickysession=JSESSIONID|jsessionid"),
        _asks("/p;jsessionid=x.b", "/p;JSESSIONID=x.b", "JSESSIONID=x.b", "jsessionid=x.b", "/"),
    ),
    Contest(
        "sticky: separators ST-2 ST-5 BP-3 BP-4",
        cluster(*_AB, "{C} route=b;z=1", settings=f"{_STICKY} stickysessionsep=- scolonpathdelim=On"),
        _asks("/p;SID=x-b;z=1", "/p;SID=x-b", "SID=x-a", "SID=x.a", "SID=x-y-a"),
    ),
    Contest(
        "sticky: no separator ST-5 BP-3",
        cluster(*_AB, settings=f"{_STICKY} stickysessionsep=Off"),
        _asks("/p;SID=b", "SID=a", "SID=x.a", "/p;SID=b;z=1"),
    ),
    Contest(
        "sticky: looked for after mapping ST-12",
        "<Proxy balancer://c>\nBalancerMember http://{A} route=a\nBalancerMember http://{B} route=b\n"
        "ProxySet stickysession=SID\n</Proxy>\nProxyPass /app;SID=x.b balancer://c/fixed\nProxyPass / balancer://c/x;SID=y.a/\n",
        (Ask("GET /app;SID=x.b", 3, show=("target",)), Ask("GET /q", 3, show=("target",))),
    ),
    Contest(
        "sticky: redirect and failover ST-8 ST-9 LB-7 WP-22",
        cluster("{A} route=a redirect=c", "{B} route=b", "{C} route=c", settings=_STICKY),
        (*_asks("SID=x.a"), Up("BC"), *_asks("SID=x.a", "SID=x.c", "SID=x.b"), Up("B"), *_asks("SID=x.a", "SID=x.c")),
    ),
    Contest(
        "sticky: redirects in a circle ST-8",
        cluster("{A} route=a redirect=b status=+D", "{B} route=b redirect=a status=+D", "{C}", settings=_STICKY),
        _asks("SID=x.a", "SID=x.b"),
    ),
    Contest(
        "sticky: nofailover ST-9 BP-5",
        cluster("{A} route=a", "{B} route=b status=+D", settings=f"{_STICKY} nofailover=On"),
        (*_asks("SID=x.b", "SID=x.a", "SID=x.zz", "/"), Up("BC"), *_asks("SID=x.a", "/")),
    ),
    Contest(
        "sticky: standby with the route ST-7",
        cluster("{A} route=a", "{B} route=b status=+H", "{C} route=a status=+H", settings=_STICKY),
        (*_asks("SID=x.b", "SID=x.a", "/"), Up("BC"), *_asks("SID=x.a")),
    ),
    Contest(
        "sticky: draining LB-8",
        cluster("{A} route=a status=+N", "{B} route=b", settings=_STICKY),
        _asks("/", "SID=x.a", "SID=x.b", "/"),
    ),
)  # fmt: skip

FLAGS = (
    Contest(
        "flags: a spare that stands first comes last LB-2 LB-4 LB-12",
        cluster("{A} status=+R", "{B} loadfactor=3", "{C} status=+D"),
        (Ask(times=9),),
    ),
    Contest(
        "flags: disabled, stopped, combined LB-3 LB-7 LB-23 WP-23",
        cluster("{A} status=+D", "{B} status=S", "{C} status=DI-D"),
        (Ask(times=3),),
    ),
    Contest("flags: +E is forgotten LB-10", cluster("{A} status=+E", "{B}"), (Ask(times=4),)),
    Contest(
        "flags: hot spare LB-4 WP-23", cluster("{A}", "{B}", "{C} status=+R"), (Ask(times=4), Up("BC"), Ask(times=6))
    ),
    Contest(
        "flags: hot standby LB-5 LB-6",
        cluster("{A}", "{B} status=+H", "{C} status=+H", "{D} status=+R"),
        (Ask(times=3), Up("BCD"), Ask(times=3), Up("BC"), Ask(times=5)),
    ),
    Contest(
        "flags: sets LB-1 WP-20",
        cluster("{A} lbset=1", "{B} lbset=0", "{C} lbset=1"),
        (Ask(times=3), Up("AC"), Ask(times=4)),
    ),
    Contest("flags: ignore errors FO-6 LB-9 WP-23", cluster("{A} status=+I", "{B}"), (Up("B"), Ask(times=6))),
    Contest("flags: a lone worker that is off WP-32", "ProxyPass / http://{A}/ status=+D\n", (Ask(times=2),)),
    Contest(
        "flags: a lone worker WP-31",
        "ProxyPass / http://{A}/ retry=60\n",
        (Up(""), Ask(times=2), Up("A"), Ask()),
    ),
    Contest(
        "flags: a lone worker that takes errors WP-31",
        "ProxyPass / http://{A}/ status=-I retry=1\n",
        (Up(""), Ask(times=2), Up("A"), Ask(), Pause(1.3), Ask()),
    ),
)
FAILING = (
    Contest("fail: maxattempts=0 FO-8 BP-6", cluster("{A}", "{B}", settings="maxattempts=0"), (Up("B"), Ask(times=3))),
    Contest(
        "fail: maxattempts=1 FO-8",
        cluster("{A}", "{B}", "{C}", "{D}", settings="maxattempts=1"),
        (Up("D"), Ask(times=4)),
    ),
    Contest("fail: three of four FO-4 FO-8", cluster("{A}", "{B}", "{C}", "{D}"), (Up("D"), Ask(times=3))),
    Contest("fail: a body is sent again FO-5", cluster("{A}", "{B}"), (Up("B"), Ask("POST /", 2, body="x" * 500))),
    Contest(
        "fail: retry FO-2 FO-3 WP-8",
        cluster("{A} retry=1", "{B}"),
        (Up("B"), Ask(times=2), Up("AB"), Ask(times=2), Pause(1.3), Ask(times=4)),
    ),
    # The member may be tried twice for one request, or not: that is decided by the microsecond.
    Contest(
        "fail: retry=0 FO-9 WP-8", cluster("{A} retry=0", "{B}"), (Up("B"), Ask(times=3), Up("AB"), Turns(Ask(times=6)))
    ),
    Contest(
        "fail: forced recovery FO-10 BP-10",
        cluster("{A}", "{B}"),
        (Up(""), Ask(times=2), Up("AB"), Ask(times=3)),
    ),
    Contest(
        "fail: no forced recovery FO-10",
        cluster("{A}", "{B}", settings="forcerecovery=Off"),
        (Up(""), Ask(times=2), Up("AB"), Ask(times=3)),
    ),
    Contest(
        "fail: forced recovery needs all in error FO-10",
        cluster("{A}", "{B} status=+D"),
        (Up("B"), Ask(times=1), Up("AB"), Ask(times=2)),
    ),
    Contest(
        "fail: waiting for a member FO-11 BP-7",
        cluster("{A} retry=1", settings="timeout=3 forcerecovery=Off"),
        (Up(""), Ask(), Up("A"), Ask(times=2)),
    ),
    Contest(
        "fail: failonstatus FO-12 BP-8",
        cluster("{A}", "{B}", settings="failonstatus=503,418"),
        (Ask(ctl='{"status": 503}'), Ask(times=3), Ask(ctl='{"status": 500}'), Ask(times=2)),
    ),
    Contest(
        "fail: failontimeout FO-13 BP-9",
        cluster("{A} timeout=1", "{B} timeout=1", settings="failontimeout=On"),
        (Ask(ctl='{"delay": 1.6}'), Pause(0.8), Ask(times=3)),
    ),
    Contest(
        "fail: timeouts are no errors FA-8",
        cluster("{A} timeout=1", "{B} timeout=1"),
        (Ask(ctl='{"delay": 1.6}'), Pause(0.8), Ask(times=3)),
    ),
    Contest(
        "fail: the pool is empty FA-12 WP-2 WP-5",
        cluster("{A} max=1 acquire=200", "{B} max=1 acquire=200"),
        (Together((Ask(ctl='{"delay": 0.8}'), Ask(ctl='{"delay": 0.8}'), Ask()), 0.05), Ask(times=3)),
    ),
    Contest(
        "fail: a lone worker's pool is empty WP-5 FA-12",
        "ProxyPass / http://{A}/ max=1 acquire=200\n",
        (Together((Ask(ctl='{"delay": 0.8}'), Ask())), Ask()),
    ),
    Contest(
        "fail: waiting for a connection WP-2",
        "ProxyPass / http://{A}/ max=1\n",
        (Together((Ask(ctl='{"delay": 0.4}'), Ask(ctl='{"delay": 0.2}'), Ask())), Ask()),
    ),
)
_BIG = '{"size": 900}'
METHODS = (
    Contest(
        "method: factors LB-12 LB-13 LB-15", cluster("{A}", "{B} loadfactor=2", "{C} loadfactor=3"), (Ask(times=12),)
    ),
    Contest(
        "method: bytraffic LB-19",
        cluster("{A}", "{B} loadfactor=2", "{C} loadfactor=3", settings="lbmethod=bytraffic"),
        (Ask(times=12), Ask(ctl=_BIG), Ask(times=6)),
    ),
    Contest(
        "method: bybusyness when idle LB-20",
        cluster("{A}", "{B} loadfactor=2", "{C} loadfactor=3", settings="lbmethod=bybusyness"),
        (Ask(times=12),),
    ),
    Contest(
        "method: sessions take turns too LB-18", cluster(*_AB, settings=_STICKY), (*_asks("SID=x.b"), Ask(times=6))
    ),
)


def _upgrade(path: str, lines: str = "Connection: Upgrade\r\nUpgrade: websocket\r\n", method: str = "GET") -> str:
    return f"{method} {path} HTTP/1.1\r\nHost: example.com\r\n{lines}\r\n"


TUNNELS = (
    Contest(
        "tunnel: upgrade=websocket WS-1 WS-2 WS-4 WS-5 WS-7 WP-24",
        "ProxyPass / http://{W}/ upgrade=websocket\nProxyAddHeaders Off\n",
        (
            Talk(_upgrade("/echo/websocket"), ("one ", "two ")),
            Talk(_upgrade("/echo/WebSocket") + "early ", ("late ",)),
            Talk(_upgrade("/echo/websocket", method="POST"), ("one ",)),
            Talk(_upgrade("/echo/websocket", "Upgrade: WEBSOCKET\r\n")),
            Talk(_upgrade("/echo/other")),
            Talk(_upgrade("/plain")),
            Talk(_upgrade("/plain", "Connection: close\r\n")),
            Talk(_upgrade("/echo/h2c", "Connection: Upgrade, close\r\nUpgrade: h2c\r\n")),
            Talk(_upgrade("/plain", "Connection: Upgrade, close\r\nUpgrade: websocket, h2c\r\n")),
        ),
    ),
    Contest(
        "tunnel: any protocol WS-3",
        "ProxyPass / http://{W}/ upgrade=ANY\nProxyAddHeaders Off\n",
        (
            Talk(_upgrade("/echo/chat", "Connection: Upgrade\r\nUpgrade: chat\r\n"), ("one ",)),
            Talk(_upgrade("/echo/other", "Connection: Upgrade\r\nUpgrade: chat\r\n"), ("one ",)),
        ),
    ),
    Contest(
        "tunnel: a list of protocols WP-24 WS-1",
        "ProxyPass / http://{W}/ upgrade=chat,telegraph\nProxyAddHeaders Off\n",
        (
            Talk(_upgrade("/echo/telegraph", "Connection: Upgrade\r\nUpgrade: Telegraph\r\n"), ("one ",)),
            Talk(_upgrade("/plain", "Connection: Upgrade, close\r\nUpgrade: websocket\r\n"), ("one ",)),
            Talk(_upgrade("/plain", "Connection: Upgrade, close\r\nUpgrade: chatter\r\n"), ("one ",)),
        ),
    ),
    Contest(
        "tunnel: not asked for WS-3 RS-20",
        "ProxyPass / http://{W}/\nProxyAddHeaders Off\n",
        (Talk(_upgrade("/echo/websocket")), Talk(_upgrade("/plain"))),
    ),
    Contest(
        "tunnel: ws:// WS-6 WS-1",
        "ProxyPass / ws://{W}/\nProxyAddHeaders Off\n",
        (
            Talk(_upgrade("/echo/websocket"), ("one ",)),
            Talk(_upgrade("/plain", "Connection: close\r\n")),
            Talk(_upgrade("/plain", "Connection: Upgrade, close\r\nUpgrade: chat\r\n")),
        ),
    ),
)
_SOCKET = "unix:{box}/a.sock|http:"
_ELSEWHERE = (
    "app:80",
    "app:443",
    "app:81",
    "[::1]",
    "[::1]:80",
    "[::1]:8080",
    "10.0.0.9:80",
    "10.0.0.9:8080",
    "APP.internal",
)
SOCKETS = (
    Contest(
        "socket: paths and hosts UN-1 UN-2",
        f"ProxyPass /a/ {_SOCKET}//app.internal/base/\nProxyPass /b {_SOCKET}\n"
        f"ProxyPass /c {_SOCKET}//localhost:8080/\n"
        f"ProxyPass /d {_SOCKET}//\n",
        tuple(
            Ask(f"GET {path}", show=("target", "sent:host")) for path in ("/a/x", "/b/x", "/b", "/c/x", "/c", "/d/x")
        ),
    ),
    Contest(
        "socket: ports in Host UN-1 RQ-10",
        "".join(f"ProxyPass /{n}/ {_SOCKET}//{at}/\n" for n, at in enumerate(_ELSEWHERE)),
        tuple(Ask(f"GET /{n}/", show=("sent:host",)) for n in range(len(_ELSEWHERE))),
    ),
    Contest(
        "socket: none there UN-3",
        "ProxyPass / unix:{box}/no.sock|http://localhost/\n",
        (Ask(show=("reason",)),),
    ),
    Contest(
        "socket: as a member UN-1 WK-3",
        f"<Proxy balancer://c>\nBalancerMember {_SOCKET}//one/x route=a\nBalancerMember http://{{B}} route=b\n"
        "</Proxy>\nProxyPass / balancer://c/\n",
        (Ask(times=4, show=("target", "sent:host")),),
    ),
)


def logs(*formats: str, further: str = "") -> str:
    """A log of these items, each between bars, and a mapping of everything but ``/local``."""
    text = "|".join(formats).replace('"', '\\"')
    return (
        f'CustomLog {{box}}/logs/access.log "{text}"{further}\nProxyPass /local !\nProxyPass /app/ http://{{A}}/base/\n'
    )


_TWO = "GET /app/1 HTTP/1.1\r\nHost: example.com\r\n\r\n"
LOGS = (
    Contest(
        "log: what a request was LG-2a LG-2b LG-2h LG-2k LG-2p LG-2r LG-2s",
        logs("%a", "%h", "%{c}a", "%A", "%l", "%u", "%m", "%U", "%q", "%r", "%H", "%>s", "%s", "%b", "%B", "%v%V%%"),
        (
            Ask("GET /app/x?a=b"), Ask("HEAD /app/x"), Ask("POST /app/x", body="hello"), Ask("GET /local/none?q"),
            Ask("GET /app/a%20b/%C3%A9"), Ask("GET http://example.com/app/abs"), Ask("GET /app/../app/./x//y"),
            Ask("GET /app/204", ctl='{"status": 204, "framing": "none"}'), Ask("GET /app/x", ctl='{"status": 503}'),
            Log(),
        ),
    ),
    Contest(
        "log: files, handlers, ports LG-2g LG-2m LG-2o LG-2l LG-2v",
        logs("%f", "%R", "%p", "%{canonical}p", "%{local}p", "%L", "%{x}n", "%{N}^ti", "%{N}^to"),
        (Ask("GET /app/x?a=b"), Log()),
    ),
    Contest(
        "log: files of balancers LG-2g",
        'CustomLog {box}/logs/access.log "%f %R"\n' + cluster("{A}", "{B}"),
        (Ask("GET /app/x?a=b", 2), Log()),
    ),
    Contest(
        "log: headers, cookies, variables LG-2c LG-2e LG-3 DEF-48",
        logs("%{Referer}i", "%{cookie}i", "%{a}C", "%{b}C", "%{X-Made}o", "%{none}o", "%{V}e", "%{none}e"),
        (
            Ask("GET /app/x", headers="Referer: a \"b\" \\\\ c\td\xe9\r\nCookie: a=1; b=\"2\"\r\n"),
            Ask(
                "GET /app/x", headers="Cookie: b=x=y;a=\r\nReferer: \r\n",
                ctl='{"headers": [["X-Made", "1"], ["X-Made", "2"]]}',
            ),
            Ask("GET /local/x"), Ask("GET /local/x\"y\\z"), Log(),
        ),
    ),
    Contest(
        "log: for some statuses LG-2t",
        logs("%404{X}i", "%!404,200{X}i", "%404s", "%!200U"),
        (Ask("GET /app/x", headers="X: here\r\n"), Ask("GET /local/x", headers="X: here\r\n"),
         Ask("GET /app/x", headers="X: here\r\n", ctl='{"status": 500}'), Log()),
    ),
    Contest(
        "log: connections LG-2j",
        logs("%k", "%X", "%I", "%>s"),
        (
            Talk(_TWO, (_TWO, "GET /app/2 HTTP/1.1\r\nHost: example.com\r\nConnection: close\r\n\r\n")),
            Talk("POST /app/3 HTTP/1.1\r\nHost: example.com\r\nContent-Length: 5\r\n\r\nhello"),
            Talk("GET /local/none HTTP/1.0\r\n\r\n"),
            Log(),
        ),
    ),
    Contest(
        "log: what could not be read LG-4",
        logs("%r", "%>s", "%m", "%U", "%H"),
        (Talk("GET / HTTP/1.1\r\n\r\n"), Talk("nonsense\r\n\r\n"),
         Talk("GET /app/ HTTP/1.1\r\nHost: a\r\nBad Name: x\r\n\r\n"), Talk("GET /app/old\r\n"), Log()),
        up="",
    ),
    Contest(
        "log: conditions LG-1",
        "SetEnvIf Request_URI quiet dontlog\nCustomLog {box}/logs/access.log \"not %U\" env=!dontlog\n"
        "CustomLog {box}/logs/access.log \"only %U\" env=dontlog\n"
        "CustomLog {box}/logs/access.log \"bad %U\" \"expr=%{REQUEST_STATUS} -ge 400\"\nProxyPass /app http://{A}\n",
        (Ask("GET /app/x"), Ask("GET /app/quiet"), Ask("GET /none/quiet"), Log()),
    ),
    Contest(
        "log: nicknames and TransferLog LG-1",
        'LogFormat "mine %U" mine\nCustomLog {box}/logs/access.log mine\nCustomLog {box}/logs/access.log common\n'
        'LogFormat "last %U"\nTransferLog {box}/logs/access.log\nProxyPass /app http://{A}\n',
        (Ask("GET /app/x"), Log()),
    ),
    Contest(
        "log: those of all hosts LG-1 INH-10",
        'CustomLog {box}/logs/access.log "host %U"\nProxyPass /app http://{A}\n',
        (Ask("GET /app/x"), Log()),
        main='GlobalLog {box}/logs/access.log "all %U"\nCustomLog {box}/logs/access.log "main %U"\n',
    ),
    Contest(
        "log: members of sessions ST-10 ST-11",
        'CustomLog {box}/logs/access.log "%{BALANCER_NAME}e|%{BALANCER_WORKER_NAME}e|%{BALANCER_WORKER_ROUTE}e|'
        '%{BALANCER_SESSION_STICKY}e|%{BALANCER_SESSION_ROUTE}e|%{BALANCER_ROUTE_CHANGED}e"\n'
        + cluster(*_AB, "{C}", settings=_STICKY),
        (
            *(Ask(headers=cookie(value)) for value in ("none=1", "SID=x.b", "SID=x.zz", "SID=x", "SID=x.", "SID=x.a")),
            Log(),
        ),
    ),
)  # fmt: skip
_STATUSES = (*range(400, 418), *range(421, 427), 428, 429, 431, 451, *range(500, 506), 507, 508, 510, 511)
_BODY = ("reason", "content-type", "body")
DOCUMENTS = (
    Contest(
        "documents: texts and URLs RS-24 RS-26 ED-1",
        'ErrorDocument 503 "sorry <b>{}"\nErrorDocument 404 http://elsewhere.example/missing\n'
        "ErrorDocument 403 default\nErrorDocument 502 'single'\nProxyPass /app http://{A}\nProxyPass /b http://{B}\n"
        "<Location /no>\nRequire all denied\n</Location>\n",
        (
            Ask("GET /b", show=_BODY), Ask("HEAD /b", show=_BODY),
            Ask("GET /gone?x=y", show=("location", "content-type")),
            Ask("GET /no", show=_BODY), Ask("GET /app", ctl='{"status": 404, "body": "own"}', show=_BODY),
            Ask("GET /app", ctl='{"raw": "HTTP/2.0 200 OK\\r\\n\\r\\n"}', show=_BODY),
        ),
        up="A",
    ),
    Contest(
        "documents: a text for what can't be read",
        'ErrorDocument 400 "bad"\nErrorDocument 405 "no"\nTraceEnable off\nProxyPass / http://{A}/\n',
        (Talk("GET / HTTP/1.1\r\nHost: example.com\r\nBad Name: x\r\n\r\n"), Ask("TRACE /", show=("body",))),
        main='ErrorDocument 400 "main"\n',
    ),
    Contest(
        "documents: a proxied path RS-25 SEM-21",
        "ErrorDocument 503 /err/503.html\nErrorDocument 404 /err/404?from=here\n"
        "ProxyPass /err http://{A}/pages\nProxyPass /b http://{B}\n",
        (
            Ask("GET /b/x", show=("reason", "target", "body")), Ask("HEAD /b/x", show=("target",)),
            Ask("GET /none?a=b", show=("target", "sent:referer"), headers="Referer: r\r\n"),
            Ask("POST /b/x", body="hello", show=("target",)),
            Ask("GET /b/x", ctl='{"status": 404, "body": "not here"}', show=("reason", "body")),
        ),
        up="A",
    ),
    Contest(
        "documents: a proxied path that fails ED-2",
        "ErrorDocument 503 /err/503.html\nProxyPass /err http://{A}/pages\nProxyPass /b http://{B}\n",
        (Ask("GET /b/x", show=_BODY),),
        up="",
    ),
    Contest(
        "override: stock pages RS-23 SEM-22",
        "ProxyErrorOverride On\nProxyPass / http://{A}/\n",
        (
            Ask(ctl='{"status": 404, "reason": "Gone Fishing", "body": "own", "headers": [["X-Own", "1"]]}',
                show=(*_BODY, "x-own")),
            Ask(ctl='{"status": 401, "body": "own", "headers": [["WWW-Authenticate", "Basic realm=x"]]}',
                show=("www-authenticate", "body")),
            Ask(ctl='{"status": 503, "size": 40000, "framing": "chunked"}', show=_BODY),
            Ask("HEAD /", ctl='{"status": 500}', show=("content-type",)),
            Ask(ctl='{"status": 302, "body": "own"}', show=("body",)),
            Ask("POST /", body="hello", ctl='{"status": 418, "reason": "Teapot", "framing": "close"}', show=_BODY),
            Ask(ctl='{"status": 599, "reason": "Odd", "body": "own"}', show=_BODY),
            Ask(ctl='{"status": 404, "size": 5000, "cut": 10}', show=_BODY),
        ),
    ),
    Contest(
        "override: every page ED-3",
        "ProxyErrorOverride On\nProxyPass / http://{A}/\n",
        tuple(Ask(ctl=f'{{"status": {status}, "reason": "R"}}', show=("body",)) for status in _STATUSES),
    ),
    Contest(
        "override: some codes RS-23",
        "ProxyErrorOverride On 404 503\nErrorDocument 404 text\nProxyPass / http://{A}/\n",
        tuple(Ask(ctl=f'{{"status": {status}, "body": "own"}}', show=("body",)) for status in (404, 500, 503)),
    ),
    Contest(
        "override: documents keep the code RS-25",
        "ProxyErrorOverride On\nErrorDocument 404 /err/404\nErrorDocument 503 /err/503\n"
        "ProxyPass /err http://{A}/pages\nProxyPass /b http://{B}\nProxyPass / http://{A}/\n",
        (Ask("GET /b", show=("target", "reason", "body")),),
        up="A",
    ),
    Contest(
        "override: seen by failonstatus FO-14",
        "ProxyErrorOverride On\n" + cluster("{A}", "{B}", settings="failonstatus=503"),
        (Ask(ctl='{"status": 503}'), Ask(times=3)),
    ),
    Contest(
        "documents: logs see both LG-2u LG-2p",
        'ErrorDocument 503 /err/503\nCustomLog {box}/logs/access.log "%s %>s %<s %U %>U %r %b"\n'
        "ProxyPass /err http://{A}/pages\nProxyPass /b http://{B}\n",
        (Ask("GET /b/x"), Log()),
        up="A",
    ),
)  # fmt: skip
_BROKEN = "POST / HTTP/1.1\r\nHost: example.com\r\nTransfer-Encoding: chunked\r\n\r\n{}\r\nhello\r\n"
BROKEN = (
    Contest(
        "broken body: a turn is over LB-27",
        cluster("{A}", "{B}", "{C}"),
        (
            Ask(times=2),
            Raw(_BROKEN.format("zz")),
            Ask(times=3),
            Raw(_BROKEN.format("fffffffffffffffffff")),
            Ask(times=4),
            Raw("POST / HTTP/1.1\r\nHost: example.com\r\nContent-Length: 9\r\n\r\nhalf"),
            Ask(times=3),
        ),
    ),
)
ENVIRONMENT = (
    Contest(
        "sticky: variables ST-10 ST-11",
        'Header add X-Env "%{BALANCER_NAME}e|%{BALANCER_WORKER_NAME}e|%{BALANCER_WORKER_ROUTE}e|'
        '%{BALANCER_SESSION_STICKY}e|%{BALANCER_SESSION_ROUTE}e|%{BALANCER_ROUTE_CHANGED}e"\n'
        + cluster(*_AB, "{C}", settings=_STICKY),
        tuple(
            Ask(headers=cookie(value), show=("x-env",))
            for value in ("none=1", "SID=x.b", "SID=x.zz", "SID=x", "SID=x.", "SID=x.a")
        ),
    ),
)

CONTESTS = (
    *SETTINGS,
    *STICKY,
    *FLAGS,
    *FAILING,
    *METHODS,
    *TUNNELS,
    *SOCKETS,
    *LOGS,
    *DOCUMENTS,
    *BROKEN,
    *ENVIRONMENT,
    *PARTIAL,
    *TURNS,
    *SCRIPT_MEMBERS,
    *PARAMETERS,
    *ENDINGS,
)

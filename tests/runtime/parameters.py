"""Plays and contests about parameters of workers and balancers that others don't ask about (sections 1.3 and 1.4)."""

from __future__ import annotations

from tests.runtime.contest import Ask, Contest, Pause, Talk, Up, cluster
from tests.runtime.scripted import OK, Act, Close, HalfClose, Head, Play, Until, get, post
from tests.runtime.scripted import Pause as Wait

_SILENCE = Until(b"never", quiet=True)
_LONE = "<Proxy balancer://c>\nBalancerMember http://{{P}}{}\n{}</Proxy>\nProxyPass / balancer://c/\n"
_SWITCH = "Connection: Upgrade\r\nUpgrade: websocket\r\n"
_CHAT = "Connection: Upgrade\r\nUpgrade: chat\r\n"
_TWO = "Connection: Upgrade, close\r\nUpgrade: a, b\r\n"
_SWITCHED = b"HTTP/1.1 101 Switching Protocols\r\nServer: o\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nhello "


def _tunnel(name: str, lines: str, client: tuple[Act, ...], origin: tuple[Act, ...]) -> Play:
    """A client that switches and then follows its acts, at an origin that says hello and follows its own."""
    begin = (get(lines=_SWITCH), Until(b"hello "))
    return Play(f"tunnel: {name} WS-7", lines, ((*begin, *client),), ((Head(), _SWITCHED, *origin),))


def _request(line: str, fields: str) -> str:
    return f"{line} HTTP/1.1\r\nHost: example.com\r\n{fields}\r\n"


def _tunnels(worker: str) -> str:
    return f"ProxyPass / http://{{P}}/ upgrade=websocket {worker}\n"


PLAYS = (
    *(
        Play(
            f"parameter: one try for one member{name} BP-6 FO-8",
            _LONE.format(" ping=1", settings),
            ((post("hello"),),),
            ((Head(), _SILENCE),) * 3,
            show=("Expect",),
        )
        for name, settings in (("", ""), (", two when they are asked for", "ProxySet maxattempts=1\n"))
    ),
    Play(
        "parameter: nobody is told secrets, and HTTP isn't flushed otherwise WP-13 WP-14 WP-25 WP-26",
        "ProxyPass / http://{P}/ secret=abc flusher=other flushpackets=auto flushwait=500",
        ((get(), Until(b"one"), Wait(0.1), get("/2", last=True)),),
        ((Until(b"\r\n\r\n"), b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\none", Wait(0.4), b"two", Head(), OK),),
    ),
    _tunnel("ends when nobody speaks", "Timeout 1\n" + _tunnels(""), (), (_SILENCE,)),
    _tunnel("the client's time is longer", "Timeout 3\n" + _tunnels("timeout=1"), (), (Wait(1.5), b"late", Close())),
    _tunnel("the origin's time is longer", "Timeout 1\n" + _tunnels("timeout=3"), (), (Wait(1.5), b"late", Close())),
    _tunnel(
        "traffic one way keeps it",
        "Timeout 1\n" + _tunnels(""),
        (Wait(0.6), b"one ", Wait(0.6), b"two ", Wait(0.6), b"three "),
        (Until(b"three "), b"heard"),
    ),
    _tunnel("the client ends", _tunnels(""), (b"end", HalfClose()), (Until(b"end"), Wait(0.2), b"heard", Close())),
    _tunnel("the origin ends", _tunnels(""), (Until(b"bye"), Wait(0.3), b"still here", HalfClose()),
            (b"bye", HalfClose(), Until(b"here"))),
)  # fmt: skip
CONTESTS = (
    Contest("flags: +C is a failed check WP-23 LB-3 LB-22", cluster("{A} status=+C", "{B}"), (Ask(times=4),)),
    Contest("flags: signs and cases WP-23 LB-23", cluster("{A} status=+d+h-d-H", "{B} status=n-n"), (Ask(times=4),)),
    Contest(
        "flags: the last status= counts WP-23",
        cluster("{A} status=+D status=-D", "{B} status=+D status=+I", "{C}"),
        (Ask(times=4),),
    ),
    Contest(
        "parameter: the highest set and the longest route WP-20 WP-21",
        cluster(f"{{A}} lbset=99 route={'r' * 63}", "{B} lbset=98 route=b", settings="stickysession=SID"),
        (Ask(times=2), Ask(headers=f"Cookie: SID=x.{'r' * 63}\r\n", times=2), Up("A"), Ask(times=2)),
    ),
    Contest(
        "parameter: factors up to their ends WP-19",
        cluster("{A} loadfactor=100", "{B} loadfactor=1.005", "{C} loadfactor=33.33"),
        (Ask(times=20),),
    ),
    Contest(
        "parameter: keys in any case WP-1 BP-1 BP-2 BP-3",
        cluster("{A} ROUTE=a LoadFactor=2", "{B} Route=b", settings="StickySession=SID STICKYSESSIONSEP=-"),
        (Ask(times=3), Ask(headers="Cookie: SID=x-b\r\n", times=3)),
    ),
    Contest(
        "parameter: a session by nobody's name BP-2",
        cluster("{A} route=a", "{B} route=b", settings="stickysession=|sid"),
        (Ask("GET /;sid=x.b", 2), *(Ask(headers=f"Cookie: {name}=x.b\r\n", times=3) for name in ("sid", ""))),
    ),
    Contest(
        "parameter: a colon for a separator BP-3",
        cluster("{A} route=a", "{B} route=b", settings="stickysession=SID stickysessionsep=:"),
        (Ask(headers="Cookie: SID=x:b\r\n", times=3), Ask(headers="Cookie: SID=x.b\r\n", times=3)),
    ),
    Contest(
        "parameter: retry has no unit but seconds WP-8 FO-2",
        cluster("{A} retry=1min", "{B} retry=0x5", settings="forcerecovery=Off"),
        (Up(""), Ask(times=2), Up("A"), Pause(1.3), Ask(times=4)),
    ),
    Contest(
        "tunnel: a star is any protocol WP-24 WS-3",
        "ProxyPass / http://{W}/ upgrade=*\nProxyAddHeaders Off\n",
        (Talk(_request("GET /echo/chat", _CHAT), ("one ",)),),
    ),
    Contest(
        "tunnel: any in small letters WP-24 WS-3",
        "ProxyPass / http://{W}/ upgrade=any\nProxyAddHeaders Off\n",
        (Talk(_request("GET /echo/chat", _CHAT), ("one ",)),),
    ),
    Contest(
        "tunnel: a token in another case, and two of them WS-1 WS-2",
        "ProxyPass / http://{W}/ upgrade=ANY\nProxyAddHeaders Off\n",
        (
            Talk(_request("GET /echo/CHAT", _CHAT), ("one ",)),
            Talk(_request("GET /plain", _TWO)),
            Talk(_request("GET /echo/b", _TWO)),
            Talk("GET /plain HTTP/1.0\r\nHost: example.com\r\nConnection: Upgrade\r\nUpgrade: a\r\n\r\n"),
        ),
    ),
    Contest(
        "socket: below DefaultRuntimeDir UN-3",
        "ProxyPass /a unix:../a.sock|http:\nProxyPass /b unix:a.sock|http:\n",
        (Ask("GET /a/x", show=("target",)), Ask("GET /b/x", show=("reason",))),
    ),
    Contest(
        "socket: workers of one name WK-3 UN-1",
        "ProxyPass /a unix:{box}/a.sock|http://{B}/\nProxyPass /b http://{B}/b/\nProxyPass /c unix:/none|http://{B}/c\n"
        "ProxyPass /d http://{C}/d\nProxyPass /e unix:{box}/a.sock|http://{C}/d/e\nProxyPass /f unix:/none|http://{C}/\n"
        "ProxyPass /g http://{C}/\n",
        tuple(Ask(f"GET /{letter}/x", show=("target", "sent:host")) for letter in "abcdefg"),
    ),
    Contest(
        "socket: members of one name WK-3 UN-1",
        "<Proxy balancer://c>\nBalancerMember unix:{box}/a.sock|http://{B}\nBalancerMember http://{B}/x\n"
        "BalancerMember http://{C}\n</Proxy>\nProxyPass / balancer://c/\n",
        (Ask("GET /y", times=4, show=("target", "sent:host")),),
    ),
    Contest(
        "socket: rules and handlers by the names of workers WK-3 UN-1",
        "ProxyPass /a unix:{box}/a.sock|http://{B}/a\nRewriteEngine On\n"
        "RewriteRule ^/r/(.*) unix:/none|http://{B}/a/$1 [P]\n"
        "RewriteRule ^/s/(.*) unix:{box}/a.sock|http://{C}/$1 [P]\n"
        "RewriteRule ^/t/(.*) http://{B}/a/$1 [P]\nRewriteRule ^/u/(.*) unix:/none|http://{B}/$1 [P]\n"
        "<Location /h>\nSetHandler proxy:unix:/none|http://{B}/a\n</Location>\n"
        "<Location /i>\nSetHandler proxy:unix:{box}/a.sock|http://{C}/\n</Location>\n",
        tuple(Ask(f"GET /{letter}/x", show=("sent:host", "sent:connection")) for letter in "arstuhi"),
    ),
    Contest(
        "socket: a member below another's name WK-3 UN-1",
        "<Proxy balancer://c>\nBalancerMember unix:{box}/a.sock|http://{B}\nBalancerMember unix:/none|http://{B}/x\n"
        "BalancerMember http://{C}\n</Proxy>\nProxyPass / balancer://c/\n",
        (Ask("GET /y", times=4),),
    ),
    Contest(
        "tunnel: to members WS-1 WP-24",
        "<Proxy balancer://c>\nBalancerMember http://{W} upgrade=websocket route=a\nBalancerMember ws://{W} route=b\n"
        "BalancerMember http://{A} route=c\nProxySet stickysession=sid\n</Proxy>\nProxyAddHeaders Off\n"
        "ProxyPass / balancer://c/\n",
        (
            *(Talk(_request(f"GET /echo/websocket?sid=.{route}", _SWITCH), ("one ",)) for route in "ab"),
            Talk(_request("GET /plain?sid=.b", "Connection: close\r\n")),
            Ask("GET /?sid=.c", headers=_SWITCH, show=("sent:upgrade", "sent:connection")),
        ),
    ),
    Contest(
        "socket: an Upgrade through it UN-1 WS-1",
        "ProxyPass /a unix:{box}/a.sock|ws://h/\nProxyPass /b unix:{box}/a.sock|http://i/ upgrade=chat\n",
        (
            Ask("GET /a", headers=_SWITCH, show=("sent:upgrade", "sent:connection", "sent:host")),
            Ask("GET /a", show=("sent:upgrade", "sent:connection", "sent:host")),
            Ask("GET /b", headers=_CHAT, show=("sent:upgrade", "sent:connection", "sent:host")),
            Ask("GET /b", headers=_SWITCH, show=("sent:upgrade", "sent:connection", "sent:host")),
        ),
    ),
)  # fmt: skip

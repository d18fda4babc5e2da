"""Requests for a whole site that no browser makes: malformed, ambiguous, odd; and those of clients with credentials.

Each kind is asked at places of the site and of every host. A text of ``_WHOLE`` is sent as it stands; ``{host}`` and
``{path}`` are the site's.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import cycle

from apacheconf.program.program import Program
from tests.live.site_asks import Ask

_END = "Connection: close\r\nX-Ask: 1\r\n\r\n"
#: What a path becomes.
_PATHS = (
    "{path}%2Fx", "{path}%00", "{path}%5c..%5cx", "{path}%252Fx", "{path}//", "//{path}", "{path}/./x",
    "{path}/../{path}", "{path}/%2e%2e/x", "{path}.", "{path}%20", "{path}?", "{path}??x", "{path};a=b", "{path}&x",
    "{path}#x", "{path}%C3%A9", "{path}é", "{path}%ff", '{path}\'"<>', "{path}/" + "x" * 300, "{path}?" + "y" * 3000,
    "{path}/" + "z" * 9000, "{path}~", "{path}.bak", "{path}%0d%0aX: y", "{path}+x", "{path}?a=%zz", "{path}%",
    "{path}|x",
)  # fmt: skip
#: Header lines, besides those of every request.
_LINES = (
    ("Range: bytes=0-0,4-6",), ("Range: bytes=-3",), ("Range: bytes=99999-",), ("Range: bytes=x",),
    ("If-None-Match: *",), ('If-Match: "x"',),
    ('If-None-Match: "x"', "If-Modified-Since: Thu, 01 Jan 1970 00:00:00 GMT"),
    ("If-Unmodified-Since: Thu, 01 Jan 1970 00:00:00 GMT",), ('If-Range: "x"', "Range: bytes=0-1"),
    ("Accept-Encoding: br, gzip;q=0",), ("Accept-Encoding: gzip", "Range: bytes=0-3"), ("Accept: image/png;q=0.1",),
    ("Accept-Language: *",), ("Cookie: a=1", "Cookie: b=2"),
    ("X-Forwarded-For: unknown", "X-Forwarded-For: 10.1.1.1"),
    ("X-Forwarded-Host: evil.example", "X-Forwarded-Proto: https", "X-Forwarded-Port: 1"), ("Expect: 100-continue",),
    ("Expect: nonsense",), ("Authorization: Basic %%%",), ("Authorization: Bearer x.y.z",), ("Max-Forwards: 0",),
    ("TE: trailers", "Trailer: X-End"), ("Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__"),
    ("Via: 1.0 x", "Proxy: http://y"), ("User-Agent:",), ("X-Empty:", "X_Under: 1", "X.Dot: 2"),
    ("X-Long: " + "a" * 9000,), ('Content-Type: text/html; charset="',),
    ("Origin: null", "Access-Control-Request-Method: PUT"), ("Referer: http://é/?<script>",), ("Content-Length: 0",),
)  # fmt: skip
_METHODS = (
    "get",
    "FOO",
    "PATCH",
    "CONNECT",
    "MKCOL",
    "OPTIONS",
    "TRACE",
    "HEAD",
    "G(T",
    "PROPFIND",
    "LOCK",
    "MOVE",
)
_WHOLE = (
    "GET http://{host}{path} HTTP/1.1\r\nHost: other.test\r\n" + _END,
    "GET http://other.test{path} HTTP/1.1\r\nHost: {host}\r\n" + _END,
    "GET ftp://{host}{path} HTTP/1.1\r\nHost: {host}\r\n" + _END,
    "GET http://{host} HTTP/1.1\r\nHost: {host}\r\n" + _END,
    "OPTIONS * HTTP/1.1\r\nHost: {host}\r\n" + _END,
    "GET * HTTP/1.1\r\nHost: {host}\r\n" + _END,
    "GET {path} HTTP/1.0\r\nX-Ask: 1\r\n\r\n",
    "GET {path} HTTP/1.0\r\nHost: {host}\r\nConnection: close\r\nX-Ask: 1\r\n\r\n",
    "HEAD {path} HTTP/1.0\r\nHost: {host}\r\nX-Ask: 1\r\n\r\n",
    "POST {path} HTTP/1.0\r\nHost: {host}\r\nX-Ask: 1\r\nContent-Length: 3\r\n\r\nabc",
    "GET {path}\r\n",
    "GET {path} HTTP/2.0\r\nHost: {host}\r\n" + _END,
    "GET {path} HTTP/1.2\r\nHost: {host}\r\n" + _END,
    "GET {path} http/1.1\r\nHost: {host}\r\n" + _END,
    "GET  {path}  HTTP/1.1\r\nHost: {host}\r\n" + _END,
    "GET\t{path} HTTP/1.1\r\nHost: {host}\r\n" + _END,
    "GET {path} x HTTP/1.1\r\nHost: {host}\r\n" + _END,
    "\r\nGET {path} HTTP/1.1\r\nHost: {host}\r\n" + _END,
    "GET {path} HTTP/1.1\nHost: {host}\nConnection: close\nX-Ask: 1\n\n",
    "GET {path} HTTP/1.1\r\n" + _END,
    "GET {path} HTTP/1.1\r\nHost:\r\n" + _END,
    "GET {path} HTTP/1.1\r\nHost: {host}\r\nHost: {host}\r\n" + _END,
    "GET {path} HTTP/1.1\r\nHost: {host}.\r\n" + _END,
    "GET {path} HTTP/1.1\r\nHost: {host}:x\r\n" + _END,
    "GET {path} HTTP/1.1\r\nHost: user@{host}\r\n" + _END,
    "GET {path} HTTP/1.1\r\nHost: {host}, x\r\n" + _END,
    "GET {path} HTTP/1.1\r\nHost: [::1]\r\n" + _END,
    "GET {path} HTTP/1.1\r\nHost: {host}\r\nNo colon\r\n" + _END,
    "GET {path} HTTP/1.1\r\nHost: {host}\r\nX-Blank : 1\r\n" + _END,
    "GET {path} HTTP/1.1\r\nHost: {host}\r\nX-Fold: 1\r\n 2\r\n" + _END,
    "GET {path} HTTP/1.1\r\nHost: {host}\r\n: none\r\n" + _END,
    "GET {path} HTTP/1.1\r\nHost: {host}\r\nX-Nul: a\0b\r\n" + _END,
    "GET {path} HTTP/1.1\r\nHost: {host}\r\nX-Bell: a\7b\r\n" + _END,
    "POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 3\r\nContent-Length: 3\r\n" + _END + "abc",
    "POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 3\r\nContent-Length: 4\r\n" + _END + "abcd",
    "POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: +3\r\n" + _END + "abc",
    "POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n" + _END + "0\r\n\r\n",
    "POST {path} HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: gzip\r\n" + _END + "abc",
    "POST {path} HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: gzip, chunked\r\n" + _END + "0\r\n\r\n",
    "POST {path} HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n" + _END + "zz\r\n\r\n",
    "POST {path} HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n"
    + _END
    + "3;x=y\r\nabc\r\n0\r\nX-End: 1\r\n\r\n",
    "GET {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 3\r\n" + _END + "abc",
    "GET {path} HTTP/1.1\r\nHost: {host}\r\nX-Ask: 1\r\n\r\nHEAD {path} HTTP/1.1\r\nHost: {host}\r\n" + _END,
    "POST {path} HTTP/1.1\r\nHost: {host}\r\nX-Ask: 1\r\nContent-Length: 3\r\n\r\n"
    "abcGET / HTTP/1.1\r\nHost: {host}\r\n" + _END,
    "GET / HTTP/1.1\r\nHost: {host}\r\nX-Ask: 1\r\n\r\nGET {path} HTTP/1.1\r\nHost: {host}\r\nX-Ask: 1\r\n\r\n"
    "GET /missing HTTP/1.1\r\nHost: {host}\r\n" + _END,
    "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: keep-alive, close, X-Gone\r\nX-Gone: 1\r\nX-Ask: 1\r\n\r\n",
    "GET {path} HTTP/1.1\r\nHost: {host}\r\n" + "X-Many: 1\r\n" * 120 + _END,
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
)
#: Clients' certificates, by their names; and none.
_CERTIFICATES = ("", "client", "staff-client", "strange-client", "expired-client")


def odd_asks(program: Program, places: Iterable[tuple[str, int, int]], paths: list[str]) -> Iterator[Ask]:
    """Every odd kind at least once for each address, at one path after the other."""
    for address, port, real in places:
        chosen = program.index.set_for(address, port)
        at = cycle(path for path in ["/", *paths] if not set("?#% ") & set(path))
        hosts = cycle(program.hosts[number] for number in (chosen.hosts if chosen else (program.index.main,)))
        for whole in _WHOLE:
            host = next(hosts)
            text = whole.replace("{host}", host.name).replace("{path}", next(at))
            yield Ask(address, real, host.name, host.front_tls is not None, _line(text), whole=text)
        for kind in (*_PATHS, *_LINES, *_METHODS):
            host, path = next(hosts), next(at)
            method, lines = "GET", kind if isinstance(kind, tuple) else ()
            if kind in _METHODS:
                method = str(kind)
            elif isinstance(kind, str):
                path = kind.replace("{path}", path.rstrip("/"))
            yield Ask(address, real, host.name, host.front_tls is not None, f"{method} {path} HTTP/1.1", lines)


def asks_with_credentials(every: Iterable[Ask], users: Iterable[str], digests: bool, verifies: bool) -> Iterator[Ask]:
    """Requests once more by each kind of client: who answers a digest's challenge, who shows a certificate."""
    seen = list(dict.fromkeys(one for one in every if not one.whole))
    for one in seen if digests else ():
        for user, password in [
            *((user, "") for user in list(users)[:3]),
            ("stranger", ""),
            (next(iter(users)), "wrong"),
        ]:
            yield one.by(digest=(user, password))
    for one in (each for each in seen if each.secure) if verifies else ():
        for name in _CERTIFICATES:
            yield from (one.by(certificate=name, late=late) for late in (False, True))


def _line(text: str) -> str:
    return text.strip("\r\n").splitlines()[0]

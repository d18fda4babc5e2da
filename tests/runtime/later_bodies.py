"""Trials of requests with a body in a section that asks for a certificate: the body is read first (TL-10)."""

from __future__ import annotations

from dataclasses import replace

from tests.runtime.handshakes import Ask

_MOST = 131072
SECTION = (
    "SSLCACertificateFile {certs}/ca.pem\n<Location /mine>\nSSLVerifyClient require\n</Location>\n"
    "<Location /mine/few>\nSSLRenegBufferSize 10\n</Location>\n"
    "<Location /mine/none>\nSSLRenegBufferSize 0\n</Location>\n"
    "<Location /mine/here>\nLimitRequestBody 3\n</Location>\n"
    'ErrorDocument 413 "too much for us"\n'
    "ProxyPass /mine/here !\nProxyPass /mine http://127.0.0.1:{P}/\n"
)


def _post(framing: str, body: bytes = b"", path: str = "/mine", last: bool = True) -> bytes:
    end = "Connection: close\r\n" if last else ""
    return f"POST {path} HTTP/1.1\r\nHost: a.example\r\n{framing}\r\n{end}\r\n".encode() + body


def _long(size: int, path: str = "/mine", last: bool = True) -> bytes:
    return _post(f"Content-Length: {size}", b"x" * size, path, last)


_LATE = Ask(client="named-client", late=True)
_CHUNKED = "Transfer-Encoding: chunked"
_LAST = b"GET /mine HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n"
_PIECES: tuple[tuple[bytes, ...], ...] = (
    (_long(5),),
    (_post("Content-Length: 5", b"ab"), b"cde"),
    (_post("Content-Length: 5"), b"abc", b"de"),
    (_post(_CHUNKED, b"5\r\nabcde\r\n0\r\n\r\n"),),
    (_post(_CHUNKED, b"5\r\nab"), b"cde\r\n", b"0\r\nX-Last: 1\r\n\r\n"),
    (_long(_MOST),),
    (_long(_MOST + 1),),
    (_post(_CHUNKED, b"%x\r\n%b\r\n0\r\n\r\n" % (_MOST + 1, b"x" * (_MOST + 1))),),
    (_post(_CHUNKED, b"zz\r\n"),),
    (_post(_CHUNKED), b"3\r\nabc\r\nzz\r\n"),
    (_post(_CHUNKED, b"fffffffffffffffff\r\n"),),
    (_post("Content-Length: 0"),),
)
#: The body is not sent, because nobody asks for it.
_WAITING = (_post("Content-Length: 5\r\nExpect: 100-continue"),)
LATE_BODIES = (
    *(replace(_LATE, pieces=pieces) for pieces in _PIECES),
    replace(_LATE, pieces=(_long(5, last=False) + _LAST,)),
    replace(_LATE, pieces=(_long(_MOST + 1, last=False) + _LAST,)),
    *(replace(_LATE, pieces=(_long(size, "/mine/few"),)) for size in (10, 11)),
    *(replace(_LATE, pieces=(_long(size, "/mine/none"),)) for size in (0, 1)),
    *(replace(_LATE, pieces=(_long(size, "/mine/here"),)) for size in (3, 4)),
    *(replace(_LATE, client="", pieces=pieces) for pieces in _PIECES[:2]),
    *(replace(_LATE, late=False, pieces=pieces) for pieces in (*_PIECES[:2], *_PIECES[6:11], _WAITING)),
    replace(_LATE, late=False, pieces=(_post(f"Content-Length: {_MOST + 1}\r\nExpect: 100-continue"),)),
    replace(_LATE, late=False, pieces=(_long(5, last=False) + _LAST,)),
)

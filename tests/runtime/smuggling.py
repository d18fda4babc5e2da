"""Malformed and ambiguous messages, each followed by a harmless one on the same connection.

What counts is where a message ends: whoever reads one end where httpd reads another can be made to take a part of
a body for a request. Every message here was put to httpd; serve must decide the same, or be stricter, which stands
in ``STRICTER`` with the reason.
"""

from __future__ import annotations

import json

from tests.runtime.contest import Ask, Contest, Raw, Step

END = "GET /second HTTP/1.1\r\nHost: example.com\r\nConnection: close\r\n\r\n"
_SMUGGLED = "GET /smuggled HTTP/1.1\r\nHost: example.com\r\n\r\n"


def _post(lines: str, body: str = "", start: str = "POST / HTTP/1.1") -> str:
    return f"{start}\r\nHost: example.com\r\n{lines}\r\n{body}"


def _get(lines: str = "", start: str = "GET / HTTP/1.1") -> str:
    return f"{start}\r\nHost: example.com\r\n{lines}\r\n"


_CHUNKED = "Transfer-Encoding: chunked\r\n"
REQUESTS: dict[str, str] = {
    # two lengths
    "CL and TE": _post(f"Content-Length: 4\r\n{_CHUNKED}", f"0\r\n\r\n{_SMUGGLED}"),
    "TE and CL": _post(f"{_CHUNKED}Content-Length: 60\r\n", f"0\r\n\r\n{_SMUGGLED}"),
    "two CL, different": _post("Content-Length: 0\r\nContent-Length: 5\r\n", "hello"),
    "two CL, equal": _post("Content-Length: 5\r\nContent-Length: 5\r\n", "hello"),
    "CL as a list": _post("Content-Length: 5, 5\r\n", "hello"),
    "CL and an obscure CL": _post("Content-Length: 5\r\nContent_Length: 0\r\n", "hello"),
    "two TE": _post(f"{_CHUNKED}{_CHUNKED}", "0\r\n\r\n"),
    "CL abc and TE": _post(f"Content-Length: abc\r\n{_CHUNKED}", f"0\r\n\r\n{_SMUGGLED}"),
    "TE and CL as a list": _post(f"{_CHUNKED}Content-Length: 5, 5\r\n", "0\r\n\r\n"),
    "CL empty and TE": _post(f"Content-Length:\r\n{_CHUNKED}", "0\r\n\r\n"),
    "CL overlong and TE": _post(f"Content-Length: 9223372036854775808\r\n{_CHUNKED}", "0\r\n\r\n"),
    "two CL, equal, and TE": _post(f"Content-Length: 5\r\nContent-Length: 5\r\n{_CHUNKED}", "0\r\n\r\n"),
    "CL abc and TE gzip, chunked": _post("Content-Length: abc\r\nTransfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"),
    "TE chunked, then identity": _post(f"{_CHUNKED}Transfer-Encoding: identity\r\n", "0\r\n\r\n"),
    # odd Content-Length
    "CL +5": _post("Content-Length: +5\r\n", "hello"),
    "CL -1": _post("Content-Length: -1\r\n", "hello"),
    "CL 0x5": _post("Content-Length: 0x5\r\n", "hello"),
    "CL 5 with a blank": _post("Content-Length: 5 \r\n", "hello"),
    "CL in two words": _post("Content-Length: 5 5\r\n", "hello"),
    "CL empty": _post("Content-Length:\r\n", ""),
    "CL overlong": _post("Content-Length: 99999999999999999999\r\n", "hello"),
    "CL with zeros in front": _post("Content-Length: 0005\r\n", "hello"),
    "CL with a tab": _post("Content-Length:\t5\r\n", "hello"),
    "CL with a dot": _post("Content-Length: 5.0\r\n", "hello"),
    # odd Transfer-Encoding
    "TE xchunked": _post("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"),
    "TE with a tab": _post("Transfer-Encoding:\tchunked\r\n", "0\r\n\r\n"),
    "TE with a blank before the colon": _post("Transfer-Encoding : chunked\r\n", "0\r\n\r\n"),
    "TE with a tab before the colon": _post("Transfer-Encoding\t: chunked\r\n", "0\r\n\r\n"),
    "TE upper case": _post("Transfer-Encoding: CHUNKED\r\n", "0\r\n\r\n"),
    "TE quoted": _post('Transfer-Encoding: "chunked"\r\n', "0\r\n\r\n"),
    "TE gzip, chunked": _post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"),
    "TE gzip, chunked, and nobody reads it": _post(
        "Transfer-Encoding: gzip, chunked\r\n", "3\r\nabc\r\n0\r\n\r\n", "OPTIONS * HTTP/1.1"
    ),
    "TE chunked twice, and nobody reads it": _post(
        "Transfer-Encoding: chunked, chunked\r\n", "3\r\nabc\r\n0\r\n\r\n", "OPTIONS * HTTP/1.1"
    ),
    "TE chunked, gzip": _post("Transfer-Encoding: chunked, gzip\r\n", "0\r\n\r\n"),
    "TE with a parameter": _post("Transfer-Encoding: chunked;x=1\r\n", "0\r\n\r\n"),
    "TE folded": _post("Transfer-Encoding:\r\n chunked\r\n", "0\r\n\r\n"),
    "TE after a vertical tab": _post("Transfer-Encoding: \x0bchunked\r\n", "0\r\n\r\n"),
    "TE in HTTP/1.0": _post(_CHUNKED, "0\r\n\r\n", "POST / HTTP/1.0"),
    "TE empty": _post("Transfer-Encoding:\r\n", "0\r\n\r\n"),
    # chunks
    "chunk extension": _post(_CHUNKED, "5;a=b\r\nhello\r\n0\r\n\r\n"),
    "chunk extension with LF": _post(_CHUNKED, "5;a\nhello\r\n0\r\n\r\n"),
    "chunk size with LF": _post(_CHUNKED, "5\nhello\n0\n\n"),
    "chunk size 0x5": _post(_CHUNKED, "0x5\r\nhello\r\n0\r\n\r\n"),
    "chunk size +5": _post(_CHUNKED, "+5\r\nhello\r\n0\r\n\r\n"),
    "chunk size -5": _post(_CHUNKED, "-5\r\nhello\r\n0\r\n\r\n"),
    "chunk size with a blank in front": _post(_CHUNKED, " 5\r\nhello\r\n0\r\n\r\n"),
    "chunk size with a blank behind": _post(_CHUNKED, "5 \r\nhello\r\n0\r\n\r\n"),
    "chunk size overlong": _post(_CHUNKED, "100000000000000005\r\nhello\r\n0\r\n\r\n"),
    "chunk size with many zeros": _post(_CHUNKED, f"{'0' * 40}5\r\nhello\r\n0\r\n\r\n"),
    "chunk size empty": _post(_CHUNKED, "\r\nhello\r\n0\r\n\r\n"),
    "chunk without its line end": _post(_CHUNKED, "5\r\nhello0\r\n\r\n"),
    "chunk longer than said": _post(_CHUNKED, "5\r\nhello!\r\n0\r\n\r\n"),
    "chunk trailers": _post(_CHUNKED, "5\r\nhello\r\n0\r\nX: y\r\nContent-Length: 5\r\n\r\n"),
    # header lines
    "NUL in a value": _get("X: a\0b\r\n"),
    "NUL in a name": _get("X\0: a\r\n"),
    "CR in a value": _get("X: a\rTransfer-Encoding: chunked\r\n"),
    "LF ends a line": "GET / HTTP/1.1\nHost: example.com\n\n",
    "LF ends one line": _get("X: a\nY: b\r\n"),
    "blank in a name": _get("X Y: a\r\n"),
    "no colon": _get("nonsense\r\n"),
    "empty name": _get(": a\r\n"),
    "folded": _get("X: a\r\n b\r\n"),
    "folded, with nothing in it": _get("X: a\r\n \r\n"),
    "folded, with nothing in it, then chunked": _get("X: a\r\n\t \r\nTransfer-Encoding: chunked\r\n"),
    "folded at the first line": "GET / HTTP/1.1\r\n X: y\r\nHost: example.com\r\n\r\n",
    # hosts and targets
    "two Hosts": _get("Host: other.example\r\n"),
    "two Hosts, equal": _get("Host: example.com\r\n"),
    "no Host": "GET / HTTP/1.1\r\n\r\n",
    "Host with a path": "GET / HTTP/1.1\r\nHost: example.com/x\r\n\r\n",
    "Host with a user": "GET / HTTP/1.1\r\nHost: a@example.com\r\n\r\n",
    "Host with a blank": "GET / HTTP/1.1\r\nHost: example.com evil\r\n\r\n",
    "absolute form against Host": _get(start="GET http://other.example/ HTTP/1.1"),
    "absolute form against two Hosts": "GET http://example.com/ HTTP/1.1\r\nHost: a.example\r\nHost: b.example\r\n\r\n",
    "target with a blank": _get(start="GET /a b HTTP/1.1"),
    "target with a tab": _get(start="GET /a\tb HTTP/1.1"),
    "two blanks": _get(start="GET  / HTTP/1.1"),
    "HTTP/1.2": _get(start="GET / HTTP/1.2"),
    "HTTP/3.0": _get(start="GET / HTTP/3.0"),
    "http/1.1": _get(start="GET / http/1.1"),
    "HTTP/1.10": _get(start="GET / HTTP/1.10"),
    "method with a colon": _get(start="GET: / HTTP/1.1"),
    # bodies where none is wanted, upgrades
    "GET with a body": _post("Content-Length: 5\r\n", "hello", "GET / HTTP/1.1"),
    "GET with a smuggled body": _post(f"Content-Length: {len(_SMUGGLED)}\r\n", _SMUGGLED, "GET / HTTP/1.1"),
    "HEAD with a body": _post("Content-Length: 5\r\n", "hello", "HEAD / HTTP/1.1"),
    "TRACE with a body": _post("Content-Length: 5\r\n", "hello", "TRACE / HTTP/1.1"),
    "upgrade to h2c": _get("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"),
    "upgrade with a body": _post("Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 5\r\n", "hello"),
    "HTTP/2 preface": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "Connection names Content-Length": _post("Connection: Content-Length\r\nContent-Length: 5\r\n", "hello"),
    "Connection names Host": _get("Connection: Host\r\n"),
    "Expect and no body": _get("Expect: 100-continue\r\n"),
}
_OK = "HTTP/1.1 200 OK\r\n"
RESPONSES: dict[str, str] = {
    "CL and TE": f"{_OK}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    "two CL, different": f"{_OK}Content-Length: 5\r\nContent-Length: 3\r\n\r\nhello",
    "two CL, equal": f"{_OK}Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
    "CL as a list": f"{_OK}Content-Length: 5, 5\r\n\r\nhello",
    "CL +5": f"{_OK}Content-Length: +5\r\n\r\nhello",
    "CL -1": f"{_OK}Content-Length: -1\r\n\r\nhello",
    "CL 0x5": f"{_OK}Content-Length: 0x5\r\n\r\nhello",
    "CL with a blank": f"{_OK}Content-Length: 5 \r\n\r\nhello",
    "CL too small": f"{_OK}Content-Length: 3\r\n\r\nhello",
    "a second answer": f"{_OK}Content-Length: 5\r\n\r\nhelloHTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nsmuggled",
    "TE xchunked": f"{_OK}Transfer-Encoding: xchunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    "TE upper case": f"{_OK}Transfer-Encoding: CHUNKED\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    "TE with a blank before the colon": f"{_OK}Transfer-Encoding : chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    "two TE": f"{_OK}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    "chunk size 0x5": f"{_OK}Transfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n",
    "chunk size +5": f"{_OK}Transfer-Encoding: chunked\r\n\r\n+5\r\nhello\r\n0\r\n\r\n",
    "chunk size overlong": f"{_OK}Transfer-Encoding: chunked\r\n\r\n100000000000000005\r\nhello\r\n0\r\n\r\n",
    "chunk size with LF": f"{_OK}Transfer-Encoding: chunked\r\n\r\n5\nhello\n0\n\n",
    "chunk extension": f"{_OK}Transfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\n\r\n",
    "chunk longer than said": f"{_OK}Transfer-Encoding: chunked\r\n\r\n5\r\nhello!\r\n0\r\n\r\n",
    "trailers": f"{_OK}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX: y\r\n\r\n",
    "folded": f"{_OK}X: a\r\n b\r\nContent-Length: 5\r\n\r\nhello",
    "LF ends lines": "HTTP/1.1 200 OK\nContent-Length: 5\n\nhello",
    "LF, then CRLF ends the head": "HTTP/1.1 200 OK\r\nContent-Length: 5\n\r\nhello",
    "LF, then CRLF ends the status line": "HTTP/1.1 200 OK\n\r\nhello",
    "folded CL": f"{_OK}Content-Length: \r\n 5\r\n\r\nhello",
    "NUL in a value": f"{_OK}X: a\0b\r\nContent-Length: 5\r\n\r\nhello",
    "no colon": f"{_OK}nonsense\r\nContent-Length: 5\r\n\r\nhello",
    "empty name": f"{_OK}: a\r\nContent-Length: 5\r\n\r\nhello",
    "204 with a body": "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello",
    "304 with a body": "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\nhello",
    "no reason": "HTTP/1.1 200\r\nContent-Length: 5\r\n\r\nhello",
    "status of two digits": "HTTP/1.1 20 OK\r\nContent-Length: 5\r\n\r\nhello",
    "status of four digits": "HTTP/1.1 2000 OK\r\nContent-Length: 5\r\n\r\nhello",
    "HTTP/1.1 twice": "HTTP/1.1 HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
    "a blank in front": " HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
}
_MAPPING = "ProxyPass / http://{A}/\nProxyAddHeaders Off\n"


def _respond(raw: str) -> tuple[Step, ...]:
    return Ask(ctl=json.dumps({"raw": raw}), show=("body",)), Ask("GET /second", show=("body",))


SMUGGLING = (
    *(Contest(f"smuggle request: {name}", _MAPPING, (Raw(data + END),)) for name, data in REQUESTS.items()),
    *(Contest(f"smuggle response: {name}", _MAPPING, _respond(data)) for name, data in RESPONSES.items()),
)
#: Where serve refuses what httpd takes, and why.
STRICTER: dict[str, str] = {
    "smuggle request: absolute form against two Hosts": "RFC 9112, section 3.2: whoever reads another of them is misled"
}

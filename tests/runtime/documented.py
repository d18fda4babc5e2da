"""Plays about error documents that come from an origin and fail there, each name ending with its statements."""

from __future__ import annotations

from tests.runtime.scripted import Act, Close, Play, get


def _status(line: str, body: str = "own", lines: str = "") -> bytes:
    return f"HTTP/1.1 {line}\r\nServer: o\r\n{lines}Content-Length: {len(body)}\r\n\r\n{body}".encode("latin-1")


def _play(name: str, lines: str, *answers: Act, version: str = "1.1", method: str = "GET") -> Play:
    """One request, and what the origin answers to it and to each document."""
    config = f"{lines}\nProxyPass /gone !\nProxyPass / http://{{P}}/"
    client = (get("/x", "X: y\r\n", version, method, last=True),)
    return Play(f"documents: {name}", config, (client,), show=("X",), answers=answers)


_ON = "ProxyErrorOverride On"
_GONE, _BUSY, _BROKEN = _status("404 Gone Fishing"), _status("503 Too Busy"), _status("500 Broken")


def _no(challenge: str) -> bytes:
    return _status("401 No", "own", f"WWW-Authenticate: {challenge}\r\n")


DOCUMENTED = (
    _play("overridden again and again ED-2 RS-23", f"{_ON}\nErrorDocument 404 /d", *[_GONE] * 15),
    _play("overridden again, HEAD ED-2 RS-23", f"{_ON}\nErrorDocument 404 /d", *[_GONE] * 15, method="HEAD"),
    _play("overridden again, HTTP/1.0 ED-2 RS-23", f"{_ON}\nErrorDocument 404 /d", *[_GONE] * 15, version="1.0"),
    _play("overridden once, then fine ED-2 RS-25", f"{_ON}\nErrorDocument 404 /d", _GONE, _status("200 Fine", "doc")),
    _play("overridden twice, then fine ED-2", f"{_ON}\nErrorDocument 404 /d", _GONE, _GONE, _status("200 OK", "doc")),
    _play("overridden by another, no document ED-2 RS-23", f"{_ON}\nErrorDocument 404 /d", _GONE, _BUSY),
    _play("overridden by turns ED-2 RS-23", f"{_ON}\nErrorDocument 404 /d\nErrorDocument 503 /e", *[_GONE, _BUSY] * 8),
    _play(
        "overridden, then a text ED-2 RS-23", f'{_ON}\nErrorDocument 404 /d\nErrorDocument 503 "sorry"', _GONE, _BUSY
    ),
    _play(
        "overridden, then a URL ED-2 RS-23",
        f"{_ON}\nErrorDocument 404 /d\nErrorDocument 503 http://e.example/",
        _GONE,
        _BUSY,
    ),
    _play("overridden, then missing here ED-2", f"{_ON}\nErrorDocument 404 /gone/d", _GONE),
    _play(
        "overridden, then missing here, then by turns ED-2",
        f"{_ON}\nErrorDocument 503 /gone/d\nErrorDocument 404 /e",
        _BUSY,
        *[_BUSY] * 3,
    ),
    _play("some codes alone ED-2 RS-23", f"{_ON} 404\nErrorDocument 404 /d", _GONE, _BROKEN),
    _play("not overridden ED-2 RS-25", "ErrorDocument 404 /d\nRedirectMatch 404 ^/x", _GONE),
    *(
        _play(f"a challenge, {name} ED-2 RS-23", f"{_ON}\nErrorDocument 401 /d{more}", *answers)
        for name, more, answers in (
            ("then busy", "", (_no("A"), _no("B"), _BUSY)),
            (
                "two lines",
                "\nErrorDocument 401 default",
                (_status("401 No", "own", "WWW-Authenticate: A\r\n" * 2 + "Allow: x\r\n"),),
            ),
            ("then fine", "", (_no("A"), _status("200 OK", "doc", "WWW-Authenticate: D\r\n"))),
            ("two of them", "", (_no("A"), _no("B"), _no("C"), _status("200 OK", "doc"))),
            ("then a text", '\nErrorDocument 503 "sorry"', (_no("A"), _BUSY)),
            ("without one", "", (_no("A"), _status("401 No"), _status("200 OK", "doc"))),
            (
                "that is not overridden",
                "\nErrorDocument 404 /e",
                (_GONE, _status("200 OK", "doc", "WWW-Authenticate: D\r\n")),
            ),
        )
    ),
    _play(
        "overridden, then broken ED-2 FA-6",
        f"{_ON}\nErrorDocument 404 /d\nErrorDocument 502 /e",
        _GONE,
        Close(),
        _status("200 OK", "doc"),
    ),
)

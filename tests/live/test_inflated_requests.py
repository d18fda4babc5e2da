"""SetInputFilter DEFLATE (DF-3): bodies that are gzip, nearly gzip, or too much, sent to httpd and to serve."""

from __future__ import annotations

import gzip
import re
import socket
import zlib
from pathlib import Path

import pytest

from apacheconf.engines import Engine
from apacheconf.engines import httpd as engine_httpd
from tests.engines.real import need
from tests.runtime.served import Served
from tests.wire import Case, Part, Scene, scene

CONFIG = """ProxyPass /a http://{A}/
ProxyPass /f fcgi://{fcgi}/
SetInputFilter DEFLATE
DeflateInflateLimitRequestBody 200000
<Location /a/limit>
DeflateInflateLimitRequestBody 100
</Location>
<Location /a/ratio>
DeflateInflateRatioLimit 3
</Location>
<Location /a/none>
SetInputFilter INFLATE
</Location>
"""
TEXT = b"hello world " * 20
PACKED = gzip.compress(TEXT, mtime=0)
GZIP = "Content-Encoding: gzip"


def post(path: str, body: bytes, *headers: str, measured: bool = True) -> bytes:
    lines = [f"POST {path} HTTP/1.1", "Host: example.com", "Connection: close", *headers]
    lines += [f"Content-Length: {len(body)}"] if measured else []
    return "\r\n".join([*lines, "", ""]).encode() + body


def chunks(body: bytes, size: int = 7) -> bytes:
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


ASKED = {
    "gzip": post("/a/x", PACKED, GZIP),
    "x-gzip": post("/a/x", PACKED, "Content-Encoding: x-gzip"),
    "plain": post("/a/x", b"abc"),
    "chunked": post("/a/x", chunks(PACKED), GZIP, "Transfer-Encoding: chunked", measured=False),
    "no gzip": post("/a/x", b"this is not gzip at all, no", GZIP),
    "short": post("/a/x", b"abc", GZIP),
    "cut": post("/a/x", PACKED[:-4], GZIP),
    "cut earlier": post("/a/x", PACKED[:20], GZIP),
    "another checksum": post("/a/x", PACKED[:-8] + bytes(8), GZIP),
    "more behind": post("/a/x", PACKED + b"more", GZIP),
    "two members": post("/a/x", PACKED + PACKED, GZIP),
    "two encodings": post("/a/x", PACKED, "Content-Encoding: identity, gzip"),
    "deflate": post("/a/x", zlib.compress(TEXT), "Content-Encoding: deflate"),
    "over the limit": post("/a/limit", PACKED, GZIP),
    "a bomb": post("/a/x", gzip.compress(b"x" * 300000, mtime=0), GZIP),
    "ratio": post("/a/ratio", gzip.compress(b"a" * 100000, mtime=0), GZIP),
    "long": post("/a/x", gzip.compress(bytes(range(256)) * 400, mtime=0), GZIP),
    "an unknown filter": post("/a/none", PACKED, GZIP),
    "empty": post("/a/x", b"", GZIP),
    "with a name": post("/a/x", PACKED[:3] + b"\x08" + PACKED[4:10] + b"name\0" + PACKED[10:], GZIP),
    "FastCGI": post("/f/x", PACKED, GZIP),
    "twice": post("/a/x", PACKED, GZIP),
}


def _asked(found: Scene, raw: bytes) -> str:
    """The status, what of the body FastCGI got, and the request as it came to the origin."""
    with socket.create_connection(("127.0.0.1", found.port), timeout=10) as client:
        client.sendall(raw)
        answer = b"".join(iter(lambda: client.recv(65536), b"")).decode("latin-1")
    came = re.findall(r"\d+ bytes came: .*\]", answer)
    for each in found.origins.take():
        fields = [line for line in each.headers if line[0].lower().startswith("content-")]
        came.append(f"{each.framing} {each.length} {each.sha256} {fields}")
    return f"{answer.partition(chr(13))[0]} {came}"


def answers(engine: Engine | None) -> tuple[dict[str, str], list[str]]:
    """What each request came to, and what of it stands in the error log."""
    with scene(Case(Path("x"), "", (Part("config", "", CONFIG),)), engine) as found:
        running = (
            Served(found.box.path / "httpd.conf")
            if engine is None
            else engine_httpd.start(engine, found.box, found.text, [("127.0.0.1", found.port)])
        )
        with running:
            told = {name: _asked(found, raw) for name, raw in ASKED.items()}
        log = (found.box.path / "logs" / "error.log").read_text("latin-1")
        wanted = re.findall(r"(AH(?:01387|01394|02\d{3}|01095): [^{\n]*)", found.hide(log))
        return told, wanted


@pytest.mark.live
def test_bodies_are_inflated_and_refused_as_httpd_does() -> None:
    theirs, said = answers(need("httpd"))
    ours, log = answers(None)
    assert ours == theirs
    assert log == said
    assert len({*theirs.values()}) > 8

"""Compression asked on httpd and on nginx: what is compressed, and that it is the same unpacked (NGX-171)."""

from __future__ import annotations

import gzip
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from apacheconf.engines import Sandbox
from tests.targets.configs import host, outcomes, translated
from tests.targets.fronts import MODULES, Fronts, fronts

_CONFIG = """
TypesConfig {root}/mime.types
<VirtualHost *:{port}>
    ServerName some.test
    DocumentRoot {root}/www
    AddOutputFilterByType DEFLATE text/html text/plain
    ProxyPass /app http://127.0.0.1:{one}/
</VirtualHost>
<VirtualHost *:{port}>
    ServerName all.test
    DocumentRoot {root}/www
    SetOutputFilter DEFLATE
    DeflateCompressionLevel 9
</VirtualHost>
"""
_FILES = {"www/a.txt": "hello " * 300, "www/a.html": "<p>hello</p>" * 200, "www/a.css": "a{} " * 300, "www/e.txt": ""}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronts]:
    with Sandbox("compression") as box:
        for name, text in _FILES.items():
            box.write(name, text)
        config = _CONFIG.replace("{root}", str(box.path))
        modules = (*MODULES, "deflate_module", "filter_module")
        with fronts(config, tmp_path_factory.mktemp("compression"), modules) as started:
            yield started


def _answer(port: int, name: str, path: str, accepts: str) -> tuple[str, str, str, bytes]:
    """Status, coding, Vary, and the body as it is without its coding."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
        client.sendall(f"GET {path} HTTP/1.0\r\nHost: {name}\r\n{accepts}\r\n\r\n".encode())
        head, _, body = b"".join(iter(lambda: client.recv(65536), b"")).partition(b"\r\n\r\n")
    fields = dict(line.lower().split(": ", 1) for line in head.decode().split("\r\n")[1:])
    coding = fields.get("content-encoding", "")
    return head.split()[1].decode(), coding, fields.get("vary", ""), gzip.decompress(body) if coding else body


@pytest.mark.live
@pytest.mark.parametrize("accepts", ["Accept-Encoding: gzip", "Accept-Encoding: br, gzip;q=0.5", "X-A: b"])
@pytest.mark.parametrize("path", ["/a.txt", "/a.html", "/a.css", "/e.txt", "/app/x"])
@pytest.mark.parametrize("name", ["some.test", "all.test"])
def test_compression(name: str, path: str, accepts: str, running: Fronts) -> None:
    theirs, ours = (_answer(running.at[each], name, path, accepts) for each in ("httpd", "nginx"))
    if theirs[0] != "200":  # caveat "gzip": an error may be compressed
        theirs, ours = theirs[:1], ours[:1]  # type: ignore[assignment]
    assert ours == theirs


def test_outcomes(tmp_path: Path) -> None:
    """nginx can't leave text/html alone, so what doesn't name it is not compressed at all."""
    made = translated(tmp_path, host("SetOutputFilter DEFLATE", "ProxyPass / http://127.0.0.1:81/"), "nginx")
    assert outcomes(made)["SetOutputFilter"] == "equivalent"
    lines = "AddOutputFilterByType DEFLATE text/css", "ProxyPass / http://127.0.0.1:81/"
    made = translated(tmp_path, host(*lines), "nginx")
    assert outcomes(made)["AddOutputFilterByType"] == "unsupported"
    assert "gzip" not in made.text

"""Compression on httpd and the targets: what is compressed, and that it is the same unpacked (NGX-171, HAP-68)."""

from __future__ import annotations

import gzip
import re
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
<VirtualHost *:{port}>
    ServerName chosen.test
    DocumentRoot {root}/www
    FilterDeclare SHRINK CONTENT_SET
    FilterProvider SHRINK DEFLATE "%{CONTENT_TYPE} =~ m#^text/(html|css)#"
    FilterProtocol SHRINK "change=yes"
    FilterChain SHRINK
    RewriteEngine On
    RewriteCond %{HTTP:Accept-Encoding} br
    RewriteCond %{DOCUMENT_ROOT}%{REQUEST_URI}.br -f
    RewriteRule ^(.*\\.(?:css|js))$ $1.br [E=no-gzip:1,L]
</VirtualHost>
<VirtualHost *:{port}>
    ServerName clients.test
    DocumentRoot {root}/www
    SetOutputFilter DEFLATE
    BrowserMatch ^Old/4 gzip-only-text/html
    BrowserMatch \\bNewer !no-gzip !gzip-only-text/html
    ProxyPass /app http://127.0.0.1:{one}/
</VirtualHost>
<VirtualHost *:{port}>
    ServerName left.test
    SetOutputFilter DEFLATE
    SetEnvIf Request_URI \\.css$ no-gzip dont-vary
    Header append Vary User-Agent env=!dont-vary
    ProxyPass / http://127.0.0.1:{one}/
</VirtualHost>
"""
_FILES = {"www/a.txt": "hello " * 300, "www/a.html": "<p>hello</p>" * 200, "www/a.css": "a{} " * 300, "www/e.txt": "",
          "www/b.css": "b{} " * 300, "www/b.css.br": "as it lies there", "www/c.css.br": ""}  # fmt: skip


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronts]:
    with Sandbox("compression") as box:
        for name, text in _FILES.items():
            box.write(name, text)
        config = _CONFIG.replace("{root}", str(box.path))
        modules = (*MODULES, "deflate_module", "filter_module", "rewrite_module", "setenvif_module",
                   "headers_module")  # fmt: skip
        with fronts(config, tmp_path_factory.mktemp("compression"), modules) as started:
            yield started


def _answer(port: int, name: str, path: str, accepts: str) -> tuple[str, str, str, bytes]:
    """Status, coding, Vary, and the body as it is without its coding."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
        client.sendall(f"GET {path} HTTP/1.0\r\nHost: {name}\r\n{accepts}\r\n\r\n".encode())
        head, _, body = b"".join(iter(lambda: client.recv(65536), b"")).partition(b"\r\n\r\n")
    fields: dict[str, str] = {}
    for line in head.decode().lower().split("\r\n")[1:]:
        key, _, value = line.partition(": ")
        fields[key] = f"{value},{fields[key]}" if key in fields else value  # lines of a list, in whatever order
    coding = fields.get("content-encoding", "")
    vary = ",".join(sorted(re.split(r"\s*,\s*", fields.get("vary", ""))))
    return head.split()[1].decode(), coding, vary, gzip.decompress(body) if coding else body


@pytest.mark.live
@pytest.mark.parametrize("accepts", ["Accept-Encoding: gzip", "Accept-Encoding: br, gzip;q=0.5", "X-A: b"])
@pytest.mark.parametrize("path", ["/a.txt", "/a.html", "/a.css", "/b.css", "/e.txt", "/app/x", "/app/x.css"])
@pytest.mark.parametrize("name", ["some.test", "all.test", "chosen.test", "clients.test", "left.test"])
def test_compression(name: str, path: str, accepts: str, running: Fronts) -> None:
    theirs, ours = (_answer(running.at[each], name, path, accepts) for each in ("httpd", "nginx"))
    if theirs[0] != "200":  # caveat "gzip": an error may be compressed
        theirs, ours = theirs[:1], ours[:1]  # type: ignore[assignment]
    elif name == "chosen.test":  # difference "vary": rules that ask for a header say so in httpd
        theirs, ours = ((*each[:2], "", each[3]) for each in (theirs, ours))
    assert ours == theirs


@pytest.mark.live
@pytest.mark.parametrize(("client", "path"), [("Old/4.0", "/a.txt"), ("Young", "/a.txt"), ("Old/4.0", "/a.css")])
def test_clients_that_can_not_unpack(client: str, path: str, running: Fronts) -> None:
    """A client that should get less compressed gets nothing compressed, and the same answer."""
    accepts = f"Accept-Encoding: gzip\r\nUser-Agent: {client}"
    theirs, ours = (_answer(running.at[each], "clients.test", path, accepts) for each in ("httpd", "nginx"))
    assert (ours[1], ours[3]) == (theirs[1], theirs[3])


def _by_haproxy(port: int, name: str, path: str, accepts: str, status: str) -> tuple[str, str, str, bytes]:
    """The same over HTTP/1.1, of an origin that answers with this status; without Vary where that isn't 200."""
    request = f"GET {path} HTTP/1.1\r\nHost: {name}\r\nX-Status: {status}\r\nConnection: close\r\n{accepts}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
        client.sendall(request.encode())
        head, _, body = b"".join(iter(lambda: client.recv(65536), b"")).partition(b"\r\n\r\n")
    fields = dict(line.partition(": ")[::2] for line in head.decode().lower().split("\r\n")[1:])
    if fields.get("transfer-encoding") == "chunked":
        body = b"".join(_chunks(body))
    coding = fields.get("content-encoding", "")
    return head.split()[1].decode(), coding, fields.get("vary", ""), gzip.decompress(body) if coding else body


def _chunks(body: bytes) -> Iterator[bytes]:
    while body:
        size, _, rest = body.partition(b"\r\n")
        yield rest[: int(size, 16)]
        body = rest[int(size, 16) + 2 :]


@pytest.mark.live
@pytest.mark.parametrize("accepts", ["Accept-Encoding: gzip", "Accept-Encoding: br, gzip;q=0.5", "X-A: b"])
@pytest.mark.parametrize("name", ["some.test", "clients.test"])
def test_compression_of_origins_in_haproxy(name: str, accepts: str, running: Fronts) -> None:
    """HAP-68: what is compressed, and what caches are told of it."""
    accepts += f"\r\nX-Long: {'long ' * 100}"
    theirs, ours = (
        _by_haproxy(running.at[each], name, "/app/long", accepts, "200 OK") for each in ("httpd", "haproxy")
    )
    assert ours == theirs


@pytest.mark.live
def test_errors_are_not_compressed_in_haproxy(running: Fronts) -> None:
    """Caveat "compression"."""
    found = _by_haproxy(running.at["haproxy"], "some.test", "/app", "Accept-Encoding: gzip", "404 Not Found")
    assert found[:2] == ("404", "")


def test_outcomes(tmp_path: Path) -> None:
    """nginx can't leave text/html alone, so what doesn't name it is not compressed at all."""
    made = translated(tmp_path, host("SetOutputFilter DEFLATE", "ProxyPass / http://127.0.0.1:81/"), "nginx")
    assert outcomes(made)["SetOutputFilter"] == "equivalent"
    lines = "AddOutputFilterByType DEFLATE text/css", "ProxyPass / http://127.0.0.1:81/"
    made = translated(tmp_path, host(*lines), "nginx")
    assert outcomes(made)["AddOutputFilterByType"] == "unsupported"
    assert "gzip" not in made.text


def test_outcomes_of_chosen_filters_and_of_clients(tmp_path: Path) -> None:
    chosen = 'FilterProvider SHRINK DEFLATE "%{CONTENT_TYPE} =~ m#^text/#"', "FilterChain SHRINK"
    made = outcomes(translated(tmp_path, host("DocumentRoot /srv/a", *chosen), "nginx"))
    assert {made["FilterProvider"], made["FilterChain"]} == {"equivalent"}
    made = outcomes(translated(tmp_path, host("ProxyPass / http://127.0.0.1:81/", *chosen), "nginx"))
    assert made["FilterProvider"] == "approximated"
    lines = "SetOutputFilter DEFLATE", "BrowserMatch ^Old gzip-only-text/html", "SetEnvIf Request_URI gif$ no-gzip"
    made = outcomes(translated(tmp_path, host("ProxyPass / http://127.0.0.1:81/", *lines), "nginx"))
    assert {made[each] for each in ("SetOutputFilter", "BrowserMatch")} == {"equivalent"}


def test_brotli_is_said_to_be_missing(tmp_path: Path) -> None:
    """NGX-172: beside DEFLATE its clients get gzip, else the body as it is."""
    lines = "AddOutputFilterByType BROTLI_COMPRESS text/html", "BrotliCompressionQuality 5"
    made = translated(tmp_path, host(*lines, "ProxyPass / http://127.0.0.1:81/"), "nginx")
    told = outcomes(made)
    assert told["AddOutputFilterByType"] == told["BrotliCompressionQuality"] == "unsupported"
    assert any("knows no Brotli" in each for row in made.rows for each in row.caveats)

"""What comes bit by bit is handed on bit by bit, both ways, by httpd and by each target (NGX-73, NGX-74, DEF-44)."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from apacheconf.engines import Engine, Sandbox, free_ports, haproxy, httpd, nginx
from apacheconf.engines.installed import find_all
from tests.engines.real import need
from tests.targets.configs import translated
from tests.targets.fronts import MODULES

pytestmark = [pytest.mark.live, pytest.mark.prove_all]
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
_FRONTS = ("httpd", "nginx", "newest nginx", "haproxy")
_PATIENCE = 5.0


def _engine(name: str) -> Engine:
    return find_all("nginx")[-1] if name == "newest nginx" else need(name)


@contextmanager
def _front(name: str, words: str, folder: Path) -> Iterator[tuple[int, socket.socket]]:
    """The port of a front whose only origin is the socket, and the words that its ProxyPass says further."""
    engine = _engine(name)
    (port,) = free_ports(1)
    start = {"httpd": httpd.start, "nginx": nginx.start, "haproxy": haproxy.start}[engine.name]
    with ExitStack() as stack:
        origin = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        origin.settimeout(_PATIENCE)
        box = stack.enter_context(Sandbox("streaming"))
        text = (
            f"Listen 127.0.0.1:{port}\n<VirtualHost *:{port}>\nServerName a.test\n"
            f"ProxyPass / http://127.0.0.1:{origin.getsockname()[1]}/ {words}\n</VirtualHost>\n"
        )
        if name == "httpd":
            text = f"{httpd.preamble(engine, box, (*MODULES, 'env_module'))}\n{text}"
        else:
            text = translated(folder, text, engine.name, ".".join(engine.version.split(".")[:2])).text
        stack.enter_context(start(engine, box, text, [("127.0.0.1", port)]))
        yield port, origin


def _read_until(talk: socket.socket, wanted: bytes) -> bytes:
    """What has come when ``wanted`` has; TimeoutError when it doesn't come."""
    talk.settimeout(_PATIENCE)
    seen = b""
    while wanted not in seen:
        more = talk.recv(65536)
        assert more, f"closed after {seen!r}"
        seen += more
    return seen


@pytest.mark.parametrize("words", ["", "flushpackets=on"])
@pytest.mark.parametrize("name", _FRONTS)
def test_an_event_arrives_before_the_next_is_sent(name: str, words: str, tmp_path: Path) -> None:
    """The origin sends each event when the client has the one before."""
    with _front(name, words, tmp_path) as (port, origin), socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(b"GET /events HTTP/1.1\r\nHost: a.test\r\n\r\n")
        with origin.accept()[0] as talk:
            _read_until(talk, b"\r\n\r\n")
            talk.sendall(_HEAD)
            for number in range(3):
                talk.sendall(b"9\r\ndata: %d\n\n\r\n" % number)
                assert b"data: %d\n" % number in _read_until(client, b"data: %d\n" % number)


@pytest.mark.parametrize("name", _FRONTS)
def test_a_body_is_on_its_way_before_it_is_whole(name: str, tmp_path: Path) -> None:
    """A body too long to be held back: the origin has its beginning while the client still sends."""
    with _front(name, "", tmp_path) as (port, origin), socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(b"POST /upload HTTP/1.1\r\nHost: a.test\r\nContent-Length: 200000\r\n\r\n" + b"b" * 100_000)
        with origin.accept()[0] as talk:
            head = _read_until(talk, b"bbbb")
            assert b"ontent-" in head
            client.sendall(b"b" * 99_996 + b"last")
            _read_until(talk, b"last")
            talk.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
            assert b" 204 " in _read_until(client, b"\r\n\r\n")


@pytest.mark.parametrize("name", [each for each in _FRONTS if each != "haproxy"])
def test_an_origin_of_long_ago(name: str, tmp_path: Path) -> None:
    """NGX-72: it is asked in HTTP/1.0, and a body whose length nobody has said comes with it."""
    body = b"4\r\nbody\r\n0\r\n\r\n"
    old = "\nSetEnv force-proxy-request-1.0 1"
    with _front(name, old, tmp_path) as (port, origin), socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(b"POST /x HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n" + body)
        with origin.accept()[0] as talk:
            asked = _read_until(talk, b"\r\n\r\nbody").lower()
            assert asked.startswith(b"post /x http/1.0\r\n")
            assert b"content-length: 4\r\n" in asked
            talk.sendall(b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok")
            assert b"ok" in _read_until(client, b"ok")

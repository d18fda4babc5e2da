"""FastCGI beyond single answers: bodies both ways, connections that stay, and what can't be read."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from apacheconf.engines import free_ports
from apacheconf.program.loading import load
from apacheconf.prove.client import Turn, exchange
from apacheconf.runtime.fcgi import pairs, read_script_head, record
from tests.runtime import contest, responder
from tests.runtime.responder import Responder
from tests.runtime.script_members import BODIES
from tests.runtime.served import Served


@contextmanager
def serving(folder: Path, found: Responder, parameters: str = "") -> Iterator[int]:
    (port,) = free_ports(1)
    file = folder / "site.conf"
    loads = "".join(f"LoadModule {name}_module mod_{name}.so\n" for name in ("proxy", "proxy_fcgi"))
    file.write_text(f"{loads}Listen 127.0.0.1:{port}\nProxyPass / fcgi://127.0.0.1:{found.port}/ {parameters}\n")
    with Served(file):
        yield port


def ask(port: int, *requests: bytes) -> list[bytes]:
    """The bodies of the answers to requests on one connection."""
    turns = tuple(Turn(each, (each.split(b" ", 1)[0].decode(),)) for each in requests)
    return [answer.body for answer in exchange(("127.0.0.1", port), turns).answers]


def post(body: bytes, framing: bytes) -> bytes:
    return b"POST /x HTTP/1.1\r\nHost: example.com\r\n%b\r\n\r\n%b" % (framing, body)


@pytest.mark.parametrize("size", [0, 1, 16384, 16385, 65535, 65536, 3_000_000])
def test_a_body_arrives_whole_with_its_length(size: int, tmp_path: Path) -> None:
    """FC-11: known or in chunks, which are put together first."""
    data = b"x" * size
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in _cut(data)) + b"0\r\n\r\n"
    with Responder() as found, serving(tmp_path, found) as port:
        for request in (post(data, b"Content-Length: %d" % size), post(chunks, b"Transfer-Encoding: chunked")):
            (told,) = ask(port, request)
            assert f"CONTENT_LENGTH={size}\n".encode() in told
            assert f" {size} bytes came: {'x' * min(size, 40)}]".encode() in told


_WAITS = b"POST /x HTTP/1.1\r\nHost: example.com\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n"


def test_a_client_that_waits_is_told_to_go_on(tmp_path: Path) -> None:
    """FC-14."""
    with Responder() as found, serving(tmp_path, found) as port:
        with socket.create_connection(("127.0.0.1", port), 10) as client:
            client.sendall(_WAITS)
            assert client.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
            client.sendall(b"a=b&c")
            assert client.recv(100).startswith(b"HTTP/1.1 200 OK\r\n")
        with socket.create_connection(("127.0.0.1", port), 10) as client:
            client.sendall(_WAITS + b"a=b&c")
            answer = b"".join(iter(lambda: client.recv(65536), b""))  # up to its end
    head = answer.partition(b"\r\n\r\n")[0]
    assert head.startswith(b"HTTP/1.1 200 OK\r\n") and b"Connection: close" in head and b"chunked" not in head


def test_an_answer_that_breaks_off_shows_it(tmp_path: Path) -> None:
    """FC-11."""
    half = b"GET / HTTP/1.1\r\nHost: a\r\nX-End: half\r\nX-Ctl: Content-Type:%20text/plain%0A%0Ahalf\r\n\r\n"
    with Responder() as found, serving(tmp_path, found) as port:
        (answer,) = exchange(("127.0.0.1", port), (Turn(half),)).answers
    assert (answer.status, answer.body, answer.whole) == (200, b"half", False)


def test_a_body_is_sent_again_to_the_next_member() -> None:
    """FC-11, FO-5: kept in memory or in a file."""
    small, large, *_ = contest.play(BODIES, None)
    assert small == "AB 503 CONTENT_LENGTH=['500', '500'] came=[500, 500]"
    assert large == "BA 503 CONTENT_LENGTH=['100000', '100000'] came=[100000, 100000]"


def _cut(data: bytes) -> Iterator[bytes]:
    for at in range(0, len(data), 10_000):
        yield data[at : at + 10_000]


@pytest.mark.parametrize(("parameters", "connections"), [("", 3), ("enablereuse=on", 1), ("disablereuse=on", 3)])
def test_a_connection_stays_where_that_is_asked_for(parameters: str, connections: int, tmp_path: Path) -> None:
    """FC-2."""
    request = b"GET /x HTTP/1.1\r\nHost: example.com\r\n\r\n"
    with Responder() as found, serving(tmp_path, found, parameters) as port:
        told = ask(port, request, request, request)
        assert len(told) == 3
        assert all(b"[flags %d," % (connections == 1) in each for each in told)
    assert found.connections == connections


def test_default_ports(tmp_path: Path) -> None:
    """FC-1, FC-2, WP-10: the ports that workers have unless they say others, and which keep connections."""
    file = tmp_path / "site.conf"
    urls = {
        "fcgi": 8000,
        "ajp": 8009,
        "scgi": 4000,
        "uwsgi": 3031,
        "ws": 80,
        "wss": 443,
        "https": 443,
        "h2c": 80,
        "h2": 443,
    }
    file.write_text("".join(f"ProxyPass /{scheme} {scheme}://host.example/\n" for scheme in urls))
    program = load([str(file)]).require()
    assert {worker.scheme: worker.port for worker in program.workers()} == urls
    assert [worker.scheme for worker in program.workers() if not worker.reusable] == ["fcgi", "scgi", "uwsgi"]


def test_parameters_of_every_length_can_be_read_again() -> None:
    params = [("A" * length, "b" * (300 - length)) for length in (0, 1, 127, 128, 129, 300)]
    assert list(responder.pairs(pairs(params))) == params


def test_what_is_longer_than_a_record_takes_several() -> None:
    data = record(5, b"y" * 70000)
    assert [data[4:6], data[8 + 65535 + 4 : 8 + 65535 + 6]] == [b"\xff\xff", (70000 - 65535).to_bytes(2, "big")]
    assert record(5, b"") == b"\x01\x05\x00\x01\x00\x00\x00\x00"


@pytest.mark.parametrize(
    ("line", "status", "reason", "shown"),
    [
        (b"Status: 404 Gone Fishing", 404, b"Gone Fishing", 0),
        (b"status:201", 201, b"Created", 0),
        (b"Status: 299", 299, b"", 0),
        (b"X: y", 200, b"OK", 0),
        (b"Status: abc", 0, b"Internal Server Error", 500),
        (b"Status: 99", 99, b"Internal Server Error", 500),
        (b"Status: 404Gone", 404, b"Not Found", 404),
    ],
)
def test_status(line: bytes, status: int, reason: bytes, shown: int) -> None:
    """FC-10: what is logged, and what the first line says."""
    reply = read_script_head(line + b"\r\nContent-Length: 7\r\n\r\n")
    assert (reply.status, reply.reason, reply.shown) == (status, reason, shown)
    assert not re.search(rb"(?i)content-length", b"".join(name for name, _ in reply.fields))

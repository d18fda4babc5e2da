"""The engine with real sockets on loopback: pools, large bodies, slow readers, drain. No test measures time."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest

from apacheconf.diagnostics import UsageError
from apacheconf.origins import factory
from apacheconf.program.workers import Worker
from apacheconf.prove.threaded import Origins
from apacheconf.runtime import ServeOptions, serve
from apacheconf.runtime.server import Server
from tests.program.examples import host, load_balancer, map_all, one_origin, program, shape
from tests.runtime.live import Serving, read_all
from tests.runtime.stage import get

pytestmark = pytest.mark.live

ONE, TWO = "10.0.0.1:8080", "10.0.0.2:8080"
CLOSE = b"Connection: close\r\n"


@pytest.fixture
def origins() -> Iterator[Origins]:
    with Origins([ONE, TWO]) as running:
        running.up([ONE, TWO])
        yield running


def test_members_alternate_over_pooled_connections(origins: Origins) -> None:
    """LB-14, KP-1, WK-7: three clients, one connection to each member."""
    with Serving(load_balancer(), origins.ports) as serving:
        for _ in range(3):
            answer = serving.ask(get() + get() + get() + get(CLOSE))
            assert answer.count(b"HTTP/1.1 200 OK") == 4
        assert [seen.origin for seen in origins.take()] == [ONE, TWO] * 6
        assert len(serving.server.origin_connections) == 2
    assert not serving.server.origin_connections and not serving.server.clients


def test_a_member_that_restarts_is_asked_on_a_new_connection(origins: Origins) -> None:
    """WK-8, KP-2: pooled connections that the origin has closed are not used again."""
    with Serving(load_balancer(), origins.ports) as serving:
        serving.ask(get() + get(CLOSE))
        origins.up([ONE, TWO])
        _wait_for(lambda: not serving.server.origin_connections)
        assert serving.ask(get() + get(CLOSE)).count(b"HTTP/1.1 200 OK") == 2


def _wait_for(condition: object) -> None:
    for _ in range(500):
        if condition():  # type: ignore[operator]
            return
        time.sleep(0.01)
    raise AssertionError("it never came")


def test_members_down(origins: Origins) -> None:
    """FA-1, FO-4, FO-8, FO-10."""
    with Serving(load_balancer(), origins.ports) as serving:
        origins.up([TWO])
        assert serving.ask(get() + get() + get(CLOSE)).count(b"HTTP/1.1 200 OK") == 3
        origins.up([])
        answer = serving.ask(get())
        assert answer.startswith(b"HTTP/1.1 503 Service Unavailable\r\n") and b"Connection: close\r\n" in answer
        origins.up([ONE, TWO])
        assert serving.ask(get(CLOSE)).startswith(b"HTTP/1.1 200 OK\r\n")
        assert any("Connection refused" in note for note in serving.notes)


def test_an_unresolvable_origin_is_500(origins: Origins) -> None:
    """FA-2: at request time; the server starts all the same."""
    nowhere = Worker("http://no.such.host.invalid", "http", "no.such.host.invalid", 80)
    with Serving(program((host(0, "example.com", shape((map_all(),))),), (nowhere,)), {}) as serving:
        answer = serving.ask(get())
        assert answer.startswith(b"HTTP/1.1 500 Proxy Error\r\n")
        assert b"DNS lookup failure for: no.such.host.invalid" in answer


@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_large_bodies_both_ways(framing: str) -> None:
    """RB-2, RB-3, RS-8: streamed whole and in order."""
    body = b"".join(b"%07d\n" % number for number in range(200_000))
    with _echo() as port, Serving(one_origin(), {"10.0.0.1:80": port}) as serving, serving.connect() as client:
        if framing == "length":
            head = get(b"Content-Length: %d\r\n" % len(body) + CLOSE, method=b"POST")
            sent = head + body
        else:
            head = get(b"Transfer-Encoding: chunked\r\n" + CLOSE, method=b"POST")
            sent = head + b"%x\r\n" % len(body) + body + b"\r\n0\r\n\r\n"
        sender = threading.Thread(target=client.sendall, args=(sent,))
        sender.start()
        answer = read_all(client)
        sender.join(20)
        assert answer.startswith(b"HTTP/1.1 200 OK\r\n") and answer.endswith(body)


def test_a_client_that_does_not_read_stops_the_origin() -> None:
    """Back-pressure: of 200 MB the origin gets rid of no more than the buffers on the way."""
    with _echo(answer=200 << 20) as port, Serving(one_origin(), {"10.0.0.1:80": port}) as serving:
        with serving.connect() as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
            client.sendall(get())
            _wait_for(lambda: any(connection.paused for connection in serving.server.origin_connections))
            client_side = next(iter(serving.server.clients))
            assert client_side.transport.get_write_buffer_size() < 1 << 20
            assert serving.ask(get(CLOSE, path=b"/small")).endswith(b"small")
        _wait_for(lambda: not serving.server.origin_connections)


def test_a_stop_lets_the_request_in_flight_end() -> None:
    """SIGTERM drains: the answer is whole, idle connections close, run() returns."""
    gate = threading.Event()
    with _echo(gate=gate) as port, Serving(one_origin(), {"10.0.0.1:80": port}) as serving:
        with serving.connect() as busy, serving.connect() as idle:
            busy.sendall(get(path=b"/small"))
            _wait_for(lambda: serving.server.origin_connections)
            serving.stop()
            assert idle.recv(10) == b""
            gate.set()
            answer = read_all(busy)
            assert answer.startswith(b"HTTP/1.1 200 OK\r\n") and answer.endswith(b"small")
            assert b"Connection: close\r\n" in answer
        serving.thread.join(20)
        assert not serving.thread.is_alive()


def test_the_access_log_has_a_line_for_each_answer(origins: Origins) -> None:
    with Serving(load_balancer(), origins.ports) as serving:
        serving.ask(get(b'User-Agent: a"b\r\nReferer: http://x/\r\n') + get() + get() + get(CLOSE, path=b"/a%2fb"))
        first, second, third, last = serving.lines
        assert first.startswith("127.0.0.1 - - [") and '] "GET / HTTP/1.1" 200 ' in first
        assert first.endswith(' "http://x/" "a\\"b"')
        assert second.endswith('"-" "-"') and third.endswith('"-" "-"')
        assert '"GET /a%2fb HTTP/1.1" 404 ' in last


def test_a_port_in_use_says_what_to_do() -> None:
    """The message names the address; the help names --listen."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UsageError) as refused:
            serve(one_origin(), ServeOptions(listen={80: ("127.0.0.1", port)}))
        assert f"could not bind to address 127.0.0.1:{port}" in str(refused.value)
        assert "--listen 80=" in (refused.value.help or "")


def test_stub_origins_answer_from_inside() -> None:
    """Every worker gets a stand-in, and connects are moved there."""
    serving = Serving(load_balancer(), {})
    serving.server = Server(load_balancer(), replace(serving.server.options, stub=lambda name: factory(name)()))
    with serving:
        answer = serving.ask(get(b"Accept: application/json\r\n" + CLOSE))
        assert b'"origin": "10.0.0.1:8080"' in answer


# --- an origin of our own ------------------------------------------------------------------------------------


class _echo:
    """An origin that echoes bodies, or sends ``answer`` bytes, after ``gate``; ``/small`` is answered ``small``."""

    def __init__(self, answer: int = 0, gate: threading.Event | None = None) -> None:
        self._answer, self._gate = answer, gate
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads: list[threading.Thread] = []
        self._sockets: list[socket.socket] = []

    def __enter__(self) -> int:
        thread = threading.Thread(target=self._accept, daemon=True)
        thread.start()
        return int(self._listener.getsockname()[1])

    def __exit__(self, *_: object) -> None:
        for each in [self._listener, *self._sockets]:
            each.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._sockets.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            head = read_until_blank(connection)
            if self._gate is not None:
                self._gate.wait(20)
            body = _body(head, connection)
            if b" /small " in head:
                body = b"small"
            size = self._answer if self._answer and b" /small " not in head else len(body)
            connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % size)
            connection.sendall(body if size == len(body) else bytes(size))
            connection.close()
        except OSError:
            return


def read_until_blank(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(1)
        if not more:
            raise OSError("closed")
        data += more
    return data


def _body(head: bytes, connection: socket.socket) -> bytes:
    if b"Transfer-Encoding: chunked" in head:
        out = b""
        while True:
            size = int(_line(connection), 16)
            piece = _exactly(connection, size + 2)
            if not size:
                return out
            out += piece[:-2]
    length = next((int(line[15:]) for line in head.split(b"\r\n") if line.startswith(b"Content-Length:")), 0)
    return _exactly(connection, length)


def _line(connection: socket.socket) -> bytes:
    out = b""
    while not out.endswith(b"\r\n"):
        out += connection.recv(1)
    return out


def _exactly(connection: socket.socket, size: int) -> bytes:
    parts, left = [], size
    while left:
        data = connection.recv(min(left, 65536))
        if not data:
            raise OSError("closed")
        parts.append(data)
        left -= len(data)
    return b"".join(parts)

"""Stub and echo origins: they show the bytes as they came, obey X-Ctl (DIF-2), and stand any input."""

from __future__ import annotations

import hashlib
import json
import socket
import time
from collections.abc import Iterator

import pytest

from apacheconf.origins import Received, RequestReader, page, read_orders, shown
from apacheconf.prove.threaded import Origins

CONVERSATIONS = [
    b"GET /a?b HTTP/1.1\r\nHost: x\r\nX-Two:  spaced \r\nx-two: again\r\n\r\n",
    b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhelloGET /next HTTP/1.1\r\n\r\n",
    b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0a;x=y\r\n0123456789\r\n0\r\nT: v\r\n\r\n"
    b"GET / HTTP/1.1\r\n\r\n",
    b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"GET / HTTP/1.0\nlf: only\n\n",
    b"nonsense\r\n\r\n",
    b"GET /\xe9 HTTP/1.1\r\nno colon\r\n folded\r\n\r\n",
    b"POST / HTTP/1.1\r\nContent-Length: 5x\r\n\r\n",
]


def read(parts: list[bytes]) -> list[tuple[Received, bool]]:
    reader, events = RequestReader("o", 1), []
    for part in parts:
        reader.feed(part)
        while event := reader.poll():
            events.append(event)
    return events


@pytest.mark.parametrize("data", CONVERSATIONS)
def test_whole_and_byte_by_byte_give_the_same_events(data: bytes) -> None:
    events = read([data])
    assert events
    assert events == read([data[at : at + 1] for at in range(len(data))])


def test_reads_what_was_sent_and_repairs_nothing() -> None:
    (_, _), (request, complete) = read([CONVERSATIONS[0]])
    assert complete
    assert request.request_line == "GET /a?b HTTP/1.1"
    assert request.headers == (("Host", "x"), ("X-Two", "spaced"), ("x-two", "again"))


def test_decodes_chunks() -> None:
    request = read([CONVERSATIONS[2]])[1][0]
    assert (request.framing, request.length) == ("chunked", 13)
    assert request.sha256 == hashlib.sha256(b"abc0123456789").hexdigest()[:16]


def test_names_what_is_broken() -> None:
    broken = [read([data])[-1][0].broken for data in (CONVERSATIONS[4], CONVERSATIONS[6], CONVERSATIONS[8])]
    assert broken == ["no chunk size", "no request line", "no number in Content-Length"]


def test_page_shows_the_request_and_nothing_of_it_is_markup() -> None:
    request = Received("10.0.0.1:8080", 3, "GET /<b> HTTP/1.1", (("X", "<script>"),))
    assert "GET /&lt;b&gt; HTTP/1.1\nX: &lt;script&gt;" in page(request)
    assert "<script>" not in page(request)


def test_orders_are_checked() -> None:
    assert read_orders('{"status": 204}').status == 204
    with pytest.raises(ValueError, match="JSON object with the keys"):
        read_orders('{"stauts": 204}')


# --- on loopback ---------------------------------------------------------------------------------------------

ONE, TWO = "10.0.0.1:8080", "10.0.0.2:8080"


@pytest.fixture
def origins() -> Iterator[Origins]:
    with Origins([ONE, TWO]) as running:
        running.up([ONE])
        yield running


def talk(port: int, data: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), 5) as client:
        client.sendall(data)
        client.shutdown(socket.SHUT_WR)
        received = b""
        while part := client.recv(65536):
            received += part
        return received


def order(**orders: object) -> bytes:
    return b"GET / HTTP/1.1\r\nConnection: close\r\nX-Ctl: " + json.dumps(orders).encode() + b"\r\n\r\n"


def test_a_stub_shows_the_request_as_json_when_asked() -> None:
    request = read([b"GET /p HTTP/1.1\r\nAccept: application/json\r\n\r\n"])[-1][0]
    headers, body = shown(request)
    assert headers == (("Content-Type", "application/json"),)
    seen = json.loads(body)
    assert (seen["origin"], seen["request_line"]) == ("o", "GET /p HTTP/1.1")
    assert seen["headers"] == [["Accept", "application/json"]]


def test_records_what_arrived_and_refuses_where_it_is_down(origins: Origins) -> None:
    talk(origins.ports[ONE], order())
    assert [(request.origin, request.request_line) for request in origins.take()] == [(ONE, "GET / HTTP/1.1")]
    with pytest.raises(ConnectionRefusedError):
        talk(origins.ports[TWO], order())
    origins.up([TWO])
    assert b"200" in talk(origins.ports[TWO], order())
    with pytest.raises(ConnectionRefusedError):
        talk(origins.ports[ONE], order())


@pytest.mark.parametrize(
    ("orders", "answer"),
    [
        ({"status": 404, "reason": "No", "body": "b"}, b"HTTP/1.1 404 No\r\nContent-Length: 1\r\n\r\nb"),
        (
            {"headers": [["Location", "http://%self%/x"]], "framing": "none", "status": 302, "reason": "F"},
            b"HTTP/1.1 302 F\r\nLocation: http://127.0.0.1:%d/x\r\n\r\n",
        ),
        (
            {"framing": "chunked", "body": "abcd"},
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n2\r\ncd\r\n0\r\n\r\n",
        ),
        ({"framing": "close", "size": 3}, b"HTTP/1.1 200 OK\r\n\r\nxxx"),
        ({"cut": 1, "body": "abc"}, b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\na"),
        ({"raw": "junk"}, b"junk"),
        ({"close": True}, b""),
        (
            {"interim": [[103, [["Link", "l"]]]], "delay": 0.01},
            b"HTTP/1.1 103 Interim\r\nLink: l\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        ),
        ({"status": 204, "reason": "N", "body": "x"}, b"HTTP/1.1 204 N\r\n\r\n"),
    ],
)
def test_obeys(origins: Origins, orders: dict[str, object], answer: bytes) -> None:
    assert talk(origins.ports[ONE], order(**orders)) == answer.replace(b"%d", b"%d" % origins.ports[ONE])


def test_resets_in_place_of_closing(origins: Origins) -> None:
    with socket.create_connection(("127.0.0.1", origins.ports[ONE]), 10) as client:
        client.sendall(order(close=True, reset=True))
        with pytest.raises(ConnectionResetError):
            client.recv(1)


@pytest.mark.parametrize(("version", "wish", "answers"), [
    ("1.1", "", 2), ("1.1", "close", 1), ("1.0", "", 1), ("1.0", "keep-alive", 2),
])  # fmt: skip
def test_keeps_a_connection_as_long_as_its_client_wants(
    origins: Origins, version: str, wish: str, answers: int
) -> None:
    """RFC 9112, section 9.3: who ends one that was to be kept takes the next request with it."""
    line = f"Connection: {wish}\r\n" if wish else ""
    first, second = f"GET /1 HTTP/{version}\r\n{line}\r\n", "GET /2 HTTP/1.1\r\nConnection: close\r\n\r\n"
    with socket.create_connection(("127.0.0.1", origins.ports[ONE]), 10) as client:
        client.sendall((first + second).encode())
        found = b"".join(iter(lambda: client.recv(65536), b""))
    assert found.count(b"HTTP/1.1 200 OK") == answers


def test_reads_on_for_a_moment_after_its_end(origins: Origins, monkeypatch: pytest.MonkeyPatch) -> None:
    """A close with unread bytes would be a reset, which may reach a front before it has read the answer."""
    monkeypatch.setattr("apacheconf.origins.protocol.LINGERING", 10)
    with socket.create_connection(("127.0.0.1", origins.ports[ONE]), 10) as client:
        client.sendall(order(raw="HTTP/1.1 200 OK\r\n\r\nok"))
        assert b"".join(iter(lambda: client.recv(100), b"")).endswith(b"ok")
        client.sendall(b"more than it wants")
        time.sleep(0.05)
        client.sendall(b"and this would fail after a reset")


def test_a_frozen_origin_answers_later(origins: Origins) -> None:
    origins.freeze(0.3)
    before = time.monotonic()
    assert b"200 OK" in talk(origins.ports[ONE], order())
    assert time.monotonic() - before > 0.2


def test_answers_100_continue_unless_told_otherwise(origins: Origins) -> None:
    head = b"POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 1\r\nConnection: close\r\n"
    assert talk(origins.ports[ONE], head + b"\r\nx").startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200")
    quiet = talk(origins.ports[ONE], head + b'X-Ctl: {"no_continue": true}\r\n\r\nx')
    assert quiet.startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("data", [*CONVERSATIONS, b"\x00\xff\r\n\r\n", b"\r\n\r\n\r\n", b"", order(nonsense=1)])
def test_stands_anything(origins: Origins, data: bytes) -> None:
    talk(origins.ports[ONE], data)
    assert b"200 OK" in talk(origins.ports[ONE], order())

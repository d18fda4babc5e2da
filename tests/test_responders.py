"""Stub origins that are asked in FastCGI, uwsgi or SCGI: what they show and what they can be told to say (DIF-2)."""

from __future__ import annotations

import asyncio
import json
import struct
from typing import Any, cast

import pytest

from apacheconf.origins import Received, factory
from apacheconf.origins.fcgi import RecordReader, pairs

PARAMS = {"REQUEST_METHOD": "GET", "REQUEST_URI": "/a.php?q", "SCRIPT_FILENAME": "/srv/a.php", "LONG": "v" * 200}


def record(kind: int, data: bytes, number: int = 1, padding: int = 0) -> bytes:
    return struct.pack(">BBHHBx", 1, kind, number, len(data), padding) + data + bytes(padding)


def told(params: dict[str, str]) -> bytes:
    out = b""
    for name, value in params.items():
        for text in (name, value):
            out += bytes((len(text),)) if len(text) < 128 else struct.pack(">I", len(text) | 1 << 31)
        out += (name + value).encode("latin-1")
    return out


def asked(params: dict[str, str], body: bytes = b"", keep: bool = False, padding: int = 0) -> bytes:
    parts = [(1, struct.pack(">HB5x", 1, keep)), (4, told(params)), (4, b""), *([(5, body)] if body else []), (5, b"")]
    return b"".join(record(kind, data, padding=padding) for kind, data in parts)


class Wire:
    """A transport that keeps what is written."""

    def __init__(self) -> None:
        self.data, self.closed = b"", False

    def write(self, data: bytes) -> None:
        self.data += data

    def close(self) -> None:
        self.closed = True

    def can_write_eof(self) -> bool:
        return False

    def get_extra_info(self, name: str) -> None:
        """It knows nothing of its peer."""


def answer(data: bytes, called: str | None = "127.0.0.1:9000", step: int | None = None) -> tuple[Wire, list[Received]]:
    """What an origin writes for these bytes, fed as a whole or ``step`` bytes at a time."""
    came: list[Received] = []
    wire = Wire()
    protocol = factory("127.0.0.1:9000", came.append, called)()
    protocol.connection_made(cast("asyncio.BaseTransport", wire))
    for at in range(0, len(data), step or len(data)):
        protocol.data_received(data[at : at + (step or len(data))])
    return wire, came


def output(data: bytes) -> tuple[bytes, list[int]]:
    """Standard output, and the types of the records."""
    out, kinds = b"", []
    while data:
        _, kind, _, size, padding = struct.unpack_from(">BBHHBx", data)
        kinds.append(kind)
        out += data[8 : 8 + size] if kind == 6 else b""
        data = data[8 + size + padding :]
    return out, kinds


@pytest.mark.parametrize("step", [None, 1])
@pytest.mark.parametrize("padding", [0, 5])
def test_a_request_is_read_with_its_parameters_and_its_body(step: int | None, padding: int) -> None:
    wire, came = answer(asked(PARAMS, b"hello", padding=padding), step=step)
    assert [each.request_line for each in came] == ["GET /a.php?q FastCGI"]
    assert dict(came[0].headers) == PARAMS
    assert (came[0].length, came[0].broken) == (5, "")
    assert output(wire.data) == (b"Content-Type: text/plain\r\n\r\nwithout orders\n", [6, 6, 3])
    assert wire.closed


def test_a_connection_is_kept_for_the_next_request() -> None:
    wire, came = answer(asked(PARAMS, keep=True) * 2)
    assert len(came) == 2
    assert not wire.closed


def test_orders_come_in_a_variable() -> None:
    orders: dict[str, Any] = {"status": 404, "reason": "No", "headers": [["Location", "http://%self%/"]], "body": "x"}
    wire, _ = answer(asked(PARAMS | {"HTTP_X_CTL": json.dumps(orders)}))
    assert output(wire.data)[0] == b"Status: 404 No\r\nLocation: http://127.0.0.1:9000/\r\n\r\nx"
    wire, _ = answer(asked(PARAMS | {"HTTP_X_CTL": '{"raw": "no head"}'}))
    assert output(wire.data) == (b"no head", [6, 6, 3])
    wire, _ = answer(asked(PARAMS | {"HTTP_X_CTL": '{"body": "hello", "cut": 2}'}))
    assert output(wire.data) == (b"Content-Type: text/plain\r\n\r\nhe", [6]), "no end: the script broke off"


def test_a_stub_shows_what_a_script_would_be_told() -> None:
    wire, _ = answer(asked(PARAMS | {"HTTP_ACCEPT": "application/json"}), called=None)
    head, _, body = output(wire.data)[0].partition(b"\r\n\r\n")
    assert head == b"Content-Type: application/json"
    assert ["SCRIPT_FILENAME", "/srv/a.php"] in json.loads(body)["headers"]
    wire, _ = answer(asked(PARAMS), called=None)
    assert b"SCRIPT_FILENAME: /srv/a.php" in output(wire.data)[0]


def test_parameters_that_are_cut_off_are_read_as_far_as_they_go() -> None:
    assert list(pairs(told({"A": "b", "C": "defg"})[:-2])) == [("A", "b"), ("C", "de")]
    assert list(pairs(b"\x01")) == [("", "")]


def test_a_record_of_another_request_is_broken() -> None:
    reader = RecordReader("o", 0)
    reader.feed(asked(PARAMS)[: -len(record(5, b""))] + record(5, b"x", number=7) + record(5, b""))
    events = list(iter(reader.poll, None))
    assert [(each.broken, done) for each, done in events] == [("", False), ("a record of another request", True)]


def packet(params: dict[str, str]) -> bytes:
    texts = [text.encode("latin-1") for pair in params.items() for text in pair]
    data = b"".join(struct.pack("<H", len(text)) + text for text in texts)
    return struct.pack("<BHB", 0, len(data), 0) + data


def netstring(params: dict[str, str]) -> bytes:
    data = "".join(f"{name}\0{value}\0" for name, value in params.items()).encode("latin-1")
    return b"%d:%b," % (len(data), data)


_WAYS = {"uwsgi": packet, "SCGI": netstring}


@pytest.mark.parametrize("way", _WAYS)
@pytest.mark.parametrize("step", [None, 1])
def test_an_environment_is_read_with_its_body(step: int | None, way: str) -> None:
    """UW-1, SC-1."""
    asked = PARAMS | {"CONTENT_LENGTH": "5"}
    wire, came = answer(_WAYS[way](asked) + b"hello", step=step)
    assert [each.request_line for each in came] == [f"GET /a.php?q {way}"]
    assert (dict(came[0].headers), came[0].length) == (asked, 5)
    assert wire.data.endswith(b"\r\n\r\nwithout orders\n")
    assert wire.closed


@pytest.mark.parametrize(("way", "status"), [("uwsgi", b"HTTP/1.1 404 No\r\n"), ("SCGI", b"Status: 404 No\r\n")])
def test_an_application_is_given_orders(way: str, status: bytes) -> None:
    ask = _WAYS[way]
    wire, _ = answer(ask(PARAMS | {"HTTP_X_CTL": '{"status": 404, "reason": "No", "body": "x"}'}))
    assert wire.data == status + b"Content-Length: 1\r\n\r\nx"
    wire, _ = answer(ask(PARAMS | {"HTTP_X_CTL": '{"raw": "no head"}'}))
    assert wire.data == b"no head"
    wire, _ = answer(ask(PARAMS | {"HTTP_X_CTL": '{"close": true}'}))
    assert wire.data == b""
    wire, _ = answer(ask(PARAMS | {"HTTP_X_CTL": '{"body": "hello", "cut": 2, "framing": "close"}'}))
    assert wire.data.endswith(b"\r\n\r\nhe")

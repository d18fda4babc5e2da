"""The raw client: screenplays against a server that says exactly one thing (DIF-4)."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from apacheconf.prove import client
from apacheconf.prove.client import Answer, Exchange, Turn, exchange

Talk = Callable[..., Exchange]


@pytest.fixture(autouse=True)
def short_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "PATIENCE", 0.3)
    monkeypatch.setattr(client, "CLOSING", 0.3)


@pytest.fixture
def talk() -> Iterator[Talk]:
    """Send the turns to a server that answers each thing it reads with the next of ``says``."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        threads = []

        def play(says: list[bytes], *turns: Turn, stays: bool = False, piecewise: bool = False) -> Exchange:
            def serve() -> None:
                peer, _ = server.accept()
                with peer:
                    for said in says:
                        peer.recv(65536)
                        for part in [said[at : at + 1] for at in range(len(said))] if piecewise else [said]:
                            peer.sendall(part)
                    if stays:
                        peer.settimeout(3)
                        peer.recv(65536)

            thread = threading.Thread(target=serve)
            thread.start()
            threads.append(thread)
            return exchange(server.getsockname(), turns or (Turn(b"x"),))

        yield play
        for thread in threads:
            thread.join(5)


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"


@pytest.mark.parametrize("piecewise", [False, True])
@pytest.mark.parametrize(
    ("said", "method", "answer"),
    [
        (OK, "GET", Answer(200, "OK", "1.1", (("Content-Length", "2"),), b"hi")),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x\r\nhi\r\n1\r\n!\r\n0\r\nT: v\r\n\r\n",
            "GET",
            Answer(200, "OK", "1.1", (("Transfer-Encoding", "chunked"),), b"hi!"),
        ),
        (b"HTTP/1.1 204 \r\n\r\n", "GET", Answer(204, "", "1.1")),
        (OK[:-2], "HEAD", Answer(200, "OK", "1.1", (("Content-Length", "2"),))),
        (
            b"HTTP/1.1 103 E\r\nLink: x\r\n\r\n" + OK,
            "GET",
            Answer(200, "OK", "1.1", (("Content-Length", "2"),), b"hi", (103,)),
        ),
    ],
)
def test_a_message_ends_where_it_says(talk: Talk, said: bytes, method: str, answer: Answer, piecewise: bool) -> None:
    assert talk([said], Turn(b"x", (method,)), stays=True, piecewise=piecewise) == Exchange((answer,), "kept")


def test_until_the_end_of_the_connection(talk: Talk) -> None:
    seen = talk([b"HTTP/1.0 200 OK\r\n\r\nall of it"])
    assert seen == Exchange((Answer(200, "OK", "1.0", (), b"all of it"),), "closed")


def test_what_has_no_status_line_is_all_body(talk: Talk) -> None:
    assert talk([b"<p>0.9"]).answers == (Answer(0, body=b"<p>0.9"),)


@pytest.mark.parametrize(
    "said", [OK[:-1], b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n"], ids=["length", "chunked"]
)
def test_a_broken_body_is_not_whole(talk: Talk, said: bytes) -> None:
    seen = talk([said])
    assert not seen.answers[0].whole
    assert seen.ended == "closed"


def test_nothing_at_all(talk: Talk) -> None:
    assert talk([b""]) == Exchange((), "closed")


def test_silence_is_named(talk: Talk) -> None:
    assert talk([b"HTTP/1.1 200 OK\r\n"], stays=True).ended == "silent"


def test_a_promise_to_close_is_held(talk: Talk) -> None:
    close = OK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    assert talk([close]).ended == "closed"
    assert talk([close], stays=True).ended == "kept"


def test_turns_and_pipelines(talk: Talk) -> None:
    seen = talk([OK, OK + OK], Turn(b"a"), Turn(b"bc", ("GET", "GET")), stays=True)
    assert [answer.status for answer in seen.answers] == [200, 200, 200]


def test_the_body_waits_for_100(talk: Talk) -> None:
    interim = Turn(b"head", interim=True)
    seen = talk([b"HTTP/1.1 100 Continue\r\n\r\n", OK], interim, Turn(b"body", ("POST",)), stays=True)
    assert [(answer.status, answer.interims) for answer in seen.answers] == [(200, (100,))]


def test_a_final_answer_in_place_of_100_ends_it(talk: Talk) -> None:
    seen = talk([b"HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n"], Turn(b"head", interim=True), Turn(b"body"))
    assert [answer.status for answer in seen.answers] == [417]

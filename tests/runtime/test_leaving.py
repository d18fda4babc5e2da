"""Who leaves without a word: clients before their answer is whole, origins while their connection is idle."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from apacheconf.program.loading import load
from tests.program.examples import one_origin
from tests.runtime.stage import OK, Pipe, Stage, converse, get

_HALF = b"POST / HTTP/1.1\r\nHost: example.com\r\nContent-Length: 9\r\n\r\nhalf"
_BEGUN = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"


def test_an_end_that_waits_in_the_event_loop_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """WK-8, KP-2: a connection is looked at before it is used again, however short it was idle."""
    near, far = socket.socketpair()
    monkeypatch.setattr(Pipe, "get_extra_info", lambda *_: near)
    stage = Stage(one_origin())
    client = stage.client()
    with near, far:
        for _ in range(2):
            client.data_received(get())
            stage.settle()
            assert len(stage.origins) == 1
            stage.origins[0].data_received(OK)
        far.close()
        client.data_received(get())
        stage.settle()
    assert len(stage.origins) == 2 and stage.origins[0].transport is None


def test_a_client_that_leaves_stands_in_the_log(tmp_path: Path) -> None:
    """LG-2j, KP-1: X, with the status as far as it is known; 400 where not even the request was whole (RB-11)."""
    path = tmp_path / "site.conf"
    log = f'CustomLog {tmp_path}/log "%>s %X %B %r"'
    path.write_text(f"ServerName example.com\n{log}\nProxyPass / http://10.0.0.1/\n")
    stage = Stage(load([str(path)]).require())
    for sent, answer in ((get(), b""), (get(), _BEGUN), (_HALF, b"")):
        client = stage.client()
        client.data_received(sent)
        stage.settle()
        if answer:
            stage.origins[-1].data_received(answer)
        client.connection_lost(ConnectionResetError())
        stage.settle()
    stage.logs.close()
    lines = (tmp_path / "log").read_text().splitlines()
    assert lines == ["- X 0 GET / HTTP/1.1", "200 X 4 GET / HTTP/1.1", "400 X 0 POST / HTTP/1.1"]


def logged(folder: Path, items: str, *sent: bytes, answer: bytes = OK) -> list[str]:
    """The lines of a log of these items, when a client has sent all of this."""
    path = folder / "site.conf"
    path.write_text(f'ServerName example.com\nCustomLog {folder}/log "{items}"\nProxyPass / http://10.0.0.1/\n')
    stage = Stage(load([str(path)]).require())
    client = stage.client()
    for data in sent:
        client.data_received(data)
        stage.settle()
        for origin in stage.origins:
            while origin.exchange is not None:
                origin.data_received(answer)
                stage.settle()
    stage.logs.close()
    return (folder / "log").read_text().splitlines()


def test_what_counts_counts_once(tmp_path: Path) -> None:
    size = len(get())
    assert logged(tmp_path, "%I %k", get() + get(), get()) == [f"{size} 0", f"{size} 1", f"{size} 2"]
    bad = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"
    assert logged(tmp_path, "%>s %k", get(), get(), answer=bad)[-2:] == ["502 0", "502 1"]


def test_a_first_line_that_is_refused(tmp_path: Path) -> None:
    """LG-3: nothing of it makes a line of its own."""
    lines = logged(tmp_path, "%>s %H %m %U", b"GET / HTTP/1.1\nHost: example.com\r\n\r\n")
    assert lines == ["400 HTTP/1.0 GET /"]
    assert logged(tmp_path, "%>s %H %m", b"G\x01T / HTTP/1.\x02\r\n\r\n")[-1] == "400 HTTP/1.0 G\\x01T"


def test_a_length_that_connection_names() -> None:
    answer = b"HTTP/1.1 200 OK\r\nConnection: Content-Length\r\nContent-Length: 2\r\n\r\nhi"
    told = converse(one_origin(), get(), (answer,)).client
    assert b"\r\nContent-Length: 2\r\n" in told and told.endswith(b"\r\n\r\nhi")


def _left_over(waiting: int) -> tuple[Stage, Pipe]:
    """A client whose last answer was written, of which so many bytes aren't out yet."""
    stage = Stage(one_origin())
    client = stage.client()
    pipe = client.transport
    assert isinstance(pipe, Pipe)
    client.data_received(get(b"Connection: close\r\n"))
    stage.settle()
    pipe.waiting = waiting
    stage.origins[0].data_received(OK)
    return stage, pipe


def test_a_client_that_reads_nothing_of_its_last_answer_is_cut_off() -> None:
    """Timeout: a connection that only waits to be closed would stay for ever."""
    stage, pipe = _left_over(9)
    aborted: list[float] = []
    pipe.abort = lambda: aborted.append(stage.now)  # type: ignore[method-assign]
    start = stage.now
    for _ in range(200):
        stage.tick(stage.now + 1)
        if stage.now - start == 50:
            pipe.waiting = 4  # it has read something: Timeout (60) begins anew
    assert [at - start for at in aborted][:1] == [122] and pipe.closed
    assert _left_over(0)[1].closed


def test_an_origin_that_takes_no_more_is_not_waited_for() -> None:
    stage = Stage(one_origin())
    client = stage.client()
    client.data_received(get(b"Content-Length: 5\r\n", method=b"POST") + b"h")
    client.data_received(b"ello")
    stage.settle()
    pipe = stage.origins[0].transport
    pipe.waiting, pipe.abort = 4, lambda: aborted.append(True)
    aborted: list[bool] = []
    stage.origins[0].close()
    assert aborted and not pipe.closed


def test_a_member_that_has_failed_is_not_asked_again_by_the_same_request(tmp_path: Path) -> None:
    """FO-9: with retry=0 each request asks it once, and is answered by the other."""
    path = tmp_path / "site.conf"
    path.write_text(
        "ServerName example.com\n<Proxy balancer://c>\nBalancerMember http://10.0.0.1 route=a retry=0\n"
        "BalancerMember http://10.0.0.2 route=b\nProxySet stickysession=SID\n</Proxy>\nProxyPass / balancer://c/\n"
    )
    stage = Stage(load([str(path)]).require(), down=["http://10.0.0.1"])
    for _ in range(3):
        client = stage.client()
        client.data_received(get(b"Cookie: SID=x.a\r\n"))
        stage.settle()
        stage.origins[-1].data_received(OK)
        assert isinstance(pipe := client.transport, Pipe) and b" 200 OK" in pipe.written
    assert len([note for note in stage.notes if "AH00957" in note]) == 3

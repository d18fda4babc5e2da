"""What happens when somebody is silent for too long; the clock is the test's own."""

from __future__ import annotations

import pytest

from apacheconf.program.workers import Balancer, Member, Worker
from tests.program.examples import host, load_balancer, map_all, one_origin, program, shape
from tests.runtime.stage import HEAD, OK, Stage, get


def later(stage: Stage, seconds: float) -> None:
    """Let so much time pass."""
    until = stage.now + seconds
    while stage.now < until:
        stage.tick(stage.now + 0.5)
        stage.settle()


def asked(stage: Stage, sent: bytes = HEAD):  # type: ignore[no-untyped-def]
    client = stage.client()
    client.data_received(sent)
    stage.settle()
    return client


def test_an_idle_connection_closes_after_keep_alive_timeout() -> None:
    """RQ-19: without a word."""
    stage = Stage(one_origin())
    pipe = asked(stage).transport
    stage.origins[0].data_received(OK)
    written = pipe.written
    later(stage, 4)
    assert not pipe.closed
    later(stage, 2)
    assert pipe.closed and pipe.written == written


def test_a_silent_new_connection_closes_without_an_answer() -> None:
    stage = Stage(one_origin())
    pipe = stage.client().transport
    later(stage, 22)
    assert pipe.closed and not pipe.written


@pytest.mark.parametrize("sent", [b"GET / HTTP/1.1\r\nHost: exa", get(b"Content-Length: 3\r\n", method=b"POST") + b"a"])
def test_half_a_request_is_408(sent: bytes) -> None:
    """RB-11."""
    stage = Stage(one_origin())
    pipe = asked(stage, sent).transport
    later(stage, 62)
    assert pipe.written.startswith(b"HTTP/1.1 408 Request Timeout\r\n") and b"Connection: close\r\n" in pipe.written
    assert pipe.closed or pipe.ended
    assert not stage.origins


def test_a_silent_origin_is_502_and_no_error_of_the_member() -> None:
    """FA-8: not 504, and no failover."""
    stage = Stage(load_balancer())
    client = asked(stage)
    pipe = client.transport
    later(stage, 62)
    assert pipe.written.startswith(b"HTTP/1.1 502 Proxy Error\r\n")
    assert b"Error reading from remote server" in pipe.written
    assert stage.origins[0].pool.cells.usable and stage.origins[0].transport is None
    assert stage.origins[0].pool.cells.busy == 0


def test_failontimeout_puts_the_member_into_error() -> None:
    """FO-13, WP-6: timeout is the worker's own."""
    workers = tuple(
        Worker(f"http://10.0.0.{n}", "http", f"10.0.0.{n}", 80, timeout=2.0, member=Member()) for n in (1, 2)
    )
    balancer = Balancer("balancer://c", workers, fail_on_timeout=True)
    stage = Stage(program((host(0, "example.com", shape((map_all(),))),), (balancer,)))
    asked(stage)
    later(stage, 3)
    assert not stage.origins[0].pool.cells.usable


def test_an_origin_that_stops_in_the_middle_cuts_the_client_off() -> None:
    """RS-27."""
    stage = Stage(one_origin())
    client = asked(stage)
    pipe = client.transport
    stage.origins[0].data_received(b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nhi")
    later(stage, 62)
    assert pipe.closed and pipe.written.endswith(b"\r\n\r\nhi")


def test_a_client_that_does_not_read_is_cut_off_and_its_origin_released() -> None:
    """Timeout also bounds writes to the client."""
    stage = Stage(one_origin())
    client = asked(stage)
    pipe, origin = client.transport, stage.origins[0]
    origin.data_received(b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nhi")
    client.pause_writing()
    assert origin.transport.paused
    later(stage, 62)
    assert pipe.closed and origin.transport is None


def test_a_pooled_connection_is_reading_again_after_a_slow_client() -> None:
    """KP-1: the last bytes filled the client's buffer, which is no matter of the origin any more."""
    stage = Stage(one_origin())
    client = asked(stage)
    origin = stage.origins[0]
    client.transport.write = lambda data: client.pause_writing()
    origin.data_received(OK)
    assert origin in origin.pool.idle and not origin.transport.paused and origin.deadline == 0.0


def test_a_client_that_leaves_takes_its_origin_connection_with_it() -> None:
    stage = Stage(load_balancer())
    client = asked(stage)
    pool = stage.origins[0].pool
    assert pool.cells.busy == 1
    client.transport.close()
    stage.settle()
    assert pool.cells.busy == 0 and not pool.idle and not stage.origin_connections


def test_a_client_that_leaves_before_the_connection_is_there() -> None:
    stage = Stage(load_balancer())
    client = stage.client()
    client.data_received(HEAD)
    client.connection_lost(None)
    stage.settle()
    assert stage.origins[0].pool.cells.busy == 0 and not stage.origin_connections


def test_bytes_nobody_asked_for_end_a_pooled_connection() -> None:
    """RS-21, WK-8."""
    stage = Stage(one_origin())
    asked(stage)
    origin = stage.origins[0]
    origin.data_received(OK)
    assert origin in origin.pool.idle
    origin.data_received(b"HTTP/1.1 200 OK\r\n\r\n")
    stage.settle()
    assert not origin.pool.idle


def test_drain_closes_idle_clients_and_ends_the_others_after_their_answer() -> None:
    stage = Stage(one_origin())
    idle, busy = stage.client(), asked(stage)
    pipe = busy.transport
    stage.draining = True
    for client in (idle, busy):
        client.drain()
    stage.settle()
    assert idle.transport is None and not pipe.closed
    stage.origins[0].data_received(OK)
    assert b"Connection: close\r\n" in pipe.written and pipe.ended and not pipe.closed  # no reset for a late word
    assert not busy.eof_received()  # which closes it


def test_memos_are_bounded_and_answers_stay_right() -> None:
    """What is remembered has one budget for the whole server."""
    stage = Stage(one_origin())
    stage.memos._size = 10
    client = stage.client()
    for number in range(60):
        client.data_received(get(path=b"/%d" % number))
        stage.settle()
        assert stage.origins[0].transport.written.endswith(b"Connection: Keep-Alive\r\n\r\n")
        assert b"GET /%d HTTP/1.1\r\n" % number in stage.origins[0].transport.written
        stage.origins[0].data_received(OK)
    assert sum(map(len, stage.memos._all)) <= 10

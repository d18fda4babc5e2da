"""RATE_LIMIT without a clock: what leaves at which tick, who waits, and how the connection ends (DF-5)."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from apacheconf.runtime.mod_ratelimit import Paced


class _Wire:
    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.full = 0
        self.closed = False

    def write(self, data: bytes) -> None:
        self.sent.append(data)

    def get_write_buffer_size(self) -> int:
        return self.full

    def close(self) -> None:
        self.closed = True


def _paced(rate: int, burst: int) -> tuple[Paced, _Wire, list[Callable[[], object]], list[str]]:
    wire, timers, told = _Wire(), list[Callable[[], object]](), list[str]()
    client: Any = SimpleNamespace(
        server=SimpleNamespace(now=0.0, call_later=lambda _, then: timers.append(then)),
        door=SimpleNamespace(main=SimpleNamespace(limits=SimpleNamespace(timeout=60))),
        pause_writing=lambda: told.append("pause"),
        resume_writing=lambda: told.append("resume"),
    )
    client.transport = Paced(client, wire, rate, burst)
    return client.transport, wire, timers, told


def test_chunks_leave_one_by_one_and_the_maker_waits() -> None:
    paced, wire, timers, told = _paced(rate=10, burst=3)
    paced.write(b"abcdefgh")
    assert wire.sent == [b"abc", b"de"] and told == ["pause"] and paced.holds
    timers.pop()()
    assert wire.sent[2:] == [b"fg"] and told == ["pause"]
    timers.pop()()
    assert wire.sent[3:] == [b"h"] and told == ["pause", "resume"] and not paced.holds
    timers.pop()()
    assert not timers


def test_small_writes_in_a_row_are_as_slow_as_long_ones() -> None:
    paced, wire, timers, told = _paced(rate=10, burst=0)
    paced.write(b"a")
    assert wire.sent == [b"a"] and not told
    paced.write(b"bcd")
    assert wire.sent == [b"a"] and told == ["pause"]
    timers.pop()()
    assert wire.sent == [b"a", b"bc"]


def test_nothing_leaves_while_the_client_takes_nothing() -> None:
    paced, wire, timers, _ = _paced(rate=10, burst=0)
    wire.full = 1
    paced.write(b"abc")
    assert wire.sent == [] and len(timers) == 1
    wire.full = 0
    timers.pop()()
    assert wire.sent == [b"ab"]


def test_the_connection_closes_when_everything_is_out() -> None:
    paced, wire, timers, told = _paced(rate=10, burst=0)
    paced.write(b"abc")
    paced.close()
    assert not wire.closed
    timers.pop()()
    assert wire.closed and wire.sent == [b"ab", b"c"] and "resume" not in told


def test_a_client_that_is_gone_gets_nothing_more() -> None:
    paced, wire, timers, _ = _paced(rate=10, burst=0)
    paced.write(b"abc")
    paced._client.transport = None
    timers.pop()()
    assert wire.sent == [b"ab"] and not timers


def test_the_log_is_written_when_everything_is_out_or_the_client_gone() -> None:
    """LG-2d: an answer that is held isn't over."""
    for ends in ("out", "gone"):
        paced, _, timers, told = _paced(rate=10, burst=0)
        paced.write(b"abc")
        paced.when_over(lambda told=told: told.append("log"))
        assert "log" not in told
        if ends == "out":
            timers.pop()()
        else:
            paced.give_up()
        assert told.count("log") == 1

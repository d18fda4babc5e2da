"""RequestReadTimeout: initial seconds, bytes that buy more, and the end in any case (RB-11)."""

from __future__ import annotations

from pathlib import Path

from apacheconf.program.hosts import Reading
from apacheconf.program.loading import load
from apacheconf.program.program import Program
from apacheconf.runtime.patience import Patience, patience
from tests.runtime.stage import Stage


def test_bytes_buy_seconds_up_to_the_end() -> None:
    with_client = Patience(Reading(20, 40, 500), 100.0)
    assert with_client.until == 120.0
    with_client.got(1000)
    assert with_client.until == 122.0
    with_client.got(1_000_000)
    assert with_client.until == 140.0


def test_without_a_rate_nothing_buys_more_and_nought_is_for_ever() -> None:
    with_client = Patience(Reading(5), 0.0)
    with_client.got(1_000_000)
    assert with_client.until == 5.0
    assert patience(Reading(0), 0.0) is None


def program(tmp_path: Path, line: str) -> Program:
    path = tmp_path / "site.conf"
    path.write_text(
        f"{line}\n<VirtualHost *:80>\nServerName example.com\nProxyPass / http://10.0.0.1/\n</VirtualHost>\n"
    )
    return load([str(path)]).require()


def dripped(program: Program, first: bytes, drops: int, every: float) -> bytes:
    """What a client hears that sends ``first`` and then a byte every so many seconds."""
    stage = Stage(program)
    client = stage.client()
    pipe = client.transport
    client.data_received(first)
    for _ in range(drops):
        stage.tick(stage.now + every)
        stage.settle()
        if pipe.closed or pipe.ended:
            break
        client.data_received(b"x")
    return bytes(pipe.written)


HEAD = b"GET / HTTP/1.1\r\nHost: example.com\r\nX: "
BODY = b"POST / HTTP/1.1\r\nHost: example.com\r\nContent-Length: 9999\r\n\r\n"


def test_a_head_that_drips_is_answered_with_408(tmp_path: Path) -> None:
    of = program(tmp_path, "RequestReadTimeout header=10-20,MinRate=500")
    assert dripped(of, HEAD, 9, 1.0) == b""
    assert dripped(of, HEAD, 12, 1.0).startswith(b"HTTP/1.1 408 ")


def test_a_body_that_drips_is_answered_with_408(tmp_path: Path) -> None:
    of = program(tmp_path, "RequestReadTimeout body=10,MinRate=1")
    assert dripped(of, BODY, 60, 0.9) == b""
    assert dripped(of, BODY, 60, 2.5).startswith(b"HTTP/1.1 408 ")
    of = program(tmp_path, "RequestReadTimeout body=10")
    assert dripped(of, BODY, 60, 0.9).startswith(b"HTTP/1.1 408 ")


def test_without_it_only_silence_counts(tmp_path: Path) -> None:
    """Timeout is between two reads."""
    of = program(tmp_path, "RequestReadTimeout header=0 body=0\nTimeout 5")
    assert dripped(of, HEAD, 60, 4.0) == b""
    assert dripped(of, HEAD, 3, 6.0).startswith(b"HTTP/1.1 408 ")


def test_what_holds_where_nobody_says_anything(tmp_path: Path) -> None:
    """HP-3."""
    path = tmp_path / "site.conf"
    path.write_text("ServerName example.com\n")
    limits = load([str(path)]).require().hosts[0].shape.limits
    assert (limits.timeout, limits.keep_alive_timeout, limits.max_keep_alive_requests) == (60.0, 5.0, 100)
    assert (limits.handshake.initial, limits.header, limits.body) == (
        0.0,
        Reading(20.0, 40.0, 500),
        Reading(20.0, 0.0, 500),
    )

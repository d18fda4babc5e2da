"""Where log lines go: files that can be moved away, programs that end, and nowhere at all."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from apacheconf.diagnostics import UsageError
from apacheconf.ledger import Outcome
from apacheconf.program.loading import load
from apacheconf.runtime.honesty import account
from apacheconf.runtime.logfiles import MOST_PENDING, LogFile, LogFiles, LogProgram
from tests.runtime.stage import OK, Stage, get


def test_lines_wait_for_the_tick_and_for_no_longer(tmp_path: Path) -> None:
    log = LogFile(str(tmp_path / "log"))
    log.write("one")
    assert (tmp_path / "log").read_bytes() == b""
    log.flush()
    log.write("two \xe9")
    log.close()
    assert (tmp_path / "log").read_bytes() == b"one\ntwo \xe9\n"


def test_many_lines_are_written_at_once_without_a_tick(tmp_path: Path) -> None:
    log = LogFile(str(tmp_path / "log"))
    for _ in range(700):
        log.write("x" * 100)
    assert (tmp_path / "log").stat().st_size > 60_000
    log.close()


def test_a_file_that_was_moved_away_is_made_anew(tmp_path: Path) -> None:
    """USR1, as after a rotation."""
    path = tmp_path / "log"
    files = LogFiles()
    write = files.writer(str(path))
    write("old")
    path.rename(tmp_path / "log.1")
    files.reopen()
    write("new")
    files.close()
    assert (tmp_path / "log.1").read_text() == "old\n" and path.read_text() == "new\n"


def test_a_file_that_cannot_be_opened_is_said_in_the_words_of_httpd(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as refused:
        LogFiles().writer(str(tmp_path / "none/log"))
    assert str(refused.value).startswith("(2)No such file or directory: AH02297: Cannot access directory '/")
    with pytest.raises(UsageError, match=r"\(21\)Is a directory: AH00649: could not open transfer log file /"):
        LogFiles().writer(str(tmp_path))


def test_a_program_reads_the_lines_and_is_started_again(tmp_path: Path) -> None:
    out = tmp_path / "out"
    log = LogProgram(f"|$head -n 1 >> {out}")
    log.write("first")
    log.flush()
    _until(lambda: out.exists() and out.read_text() == "first\n")
    log._process.wait(5)
    log._started = 0.0  # as if it had rested
    log.write("second")
    log.flush()
    log.close()
    assert out.read_text() == "first\nsecond\n"


def test_a_program_that_does_not_read_stops_nobody() -> None:
    """Its lines wait up to a bound, then the later ones are lost."""
    log = LogProgram("|$exec sleep 60")
    for _ in range(50):
        log.write("x" * 65536)
        log.flush()
    assert 0 < len(log._pending) <= MOST_PENDING + 65537
    log._process.kill()
    log.close()


def test_a_program_that_reads_late_gets_all_that_waited(tmp_path: Path) -> None:
    out, go = tmp_path / "out", tmp_path / "go"
    log = LogProgram(f"|$while test ! -e {go}; do sleep 0.01; done; exec cat > {out}")
    for number in range(20):
        log.write(f"{number} " + "x" * 20000)
        log.flush()
    assert log._pending
    go.touch()
    _until(lambda: log.flush() or not log._pending)
    log.close()
    assert [int(line.split()[0]) for line in out.read_text().splitlines()] == list(range(20))


def test_lines_can_go_elsewhere(tmp_path: Path) -> None:
    """``--stub-origins``: nothing is opened."""
    said: list[str] = []
    LogFiles(said.append).writer(str(tmp_path / "none/log"))("line")
    assert said == ["line"]


def test_a_host_writes_its_own_log_and_each_line_once(tmp_path: Path) -> None:
    """LG-1, and that the ledger says so."""
    path = tmp_path / "site.conf"
    path.write_text(
        f'CustomLog {tmp_path}/main "main %U"\n<VirtualHost *:80>\nServerName example.com\n'
        f'CustomLog {tmp_path}/own "own %U %>s"\nCustomLog {tmp_path}/own "again %I %O"\n'
        "ProxyPass / http://10.0.0.1/\n</VirtualHost>\n"
    )
    program = load([str(path)]).require()
    stage = Stage(program)
    client = stage.client()
    client.data_received(get(path=b"/x"))
    stage.settle()
    stage.origins[0].data_received(OK)
    stage.logs.close()
    sent = len(client.transport.written)
    assert (tmp_path / "own").read_text() == f"own /x 200\nagain {len(get(path=b'/x'))} {sent}\n"
    assert not (tmp_path / "main").exists()
    rows = {row.name: row.outcome for row in account(program)}
    assert rows["CustomLog"] is Outcome.EXACT


def test_trailers_are_logged_and_not_forwarded(tmp_path: Path) -> None:
    """LG-2f, RB-6, RS-8: httpd wrote ``in=one out=two i=- o=-`` of the same messages."""
    path = tmp_path / "site.conf"
    path.write_text(
        f'ServerName example.com\nCustomLog {tmp_path}/log "in=%{{X-T}}^ti out=%{{x-t}}^to i=%{{X-T}}i o=%{{X-T}}o"\n'
        "ProxyPass / http://10.0.0.1/\n"
    )
    stage = Stage(load([str(path)]).require())
    client = stage.client()
    head = b"POST / HTTP/1.1\r\nHost: example.com\r\nTransfer-Encoding: chunked\r\n\r\n"
    client.data_received(head + b"2\r\nab\r\n0\r\nX-T: one\r\n\r\n")
    stage.settle()
    answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\nX-T: two\r\n\r\n"
    stage.origins[0].data_received(answer)
    client.data_received(get())
    stage.settle()
    stage.origins[-1].data_received(OK)
    stage.logs.close()
    assert (tmp_path / "log").read_text() == "in=one out=two i=- o=-\nin=- out=- i=- o=-\n"
    assert b"X-T" not in client.transport.written


def test_requests_in_a_row_count_their_own_bytes(tmp_path: Path) -> None:
    """LG-2i: httpd adds one byte of the next request, by which it sees that there is one."""
    path = tmp_path / "site.conf"
    path.write_text(f'ServerName example.com\nCustomLog {tmp_path}/log "%U %I"\nRedirect / http://elsewhere.example/\n')
    stage = Stage(load([str(path)]).require())
    requests = [get(path=b"/" + b"x" * number) for number in (1, 20, 300)]
    stage.client().data_received(b"".join(requests))
    stage.settle()
    stage.logs.close()
    assert [int(line.split()[1]) for line in (tmp_path / "log").read_text().splitlines()] == list(map(len, requests))


def test_the_first_byte_is_logged_where_it_is_tracked(tmp_path: Path) -> None:
    """LG-2i: ``-`` unless LogIOTrackTTFB is on; then it is no later than the end."""
    path = tmp_path / "site.conf"
    path.write_text(
        f'ServerName example.com\nCustomLog {tmp_path}/off "%^FB"\n<VirtualHost *:80>\nServerName example.com\n'
        f'LogIOTrackTTFB On\nCustomLog {tmp_path}/on "%^FB %D"\nProxyPass / http://10.0.0.1/\n</VirtualHost>\n'
        "ProxyPass / http://10.0.0.1/\n"
    )
    program = load([str(path)]).require()
    for port in (80, 81):
        stage = Stage(program)
        stage.client(port).data_received(get())
        stage.settle()
        stage.origins[0].data_received(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na")
        time.sleep(0.002)
        stage.origins[0].data_received(b"b")
        stage.logs.close()
    first, whole = map(int, (tmp_path / "on").read_text().split())
    assert 0 <= first <= whole - 2000
    assert (tmp_path / "off").read_text() == "-\n"


def test_processes_and_threads(tmp_path: Path) -> None:
    """LG-2n: one process here; the thread is the system's number, in decimals or hexadecimal."""
    path = tmp_path / "site.conf"
    path.write_text(
        f'ServerName example.com\nCustomLog {tmp_path}/log "%P %{{pid}}P %{{tid}}P %{{hextid}}P"\n'
        "ProxyPass / http://10.0.0.1/\n"
    )
    stage = Stage(load([str(path)]).require())
    stage.client().data_received(get())
    stage.settle()
    stage.origins[0].data_received(OK)
    stage.logs.close()
    process, again, thread, hexadecimal = (tmp_path / "log").read_text().split()
    assert process == again == str(os.getpid())
    assert int(thread) == int(hexadecimal, 16) == threading.get_native_id()


def _until(holds: object) -> None:
    until = time.monotonic() + 30
    while not holds() and time.monotonic() < until:  # type: ignore[operator]
        time.sleep(0.01)

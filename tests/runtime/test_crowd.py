"""MaxRequestWorkers: how many requests are at work, who waits, and that waiting costs nobody else anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from apacheconf.program import Program, load
from apacheconf.runtime.crowd import CountedConnection
from tests.runtime.stage import Stage

_GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
_REPLY = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def program_of(folder: Path, *lines: str) -> Program:
    file = folder / "site.conf"
    host = "<VirtualHost *:80>\nServerName a\nProxyPass /here !\nProxyPass / http://10.0.0.1/\n</VirtualHost>\n"
    file.write_text("\n".join(lines) + "\n" + host)
    return load([str(file)]).require()


@pytest.mark.parametrize(
    ("lines", "most"),
    [
        ((), None), (("MaxRequestWorkers 50",), 50), (("MaxClients 75",), 75), (("MaxRequestWorkers 60",), 50),
        (("ThreadsPerChild 10", "MaxRequestWorkers 7"), 10), (("ServerLimit 2", "MaxRequestWorkers 500"), 50),
    ],
)  # fmt: skip
def test_the_number_is_the_one_that_the_mpm_sets_right(
    tmp_path: Path, lines: tuple[str, ...], most: int | None
) -> None:
    """CLI-18."""
    assert program_of(tmp_path, *lines).most_requests == most


def test_who_comes_when_all_are_at_work_waits_for_its_turn(tmp_path: Path) -> None:
    stage = Stage(program_of(tmp_path, "ThreadsPerChild 2", "MaxRequestWorkers 2"))
    clients = [stage.client() for _ in range(4)]
    for client in clients:
        client.data_received(_GET)
    stage.settle()
    at_work = [client.exchange is not None for client in clients]
    assert at_work == [True, True, False, False]
    for _ in range(4):  # each answer lets the next one begin
        next(each for each in stage.origins if each.exchange is not None).data_received(_REPLY)
        stage.settle()
    assert [client.exchange for client in clients] == [None] * 4


def test_one_that_hangs_up_while_it_waits_is_passed_over(tmp_path: Path) -> None:
    stage = Stage(program_of(tmp_path, "ThreadsPerChild 1", "MaxRequestWorkers 1"))
    first, gone, last = (stage.client() for _ in range(3))
    for client in (first, gone, last):
        client.data_received(_GET)
    stage.settle()
    gone.connection_lost(None)
    stage.origins[0].data_received(_REPLY)
    stage.settle()
    assert (first.exchange, gone.exchange) == (None, None)
    assert last.exchange is not None


def test_answers_made_here_let_everybody_pass(tmp_path: Path) -> None:
    stage = Stage(program_of(tmp_path, "ThreadsPerChild 1", "MaxRequestWorkers 1"))
    client = stage.client()
    assert isinstance(client, CountedConnection)
    client.data_received(_GET.replace(b"GET / ", b"GET /here ") * 3)
    stage.settle()
    assert client.exchange is None
    assert client.requests == 3

"""Items of a log whose numbers differ from server to server, and how they go together (LG-2n)."""

from __future__ import annotations

import pytest

from tests.engines.real import need
from tests.runtime.scripted import OK, Head, Play, get, play

pytestmark = pytest.mark.live

_LOG = 'CustomLog {box}/logs/a.log "%P %{pid}P %{tid}P %{hextid}P"\nProxyPass / http://{P}/'
_ASKED = Play("", _LOG, ((get("/1") + get("/2", last=True),),), ((Head(), OK, Head(), OK),), logs=("a.log",))


@pytest.mark.parametrize("server", ["httpd", "serve"])
def test_a_thread_is_one_number_in_two_ways(server: str) -> None:
    """LG-2n: and both requests of a connection are of one process."""
    lines = play(_ASKED, need("httpd") if server == "httpd" else None)
    logged = [line.split()[1:] for line in lines if line.startswith("a.log: ")]
    assert len(logged) == 2 and len({process for process, *_ in logged}) == 1
    for process, again, thread, hexadecimal in logged:
        assert process == again and process.isdecimal() and thread.isdecimal()
        assert hexadecimal == f"{int(thread):x}"

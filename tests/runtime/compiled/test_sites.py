"""The compiled walk comes to the decision of ``decide`` on every site, at every path that its sections speak of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from apacheconf.engines import Sandbox
from apacheconf.program import Program, load
from apacheconf.program.decide import decide
from apacheconf.program.hosts import Host
from apacheconf.program.request import Request
from apacheconf.runtime.compiled.walk import decide_compiled
from tests import sites
from tests.engines.real import need

FIELDS = (
    (),
    (
        *(
            ("User-Agent", "Mozilla/5.0 (X11) Bot/1"),
            ("Cookie", "lang=de; JSESSIONID=a.node1"),
            ("Upgrade", "websocket"),
        ),
        *(("Connection", "Upgrade"), ("X-Forwarded-Proto", "https"), ("Authorization", "Basic YTpi")),
    ),
)
PATHS = ("/", "/index.php?p=1", "/some/where/else.html", "/.well-known/acme-challenge/x", "/a%20b//c")
#: So many paths of a host's own are asked.
MOST = 12


def paths_of(host: Host) -> Iterator[str]:
    cells = host.shape.cells
    for cell in cells[:: max(1, len(cells) // MOST)]:
        yield cell.path or "/"
        yield f"{cell.path}/in/it.php"


def requests(program: Program) -> Iterator[Request]:
    ports = [listener.port for listener in program.listeners] or [80]
    for host in program.hosts[:6]:
        asked = Request(headers=(("Host", host.name),), peer=("192.0.2.7", 4000))
        for target in dict.fromkeys((*PATHS, *paths_of(host))):
            for number, fields in enumerate(FIELDS):
                local = ("127.0.0.1", ports[number % len(ports)])
                yield replace(asked, target=target, headers=(*asked.headers, *fields), local=local)


@pytest.mark.parametrize("name", sites.names())
def test_decides_as_the_interpreter_on_a_site(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apacheconf.program.variables.unique_id", lambda: "the-same-for-all")
    monkeypatch.setattr("random.choice", lambda texts: texts[0])  # RewriteMap of type rnd
    with Sandbox("sites") as box:
        laid_out = sites.lay_out(name, box, need("httpd"))
        program = load([], laid_out.options((sites.DEFINES.get(name) or ((),))[0])).require()
        asked = 0
        for request in requests(program):
            theirs = decide(program, request)
            if theirs != decide(program, request):  # it holds the time, or an .htaccess file was read anew
                continue
            assert decide_compiled(program, request).decision == theirs, request
            asked += 1
        assert asked

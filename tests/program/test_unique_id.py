"""UNIQUE_ID: another one for each request, and none where nothing could show it."""

from __future__ import annotations

from pathlib import Path

import pytest

from apacheconf.program import Program, Request, load
from apacheconf.runtime.compiled.asks import CHANGING
from apacheconf.runtime.compiled.walk import decide_compiled

HOST = "<VirtualHost *:80>\nServerName a.example\n{line}\nProxyPass / http://127.0.0.1:8080/\n</VirtualHost>\n"
SHOWN = 'RequestHeader set X-Request-Id "%{UNIQUE_ID}e"'


def program_of(folder: Path, line: str) -> Program:
    file = folder / "site.conf"
    file.write_text(HOST.replace("{line}", line))
    return load([str(file)]).require()


def test_each_request_has_its_own(tmp_path: Path):
    program = program_of(tmp_path, SHOWN)
    request = Request("GET", "/", (("Host", "a.example"),))
    found = [decide_compiled(program, request) for _ in range(2)]
    ids = [dict(each.decision.headers)["X-Request-Id"] for each in found]
    assert len(set(ids)) == 2
    assert all(each.asks & CHANGING for each in found)  # so no plan is remembered


@pytest.mark.parametrize(("line", "made"), [(SHOWN, True), ("KeepAlive On", False)])
def test_it_is_made_where_it_may_show(tmp_path: Path, line: str, made: bool):
    program = program_of(tmp_path, line)
    decided = decide_compiled(program, Request("GET", "/", (("Host", "a.example"),)))
    assert ("UNIQUE_ID" in decided.decision.env) is made

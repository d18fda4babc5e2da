"""Every trap of the specification is a case on httpd, nginx, HAProxy and our engine (DIF-15)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from apacheconf.engines import EngineFailed, Sandbox, free_ports, haproxy, nginx
from apacheconf.program import load
from apacheconf.prove.client import Turn, exchange
from apacheconf.targets.translation import translate
from tests.conftest import ROOT
from tests.engines.real import need
from tests.live import cases

TRAPS = {each.name: each for each in cases.cases(ROOT / "fixtures" / "traps")}
#: Traps that no plain request shows: where they are tried instead, on the servers that they are about.
ELSEWHERE = {
    "TRAP-74": "tests/targets/test_tls_live.py::test_what_the_handshake_was_not_about",
    "TRAP-75": "tests/targets/test_tls_live.py::test_who_is_answered",
    "TRAP-95": "tests/targets/test_logs_live.py::test_the_same_lines",
    "TRAP-96": "tests/live/test_traps.py::test_a_name_that_nobody_knows",
}
#: What a target answers otherwise where prove's own probes don't ask: the caveat or directive that says so.
SAID = {
    ("TRAP-35", "nginx"): "connection-named-headers",
    ("TRAP-35", "haproxy"): "connection-named-headers",
    ("TRAP-92", "nginx"): "expires-beside",
    ("TRAP-99", "nginx"): "file-methods",
    ("TRAP-101", "haproxy"): "password-hash",
}


def test_every_row_has_a_case() -> None:
    text = (ROOT / "tests/spec/translation.md").read_text("utf-8")
    rows = set(re.findall(r"^\| (TRAP-\d+) \|", text, re.MULTILINE))
    assert len(rows) == 106
    assert rows == {*TRAPS, *ELSEWHERE}


@pytest.mark.parametrize("name", ELSEWHERE)
def test_cases_elsewhere_are_there(name: str) -> None:
    file, _, test = ELSEWHERE[name].partition("::")
    source = (ROOT / file).read_text("utf-8")
    assert re.search(rf"^def {test}\(", source, re.MULTILINE)
    assert name in source


@pytest.mark.live
@pytest.mark.prove_all
@pytest.mark.parametrize("name", TRAPS)
def test_httpd_answers_as_recorded(name: str) -> None:
    need("httpd")
    assert cases.recorded(TRAPS[name]) == TRAPS[name].answers


@pytest.mark.live
@pytest.mark.prove_all
@pytest.mark.parametrize("name", TRAPS)
def test_the_others_answer_as_httpd(name: str) -> None:
    """Our engine does to the letter, targets in meaning; what one can't do its report says."""
    fronts = cases.all_fronts()
    for target, results in cases.compared(TRAPS[name], fronts).items():
        differing = [(each.probe, each.comparison.aspects) for each in results if each.unannounced]
        key = SAID.get((name, fronts[target].name))
        if key:
            assert differing, f"{target}: nothing differs any more, take it out of the table"
            said = fronts[target].said
            assert key in {*said.keys, *(row.name for row in said.rows)}, target
        else:
            assert not differing, target


@pytest.mark.live
@pytest.mark.prove_all
@pytest.mark.parametrize("target", ["nginx", "haproxy"])
def test_a_name_that_nobody_knows(target: str, tmp_path: Path) -> None:
    """TRAP-96, NGX-100, DEF-33: httpd starts, and answers 502 until it is known; HAProxy does too, and for nginx it
    is said."""
    (port,) = free_ports(1)
    (tmp_path / "site.conf").write_text(
        f"Listen 127.0.0.1:{port}\n<VirtualHost *:{port}>\nServerName a.test\n"
        "ProxyPass / http://nobody-knows-it.invalid:8080/\n</VirtualHost>\n"
    )
    engine = need(target)
    translation = translate(load([str(tmp_path / "site.conf")]).require(), target)
    with Sandbox("trap") as box:
        if target == "nginx":
            assert "unknown-names" in {each.key for each in translation.differences}
            with pytest.raises(EngineFailed, match="host not found in upstream"):
                nginx.start(engine, box, translation.text, [("127.0.0.1", port)])
            return
        with haproxy.start(engine, box, translation.text, [("127.0.0.1", port)]):
            talk = exchange(("127.0.0.1", port), (Turn(b"GET / HTTP/1.1\r\nHost: a.test\r\n\r\n"),))
    assert talk.answers[0].status in (500, 502, 503)

"""Requests made from what a program changes in messages (DIF-8): fields that lines edit, and what is mapped back."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from apacheconf.origins import CONTROL
from apacheconf.program.loading import load
from apacheconf.prove import Report, prove
from apacheconf.prove.aims import find_targets
from apacheconf.prove.edited import generate
from apacheconf.prove.requests import Probe
from tests.engines.real import need

HOST = "Listen 80\n<VirtualHost *:80>\nServerName a.test\n{}\n</VirtualHost>\n"
FIELDS = """\
Header set X-Set ours
Header always set X-Always ours
Header append X-List ours
Header edit X-Edit ^old(\\d) new$1
Header setifempty X-Filled ours
RequestHeader set X-Asked ours
RequestHeader edit X-Changed ^a+$ b
<Location /in>
    Header unset X-Inner
</Location>
ProxyPass / http://b.test/
"""
MAPPINGS = """\
ProxyPass /one http://one.test:8080/base
ProxyPassReverse /one http://one.test:8080/base
ProxyPassReverseCookiePath /base /one
ProxyPassReverseCookieDomain one.test a.test
ProxyPass /two/ http://two.test/
ProxyPassReverse /two/ http://two.test/
"""


def asked(folder: Path, text: str) -> dict[str, Probe]:
    (folder / "site.conf").write_text(HOST.format(text))
    program = load([str(folder / "site.conf")]).require()
    (target,) = find_targets(program)
    return {probe.name: probe for probe in generate(program, target.host, target.aim)}


def answer(probe: Probe) -> dict[str, list[str]]:
    """The fields that the origin is ordered to answer with."""
    orders = re.search(rf"^{CONTROL}: (.*?)\r$", probe.turns[0].send.decode(), re.MULTILINE | re.IGNORECASE)
    assert orders
    found: dict[str, list[str]] = {}
    for name, value in json.loads(orders[1])["headers"]:
        found.setdefault(name, []).append(value)
    return found


def test_fields_that_lines_change_are_there_already(tmp_path: Path) -> None:
    made = asked(tmp_path, FIELDS)
    told = answer(made["origin: fields that lines change, /x"])
    assert told.keys() >= {"X-Set", "X-Always", "X-List", "X-Filled"}
    assert told["X-Edit"] == ["old1"]
    assert answer(made["origin: near misses of fields that lines change, /x"])["X-Edit"] == ["old1"[:-1]]
    request = made["header: fields that lines change, /x"].turns[0].send.decode()
    assert "X-Asked: theirs\r\n" in request
    assert "X-Changed: a\r\n" in request
    assert "X-Inner" in answer(made["origin: fields that lines change, /in/x"])


def test_origins_name_themselves_below_every_mapping(tmp_path: Path) -> None:
    made = asked(tmp_path, MAPPINGS)
    stem = "origin: what is mapped back, /one/x"
    assert {name for name in made if "mapped back" in name} == {
        stem, "origin: what is mapped back, /two/x", f"{stem}, without Host",
        *(f"{stem}, asked as a.test:{port}" for port in (80, 443, 99)),
    }  # fmt: skip
    one = answer(made["origin: what is mapped back, /one/x"])
    assert one["Location"] == one["Content-Location"] == one["URI"] == ["http://%self%/base/new?q"]
    assert {"b=2; Path=/base", "b=2; Domain=one.test", "a=1; Path=/; Domain=foreign.test"} <= set(one["Set-Cookie"])
    near = answer(made["origin: near misses of it, /one/x"])
    assert near["Location"] == ["http://%self%/basex/new"]
    assert {"b=2; Path=/basex", "b=2; Domain=one.testx"} <= set(near["Set-Cookie"])


def proven(folder: Path, text: str, against: str) -> Report:
    need("httpd")
    if against != "serve":
        need(against)
    (folder / "site.conf").write_text(HOST.format(text))
    return prove([str(folder)], against=against, reference="httpd")


@pytest.mark.live
@pytest.mark.prove_all
@pytest.mark.parametrize("against", ["serve", "nginx", "haproxy"])
@pytest.mark.parametrize("text", [FIELDS, MAPPINGS])
def test_nothing_differs_that_was_not_announced(tmp_path: Path, text: str, against: str) -> None:
    report = proven(tmp_path, text, against)
    assert any("lines change" in each.probe or "mapped back" in each.probe for each in report.results)
    assert not report.unannounced, [(each.probe, each.comparison.aspects) for each in report.unannounced]

"""Origins that are slower than they may be (DIF-8)."""

from __future__ import annotations

from pathlib import Path

import pytest

from apacheconf.program.loading import load
from apacheconf.prove import prove
from apacheconf.prove.slow import hurried, shortest
from tests.engines.real import need

CONFIG = """\
Listen 80
ProxyTimeout 40
<VirtualHost *:80>
    ServerName a.test
    ProxyPass /fast/ http://fast.test/ timeout=5 retry=0
    ProxyPass / http://b.test/
</VirtualHost>
"""


def test_the_shortest_time_becomes_a_second_and_the_others_long(tmp_path: Path) -> None:
    (tmp_path / "site.conf").write_text(CONFIG)
    assert shortest(load([str(tmp_path)]).require().directives) == 5
    assert (
        hurried("proxypass", "/fast/ http://fast.test/ timeout=5 retry=0", 5)
        == "/fast/ http://fast.test/ timeout=1 retry=0"
    )
    assert hurried("proxypass", "/ http://b.test/ connectiontimeout=5", 5) == "/ http://b.test/ connectiontimeout=5"
    assert hurried("proxytimeout", "40", 5) == "30"
    assert hurried("proxypass", "/timeout=5 http://b.test/", 5) == "/timeout=5 http://b.test/"


def test_nobody_is_slow_where_no_time_is_given(tmp_path: Path) -> None:
    (tmp_path / "site.conf").write_text("ProxyPass / http://b.test/\n")
    assert shortest(load([str(tmp_path)]).require().directives) is None


@pytest.mark.live
@pytest.mark.prove_all
@pytest.mark.parametrize("against", ["serve", "nginx", "haproxy"])
def test_who_waits_too_long_is_told_as_httpd_tells_it(tmp_path: Path, against: str) -> None:
    need("httpd")
    if against != "serve":
        need(against)
    (tmp_path / "site.conf").write_text(CONFIG)
    report = prove([str(tmp_path)], against=against, reference="httpd")
    slow = {each.probe: each for each in report.results if each.scenario == "slow origins"}
    assert [each.reference.replies[0].status for each in slow.values()] == [502]  # FA-9
    assert not report.unannounced, [(each.probe, each.comparison.aspects) for each in report.unannounced]

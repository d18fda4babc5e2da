"""How often servers are started to be asked (DIF-14)."""

from __future__ import annotations

from pathlib import Path

import pytest

from apacheconf.program.loading import load
from apacheconf.prove import fronts
from apacheconf.prove.run import Plan, compare_fronts
from apacheconf.prove.side import Front
from tests.engines.real import need


@pytest.mark.live
def test_a_server_is_started_for_many_requests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """DIF-14: once for each state of the origins, not for each request."""
    need("httpd")
    started: list[str] = []
    start = fronts.start
    monkeypatch.setattr(fronts, "start", lambda name, *more: (started.append(name), start(name, *more))[1])
    (tmp_path / "site.conf").write_text("ProxyPass / http://10.0.0.1/\n")
    loaded = load([str(tmp_path / "site.conf")])
    report = compare_fronts(loaded, Front.find("httpd"), Front.find("serve"), lambda probe: None, Plan())
    scenarios = {result.scenario for result in report.results}
    assert report.asked > 200
    assert started.count("httpd") <= len(scenarios) + 1
    assert started.count("serve") <= len(scenarios) + 1

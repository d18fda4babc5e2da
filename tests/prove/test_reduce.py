"""Differences get smaller: what a configuration and a request don't need to show one goes (DIF-12)."""

from __future__ import annotations

from pathlib import Path

import pytest

from apacheconf.prove import Plan, Report, prove
from apacheconf.prove.side import Front
from tests.engines.real import need

SITE = """\
Listen 8081
ServerTokens Prod
<VirtualHost *:8081>
    ServerName a.test
    ServerAlias www.a.test
    RequestHeader set X-Wanted 1
    Header set X-Other 2
    <Location /closed>
        Require all denied
    </Location>
    ProxyPass /img http://img.test/
    ProxyPass / http://b.test/
</VirtualHost>
"""


def proven(folder: Path, monkeypatch: pytest.MonkeyPatch, plan: Plan) -> Report:
    """What differs when nginx is not told of X-Wanted."""
    need("httpd")
    need("nginx")
    text_for = Front.text_for

    def without(front: Front, *given: object) -> str:
        text = text_for(front, *given)  # type: ignore[arg-type]
        return text if front.name == "httpd" else text.replace("X-Wanted", "X-Unwanted")

    monkeypatch.setattr(Front, "text_for", without)
    (folder / "site.conf").write_text(SITE)
    return prove([str(folder / "site.conf")], against="nginx", reference="httpd", plan=plan)


@pytest.mark.live
def test_a_difference_is_reduced_to_what_it_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report = proven(tmp_path, monkeypatch, Plan(reduced=True))
    small = next(each.reduced for each in report.unannounced if each.reduced is not None)
    assert not small.unfinished
    lines = [line.strip() for line in small.config.splitlines()]
    assert "RequestHeader set X-Wanted 1" in lines
    assert {"ServerTokens Prod", "ServerAlias www.a.test", "Header set X-Other 2", "Require all denied"}.isdisjoint(
        lines
    )
    assert len(lines) <= 6, lines
    assert small.request == "GET /img/x HTTP/1.1\r\nHost: a.test\r\n\r\n"
    written = [each["reduced"] for each in report.to_json()["differences"] if "reduced" in each]  # type: ignore[attr-defined]
    assert written[0].keys() == {"config", "request", "unfinished"}


@pytest.mark.live
def test_nothing_is_reduced_unasked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report = proven(tmp_path, monkeypatch, Plan())
    assert report.unannounced
    assert all(each.reduced is None for each in report.results)

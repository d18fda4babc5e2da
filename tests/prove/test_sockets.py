"""Origins at Unix sockets have stand-ins there; those that speak no HTTP have none, and the report says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from apacheconf.prove import prove
from tests.engines.real import need


@pytest.mark.live
def test_origins_at_unix_sockets_are_asked(tmp_path: Path) -> None:
    need("httpd")
    site = tmp_path / "site.conf"
    site.write_text(
        "<VirtualHost *:80>\nServerName www.example.com\n"
        "ProxyPass /old ajp://10.0.0.1:8009/\nProxyPass / unix:/srv/app/puma.sock|http://app.internal/\n</VirtualHost>\n"
    )
    report = prove([str(site)], against="serve", reference="httpd")
    arrived = {arrival.origin for each in report.results for arrival in each.other.arrivals}
    assert arrived == {"unix:/srv/app/puma.sock"}
    assert report.exit_code == 0, [each.probe for each in report.unannounced]
    said = "ajp://10.0.0.1/ has no stand-in that speaks ajp: only how that fails is shown"
    assert said in report.notes

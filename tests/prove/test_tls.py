"""prove over TLS: listeners and origins that speak it are asked, with stand-ins for certificates (DIF-2, DIF-3)."""

from __future__ import annotations

from pathlib import Path

import pytest

from apacheconf.engines import Sandbox
from apacheconf.program import load
from apacheconf.prove import Report, prove
from apacheconf.prove.aims import find_targets
from apacheconf.prove.certificates import Shelf, stand_in
from apacheconf.prove.stage import stage
from tests.engines.real import need

SITE = """\
Listen 80
Listen 443
<VirtualHost *:80>
    ServerName www.example.com
    ProxyPass / http://10.0.0.1:8080/
</VirtualHost>
<VirtualHost *:443>
    ServerName www.example.com
    SSLEngine on
    SSLCertificateFile /etc/ssl/www.example.com.pem
    SSLCertificateKeyFile /etc/ssl/private/www.example.com.key
    SSLCARevocationFile /etc/ssl/gone.crl
    SSLProxyEngine on
    SSLProxyVerify require
    SSLProxyCACertificateFile /etc/ssl/origins.pem
    ProxyPass /api https://10.0.0.2:8443
    ProxyPassReverse /api https://10.0.0.2:8443
    RequestHeader set X-Forwarded-Proto https
</VirtualHost>
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    file = tmp_path / "site.conf"
    file.write_text(SITE)
    return file


def test_hosts_that_speak_tls_are_targets(site: Path) -> None:
    targets = find_targets(load([str(site)]).require())
    assert [(each.port, each.secure, each.aim.origin_scheme, each.aim.prefix) for each in targets] == [
        (80, False, "http", "/"),
        (443, True, "https", "/api"),
    ]


def test_each_file_that_is_named_has_a_stand_in_of_its_own(site: Path) -> None:
    """httpd tells hosts apart by the names of their certificates (TL-2): equal names stay equal, others others."""
    tls = stand_in()
    assert tls is not None
    with Sandbox("stage") as box:
        staged = stage(load([str(site)]), box, {}, None, tls)
        named = [line.split()[1] for line in staged.text.splitlines() if " SSLCertificate" in f" {line.strip()}"]
        assert len(set(named)) == 2 and all(Path(each.strip('"')).read_text() == tls.text for each in named)
        assert f"Listen 127.0.0.1:{staged.ports.listeners[443]} https" in staged.text
        assert Shelf(tls, box).folder().joinpath(f"{tls.hash}.0").exists()
        assert staged.notes == ("SSLCARevocationFile was left out: nothing is shown about it",)


@pytest.mark.live
@pytest.mark.parametrize("against", ["serve", "nginx", "haproxy"])
def test_both_hosts_are_asked(site: Path, against: str) -> None:
    need("httpd")
    if against != "serve":
        need(against)
    report: Report = prove([str(site)], against=against, reference="httpd")
    asked = {each.scenario for each in report.results if each.reference.arrivals}
    assert {"all up", "paths of the program"} <= asked
    at = {arrival.origin for each in report.results for arrival in each.other.arrivals}
    assert {"10.0.0.1:8080", "10.0.0.2:8443"} <= at
    assert report.exit_code == 0, [each.probe for each in report.unannounced]

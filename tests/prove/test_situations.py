"""Requests made from conditions (DIF-8), and who asks them: from which network, through which proxy, with what."""

from __future__ import annotations

from pathlib import Path

import pytest

from apacheconf.engines import Sandbox
from apacheconf.program.loading import load
from apacheconf.program.program import Program
from apacheconf.prove import Report, prove
from apacheconf.prove.aims import find_targets
from apacheconf.prove.certificates import stand_in
from apacheconf.prove.run import CONDITIONS
from apacheconf.prove.situations import MOST, generate, neighbours
from apacheconf.prove.stage import stage
from tests.engines.real import need


def program_of(folder: Path, text: str) -> Program:
    (folder / "site.conf").write_text(f"Listen 80\n<VirtualHost *:80>\nServerName a.test\n{text}\n</VirtualHost>\n")
    return load([str(folder / "site.conf")]).require()


def titles(folder: Path, text: str, seed: int = 0) -> set[str]:
    program = program_of(folder, text)
    (target,) = find_targets(program)
    probes, _ = generate(program, target.host, target.aim, seed)
    return {probe.name.removeprefix("condition: ") for probe in probes}


@pytest.mark.parametrize(
    ("lines", "wanted"),
    [
        (
            "RewriteEngine On\nRewriteCond %{HTTP:X-Release} ^canary$\nRewriteRule ^/app /new [PT]",
            {"GET /app, X-Release: canary", "GET /app, X-Release: canaryx", "GET /app"},
        ),
        (
            "RewriteEngine On\nRewriteCond %{HTTP_COOKIE} beta=(yes|on)\nRewriteCond %{QUERY_STRING} !^v=\\d$\n"
            "RewriteRule ^/app /new [PT]",
            {"GET /app, Cookie: beta=yes", "GET /app, Cookie: beta=on", "GET /app?v=1, Cookie: beta=yes",
             "GET /app?v=1x, Cookie: beta=yes", "GET /app"},
        ),
        ("<Location /a>\n<Limit PUT POST>\nRequire all denied\n</Limit>\n</Location>", {"PUT /a/x", "DELETE /a/x"}),
        (
            "<Location /in>\n<If \"%{HTTP:X-Key} == 'k'\">\nRequire all denied\n</If>\n</Location>",
            {"GET /in/x, X-Key: k", "GET /in/x, X-Key: kx", "GET /in/x"},
        ),
        ("SetEnvIf User-Agent bot quiet", {"GET /x, User-Agent: bot", "GET /x, User-Agent: bo"}),
        ("<Location /in>\nRequire ip 10.0.0.0/8\n</Location>", {"GET /in/x, from 127.0.2.1", "GET /in/x"}),
        (
            "RemoteIPHeader X-Real-IP\nRemoteIPTrustedProxy 10.0.0.0/8",
            {"GET /x, X-Real-IP: 203.0.113.9, from 127.0.2.1", "GET /x, X-Real-IP: 203.0.113.9",
             "GET /x, X-Real-IP: no address, from 127.0.2.1"},
        ),
    ],
)  # fmt: skip
def test_conditions_are_met_and_missed_one_by_one(tmp_path: Path, lines: str, wanted: set[str]) -> None:
    found = titles(tmp_path, f"{lines}\nProxyPass / http://b.test/")
    assert wanted <= found, found


def test_a_session_is_told_to_its_own_balancer(tmp_path: Path) -> None:
    """Also where a pattern leads there, which has no prefix to ask for."""
    lines = (
        "<Proxy balancer://files>\nBalancerMember http://f.test\n</Proxy>\n"
        "<Proxy balancer://shop>\nBalancerMember http://a.test route=a\nProxySet stickysession=S\n</Proxy>\n"
        "ProxyPass /static/ balancer://files/\nProxyPassMatch ^/(cart)(/.*)?$ balancer://shop/$1$2\n"
        "ProxyPass /shop balancer://shop/shop"
    )
    found = {title for title in titles(tmp_path, lines) if "S=abc.a" in title}
    assert found and all("GET /shop/x" in title for title in found), found


def test_the_seed_chooses_where_there_are_too_many(tmp_path: Path) -> None:
    lines = "".join(f"SetEnvIf X-{number} a b{number}\n" for number in range(MOST))
    program = program_of(tmp_path, lines + "ProxyPass / http://b.test/")
    (target,) = find_targets(program)
    (one, left_out), (two, _) = (generate(program, target.host, target.aim, seed) for seed in (0, 1))
    assert len(one) == len(two) == MOST
    assert left_out > 0
    assert one != two
    assert generate(program, target.host, target.aim, 0) == (one, left_out)


NETWORKS = """\
<Location /a>
    <RequireAll>
        Require ip 10 192.168.1
        Require not ip 10.1.0.0/16
    </RequireAll>
</Location>
<Location /b>
    Order deny,allow
    Deny from all
    Allow from 10.1.0.0/255.255.0.0
</Location>
ProxyPass / http://b.test/
"""


def test_a_network_has_a_neighbour_wherever_it_is_named(tmp_path: Path) -> None:
    """DIF-3, DIF-4: 10.1.0.0/16 lies in 10.0.0.0/8, and so do their stand-ins."""
    loaded = load([str(tmp_path / "site.conf")]) if program_of(tmp_path, NETWORKS) else None
    assert loaded is not None
    assert neighbours(loaded.require()) == {
        "10.0.0.0/8": "127.0.2.1", "10.1.0.0/16": "127.0.2.2", "192.168.1.0/24": "127.0.2.3",
    }  # fmt: skip
    with Sandbox("test") as box:
        lines = [line.strip() for line in stage(loaded, box, {}, None).text.splitlines()]
    assert "Require ip 10 192.168.1 127.0.2.1 127.0.2.2 127.0.2.3" in lines
    assert "Require not ip 10.1.0.0/16 127.0.2.2" in lines
    assert "Allow from 10.1.0.0/255.255.0.0 127.0.2.2" in lines
    assert "Deny from all" in lines


def proven(folder: Path, text: str, against: str) -> Report:
    need("httpd")
    if against != "serve":
        need(against)
    (folder / "site.conf").write_text(text)
    return prove([str(folder / "site.conf")], against=against, reference="httpd")


RULES = """\
Listen 8081
<VirtualHost *:8081>
    ServerName a.test
    <Location /admin>
        <RequireAll>
            Require ip 10.0.0.0/8
            Require not ip 10.1.0.0/16
        </RequireAll>
    </Location>
    <Location /api>
        <Limit PUT>
            Require ip 192.168.0.0/16
        </Limit>
    </Location>
    ProxyPass / http://b.test/
</VirtualHost>
"""


@pytest.mark.live
@pytest.mark.parametrize("against", ["serve", "nginx", "haproxy"])
def test_networks_let_in_whom_httpd_lets_in(tmp_path: Path, against: str) -> None:
    report = proven(tmp_path, RULES, against)
    statuses = {each.probe: each.reference.replies[0].status for each in report.results if each.scenario == CONDITIONS}
    assert {200, 403} <= set(statuses.values())
    assert report.exit_code == 0, [(each.probe, each.comparison.aspects) for each in report.unannounced]


CERTIFICATES = """\
Listen 8443
<VirtualHost *:8443>
    ServerName a.test
    SSLEngine on
    SSLCertificateFile /etc/ssl/a.pem
    SSLCACertificateFile /etc/ssl/ca.pem
    SSLVerifyClient require
    ProxyPass / http://b.test/
</VirtualHost>
"""


@pytest.mark.live
@pytest.mark.parametrize("against", ["serve", "nginx", "haproxy"])
def test_who_has_a_certificate_is_let_in(tmp_path: Path, against: str) -> None:
    """TL-5: with the stand-in's certificate the origin is asked, without one nobody is."""
    if stand_in() is None:
        pytest.skip("openssl is not installed: there are no certificates")
    report = proven(tmp_path, CERTIFICATES, against)
    asked = {each.probe: each for each in report.results}
    known = asked["condition: GET /x, with a certificate"]
    assert [reply.status for reply in known.reference.replies] == [200]
    assert known.equal
    assert asked["condition: GET /x"].reference.arrivals == ()
    assert report.exit_code == 0, [(each.probe, each.comparison.aspects) for each in report.unannounced]

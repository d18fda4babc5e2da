"""What nginx is told of pools, checks, speeds and balancers that nobody asks, and what became of the lines."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from apacheconf.targets import translate
from tests.runtime import certificates
from tests.targets.configs import host, outcomes, program_of, translated

_MEMBER = "<Proxy balancer://b>\nBalancerMember http://10.0.0.1 {0}\nBalancerMember http://10.0.0.2\n</Proxy>\n"
_ASKED = host("ProxyPass / balancer://b/")


def _told(folder: Path, text: str, target: str = "nginx") -> dict[str, str]:
    return outcomes(translated(folder, text, target))


@pytest.mark.parametrize(
    ("parameters", "outcome"),
    [("max=40", "equivalent"), ("acquire=3000", "equivalent"), ("max=30 acquire=3000", "equivalent"),
     ("max=10 acquire=3000", "unsupported"), ("hcmethod=TCP hcinterval=5", "equivalent"),
     ("hcmethod=GET hcuri=/up", "unsupported")],
)  # fmt: skip
def test_what_becomes_of_a_member(parameters: str, outcome: str, tmp_path: Path) -> None:
    """NGX-111, NGX-113: 25 threads never need more than as many connections."""
    assert _told(tmp_path, _MEMBER.format(parameters) + _ASKED)["BalancerMember"] == outcome


def test_a_limit_is_compared_with_the_threads(tmp_path: Path) -> None:
    """NGX-113."""
    text = "ThreadsPerChild 64\n" + _MEMBER.format("max=40 acquire=1") + _ASKED
    assert _told(tmp_path, text)["BalancerMember"] == "unsupported"


@pytest.mark.parametrize("target", ["nginx", "haproxy"])
def test_members_of_a_balancer_that_nobody_asks(target: str, tmp_path: Path) -> None:
    """PP-1: the first mapping takes everything."""
    late = "<Proxy balancer://late>\nBalancerMember ajp://10.0.0.9\n</Proxy>\n"
    text = late + host("ProxyPass / http://10.0.0.1/", "ProxyPass /late balancer://late/")
    assert _told(tmp_path, text, target)["BalancerMember"] == "no effect in target"


def test_members_that_a_rule_may_ask_are_not_forgotten(tmp_path: Path) -> None:
    """DES-6."""
    late = "<Proxy balancer://late>\nBalancerMember ajp://10.0.0.9\n</Proxy>\n"
    text = late + host("RewriteEngine On", "RewriteRule ^/late/(.*) balancer://late/$1 [P]")
    assert _told(tmp_path, text)["BalancerMember"] == "unsupported"


def test_the_speed_of_an_answer(tmp_path: Path) -> None:
    """NGX-193, DF-5."""
    lines = "SetOutputFilter RATE_LIMIT", "SetEnv rate-limit 512", "SetEnv rate-initial-burst 64"
    made = translated(tmp_path, host("ProxyPass / http://10.0.0.1/", *lines), "nginx")
    assert re.findall(r"limit_rate\S* \S+;", made.text) == ["limit_rate 512k;", "limit_rate_after 64k;"]
    assert {outcomes(made)[each] for each in ("SetOutputFilter", "SetEnv")} == {"equivalent"}


def test_nothing_lies_below_a_file(tmp_path: Path) -> None:
    """NGX-150: what goes on behind the name of a file is not there, and none of its settings counts."""
    text = host("Alias /one.ico /srv/one.ico", "ProxyPassMatch ^/one\\.ico$ !", "ProxyPass / http://10.0.0.1/")
    text += "<Directory /srv>\nExpiresActive On\nExpiresDefault A60\nFileETag None\n</Directory>\n"
    found = _told(tmp_path, text)
    assert {found[each] for each in ("Alias", "ExpiresDefault", "FileETag")} == {"exact"}


def test_a_body_whose_length_is_sent(tmp_path: Path) -> None:
    """RB-4: it goes on when all of it is here."""
    made = translated(tmp_path, host("SetEnv proxy-sendcl 1", "ProxyPass / http://10.0.0.1/"), "nginx")
    assert "proxy_request_buffering on;" in made.text
    assert outcomes(made)["SetEnv"] == "exact"


def test_a_section_that_holds_nothing(tmp_path: Path) -> None:
    text = host('<Location "/e">', "</Location>", "ProxyPass / http://10.0.0.1/")
    assert _told(tmp_path, text)["Location"] == "no effect in target"


def test_urls_of_other_servers_are_refused(tmp_path: Path) -> None:
    """DES-8: nginx would answer them with what lies here."""
    made = translated(tmp_path, host("ProxyRequests On", "DocumentRoot /srv"), "nginx")
    assert 'if ($request ~ "^\\S+ \\w+://") {' in made.text
    assert outcomes(made)["ProxyRequests"] == "unsupported"


@pytest.mark.parametrize(("name", "told"), [("_", True), ("a_b.test", True), ("a-b.test", False)])
def test_names_with_an_underscore(name: str, told: bool, tmp_path: Path) -> None:
    """nginx takes them in the Host field, and refuses an absolute target that names one (seen on 1.22.1)."""
    made = translated(tmp_path, host("ProxyPass / http://10.0.0.1/", names=f"ServerName {name}"), "nginx")
    assert ("underscored" in {each.key for each in made.differences}) == told


def test_fields_that_are_not_counted(tmp_path: Path) -> None:
    """DEF-3: nginx has a limit for all of them together."""
    for count, outcome in ((60, "approximated"), (100, "exact"), (0, "exact")):
        text = host(f"LimitRequestFields {count}", "ProxyPass / http://10.0.0.1/")
        assert _told(tmp_path, text)["LimitRequestFields"] == outcome


@pytest.mark.parametrize(
    ("codes", "outcome"),
    [
        ("404 502 504", "exact"),
        ("404", "approximated"),
        ("404 500", "approximated"),
        ("500", "unsupported"),
        ("", "approximated"),  # a 499 keeps its page
    ],
)
def test_errors_of_origins(codes: str, outcome: str, tmp_path: Path) -> None:
    """NGX-89: nginx puts a page in the place of whatever has one, and takes no 502 or 504 for the origin's."""
    pages = ["ErrorDocument 404 no", "ErrorDocument 502 down"] if "502" in codes else ["ErrorDocument 404 no"]
    text = host(f"ProxyErrorOverride On {codes}", *pages, "ProxyPass / http://10.0.0.1/")
    assert _told(tmp_path, text)["ProxyErrorOverride"] == outcome


def test_settings_of_a_script_worker(tmp_path: Path) -> None:
    """FC-11: its times stand where it is asked."""
    text = '<Proxy "fcgi://127.0.0.1:9000">\nProxySet timeout=77 connectiontimeout=5\n</Proxy>\n'
    text += host(
        "DocumentRoot /srv", '<FilesMatch "\\.php$">', 'SetHandler "proxy:fcgi://127.0.0.1:9000"', "</FilesMatch>"
    )
    made = translated(tmp_path, text, "nginx")
    assert "fastcgi_read_timeout 77s;" in made.text
    assert outcomes(made)["ProxySet"] == "exact"


def test_a_section_that_asks_for_the_type_of_the_answer(tmp_path: Path) -> None:
    """There is none yet when sections are picked, so it is an empty text."""
    lines = "<If \"%{CONTENT_TYPE} == '' && %{REQUEST_METHOD} == 'POST'\">", "Require all denied", "</If>"
    made = translated(tmp_path, host("<Location /a>", *lines, "</Location>", "ProxyPass / http://10.0.0.1/"), "nginx")
    assert outcomes(made)["Require"] == "exact"


def test_authorities_that_have_signed_nothing(tmp_path: Path) -> None:
    """NGX-188: what nginx lacks is only what httpd would find there for its own chain, and a root alone is none."""
    files = certificates.folder()
    lines = "SSLEngine on", f"SSLCertificateFile {files}/good.pem", "ProxyPass / http://10.0.0.1/"
    for name, outcome in (("strange-client", "no effect in target"), ("ca", "no effect in target")):
        text = host(*lines, f"SSLCACertificateFile {files}/{name}.pem", address="*:443")
        assert _told(tmp_path, text)["SSLCACertificateFile"] == outcome


def test_folders_where_nothing_lists_them(tmp_path: Path) -> None:
    """NGX-151: without mod_autoindex a folder without an index is 404, in nginx 403, and Indexes asks for nothing."""
    section = "<Directory /srv>\nOptions Indexes FollowSymLinks\nRequire all granted\n</Directory>\n"
    program = program_of(tmp_path, section + host("DocumentRoot /srv"))
    made = translate(replace(program, modules=program.modules - {"autoindex_module"}), "nginx")
    assert "index index.html /.without-index;" in made.text
    assert outcomes(made)["Options"] == "exact"
    made = translate(program, "nginx")
    assert "without-index" not in made.text
    assert outcomes(made)["Options"] == "approximated"

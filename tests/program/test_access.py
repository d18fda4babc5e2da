"""Require lines become one condition per section, and 403 where it fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from apacheconf.program import Program, Request, decide, load

TEXT = """
<VirtualHost *:80>
    ServerName a.example
    ProxyPass / http://h/
    <Location /in>
        Require ip 10.1 192.168.0.0/16
        Require local
    </Location>
    <Location /all>
        <RequireAll>
            Require all granted
            Require not ip 10.0.0.0/8
        </RequireAll>
    </Location>
    <Location /none>
        Require all denied
    </Location>
    <Location /none/open>
        Require all granted
    </Location>
    <Location /nobody>
        Require method GET
    </Location>
    <Location /later>
        Require ldap-user alice
    </Location>
    <Location /unasked>
        Require valid-user
    </Location>
</VirtualHost>
"""


@pytest.fixture(scope="module")
def program(tmp_path_factory) -> Program:
    file: Path = tmp_path_factory.mktemp("access") / "site.conf"
    file.write_text(TEXT)
    return load([str(file)]).require()


@pytest.mark.parametrize(
    ("method", "path", "peer", "status"),
    [
        ("GET", "/", "10.2.2.3", None),
        ("GET", "/in", "10.1.2.3", None),
        ("GET", "/in", "10.2.2.3", 403),
        ("GET", "/in", "127.0.0.1", None),  # AZ-1: bare lines are alternatives
        ("GET", "/inside", "10.2.2.3", None),
        ("GET", "/all", "10.2.2.3", 403),
        ("GET", "/all", "1.2.3.4", None),
        ("GET", "/none/x", "1.2.3.4", 403),
        ("GET", "/none/open/x", "1.2.3.4", None),  # AZ-4, MRG-20: the inner set replaces the outer one
        ("GET", "/nobody", "1.2.3.4", None),
        ("POST", "/nobody", "1.2.3.4", 403),
        ("GET", "/later", "127.0.0.1", 500),  # DES-8: what can't be asked lets nobody in
        ("GET", "/unasked", "127.0.0.1", 500),  # AZ-5: there is no AuthType
    ],
)
def test_who_may(program: Program, method: str, path: str, peer: str, status: int | None):
    request = Request(method, path, (("Host", "a.example"),), peer=(peer, 1))
    assert decide(program, request).status == status


def test_what_is_not_evaluated_is_named(program: Program):
    ((directive, reason),) = program.left_out
    assert (directive.name, directive.args) == ("Require", "ldap-user alice")
    assert reason == "Require ldap-user is not served; where it is asked, the answer is 500"


def test_the_debian_status_page_is_for_local_clients_only():
    program = load([str(Path(__file__).parents[2] / "fixtures/sites/debian")]).require()
    asked = Request("GET", "/server-status", (("Host", "example.com"),))
    assert decide(program, asked).origin is not None  # the proxy handler comes before SetHandler's
    away = Request("GET", "/server-status", (("Host", "example.com"),), peer=("192.0.2.7", 1))
    assert decide(program, away).status == 403

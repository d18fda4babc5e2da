"""Require lines become one condition per section, and 403 where it fails."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from apacheconf.program import Program, Request, decide, load
from apacheconf.program.admission import GroupFiles, Provider
from apacheconf.program.authority import Finding, Membership, Nobody, Verdict

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
    <Location /guarded>
        AuthType Basic
        AuthName x
        AuthUserFile /users
        Require valid-user
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


class Files(Nobody):
    """Alice may, and every file is hers, or her group's."""

    def password(self, provider: Provider, user: str, password: str) -> Finding:
        return Finding(Verdict.GRANTED)

    def owner(self, file: str, group: bool) -> str | None:
        return "staff" if group else "alice"

    def membership(self, files: GroupFiles, user: str, groups: Iterable[str], dbm: bool) -> Membership:
        return Membership((user, *groups) == ("bob", "staff"))


@pytest.mark.parametrize(
    ("path", "authorization", "status"),
    [
        ("/owner/a", "Basic YWxpY2U6cHc=", None),
        ("/owner/a", "Basic Ym9iOnB3", 401),
        ("/owner/a", "", 401),
        ("/group/a", "Basic Ym9iOnB3", None),
        ("/group/a", "Basic YWxpY2U6cHc=", 401),
    ],
)
def test_the_owner_of_a_file_may(tmp_path: Path, path: str, authorization: str, status: int | None):
    """AZ-3: file-owner, and file-group for those who are in the group that owns the file."""
    ask = "AuthType Basic\nAuthName x\nAuthUserFile /u\nAuthGroupFile /g\n"
    for name in ("owner", "group"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a").write_text("")
    file = tmp_path / "site.conf"
    file.write_text(
        f"<VirtualHost *:80>\nDocumentRoot {tmp_path}\n<Location /owner>\n{ask}Require file-owner\n</Location>\n"
        f"<Location /group>\n{ask}Require file-group\n</Location>\n</VirtualHost>\n"
    )
    headers = (("Host", "a.example"), *([("Authorization", authorization)] if authorization else []))
    request = Request("GET", path, headers, authority=Files())
    assert decide(load([str(file)]).require(), request).status == status


def test_nobody_is_let_in_where_no_authority_is_given(program: Program):
    """An oversight refuses: 500 for who sends a password."""
    headers = (("Host", "a.example"), ("Authorization", "Basic YWxpY2U6cHc="))
    assert decide(program, Request("GET", "/guarded", headers)).status == 500
    assert decide(program, Request("GET", "/guarded", headers, authority=Files())).status is None

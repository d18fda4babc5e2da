"""AuthType Basic on httpd and on nginx: who is asked, who gets in, and who is refused unasked."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

import pytest

from tests.targets.configs import host, outcomes, translated
from tests.targets.echoes import exchange
from tests.targets.fronts import MODULES, Fronts, fronts

pytestmark = pytest.mark.live

_MODULES = (*MODULES, "auth_basic_module", "authn_core_module", "authn_file_module", "authz_user_module",
            "authz_groupfile_module", "access_compat_module", "headers_module",
            "setenvif_module", "alias_module")  # fmt: skip
#: Made with htpasswd -m and -s: ann's password is a, bob's is b.
_USERS = "ann:$apr1$abcdefgh$G8IsPsylW5ROvIKsQMRG61\nbob:{SHA}6dcfXufJLW3J6S/9rRe4vUlBj5g=\n"
#: bob's password is another one here, and nobody asks for it; dora's is b.
_OTHERS = "bob:{SHA}hvfkN/qlp/zhXR3cuerq6jd2Z7g=\ndora:{SHA}6dcfXufJLW3J6S/9rRe4vUlBj5g=\n"
_CONFIG = r"""
<AuthnProviderAlias file first>
    AuthUserFile FOLDER/users
</AuthnProviderAlias>
<AuthnProviderAlias file second>
    AuthUserFile FOLDER/others
</AuthnProviderAlias>
<AuthzProviderAlias method our-method "PUT">
</AuthzProviderAlias>
<AuthzProviderAlias user our-people "dora">
</AuthzProviderAlias>
SetEnvIf X-Barred 1 barred
<VirtualHost *:{port}>
    ServerName first.test
    Header always set X-Always 1
    Header set X-Success 1
    <Location />
        AuthType Basic
        AuthName "the $realm of all"
        AuthUserFile FOLDER/users
        AuthGroupFile FOLDER/groups
    </Location>
    <Location /anyone>
        Require valid-user
        RequestHeader set X-User "expr=%{REMOTE_USER}"
    </Location>
    <Location /ann>
        Require user ann carl
    </Location>
    <Location /group>
        Require group admins
    </Location>
    <Location /either>
        Require method POST
        Require user ann
        RequestHeader set X-User "expr=<%{REMOTE_USER}>"
    </Location>
    <Location /both>
        <RequireAll>
            Require method GET
            Require valid-user
        </RequireAll>
    </Location>
    <Location /unless>
        <RequireAll>
            Require not method POST
            Require valid-user
        </RequireAll>
    </Location>
    <Location /satisfy>
        Require valid-user
        Order deny,allow
        Deny from all
        Allow from 127.0.0.1
        Satisfy Any
    </Location>
    <Location /limited>
        <Limit POST>
            Require valid-user
        </Limit>
    </Location>
    <Location /anyone/nothing>
        ProxyPass !
    </Location>
    <Location /nested>
        <RequireAny>
            Require user bob
            <RequireAll>
                Require user ann
                Require method GET
                Require not env barred
            </RequireAll>
        </RequireAny>
    </Location>
    <Location /none>
        <RequireAll>
            Require valid-user
            Require user ann dora
            <RequireNone>
                Require method POST
            </RequireNone>
        </RequireAll>
    </Location>
    <Location /apart>
        <Limit GET>
            Require user ann
        </Limit>
        <LimitExcept GET>
            Require user bob
        </LimitExcept>
    </Location>
    <Location /merged>
        Require valid-user
    </Location>
    <Location /merged/both>
        AuthMerging And
        Require method POST
    </Location>
    <Location /merged/either>
        AuthMerging Or
        Require method POST
    </Location>
    <Location /files>
        AuthName "all \"files\""
        AuthBasicProvider first second
        Require valid-user
        Require our-method
    </Location>
    <Location /files/some>
        Require user ann dora carl
    </Location>
    <Location /files/not>
        <RequireAll>
            Require valid-user
            Require not user ann
            Require not our-people
        </RequireAll>
    </Location>
    <Location /away>
        Require valid-user
        Redirect 301 /away/there http://elsewhere.test/x
        Redirect 308 /away/again http://elsewhere.test/x
        Redirect 410 /away/gone
    </Location>
    <Location /inside>
        <RequireAll>
            Require all granted
            AuthName "inside"
            <RequireAny>
                AuthUserFile FOLDER/others
                Require user dora
            </RequireAny>
        </RequireAll>
    </Location>
    <Location /named>
        <RequireAny>
            Require host nobody.invalid
            Require user ann
        </RequireAny>
    </Location>
    ProxyPass /open http://127.0.0.1:{one}/open
    ProxyPass / http://127.0.0.1:{one}/
</VirtualHost>
"""
_PATHS = ("/anyone/x", "/anyone", "/ann/x", "/group", "/either/x", "/both/x", "/unless/x", "/satisfy/x", "/limited/x",
          "/anyone/nothing/x", "/nested/x", "/none/x", "/apart/x", "/merged/x", "/merged/both/x", "/merged/either/x",
          "/files/x", "/files/some/x", "/files/not/x", "/away/there/x%20y?q=1", "/away/again/x", "/away/gone",
          "/away/x", "/named/x", "/inside/x")  # fmt: skip
_ASKING = ("", "ann:a", "ann:b", "bob:b", "carl:c", "dora:b", "ann", ":")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronts]:
    folder = Path(mkdtemp())  # pytest closes its own folders to servers that run as somebody else
    (folder / "users").write_text(_USERS)
    (folder / "others").write_text(_OTHERS)
    (folder / "groups").write_text("others: bob\nadmins: bob carl\n")
    folder.chmod(0o755)
    with fronts(_CONFIG.replace("FOLDER", str(folder)), tmp_path_factory.mktemp("users"), _MODULES) as found:
        yield found
    rmtree(folder)


def _ask(port: int, path: str, method: str, user: str) -> tuple[str, list[str], str]:
    header = f"Authorization: Basic {b64encode(user.encode()).decode()}" if user else ""
    head, body = exchange(port, "first.test", path, header=header, method=method)
    kept = [line for line in head[1:] if line.lower().startswith(("www-auth", "x-always", "x-success", "location"))]
    return head[0].split()[1], sorted(kept), body.splitlines()[0] if head[0].split()[1] == "200" else ""


@pytest.mark.parametrize("path", _PATHS)
@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("user", _ASKING)
def test_users(user: str, method: str, path: str, running: Fronts) -> None:
    """AZ-1 to AZ-6, SEM-16 to SEM-18; NGX-141, NGX-143, NGX-144."""
    expected = _ask(running.at["httpd"], path, method, user)
    assert _ask(running.at["nginx"], path, method, user) == expected


def test_what_can_not_be_asked_is_closed(tmp_path_factory: pytest.TempPathFactory) -> None:
    """DES-8: digests have no counterpart in nginx: nobody gets in."""
    folder = tmp_path_factory.mktemp("digest")
    lines = ("AuthType Digest", "AuthName x", "AuthUserFile /x", "Require valid-user")
    text = host("ProxyPass / http://127.0.0.1:1/", "<Location />", *lines, "</Location>")
    found = translated(folder, text, "nginx")
    assert outcomes(found)["Require"] == "unsupported"
    assert "return 403;" in found.files["nginx.conf"]


def test_what_a_provider_stands_for_is_asked(tmp_path_factory: pytest.TempPathFactory) -> None:
    """An alias of access rules is accounted for where Require names it."""
    folder = tmp_path_factory.mktemp("alias")
    alias = '<AuthzProviderAlias ip office "10.0.0.0/8">\n</AuthzProviderAlias>\n'
    lines = ("<Location />", "Require office", "</Location>", "ProxyPass / http://127.0.0.1:1/")
    found = outcomes(translated(folder, alias + host(*lines), "nginx"))
    assert (found["AuthzProviderAlias"], found["Require"]) == ("absorbed", "exact")


@pytest.mark.parametrize(
    ("lines", "outcome"),
    [("ann:{SHA}hvfkN/qlp/zhXR3cuerq6jd2Z7g=", "exact"), ("bob:{PLAIN}b", "approximated"),
     ("  ann:{SHA}hvfkN/qlp/zhXR3cuerq6jd2Z7g=", "approximated"), ("ann:$2y$05$x", "equivalent")],
)  # fmt: skip
def test_lines_of_users_that_nginx_reads_otherwise(lines: str, outcome: str, tmp_path: Path) -> None:
    """httpd lets nobody in with {PLAIN} or {SSHA}, nginx does (seen); httpd skips blanks in front of a name."""
    (tmp_path / "users").write_text(f"# names\n{lines}\n")
    rules = "AuthType Basic", "AuthName x", f"AuthUserFile {tmp_path}/users", "Require valid-user"
    text = host("<Location />", *rules, "</Location>", "ProxyPass / http://10.0.0.1/")
    assert outcomes(translated(tmp_path, text, "nginx"))["AuthUserFile"] == outcome

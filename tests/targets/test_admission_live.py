"""Who is let in, asked on httpd and on HAProxy: users, groups, addresses and both (HAP-104, AZ-5, AZ-6)."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from tempfile import gettempdir

import pytest

from tests.targets.echoes import exchange
from tests.targets.fronts import MODULES, Fronts, fronts

pytestmark = pytest.mark.live

#: ``secret`` for all: bcrypt, SHA-256, MD5, and one that HAProxy can't check.
_USERS = """ann:$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a
joe:$5$abcdefgh$gruCpC7VkOTspMQTTSAR8mtlO9Upms.fwqE5y16JVM.
eve:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=
"""
_CONFIG = """
<VirtualHost *:{port}>
    ServerName first.test
    <Location />
        AuthType Basic
        AuthName "the \\"quoted\\" realm"
        AuthUserFile {users}
        AuthGroupFile {groups}
    </Location>
    <Location /any>
        Require valid-user
    </Location>
    <Location /ann>
        Require user ann
        RequestHeader set X-User expr=%{REMOTE_USER}
    </Location>
    <Location /group>
        Require group staff
    </Location>
    <Location /both>
        <RequireAll>
            Require valid-user
            Require method GET
        </RequireAll>
    </Location>
    <Location /either>
        Require user joe
        Require ip 127.0.0.0/8
    </Location>
    <Location /elsewhere>
        Require user joe
        Require ip 10.0.0.0/8
    </Location>
    <Location /nowhere>
        <RequireAll>
            Require valid-user
            Require ip 10.0.0.0/8
        </RequireAll>
    </Location>
    <Location /named>
        Require host nowhere.invalid
        Require ip 127.0.0.0/8
    </Location>
    <Location /others>
        Require host nowhere.invalid
        Require ip 10.0.0.0/8
    </Location>
    <Location /barred>
        <RequireAll>
            Require ip 127.0.0.0/8
            Require not host nowhere.invalid
        </RequireAll>
    </Location>
    <Location /open>
        Require all granted
    </Location>
    ProxyPass / http://127.0.0.1:{one}/
</VirtualHost>
"""
_PATHS = ("/any", "/ann/x", "/group", "/both", "/either", "/elsewhere", "/nowhere", "/open", "//ann/./x", "/%61nn")
_NAMES = ("", "ann:secret", "joe:secret", "ann:wrong", "nobody:secret", "joe:", ":secret")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronts]:
    folder = tmp_path_factory.mktemp("admission")
    folder.chmod(0o755)
    (folder / "users").write_text(_USERS)
    (folder / "groups").write_text("staff: joe eve\nothers: ann\n")
    for above in folder.parents:
        if above != Path(gettempdir()) and above.is_relative_to(gettempdir()):
            above.chmod(0o755)
    config = _CONFIG.replace("{users}", str(folder / "users")).replace("{groups}", str(folder / "groups"))
    modules = (*MODULES, "auth_basic_module", "authn_core_module", "authn_file_module", "authz_user_module",
               "authz_groupfile_module", "headers_module")  # fmt: skip
    with fronts(config, folder, modules) as started:
        yield started


def _ask(port: int, path: str, credentials: str, method: str = "GET") -> tuple[str, str, str]:
    header = f"Authorization: Basic {base64.b64encode(credentials.encode()).decode()}" if credentials else ""
    lines, body = exchange(port, "first.test", path, method=method, header=header)
    asked = [line.partition(": ")[2] for line in lines if line.lower().startswith("www-authenticate:")]
    return lines[0].split()[1], ",".join(asked), body.partition(" x-forwarded")[0] if body[:1].isdigit() else ""


@pytest.mark.parametrize("credentials", _NAMES)
@pytest.mark.parametrize("path", _PATHS)
def test_haproxy_lets_in_whom_httpd_does(path: str, credentials: str, running: Fronts) -> None:
    theirs, ours = (_ask(running.at[name], path, credentials) for name in ("httpd", "haproxy"))
    assert ours == theirs


def test_methods_are_asked_first(running: Fronts) -> None:
    theirs, ours = (_ask(running.at[name], "/both", "", "POST") for name in ("httpd", "haproxy"))
    assert ours == theirs
    assert theirs[0] == "403"


def test_a_hash_that_haproxy_cannot_check_lets_nobody_in(running: Fronts) -> None:
    assert _ask(running.at["httpd"], "/any", "eve:secret")[0] == "200"
    assert _ask(running.at["haproxy"], "/any", "eve:secret")[0] == "401"


@pytest.mark.parametrize("path", ["/named", "/others", "/barred"])
def test_a_name_that_cannot_be_asked_lets_nobody_in(path: str, running: Fronts) -> None:
    """DES-8: what is beside it still does, and what it would bar is barred."""
    theirs, ours = (_ask(running.at[name], path, "")[0] for name in ("httpd", "haproxy"))
    assert ours == ("403" if path == "/barred" else theirs)

"""Who asks, as origins are told: Proxy-Authorization, which ends at whoever knows it, and headers that name the
user and what else mod_ssl looks up, on httpd and on both targets (RQ-6, HD-5, NGX-189, HAP-43, HAP-104)."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

import pytest

from apacheconf.targets import TARGETS
from tests.targets.echoes import ask
from tests.targets.fronts import MODULES, Fronts, fronts

pytestmark = pytest.mark.live
_MODULES = (*MODULES, "auth_basic_module", "authn_core_module", "authn_file_module", "authz_user_module", "env_module",
            "headers_module", "ssl_module", "socache_shmcb_module")  # fmt: skip
_CONFIG = """
<VirtualHost *:{port}>
    ServerName staff.test
    <Location />
        AuthType Basic
        AuthName staff
        AuthUserFile USERS
    </Location>
    <Location /open>
        Require all granted
    </Location>
    <Location /asked>
        Require valid-user
    </Location>
    <Location /some>
        <RequireAny>
            Require method POST
            Require valid-user
        </RequireAny>
    </Location>
    <Location /named>
        AuthMerging Or
        Require valid-user
        Require ip 127.0.0.0/8
    </Location>
    RequestHeader set X-Remote-User "%{REMOTE_USER}s"
    RequestHeader set X-User "expr=%{REMOTE_USER}"
    RequestHeader set X-Named "%{HTTP_HOST}s %{HTTP_USER_AGENT}s %{SERVER_PORT}s %{QUERY_STRING}s %{HTTP:X-A}s"
    <Location /chained>
        Require valid-user
        SetEnv Proxy-Chain-Auth 1
    </Location>
    ProxyPass / http://127.0.0.1:{one}/
</VirtualHost>
"""
_CASES = list(product(("/open", "/asked", "/some", "/named", "/chained"), ("GET", "POST"), TARGETS))


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronts]:
    folder = Path(mkdtemp())  # whose parents everybody may enter
    folder.chmod(0o755)
    (folder / "users").write_text("joe:$5$abcdefgh$gruCpC7VkOTspMQTTSAR8mtlO9Upms.fwqE5y16JVM.\n")
    with fronts(_CONFIG.replace("USERS", str(folder / "users")), tmp_path_factory.mktemp("chain"), _MODULES) as found:
        yield found
    rmtree(folder)


@pytest.mark.parametrize(("path", "method", "target"), _CASES)
def test_what_origins_are_told(path: str, method: str, target: str, running: Fronts) -> None:
    known = f"Authorization: Basic {b64encode(b'joe:secret').decode()}\r\nProxy-Authorization: Basic eDp5"
    theirs, ours = (
        ask(running.at[each], "staff.test", path, method=method, header=known) for each in ("httpd", target)
    )
    assert ours == theirs  # whoever gets in without being asked has no name, whatever password is shown
    asked = path == "/asked" or (path == "/some" and method == "GET")
    assert ("proxy-authorization=Basic eDp5" in theirs[-1]) == (not asked)

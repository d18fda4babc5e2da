"""Proxy-Authorization, which ends at whoever knows who asks, on httpd and on both targets (RQ-6, NGX-189, HAP-43)."""

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
_MODULES = (*MODULES, "auth_basic_module", "authn_core_module", "authn_file_module", "authz_user_module", "env_module")
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
    <Location /chained>
        Require valid-user
        SetEnv Proxy-Chain-Auth 1
    </Location>
    ProxyPass / http://127.0.0.1:{one}/
</VirtualHost>
"""
#: HAProxy knows whoever shows a right password, nginx and httpd only whom they have to ask.
_CASES = [each for each in product(("/open", "/asked", "/some", "/chained"), ("GET", "POST"), TARGETS)
          if each != ("/some", "POST", "haproxy")]  # fmt: skip


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
    assert ours == theirs
    asked = path == "/asked" or (path == "/some" and method == "GET")
    assert ("proxy-authorization=Basic eDp5" in theirs[-1]) == (not asked)

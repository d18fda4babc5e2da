"""AllowEncodedSlashes of several hosts at one address, asked on httpd and on HAProxy (SEM-9, HAP-23, PU-4)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.targets.echoes import ask
from tests.targets.fronts import Fronts, fronts

pytestmark = pytest.mark.live

_HOST = """
<VirtualHost *:{{port}}>
    ServerName {0}.test
    AllowEncodedSlashes {0}
    ProxyPass /raw http://127.0.0.1:{{one}}/sent nocanon
    ProxyPass /in http://127.0.0.1:{{one}}/there
</VirtualHost>
"""
_PATHS = (
    "/in/a%2Fb", "/in/a%2fb%20c", "/in/a%252Fb", "/in%2Fx", "/in/..%2Fin/x", "/raw/a%2Fb", "/raw/%41%2f", "/in/a%20b",
)  # fmt: skip


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronts]:
    config = "".join(map(_HOST.format, ("Off", "On", "NoDecode")))
    with fronts(config, tmp_path_factory.mktemp("slashes")) as started:
        yield started


@pytest.mark.parametrize("host", ["off", "on", "nodecode"])
@pytest.mark.parametrize("path", _PATHS)
def test_haproxy_does_as_httpd(path: str, host: str, running: Fronts) -> None:
    theirs, ours = (ask(running.at[name], f"{host}.test", path) for name in ("httpd", "haproxy"))
    assert (ours[0], ours[2].partition(" x-")[0]) == (theirs[0], theirs[2].partition(" x-")[0])

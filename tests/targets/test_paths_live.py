"""The forms of mappings on the real servers: httpd, and each target with its translation, asked the same."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from apacheconf.targets import TARGETS
from tests.targets.echoes import ask
from tests.targets.fronts import Fronts, fronts

pytestmark = pytest.mark.live

_CONFIG = """
<VirtualHost *:{port}>
    ServerName first.test
    ProxyPass /keep !
    ProxyPass /app http://127.0.0.1:{one}/b
    ProxyPass /slash/ http://127.0.0.1:{one}/c
    ProxyPass /glue/ http://127.0.0.1:{one}
    ProxyPass /bare http://127.0.0.1:{one}
    ProxyPass /deep/er/ http://127.0.0.1:{two}/x/
    ProxyPass "/with space" "http://127.0.0.1:{two}/y z"
    ProxyPass /dollar http://127.0.0.1:{two}/$d
    ProxyPassReverse /app http://127.0.0.1:{one}/b
    ProxyPassReverse /slash/ /c/
    <Location /loc>
        ProxyPass http://127.0.0.1:{two}/in
        ProxyPassReverse http://127.0.0.1:{two}/in
        ProxyPreserveHost On
    </Location>
    <Location /loc/deny>
        Require all denied
    </Location>
    <Location /loc/ip>
        Require ip 10.1.1.1
    </Location>
    ProxyPass /app/late http://127.0.0.1:{two}/late
</VirtualHost>
<VirtualHost *:{port}>
    ServerName second.test
    ProxyPass /a http://127.0.0.1:{one}/q%20r
    ProxyPass / http://127.0.0.1:{two}//
</VirtualHost>
"""
#: PP-2 to PP-10, SEM-10, SEM-11; TRAP-1 to TRAP-5, -12, -58, -59, -100; DES-8 for the restricted ones.
_PATHS = (
    "/", "/x", "/keep", "/keep/x", "/keepx", "/app", "/app/", "/app/x", "/appx", "/app?q", "/app/late", "/App",
    "/slash", "/slash/", "/slash/x?y", "/glue/", "/glue/x", "/glue", "/bare", "/bare/", "/bare/x", "/bare?q=1",
    "/deep", "/deep/er", "/deep/er/", "/deep/er/a%20b", "/with%20space", "/with%20space/k", "/with%20spacex",
    "/dollar", "/dollar/x", "/loc", "/loc/", "/loc/y", "/locy", "/loc/deny", "/loc/deny/x", "/loc/denyx", "/loc/ip",
    "/loc/%69p/x", "/loc//ip", "/loc/x/../ip", "/a", "/a/b", "/a%2520", "/%61pp/x", "//app//x", "/app;v=1",
    "/app/%3F", "/slash/%2e%2e/app/z", "/..",
)  # fmt: skip


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronts]:
    with fronts(_CONFIG, tmp_path_factory.mktemp("paths")) as found:
        yield found


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("host", ["first.test", "second.test", "SECOND.test.:99", "other.test"])
def test_paths(host: str, target: str, running: Fronts) -> None:
    for path in _PATHS:
        if target == "haproxy" and path in ("/", "/..") and host != "second.test":
            continue  # the folder of the stand-in: HAProxy serves no files
        assert ask(running.at[target], host, path) == ask(running.at["httpd"], host, path), path


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("path", ["/app/x", "/slash/x", "/loc/y"])
def test_redirects_of_origins(path: str, target: str, running: Fronts) -> None:
    """RV-1 to RV-7, TRAP-38, TRAP-39."""
    at, one, two = running.at, running.one, running.two
    for location in (
        f"http://127.0.0.1:{one}/b/n", f"http://127.0.0.1:{one}/barn", f"HTTP://127.0.0.1:{one}/b", "/c/n", "n",
        f"http://127.0.0.1:{one}/c/n", f"http://127.0.0.1:{two}/in/n", "http://other.test/c/n",
    ):  # fmt: skip
        for host in ("first.test", "First.test:8080"):
            given = ask(at[target], host, path, location)
            assert given == ask(at["httpd"], host, path, location), location

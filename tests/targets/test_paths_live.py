"""The forms of mappings on the real servers: httpd, and each target with its translation, asked the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from apacheconf.engines import haproxy, httpd, nginx
from apacheconf.engines.process import Server
from apacheconf.engines.sandbox import Sandbox, free_ports
from apacheconf.targets import TARGETS
from tests.engines.real import need
from tests.targets.configs import translated
from tests.targets.echoes import ask, echo

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
_MODULES = ("proxy_module", "proxy_http_module", "authz_core_module", "authz_host_module")
_START: dict[str, Callable[..., Server]] = {"httpd": httpd.start, "nginx": nginx.start, "haproxy": haproxy.start}


@pytest.fixture(scope="module")
def fronts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[dict[str, int], tuple[int, int]]]:
    """The port of each server, and those of the two origins."""
    one, two, *ports = free_ports(2 + 1 + len(TARGETS))
    at = dict(zip(("httpd", *TARGETS), ports, strict=True))
    with ExitStack() as stack:
        stack.enter_context(echo(one))
        stack.enter_context(echo(two))
        for name, port in at.items():
            text = _CONFIG.format(port=port, one=one, two=two)
            _start(name, text, port, tmp_path_factory.mktemp(name), stack)
        yield at, (one, two)


def _start(name: str, text: str, port: int, folder: Path, stack: ExitStack) -> None:
    engine = need(name)
    box = stack.enter_context(Sandbox("test"))
    if name == "httpd":
        text = f"{httpd.preamble(engine, box, _MODULES)}\nListen 127.0.0.1:{port}\n{text}"
    else:
        text = translated(folder, text, name).text
    stack.enter_context(_START[name](engine, box, text, [("127.0.0.1", port)]))


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("host", ["first.test", "second.test", "SECOND.test.:99", "other.test"])
def test_paths(host: str, target: str, fronts: tuple[dict[str, int], tuple[int, int]]) -> None:
    at, _ = fronts
    for path in _PATHS:
        assert ask(at[target], host, path) == ask(at["httpd"], host, path), path


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("path", ["/app/x", "/slash/x", "/loc/y"])
def test_redirects_of_origins(path: str, target: str, fronts: tuple[dict[str, int], tuple[int, int]]) -> None:
    """RV-1 to RV-7, TRAP-38, TRAP-39."""
    at, (one, two) = fronts
    for location in (
        f"http://127.0.0.1:{one}/b/n", f"http://127.0.0.1:{one}/barn", f"HTTP://127.0.0.1:{one}/b", "/c/n", "n",
        f"http://127.0.0.1:{one}/c/n", f"http://127.0.0.1:{two}/in/n", "http://other.test/c/n",
    ):  # fmt: skip
        for host in ("first.test", "First.test:8080"):
            given = ask(at[target], host, path, location)
            assert given == ask(at["httpd"], host, path, location), location

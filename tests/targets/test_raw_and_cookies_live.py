"""nocanon, and the cookies of origins, on httpd and on both targets."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from apacheconf.targets import TARGETS
from tests.targets.echoes import ask, exchange
from tests.targets.fronts import Fronts, fronts

pytestmark = pytest.mark.live

_CONFIG = r"""
<VirtualHost *:{port}>
    ServerName raw.test
    ProxyPass /same http://127.0.0.1:{one}/same nocanon
    ProxyPass /other http://127.0.0.1:{one}/new nocanon
    ProxyPass /gone/ http://127.0.0.1:{one}/ nocanon
    ProxyPass /bare http://127.0.0.1:{one} nocanon
    ProxyPassMatch ^/w/ http://127.0.0.1:{one} nocanon
    ProxyPass / http://127.0.0.1:{one}/ nocanon
</VirtualHost>
<VirtualHost *:{port}>
    ServerName cookies.test
    ProxyPassReverseCookiePath /bar /foo
    ProxyPassReverseCookieDomain b.internal public.test
    ProxyPass / http://127.0.0.1:{one}/
</VirtualHost>
<VirtualHost *:{port}>
    ServerName several.test
    ProxyPassReverseCookiePath /bar /other/x
    ProxyPassReverseCookiePath /other /third
    ProxyPassReverseCookiePath / /foo
    ProxyPassReverseCookieDomain b.internal b.internal.org
    ProxyPassReverseCookieDomain b.internal.org public.test
    ProxyPass / http://127.0.0.1:{one}/
</VirtualHost>
"""
#: PU-5; NGX-43, TRAP-14.
_PATHS = ("/", "/a", "/a%20b", "/%41", "/a%7eb", "/a//b", "/same//x", "/a/./b", "/a/../b", "/a?x", "/a?", "/a%3Fb",
          "/same/x%20y", "/a;b=%26", "/a%5Bb%5D")  # fmt: skip
#: RV-12 to RV-14, SEM-36; NGX-83, HAP-63, TRAP-40.
_COOKIES = (
    "a=1; Path=/bar", "a=1; Path=/bar/sub; HttpOnly", "a=1; path=/barn", "a=1; Path=/other", "a=1", "a=1; Path=/Bar",
    "a=1; Domain=b.internal", "a=1; domain=B.INTERNAL; Path=/bar/x; Secure", "a=1; Domain=.b.internal",
    "a=1; Domain=b.internal.org",
)  # fmt: skip


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronts]:
    with fronts(_CONFIG, tmp_path_factory.mktemp("raw")) as found:
        yield found


@pytest.mark.parametrize("target", TARGETS)
def test_raw_paths(target: str, running: Fronts) -> None:
    for path in _PATHS:
        assert ask(running.at[target], "raw.test", path) == ask(running.at["httpd"], "raw.test", path), path


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("path", ["//a//b", "/s%61me/x%7e", "//same/x", "/s%61me", "/same", "/s%61me?x"])
def test_a_prefix_that_is_spelt_in_another_way(path: str, target: str, running: Fronts) -> None:
    """PU-6: it makes the path a common one."""
    assert ask(running.at[target], "raw.test", path) == ask(running.at["httpd"], "raw.test", path)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("path", [
    "/other", "/other/%7e", "/other//x", "/oth%65r/%7e", "/gone/%41", "/other/x?a=%41&b", "/other?q", "/gone/a/./b",
    "/bare/%41?x", "/bare", "//other/%7e", "/other/a%2520b",
])  # fmt: skip
def test_a_prefix_that_is_another_one_there(path: str, target: str, running: Fronts) -> None:
    """PU-5, PU-6; NGX-46: what follows it is the client's own."""
    assert ask(running.at[target], "raw.test", path) == ask(running.at["httpd"], "raw.test", path)


@pytest.mark.parametrize("path", ["/w/a%41//b?c", "/%77/a%41", "//w/%41", "/w/a%20b"])
def test_a_pattern_that_is_spelt_in_another_way(path: str, running: Fronts) -> None:
    """PU-6: it has to match what the client wrote, too."""
    assert ask(running.at["nginx"], "raw.test", path) == ask(running.at["httpd"], "raw.test", path)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", ["cookies.test", "several.test"])
@pytest.mark.parametrize("cookie", _COOKIES)
def test_cookies(cookie: str, name: str, target: str, running: Fronts) -> None:
    """Of several lines the first one that a value begins as maps it, and no other maps what it made."""

    def given(server: str) -> list[str]:
        head, _ = exchange(running.at[server], name, "/x", header=f"X-Reply: Set-Cookie: {cookie}")
        return [line.partition(":")[2].strip() for line in head if line.lower().startswith("set-cookie:")]

    assert given(target) == given("httpd")

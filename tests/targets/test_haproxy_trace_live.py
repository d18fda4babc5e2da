"""TraceEnable in HAProxy: of each host by its name, and what a 405 says is allowed (HAP-53)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.targets.configs import host, outcomes, translated
from tests.targets.echoes import exchange
from tests.targets.fronts import MODULES, Fronts, fronts

_MODULES = (*MODULES, "rewrite_module", "allowmethods_module")
_LINES = (
    'ProxyPass "/" "http://127.0.0.1:{one}/"',
    "<Location /few>\nAllowMethods GET\n</Location>",
    "<Location /over>\nProxyErrorOverride On\n</Location>",
    'ErrorDocument 405 "no such method"',
    "RewriteEngine On",
    "RewriteRule ^/none - [R=405]",
    "RewriteRule ^/never - [R=501]",
)
_NAMES = {"on": "", "off": "TraceEnable Off", "extended": "TraceEnable extended"}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronts]:
    hosts = (host(*_LINES, line, names=f"ServerName {name}.test", address="*:{port}") for name, line in _NAMES.items())
    with fronts("".join(hosts), tmp_path_factory.mktemp("trace"), _MODULES) as found:
        yield found


@pytest.mark.live
@pytest.mark.parametrize("method", ["GET", "TRACE", "POST"])
@pytest.mark.parametrize("path", ["/x", "/few", "/none", "/never"])
@pytest.mark.parametrize("name", _NAMES)
def test_who_may_trace(name: str, path: str, method: str, running: Fronts) -> None:
    if (name, path, method) == ("off", "/never", "TRACE"):  # rules come first in httpd
        return
    (theirs, their_page), (ours, page) = (exchange(running.at[each], f"{name}.test", path, method=method)
                              for each in ("httpd", "haproxy"))  # fmt: skip
    assert ours[0].split()[1] == theirs[0].split()[1]
    assert page == their_page or "501" in ours[0] or "200" in ours[0]
    assert _allowed(ours) == _allowed(theirs)


def _allowed(lines: list[str]) -> list[str]:
    """An empty one says that no method is."""
    return [line.partition(":")[2].strip() for line in lines if line.lower().startswith("allow:")]


@pytest.mark.live
@pytest.mark.parametrize("name", _NAMES)
@pytest.mark.parametrize("path", ["/x", "/over"])
def test_what_an_origin_allows_stays(path: str, name: str, running: Fronts) -> None:
    """Unless the page of this server takes the place of its answer."""
    order = "X-Status: 405 No\r\nX-Reply: Allow: GET, HEAD"
    theirs, ours = (
        exchange(running.at[each], f"{name}.test", path, method="POST", header=order)[0]
        for each in ("httpd", "haproxy")
    )
    assert _allowed(ours) == _allowed(theirs)


def test_every_line_is_honoured(tmp_path: Path) -> None:
    hosts = (host(*_LINES, line, names=f"ServerName {name}.test").replace("{one}", "81")
             for name, line in _NAMES.items())  # fmt: skip
    assert outcomes(translated(tmp_path, "".join(hosts), "haproxy"))["TraceEnable"] == "exact"

"""ProxyErrorOverride asked on httpd and on HAProxy: errors of origins get the pages of the server (RS-23, HAP-66)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.targets.echoes import exchange
from tests.targets.fronts import MODULES, Fronts, fronts

pytestmark = pytest.mark.live

_CONFIG = """
<VirtualHost *:{port}>
    ServerName all.test
    ProxyErrorOverride On
    ErrorDocument 404 "not here"
    ErrorDocument 503 http://help.test/
    Header always set X-Always yes
    Header set X-Success yes
    ProxyPass / http://127.0.0.1:{one}/
</VirtualHost>
<VirtualHost *:{port}>
    ServerName some.test
    ProxyErrorOverride On 404 500
    ErrorDocument 404 "not here"
    ProxyPass / http://127.0.0.1:{one}/
</VirtualHost>
"""
_KEPT = ("location", "x-always", "x-success", "content-type", "x-of-origin")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronts]:
    with fronts(_CONFIG, tmp_path_factory.mktemp("override"), (*MODULES, "headers_module")) as found:
        yield found


def _answer(port: int, name: str, status: int) -> tuple[object, ...]:
    lines, body = exchange(port, name, "/x", header=f"X-Status: {status}\r\nX-Reply: X-Of-Origin: yes")
    fields = {line.partition(":")[0].lower(): line.partition(":")[2].strip() for line in lines[1:]}
    stock = not body or body.lstrip().lower().startswith(("<html", "<!doctype"))
    kept = {key: value for key, value in fields.items() if key in _KEPT and not (stock and key == "content-type")}
    return lines[0].split()[1], kept, "stock" if stock else body


@pytest.mark.parametrize("name", ["all.test", "some.test"])
@pytest.mark.parametrize("status", [200, 302, 400, 401, 403, 404, 409, 418, 451, 500, 502, 503, 504])
def test_errors_of_an_origin(name: str, status: int, running: Fronts) -> None:
    theirs, ours = (_answer(running.at[each], name, status) for each in ("httpd", "haproxy"))
    body = str(theirs[-1])
    assert ours == theirs or (body[:1].isdigit() and ours[:-1] == theirs[:-1])

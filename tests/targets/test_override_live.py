"""ProxyErrorOverride asked on httpd and on both targets: errors of origins get the pages of the server (RS-23, HAP-66,
NGX-89)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from apacheconf.engines import Sandbox
from apacheconf.targets import TARGETS
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
<VirtualHost *:{port}>
    ServerName listed.test
    ProxyErrorOverride On 401
    ErrorDocument 401 "who are you"
    ProxyPass / http://127.0.0.1:{one}/
</VirtualHost>
<VirtualHost *:{port}>
    ServerName paths.test
    DocumentRoot {root}
    ProxyErrorOverride On
    ErrorDocument 404 /own/404.html
    ErrorDocument 500 /from/origin
    ErrorDocument 504 "slow"
    Header always set X-Always yes
    <Location /other>
        ErrorDocument 404 "other"
    </Location>
    ProxyPass /own !
    ProxyPass / http://127.0.0.1:{one}/
</VirtualHost>
"""
_KEPT = ("www-authenticate", "location", "x-always", "x-success", "content-type", "x-of-origin", "allow")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronts]:
    with Sandbox("pages") as box:
        box.write("own/404.html", "not here, says a file")
        config = _CONFIG.replace("{root}", str(box.path))
        with fronts(config, tmp_path_factory.mktemp("override"), (*MODULES, "headers_module")) as found:
            yield found


def _answer(port: int, name: str, status: int, path: str = "/x") -> tuple[object, ...]:
    more = '|WWW-Authenticate: Basic realm="of the origin"' if status == 401 else ""
    return _answer_to(port, name, f"X-Status: {status}\r\nX-Reply: X-Of-Origin: yes{more}", path)


def _answer_to(port: int, name: str, header: str, path: str = "/x") -> tuple[object, ...]:
    lines, body = exchange(port, name, path, header=header)
    fields = {line.partition(":")[0].lower(): line.partition(":")[2].strip() for line in lines[1:]}
    stock = not body or body.lstrip().lower().startswith(("<html", "<!doctype"))
    kept = {key: value for key, value in fields.items() if key in _KEPT and not (stock and key == "content-type")}
    return lines[0].split()[1], kept, "stock" if stock else body


_STATUSES = [200, 302, 400, 401, 403, 404, 409, 418, 451, 500, 502, 503, 504, 520, 599]


def _same(running: Fronts, target: str, name: str, status: int, path: str = "/x") -> None:
    theirs, ours = (_answer(running.at[each], name, status, path) for each in ("httpd", target))
    body = str(theirs[-1])
    assert ours == theirs or (body[:1].isdigit() and ours[:-1] == theirs[:-1])


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("status", _STATUSES)
def test_all_errors_of_an_origin(status: int, target: str, running: Fronts) -> None:
    if target == "nginx" or status != 599:
        _same(running, target, "all.test", status)


def test_a_status_that_nobody_knows_is_that_of_its_class(running: Fronts) -> None:
    """RFC 9110, section 15: HAProxy can't answer with any status, and keeps the origin's page to itself."""
    for asked, told in ((599, "500"), (444, "400")):
        status, kept, page = _answer(running.at["haproxy"], "all.test", asked)
        assert (status, page) == (told, "stock")
        assert "x-of-origin" not in kept


@pytest.mark.parametrize("name", ["all.test", "listed.test"])
@pytest.mark.parametrize("challenges", [(), ("Basic realm=a",), ("Basic realm=a", "Negotiate")], ids=len)
def test_the_challenge_of_an_origin_is_kept(name: str, challenges: tuple[str, ...], running: Fronts) -> None:
    lines = "|".join(f"WWW-Authenticate: {each}" for each in challenges) or "X-None: 1"
    theirs, ours = (_answer_to(running.at[each], name, f"X-Status: 401\r\nX-Reply: {lines}")
                    for each in ("httpd", "haproxy"))  # fmt: skip
    assert ours == theirs


@pytest.mark.parametrize("status", _STATUSES)
def test_some_errors_of_an_origin(status: int, running: Fronts) -> None:
    _same(running, "haproxy", "some.test", status)
    if status not in (502, 504):  # which nginx has pages of its own for, as it says
        _same(running, "nginx", "some.test", status)


@pytest.mark.parametrize("path", ["/x", "/other/x"])
@pytest.mark.parametrize("status", _STATUSES)
def test_errors_whose_page_lies_elsewhere(status: int, path: str, running: Fronts) -> None:
    """NGX-90: a file that stands for the error, or an origin that errs in turn."""
    _same(running, "nginx", "paths.test", status, path)


@pytest.mark.parametrize("path", ["/..", "/%zz", "/a/../../b"])
def test_what_cannot_be_read_is_the_same_error_as_ever(path: str, running: Fronts) -> None:
    """nginx has no URI to lead to a named location then: it made a 500 of each (NGX-89)."""
    theirs, ours = (exchange(running.at[each], "all.test", path)[0][0].split()[1] for each in ("httpd", "nginx"))
    assert ours == theirs == "400"

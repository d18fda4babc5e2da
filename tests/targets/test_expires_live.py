"""When answers expire, asked on httpd and on both targets (HAP-68, NGX-170)."""

from __future__ import annotations

from collections.abc import Iterator
from email.utils import parsedate_to_datetime

import pytest

from tests.targets.echoes import exchange
from tests.targets.fronts import MODULES, Fronts, fronts

pytestmark = pytest.mark.live

_CONFIG = """
<VirtualHost *:{port}>
    ServerName first.test
    ExpiresActive On
    ExpiresByType text/plain "access plus 1 hour"
    ExpiresByType image/* "access plus 1 day"
    ExpiresDefault A60
    Redirect /moved http://a.test/
    Redirect 410 /gone
    Header always set X-Page yes "expr=%{CONTENT_TYPE} =~ m#^text/html#"
    ProxyPass /moved !
    ProxyPass /gone !
    ProxyPass / http://127.0.0.1:{one}/
</VirtualHost>
<VirtualHost *:{port}>
    ServerName second.test
    ExpiresActive On
    ExpiresByType text/plain "access plus 1 hour"
    Header set Expires 0
    Redirect /moved http://a.test/
    ProxyPass /moved !
    ProxyPass / http://127.0.0.1:{one}/
</VirtualHost>
<VirtualHost *:{port}>
    ServerName third.test
    ExpiresActive On
    ExpiresDefault A60
    Header unset Expires
    <Location /kept>
        Header set Cache-Control no-store
        Redirect /kept http://a.test/
    </Location>
    Redirect /moved http://a.test/
    ProxyPass /moved !
    ProxyPass / http://127.0.0.1:{one}/
</VirtualHost>
"""
_ANSWERS = (
    "X-A: 1", "Cache-Control: public", "Expires: Thu, 01 Jan 2032 00:00:00 GMT", "Cache-Control: no-store|X-B: 1",
)  # fmt: skip


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronts]:
    with fronts(
        _CONFIG, tmp_path_factory.mktemp("expires"), (*MODULES, "expires_module", "alias_module", "headers_module")
    ) as started:
        yield started


def _ask(port: int, answer: str) -> tuple[list[str], float]:
    lines, _ = exchange(port, "first.test", "/", header=f"X-Reply: {answer}")
    fields = [(name.lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines[1:])]
    expires = next((value for name, value in fields if name == "expires"), "")
    return [value for name, value in fields if name == "cache-control"], parsedate_to_datetime(expires).timestamp()


@pytest.mark.parametrize("answer", _ANSWERS)
def test_haproxy_does_as_httpd(answer: str, running: Fronts) -> None:
    (theirs, then), (ours, now) = (_ask(running.at[name], answer) for name in ("httpd", "haproxy"))
    assert ours == theirs
    assert abs(then - now) < 5


@pytest.mark.parametrize("answer", _ANSWERS)
def test_nginx_does_as_httpd(answer: str, running: Fronts) -> None:
    """NGX-170: beside an origin's own Cache-Control there is no Expires, which counts for nothing there."""
    (theirs, then), (ours, now) = (_told(running.at[name], "/", answer) for name in ("httpd", "nginx"))
    assert ", ".join(ours) == ", ".join(theirs)
    assert abs(then - now) < 5 if now or "Cache-Control" not in answer else then


@pytest.mark.parametrize("path", ["/moved", "/moved/x", "/gone", "/", "/x"])
@pytest.mark.parametrize("location", ["", "http://b.test/"])
@pytest.mark.parametrize("target", ["haproxy", "nginx"])
def test_redirects_expire_and_errors_do_not(target: str, path: str, location: str, running: Fronts) -> None:
    (theirs, then), (ours, now) = (_told(running.at[name], path, "", location) for name in ("httpd", target))
    assert ours == theirs
    assert abs(then - now) < 5


@pytest.mark.parametrize("target", ["haproxy", "nginx"])
def test_a_redirect_has_a_page_of_a_type(target: str, running: Fronts) -> None:
    """HAProxy sends none with it, and Header lines ask for its type."""
    for path in ("/moved", "/"):
        theirs, ours = (
            [line for line in exchange(running.at[name], "first.test", path)[0] if line.lower().startswith("x-page")]
            for name in ("httpd", target)
        )
        assert [line.lower() for line in ours] == [line.lower() for line in theirs]
        assert bool(theirs) == (path == "/moved")


@pytest.mark.parametrize("status", ["201 Made", "304 Not Modified", "400 Bad", "404 No", "503 Later"])
@pytest.mark.parametrize("target", ["haproxy", "nginx"])
def test_errors_of_an_origin_say_nothing_of_when_they_expire(target: str, status: str, running: Fronts) -> None:
    """EX-1, HAP-68."""
    (theirs, then), (ours, now) = (_read(running.at[name], f"X-Status: {status}") for name in ("httpd", target))
    assert ours == theirs
    assert abs(then - now) < 5


def test_an_unusual_status_has_its_age_in_nginx(running: Fronts) -> None:
    """NGX-170: ``expires`` knows ten statuses, others get their Cache-Control by a header line."""
    (theirs, _), (ours, _) = (_read(running.at[name], "X-Status: 299 Odd") for name in ("httpd", "nginx"))
    assert ours == theirs == ["max-age=3600"]


def _told(port: int, path: str, answer: str, location: str = "") -> tuple[list[str], float]:
    return _read(port, f"X-Reply: {answer}" if answer else "", path, location)


def _read(port: int, header: str, path: str = "/", location: str = "") -> tuple[list[str], float]:
    lines, _ = exchange(port, "first.test", path, location, header=header)
    fields = [(name.lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines[1:])]
    expires = next((value for name, value in fields if name == "expires"), "")
    return [value for name, value in fields if name == "cache-control"], (
        parsedate_to_datetime(expires).timestamp() if expires else 0
    )


@pytest.mark.parametrize("path", ["/moved", "/", "/kept"])
@pytest.mark.parametrize("name", ["second.test", "third.test"])
@pytest.mark.parametrize("target", ["haproxy", "nginx"])
def test_an_expires_that_header_replaces(target: str, name: str, path: str, running: Fronts) -> None:
    """mod_expires comes first: its max-age stays, its Expires does not."""
    theirs, ours = (_caching(running.at[each], name, path) for each in ("httpd", target))
    assert ours == theirs


def _caching(port: int, name: str, path: str) -> list[str]:
    lines, _ = exchange(port, name, path)
    return sorted(line.lower() for line in lines if line.lower().startswith(("expires:", "cache-control:")))

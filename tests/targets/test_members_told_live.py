"""Cookies that name the member, and headers about the request, asked on httpd and on HAProxy (ST-10, ST-11, HAP-86)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.targets.configs import host, outcomes, translated
from tests.targets.echoes import exchange
from tests.targets.fronts import BALANCER, MODULES, Fronts, fronts

_CONFIG = """
<Proxy balancer://kept>
    BalancerMember http://127.0.0.1:{one} route=a
    BalancerMember http://127.0.0.1:{two} route=b.c
    ProxySet stickysession=SID
</Proxy>
<Proxy balancer://free>
    BalancerMember http://127.0.0.1:{one}
    BalancerMember http://127.0.0.1:{two}
</Proxy>
<VirtualHost *:{port}>
    ServerName a.test
    Header add Set-Cookie "SID=.%{BALANCER_WORKER_ROUTE}e; path=/" env=BALANCER_ROUTE_CHANGED
    Header set X-Name "%{BALANCER_NAME}e"
    Header set X-Asked "expr=%{REQUEST_METHOD} %{REQUEST_URI} of %{HTTP_HOST}"
    Header always set X-Agent "expr=%{HTTP_USER_AGENT}"
    RequestHeader set X-Was "expr=%{REQUEST_SCHEME}://%{HTTP_HOST}%{REQUEST_URI}"
    ProxyPass /kept/ balancer://kept/inner/
    ProxyPass /free/ balancer://free/
    ProxyPass /one/ http://127.0.0.1:{one}/
</VirtualHost>
"""
_TOLD = ("set-cookie", "x-name", "x-asked", "x-agent")


def _answer(port: int, path: str, header: str) -> tuple[list[str], str]:
    lines, body = exchange(port, "a.test", path, header=header)
    kept = [line for line in lines if line.partition(":")[0].lower() in _TOLD]
    return sorted(f"{name.lower()}:{value}" for name, _, value in (line.partition(":") for line in kept)), body


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronts]:
    modules = (*MODULES, "headers_module", *BALANCER)
    with fronts(_CONFIG, tmp_path_factory.mktemp("told"), modules) as found:
        yield found


@pytest.mark.live
@pytest.mark.parametrize("cookie", ["SID=1.a", "SID=1.b.c", "SID=x.b.c; more=1"])
def test_a_session_gets_no_cookie(cookie: str, running: Fronts) -> None:
    for name in ("httpd", "haproxy"):
        told, _ = _answer(running.at[name], "/kept/x", f"Cookie: {cookie}\r\nUser-Agent: t")
        assert told == ["x-agent: t", "x-asked: GET /kept/x of a.test", "x-name: balancer://kept"], name


@pytest.mark.live
@pytest.mark.parametrize("header", ["X-A: 1", "Cookie: SID=1.other", "Cookie: SID=a"])
def test_who_has_none_gets_that_of_the_member(header: str, running: Fronts) -> None:
    for name in ("httpd", "haproxy"):
        found = set()
        for _ in range(6):
            told, body = _answer(running.at[name], "/kept/y?q", header)
            found.add((body.split()[0], next(line for line in told if line.startswith("set-cookie"))))
        routes = ((running.one, "a"), (running.two, "b.c"))
        assert found == {(str(port), f"set-cookie: SID=.{route}; path=/") for port, route in routes}, name


@pytest.mark.live
@pytest.mark.parametrize("path", ["/one/a%20b?c=d", "/free/x", "/one/", "/kept/%C3%A9"])
def test_what_is_said_of_the_request(path: str, running: Fronts) -> None:
    """The path is the one that was asked for, not the origin's."""
    answers = [_answer(running.at[name], path, "Cookie: SID=1.a\r\nUser-Agent: t") for name in ("httpd", "haproxy")]
    if path.startswith("/free"):  # either member answers
        answers = [(told, body.split(" ", 1)[1].replace(str(running.two), str(running.one))) for told, body in answers]
    assert answers[0] == answers[1]


def test_a_stand_in_is_not_told_apart(tmp_path: Path) -> None:
    lines = (
        "<Proxy balancer://b>\nBalancerMember http://127.0.0.1:81 route=a\n"
        "BalancerMember http://127.0.0.1:82 route=b redirect=c\nProxySet stickysession=S\n</Proxy>",
        "Header add Set-Cookie S=.x env=BALANCER_ROUTE_CHANGED", "ProxyPass / balancer://b/",
    )  # fmt: skip
    assert outcomes(translated(tmp_path, host(*lines), "haproxy"))["Header"] == "unsupported"

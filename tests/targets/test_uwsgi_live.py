"""Applications over uwsgi and SCGI, on httpd and on nginx: what they are told, and what becomes of their answers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from apacheconf.engines import Sandbox
from apacheconf.prove.threaded import Origins, StubOrigins
from tests.targets.configs import host, outcomes, translated
from tests.targets.echoes import exchange
from tests.targets.fronts import BALANCER, MODULES, Fronts, fronts

_LINES = """
    SetEnv FOO bar
    SetEnvIf X-Mark (.+) MARK=$1
    RequestHeader set X-Told yes
    RequestHeader unset X-Gone
    Header always set X-Always yes
    Header set X-Set yes
    ProxyPass /dead uwsgi://127.0.0.1:{none}/
    ProxyPass /{way}/app {way}://{at}
    ProxyPass /{way}/inner/ {way}://{at}/deeper/
    ProxyPass /{way}/slash {way}://{at}/
    ProxyPass / {way}://{at}/
    ProxyPassReverse / {way}://{at}/
"""
_WAYS = ("uwsgi", "scgi")
#: What each server says of itself, and what is another one for every connection.
_OWN = {"SERVER_SOFTWARE", "SERVER_SIGNATURE", "PATH", "REMOTE_PORT", "SCRIPT_FILENAME"}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronts]:
    with StubOrigins() as stubs, Origins(f"{way}:2" for way in _WAYS) as ordered:
        ordered.up(ordered.ports)
        at = {way: "{}:{}".format(*stubs.at(f"{way}:1")) for way in (*_WAYS, "fcgi")}
        obeying = {f"obeying-{way}": f"127.0.0.1:{ordered.ports[f'{way}:2']}" for way in _WAYS}
        hosts = "".join(
            host(_LINES.replace("{way}", name.removeprefix("obeying-")).replace("{at}", where),
                 names=f"ServerName {name}.test", address="*:{port}")
            for name, where in {**{way: at[way] for way in _WAYS}, **obeying}.items()
        )  # fmt: skip
        more = "proxy_uwsgi_module", "proxy_scgi_module", "env_module", "setenvif_module", "headers_module"
        ways = (*_WAYS, "fcgi")
        members = ("BalancerMember {}://{}:{} route={}".format(way, *stubs.at(f"{way}-{route}:1"), route)
                   for way in ways for route in "ab")  # fmt: skip
        for way in ways:
            lines = f"<Proxy balancer://{way}>", next(members), next(members), "ProxySet stickysession=SID", "</Proxy>"
            hosts += host(*lines, f"ProxyPass / balancer://{way}/", names=f"ServerName sticky-{way}.test",
                          address="*:{port}")  # fmt: skip
            told = (
                "RemoteIPHeader X-Forwarded-For",
                "RemoteIPInternalProxy 127.0.0.1",
                f"ProxyPass / {way}://{at[way]}/",
            )
            if way in _WAYS:
                own = 'ErrorDocument 404 "own words"', "ProxyErrorOverride On 404 500"
                where = obeying[f"obeying-{way}"]
                hosts += host(*own, f"ProxyPass / {way}://{where}/", names=f"ServerName override-{way}.test",
                              address="*:{port}")  # fmt: skip
            hosts += host("ProxyTimeout 1", f"ProxyPass / {way}://127.0.0.1:{ordered.ports.get(f'{way}:2', 9)}/",
                          names=f"ServerName late-{way}.test", address="*:{port}")  # fmt: skip
            told += ("RequestHeader set X-Told yes", "RequestHeader unset X-Gone", "RequestHeader append X-More b",
                     "SetEnvIf X-Mark . MARKED=1", "RequestHeader set X-If yes env=MARKED",
                     "RequestHeader set Authorization secret", "RequestHeader set Content-Type a/b")  # fmt: skip
            hosts += host(*told, names=f"ServerName remote-{way}.test", address="*:{port}")
        more = (*more, "proxy_fcgi_module", *BALANCER, "remoteip_module")
        modules = (*MODULES, *more)
        with fronts(hosts, tmp_path_factory.mktemp("told"), modules, targets=("nginx",)) as found:
            yield found


_PATHS = ("/", "/a%20b/c?x=1&y", "/{way}/app", "/{way}/app/", "/{way}/app/x//y", "/{way}/inner/x", "/{way}/inner",
          "/{way}/slash/x", "/{way}/slash", "/a/../b%2541", "/?")  # fmt: skip


@pytest.mark.live
@pytest.mark.parametrize("way", _WAYS)
@pytest.mark.parametrize("path", _PATHS)
def test_an_application_is_told_the_same(path: str, way: str, running: Fronts) -> None:
    """UW-1, SC-1, NGX-159."""
    sent = "Accept: application/json\r\nX-Mark: m\r\nX-Gone: 1\r\nAuthorization: Basic YTpi\r\nProxy: p"
    theirs, ours = (_told(running.at[each], f"{way}.test", path.replace("{way}", way), sent) for each in running.at)
    assert ours == theirs
    assert theirs["headers"]["FOO"] == "bar"


def _told(port: int, name: str, path: str, sent: str) -> dict[str, dict[str, str]]:
    lines, body = exchange(port, name, path, header=sent)
    assert lines[0].split()[1] == "200", lines
    headers = dict(json.loads(body[body.index("{") : body.rindex("}") + 1])["headers"])
    kept = {key: value.replace(f":{port}", "") for key, value in headers.items() if key not in _OWN}
    return {"headers": kept, "answer": _fields(lines)}


def _fields(lines: list[str]) -> dict[str, str]:
    pairs = (line.partition(": ") for line in lines[1:])
    return {name: value for name, _, value in pairs if name.startswith("X-") or name in ("Location", "Content-Type")}


_ORDERS: dict[str, dict[str, Any]] = {
    "created": {"status": 201, "reason": "Made"},
    "nothing": {"status": 204},
    "unchanged": {"status": 304, "headers": [["ETag", '"x"']]},
    "lost": {"status": 404, "headers": [["Content-Type", "text/x"]], "body": "lost"},
    "broken": {"status": 500, "body": "broken"},
    "late": {"status": 503, "body": "later"},
    "moved": {"status": 302, "headers": [["Location", "WAY://%self%/new"]]},
    "elsewhere": {"status": 302, "headers": [["Location", "http://%self%/new"]]},
    "own": {"headers": [["Date", "Tue, 01 Feb 2022 03:04:05 GMT"], ["Server", "own"], ["X-Set", "mine"],
                        ["X-Always", "mine"], ["X-Accel-Redirect", "/x"], ["Keep-Alive", "5"], ["Upgrade", "h2"],
                        ["Set-Cookie", "a=b"], ["Set-Cookie", "c=d"], ["Expires", "0"]], "body": "x"},
    "no length": {"framing": "close", "body": "hello"},
    "large": {"size": 200_000},
}  # fmt: skip


@pytest.mark.live
@pytest.mark.parametrize("way", _WAYS)
@pytest.mark.parametrize("name", _ORDERS)
def test_its_answers_pass(name: str, way: str, running: Fronts) -> None:
    """UW-1, SC-1, NGX-159: as they are, with nothing mapped back."""
    orders = json.dumps(_ORDERS[name]).replace("WAY", way)
    theirs, ours = (_answer(running.at[each], f"obeying-{way}.test", "/x", f"X-Ctl: {orders}") for each in running.at)
    assert ours == theirs


_NO_ANSWERS = {
    "no head": ({"raw": "hello\r\n\r\n"}, ("502", "500"), ("200", "200")),
    "an end at once": ({"close": True}, ("500", "500"), ("502", "502")),
    "a line that is none": ({"raw": "HTTP/1.1 200 OK\r\nno colon\r\n\r\n"}, ("502", "500"), ("502", "502")),
}


@pytest.mark.live
@pytest.mark.parametrize("name", _NO_ANSWERS)
def test_what_is_no_answer(name: str, running: Fronts) -> None:
    """UW-1, SC-1: httpd calls some of it a fault of its own; that nginx sees it otherwise is announced
    (told-answers, broken-answers)."""
    orders, *statuses = _NO_ANSWERS[name]
    for number, way in enumerate(_WAYS):
        asked = f"obeying-{way}.test", "/x", f"X-Ctl: {json.dumps(orders)}"
        seen = tuple(_answer(running.at[each], *asked)[0] for each in ("httpd", "nginx"))
        assert seen == tuple(each[number] for each in statuses)


@pytest.mark.live
@pytest.mark.parametrize(("way", "status"), [("uwsgi", "500"), ("scgi", "504")])
def test_a_late_answer(way: str, status: str, running: Fronts) -> None:
    """UW-1, SC-1; nginx says of both what it says of all origins (told-answers)."""
    asked = f"late-{way}.test", "/x", 'X-Ctl: {"delay": 2}'
    assert [_answer(running.at[each], *asked)[0] for each in ("httpd", "nginx")] == [status, "502"]


@pytest.mark.live
@pytest.mark.parametrize("way", _WAYS)
def test_bodies(way: str, running: Fronts) -> None:
    """A body goes on with its length; one of unknown length is refused, as no variable could say it."""
    asked = {"Content-Length: 5": "hello", "Transfer-Encoding: chunked": "5\r\nhello\r\n0\r\n\r\n"}
    for header, sent in asked.items():
        seen = [_answer(port, f"{way}.test", "/x", f"{header}\r\nAccept: application/json", "POST", sent)
                for port in running.at.values()]  # fmt: skip
        assert seen[0][0] == seen[1][0] == ("200" if sent == "hello" else "411")
        if sent == "hello":
            assert all('"length": 5' in each[-1] for each in seen)


@pytest.mark.live
@pytest.mark.parametrize("way", [*_WAYS, "fcgi"])
@pytest.mark.parametrize("route", ["a", "b"])
def test_a_session_stays_with_its_member(route: str, way: str, running: Fronts) -> None:
    """ST-1, NGX-108, NGX-159."""
    for port in running.at.values():
        for _ in range(3):
            _, body = exchange(port, f"sticky-{way}.test", "/x", header=f"Cookie: SID=1.{route}")
            assert f"<title>{way}-{route}:1</title>" in body


@pytest.mark.live
@pytest.mark.parametrize("way", [*_WAYS, "fcgi"])
@pytest.mark.parametrize("sent", ["10.9.9.9", "10.8.8.8, 10.9.9.9", "nobody, 10.9.9.9", "nobody"])
def test_whom_proxies_speak_for(sent: str, way: str, running: Fronts) -> None:
    """NGX-64, NGX-191: the client that a proxy names, and what is left of the header when it is told."""
    header = f"X-Forwarded-For: {sent}\r\nAccept: application/json"
    theirs, ours = (_told(running.at[each], f"remote-{way}.test", "/x", header)["headers"] for each in running.at)
    names = ("REMOTE_ADDR", "HTTP_X_FORWARDED_FOR")
    assert [ours.get(each) for each in names] == [theirs.get(each) for each in names]


@pytest.mark.live
@pytest.mark.parametrize("way", [*_WAYS, "fcgi"])
@pytest.mark.parametrize("sent", ["X-Told: no", "X-Gone: 1", "X-More: a", "X-Mark: 1\r\nX-If: no", "X-If: no"])
def test_request_headers(sent: str, way: str, running: Fronts) -> None:
    """HD-2, NGX-68: what lines make of them is what an application is told, and nobody hears of those taken away."""
    header = f"{sent}\r\nAccept: application/json"
    theirs, ours = (_told(running.at[each], f"remote-{way}.test", "/x", header)["headers"] for each in running.at)
    names = ("X_TOLD", "X_GONE", "X_MORE", "X_IF", "AUTHORIZATION", "HOST", "CONTENT_TYPE")
    for name in (*(f"HTTP_{each}" for each in names), "CONTENT_TYPE"):
        assert ours.get(name) == theirs.get(name), name
    assert theirs["HTTP_X_TOLD"] == "yes"


@pytest.mark.live
@pytest.mark.parametrize("way", _WAYS)
@pytest.mark.parametrize("name", ["lost", "broken", "late", "created", "moved"])
def test_own_pages_in_place_of_its_errors(name: str, way: str, running: Fronts) -> None:
    """NGX-89: for the statuses that are named, and no others; in httpd answers of SCGI are never replaced."""
    orders = json.dumps(_ORDERS[name]).replace("WAY", way)
    asked = f"override-{way}.test", "/x", f"X-Ctl: {orders}"
    theirs, ours = (_answer(running.at[each], *asked) for each in running.at)
    assert ours == theirs
    if name == "lost":
        assert theirs[-1] == ("own words" if way == "uwsgi" else "lost")


@pytest.mark.live
@pytest.mark.parametrize("path", ["/dead", "/dead/x"])
def test_nobody_there(path: str, running: Fronts) -> None:
    """UW-1: 503, with what Header always adds."""
    theirs, ours = (_answer(running.at[each], "uwsgi.test", path) for each in running.at)
    assert ours == theirs
    assert theirs[0] == "503"


def _answer(port: int, name: str, path: str, header: str = "", method: str = "GET", sent: str = "") -> tuple[str, ...]:
    lines, body = exchange(port, name, path, header=header, method=method, sent=sent)
    left_out = ("date: ", "server: ", "content-length: ", "connection: ", "transfer-encoding: ", "keep-alive: ")
    told = [line.replace(f":{port}", "") for line in lines[1:]
            if not line.lower().startswith(left_out) or "own" in line or "2022" in line]  # fmt: skip
    stock = body.lstrip().lower().startswith(("<html", "<!doctype"))
    told = [line for line in told if not stock or not line.startswith("Content-Type")]
    chunked = any(line.lower() == "transfer-encoding: chunked" for line in lines)
    text = "".join(re.findall(r"[0-9a-f]+\r\n(.*?)\r\n(?=[0-9a-f]+\r\n)", body, re.DOTALL)) if chunked else body
    return lines[0].split()[1], *sorted(told), "" if stock else text


def test_a_path_that_a_regex_makes_is_refused() -> None:
    with Sandbox("regex") as box:
        made = translated(box.path, host("ProxyPassMatch ^/(.*)/x$ uwsgi://127.0.0.1:3031/$1"), "nginx")
    assert outcomes(made)["ProxyPassMatch"] == "unsupported"
    assert "return 503;" in made.text

"""Members of balancers and single origins in HAProxy: who is asked when, how long, and what is checked."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from apacheconf.engines import Verdict, check
from tests.targets.configs import host, outcomes, translated
from tests.targets.echoes import ask
from tests.targets.fronts import BALANCER, MODULES, Fronts, fronts
from tests.targets.languages import read_haproxy

_MODULES = (*MODULES, *BALANCER,
            "proxy_hcheck_module", "watchdog_module")  # fmt: skip
_DEAD, _ONE, _TWO = (f"http://127.0.0.1:{{{name}}}" for name in ("none", "one", "two"))


def _pool(name: str, *members: str, more: str = "") -> tuple[str, ...]:
    lines = (f"BalancerMember {member}" for member in members)
    return f"<Proxy balancer://{name}>", *lines, "</Proxy>", f"ProxyPass /{name} balancer://{name}{more}"


_CONFIG = host(
    *_pool("failover", _DEAD, _ONE),
    *_pool("again", f"{_DEAD} retry=0", f"{_ONE} retry=0"),
    *_pool("standby", _DEAD, f"{_ONE} status=+H"),
    *_pool("standbys", _DEAD, f"{_ONE} status=+H", f"{_TWO} status=+H"),
    *_pool("checked", f"{_DEAD} hcmethod=TCP hcinterval=900", f"{_ONE} status=+H"),
    *_pool("idle", _ONE, f"{_TWO} status=+H"),
    *_pool("disabled", _ONE, f"{_TWO} status=+D"),
    *_pool("stopped", f"{_ONE} status=+S", _TWO),
    *_pool("draining", f"{_ONE} route=a status=+N", f"{_TWO} route=b", more=" stickysession=SID"),
    *_pool("sticky", f"{_DEAD} route=gone", f"{_ONE} route=a", more=" stickysession=SID"),
    *_pool("nobody", _DEAD),
    "ProxyPass /late http://no-such-name.invalid:81",
    address="*:{port}",
)
#: Path and cookie of eight requests, and how often each origin answers; 503 is the server's own answer.
_ASKED: dict[str, list[tuple[str, str, dict[str, int]]]] = {
    "HAP-81": [
        ("/standby", "", {"one": 8}), ("/standbys", "", {"one": 4, "two": 4}), ("/idle", "", {"one": 8}),
        ("/checked", "", {"one": 8}),
        ("/disabled", "", {"one": 8}), ("/stopped", "", {"two": 8}), ("/draining", "", {"two": 8}),
        ("/draining", "SID=1.a", {"one": 8}),
    ],
    "HAP-82": [("/failover", "", {"one": 8}), ("/nobody", "", {"503": 8})],
    "HAP-83": [("/again", "", {"one": 8})],
    "HAP-84": [("/sticky", "SID=1.a", {"one": 8}), ("/sticky", "SID=1.gone", {"one": 8})],
}  # fmt: skip
_ROWS = [pytest.param(*row, id=f"{key} {row[0]} {row[1]}") for key, rows in _ASKED.items() for row in rows]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronts]:
    with fronts(_CONFIG, tmp_path_factory.mktemp("members"), _MODULES, targets=("haproxy",)) as found:
        yield found


@pytest.mark.live
@pytest.mark.parametrize("name", ["httpd", "haproxy"])
@pytest.mark.parametrize(("path", "cookie", "counts"), _ROWS)
def test_who_is_asked(path: str, cookie: str, counts: dict[str, int], name: str, running: Fronts) -> None:
    names = {str(running.one): "one", str(running.two): "two"}
    found: Counter[str] = Counter()
    for _ in range(8):
        status, _, body = ask(running.at[name], "a.test", path, header=f"Cookie: {cookie}" if cookie else "")
        found[names.get(body.partition(" ")[0], status)] += 1
    assert found == counts


@pytest.mark.live
def test_an_unknown_name_keeps_no_server_from_starting(running: Fronts) -> None:
    """HAP-91: the rest is served; httpd looks the name up for each request."""
    assert ask(running.at["httpd"], "a.test", "/late/x")[0] == "500"
    assert ask(running.at["haproxy"], "a.test", "/late/x")[0] == "503"


def _lines(folder: Path, *lines: str) -> tuple[list[str], dict[str, str]]:
    """What the first backend of an origin says, each line as one text, and the outcomes."""
    made = translated(folder, host(*lines), "haproxy")
    assert check("haproxy", made.files).verdict is not Verdict.REFUSED
    backends = (found for name, found in read_haproxy(made.text) if name.startswith("backend"))
    backend = next(found for found in backends if any(line[0] == "server" for line in found))
    return [" ".join(line) for line in backend], outcomes(made)


@pytest.mark.live
@pytest.mark.parametrize(("origin", "expected"), [
    # HAP-90: each is written out; timeout= of a worker counts more than Timeout does
    ("http://10.0.0.1 connectiontimeout=3 timeout=7", ["timeout connect 3s", "timeout server 7s"]),
    ("http://10.0.0.1 timeout=7", ["timeout connect 7s", "timeout server 7s"]),
    ("http://10.0.0.1 connectiontimeout=500ms", ["timeout connect 500ms", "timeout server 44s"]),
    ("http://10.0.0.1", ["timeout connect 44s", "timeout server 44s"]),
    # HAP-89
    ("http://10.0.0.1 disablereuse=On", ["http-reuse never"]),
    # HAP-91
    ("http://late.internal:81", ["server late.internal-81 late.internal:81 init-addr last,libc,none"]),
    # HAP-92: the path behind the bar replaces the mapping's, and its authority is the Host
    ("unix:/run/app.sock|http://app.internal/x/", [
        "server run-app.sock unix@/run/app.sock", r"http-request replace-path ^/a(.*)$ /x\1",
        "http-request set-header Host app.internal"]),
    # HAP-107: no table remembers what httpd doesn't
    ("http://10.0.0.1 route=a", []),
])  # fmt: skip
def test_what_a_worker_says(origin: str, expected: list[str], tmp_path: Path) -> None:
    found, _ = _lines(tmp_path, f"ProxyPass /a/ {origin}", "Timeout 44")
    assert set(expected) <= set(found)
    assert not any(line.startswith("stick") for line in found)


@pytest.mark.live
@pytest.mark.parametrize(("checks", "expected"), [
    ("hcmethod=TCP hcinterval=7", ["server {} 10.0.0.1:1 check inter 7s rise 1 fall 1"]),
    ("hcmethod=GET hcuri=/up hcpasses=2 hcfails=3 hcexpr=ok",
     ["option httpchk", "http-check send meth GET uri /up ver HTTP/1.0 hdr Host 10.0.0.1:1",
      "http-check expect rstatus ^[234]", "server {} 10.0.0.1:1 check inter 30s rise 2 fall 3"]),
    ("hcmethod=HEAD hcuri=/up", ["http-check send meth HEAD uri /up ver HTTP/1.0 hdr Host 10.0.0.1:1"]),
    ("hcmethod=GET hcuri=/up hcexpr=fine", ["http-check expect rstring fine"]),
])  # fmt: skip
def test_what_is_checked(checks: str, expected: list[str], tmp_path: Path) -> None:
    """HAP-87."""
    expressions = "ProxyHCExpr ok {%{REQUEST_STATUS} =~ /^[234]/}", "ProxyHCExpr fine {hc('body') =~ /fine/}"
    found, _ = _lines(tmp_path, *expressions, *_pool("c", f"http://10.0.0.1:1 {checks}"))
    found = [re.sub(r"^server \S+", "server {}", line) for line in found]
    assert set(expected) <= set(found)


@pytest.mark.live
def test_a_hundred_members_with_routes(tmp_path: Path) -> None:
    """HAP-85: a rule for each, and none for who has no route."""
    members = [f"http://10.0.0.{number}:81 route=r{number}" for number in range(1, 105)]
    found, told = _lines(tmp_path, *_pool("c", *members, "http://10.0.1.1:81", more=" stickysession=SID"))
    rules = [line for line in found if line.startswith("use-server")]
    assert rules == [f"use-server 10.0.0.{n}:81 if {{ var(txn.route) -m str r{n} }}" for n in range(1, 105)]
    assert told["ProxyPass"] == "exact"


def test_members_are_not_taken_out_for_what_they_answer(tmp_path: Path) -> None:
    """HAP-88."""
    made = translated(tmp_path, host(*_pool("c", "http://10.0.0.1", more=" failonstatus=503")), "haproxy")
    assert "observe" not in made.text
    assert outcomes(made)["ProxyPass"] == "unsupported"


@pytest.mark.parametrize(("lines", "lost"), [
    # HAP-106
    (["SetOutputFilter RATE_LIMIT"], ["SetOutputFilter"]), (["SecRuleEngine On"], ["SecRuleEngine"]),
    # HAP-105: what asks for users in these ways lets nobody in
    (["AuthType Digest", "AuthName a", "AuthUserFile /x", "Require valid-user"], ["Require", "AuthType"]),
    (["AuthType Form", "AuthName a", "AuthFormProvider file", "Require valid-user"], ["Require", "AuthType"]),
    (["AuthType Basic", "AuthName a", "AuthBasicProvider ldap", "Require ldap-group cn=a"], ["Require", "AuthType"]),
    (["AuthType Basic", "AuthName a", "AuthBasicProvider dbd", "Require valid-user"], ["AuthBasicProvider"]),
])  # fmt: skip
def test_what_haproxy_has_no_words_for(lines: list[str], lost: list[str], tmp_path: Path) -> None:
    section = "\n".join(["<Location /a>", *lines, "</Location>"])
    made = translated(tmp_path, host(section, "ProxyPass / http://10.0.0.1/"), "haproxy")
    assert {outcomes(made)[name] for name in lost} == {"unsupported"}
    if "Auth" in lines[0]:
        assert re.search(r"deny deny_status 403|http-request auth", made.text)

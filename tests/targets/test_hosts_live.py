"""Which virtual host answers, asked on httpd and on HAProxy: names, wildcards, no name at all (HAP-10 to HAP-16)."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator

import pytest

from apacheconf.targets.haproxy.lowering import MANY
from tests.targets.configs import host, outcomes, translated
from tests.targets.fronts import Fronts, fronts
from tests.targets.languages import read_haproxy


def _host(name: str, *aliases: str, address: str = "*:{port}") -> str:
    words = " ".join(aliases)
    names = f"ServerName {name}.test" + (f"\nServerAlias {words}" if words else "")
    return host(f"ProxyPass / http://127.0.0.1:{{one}}/{name}/", names=names, address=address)


#: Wildcards that meet, in either order; odd ones before, between and behind them.
_HOSTS = "".join([
    _host("first"), _host("odd", "sh?p.a.test", "x*y.test"), _host("wide", "*.a.test"), _host("hidden", "*.b.a.test"),
    _host("narrow", "*.d.c.test"), _host("literal", "www.c.test", "c.test"), _host("late", "*.c.test"),
    _host("later", "?.z.test"), _host("last", "*.z.test", "*.deep.er.z.test", "*.test.example", "*.com"),
])  # fmt: skip
_MORE = "".join(_host(f"more{number}", f"*.more{number}.test") for number in range(MANY + 8))
_NAMES = {
    "HAP-10": ("first.test", "FIRST.Test", "literal.test:8080", "Literal.Test.", "literal.test.:80", "literal.test\t"),
    "HAP-11": ("c.test", "www.c.test", "WWW.c.test.", "wwww.c.test", "narrow.test", "last.test"),
    "HAP-12": (
        "q.a.test", "q.b.a.test", "b.a.test", "a.test", ".a.test", "p.q.r.s.a.test", "ship.a.test", "shoop.a.test",
        "xy.test", "xabcy.test", "d.c.test", "q.d.c.test", "p.q.d.c.test", "q.dd.c.test", "n.z.test", "nn.z.test",
        "q.deep.er.z.test", "x.test.example", "test.example", "q.com", "com", "q.com.", "q.com:1", "under_score.a.test",
        "-.a.test", "q.more7.test", "p.q.more70.test", "more7.test", "qmore7.test",
    ),
    "HAP-13": ("nobody.test", "127.0.0.1", "[::1]", "[::1]:80", "localhost"),
    "HAP-14": ("", "a..a.test", "first.test..", "first.test:", "first.test:x", "first.test:99999", "a b", "a/b"),
}  # fmt: skip
_ASKED = [pytest.param(name, id=f"{key} {name!r}") for key, names in _NAMES.items() for name in names]


@pytest.fixture(scope="module", params=[_HOSTS, _HOSTS + _MORE], ids=["few", "many"])
def running(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronts]:
    with fronts(request.param, tmp_path_factory.mktemp("hosts"), targets=("haproxy",)) as found:
        yield found


def _told(port: int, head: str) -> tuple[str, str]:
    """The status, and the path that the origin was asked for."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
        client.sendall(f"{head}Connection: close\r\n\r\n".encode("latin-1"))
        answer = b"".join(iter(lambda: client.recv(65536), b"")).decode("latin-1")
    head, _, body = answer.partition("\r\n\r\n")
    return head.split()[1], " ".join(re.findall(r"^\d+ (\S+)", body))


def _both(running: Fronts, head: str) -> list[tuple[str, str]]:
    return [_told(running.at[name], head) for name in ("httpd", "haproxy")]


@pytest.mark.live
@pytest.mark.parametrize("name", _ASKED)
def test_which_host_a_name_means(name: str, running: Fronts) -> None:
    theirs, ours = _both(running, f"GET /p HTTP/1.1\r\nHost: {name}\r\n")
    assert theirs[0] in ("200", "400")
    assert ours == theirs


@pytest.mark.live
@pytest.mark.parametrize(("head", "answers"), [
    ("GET /p HTTP/1.1\r\n", ("400", "")),
    ("GET /p HTTP/1.0\r\n", ("200", "/first/p")),
    ("GET /p HTTP/1.0\r\nHost:\r\n", ("200", "/first/p")),
    ("GET /p HTTP/1.0\r\nHost: late.test\r\n", ("200", "/late/p")),
    ("GET http://late.test/p HTTP/1.1\r\nHost: late.test\r\n", ("200", "/late/p")),
    ("GET http://LATE.test:80/p?q HTTP/1.1\r\nHost: late.test\r\n", ("200", "/late/p?q")),
    ("GET http://late.test/p HTTP/1.0\r\n", ("200", "/late/p")),
    ("GET http://late.test HTTP/1.0\r\n", ("200", "/late/")),
    ("GET http://late.test/p HTTP/1.1\r\n", ("400", "")),
])  # fmt: skip
def test_who_names_no_host(head: str, answers: tuple[str, str], running: Fronts) -> None:
    """HAP-13, HAP-14, HAP-15."""
    assert _both(running, head) == [answers, answers]


@pytest.mark.live
def test_a_target_that_names_another_host_is_refused(running: Fronts) -> None:
    """HAP-15: announced, for httpd goes by the target."""
    asked = "GET http://late.test/p HTTP/1.1\r\nHost: first.test\r\n"
    assert _both(running, asked) == [("200", "/late/p"), ("400", "")]


def test_an_address_of_its_own_is_a_bind_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> None:
    """HAP-1, HAP-16: HAProxy, too, gives a connection to the most specific socket."""
    addresses = {"all": "*:80", "own": "10.1.2.3:80", "beside": "10.1.2.3:80", "other": "10.1.2.3:81"}
    hosts = "".join(_host(name, address=address) for name, address in addresses.items())
    made = translated(tmp_path_factory.mktemp("binds"), hosts.replace("{one}", "81"), "haproxy")
    binds = {name: [line[1] for line in lines if line[0] == "bind"] for name, lines in read_haproxy(made.text)
             if name.startswith("frontend")}  # fmt: skip
    assert sorted(binds.values()) == [["*:80"], ["*:81"], ["10.1.2.3:80"], ["10.1.2.3:81"]]


def test_hosts_that_paths_name_are_not_served(tmp_path_factory: pytest.TempPathFactory) -> None:
    """HAP-17."""
    lines = "ProxyPass / http://10.0.0.1/", "ServerPath /legacy", "VirtualDocumentRoot /srv/%0"
    told = outcomes(translated(tmp_path_factory.mktemp("paths"), host(*lines), "haproxy"))
    assert (told["ServerPath"], told["VirtualDocumentRoot"]) == ("unsupported", "unsupported")


def test_what_nginx_says_of_paths_that_name_hosts_and_users(tmp_path_factory: pytest.TempPathFactory) -> None:
    """NGX-17: who sends no Host gets the first host. Homes are none of nginx's affairs."""
    lines = "ProxyPass /x http://10.0.0.1/", "ServerPath /legacy", "UserDir public_html"
    told = outcomes(translated(tmp_path_factory.mktemp("paths"), host(*lines), "nginx"))
    assert (told["ServerPath"], told["UserDir"]) == ("approximated", "unsupported")


def test_many_wildcards_are_looked_up(tmp_path_factory: pytest.TempPathFactory) -> None:
    """HAP-12: one question for each number of labels, and none that an earlier wildcard has taken."""
    text = (_HOSTS + _MORE).replace("{port}", "80").replace("{one}", "1")
    made = translated(tmp_path_factory.mktemp("maps"), text, "haproxy")
    frontend = next(lines for name, lines in read_haproxy(made.text) if name.startswith("frontend"))
    asked = [line for line in frontend if line[1:2] == ["set-var(txn.host)"] and "wildcards" in line[2]]
    assert len(asked) == 2
    domains = made.files["http-all-80-wildcards.map"].splitlines()
    assert len(domains) == MANY + 8 + 3  # behind the last odd one; .deep.er.z.test is within .z.test
    assert not any("deep" in each for each in domains)

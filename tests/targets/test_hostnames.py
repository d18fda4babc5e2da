"""Who answers which name (NGX-10 to NGX-15): winners are worked out before a target's own order can."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

from apacheconf.targets.hostnames import Endpoint, Named, endpoints, named_hosts
from tests.targets.configs import host, outcomes, program_of, translated

_ONE = "ProxyPass / http://one/"


def _named(folder: Path, text: str) -> list[Named]:
    program = program_of(folder, text)
    (found,) = endpoints(program).values()
    return named_hosts(program, found)


def test_a_name_belongs_to_the_first_host_that_has_it(tmp_path: Path) -> None:
    """SEM-26, TRAP-68: an exact name does not beat an earlier wildcard."""
    text = host(_ONE, names="ServerName a.test\nServerAlias *.x.test") + host(_ONE, names="ServerName www.x.test")
    assert _named(tmp_path, text) == [Named(1, ("a.test", "www.x.test"), ("*.x.test",))]


_NAMES = ("a.test", "b.a.test", "c.b.a.test", "*.a.test", "*.b.a.test", "*", "?.a.test", "b*.test")


def test_each_name_is_won_by_the_host_that_answers_to_it(tmp_path: Path) -> None:
    """SEM-26: wildcards of thousands of hosts are looked up, and not asked one by one."""
    for names in permutations(_NAMES, 3):
        hosts = (host(_ONE, names=f"ServerName h{at}.a.test\nServerAlias {name}") for at, name in enumerate(names))
        program = program_of(tmp_path, "".join(hosts))
        (found,) = endpoints(program).values()
        assert found is not None
        won = {name: each.host for each in named_hosts(program, found) for name in each.names}
        positions = {name: found.position_of(name) for name in found.exact}
        assert won == {name: found.hosts[at] for name, at in positions.items() if at is not None}, names


def test_a_hidden_host_is_dead_in_the_source(tmp_path: Path) -> None:
    """NGX-13."""
    text = host(_ONE) + host("ProxyPass / http://two/")
    rows = translated(tmp_path, text, "nginx").rows
    assert [row.outcome.words for row in rows if row.place.span.line > 4] == ["dead in source"] * 3


def test_the_first_host_of_an_address_is_its_default(tmp_path: Path) -> None:
    """NGX-12."""
    text = translated(tmp_path, host(_ONE) + host(_ONE, names="ServerName b.test"), "nginx").text
    servers = text.split("server {")[1:]
    assert ["listen 80 default_server;" in each for each in servers[-2:]] == [True, False]
    assert outcomes(translated(tmp_path, host(_ONE), "nginx"))["ServerName"] == "exact"


def test_odd_wildcards_are_regexes_in_nginx(tmp_path: Path) -> None:
    """NGX-14, TRAP-69, TRAP-70."""
    text = host(_ONE) + host(_ONE, names="ServerName b.test\nServerAlias x?z.test *.c.test")
    assert r'server_name b.test "~^x.z\.test$" "~^.*\.c\.test$";' in translated(tmp_path, text, "nginx").text


def test_an_address_of_its_own_is_an_endpoint_of_its_own(tmp_path: Path) -> None:
    """SEM-26: the most specific address takes the connection."""
    program = program_of(tmp_path, host(_ONE) + host(_ONE, names="ServerName b.test", address="10.1.2.3:80"))
    assert list(endpoints(program)) == [Endpoint("", 80), Endpoint("10.1.2.3", 80)]

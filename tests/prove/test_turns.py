"""Who takes the requests of balancers (DIF-11)."""

from __future__ import annotations

from pathlib import Path

from apacheconf.program.loading import load
from apacheconf.prove.aims import find_targets
from apacheconf.prove.ask import Scenario
from apacheconf.prove.judging import taken
from apacheconf.prove.observe import Arrival, Observation
from apacheconf.prove.stage import speaking
from apacheconf.prove.turns import ALONE, OTHERS, STANDING_IN, scenarios

_A = "<Proxy balancer://a>\nBalancerMember http://10.0.0.1 route=x\nBalancerMember http://10.0.0.2 route=y\n"
_B = "<Proxy balancer://b>\nBalancerMember http://10.0.1.1\nBalancerMember http://10.0.1.2\n"


def scenarios_of(folder: Path, text: str) -> dict[str, Scenario]:
    (folder / "site.conf").write_text(f"Listen 80\n<VirtualHost *:80>\nServerName a.test\n{text}\n</VirtualHost>\n")
    program = load([str(folder / "site.conf")]).require()
    (target,) = find_targets(program)
    return {each.name: each for each in scenarios(program, target.host, target.aim, speaking(program))}


def test_every_balancer_is_asked_for_its_turns(tmp_path: Path) -> None:
    """The first one's are the fixed list's."""
    found = scenarios_of(
        tmp_path, f"{_A}</Proxy>\n{_B}</Proxy>\nProxyPass /b/ balancer://b/\nProxyPass / balancer://a/"
    )
    names = {each.name.rpartition(",")[0] for each in found[OTHERS].probes}
    assert names == {"sequence: GET /x"} and len(found[OTHERS].probes) == 12
    assert OTHERS not in scenarios_of(tmp_path, f"{_A}</Proxy>\nProxyPass / balancer://a/")


def test_somebody_stands_in_for_the_first_members(tmp_path: Path) -> None:
    sticky = f"{_A}ProxySet stickysession=ID\n</Proxy>\n"
    found = scenarios_of(tmp_path, f"{sticky}{_B}</Proxy>\nProxyPass /b/ balancer://b/\nProxyPass / balancer://a/")
    names = {each.name.rpartition(",")[0].removeprefix("sequence: ") for each in found[STANDING_IN].probes}
    assert names == {"GET /x", "GET /b/x", "GET /x, Cookie: ID=abc.x", "GET /x, Cookie: ID=abc.y"}
    assert found[STANDING_IN].up == {"10.0.0.2:80", "10.0.1.2:80"}


def test_each_member_is_left_alone_once(tmp_path: Path) -> None:
    sticky = f"{_A}ProxySet stickysession=ID\n</Proxy>\nProxyPass / balancer://a/"
    found = scenarios_of(tmp_path, sticky)
    assert [found[f"{ALONE} {number}"].up for number in (1, 2)] == [{"10.0.0.1:80"}, {"10.0.0.2:80"}]
    names = [each.name.rpartition(",")[0].removeprefix("sequence: ") for each in found[f"{ALONE} 1"].probes]
    assert names == ["GET /x", "GET /x, Cookie: ID=abc.x", "GET /x, Cookie: ID=abc.y"]


def test_those_that_go_by_load_are_left_out(tmp_path: Path) -> None:
    busy = f"{_A}ProxySet lbmethod=bybusyness\n</Proxy>\nProxyPass / balancer://a/"
    assert not scenarios_of(tmp_path, busy)


def test_who_stands_in_matters_and_not_how_often() -> None:
    one, two = (Observation((), "kept", (Arrival(name, "GET / HTTP/1.1"),)) for name in ("a", "b"))
    seen = {"1": one, "2": two, "3": two}
    assert taken("sequence of members", seen) == "{'a': 1, 'b': 2}"
    assert taken(STANDING_IN, seen) == "['a', 'b']"

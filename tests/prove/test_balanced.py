"""Members of a balancer are told apart by nothing but how often each is asked (N14, DIF-11)."""

from __future__ import annotations

from pathlib import Path

from apacheconf.prove.balanced import members_as_one
from apacheconf.prove.compare import compare
from apacheconf.prove.observe import Arrival, Observation
from tests.targets.configs import program_of


def _got(origin: str, line: str = "GET /x HTTP/1.1") -> Observation:
    return Observation((), "kept", (Arrival(origin, line, (("Host", origin),), ""),))


def test_two_balancers_that_share_a_member_are_one(tmp_path: Path) -> None:
    text = """
        <Proxy balancer://one>\nBalancerMember http://10.0.0.1:81\nBalancerMember http://10.0.0.2:81\n</Proxy>
        <Proxy balancer://other>\nBalancerMember http://10.0.0.2:81\n</Proxy>
        <Proxy balancer://third>\nBalancerMember http://10.0.0.3:81\n</Proxy>
        ProxyPass /one balancer://one
        ProxyPass /other balancer://other
        ProxyPass /third balancer://third
    """
    rule = members_as_one(program_of(tmp_path, text))
    assert compare(_got("10.0.0.1:81"), _got("10.0.0.2:81"), (rule,)).equal
    assert not compare(_got("10.0.0.1:81"), _got("10.0.0.3:81"), (rule,)).equal


def test_members_with_paths_of_their_own(tmp_path: Path) -> None:
    text = """
        <Proxy balancer://one>\nBalancerMember http://10.0.0.1/west\nBalancerMember http://10.0.0.2/east/\n</Proxy>
        ProxyPass / balancer://one/
    """
    rule = members_as_one(program_of(tmp_path, text))
    west = _got("10.0.0.1:80", "GET /west/x HTTP/1.1")
    for line, equal in (("GET /east//x HTTP/1.1", True), ("GET /east/x HTTP/1.1", False), ("GET /x HTTP/1.1", False)):
        assert compare(west, _got("10.0.0.2:80", line), (rule,)).equal is equal

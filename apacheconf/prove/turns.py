"""Who takes the requests of balancers (DIF-11): each one's sequence of members, and who steps in for one that is down.

The first balancer's own sequence is asked in ``ask``; here are the others of the host, and all of them with their
first members down, where requests of a session meet the member that they belong to, or don't; and with one alone up.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from apacheconf.program.hosts import Host
from apacheconf.program.program import Program
from apacheconf.program.workers import Balancer
from apacheconf.prove.aims import balanced
from apacheconf.prove.ask import ROUNDS, SEQUENCE, Scenario
from apacheconf.prove.requests import Aim, Probe
from apacheconf.prove.situations import Situation
from apacheconf.prove.stage import name_of

#: With a first member down: others answer, though in turns of their own.
STANDING_IN = f"{SEQUENCE}, the first ones down"
ALONE = f"{SEQUENCE}, all down but number"
OTHERS = f"{SEQUENCE}, other balancers"
#: More balancers of one host than these are not asked.
MOST = 4
#: Those whose members' turns only many requests at a time show.
_BY_LOAD = frozenset({"bybusyness", "heartbeat"})


def scenarios(program: Program, host: Host, aim: Aim, authorities: Iterable[str]) -> Iterator[Scenario]:
    """What is asked of ``host`` besides the sequence that its ``aim`` shows."""
    everything = frozenset(authorities)
    found = [(path, each) for path, each in balanced(program, host, aim) if _is_in_turns(each)][:MOST]
    more = [(path, ROUNDS * len(each.members)) for path, each in found if path != aim.path(aim.leaf)]
    asked = [probe for path, length in more for probe in _sequence(aim, Situation(path), length)]
    asked += [probe for path, each in found for probe in _of_sessions(aim, path, each)]
    if asked:
        yield Scenario(OTHERS, everything, tuple(asked))
    stood_in: list[Probe] = []
    for path, each in found:
        stood_in += _sequence(aim, Situation(path), 2 * len(each.members))
        for cookie in _cookies(each)[:2]:
            stood_in += _sequence(aim, Situation(path, headers=(cookie,)), len(each.members))
    if stood_in:
        lost = {name_of(each.members[0]) for _, each in found}
        yield Scenario(STANDING_IN, everything - lost, tuple(stood_in))
        yield from _left_alone(aim, found, everything)


def _left_alone(aim: Aim, found: Sequence[tuple[str, Balancer]], everything: frozenset[str]) -> Iterator[Scenario]:
    """One member of each is up, one after the other: it gets all requests, those of the others' sessions too."""
    probes = [probe for path, each in found for cookie in (None, *_cookies(each)[:MOST])
              for probe in _sequence(aim, Situation(path, headers=(cookie,) if cookie else ()), 1)]  # fmt: skip
    for number in range(min(MOST, max(len(each.members) for _, each in found))):
        lost = {name_of(member) for _, each in found for member in each.members
                if member is not each.members[min(number, len(each.members) - 1)]}  # fmt: skip
        yield Scenario(f"{ALONE} {number + 1}", everything - lost, tuple(probes))


def _is_in_turns(balancer: Balancer) -> bool:
    return len(balancer.members) > 1 and balancer.lbmethod not in _BY_LOAD


def _of_sessions(aim: Aim, path: str, balancer: Balancer) -> Iterator[Probe]:
    """Each session keeps its member; one that is told in the URL, and has none, has none by its cookie either."""
    cookies = _cookies(balancer)[:MOST]
    for cookie in cookies[:1] if balancer.sticky_parameter else ():  # first: sessions would shift the turns
        of_nobody = Situation(path, query=f"{balancer.sticky_parameter}=abc", headers=(cookie,))
        yield from _sequence(aim, of_nobody, ROUNDS * len(balancer.members))
    for cookie in cookies:
        yield from _sequence(aim, Situation(path, headers=(cookie,)), len(balancer.members))


def _cookies(balancer: Balancer) -> list[tuple[str, str]]:
    """The header of a session for each route, none where there are no sessions."""
    routes = [each.member.route for each in balancer.members if each.member and each.member.route]
    stem = f"{balancer.sticky_cookie}=abc{balancer.sticky_separator}"
    return [("Cookie", f"{stem}{route}") for route in dict.fromkeys(routes) if balancer.sticky_cookie]


def _sequence(aim: Aim, situation: Situation, length: int) -> Iterator[Probe]:
    """The same request, ``length`` times."""
    for number in range(1, length + 1):
        yield replace(situation.probe(aim), name=f"sequence: {situation.title}, {number:02}", about="sequence")

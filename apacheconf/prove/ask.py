"""Ask one front all probes of a scenario, on loopback, and write down what was seen."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from apacheconf.engines.process import Address
from apacheconf.program.program import Program
from apacheconf.program.workers import Balancer
from apacheconf.prove import probes
from apacheconf.prove.client import Exchange, Handshake, exchange
from apacheconf.prove.observe import Observation, Tokens, arrival, reply
from apacheconf.prove.requests import Aim, Probe
from apacheconf.prove.stage import name_of
from apacheconf.prove.threaded import Origins

#: Told the name of each probe as it is asked.
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Scenario:
    """Which origins are ``up``, and the probes to ask then. Every scenario has servers of its own.

    Where it is ``hurried``, origins are waited for as short as it goes (``slow``); where it is ``strange``, those that
    speak TLS show a certificate that nobody believes.
    """

    name: str
    up: frozenset[str]
    probes: tuple[Probe, ...]
    hurried: bool = False
    strange: bool = False


#: The scenarios whose requests are equal, for the members that take them.
SEQUENCE = "sequence of members"
#: How many equal requests show the sequence of members, for each member of the largest balancer.
ROUNDS = 6


def scenarios(program: Program, aim: Aim, authorities: Iterable[str]) -> Iterator[Scenario]:
    """All origins up; with balancers: the sequence of members, and each way to lose a first member; all down."""
    everything = frozenset(authorities)
    yield Scenario("all up", everything, probes.build(aim))
    balancers = [origin for origin in program.origins if isinstance(origin, Balancer) and len(origin.members) > 1]
    failures = probes.build_for_failures(aim)
    if balancers:
        length = ROUNDS * max(len(balancer.members) for balancer in balancers)
        yield Scenario(SEQUENCE, everything, probes.build_sequence(aim, length))
        lost = {name_of(balancer.members[0]) for balancer in balancers}
        yield Scenario("one member down", everything - lost, failures)
    yield Scenario("all down", frozenset(), failures)


def ask(
    address: Address,
    asked: Iterable[Probe],
    origins: Origins,
    tokens: Tokens,
    progress: Progress = lambda name: None,
    handshake: Callable[[Probe], Handshake | None] = lambda probe: None,
) -> dict[str, Observation]:
    """What each probe showed at ``address``. Raises OSError when the front can't be reached any more."""
    seen: dict[str, Observation] = {}
    for probe in asked:
        progress(probe.name)
        talk = exchange(address, probe.turns, handshake=handshake(probe), source=probe.source)
        seen[probe.name] = _observation(talk, origins, tokens)
    return seen


def _observation(talk: Exchange, origins: Origins, tokens: Tokens) -> Observation:
    replies = tuple(reply(answer, tokens) for answer in talk.answers)
    return Observation(replies, talk.ended, tuple(arrival(each, tokens) for each in origins.take()))

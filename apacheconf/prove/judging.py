"""One scenario in both fronts: what each probe showed in the one and in the other, and what is to be said of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from apacheconf.program.loading import Loaded
from apacheconf.prove import fronts, logged, situations
from apacheconf.prove.aims import Target
from apacheconf.prove.announced import COUNTS, WHO
from apacheconf.prove.ask import SEQUENCE, Progress, Scenario
from apacheconf.prove.balanced import members_as_one, without_checks
from apacheconf.prove.cause import about, cause_of
from apacheconf.prove.compare import Aspect, Comparison, compare
from apacheconf.prove.logged import LOGS
from apacheconf.prove.logs import Lines
from apacheconf.prove.normalise import rules_for
from apacheconf.prove.observe import Observation
from apacheconf.prove.report import Result
from apacheconf.prove.side import Front, Seen, observe
from apacheconf.prove.turns import STANDING_IN

#: The reference and the other one.
Pair = tuple[Front, Front]


def compare_scenario(
    loaded: Loaded,
    target: Target,
    scenario: Scenario,
    pair: Pair,
    progress: Progress = lambda what: None,
    notes: list[str] | None = None,
) -> Iterator[Result]:
    """Ask both fronts of ``pair`` and compare, probe by probe; ``notes`` gets what the stage leaves out."""
    reference, other = pair
    notes = [] if notes is None else notes
    one, first = observe(loaded, target, scenario, reference, progress)
    two, staged = observe(loaded, target, scenario, other, progress)
    notes += staged.stage.notes
    if scenario.name.startswith(SEQUENCE) and other.name in ("nginx", "haproxy"):
        asked = without_checks(loaded.require()).apply
        one, two = ({name: asked(seen) for name, seen in side.items()} for side in (one, two))
        result = _distribution(target, scenario, one, two)
        if not result.comparison.equal:
            probe = scenario.probes[0]
            known = about(staged, probe, one[probe.name], two[probe.name])
            result = replace(result, announced=other.said.announce(scenario.name, result.comparison.aspects, known))
        yield result
        return
    rules = rules_for(other.name)
    if other.name != fronts.SERVE:
        rules = (without_checks(loaded.require()), members_as_one(loaded.require()), *rules)
    for probe in scenario.probes:
        exact = probe.about == situations.SESSION
        held = tuple(rule for rule in rules if not (exact and rule.name == "N14"))
        compared = compare(one[probe.name], two[probe.name], held)
        cause = "" if compared.equal else cause_of(staged, probe)
        key = None
        if not compared.equal:
            known = about(staged, probe, one[probe.name], two[probe.name])
            key = other.said.announce(probe.name, compared.aspects, known)
        yield Result(scenario.name, target.aim.host, probe.name, compared, one[probe.name], two[probe.name], cause, key)
    if scenario.name == LOGS and other.name != "haproxy":  # whose lines go to a server of logs
        yield from _logged(target, scenario, first.logs, staged.logs, other)


def _logged(target: Target, scenario: Scenario, one: Lines, two: Lines, other: Front) -> Iterator[Result]:
    """What the logs say of all the requests together."""
    nothing = Observation((), "", ())
    for name, aspects in logged.differences(one, two, other.name == fronts.SERVE):
        key = other.said.announce(f"log: {name}", aspects) if aspects else None
        yield Result(scenario.name, target.aim.host, f"log: {name}", Comparison(aspects), nothing, nothing, "", key)


def _distribution(target: Target, scenario: Scenario, one: Seen, two: Seen) -> Result:
    """DIF-11: a target may take the members in another order, but each as often; who stands in, by any turns."""
    counts = [taken(scenario.name, side) for side in (one, two)]
    what = WHO if scenario.name == STANDING_IN else COUNTS
    aspects = [Aspect(what, *counts)] if counts[0] != counts[1] else []
    first = scenario.probes[0].name
    excused = () if aspects or _members(one) == _members(two) else ("DIF-11",)
    compared = Comparison(tuple(aspects), excused)
    return Result(scenario.name, target.aim.host, scenario.name, compared, one[first], two[first])


def taken(scenario: str, side: Seen) -> str:
    """How often each member was asked, or which ones were."""
    counts = dict(sorted(Counter(_members(side)).items()))
    return str(list(counts) if scenario == STANDING_IN else counts)


def _members(side: Seen) -> list[str]:
    return [arrival.origin for seen in side.values() for arrival in seen.arrivals]

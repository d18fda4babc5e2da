"""One scenario in both fronts: what each probe showed in the one and in the other, and what is to be said of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from apacheconf.program.loading import Loaded
from apacheconf.prove import fronts, situations
from apacheconf.prove.aims import Target
from apacheconf.prove.ask import Progress, Scenario
from apacheconf.prove.cause import about, cause_of
from apacheconf.prove.compare import Aspect, Comparison, compare
from apacheconf.prove.normalise import members_as_one, rules_for, without_checks
from apacheconf.prove.report import Result
from apacheconf.prove.side import Front, Seen, observe

SEQUENCE = "sequence of members"
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
    one, _ = observe(loaded, target, scenario, reference, progress)
    two, staged = observe(loaded, target, scenario, other, progress)
    notes += staged.stage.notes
    if scenario.name == SEQUENCE and other.name in ("nginx", "haproxy"):
        asked = without_checks(loaded.require()).apply
        one, two = ({name: asked(seen) for name, seen in side.items()} for side in (one, two))
        result = _distribution(target, scenario, one, two)
        if not result.comparison.equal:
            probe = scenario.probes[0]
            known = about(staged, probe, one[probe.name], two[probe.name])
            result = replace(result, announced=other.said.announce(SEQUENCE, result.comparison.aspects, known))
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


def _distribution(target: Target, scenario: Scenario, one: Seen, two: Seen) -> Result:
    """DIF-11: a target may take the members in another order, but each as often."""
    counts = [Counter(_members(side)) for side in (one, two)]
    aspects = []
    if counts[0] != counts[1]:
        aspects = [Aspect("how often each member was asked", *(str(dict(sorted(c.items()))) for c in counts))]
    first = scenario.probes[0].name
    excused = () if aspects or _members(one) == _members(two) else ("DIF-11",)
    return Result(scenario.name, target.aim.host, SEQUENCE, Comparison(tuple(aspects), excused), one[first], two[first])


def _members(side: Seen) -> list[str]:
    return [arrival.origin for seen in side.values() for arrival in seen.arrivals]

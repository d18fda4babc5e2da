"""The comparison itself: both fronts, every scenario, every probe, and what differs.

Each front runs alone, with origins and servers of its own for every scenario, so that no state of one run
(members in error, the next member's turn) reaches another one.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from apacheconf.diagnostics import UsageError
from apacheconf.engines import find, stopping_on_signals
from apacheconf.engines.httpd import missing_modules
from apacheconf.expand import Options
from apacheconf.program.by_handler import workers_of
from apacheconf.program.loading import Loaded, load
from apacheconf.program.program import Program
from apacheconf.program.tls import SECURE
from apacheconf.prove import announced, fronts, situations
from apacheconf.prove.aims import MOST_HOSTS, Target, find_targets
from apacheconf.prove.ask import Progress, Scenario, scenarios
from apacheconf.prove.cause import about, cause_of
from apacheconf.prove.certificates import stand_in
from apacheconf.prove.compare import Aspect, Comparison, compare
from apacheconf.prove.generate import generate
from apacheconf.prove.normalise import members_as_one, rules_for, without_checks
from apacheconf.prove.probes import build_for_local
from apacheconf.prove.report import Report, Result
from apacheconf.prove.side import Front, Seen, observe
from apacheconf.prove.stage import modules_for, name_of, speaking

SEQUENCE = "sequence of members"
#: The scenarios of the requests that were made from the program.
GENERATED = "paths of the program"
CONDITIONS = "conditions of the program"


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is asked: ``seed`` chooses among what is too much, no scenario begins after ``budget`` seconds.

    ``expect`` is told how many requests there are to be, both servers together.
    """

    seed: int = 0
    budget: float | None = None
    expect: Callable[[int], None] = lambda count: None


def prove(
    paths: Sequence[str],
    options: Options | None = None,
    *,
    against: str,
    reference: str | None = None,
    progress: Progress = lambda what: None,
    plan: Plan = Plan(),
) -> Report:
    """Compare ``against`` (serve, nginx, haproxy) with ``reference`` (httpd, serve) on the configuration at ``paths``.

    Without a reference it is httpd where that is installed, else our engine. ``progress`` hears the name of each
    probe, ``plan`` says how much is asked. Raises ConfigError for a configuration with errors, UsageError for a
    server that isn't there, EngineFailed for one that doesn't start.
    """
    if reference is None:
        reference = "httpd" if find("httpd") else fronts.SERVE
    if reference == against:
        raise UsageError(f"{against} can't be compared with itself", "give another --reference")
    return compare_fronts(load(paths, options), Front.find(reference), Front.find(against), progress, plan)


def compare_fronts(loaded: Loaded, reference: Front, other: Front, progress: Progress, plan: Plan = Plan()) -> Report:
    """``prove`` for what is loaded and found already."""
    program = loaded.require()
    targets = [each for each in find_targets(program) if stand_in() or not each.secure]
    notes = list(_notes(loaded, targets))
    results: list[Result] = []
    todo = [(target, each) for target in targets[:MOST_HOSTS] for each in _scenarios(program, target, plan, notes)]
    plan.expect(2 * sum(len(scenario.probes) for _, scenario in todo))
    began, left_out = time.monotonic(), 0
    with stopping_on_signals():
        for target, scenario in todo:
            if plan.budget is not None and time.monotonic() - began >= plan.budget:
                left_out += len(scenario.probes)
                continue
            results += compare_scenario(loaded, target, scenario, (reference, other), progress, notes)
    if left_out:
        notes.append(f"--budget {plan.budget:g} was used up: {left_out} requests were not asked; give it more seconds")
    shown = {result.announced for result in results}
    silent = tuple(key for key in other.said.keys if key in announced.PROBES and key not in shown)
    return Report(
        reference.title, other.title, tuple(results), tuple(dict.fromkeys(notes)), silent, plan.seed, left_out
    )


def _scenarios(program: Program, target: Target, plan: Plan, notes: list[str]) -> Iterator[Scenario]:
    """The fixed requests, and those that the program itself suggests."""
    fixed = list(scenarios(program, target.aim, speaking(program)))
    if not target.mapped:
        fixed = [Scenario(fixed[0].name, fixed[0].up, build_for_local(target.aim))]
    yield fixed[0]
    made = {
        GENERATED: generate(target.host, target.aim, plan.seed),
        CONDITIONS: situations.generate(program, target.host, target.aim, plan.seed),
    }
    for name, (probes, left_out) in made.items():
        if left_out:
            notes.append(f"{target.host.title}, {name}: {left_out} requests were left out; another --seed takes others")
        if probes:
            yield Scenario(name, fixed[0].up, probes)
    yield from fixed[1:]


def _notes(loaded: Loaded, targets: list[Target]) -> Iterator[str]:
    if not targets:
        yield "no host can be reached: nothing was asked"
    for target in targets[MOST_HOSTS:]:
        yield f"host {target.host.title} was not asked: the first {MOST_HOSTS} were"
    httpd = find("httpd")
    for module in missing_modules(httpd, modules_for(loaded)) if httpd else ():
        yield f"{module} is not installed here: httpd ran without it"
    secure = any(worker.scheme in SECURE for worker in loaded.require().workers())
    for worker in workers_of(loaded.require()):
        if name_of(worker) not in speaking(loaded.require()):
            yield f"{worker.name} speaks neither HTTP nor FastCGI and has no stand-in: only how that fails is shown"
    if stand_in() is None and (secure or any(target.secure for target in targets)):
        yield "openssl is not installed: there are no certificates to speak TLS with, and nothing is shown about it"


def compare_scenario(
    loaded: Loaded,
    target: Target,
    scenario: Scenario,
    pair: tuple[Front, Front],
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

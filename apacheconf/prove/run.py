"""The comparison itself: both fronts, every scenario, every probe, and what differs.

Each front runs alone, with origins and servers of its own for every scenario, so that no state of one run
(members in error, the next member's turn) reaches another one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from apacheconf.diagnostics import UsageError
from apacheconf.engines import find, stopping_on_signals
from apacheconf.engines.httpd import missing_modules
from apacheconf.expand import Options
from apacheconf.program.by_handler import workers_of
from apacheconf.program.inlining import with_htaccess
from apacheconf.program.loading import Loaded, load
from apacheconf.program.program import Program
from apacheconf.program.tls import SECURE
from apacheconf.prove import (
    caveats,
    edited,
    fronts,
    logged,
    served,
    situations,
    slow,
    strangers,
    together,
    turns,
)
from apacheconf.prove.aims import MOST_HOSTS, Target, find_targets
from apacheconf.prove.ask import Progress, Scenario, scenarios
from apacheconf.prove.certificates import stand_in
from apacheconf.prove.generate import generate, misses
from apacheconf.prove.judging import Pair, compare_scenario
from apacheconf.prove.probes import build_for_local
from apacheconf.prove.reduce import MOST, SECONDS, reduce
from apacheconf.prove.report import Report, Result
from apacheconf.prove.requests import Probe
from apacheconf.prove.side import Front
from apacheconf.prove.stage import modules_for, name_of, speaking

Todo = list[tuple[Target, Scenario]]
#: The scenarios of the requests that were made from the program.
GENERATED = "paths of the program"
CONDITIONS = "conditions of the program"


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is asked: ``seed`` chooses among what is too much, no scenario begins after ``budget`` seconds.

    ``expect`` is told how many requests there are to be, both servers together. ``reduced`` wants differences that were
    not announced as small as they get.
    """

    seed: int = 0
    budget: float | None = None
    expect: Callable[[int], None] = lambda count: None
    reduced: bool = False


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
    program = with_htaccess(loaded.require())  # requests are made from what the files say, too
    targets = [each for each in find_targets(program) if stand_in() or not each.secure]
    notes = list(_notes(loaded, targets))
    results: list[Result] = []
    todo = [(target, each) for target in targets[:MOST_HOSTS] for each in scenarios_of(program, target, plan, notes)]
    plan.expect(2 * sum(len(scenario.probes) for _, scenario in todo))
    began, left_out = time.monotonic(), 0
    with stopping_on_signals():
        for target, scenario in todo:
            if plan.budget is not None and time.monotonic() - began >= plan.budget:
                left_out += len(scenario.probes)
                continue
            results += compare_scenario(loaded, target, scenario, (reference, other), progress, notes)
        if plan.reduced:
            results = _reduced(loaded, todo, (reference, other), results)
    if left_out:
        notes.append(f"--budget {plan.budget:g} was used up: {left_out} requests were not asked; give it more seconds")
    shown = {result.announced for result in results}
    silent = tuple(key for key in other.said.keys if key in caveats.PROBES and key not in shown)
    return Report(
        reference.title, other.title, tuple(results), tuple(dict.fromkeys(notes)), silent, plan.seed, left_out
    )


def scenarios_of(program: Program, target: Target, plan: Plan, notes: list[str]) -> Iterator[Scenario]:
    """The fixed requests, and those that the program itself suggests."""
    fixed = list(scenarios(program, target.aim, speaking(program)))
    if not target.mapped:
        fixed = [Scenario(fixed[0].name, fixed[0].up, build_for_local(target.aim))]
    yield fixed[0]
    suggested = _suggested(program, target, plan.seed)
    for name, (probes, left_out) in suggested.items():
        if left_out:
            notes.append(f"{target.host.title}, {name}: {left_out} requests were left out; another --seed takes others")
        if probes:
            yield Scenario(name, fixed[0].up, probes)
    yield from fixed[1:]
    of_rules = [*misses(target.host, target.aim), *suggested[CONDITIONS][0]]
    if lines := tuple(logged.probes(target.host, target.aim, of_rules)):
        yield Scenario(logged.LOGS, fixed[0].up, lines)
    yield from turns.scenarios(program, target.host, target.aim, speaking(program)) if target.mapped else ()
    if asked := tuple(strangers.probes(program, target.host, target.aim)):
        yield Scenario(strangers.STRANGERS, fixed[0].up, asked, strange=True)
    if target.mapped and slow.shortest(program.directives) and target.host is find_targets(program)[0].host:
        yield Scenario("slow origins", fixed[0].up, tuple(slow.probes(program, target.host, target.aim)), True)


def _suggested(program: Program, target: Target, seed: int) -> dict[str, tuple[tuple[Probe, ...], int]]:
    """Scenario -> the requests that the program suggests, and how many were left out for being too many."""
    host, aim = target.host, target.aim
    paths, too_many_paths = generate(host, aim, seed)
    conditions, too_many = situations.generate(program, host, aim, seed)
    paths = (*paths, *edited.generate(program, host, aim), *served.generate(host, aim))
    conditions = (*conditions, *together.generate(program, host, aim), *together.in_two_lines(program, host, aim))
    return {
        GENERATED: (paths, too_many_paths),
        CONDITIONS: (tuple({probe.name: probe for probe in conditions}.values()), too_many),
    }


def _reduced(loaded: Loaded, todo: Todo, pair: Pair, results: list[Result]) -> list[Result]:
    """The first differences that nobody announced, each with what is left when all is gone that it doesn't need."""
    found: dict[tuple[str, ...], Result] = {}
    for result in results:
        if result.unannounced:
            found.setdefault((result.cause, *(aspect.what for aspect in result.comparison.aspects)), result)
    chosen = list(found.values())[:MOST]
    smaller = {
        id(result): reduce(loaded, result, scenario, pair, SECONDS / len(chosen))
        for result in chosen
        for target, scenario in todo
        if (target.aim.host, scenario.name) == (result.host, result.scenario)
    }
    return [replace(each, reduced=smaller.get(id(each))) for each in results]


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
            yield f"{worker.name} has no stand-in that speaks {worker.scheme}: only how that fails is shown"
    if stand_in() is None and (secure or any(target.secure for target in targets)):
        yield "openssl is not installed: there are no certificates to speak TLS with, and nothing is shown about it"

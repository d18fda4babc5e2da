"""What a balancer's members are to who compares: which of them answers is no matter of one request (N14, N16)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from apacheconf.origins import Headers
from apacheconf.program.program import Program
from apacheconf.program.workers import Balancer
from apacheconf.prove.normalise import Rule, in_each_arrival, in_headers
from apacheconf.prove.observe import Arrival, Observation
from apacheconf.prove.stage import name_of


def without_checks(program: Program) -> Rule:
    """When members are asked for their health is no matter of one request (HAP-87): who forwards it says so."""
    checks = [worker.check for worker in program.workers() if worker.check is not None]
    asked = {f"{check.method.removesuffix('11')} {check.uri or '/'}" for check in checks}

    def is_check(arrival: Arrival) -> bool:
        forwarded = any(name.lower().startswith("x-forwarded") for name, _ in arrival.headers)
        return not forwarded and arrival.line.partition(" HTTP/")[0] in asked

    def apply(seen: Observation) -> Observation:
        return replace(seen, arrivals=tuple(each for each in seen.arrivals if not is_check(each)))

    return Rule("N16", "when members are asked for their health", apply)


def members_as_one(program: Program) -> Rule:
    """Which member of a balancer answers is not compared probe by probe: DIF-11 compares how often each does."""
    names = _shared_names(program)
    routes = {
        f"{balancer.sticky_separator}{member.member.route}": f"{balancer.sticky_separator}{balancer.name}"
        for balancer in program.origins
        if isinstance(balancer, Balancer)
        for member in balancer.members
        if member.member is not None and member.member.route
    }
    paths = _paths_of(program)
    return Rule(
        "N14",
        "which member of a balancer answers",
        lambda seen: _routed(_renamed(in_each_arrival(lambda one: _below_first(one, paths))(seen), names), routes),
    )


def _shared_names(program: Program) -> dict[str, str]:
    """Each member's name, and that of its balancer: one for all balancers that share a member."""
    names: dict[str, str] = {}
    for balancer in program.origins:
        if isinstance(balancer, Balancer):
            members = [name_of(member).removesuffix(":80") for member in balancer.members]
            before = {names[each] for each in members if each in names}
            names |= dict.fromkeys(members, balancer.name)
            names |= {each: balancer.name for each, name in names.items() if name in before}
    return names


def _paths_of(program: Program) -> Mapping[str, tuple[str, str]]:
    """The path of each member that has another one than the first of its balancer, and the first one's."""
    found: dict[str, tuple[str, str]] = {}
    for balancer in program.origins:
        if isinstance(balancer, Balancer):
            first = balancer.members[0].path if balancer.members else ""
            found |= {name_of(member): (member.path, first) for member in balancer.members if member.path != first}
    return found


def _below_first(one: Arrival, paths: Mapping[str, tuple[str, str]]) -> Arrival:
    """What a member got, as if the first one of its balancer had got it."""
    if one.origin not in paths:
        return one
    own, first = paths[one.origin]
    method, space, target = one.line.partition(" ")
    return replace(one, line=f"{method}{space}{first}{target[len(own) :]}") if target.startswith(own) else one


def _routed(seen: Observation, routes: Mapping[str, str]) -> Observation:
    """The same with the route of a cookie that names who answered (ST-10)."""
    if not routes:
        return seen
    pattern = re.compile(rf"({'|'.join(map(re.escape, routes))})(?![\w.-])")

    def rename(pairs: Headers) -> Headers:
        return tuple(
            (name, pattern.sub(lambda found: routes[found[0]], value) if name.lower() == "set-cookie" else value)
            for name, value in pairs
        )

    return in_headers(rename)(seen)


def _renamed(seen: Observation, names: Mapping[str, str]) -> Observation:
    if not names:
        return seen
    # A port that is the default may be written, and a near miss is another member's near miss.
    ports = {name: "" if ":" in name else "(?::80)?" for name in names}
    pattern = re.compile(
        "|".join(
            rf"(?<![\w.])({re.escape(name)}){ports[name]}(9?)(?!\d)" for name in sorted(names, key=len, reverse=True)
        )
    )

    def rename(text: str) -> str:
        return pattern.sub(lambda found: "".join(names.get(each, each) for each in found.groups() if each), text)

    headers = in_headers(lambda pairs: tuple((name, rename(value)) for name, value in pairs))
    return in_each_arrival(lambda one: replace(one, origin=rename(one.origin)))(headers(seen))

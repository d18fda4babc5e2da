"""A balancer with stickysession whose members have no route.

A session sticks to the member whose ``route=`` equals the text after the dot in the session's value (ST-5, ST-6).
A member without ``route=`` can never be found that way, so its sessions wander between the members.

Example:

    <Proxy "balancer://mycluster">
        BalancerMember "http://10.0.0.1:8080"
        BalancerMember "http://10.0.0.2:8080"
        ProxySet stickysession=JSESSIONID
    </Proxy>

Write instead: a route for each member, the one that its application appends to the session (jvmRoute in Tomcat).
Hot standbys need none.

    BalancerMember "http://10.0.0.1:8080" route=node1
    BalancerMember "http://10.0.0.2:8080" route=node2
"""

from __future__ import annotations

from collections.abc import Iterator

from apacheconf.diagnostics import Diagnostic, Level
from apacheconf.lint.parts import BalancerView, Member
from apacheconf.lint.rule import Rule, parameter_word
from apacheconf.lint.view import View

RULE = Rule("sticky-session-without-routes", Level.WARNING)


def check(view: View) -> Iterator[Diagnostic]:
    for server in view.model.servers:
        for balancer in view.balancers(server).values():
            if "stickysession" in balancer.parameters and balancer.members:
                yield from _check_balancer(balancer)


def _check_balancer(balancer: BalancerView) -> Iterator[Diagnostic]:
    ordinary = [member for member in balancer.members if not _stands_by(member)]
    routeless = [member for member in ordinary if not member.parameters.get("route")]
    cookie, said_by = balancer.parameters["stickysession"]
    if routeless and len(routeless) == len(ordinary):
        message = f"{balancer.name} has stickysession={cookie}, but no member has a route: no session will stick"
        help = "add route=NAME to each BalancerMember, the name that its application appends to the session"
        yield RULE.finding(said_by, message, help, word=parameter_word(said_by, "stickysession"))
        return
    for member in routeless:
        message = f"{member.url} has no route, so the sessions of {balancer.name} can't stick to it"
        help = "add route=NAME, the name that its application appends to the session"
        yield RULE.finding(member.node, message, help, word=member.url_word)


def _stands_by(member: Member) -> bool:
    status = member.parameters.get("status")
    return isinstance(status, frozenset) and bool(status & {"H", "R"})

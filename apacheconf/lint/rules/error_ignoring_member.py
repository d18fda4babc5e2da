"""A balancer member with ``status=+I``: its errors are ignored.

It never enters the error state, so there is no failover from it: while it is down, every request that it is chosen
for is answered with 503 (FO-6).

Example:

    BalancerMember "http://10.0.0.1:8080" status=+I

Write instead: a short retry time, if the member should be back soon.

    BalancerMember "http://10.0.0.1:8080" retry=1
"""

from __future__ import annotations

from collections.abc import Iterator

from apacheconf.diagnostics import Diagnostic, Level
from apacheconf.lint.parts import Member
from apacheconf.lint.rule import Rule, parameter_word
from apacheconf.lint.view import View

RULE = Rule("error-ignoring-member", Level.WARNING)


def check(view: View) -> Iterator[Diagnostic]:
    for server in view.model.servers:
        for balancer in view.balancers(server).values():
            for member in balancer.members:
                status = member.parameters.get("status")
                if isinstance(status, frozenset) and "I" in status:
                    yield _finding(member, balancer.name)


def _finding(member: Member, balancer: str) -> Diagnostic:
    word = parameter_word(member.node, "status")
    message = f"while {member.url} is down, {balancer} answers its share of the requests with 503: no failover with I"
    return RULE.finding(
        member.node, message, "remove I, and set retry= to how soon it should be tried again", word=word
    )

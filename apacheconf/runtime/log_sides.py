"""The two requests that a line of a log may ask: the one that came, and what answered in its place (LG-2u).

Where nothing failed they are one. A document that fails itself is still the last of the two, though the page of the
first error answers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from apacheconf.program.evaluate import State
    from apacheconf.runtime.exchange import Exchange
    from apacheconf.runtime.forwarding import Plan


def plan_of(exchange: Exchange, original: bool) -> Plan:
    """The plan of the request that came, or of the last one."""
    if original:
        return exchange.plan if exchange.first is None else exchange.first.plan
    failed = exchange.first.failed_plan if exchange.first is not None else None
    return failed or exchange.plan


def first_round(exchange: Exchange, original: bool) -> State | None:
    """What was known of the request that came when the first internal redirect was made; None where none was."""
    decision = plan_of(exchange, original).decision if original else None
    return decision.state.first_round if decision is not None and decision.state is not None else None


def has_answered(exchange: Exchange, original: bool) -> bool:
    """Whether it is this request whose answer the client got."""
    if first_round(exchange, original) is not None:
        return False
    return exchange.first is None or original is (exchange.first.failed_plan is not None)


def environment(exchange: Exchange, original: bool) -> dict[str, str]:
    """The variables of a request."""
    plan, first = plan_of(exchange, original), first_round(exchange, original)
    if first is not None:
        return first.env.as_they_are()
    if plan is exchange.plan:
        return exchange.environment()
    return dict(plan.decision.env) if plan.decision is not None else {}


def file_of(exchange: Exchange, original: bool) -> str:
    """The file, or ``proxy:`` and a URL; empty where there is neither (LG-2g)."""
    plan, first = plan_of(exchange, original), first_round(exchange, original)
    if first is not None:
        return first.file
    if plan.service is not None and plan is exchange.plan:
        return f"proxy:{exchange.origin_url()}"
    if plan.decision is None:
        return ""
    state = plan.decision.state
    if state is not None and state.mapped:
        return f"proxy:{state.sent if plan.service is not None and state.sent else state.mapped}"
    located = plan.decision.located
    return plan.decision.file if located is None else located.file


def type_of(exchange: Exchange, original: bool) -> str:
    """The type that a name stands for, of a request that has come to its handler and didn't answer."""
    decision = plan_of(exchange, original).decision
    if first_round(exchange, original) is not None:
        return ""
    state = decision.state if decision is not None and decision.status is None else None
    return "" if state is None or state.type_so_far is None else state.type_so_far()

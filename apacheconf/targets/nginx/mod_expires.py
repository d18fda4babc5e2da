"""mod_expires in nginx: ``expires`` by the type of the answer (NGX-170).

An origin's own Cache-Control would be replaced by it; there max-age is added in a line of its own.
"""

from __future__ import annotations

import re

from apacheconf.ledger import Written
from apacheconf.program.conditions import ALWAYS
from apacheconf.program.handling import Expiry, ExpiryRules
from apacheconf.program.steps import EditHeader, Step, Table
from apacheconf.program.values import Literal
from apacheconf.targets.claims import Claim, approximated, equivalent, exact
from apacheconf.targets.nginx.lowering import Lowering
from apacheconf.targets.nginx.maps import Map
from apacheconf.targets.nginx.tree import Block
from apacheconf.targets.patterns import escape
from apacheconf.targets.routes import Route

_OF_ORIGINS = (
    "beside an origin's own Cache-Control, and with an uncommon status, max-age stands alone: it counts before Expires"
)
#: The statuses with which nginx itself says when an answer expires.
_WITH_EXPIRES = "20[0146]|30[1234678]"
_FOR_CACHES = "Expires is left out beside a Cache-Control that a Header line sets"
_TWICE = "the Expires that a Header line replaces now and then is sent, too"
_MODIFIED = "a time after the last change counts from the access: nginx has one base for all types"


def emit_rules(low: Lowering, route: Route, step: Step, location: Block) -> list[Claim]:
    """Both headers at once, as httpd sets them."""
    rules = step.action
    assert isinstance(rules, ExpiryRules)
    every = [expiry for _, expiry in rules.by_type] + ([rules.default] if rules.default else [])
    said_by = route.host.said_by(step)
    if not every:
        return [exact(said_by)]
    own = _own_caching(route)
    if own is not None:
        return [_beside(route, list(said_by))]
    replaced = _replaced(route)
    late = any(each.since_modification for each in every)
    if replaced is None or (replaced and late):
        return [approximated(said_by, _TWICE, "expires")]
    if replaced:
        location.add("add_header", "Cache-Control", _max_age(low, _by_type(low, rules)))
        return [exact(said_by)]
    if all(each.since_modification for each in every) and not rules.by_type:
        location.add("expires", "modified", _time(every[0]))
        return [exact(said_by)]
    location.add("expires", _by_type(low, rules))
    if not late:
        return [exact(said_by)]
    lines = [each for each in said_by if "modification" in each.args.lower() or each.args.split()[-1][:1] in "Mm"]
    return [
        exact([each for each in said_by if each not in lines]),
        approximated(lines, _MODIFIED, "expires-modification"),
    ]


def emit_for_origin(low: Lowering, route: Route, location: Block) -> list[Step]:
    """When answers of origins expire that don't say so themselves (EX-1); the steps that are spoken for."""
    steps = [step for step in route.others if isinstance(step.action, ExpiryRules)]
    rules = steps[-1].action if steps else None
    if not isinstance(rules, ExpiryRules) or (not rules.by_type and rules.default is None):
        return []
    said_by = [each for step in steps for each in route.host.said_by(step)]
    every = [expiry for _, expiry in rules.by_type] + ([rules.default] if rules.default else [])
    if _own_caching(route) is not None:
        low.dropped.append(_beside(route, said_by))
        return steps
    time, own = _by_type(low, rules), "$upstream_http_expires$upstream_http_cache_control"
    replaced = _replaced(route)
    if not replaced:
        location.add("expires", low.maps.make("origin_expires", Map(own, (("", time), ("default", "off")), "")))
    source = "$upstream_http_expires:$upstream_http_cache_control:$status"
    by_itself = () if replaced else ((rf"~^::(?:{_WITH_EXPIRES})$", ""),)
    entries = (*by_itself, ("~^:.*:[123]..$", _max_age(low, time)), ("default", ""))
    location.add("add_header", "Cache-Control", low.maps.make("more_caching", Map(source, entries, "")), "always")
    if any(each.since_modification for each in every):
        low.dropped.append(approximated(said_by, _MODIFIED, "expires-modification"))
    elif replaced is None:
        low.dropped.append(approximated(said_by, _TWICE, "expires"))
    else:
        low.dropped.append(equivalent(said_by, _OF_ORIGINS, "expires-beside"))
    return steps


def _max_age(low: Lowering, time: str) -> str:
    """The variable that says a time in Cache-Control."""
    entries = ((r"~^\+?(?<age>-?\d+)s$", "max-age=$age"), ("default", ""))
    return low.maps.make("max_age", Map(time, entries, ""))


def _onsuccess(route: Route, name: str, *operations: str) -> list[Step]:
    """The Header lines that do one of these with a header of what an origin or a file answers, which redirects lack."""
    return [
        step
        for step in route.headers
        if isinstance(step.action, EditHeader) and step.action.table is Table.ONSUCCESS and not route.answer
        if step.action.name.lower() == name and step.action.operation in operations
    ]


def _replaced(route: Route) -> bool | None:
    """Whether a Header line takes away the Expires that mod_expires has said by then; None if it depends."""
    whens = [step.when for step in _onsuccess(route, "expires", "set", "unset")]
    return True if ALWAYS in whens else None if whens else False


def _beside(route: Route, said_by: list[Written]) -> Claim:
    """A Header line says what Cache-Control is."""
    if _own_caching(route):
        return equivalent(said_by, _FOR_CACHES, "expires-beside")
    return approximated(said_by, _FOR_CACHES, "expires")


#: What makes Expires count for nothing (RFC 9111, section 5.3).
_DECIDES = re.compile(r"\b(?:max-age|s-maxage|no-cache|no-store)\b", re.IGNORECASE)


def _own_caching(route: Route) -> bool | None:
    """Whether a Header line replaces Cache-Control with one that caches go by; None where no line replaces it."""
    found = [step.action for step in _onsuccess(route, "cache-control", "set", "unset")]
    if not found:
        return None
    assert isinstance(found[-1], EditHeader)
    return isinstance(found[-1].value, Literal) and bool(_DECIDES.search(found[-1].value.text))


def _time(expiry: Expiry) -> str:
    return f"{'+' if expiry.seconds >= 0 else ''}{expiry.seconds}s"


def _by_type(low: Lowering, rules: ExpiryRules) -> str:
    """The variable with the time for the type of the answer: the type itself, then ``text/*``, then the default."""
    if not rules.by_type and rules.default:
        return _time(rules.default)
    whole = [(kind, each) for kind, each in rules.by_type if not kind.endswith("/*")]
    families = [(kind[:-1], each) for kind, each in rules.by_type if kind.endswith("/*") and kind != "*/*"]
    others = dict(rules.by_type).get("*/*") or rules.default
    entries = [(f"~*^{escape(kind)}(?:\\s*;|$)", _time(each)) for kind, each in whole]
    entries += [(f"~*^{escape(kind)}", _time(each)) for kind, each in families]
    default = _time(others) if others else "off"
    return low.maps.make("expires_after", Map("$sent_http_content_type", (*entries, ("default", default)), ""))

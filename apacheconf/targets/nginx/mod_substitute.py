"""mod_substitute in nginx: ``sub_filter`` for plain texts (NGX-160).

nginx looks for all of them at once, in the whole body and whatever the case of the letters; httpd looks for one after
the other, line by line.
"""

from __future__ import annotations

import re
from itertools import combinations

from apacheconf.ledger import Written
from apacheconf.program.conditions import ALWAYS
from apacheconf.program.handling import Substitution, SubstitutionRules
from apacheconf.program.steps import AddFilter, Step
from apacheconf.targets.claims import Claim, approximated, equivalent, unsupported
from apacheconf.targets.nginx.lowering import Lowering
from apacheconf.targets.nginx.tree import Block, literal
from apacheconf.targets.routes import Route

_EXPRESSION = "nginx looks for plain texts in bodies only: a regular expression is not looked for, and nothing replaced"
_TYPES = "bodies of text/html are searched in any case, so nothing is replaced"
_CASE = "what differs from the text in the case of its letters is replaced, too"
_AT_ONCE = "all texts are looked for at once: what one puts in is not searched for the next"
_CODED = "a body that an origin sends compressed is not searched"
_VALIDATOR = "the ETag of what is searched becomes weak"
#: What nginx searches in any case.
_ALWAYS = "text/html"
_PLAIN = re.compile(r"(?:[^\\^$.|?*+()\[\]{}]|\\[^\w\s])*")


def emit(low: Lowering, route: Route, location: Block) -> list[Step]:
    """The replacements of a location; the steps that are spoken for."""
    filters = [step for step in route.others if _named(step, "substitute")]
    before = [step for step in route.others if _named(step, "inflate")] if filters else []
    rules = [step for step in route.others if isinstance(step.action, SubstitutionRules)]
    said = [each for step in (*filters, *before, *rules) for each in route.host.said_by(step)]
    found = rules[-1].action.substitutions if rules and isinstance(rules[-1].action, SubstitutionRules) else ()
    if not filters or not found or any(_asks(step) for step in filters):
        return []
    types = {kind for step in filters for kind in _types(step)}
    pairs = [_plain(each) for each in found]
    texts = [each for each in pairs if each is not None]
    if len(texts) < len(pairs) or not types & {"*", _ALWAYS}:
        low.dropped.append(unsupported(said, _TYPES if len(texts) == len(pairs) else _EXPRESSION, "substitute"))
        return [*filters, *before, *rules]
    claims: tuple[Claim, ...] = (_claim(route, said, found, texts),)
    comment = low.sources.comment(said)
    for old, new in texts:
        location.add("sub_filter", literal(old), literal(new), comment=comment, claims=claims)
        comment, claims = "", ()
    location.add("sub_filter_once", "off")
    location.add("sub_filter_last_modified", "on")
    others = ["*"] if "*" in types else sorted(types - {_ALWAYS})
    if others:
        location.add("sub_filter_types", *others)
    return [*filters, *before, *rules]


def _claim(route: Route, said: list[Written], found: tuple[Substitution, ...], texts: list[tuple[str, str]]) -> Claim:
    if any(re.search("[A-Za-z]", old) and not each.ignore_case for each, (old, _) in zip(found, texts, strict=True)):
        return approximated(said, _CASE, "substitute-case")
    if any(_touch(first, second) for first, second in combinations(texts, 2)):
        return approximated(said, _AT_ONCE, "substitute-order")
    if any(_named(step, "inflate") for step in route.others):
        return approximated(said, _CODED, "substitute-coded")
    return equivalent(said, _VALIDATOR, "substitute-etag")


def _touch(first: tuple[str, str], second: tuple[str, str]) -> bool:
    """Whether what the first one finds or puts in may share letters with what the second looks for."""
    return any(_overlap(text.lower(), second[0].lower()) for text in first if text)


def _overlap(one: str, other: str) -> bool:
    ends = range(1, min(len(one), len(other)) + 1)
    joined = any(one[-n:] == other[:n] or other[-n:] == one[:n] for n in ends)
    return joined or one in other or other in one


def _plain(each: Substitution) -> tuple[str, str] | None:
    """What is looked for and what stands in its place, as texts; None where a part of it is no plain text."""
    if not each.regex:
        return each.pattern, each.replacement
    if not _PLAIN.fullmatch(each.pattern) or re.search(r"\$\d", each.replacement):
        return None
    return re.sub(r"\\(.)", r"\1", each.pattern), re.sub(r"(?s)\\(.)", r"\1", each.replacement)


def _types(step: Step) -> tuple[str, ...]:
    return (step.action.types or ("*",)) if isinstance(step.action, AddFilter) else ()


def _asks(step: Step) -> bool:
    """Whether a filter asks for more than the type of the answer, or leaves origins' answers alone."""
    return isinstance(step.action, AddFilter) and (step.action.when != ALWAYS or not step.action.of_origins)


def _named(step: Step, name: str) -> bool:
    return isinstance(step.action, AddFilter) and step.action.name == name

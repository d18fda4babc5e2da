"""mod_alias in nginx: redirects (NGX-130, NGX-131)."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from apacheconf.program.conditions import NEVER, Matches, Regex
from apacheconf.program.steps import Redirect, Step
from apacheconf.program.uri import escape_path
from apacheconf.program.values import REQUEST_URI, Call, Capture, Literal, Matched, Value, Variable
from apacheconf.targets.captures import is_path, is_tame, parts_of_target
from apacheconf.targets.claims import equivalent, exact
from apacheconf.targets.doubted import QUESTION
from apacheconf.targets.finite import texts_of
from apacheconf.targets.hostnames import own_scheme
from apacheconf.targets.known import begins_with
from apacheconf.targets.nginx.conditions import refuse_where
from apacheconf.targets.nginx.lowering import Lowering
from apacheconf.targets.nginx.own_urls import self_authority
from apacheconf.targets.nginx.rewriting import may_break, told
from apacheconf.targets.nginx.tree import Block, glued, literal
from apacheconf.targets.nginx.values import text_of
from apacheconf.targets.patterns import escape
from apacheconf.targets.questions import CannotAsk, pcre
from apacheconf.targets.routes import Route, regex_of
from apacheconf.targets.spoken import name_of_value

_ESCAPING = "other characters of the path are escaped in Location"
_FLAGS = {301: "permanent", 302: "redirect"}
#: What httpd lets into no Location (RW-14).
_CONTROLS = r"[\x00-\x1f\x7f]"


def emit_redirect(
    low: Lowering, route: Route, step: Step, location: Block, answering: Callable[[Redirect], str] | None = None
) -> bool:
    """A redirect keeps what follows its prefix, escaped anew by ``rewrite``, where the path has a part in it.

    ``answering`` gives the name of a location that answers with the status where ``rewrite`` doesn't know it; gives
    whether one is needed. Raises CannotAsk.
    """
    assert isinstance(step.action, Redirect)
    said_by = route.host.said_by(step)
    action, regex = step.action, regex_of(step)
    value = action.location.argument if isinstance(action.location, Call) else action.location
    made_of = parts_of_target(action.location)
    parts, regex = _as_groups([*_of_own(low, route, action, value, regex), *made_of], regex)
    if route.unescaped:
        _emit_as_it_is(low, route, action, [told(each, regex) for each in parts], location)
        return False
    pattern = _pattern(action, parts, regex)
    if pattern == "^":
        _emit_known(low, route, step, parts, location)
        return False
    made = [_part(low, each, location) for each in parts]
    target = glued(made) + ("$1" if action.prefix else "") + ("?" if _has_query(parts) or _drops_query(route) else "")
    claims = (equivalent(said_by, _ESCAPING, "location-escaping"),)
    refused = Matches(REQUEST_URI, QUESTION) in route.refused
    if pattern.endswith("(.*)$") and not refused and not any(isinstance(each, Capture) for each in parts):
        _emit_question_mark(action, target, location)
    if answering is not None and action.status not in _FLAGS:
        location.add("error_page", "302", "=", f"@{answering(action)}")
    location.add("rewrite", pattern, target, _FLAGS.get(action.status, "redirect"), claims=claims)
    return action.status not in _FLAGS


def _as_groups(parts: list[Value], regex: Regex | None) -> tuple[list[Value], Regex | None]:
    """Parts of the path that one regex has matched as its groups, beside others that say where they come from."""
    regexes = {each.regex for each in parts if isinstance(each, Matched) and each.value == REQUEST_URI}
    if regex is not None or len(regexes) != 1:
        return parts, regex
    made: list[Value] = [Capture("rule", each.group) if isinstance(each, Matched) and each.value == REQUEST_URI
                         else each for each in parts]  # fmt: skip
    return made, regexes.pop()


def _emit_question_mark(action: Redirect, target: str, location: Block) -> None:
    """``rewrite`` would write an escaped question mark as it is; the client's own spelling is kept instead."""
    query = "" if target.endswith("?") else "$is_args$args"
    spelt = f"^{escape(action.prefix)}(?<rest>[^?]*%3f[^?]*)"
    asked = location.open("if", "$request_uri", "~*", spelt)
    asked.add("return", str(action.status), f"{target.removesuffix('?').replace('$1', '$rest')}{query}")


def emit_status(action: Redirect, location: Block) -> None:
    """The same Location with the status that ``rewrite`` doesn't know."""
    location.add("return", str(action.status), "$sent_http_location")


def _of_own(low: Lowering, route: Route, action: Redirect, value: Value, regex: Regex | None) -> list[Value]:
    """Scheme and authority of this server in front of a path."""
    is_local = begins_with(value).startswith("/") or is_path(value, regex)
    if action.relative or not is_local:
        return []
    return [Literal(f"{own_scheme(route.host)}://"), Variable("SELF", self_authority(low, route.host))]


def _has_query(parts: Sequence[Value]) -> bool:
    return any(isinstance(each, Literal) and "?" in each.text for each in parts)


def _drops_query(route: Route) -> bool:
    return route.query == Literal("")


def _emit_known(low: Lowering, route: Route, step: Step, parts: Sequence[Value], location: Block) -> None:
    """A target without any part of the path: what else a client chose must be harmless as it is."""
    assert isinstance(step.action, Redirect)
    said_by = route.host.said_by(step)
    if not all(isinstance(each, Literal) or _is_harmless(each) for each in parts):
        raise CannotAsk("a part that would have to be escaped")
    target = glued(_text(low, each) for each in parts)
    query = "" if _has_query(parts) or _drops_query(route) else "$is_args$args"
    location.add("return", str(step.action.status), f"{target}{query}", claims=(exact(said_by),))


def _is_harmless(part: Value) -> bool:
    """Whether httpd would leave the part as it is: a table's texts were escaped when it was written."""
    texts = texts_of(part)
    if texts is not None:
        return all(escape_path(text) == text for text in texts)
    return is_tame(part) or (isinstance(part, Variable) and part.name in ("SELF", "QUERY_STRING"))


def _emit_as_it_is(low: Lowering, route: Route, action: Redirect, parts: Sequence[Value], location: Block) -> None:
    """NE: nothing is escaped, and 500 is answered where Location would hold a control character (RW-14)."""
    said_by = [each for step in (route.answer,) if step is not None for each in route.host.said_by(step)]
    asked = [each for each in parts if not (isinstance(each, Variable) and each.name == "SELF")]
    breaks = may_break(asked, _CONTROLS)
    if breaks != NEVER:
        refuse_where(low.maps, breaks, 500, location)
    query = "" if _has_query(parts) or _drops_query(route) else "$is_args$args"
    target = glued(_text(low, each) for each in parts)
    location.add("return", str(action.status), f"{target}{query}", claims=(exact(said_by),))


def _text(low: Lowering, part: Value) -> str:
    return part.argument if isinstance(part, Variable) and part.name == "SELF" else text_of(low.maps, part)


def _pattern(action: Redirect, parts: Sequence[Value], regex: Regex | None) -> str:
    """What is kept of the path: what follows a prefix, all of it, or groups of a regex; ``^`` for nothing."""
    captured = any(isinstance(each, Capture) for each in parts)
    if action.prefix:
        return f"(?s)^{escape(action.prefix)}(.*)$"
    if REQUEST_URI in parts:
        if captured:
            raise CannotAsk("the path and captures of it")
        return "(?s)^(.*)$"
    if captured and regex is not None:
        return ("(?i)" if regex.ignore_case else "") + pcre(regex)
    return "^"


def _part(low: Lowering, value: Value, location: Block) -> str:
    """A part of a replacement; a variable that a map makes is asked before, for its regexes would undo ``$1``."""
    match value:
        case Literal(text) if re.search("%(?![0-9A-Fa-f]{2})", text):
            raise CannotAsk("a % that begins no escape, which rewrite would drop")
        case Literal(text):
            return literal(text)
        case Capture("rule" | "section", group) if group:
            return f"${group}"
        case Variable("REQUEST_URI"):
            return "$1"
        case _ if _is_harmless(value):
            text = _text(low, value)
            if "$" not in text:
                return text
            name = low.variable_of(text, name_of_value(value))
            location.add("set", name, text)
            return name
        case _:
            raise CannotAsk("a part that would have to be escaped")

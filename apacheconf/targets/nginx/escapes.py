"""Parts of a URL that rules escape (B, RW-20), said as what is nearest: nginx escapes nothing in a variable (NGX-207).

What follows a fixed beginning of the path is taken from the request line, where the client has escaped it. Another part
stands as it is. Requests are refused where a sign in it would then begin something new.
"""

from __future__ import annotations

from dataclasses import replace

from apacheconf.program.conditions import AllOf, Condition, Matches, Not, Regex
from apacheconf.program.rewrite_maps import escape as escaped
from apacheconf.program.steps import Redirect, SetUri, Step
from apacheconf.program.values import REQUEST_URI, Escaped, Joined, Literal, Matched, Value, Variable
from apacheconf.targets.captures import cut_of, is_plain_group, is_tame, joined, parts_in, parts_of, replaced
from apacheconf.targets.choices import Ask, Place, Tree
from apacheconf.targets.claims import approximated
from apacheconf.targets.nginx.lowering import Lowering
from apacheconf.targets.patterns import escape
from apacheconf.targets.routes import Route

_REQUEST_LINE = Variable("THE_REQUEST")
_QUERY = Variable("QUERY_STRING")
_ESCAPED_BY_CLIENTS = frozenset({"THE_REQUEST", "QUERY_STRING", "HTTP_REFERER"})
#: Signs that mean something in a query, and those that do in any part of a URL.
_IN_QUERIES, _ANYWHERE = "&+;", '"#%<>?\\^`{|}' + "".join(map(chr, (*range(1, 33), 127)))
_SOME = Regex(".")
_NEARLY = (
    "a part that B escapes is written as the client has escaped it, or as it is; 403 is answered where a sign in it "
    "would begin something new"
)

_ONCE = "a part of the request line is written as the client has escaped it, and not escaped once more"


def nearest(low: Lowering, places: list[Place]) -> list[Place]:
    """The places with parts that nginx can say."""
    return [replace(each, tree=_nearest(low, each.tree)) for each in places]


def _nearest(low: Lowering, tree: Tree) -> Tree:
    if isinstance(tree, Ask):
        yes, no = _nearest(low, tree.yes), _nearest(low, tree.no)
        return tree if (yes, no) == (tree.yes, tree.no) else replace(tree, yes=yes, no=no)
    return _of_route(low, tree) if isinstance(tree, Route) else tree


def _of_route(low: Lowering, route: Route) -> Route:
    step = route.answer
    action = None if step is None else step.action
    if step is None or not isinstance(action, SetUri | Redirect):
        return route
    if next(parts_in(action, Escaped), None) is None:
        return _as_clients_escape(low, route, step, action) if isinstance(action, Redirect) else route
    parts = _Parts()
    if isinstance(action, SetUri):
        query = None if action.query is None else parts.said(action.query, in_query=True)
        made: SetUri | Redirect = replace(action, uri=parts.said(action.uri, in_query=False), query=query)
    elif route.unescaped:
        made = replace(action, location=parts.of_url(action.location))
    else:
        return route  # what B has escaped is escaped once more
    low.dropped.append(approximated(route.host.said_by(step), _NEARLY, "escaped-parts"))
    return replace(route, answer=replace(step, action=made), refused=(*route.refused, *parts.refused))


def _as_clients_escape(low: Lowering, route: Route, step: Step, action: Redirect) -> Route:
    """The redirect with parts of the request line as they came, which httpd escapes once more without NE."""
    said = [each for each in parts_of(action.location) if not (isinstance(each, Literal) or is_tame(each))]
    asked = [each for each in said if each != _QUERY]
    if route.unescaped or not asked or not all(_is_of(each, _ESCAPED_BY_CLIENTS) for each in said):
        return route
    low.dropped.append(approximated(route.host.said_by(step), _ONCE, "escaped-once"))
    return replace(route, unescaped=True)


class _Parts:
    """The parts as they are said, and when they can't be."""

    def __init__(self) -> None:
        self.refused: list[Condition] = []

    def of_url(self, url: Value) -> Value:
        """A URL whose query begins with a question mark of the rule's own."""
        made, in_query = [], False
        for part in parts_of(url):
            in_query = in_query or (isinstance(part, Literal) and "?" in part.text)
            made.append(self.said(part, in_query))
        return joined(tuple(made))

    def said(self, value: Value, in_query: bool) -> Value:
        """The value with parts that nginx can say."""
        return replaced(value, lambda each: self._part(each, in_query) if isinstance(each, Escaped) else None)

    def _part(self, part: Escaped, in_query: bool) -> Value:
        inner = part.value
        if isinstance(inner, Matched) and is_plain_group(inner.regex, inner.group) and escaped("-", part) == "-":
            return inner
        if _is_of(inner, _ESCAPED_BY_CLIENTS):
            self._refuse(inner, _IN_QUERIES if in_query else "")
            return inner
        asked = None if part.only or part.spare or part.controls else _in_request_line(inner, in_query)
        if asked is not None:
            self.refused.append(AllOf((Matches(inner, _SOME), Not(Matches(asked, _SOME)))))
            return asked
        signs = _ANYWHERE + (_IN_QUERIES if in_query else "")
        self._refuse(inner, "".join(sign for sign in signs if escaped(sign, part) != sign))
        return inner

    def _refuse(self, value: Value, signs: str) -> None:
        if signs:
            spelt = "".join(rf"\x{ord(sign):02x}" for sign in signs)
            self.refused.append(Matches(value, Regex(f"[{spelt}]")))


def _in_request_line(value: Value, in_query: bool) -> Value | None:
    """What follows a fixed beginning of the path, as the client has written it."""
    if not isinstance(value, Matched) or value.value != REQUEST_URI or value.group != 1:
        return None
    beginning = cut_of(replace(value.regex, pattern=value.regex.pattern.replace("(.+)", "(.*)")))
    others = escape(_IN_QUERIES) if in_query else ""
    written = Regex(rf"^\S+ {escape(beginning or '')}([^?\s{others}]*)[?\s]")
    return Matched(_REQUEST_LINE, written, 1) if beginning else None


def _is_of(value: Value, names: frozenset[str]) -> bool:
    """Whether all of a value comes from variables with these names."""
    match value:
        case Variable(name):
            return name in names
        case Matched(inner, _, _):
            return _is_of(inner, names)
        case Joined(parts):
            return all(isinstance(each, Literal) or _is_of(each, names) for each in parts)
        case _:
            return False

"""Redirects on what rules have made of the path and of the query."""

from __future__ import annotations

from dataclasses import replace

from apacheconf.program.steps import Redirect
from apacheconf.program.uri import escape_path
from apacheconf.program.values import REQUEST_URI, Literal, Value, Variable
from apacheconf.targets.captures import joined, parts_in, parts_of
from apacheconf.targets.known import QUERY_STRING


def with_rest(redirect: Redirect, path: Value) -> Redirect:
    """The redirect with what follows its prefix in a path that rules have made, as a part of its location."""
    if not redirect.prefix or path == REQUEST_URI:
        return redirect
    first, *others = parts_of(path)
    if not isinstance(first, Literal) or not first.text.startswith(redirect.prefix):
        return replace(redirect, prefix="", location=Variable("a path that rules make"))
    rest = Literal(escape_path(first.text[len(redirect.prefix) :]))
    return replace(redirect, prefix="", location=joined((redirect.location, rest, *others)))


def with_query(redirect: Redirect, query: Value) -> Redirect:
    """The redirect with a query that rules have made, which it takes along unless it has one of its own."""
    if query in (QUERY_STRING, Literal("")) or any("?" in each.text for each in parts_in(redirect.location, Literal)):
        return redirect
    if redirect.prefix or not all(isinstance(each, Literal) or each == QUERY_STRING for each in parts_of(query)):
        return replace(redirect, prefix="", location=Variable("a query that rules make"))
    return replace(redirect, location=joined((redirect.location, Literal("?"), query)))

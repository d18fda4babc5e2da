"""ProxyErrorOverride in nginx: pages of the server in the place of what origins say of errors (RS-23, NGX-89).

nginx takes the place of each status that has an ``error_page``, so a location names all that httpd would replace.
"""

from __future__ import annotations

from apacheconf.ledger import Outcome, Written
from apacheconf.program.steps import OverrideErrors, Step
from apacheconf.targets.claims import Claim, approximated, exact, unsupported
from apacheconf.targets.error_documents import TYPE
from apacheconf.targets.nginx import documents
from apacheconf.targets.nginx.lowering import Lowering
from apacheconf.targets.nginx.tree import Block, Directive
from apacheconf.targets.routes import Route

_EVERY = range(400, 600)
#: What nginx itself says of clients that go away; it has no page for that.
_GONE = 499
_KEEPS_GONE = "a 499 of the origin, which HTTP doesn't know, keeps its page"
#: How many statuses stand in a line.
_IN_A_LINE = 20
#: A path, for nginx leads no request that it can't read to a named location: that would be a 500.
_OWN_PAGE = "/.own-page"
_GATEWAY = "a 502 or 504 of the origin gets a page of this server, too, and a 504 becomes 502"
_MORE = "nginx would replace {} too, which ErrorDocument gives a page: what the origin says of errors is left as it is"
_NOT_SCGI = "httpd replaces no answer that comes over SCGI"
_UNREACHABLE = "a 502 of the script is answered as if it had not been reached"


def begin(low: Lowering, routes: list[Route]) -> None:
    """Which statuses some origin of the server won't get through, before any document is written."""
    low.overrides = any(map(_steps, routes))
    low.overrides_504 = any(504 in _codes(route) for route in routes)


def _steps(route: Route) -> list[Step]:
    return [step for step in route.others if isinstance(step.action, OverrideErrors)]


def _codes(route: Route) -> set[int]:
    """What is replaced; of several lines the last counts."""
    steps = _steps(route)
    if not steps:
        return set()
    action = steps[-1].action
    assert isinstance(action, OverrideErrors)
    return set(action.codes) or set(_EVERY)


def emit(low: Lowering, route: Route, location: Block, kind: str = "proxy") -> list[Step]:
    """The lines for a route's origin, or script, which begin with ``kind``; gives the steps that are spoken for.

    Nothing is replaced where nginx would replace more than the line says: another status has a document, too.
    """
    steps, codes = _steps(route), _codes(route)
    if kind == "scgi":
        said_by = [each for step in steps for each in route.host.said_by(step)]
        low.dropped.append(Claim(tuple(said_by), Outcome.NO_EFFECT, _NOT_SCGI, "made-here"))
        return steps
    pages = documents.sayable(low, route).values()
    paged = {status for step in pages for status in (documents.status_of(step),)}
    by_itself = {502} if kind == "fastcgi" else {502, 504}
    if not steps:
        return []
    said_by = [each for step in steps for each in route.host.said_by(step)]
    if more := sorted(paged - codes - by_itself):
        _leave(low, said_by, more, location)
        return steps
    claim = _claim(said_by, codes, kind, location)
    location.add(f"{kind}_intercept_errors", "on", comment=low.sources.comment(said_by), claims=(claim,))
    missing = sorted(codes - paged - by_itself - {_GONE})
    if any(action not in low.documents for action in documents.sayable(low, route)):
        if not low.own_documents:
            documents.emit_set(low, route, list(pages), location)
        location.entries += _lines(missing)
    else:  # what stands at the server holds here, too
        low.own_page |= {*missing}
    low.unpaged = low.unpaged or bool(missing)
    low.overrides_502 = low.overrides_502 or (kind == "fastcgi" and 502 in codes)
    return steps


def _leave(low: Lowering, said_by: list[Written], more: list[int], location: Block) -> None:
    """Says which statuses keep nginx from replacing those that the line names."""
    why = _MORE.format(" and ".join(map(str, more)))
    low.dropped.append(unsupported(said_by, why, "override-more"))
    location.say(f"not translated: {low.sources.comment(said_by)}")


def _claim(said_by: list[Written], codes: set[int], kind: str, location: Block) -> Claim:
    told_apart = any(each.words[-1:] == (documents.UNREACHABLE,) for each in location.directives())
    if not (told_apart and 502 in codes) if kind == "fastcgi" else not codes >= {502, 504}:
        return approximated(said_by, _UNREACHABLE if kind == "fastcgi" else _GATEWAY, "override-gateway")
    return approximated(said_by, _KEEPS_GONE, "override-499") if _GONE in codes else exact(said_by)


def _lines(statuses: list[int]) -> list[Directive]:
    pieces = [statuses[at : at + _IN_A_LINE] for at in range(0, len(statuses), _IN_A_LINE)]
    return [Directive("error_page", (*map(str, each), _OWN_PAGE)) for each in pieces]


def emit_page(low: Lowering, server: Block) -> None:
    """The page of what has no document, and what it stands for. The status stays that of the origin."""
    if not low.unpaged:
        return
    at = max(n for n, each in enumerate(server.entries) if isinstance(each, Directive) and each.name == "error_page")
    server.entries[at + 1 : at + 1] = _lines(sorted(low.own_page))
    server.space()
    location = server.open("location", "=", _OWN_PAGE)
    location.add("internal")
    location.open("types")  # the path's suffix would say the type
    location.add("default_type", TYPE)
    location.add("return", "200", documents.STOCK_PAGE, comment="the status of the error stays")

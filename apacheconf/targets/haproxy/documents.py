"""ErrorDocument in HAProxy: texts and URLs in place of its own pages, wherever a section refuses or fails (HAP-65).

A document that is a path of this server would be asked for again, which HAProxy can't.
"""

from __future__ import annotations

from collections.abc import Sequence

from apacheconf.ledger import Outcome
from apacheconf.program.hosts import Host
from apacheconf.program.steps import OverrideErrors, SetErrorDocument, Step
from apacheconf.program.values import Literal
from apacheconf.targets.choices import Place, routes_in
from apacheconf.targets.claims import Claim, exact, unsupported
from apacheconf.targets.error_documents import DEPENDS, TYPE, lines_of
from apacheconf.targets.haproxy.conditions import Term
from apacheconf.targets.haproxy.lowering import Lowering
from apacheconf.targets.haproxy.tree import Line, Section, plain
from apacheconf.targets.routes import Route

#: The statuses that ``deny`` can answer with, and for which HAProxy takes pages.
STATUSES = frozenset({400, 401, 403, 404, 405, 407, 408, 410, 413, 425, 429, 500, 501, 502, 503, 504})
#: Statuses of answers that httpd makes itself, and HAProxy in its place, without a page.
_WITHOUT_PAGE = frozenset({414, 421})
#: Those whose page a rule brings along.
_BY_RULE = frozenset({417})
_SAID = (STATUSES - {504}) | _BY_RULE
_NOBODY = "nothing that is answered here has this status"
_A_PATH = "the page is a path of this server, which HAProxy can't ask again: it answers with its own page"
_DEPENDS_ON_REQUEST = "the page depends on the request: HAProxy answers with its own page"


def emit_documents(low: Lowering, route: Route, backend: Section, only: int = 0) -> None:
    """The pages of a section that answers the requests of a route, and what became of all its ErrorDocuments.

    ``only`` is the one status that it answers with, if it has no other.
    """
    for step in route.others:
        if isinstance(step.action, SetErrorDocument):
            if only and step.action.status != only:
                low.dropped.append(Claim(lines_of(route.host, step), Outcome.NO_EFFECT, _NOBODY, "error-document"))
            else:
                _emit(low, route, step, step.action, backend)


#: The other statuses of errors that HTTP knows: their pages have no text.
_OTHERS = (402, 406, 409, 411, 412, 414, 415, 416, 417, 418, 421, 422, 423, 424, 426, 428, 431, 451, 505, 506, 507, 508,
           510, 511)  # fmt: skip


def emit_override(low: Lowering, route: Route, backend: Section) -> None:
    """ProxyErrorOverride: errors of the origin get the pages of this server (RS-23, HAP-66)."""
    for step in route.others:
        if isinstance(step.action, OverrideErrors):
            said_by = route.host.said_by(step)
            codes = step.action.codes or tuple(sorted({*STATUSES, *_OTHERS}))
            if 504 in codes:  # it is no late answer
                backend.rule("http-response set-var(txn.answered) bool(true) if { status 504 }")
            begin = len(backend.lines)
            for status in codes:
                _override(route, status, backend)
            backend.lines[begin].comment = low.sources.comment(said_by)
            backend.lines[begin].claims = (exact(said_by),)


def _override(route: Route, status: int, backend: Section) -> None:
    asked = ("{", "status", str(status), "}")
    if status in STATUSES - {401, 504}:
        backend.add("http-response", "deny", "deny_status", str(status), "if", *asked)
        return
    made = documents_of(route).get(status)
    text = ("content-type", TYPE, "string", made.text.text) if made and isinstance(made.text, Literal) else ()
    answer = ("http-response", "return", "status", str(status), *text)
    if status == 401:
        challenged = ("{", "res.fhdr(www-authenticate)", "-m", "found", "}")
        backend.add(*answer, "hdr", "WWW-Authenticate", "%[res.fhdr(www-authenticate)]", "if", *asked, *challenged)
    backend.add(*answer, "if", *asked)


def _emit(low: Lowering, route: Route, step: Step, made: SetErrorDocument, backend: Section) -> None:
    said_by = lines_of(route.host, step)
    why = _why_not(made)
    if why:
        low.dropped.append(unsupported(said_by, why, "error-document"))
    elif made.status in _BY_RULE:
        low.dropped.append(exact(said_by))
    elif made.status not in _SAID or (made.url and made.status == 401):
        low.dropped.append(Claim(said_by, Outcome.NO_EFFECT, _NOBODY, "error-document"))
    else:
        comment = low.sources.comment(said_by)
        for line in page_of(made):
            backend.add(*line, comment=comment, claims=(exact(said_by),))
            comment = ""


def _why_not(made: SetErrorDocument) -> str:
    """Why HAProxy has no words for a document; empty if it has, or if nothing needs any."""
    if made.status in _WITHOUT_PAGE:
        return "HAProxy has a page of its own for this status"
    if made.status not in _SAID:
        return ""
    if made.path:
        return _A_PATH
    if made.value is not None or DEPENDS.search(made.url):
        return _DEPENDS_ON_REQUEST
    text = made.text.text if isinstance(made.text, Literal) else ""
    return "" if made.url or (text and not DEPENDS.search(text)) else _DEPENDS_ON_REQUEST


def page_of(made: SetErrorDocument) -> list[tuple[str, ...]]:
    """The lines for a document. A late answer gets the page of 502, as it gets its status."""
    statuses = [made.status, *([504] if made.status == 502 else [])]
    if made.url:
        return [("errorloc302", str(status), made.url) for status in statuses]
    assert isinstance(made.text, Literal)
    words = ("content-type", TYPE, "string", made.text.text)
    return [("http-error", "status", str(status), *words) for status in statuses]


def documents_of(route: Route) -> dict[int, SetErrorDocument]:
    """The documents of a route that HAProxy has words for, by status."""
    made = (step.action for step in route.others if isinstance(step.action, SetErrorDocument))
    return {each.status: each for each in made if not _why_not(each) and each.status in _SAID}


def of_host(found: list[Place]) -> dict[int, SetErrorDocument]:
    """The documents that hold before sections are asked: those that all requests of the root have."""
    roots = [documents_of(route) for route in routes_in([each for each in found if not each.cell.path])]
    first = roots[0] if roots else {}
    return {status: made for status, made in first.items() if all(each.get(status) == made for each in roots)}


def refuse(low: Lowering, hosts: Sequence[Host], status: int, asked: Term, frontend: Section) -> Line:
    """Answer requests for which ``asked`` holds with a status, and with the page that their host has for it."""
    pages: dict[SetErrorDocument, list[Host]] = {}
    for host in hosts:
        made = low.documents.get(host.number, {}).get(status)
        if made is not None and not (made.url and status == 401):
            pages.setdefault(made, []).append(host)
    for made, some in pages.items():
        words = ("redirect", "location", plain(made.url), "code", "302") if made.url else _returned(made)
        frontend.add("http-request", *words, "if", *asked, *(low.is_one_of(some) if len(some) < len(hosts) else ()))
    how = ("deny", "deny_status") if status in STATUSES else ("return", "status")
    return frontend.add("http-request", *how, str(status), "if", *asked)


def _returned(made: SetErrorDocument) -> tuple[str, ...]:
    assert isinstance(made.text, Literal)
    return "return", "status", str(made.status), "content-type", TYPE, "string", made.text.text

"""ErrorDocument in HAProxy: texts and URLs in place of its own pages, wherever a section refuses or fails (HAP-65).

A document that is a path of this server is the file that lies there; HAProxy can't ask an origin again.
"""

from __future__ import annotations

from collections.abc import Sequence

from apacheconf.ledger import Outcome
from apacheconf.program.hosts import Host
from apacheconf.program.steps import OverrideErrors, SetErrorDocument, Step
from apacheconf.program.values import Literal
from apacheconf.targets.choices import Place, routes_in
from apacheconf.targets.claims import Claim, approximated, equivalent, exact, unsupported
from apacheconf.targets.error_documents import DEPENDS, TYPE, lines_of
from apacheconf.targets.haproxy.conditions import Term
from apacheconf.targets.haproxy.lowering import Lowering
from apacheconf.targets.haproxy.pages import ABSENT
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
_READ_ONCE = "the page is read when HAProxy starts, and sent without Last-Modified and ETag"
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


#: The other statuses of errors that origins are known to send: their pages have no text.
_OTHERS = (402, 406, 409, 411, 412, 414, 415, 416, 417, 418, 419, 421, 422, 423, 424, 426, 428, 431, 451, 505, 506, 507,
           508, 510, 511, 520, 521, 522, 523, 524, 525, 526, 530)  # fmt: skip
_OF_CLASS = "a status that HTTP doesn't know gets the page of its class, and its status, 400 or 500"
_CHALLENGE = "txn.challenge"


def emit_override(low: Lowering, route: Route, backend: Section) -> None:
    """ProxyErrorOverride: errors of the origin get the pages of this server (RS-23, HAP-66)."""
    for step in route.others:
        if isinstance(step.action, OverrideErrors):
            said_by, codes = route.host.said_by(step), step.action.codes
            begin = len(backend.lines)
            for status in codes or sorted({*STATUSES, *_OTHERS}):
                _override(low, route, status, backend)
            for status in () if codes else (400, 500):  # no rule gives any other status
                backend.rule(f"http-response deny deny_status {status} if {{ status {status}:{status + 99} }}")
            claim = exact(said_by) if codes else approximated(said_by, _OF_CLASS, "unknown-status")
            backend.lines[begin].comment, backend.lines[begin].claims = low.sources.comment(said_by), (claim,)


def _override(low: Lowering, route: Route, status: int, backend: Section) -> None:
    asked = f"if {{ status {status} }}"
    if status == 504:  # it is no late answer, and gets no page of one
        backend.rule(f"http-response set-var(txn.answered) bool(true) {asked}")
    answer = answer_of(low, route, status)
    if status == 401:  # a header that is made of the answer itself breaks it off
        backend.rule(f"http-response set-var({_CHALLENGE}) res.fhdr(www-authenticate,1) {asked}")
        challenge = ("hdr", "WWW-Authenticate", f"%[var({_CHALLENGE})]")
        backend.add("http-response", *answer, *challenge, *asked.split(), "{", f"var({_CHALLENGE})", "-m", "found", "}")
    backend.add("http-response", *answer, *asked.split())


def answer_of(low: Lowering, route: Route, status: int) -> tuple[str, ...]:
    """The words for an answer of this server; where these bring headers, HAProxy asks no ``http-error`` for a page."""
    made = documents_of(low, route).get(status)
    headers = allowed(route.host, status) if not made or not made.url else ()
    if status in STATUSES - {401, 504} and not headers:
        return "deny", "deny_status", str(status)
    text = _content(low, route.host, made) if made and not made.url else ()
    return "return", "status", str(status), *text, *headers


def allowed(host: Host, status: int) -> tuple[str, ...]:
    """The words for what httpd says of methods that it refuses: TRACE, or nothing, which ``core`` says."""
    return ("hdr", "Allow", "TRACE") if status in (405, 501) and host.form.limits.trace else ()


def _emit(low: Lowering, route: Route, step: Step, made: SetErrorDocument, backend: Section) -> None:
    said_by = lines_of(route.host, step)
    why = _why_not(low, route.host, made)
    if why:
        drop = approximated if made.path and low.page(route.host, made.path).why == ABSENT.why else unsupported
        low.dropped.append(drop(said_by, why, "error-document"))
    elif made.status in _BY_RULE:
        low.dropped.append(exact(said_by))
    elif made.status not in _SAID or (made.url and made.status == 401):
        low.dropped.append(Claim(said_by, Outcome.NO_EFFECT, _NOBODY, "error-document"))
    else:
        comment = low.sources.comment(said_by)
        claim = equivalent(said_by, _READ_ONCE, "document-fields") if made.path else exact(said_by)
        for line in page_of(low, route.host, made):
            backend.add(*line, comment=comment, claims=(claim,))
            comment = ""


def _why_not(low: Lowering, host: Host, made: SetErrorDocument) -> str:
    """Why HAProxy has no words for a document; empty if it has, or if nothing needs any."""
    if made.status in _WITHOUT_PAGE:
        return "HAProxy has a page of its own for this status"
    if made.status not in _SAID:
        return ""
    if made.path:
        return low.page(host, made.path).why
    if made.value is not None or DEPENDS.search(made.url):
        return _DEPENDS_ON_REQUEST
    text = made.text.text if isinstance(made.text, Literal) else ""
    return "" if made.url or (text and not DEPENDS.search(text)) else _DEPENDS_ON_REQUEST


def page_of(low: Lowering, host: Host, made: SetErrorDocument) -> list[tuple[str, ...]]:
    """The lines for a document. A late answer gets the page of 502, as it gets its status."""
    statuses = [made.status, *([504] if made.status == 502 else [])]
    if made.url:
        return [("errorloc302", str(status), made.url) for status in statuses]
    return [("http-error", "status", str(status), *_content(low, host, made)) for status in statuses]


def _content(low: Lowering, host: Host, made: SetErrorDocument) -> tuple[str, ...]:
    """The words for a page, and for its type."""
    if made.path:
        page = low.page(host, made.path)
        headers = (word for name, value in page.headers for word in ("hdr", name, plain(value) or "%[str()]"))
        return "content-type", page.type, "file", page.file, *headers
    assert isinstance(made.text, Literal)
    return "content-type", TYPE, "string", made.text.text


def documents_of(low: Lowering, route: Route) -> dict[int, SetErrorDocument]:
    """The documents of a route that HAProxy has words for, by status."""
    made = (step.action for step in route.others if isinstance(step.action, SetErrorDocument))
    return {each.status: each for each in made if not _why_not(low, route.host, each) and each.status in _SAID}


def of_host(low: Lowering, found: list[Place]) -> dict[int, SetErrorDocument]:
    """The documents that hold before sections are asked: those that all requests of the root have."""
    roots = [documents_of(low, route) for route in routes_in([each for each in found if not each.cell.path])]
    first = roots[0] if roots else {}
    return {status: made for status, made in first.items() if all(each.get(status) == made for each in roots)}


def refuse(low: Lowering, hosts: Sequence[Host], status: int, asked: Term, frontend: Section) -> Line:
    """Answer requests for which ``asked`` holds with a status, and with the page that their host has for it."""
    pages: dict[tuple[str, ...], list[Host]] = {}
    for host in hosts:
        made = low.documents.get(host.number, {}).get(status)
        if made is not None and not (made.url and status == 401):
            redirect = "redirect", "location", plain(made.url), "code", "302"
            pages.setdefault(redirect if made.url else _returned(low, host, made), []).append(host)
    allow = allowed(hosts[0], status)
    for words, some in pages.items():
        told = allow if words[0] == "return" else ()
        frontend.add(
            "http-request", *words, *told, "if", *asked, *(low.is_one_of(some) if len(some) < len(hosts) else ())
        )
    how = ("deny", "deny_status") if status in STATUSES else ("return", "status")
    return frontend.add("http-request", *how, str(status), *allow, "if", *asked)


def _returned(low: Lowering, host: Host, made: SetErrorDocument) -> tuple[str, ...]:
    return "return", "status", str(made.status), *_content(low, host, made)

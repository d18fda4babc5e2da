"""Backends: who takes the requests of one end of a cell's tree (HAP-1, HAP-27)."""

from __future__ import annotations

from apacheconf.ledger import Outcome
from apacheconf.program.phases import Phase
from apacheconf.program.steps import Redirect, Respond, Step
from apacheconf.targets.choices import Closed
from apacheconf.targets.claims import Claim, approximated, exact, unsupported
from apacheconf.targets.fates import FILES
from apacheconf.targets.haproxy import mod_alias, mod_deflate, mod_proxy
from apacheconf.targets.haproxy.always_table import always_table
from apacheconf.targets.haproxy.conditions import Terms
from apacheconf.targets.haproxy.documents import answer_of, documents_of, emit_documents, page_of
from apacheconf.targets.haproxy.lowering import Lowering
from apacheconf.targets.haproxy.mod_authz_core import admissions, can_say, emit_admission
from apacheconf.targets.haproxy.mod_headers import Headers
from apacheconf.targets.haproxy.reporting import report_unsure
from apacheconf.targets.haproxy.rewriting import can_follow, emit_refused
from apacheconf.targets.haproxy.sharing import both
from apacheconf.targets.haproxy.tree import Section
from apacheconf.targets.routes import Route, kept_in_mind
from apacheconf.targets.unaskable import claims_of_asking

_UNFOLLOWED = "what rules make of the URL can't be said in HAProxy, so nobody answers"
_NOT_ASKED = "what it guards is not served, and nobody is asked for a name there"
_ANSWERED = "it is answered before anybody is asked who it is"


def backend_of(low: Lowering, end: Route | Closed) -> str:
    """The name of the backend, written if it isn't there yet."""
    if isinstance(end, Closed):
        low.dropped += claims_of_asking(low.scopes, end.host, end.asks, end.said_by)
        return _answering(low, end.status, (unsupported(end.said_by, end.why, "closed"),))
    if not can_follow(end, low.environments[end.host.number]):
        said_by = tuple(each for step in (*end.decision, *end.rewriting) if step for each in end.host.said_by(step))
        return _answering(low, 503, (unsupported(said_by, _UNFOLLOWED, "closed"),))
    low.dropped += kept_in_mind(end)
    origin = end.origin(low.program)
    if origin is not None:
        return mod_proxy.backend_for(low, end, origin)
    report_unsure(low, end, spoken_for=mod_deflate.left_alone(low, end))
    low.answers_here = True
    if end.answer and isinstance(end.answer.action, Redirect):
        return mod_alias.backend_for(low, end, end.answer)
    return _answering_route(low, end)


def _answering_route(low: Lowering, route: Route) -> str:
    """The backend for a route that ends here, after those were asked who may."""
    status, claims = _local(route)
    low.lacks_files = low.lacks_files or (status == 404 and route.answer is None)
    guards = _guards(low, route)
    always = [each for each in always_table(route).fields if not low.is_in_front(route.host, each)]
    refused = tuple(route.refused) if route.answer is None else ()
    if not guards and not always and not refused:
        made = documents_of(low, route).get(status)
        page = tuple(page_of(low, route.host, made)) if made else ()
        answer = answer_of(low, route, status)
        name = _answering(low, status, claims, page, answer)
        _add_documents(low, route, status, low.bodies["answers", status, page, answer])
        return name
    policy = tuple((step.action, step.said_by, step.when) for step in (*guards, *always))
    key = "guarded", status, route.host.number, policy, refused, tuple(documents_of(low, route).values())
    if key not in low.bodies:
        said_by = [each for step in (*guards, *always) for each in route.host.said_by(step)]
        wish = f"guarded-{status}" if guards or refused else f"answers-{status}"
        low.bodies[key] = Section("backend", low.names.of(key, wish), low.sources.comment(said_by[:1]))
        low.backends.append(low.bodies[key])
        _fill(low, route, status, low.bodies[key])
    low.bodies[key].claims += claims
    return low.bodies[key].name


def _add_documents(low: Lowering, route: Route, status: int, backend: Section) -> None:
    """The page of a backend that others lead to as well: once, with what all of them claim."""
    own = Section("documents")
    emit_documents(low, route, own, only=status)
    there = {line.words: line for line in backend.lines}
    for line in own.lines:
        known = there.get(line.words)
        if known is None:
            backend.lines.append(line)
        else:
            known.comment, known.claims = both(known.comment, line.comment), known.claims + line.claims


def _fill(low: Lowering, route: Route, status: int, backend: Section) -> None:
    """Refuse what rules do, ask who it is, then answer, with the headers of the table always."""
    emit_documents(low, route, backend)
    terms = Terms("held", low.environments[route.host.number])
    begin = len(backend.lines)
    if route.answer is None:  # rules refuse before anybody is asked who it is
        emit_refused(route, terms, backend)
    if _guards(low, route):
        emit_admission(low, route, terms, backend)
    backend.add("http-request", *answer_of(low, route, status))
    Headers(low, route, backend, terms).emit_always()
    backend.lines[begin:begin] = terms.rules.lines


def _guards(low: Lowering, route: Route) -> list[Step]:
    """The steps that ask who it is before the answer is made, as far as HAProxy can ask."""
    asking = [step for step, _ in admissions(route) if route.answer is None or route.answer.phase > Phase.AUTHN]
    for step, _ in admissions(route):
        if step not in asking:
            low.dropped.append(Claim(route.host.said_by(step), Outcome.NO_EFFECT, _ANSWERED, "answered"))
        elif not can_say(step, low.environments[route.host.number]):
            low.dropped.append(unsupported(route.host.said_by(step), _NOT_ASKED, "admission"))
    return [step for step in asking if can_say(step, low.environments[route.host.number])]


Page = tuple[tuple[str, ...], ...]


def _answering(
    low: Lowering, status: int, claims: tuple[Claim, ...], page: Page = (), answer: tuple[str, ...] = ()
) -> str:
    """The backend that answers everything with a status, in these words; a ``page`` is written by others."""
    answer = answer or ("deny", "deny_status", str(status))
    key = "answers", status, page, answer
    name = low.names.of(key, "not-found" if status == 404 else f"answers-{status}")
    backend = low.bodies.get(key)
    if backend is None:
        backend = Section("backend", name, comment="what no mapping takes" if status == 404 else "")
        backend.add("http-request", *answer)
        low.bodies[key] = backend
        low.backends.append(backend)
    backend.claims += claims
    return name


def _local(route: Route) -> tuple[int, tuple[Claim, ...]]:
    """A cell that no mapping takes: an answer made here, or the 404 of a server without that file."""
    answer = route.answer
    if answer is not None:
        said_by = route.host.said_by(answer)
        if isinstance(answer.action, Respond) and answer.action.body is None:
            return answer.action.status, (exact(said_by),)
        return 503, (unsupported(said_by, "not supported yet for haproxy: 503 is answered", "not-yet"),)
    local = (approximated(route.host.said_by(route.local), FILES, "files"),) if route.local else ()
    return 404, (*local, *((unsupported(route.host.said_by(route.file), FILES, "files"),) if route.file else ()))

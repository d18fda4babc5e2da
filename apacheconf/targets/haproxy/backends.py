"""Backends: who takes the requests of one end of a cell's tree (HAP-1, HAP-27)."""

from __future__ import annotations

from apacheconf.ledger import Outcome
from apacheconf.program.steps import Redirect, Respond, SetErrorDocument
from apacheconf.targets.choices import Closed
from apacheconf.targets.claims import Claim, equivalent, exact, unsupported
from apacheconf.targets.fates import FILES
from apacheconf.targets.haproxy import mod_alias, mod_proxy
from apacheconf.targets.haproxy.documents import STATUSES, documents_of, emit_documents
from apacheconf.targets.haproxy.lowering import Lowering
from apacheconf.targets.haproxy.mod_authz_core import admissions
from apacheconf.targets.haproxy.reporting import report_unsure
from apacheconf.targets.haproxy.tree import Section
from apacheconf.targets.routes import Route, kept_in_mind

_GUARDS_NOTHING = "what it guards is not served: nobody is asked for a name there"


def backend_of(low: Lowering, end: Route | Closed) -> str:
    """The name of the backend, written if it isn't there yet."""
    if isinstance(end, Closed):
        return _answering(low, end.status, (unsupported(end.said_by, end.why, "closed"),))
    low.dropped += kept_in_mind(end)
    origin = end.origin(low.program)
    if origin is not None:
        return mod_proxy.backend_for(low, end, origin)
    report_unsure(low, end)
    if end.answer and isinstance(end.answer.action, Redirect):
        return mod_alias.backend_for(low, end, end.answer)
    for step, _ in admissions(end):
        low.dropped.append(Claim(end.host.said_by(step), Outcome.NO_EFFECT, _GUARDS_NOTHING, "files"))
    status, claims = _local(end)
    page = documents_of(end).get(status)
    name = _answering(low, status, claims, page)
    emit_documents(low, end, low.bodies["answers", status, page], only=status)
    return name


def _answering(low: Lowering, status: int, claims: tuple[Claim, ...], page: SetErrorDocument | None = None) -> str:
    """The backend that answers everything with a status; a ``page`` is written by others."""
    key = "answers", status, page
    name = low.names.of(key, "not-found" if status == 404 else f"answers-{status}")
    backend = low.bodies.get(key)
    if backend is None:
        backend = Section("backend", name, comment="what no mapping takes" if status == 404 else "")
        allow = " hdr Allow TRACE" if status == 405 else ""  # what httpd says of methods that it refuses
        how = "deny deny_status" if status in STATUSES else "return status"
        backend.rule(f"http-request {how} {status}{allow}")
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
    if route.local:
        return 404, (equivalent(route.host.said_by(route.local), FILES, "files"),)
    return 404, (unsupported(route.host.said_by(route.file), FILES, "files"),) if route.file else ()

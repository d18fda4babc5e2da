"""Backends: who takes the requests of one end of a cell's tree (HAP-1, HAP-27)."""

from __future__ import annotations

from apacheconf.ledger import Outcome
from apacheconf.program.steps import Redirect, Respond
from apacheconf.targets.choices import Closed
from apacheconf.targets.claims import Claim, equivalent, exact, unsupported
from apacheconf.targets.fates import FILES
from apacheconf.targets.haproxy import mod_alias, mod_proxy
from apacheconf.targets.haproxy.lowering import Lowering
from apacheconf.targets.haproxy.mod_authz_core import admissions
from apacheconf.targets.haproxy.reporting import report_unsure
from apacheconf.targets.haproxy.tree import Section
from apacheconf.targets.routes import Route, kept_in_mind

#: The statuses that ``deny`` can answer with.
_GUARDS_NOTHING = "what it guards is not served: nobody is asked for a name there"
_DENIALS = frozenset({400, 401, 403, 404, 405, 407, 408, 410, 413, 425, 429, 500, 501, 502, 503, 504})


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
    return _answering(low, *_local(end))


def _answering(low: Lowering, status: int, claims: tuple[Claim, ...]) -> str:
    """The backend that answers everything with a status."""
    name = low.names.of(("answers", status), "not-found" if status == 404 else f"answers-{status}")
    backend = low.bodies.get(("answers", status))
    if backend is None:
        backend = Section("backend", name, comment="what no mapping takes" if status == 404 else "")
        allow = " hdr Allow TRACE" if status == 405 else ""  # what httpd says of methods that it refuses
        backend.rule(f"http-request deny deny_status {status}{allow}")
        low.bodies["answers", status] = backend
        low.backends.append(backend)
    backend.claims += claims
    return name


def _local(route: Route) -> tuple[int, tuple[Claim, ...]]:
    """A cell that no mapping takes: an answer made here, or the 404 of a server without that file."""
    answer = route.answer
    if answer is not None:
        said_by = route.host.said_by(answer)
        if isinstance(answer.action, Respond) and answer.action.status in _DENIALS and answer.action.body is None:
            return answer.action.status, (exact(said_by),)
        return 503, (unsupported(said_by, "not supported yet for haproxy: 503 is answered", "not-yet"),)
    if route.local:
        return 404, (equivalent(route.host.said_by(route.local), FILES, "files"),)
    return 404, (unsupported(route.host.said_by(route.file), FILES, "files"),) if route.file else ()

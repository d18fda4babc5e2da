"""All that a backend does with a request and its answer, but where it leads (HAP-40 to HAP-62).

The order is httpd's: rules refuse, who it is is asked, the request is made, and what comes back is changed.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from apacheconf.program.phases import Phase
from apacheconf.program.steps import NameUser, Step, Table
from apacheconf.program.values import Variable
from apacheconf.program.workers import Origin
from apacheconf.targets.claims import exact, unsupported
from apacheconf.targets.haproxy import mod_authz_core, mod_deflate, mod_expires, mod_setenvif
from apacheconf.targets.haproxy.conditions import Terms
from apacheconf.targets.haproxy.core import emit_charset
from apacheconf.targets.haproxy.documents import emit_documents, emit_override
from apacheconf.targets.haproxy.lowering import Lowering
from apacheconf.targets.haproxy.mod_headers import Headers
from apacheconf.targets.haproxy.reporting import report_unsure
from apacheconf.targets.haproxy.rewriting import emit_refused
from apacheconf.targets.haproxy.samples import fetch_of
from apacheconf.targets.haproxy.sent_headers import emit_kept_host, emit_origin_host, emit_request_headers
from apacheconf.targets.haproxy.sent_urls import emit_url
from apacheconf.targets.haproxy.sessions import drop_untold, emit_told, members_told
from apacheconf.targets.haproxy.tree import Section
from apacheconf.targets.haproxy.way_back import WaysBack, emit_cookies, emit_self, emit_way_back
from apacheconf.targets.haproxy.workers import SPOKEN
from apacheconf.targets.questions import CannotAsk
from apacheconf.targets.routes import NewPath, Route, members


def emit_policy(
    low: Lowering, route: Route, origin: Origin, path: NewPath, backend: Section, shared: WaysBack | None = None
) -> None:
    """All that a backend does but where it leads; for hosts of a kind, which have these ways back, without what names
    their origins. Raises CannotAsk."""
    terms = Terms("held", low.environments[route.host.number])
    _Policy(low, route, origin, path, backend, shared, terms).emit()


@dataclass
class _Policy:
    low: Lowering
    route: Route
    origin: Origin
    path: NewPath
    backend: Section
    shared: WaysBack | None
    terms: Terms
    #: What was said of variables that are set late.
    told_late: list[Step] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        self.told = members_told(self.route, self.origin)
        self.headers = Headers(self.low, self.route, self.backend, self.terms, self.told)

    def emit(self) -> None:
        """Raises CannotAsk."""
        low, route, backend = self.low, self.route, self.backend
        emit_documents(low, route, backend)
        refused = self._refuse_first()
        mod_authz_core.emit_admission(low, route, self.terms, backend)
        _name_user(low, route, backend)
        asked_at = len(backend.lines)
        self._emit_request(refused)
        self._emit_answer()
        backend.lines[asked_at:asked_at] = self.terms.rules.lines
        drop_untold(self.told.set, route, backend)
        emit_charset(low, route, backend)
        report_unsure(low, route, backend, [*self.told_late, *mod_deflate.emit_compression(low, route, backend)])

    def _refuse_first(self) -> bool:
        """Rules outside sections come before anybody is asked who it is (SEM-3): whether they had to."""
        mapping = self.route.mapping
        if mapping is None or mapping.phase >= Phase.AUTHN or not self.route.admits:
            return False
        begin = len(self.backend.lines)
        emit_refused(self.route, self.terms, self.backend)
        self.backend.lines[begin:begin] = self.terms.rules.lines
        self.terms.rules.lines.clear()
        return True

    def _emit_request(self, refused: bool) -> None:
        """What the origin is asked, and told; rules have ``refused`` before."""
        low, route, origin, backend = self.low, self.route, self.origin, self.backend
        self.told_late = mod_setenvif.emit_late(low, route, self.terms)
        late = emit_request_headers(low, route, origin, self.headers, backend)
        if not refused:
            emit_refused(route, self.terms, backend)
        emit_url(route, origin, self.path, self.terms, backend)
        if route.reverses:
            emit_self(low, route.host, backend)
        for emit in late:
            emit()
        if route.keep_host:
            emit_kept_host(low, route, route.keep_host, backend)
        elif self.shared is None:
            emit_origin_host(origin, backend)

    def _emit_answer(self) -> None:
        """What a client gets of the origin's answer, or in its place."""
        low, route, backend = self.low, self.route, self.backend
        emit_override(low, route, backend)
        if SPOKEN[members(self.origin)[0].scheme]:  # FA-4
            backend.rule("http-after-response set-status 500 if { status 503 } { ssl_bc_err gt 0 }",
                         comment="an origin that is not believed is no absent one")  # fmt: skip
        if self.shared is None:
            emit_way_back(low, route, backend)
        else:
            self.shared.emit_shared(low, route.host, backend)
        emit_cookies(low, route, backend)
        mod_expires.emit_expiry(low, route, backend)
        emit_told(self.told.set, self.origin, backend)
        self.headers.emit(Table.ONSUCCESS)
        self.headers.emit_always()


def _name_user(low: Lowering, route: Route, backend: Section) -> None:
    """SSLUserName: what a certificate says takes the place of who has shown a password."""
    for step in route.others:
        if isinstance(step.action, NameUser):
            said_by = route.host.said_by(step)
            try:
                sample = fetch_of(Variable(step.action.variable))
                backend.add("http-request", "set-var(txn.user)", sample, "if", "{", sample, "-m", "found", "}",
                            comment=low.sources.comment(said_by), claims=(exact(said_by),))  # fmt: skip
            except CannotAsk as missing:
                low.dropped.append(unsupported(said_by, f"HAProxy can't say {missing}", "not-yet"))

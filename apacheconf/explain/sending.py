"""The chapters about the origin: which member, the request as it is sent, and what becomes of the answer."""

from __future__ import annotations

from collections.abc import Iterator

from apacheconf.explain.members import Pick, pick_first
from apacheconf.explain.story import Chapter, Sentence, Tone, loses, says
from apacheconf.explain.trail import Trail
from apacheconf.ledger import Written
from apacheconf.program.health import HealthCheck
from apacheconf.program.mod_proxy_fcgi import is_fcgi
from apacheconf.program.steps import (
    AddForwarded,
    EditHeader,
    KeepHost,
    MapBack,
    MapBackCookie,
    OverrideErrors,
    SecureOrigin,
    Table,
)
from apacheconf.program.tls import SECURE
from apacheconf.program.workers import Balancer, Worker

_FORWARDED = {"x-forwarded-for", "x-forwarded-host", "x-forwarded-server"}


def pick(trail: Trail) -> Pick | None:
    """The worker that the request goes to, and why; None when it goes to none."""
    origin = trail.decision.origin
    if isinstance(origin, Balancer):
        return pick_first(origin, trail.request, trail.decision)
    return (
        None if origin is None else Pick(origin, f"{'its handler' if trail.by_handler else 'the mapping'} names it", ())
    )


def chapters(trail: Trail, picked: Pick) -> Iterator[Chapter]:
    yield Chapter("origin", "Which origin gets it", tuple(_origin(trail, picked)))
    if picked.worker is not None:
        yield Chapter("sent", "The request as it is sent", tuple(_sent(trail, picked.worker)))
        yield Chapter("answer", "What becomes of the answer", tuple(_answer(trail, picked.worker)))


def _origin(trail: Trail, picked: Pick) -> Iterator[Sentence]:
    origin = trail.decision.origin
    if isinstance(origin, Balancer):
        count = len(origin.members)
        members = "no members" if not count else "one member" if count == 1 else f"{count} members"
        yield says(f"{origin.name} has {members} and chooses by {origin.lbmethod}.", origin.said_by)
    if picked.worker is None:
        yield says(f"{picked.why[0].upper()}{picked.why[1:]}: the answer is 503.", tone=Tone.REFUSES)
    else:
        worker = picked.worker
        first = " first after a start" if isinstance(origin, Balancer) and len(origin.members) > 1 else ""
        yield says(f"{worker.name} is asked{first}: {picked.why}.", worker.said_by)
        where = f"the socket {worker.socket}" if worker.socket else f"{worker.host}, port {worker.port}"
        pooled = "kept for later requests" if worker.reusable else "closed after the answer"
        yield says(f"The connection goes to {where}, and is {pooled}.")
        yield from _secured(trail, worker)
        if worker.check is not None:
            yield says(_checked(worker.check), worker.said_by)
    for other, why in picked.others:
        yield loses(f"{other.name} {why}." if not why.startswith("its") else f"{other.name}: {why}.", other.said_by)


def _secured(trail: Trail, worker: Worker) -> Iterator[Sentence]:
    """What TLS with the origin asks of it (TB-1 to TB-5)."""
    if worker.scheme not in SECURE:
        return
    tls, directives = trail.decision.tls, _directives(trail, SecureOrigin)
    if not tls.engine:
        yield says(f"SSLProxyEngine is not On, so every request for {worker.name} gets 500.", directives, Tone.REFUSES)
        return
    whose = "the client's Host" if trail.decision.keep_host else worker.host
    checked = [
        "its chain" if tls.verify in ("require", "optional") else "",
        f"that it is for {whose}" if tls.check_name or tls.check_cn else "",
        "its dates" if tls.check_expire else "",
    ]
    asked = ", ".join(filter(None, checked)) or "nothing"
    yield says(f"It speaks TLS; of the origin's certificate is checked: {asked}. What fails it gets 500.", directives)


def _checked(check: HealthCheck) -> str:
    out, back = _times(check.fails, "failure"), _times(check.passes, "success")
    asked = f"Its health is checked by {check.method} every {check.interval:g} s"
    return f"{asked}: it goes out after {out}, and back after {back}."


def _times(count: int, what: str) -> str:
    return f"one {what}" if count <= 1 else f"{count} {what}{'es' if what.endswith('s') else 's'}"


def sent_uri(trail: Trail, worker: Worker) -> str:
    """The path and query of the request to ``worker``; a member's own path comes first (BP-16)."""
    prefix = worker.path if isinstance(trail.decision.origin, Balancer) else ""
    return prefix + trail.decision.uri


def sent_host(trail: Trail, worker: Worker) -> str:
    host = trail.decision.host_header
    return worker.authority if host is None else host


def _sent(trail: Trail, worker: Worker) -> Iterator[Sentence]:
    if is_fcgi(worker):
        yield from _told_script(trail, worker)
        return
    kept, forwarded = _directives(trail, KeepHost), _directives(trail, AddForwarded)
    edited = {
        step.action.name.lower(): trail.said_by(step)
        for step in trail.done(EditHeader)
        if isinstance(step.action, EditHeader) and step.action.table is Table.REQUEST
    }
    yield _line(f"{trail.request.method} {sent_uri(trail, worker)} HTTP/1.1")
    yield _line(f"Host: {sent_host(trail, worker)}", kept)
    for name, value in trail.decision.headers:
        rests_on = edited.get(name.lower(), forwarded if name.lower() in _FORWARDED else ())
        yield _line(f"{name}: {value}", rests_on)
    yield _line(f"Connection: {'Keep-Alive' if worker.reusable else 'close'}")
    reason = "ProxyPreserveHost is on" if trail.done(KeepHost) else "the Host is the origin's, ProxyPreserveHost is off"
    yield says(f"{reason[0].upper()}{reason[1:]}.", kept)


def _told_script(trail: Trail, worker: Worker) -> Iterator[Sentence]:
    """What FastCGI's variables say of the request, the first of them (FC-4), the path as FPM has it in the end."""
    path, _, query = sent_uri(trail, worker).partition("?")
    told = {
        "SCRIPT_FILENAME": path,
        "REQUEST_METHOD": trail.request.method,
        "REQUEST_URI": trail.request.target,
        "QUERY_STRING": query,
    }
    for name, value in told.items():
        yield _line(f"{name}: {value}")
    yield says("FastCGI is spoken: the client's fields go along as HTTP_* variables.")


def _line(text: str, directives: tuple[Written, ...] = ()) -> Sentence:
    return says(text, directives, Tone.LINE)


def _directives(trail: Trail, action: type[object]) -> tuple[Written, ...]:
    return tuple(directive for step in trail.done(action) for directive in trail.said_by(step))


def _answer(trail: Trail, worker: Worker) -> Iterator[Sentence]:
    told = False
    for step in trail.done(MapBack):
        assert isinstance(step.action, MapBack)
        for internal in _internal_urls(step.action, trail):
            told = True
            yield says(f"Location: {internal}... becomes {_public(step.action.path, trail)}...", trail.said_by(step))
    if not told:
        origin = f"{worker.scheme}://{worker.authority}/"
        yield says(
            f"A Location header reaches the client unchanged, also one that names {origin}: no ProxyPassReverse."
        )
    for step in trail.done(MapBackCookie):
        action = step.action
        assert isinstance(action, MapBackCookie)
        part = action.part.value
        yield says(
            f"A cookie's {part} that begins with {action.internal} becomes {action.public}.", trail.said_by(step)
        )
    for step in trail.done(OverrideErrors):
        assert isinstance(step.action, OverrideErrors)
        which = ", ".join(map(str, step.action.codes)) or "400 and above"
        yield says(f"An answer with status {which} is replaced by an error page of our own.", trail.said_by(step))
    for edit in trail.done(EditHeader):
        if isinstance(edit.action, EditHeader) and edit.action.table is not Table.REQUEST:
            yield says(f"Header {edit.action.name}: {edit.action.operation}.", trail.said_by(edit))


def _internal_urls(action: MapBack, trail: Trail) -> list[str]:
    """The URLs that a ProxyPassReverse compares with: for a balancer those of all members (RV-8)."""
    text = trail.host.texts[action.url]
    if action.origin is None:
        return [text]
    origin = trail.program.origin(trail.host, action.origin)
    members = origin.members if isinstance(origin, Balancer) else (origin,)
    return [f"{member.scheme}://{_written_authority(member)}{member.path}{text}" for member in members]


def _written_authority(worker: Worker) -> str:
    return worker.name.partition("://")[2].partition("/")[0]


def _public(path: str, trail: Trail) -> str:
    """RV-4: a path is completed with what the server calls itself (VH-60)."""
    state = trail.decision.state
    return f"{state.self_url}{path}" if path.startswith("/") and state is not None else path

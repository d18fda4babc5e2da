"""Tell the whole story of one request: chapter by chapter, and how it ends."""

from __future__ import annotations

from typing import Any

from apacheconf.explain import arrival, hosts, mapping, sending
from apacheconf.explain.arrival import Arrival
from apacheconf.explain.folders import index_of
from apacheconf.explain.members import Pick
from apacheconf.explain.story import Chapter, Sentence, Story, Tone
from apacheconf.explain.trail import Trail
from apacheconf.program.mod_proxy_fcgi import is_fcgi
from apacheconf.program.program import Program
from apacheconf.program.request import Request


def explain(program: Program, request: Request) -> Story:
    """The story of ``request``. A ``request.local`` without an address is given the one of its listener."""
    arrived = arrival.arrive(program, request)
    first = arrival.chapter(program, arrived)
    if arrived.listener is None:
        port = arrived.request.local[1]
        return Story(_asked(request), "nobody-listens", f"Nobody listens on port {port}.", {}, (first,))
    refused = _handshake(arrived)
    if refused is not None:
        chapters = (Chapter(first.name, first.title, (*first.sentences, refused)),)
        return Story(_asked(request), "no-handshake", refused.text, {}, chapters)
    return _tell(Trail.follow(program, arrived.request), first)


def _tell(trail: Trail, first: Chapter) -> Story:
    picked = sending.pick(trail)
    chapters = [first, hosts.chapter(trail), mapping.chapter(trail)]
    if picked is not None:
        chapters += sending.chapters(trail, picked)
    outcome, summary = _ending(trail, picked)
    return Story(_asked(trail.request), outcome, summary, _facts(trail, picked), tuple(chapters))


def _asked(request: Request) -> str:
    target = request.target
    if target.startswith("/"):
        target = f"{request.scheme}://{request.header('Host') or ''}{target}"
    return f"{request.method} {target}"


def _handshake(arrived: Arrival) -> Sentence | None:
    """A client that speaks TLS to a plain port, or the reverse (VH-53), never gets as far as a virtual host."""
    port = arrived.request.local[1]
    if arrived.request.scheme == "https" and not arrived.speaks_tls:
        return Sentence(f"Port {port} speaks plain HTTP, so the TLS handshake of an https URL fails.", (), Tone.REFUSES)
    if arrived.request.scheme == "http" and arrived.speaks_tls:
        return Sentence(f"Port {port} speaks TLS: a plain request is answered with 400.", (), Tone.REFUSES)
    return None


def _ending(trail: Trail, picked: Pick | None) -> tuple[str, str]:
    """The outcome in one word, and in one sentence."""
    decision = trail.decision
    if picked is not None and picked.worker is not None:
        worker = picked.worker
        if is_fcgi(worker):
            path = sending.sent_uri(trail, worker).partition("?")[0]
            return "proxied", f"{_asked(trail.request)} goes to {worker.name} by FastCGI, for the script {path}."
        sent = f"{trail.request.method} {sending.sent_uri(trail, worker)}"
        host = sending.sent_host(trail, worker)
        return "proxied", f"{_asked(trail.request)} goes to {worker.name} as {sent} with Host {host}."
    if picked is not None:
        return "answered", f"{_asked(trail.request)} is answered with 503."
    if decision.status is not None:
        where = f" to {decision.location}" if decision.location else ""
        return "answered", f"{_asked(trail.request)} is answered with {decision.status}{where}."
    index = index_of(trail)
    if index is not None:
        asked = f"its index is asked of {index.origin.name}{index.condition}"
        return "file", f"{_asked(trail.request)} is a folder, and {asked}."
    return "file", f"{_asked(trail.request)} isn't proxied; it is {decision.file or 'a local file'}."


def _facts(trail: Trail, picked: Pick | None) -> dict[str, Any]:
    decision = trail.decision
    worker = picked.worker if picked else None
    status = 503 if picked is not None and worker is None else decision.status
    return {
        "host": trail.host.title if trail.host.place else None,
        "host_matched": trail.chosen.choice.matched,
        "path": decision.path,
        "status": status,
        "location": decision.location or None,
        "file": decision.file or None,
        "origin": decision.origin.name if decision.origin else None,
        "member": worker.name if worker else None,
        "method": trail.request.method if worker else None,
        "uri": sending.sent_uri(trail, worker) if worker else None,
        "host_header": sending.sent_host(trail, worker) if worker else None,
        "headers": [list(line) for line in decision.headers] if worker else None,
    }

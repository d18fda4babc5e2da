"""SetHandler "proxy:...": a file that is mapped goes to an origin after all, by its name there (FC-3, FC-12, WK-4)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import lru_cache

from apacheconf.modules.core import CoreDirConf
from apacheconf.modules.mod_mime import MimeDirConf
from apacheconf.program.by_request import serves, unknown_balancer
from apacheconf.program.forward import add_forwarded, counted, told_of_forwards
from apacheconf.program.headers import HeaderTable
from apacheconf.program.hosts import Layer
from apacheconf.program.mod_proxy_fcgi import is_fcgi
from apacheconf.program.program import Program
from apacheconf.program.request import Decision
from apacheconf.program.sharing import (
    authority_of,
    balancer_name,
    falls_under,
    generic_worker,
    is_balancer,
    split_socket,
    target_path,
)
from apacheconf.program.uri import canonical
from apacheconf.program.workers import Balancer, Origin, Worker

PREFIX = "proxy:"


def is_proxy(handler: str) -> bool:
    """Whether a handler's name is an origin's URL."""
    return handler.startswith(PREFIX)


def names_origins(layers: Iterable[Layer]) -> bool:
    """Whether a handler of any section is an origin's URL, or may be one."""
    return any(is_proxy(name) or "%{" in name for layer in layers for name in _handlers_of(layer))


def names_in(layer: Layer) -> Iterator[str]:
    """The handlers of a section that are origins' URLs; those that a request completes are not known."""
    yield from (name for name in _handlers_of(layer) if is_proxy(name) and "%{" not in name)


def _handlers_of(layer: Layer) -> Iterator[str]:
    for _, conf in layer.confs:
        if isinstance(conf, CoreDirConf):
            yield conf.set_handler.value
        elif isinstance(conf, MimeDirConf):
            yield from filter(None, conf.handlers.value.values())


def workers_of(program: Program) -> tuple[Worker, ...]:
    """Every worker once, those too that no directive but a handler's names (WK-4)."""
    found = dict.fromkeys(program.workers())
    for host in program.hosts:
        for name in (name for layer in host.shape.layers for name in names_in(layer)):
            origin = origin_of(program, host.origins, name)
            if isinstance(origin, Worker):
                found.setdefault(origin)
    return tuple(found)


def origin_of(program: Program, numbers: tuple[int, ...], handler: str, file: str = "/") -> Origin | None:
    """The origin that a handler's name leads to for a file; None where nobody can say which that is.

    ``numbers`` are the host's origins.
    """
    url = handler[len(PREFIX) :]
    return _named(url + file, program, numbers) or _generic(url)


def proxied(program: Program, decision: Decision, handler: str) -> Decision:
    """The decision for the origin that ``handler`` names; 500 when nobody can say which that is."""
    host, state = decision.host, decision.state
    assert host is not None and state is not None
    url, file = handler[len(PREFIX) :], state.file
    origin = _named(url + file, program, host.origins)
    if origin is None:
        named = balancer_name(url).removeprefix("balancer://") if is_balancer(url) else ""
        origin = unknown_balancer(named) if named else _generic(url)
        state.env["proxy-nokeepalive"] = "1"
    if origin is None:
        return replace(decision, status=500)
    state.mapped = url + file
    headers = HeaderTable((state.headers or HeaderTable(state.request.headers)).lines())
    refused = counted(headers, state.request.method, host.shape.limits.max_forwards)
    if refused is not None:
        return replace(decision, status=refused, note=told_of_forwards(headers, refused))
    path = target_path(url) + file
    path = path if is_fcgi(origin) else canonical(path)
    return replace(
        decision,
        origin=origin,
        uri=path if decision.query is None else f"{path}?{decision.query}",
        headers=_outgoing(headers, decision, origin),
        host_header=_host_header(decision, origin),
        env=dict(state.env),
        handler=handler,
    )


def _named(url: str, program: Program, numbers: tuple[int, ...]) -> Origin | None:
    """The worker that the configuration defines for such URLs."""
    known = [program.origins[number] for number in numbers]
    if is_balancer(url):
        return next((each for each in known if each.name == balancer_name(url)), None)
    plain = split_socket(url)[1]
    fitting = [
        each
        for each in known
        if isinstance(each, Worker)
        and (falls_under(url, each.name) or falls_under(plain, each.name) or (each.matchable and serves(each, plain)))
    ]
    found = max(fitting, key=lambda origin: len(origin.name), default=None)
    if plain == url or not isinstance(found, Worker) or found.socket:
        return found
    there = _generic(url)  # the socket that the handler names, with what is said of the worker (FC-12)
    return replace(found, socket=there.socket) if isinstance(there, Worker) else found


@lru_cache(maxsize=1024)
def _generic(url: str) -> Origin | None:
    try:
        return None if is_balancer(url) else generic_worker(authority_of(url))
    except ValueError:
        return None


def _outgoing(headers: HeaderTable, decision: Decision, origin: Origin) -> tuple[tuple[str, str], ...]:
    """The fields that go out: those of the request for FastCGI, which makes variables of them."""
    state = decision.state
    assert state is not None and decision.host is not None
    if not is_fcgi(origin):
        host = headers.get("Host")
        headers.drop_hop_by_hop()
        headers.unset("Host")
        if decision.add_forwarded:
            add_forwarded(headers, state.request.peer[0], host, decision.host.name)
    return headers.lines()


def _host_header(decision: Decision, origin: Origin) -> str | None:
    state = decision.state
    if decision.keep_host and state is not None:
        return state.header("Host") or (decision.host.name if decision.host else None)
    return None if isinstance(origin, Balancer) else origin.authority

"""The READ phase (OR-1a): which host answers, is the request well-formed, what is its path.

``decide`` starts here. What is refused here never meets a step; the connection is closed after a 400.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import unquote

from apacheconf.program.course import Course
from apacheconf.program.evaluate import State
from apacheconf.program.headers import HeaderTable
from apacheconf.program.hosts import Host
from apacheconf.program.index import names_of
from apacheconf.program.names import HostName, HostRefused, choose_host, parse_host
from apacheconf.program.pretranslate import map_before_decoding
from apacheconf.program.program import Program
from apacheconf.program.remote import client_behind
from apacheconf.program.request import Request
from apacheconf.program.trace import HostChosen, PathRead, Tracer
from apacheconf.program.uri import PathRefused, Target, normalise, parse_target


def read_request(program: Program, request: Request, tracer: Tracer) -> Course:
    """The course of a request whose host and path are known, or which is refused (``course.status``)."""
    refused: tuple[int, str] | None = None
    target, name = Target("/"), None
    try:
        target = parse_target(request.method, request.target)
        given = [value for key, value in request.headers if key.lower() == "host"]
        scheme = own_scheme(program, request.local, request.scheme)
        strict = first_host(program, request.local).shape.limits.strict_hosts
        name = asked_name(given, request.version, request.method, target, scheme, strict)
        check_known(program, request.local, name)
    except PathRefused as refusal:
        refused = refusal.status, str(refusal)
    except HostRefused as refusal:
        refused, name = (400, str(refusal)), name or refusal.asked
    course = _course(program, request, target, name, tracer)
    if refused is None:
        refused = _check(request, target, course, tracer)
    if refused is not None:
        course.refuse(*refused)
    else:
        tracer(PathRead(target.raw_path, course.state.path))
    return course


def _course(program: Program, request: Request, target: Target, name: HostName | None, tracer: Tracer) -> Course:
    choice = choose_host(program.index, *request.local, name.name if name else None, target.raw_path)
    host = program.hosts[choice.host]
    tracer(HostChosen(host, choice, name.name if name else None))
    headers = HeaderTable(request.headers)
    asked = names_itself(request.method, target, own_scheme(program, request.local, request.scheme))
    if asked and headers.get("Host") is not None:  # it takes the place of a Host header, and is none by itself
        headers.replace("Host", target.authority.lower())
    proxies = ""
    if host.remote_ip is not None and request.connection_peer is None:  # a preamble has the first word (RI-5)
        client, proxies = client_behind(host.remote_ip, request.peer[0], headers)
        if client:
            request = replace(request, peer=(client, 0), connection_peer=request.peer)
    state = State(request, host, target.raw_path, target.query, name.name if name else None)
    state.headers, state.asked_host = headers, headers.get("Host") or ""
    if proxies:
        state.notes["remoteip-proxy-ip-list"] = proxies
    sent = "/" + target.raw_path.lstrip("/") if target.raw_path.startswith("//") else target.raw_path
    return Course(program, state, target.raw_path, headers, sent_path=sent)


def own_scheme(program: Program, local: tuple[str, int], scheme: str) -> str:
    """What counts as the connection's scheme: https too where the ServerName of its first host says so (VH-41)."""
    return "https" if first_host(program, local).scheme == "https" else scheme


def first_host(program: Program, local: tuple[str, int]) -> Host:
    """The host that a connection to this address begins with."""
    hosts = program.index.set_for(*local)
    return program.hosts[hosts.hosts[0] if hosts else program.index.main]


def names_itself(method: str, target: Target, scheme: str) -> bool:
    """Whether the target's authority takes the place of the Host header (VH-41)."""
    return bool(target.authority) and (target.scheme == scheme or method == "CONNECT")


def asked_name(
    given: Sequence[str], version: tuple[int, int], method: str, target: Target, scheme: str, strict: bool = True
) -> HostName | None:
    """The host that is asked for: the target's authority, else the Host header; None without (VH-35, VH-41).

    ``given`` are the values of all Host headers, ``scheme`` is ``own_scheme``, ``strict`` that of ``parse_host``.
    Raises HostRefused for what section 6.5 answers with 400.
    """
    if len(given) > 1 and strict:
        raise HostRefused("there are two Host headers")
    if "@" in target.authority and strict:
        raise HostRefused("the target names a user")
    name = _named(given, version, method, target, scheme, strict)
    if not given and (version == (1, 1) or (version > (1, 1) and not names_itself(method, target, scheme))):
        raise HostRefused("a request of HTTP/1.1 needs a Host header", name)
    if target.scheme not in ("", "http", "https") or (method == "CONNECT" and not target.authority):
        raise HostRefused("the target names no host of this server", name)
    return name


def _named(
    given: Sequence[str], version: tuple[int, int], method: str, target: Target, scheme: str, strict: bool
) -> HostName | None:
    """The name alone: that of the target counts, whatever the Host headers are."""
    if names_itself(method, target, scheme):
        authority = target.authority.rpartition("@")[2]
        if method == "CONNECT":  # whatever number its port is (HP-4)
            authority = authority.rpartition(":")[0]
        return parse_host(authority, strict) if authority else None
    if version < (1, 1) and not "".join(given):
        return None
    return parse_host(given[0], strict) if given else None


class HostStranger(HostRefused):
    """The host that is asked for is no name of the server that answers, which wants to know it (StrictHostCheck)."""


def check_known(program: Program, local: tuple[str, int], name: HostName | None) -> None:
    """Raises HostStranger (PV-4)."""
    first = first_host(program, local)
    if name is None or not first.shape.limits.known_hosts_only:
        return
    choice = choose_host(program.index, *local, name.name)
    if choice.matched or (choice.chosen_from is None and name.name in names_of(first)):
        return
    text = f"Requested hostname '{name.name}' did not match any ServerName/ServerAlias in the matching virtual host"
    raise HostStranger(f"{text} (default vhost for current connection is {_place_of(first)})")


def _is_for_another(request: Request, target: Target, host: Host) -> bool:
    """Whether an absolute URL is another server's, which ProxyRequests would ask (FW-1)."""
    if not target.authority or not target.scheme:
        return False
    try:
        asked = parse_host(target.authority, strict=False)
    except HostRefused:
        return True
    port = asked.port or (443 if target.scheme == "https" else 80)
    own = target.scheme == request.scheme and port == (host.port or request.local[1])
    return not own or asked.name not in names_of(host)


def _place_of(host: Host) -> str:
    """File and line, without the column."""
    return str(host.place).rpartition(":")[0] if host.place is not None else "main"


def _check(request: Request, target: Target, course: Course, tracer: Tracer) -> tuple[int, str] | None:
    """The checks after the host is known: Expect, then the path."""
    expect = request.header("Expect")
    if expect and expect.lower() != "100-continue":
        return 417, f"Expect: {expect} can't be met"
    if course.state.host.shape.limits.forwards and _is_for_another(request, target, course.state.host):
        return 500, "forward proxying isn't served"
    if target.raw_path == "*":
        return 200, "the server answers OPTIONS * itself"
    course.received = True
    if map_before_decoding(course, tracer):
        return None
    limits = course.state.host.shape.limits
    try:
        course.state.path = normalise(target.raw_path, limits.encoded_slashes, limits.merge_slashes)
    except PathRefused as refusal:
        course.state.path = refusal.path or unquote(target.raw_path, "latin-1")  # what an error document is told
        if refusal.status == 404:
            course.log(
                "info", "core", f"AH00026: found %2f (encoded '/') in URI path ({request.target}), returning 404"
            )
        else:
            course.log("error", "core", f"AH10244: invalid URI path ({request.target})")
        return refusal.status, str(refusal)
    return None

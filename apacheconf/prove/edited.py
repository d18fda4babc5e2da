"""Requests made from what a program changes in messages (DIF-8): fields that its lines edit are there already, in a
request and in an answer, and an origin names itself and its paths below every mapping.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

from apacheconf.ledger import Written
from apacheconf.program.hosts import Host
from apacheconf.program.program import Program
from apacheconf.program.steps import CookiePart, EditHeader, MapBack, MapBackCookie, MapToOrigin, Step, Table
from apacheconf.program.tls import SECURE
from apacheconf.program.values import Literal
from apacheconf.program.workers import Balancer, Worker
from apacheconf.prove.client import Turn
from apacheconf.prove.members import members, near_misses
from apacheconf.prove.requests import ORIGIN_DATE, Aim, Headers, Probe, request
from apacheconf.syntax.words import split

#: More parts of URL space, and more mappings, than these are not asked of one host.
MOST = 8
#: Fields that frame a message or are the probes' own.
_LEFT = frozenset(
    {
        *("connection", "content-encoding", "content-length", "content-type", "expect", "host", "keep-alive", "server"),
        *("location", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "accept-encoding", "range"),
        *("authorization", "x-ctl", "date"),
    }
)
_DATES = frozenset({"expires", "last-modified", "if-modified-since"})
Valued = Callable[[EditHeader], str]


def generate(program: Program, host: Host, aim: Aim) -> Iterator[Probe]:
    """The probes for ``host``."""
    yield from _of_fields(host, aim)
    yield from _of_mappings(program, host, aim)


def _of_fields(host: Host, aim: Aim) -> Iterator[Probe]:
    """Below each path with other lines, beginning with that of the aim."""
    whole, seen = replace(aim, prefix="/"), set[frozenset[EditHeader]]()
    for path, steps in _places(host, aim):
        edits = [step.action for step in steps if isinstance(step.action, EditHeader)]
        if not edits or frozenset(edits) in seen or len(seen) == MOST:
            continue
        seen.add(frozenset(edits))
        told: list[list[str]] = []
        for words, value in (("fields", _taken), ("near misses of fields", _near)):
            asked = _there(edits, value, of_request=True)
            if asked:
                yield _probe("header", f"{words} that lines change, {path}", request(whole, path=path, headers=asked))
            told = [[name, text] for name, text in _there(edits, value, of_request=False)]
            if told:
                data = request(whole, path=path, orders={"headers": told})
                yield _probe("origin", f"{words} that lines change, {path}", data)
        if told:
            data = request(whole, path=path, orders={"headers": told, "status": 404, "reason": "Not Here"})
            yield _probe("origin", f"fields that lines change, 404, {path}", data)


def _places(host: Host, aim: Aim) -> Iterator[tuple[str, tuple[Step, ...]]]:
    """A path of each cell, and what happens there."""
    own = aim.path(aim.leaf)
    cells = sorted(host.shape.cells, key=lambda cell: not f"{own}/".startswith(f"{cell.path}/"))
    for cell in cells:
        below = f"{own}/".startswith(f"{cell.path}/")
        yield (own if below else f"{cell.path}/x"), cell.steps


def _there(edits: Iterable[EditHeader], value: Valued, *, of_request: bool) -> Headers:
    """Each field once, under the name that its first line gives it."""
    found: dict[str, tuple[str, str]] = {}
    for each in edits:
        if (each.table is Table.REQUEST) is of_request and each.name.lower() not in _LEFT and each.operation != "echo":
            found.setdefault(each.name.lower(), (each.name, value(each)))
    return list(found.values())


def fields_of_requests(steps: Iterable[Step]) -> Headers:
    """The fields of requests that lines change, with values in which they find what they look for."""
    edits = [step.action for step in steps if isinstance(step.action, EditHeader)]
    return _there(edits, _taken, of_request=True)


def names_in(directives: Iterable[Written]) -> tuple[str, ...]:
    """The fields of answers that Header lines name; those that frame a message are left out."""
    words = (split(each.args) for each in directives if each.name.lower() == "header")
    words = (each[1:] if each[:1] and each[0].lower() in ("always", "onsuccess") else each for each in words)
    found = (each[1].rstrip(":") for each in words if len(each) > 1 and each[0].lower() != "echo")
    return tuple(dict.fromkeys(name for name in found if name.lower() not in _LEFT))


def _taken(edit: EditHeader) -> str:
    """A value that a line finds what it looks for in."""
    if edit.operation == "merge" and isinstance(edit.value, Literal):
        return edit.value.text
    return _first(members(edit.regex)) if edit.regex else usual(edit.name)


def _near(edit: EditHeader) -> str:
    return _first(near_misses(edit.regex)) if edit.regex else f"{usual(edit.name)}, others"


def _first(texts: Iterable[str]) -> str:
    return next((each.strip() for each in texts if each.strip() and each.isprintable() and each.isascii()), "theirs")


def usual(name: str) -> str:
    """A value that a field may have, and that no line gives it."""
    if name.lower() in _DATES:
        return ORIGIN_DATE
    return "theirs=1" if name.lower() in ("cookie", "set-cookie") else "theirs"


def _of_mappings(program: Program, host: Host, aim: Aim) -> Iterator[Probe]:
    """What is mapped back, and what nearly is, below each mapping."""
    steps = [*host.shape.server, *(step for cell in host.shape.cells for step in cell.steps)]
    cookies = [step.action for step in steps if isinstance(step.action, MapBackCookie)]
    found: dict[str, MapToOrigin] = {}
    for step in steps:
        if isinstance(step.action, MapToOrigin) and step.action.prefix and not step.action.filled:
            found.setdefault(step.action.prefix, step.action)
    back = {step.action.path.rstrip("/") for step in steps if isinstance(step.action, MapBack)}
    mapped_back = next((prefix for prefix in found if prefix.rstrip("/") in back), "")
    for prefix, action in list(found.items())[:MOST]:
        origin = program.origins[host.origins[action.origin]]
        worker = next(iter(origin.members), None) if isinstance(origin, Balancer) else origin
        scheme = "https" if worker and worker.scheme in SECURE else "http"
        there = f"{scheme}://%self%{action.path}"
        stem = there.rstrip("/")
        whole, path = replace(aim, prefix="/"), prefix.rstrip("/") + "/x"
        if upgrade := _upgrade(worker):
            for protocol in (upgrade, "other/1.0"):
                data = request(whole, path=path, headers=handshake(protocol))
                yield _probe("header", f"Upgrade: {protocol}, {path}", data)
        for words, location, more in (
            ("what is mapped back", f"{stem}/new?q", ""),
            ("near misses of it", f"{stem}x/new", "x"),
        ):
            headers = [[name, location] for name in ("Location", "Content-Location", "URI", "Destination")]
            headers += [["Set-Cookie", each] for each in dict.fromkeys(_cookies(cookies, more))]
            orders: dict[str, Any] = {"status": 302, "reason": "Found", "headers": headers, "body": "moved\n"}
            yield _probe("origin", f"{words}, {path}", request(whole, path=path, orders=orders))
            if prefix == mapped_back and not more:
                yield from _of_hosts(whole, f"{words}, {path}", path, orders)


def _upgrade(worker: Worker | None) -> str:
    """The protocol that an origin may switch to; empty for none."""
    if worker is None or not (worker.upgrade or worker.scheme in ("ws", "wss")):
        return ""
    return "websocket" if not worker.upgrade or worker.upgrade[0].lower() in ("any", "*") else worker.upgrade[0]


def handshake(protocol: str) -> Headers:
    """What a client sends that wants to switch; to websocket with what makes the request a good one (RFC 6455, 4.1)."""
    more = [("Sec-WebSocket-Version", "13"), ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")]
    return [("Connection", "Upgrade"), ("Upgrade", protocol), *(more if protocol.lower() == "websocket" else [])]


def _of_hosts(aim: Aim, name: str, path: str, orders: dict[str, Any]) -> Iterator[Probe]:
    """What takes the place of the origin's name: the one that was asked for, with its port, or the server's own."""
    for port in (80, 443, 99):
        data = request(aim, path=path, host=f"{aim.host}:{port}", orders=orders)
        yield _probe("origin", f"{name}, asked as {aim.host}:{port}", data)
    data = request(aim, path=path, host=None, version="HTTP/1.0", orders=orders)
    yield _probe("origin", f"{name}, without Host", data)


def _cookies(known: Iterable[MapBackCookie], more: str) -> Iterator[str]:
    """Cookies of each path and domain that is mapped back, or nearly."""
    yield "a=1; Path=/; Domain=foreign.test"
    for each in known:
        part = "Path" if each.part is CookiePart.PATH else "Domain"
        yield f"b=2; {part}={each.internal}{more}"
        yield f"c=3; {part.lower()}={each.internal}{'/' if part == 'Path' else '.'}{more}; HttpOnly"


def _probe(about: str, name: str, data: bytes) -> Probe:
    return Probe(f"{about}: {name}", about, (Turn(data),))

"""Requests made from the conditions of a program: each attribute that is asked, as it should be and otherwise (DIF-8).

Conditions that stand together are met together; then one after the other is not. An address is that of the loopback
address which stands in for a network (``neighbours``), for the client's own can't be another machine's.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from ipaddress import IPv4Network, ip_network
from itertools import pairwise, product

from apacheconf.program.admission import Admit
from apacheconf.program.conditions import (
    Compare,
    Condition,
    Glob,
    InNetwork,
    Matches,
    Not,
    OneOf,
    Operator,
    Under,
)
from apacheconf.program.hosts import Cell, Host, LayerKind, Reach
from apacheconf.program.program import Program
from apacheconf.program.steps import AskCertificate, Redirect, Rewrite, Step
from apacheconf.program.values import REQUEST_URI, Call, Literal, Value, Variable
from apacheconf.prove.aims import balanced
from apacheconf.prove.client import Turn
from apacheconf.prove.edited import names_in, usual
from apacheconf.prove.generate import PATHS
from apacheconf.prove.logins import credentials
from apacheconf.prove.members import members, near_misses
from apacheconf.prove.requests import Aim, Probe, request
from apacheconf.targets.captures import parts_in

#: What probes are about whose member has to be the very same (DIF-11).
SESSION = "session"
#: More requests than these are not asked of one host.
MOST = 220
#: More paths than these are not asked with names and passwords.
MOST_GUARDED = 6
#: More sections below paths than these are not asked.
MOST_PAIRS = 12
#: More names of other hosts than these are not asked for.
MOST_OTHERS = 3
#: More clients in the networks of one condition than these do not ask.
MOST_ADDRESSES = 6
#: More fields than these are not answered with.
MOST_TOLD = 12
_ADDRESSES = frozenset({"REMOTE_ADDR", "CONN_REMOTE_ADDR"})
#: Header fields under their old names.
_FIELDS = {"HTTP_HOST": "Host", "CONTENT_TYPE": "Content-Type"}
#: What ends the names of requests that say fields in two lines.
IN_TWO_LINES = "in two lines"
#: What a client sends with Upgrade: websocket (RFC 6455, 4.1): without it the request is no good one.
_HANDSHAKE = [("Sec-WebSocket-Version", "13"), ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")]
#: An address as no server would write it, behind another one.
_ODD = "198.51.100.7, 2001:DB8:0::9"
Atom = Matches | Compare | OneOf | Glob | InNetwork


@dataclass(frozen=True, slots=True)
class Situation:
    """What a request says: ``headers`` by name, ``source`` is the client's address, empty for the usual one.

    ``told`` are the fields that the origin answers with besides its usual ones; ``note`` ends its name.
    """

    path: str
    method: str = "GET"
    query: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    source: str = ""
    certificate: bool = False
    about: str = "condition"
    told: tuple[str, ...] = ()
    note: str = ""

    @property
    def title(self) -> str:
        words = [self.method, self.path + (f"?{self.query}" if self.query else "")]
        words += [f"{name}: {value}" for name, value in self.headers]
        words += [f"from {self.source}"] if self.source else []
        words += [*(["with a certificate"] if self.certificate else []), *([self.note] if self.note else [])]
        return ", ".join([" ".join(words[:2]), *words[2:]])

    def probe(self, aim: Aim) -> Probe:
        whole = replace(aim, prefix="/")
        target = self.path + (f"?{self.query}" if self.query else "")
        named = next((value for name, value in self.headers if name.lower() == "host"), "")
        headers = [each for each in self.headers if each[0].lower() != "host"]
        if any(name.lower() == "upgrade" and value.lower() == "websocket" for name, value in headers):
            headers += _HANDSHAKE
        orders = {"headers": [[name, usual(name)] for name in self.told]}
        data = request(whole, self.method, target, headers, host=named, orders=orders)
        turn = Turn(data, (self.method,))
        return Probe(f"{self.about}: {self.title}", self.about, (turn,), self.source, self.certificate)


def neighbours(program: Program) -> dict[str, str]:
    """Each network that a condition or RemoteIP names, and the loopback address that stands in for it."""
    found: set[str] = set()
    for host in program.hosts:
        for thing in (*host.shape.server, *host.shape.cells, *host.shape.layers):
            found.update(each for atom in parts_in(thing, InNetwork) for each in atom.networks)
        found.update(each for each, _ in (host.remote_ip.trusted if host.remote_ip else ()))
    networks = sorted((each for each in found if ":" not in each and not _is_local(each)), key=ip_network)
    return {each: f"127.0.2.{number}" for number, each in enumerate(networks[:250], 1)}


def _is_local(network: str) -> bool:
    return ip_network(network).overlaps(ip_network("127.0.0.0/8"))


def generate(program: Program, host: Host, aim: Aim, seed: int = 0) -> tuple[tuple[Probe, ...], int]:
    """The probes for ``host``, and how many were left out for being too many."""
    at = neighbours(program)
    made: dict[str, Probe] = {}
    for situation in (*_situations(program, host, aim, at), *_of_sessions(program, host, aim)):
        probe = situation.probe(aim)
        made.setdefault(probe.name, probe)
    names = list(made)
    chosen = set(names if len(names) <= MOST else random.Random(seed).sample(names, MOST))
    return tuple(probe for name, probe in made.items() if name in chosen), len(names) - len(chosen)


def _situations(program: Program, host: Host, aim: Aim, at: dict[str, str]) -> Iterator[Situation]:
    leaf = aim.path(aim.leaf)
    yield from _of_client(program, host, leaf, at)
    yield from _of_users(program, host, leaf)
    told = names_in(program.directives)[:MOST_TOLD]
    for condition in _conditions(host):
        paths = _paths(condition) or [leaf]
        negated = {id(atom) for each in parts_in(condition, Not) for atom in atoms_in(each)}
        ways = ((ways_of(atom, at), id(atom) in negated) for atom in atoms_in(condition))
        asked = [found[::-1] if is_negated else found for found, is_negated in ways if found]
        if asked:
            for path in paths[:2]:
                first, *others = _met(Situation(path), asked)
                yield replace(first, told=told)
                yield from others
                if any(isinstance(each, Step) and isinstance(each.action, Rewrite | Redirect) for each in condition):
                    yield from _spelled(first)


def _spelled(met: Situation) -> Iterator[Situation]:
    """What rules hand on, or refuse: a query, a question mark that is none (RW-11), other escapes."""
    yield from (replace(met, path=f"{met.path}{more}") for more in ("%3Fx", "%C3%A9", "%0Ax", "//x"))
    if not met.query:
        yield replace(met, query="q=1")


def atoms_in(condition: object) -> list[Atom]:
    """What a condition asks, each thing by itself."""
    return list(parts_in(condition, Matches | Compare | OneOf | Glob | InNetwork))  # type: ignore[arg-type]


def _conditions(host: Host) -> Iterator[tuple[object, ...]]:
    """What stands together: a step's condition and all that it does; a section's matcher with those around it."""
    for step in (*host.shape.server, *(step for cell in host.shape.cells for step in cell.steps)):
        yield (step,)
    for layer in host.shape.layers:
        chain = [layer]
        while chain[-1].container is not None:
            chain.append(host.shape.layers[chain[-1].container])
        yield tuple(each.matcher for each in chain)
    for cell in host.shape.cells:
        for step in cell.steps:
            yield _place(cell), step
    yield from _pairs(host)


def _place(cell: Cell) -> Condition:
    """What the path of a request in a cell is."""
    if cell.reach is Reach.BARE and cell.path:
        return Compare(Variable("REQUEST_URI"), Operator.SAME, Literal(cell.path))
    return Under(cell.path or "/")


def _pairs(host: Host) -> Iterator[tuple[object, ...]]:
    """Sections about what a request says, below each path that others are about."""
    asking = [each.matcher for each in host.shape.layers if each.kind is LayerKind.IF and each.container is None]
    places = [_place(cell) for cell in host.shape.cells if cell.path]
    yield from list(product(places, asking))[:MOST_PAIRS]


def _met(plain: Situation, asked: list[list[Situation]]) -> Iterator[Situation]:
    """Everything met; then each time one thing is otherwise; and nothing at all."""
    first = joined(plain, (ways[0] for ways in asked))
    yield first
    for number, ways in enumerate(asked):
        for other in ways[1:]:
            yield joined(plain, (other if at == number else each[0] for at, each in enumerate(asked)))
    yield plain


def joined(plain: Situation, others: Iterable[Situation]) -> Situation:
    """The path of ``plain``, and what all of ``others`` say; of two that say the same thing the later one."""
    made = plain
    for other in others:
        headers = dict(made.headers) | dict(other.headers)
        method = other.method if other.method != "GET" else made.method
        made = Situation(
            made.path, method, other.query or made.query, tuple(headers.items()), other.source or made.source,
            made.certificate or other.certificate,
        )  # fmt: skip
    return made


def ways_of(atom: Atom, at: dict[str, str]) -> list[Situation]:
    """How a request meets an atom, then how it doesn't; nothing where it is not about what a request says."""
    plain = Situation("")
    if isinstance(atom, InNetwork):
        return [*(replace(plain, source=address) for address in _within(atom, at)), plain]
    value = _plain(atom.left if isinstance(atom, Compare) else atom.value)
    texts = _texts(atom)
    if not isinstance(value, Variable) or not texts:
        return []
    if value.name == "REQUEST_METHOD":
        return [replace(plain, method=each) for each in [*texts, "DELETE"] if each.isalpha() and each.isupper()]
    if value.name == "QUERY_STRING":
        return [*(replace(plain, query=each) for each in texts if each.isprintable() and " " not in each), plain]
    name = _field(value)
    return [replace(plain, headers=((name, each),)) for each in texts if each.isprintable()] + [plain] if name else []


def _within(atom: InNetwork, at: dict[str, str]) -> list[str]:
    """Clients that are in one of the networks: those of each, and of the parts of them that others name."""
    networks = [IPv4Network(each) for each in atom.networks if each in at]
    own = [each for each in atom.networks if each in at]
    parts = [each for each in at if any(IPv4Network(each).subnet_of(network) for network in networks)]
    return [at[each] for each in dict.fromkeys([*own[:2], *parts])][:MOST_ADDRESSES]


def _texts(atom: Atom) -> list[str]:
    """Texts that are what an atom looks for, then one that isn't."""
    if isinstance(atom, Matches):
        return [*members(atom.regex)[:2], *near_misses(atom.regex)[:1]]
    if isinstance(atom, Glob):
        return [atom.pattern.replace("*", "x").replace("?", "x")]
    if isinstance(atom, OneOf):
        return [each.text for each in atom.choices if isinstance(each, Literal)]
    if isinstance(atom, Compare) and isinstance(atom.right, Literal):
        number = atom.right.text
        return [number, str(int(number) + 1)] if number.isdecimal() else [number, f"{number}x"]
    return []


def _plain(value: Value) -> Value:
    return value.argument if isinstance(value, Call) else value


def _field(variable: Variable) -> str:
    """The header field that a variable is; empty for others."""
    if variable.name in ("HTTP", "HTTP_OR_ENV"):
        return variable.argument
    if variable.name in _FIELDS:
        return _FIELDS[variable.name]
    return variable.name[5:].replace("_", "-").title() if variable.name.startswith("HTTP_") else ""


def _paths(condition: object) -> list[str]:
    """Paths for which all that is said of the path holds, as far as one word can say it."""
    found: list[str] = []
    for atom in parts_in(condition, Under):
        of_url = atom.value == REQUEST_URI and atom.prefix.startswith("/")  # and not of a folder
        found += [atom.prefix.rstrip("/") + "/x"] if of_url else []
    for match in parts_in(condition, Matches):
        if isinstance(match.value, Variable) and match.value.name in PATHS:
            found += [each for each in members(match.regex) if each.startswith("/") and each.isascii()][:1]
    for same in parts_in(condition, Compare):
        if same.operator is Operator.SAME and isinstance(same.left, Variable) and same.left.name in PATHS:
            found += [same.right.text] if isinstance(same.right, Literal) else []
    return sorted(filter(_is_path, found), key=len, reverse=True)


def _is_path(text: str) -> bool:
    return text.startswith("/") and text.isprintable() and not set(text) & set(" ?#")


def _of_client(program: Program, host: Host, leaf: str, at: dict[str, str]) -> Iterator[Situation]:
    """Who asks: from each network, through proxies that are believed and others, with a certificate."""
    yield from (Situation(leaf, source=address) for address in at.values())
    if host.remote_ip is not None:
        trusted = [str(ip_network(each)[1]) for each, _ in host.remote_ip.trusted if each in at and "/32" not in each][
            :1
        ]
        hops = [f"{before}{each}" for each in trusted for before in (
            "203.0.113.9, ", f"{each}, ", "no address, ", *(
                "198.51.100.7, 203.0.113.9, " + number * f"{each}, " for number in (1, 2))
        )]  # fmt: skip
        usual = "203.0.113.9", "203.0.113.9, 10.0.0.1", "10.0.0.1, 203.0.113.9", "no address", "", "::1", _ODD
        believed = [at[each] for each, _ in host.remote_ip.trusted if each in at]
        unknown = [each for each in at.values() if each not in believed]
        for source in ("", *believed[:MOST_ADDRESSES], *unknown[:1]):
            own = source or "127.0.0.1"
            for text in (*usual, *hops, f"203.0.113.9, {own}", f"{own}, {own}"):
                yield Situation(leaf, headers=((host.remote_ip.header, text),), source=source)
        for source in believed[:1]:
            lines = tuple((host.remote_ip.header, text) for text in ("198.51.100.7, 203.0.113.9", *trusted))
            yield Situation(leaf, headers=lines, source=source, note=IN_TWO_LINES)
    tls = host.front_tls
    others = (each.name for each in program.hosts if each is not host and each.front_tls and each.name != host.name)
    for name in list(dict.fromkeys(others if tls else ()))[:MOST_OTHERS]:  # not the name that the handshake said
        yield Situation(leaf, headers=(("Host", name),))
    if tls is not None and (tls.verify != "none" or any(True for _ in parts_in(host.shape.layers, AskCertificate))):
        yield from (Situation(leaf, certificate=certificate) for certificate in (True, False))
        for cell in host.shape.cells:
            yield Situation(f"{cell.path}/x", certificate=True)


def _of_users(program: Program, host: Host, leaf: str) -> Iterator[Situation]:
    """Who says a name and a password, below each path where one is asked for them, and where nobody is."""
    cells = {(each, cell.reach): cell for cell in host.shape.cells for each in parts_in(cell.steps, Admit) if each.ask}
    if any(each.name.lower() == "authuserfile" for each in program.directives):
        asked = [each.path if each.reach is Reach.BARE else f"{each.path}/x" for each in cells.values()]
        for path in dict.fromkeys((*filter(None, asked[:MOST_GUARDED]), leaf)):
            shown = [("Authorization", text) for text in credentials(program.directives)]
            yield from (Situation(path, headers=(each,)) for each in shown)
            for each in shown[:1]:  # RQ-6: what is meant for a proxy
                yield Situation(path, headers=(each, ("Proxy-Authorization", "Basic eDp5")))


def _of_sessions(program: Program, host: Host, aim: Aim) -> Iterator[Situation]:
    """Requests of a session: its member is asked, be it told by a cookie or in the path; and routes that are none."""
    for leaf, origin in balanced(program, host, aim):
        if not origin.sticky_cookie:
            continue
        routes = list(dict.fromkeys(each.member.route for each in origin.members if each.member and each.member.route))
        separator = origin.sticky_separator
        for one, two in pairwise(routes[:2]):  # told both ways, and only one can be right
            cookie = f"{origin.sticky_cookie}=abc{separator}{one}"
            told = f"{origin.sticky_parameter}=abc{separator}{two}"
            yield Situation(leaf, query=told, headers=(("Cookie", cookie),), about=SESSION)
        for route in routes[:4]:
            session = f"abc{separator}{route}"
            yield Situation(leaf, headers=(("Cookie", f"x=1; {origin.sticky_cookie}={session}"),), about=SESSION)
            yield Situation(f"{leaf};{origin.sticky_parameter}={session}", about=SESSION)
            yield Situation(leaf, query=f"{origin.sticky_parameter}={session}", about=SESSION)
            others = f"a{separator}b{separator}{route}", route, f"abc{separator}{route}x", f'"{session}"'
            for other in others:  # TRAP-79
                yield Situation(leaf, headers=(("Cookie", f"{origin.sticky_cookie}={other}"),))

"""Evaluate conditions and values for one request: the plain interpreter behind ``decide``.

A ``State`` is one round of one request. Variables are read through one table, so that what a name means is
said once; a variable that is not known yet in the current phase is unset (``values.KNOWN_FROM``).
"""

from __future__ import annotations

import operator
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from socket import inet_aton, inet_ntoa
from typing import TYPE_CHECKING

from apacheconf.program.authority import Authority
from apacheconf.program.conditions import (
    AllOf,
    Always,
    AnyOf,
    Compare,
    Condition,
    FromHost,
    Glob,
    InNetwork,
    IsSet,
    Matches,
    Never,
    Not,
    OneOf,
    Operator,
    Regex,
    Test,
    Under,
    UnderFilled,
)  # fmt: skip
from apacheconf.program.environment import Environment
from apacheconf.program.files import FILE_TESTS, is_file
from apacheconf.program.functions import FUNCTIONS
from apacheconf.program.globs import glob_matches
from apacheconf.program.headers import HeaderTable
from apacheconf.program.hosts import Host
from apacheconf.program.messages import Message
from apacheconf.program.naming import Naming, own_name, own_port, port_of, self_url, signature
from apacheconf.program.phases import Phase
from apacheconf.program.prefixes import lies_under, taken
from apacheconf.program.regexes import group_names, search
from apacheconf.program.request import Request
from apacheconf.program.rewrite_maps import escape, look_up
from apacheconf.program.values import (
    Call,
    Capture,
    Chosen,
    Escaped,
    Joined,
    Literal,
    LookAhead,
    Lookup,
    Made,
    Matched,
    OwnText,
    Value,
    Variable,
)
from apacheconf.program.variables import read_variable
from apacheconf.syntax.words import split

if TYPE_CHECKING:
    from apacheconf.program.course import Course


@dataclass
class State:
    """What is known of a request while its steps run.

    ``headers`` is its header table as edited so far (None: as received), ``answer`` the two tables of the response,
    onsuccess and always, once they are there. ``started`` is in seconds since 1970, ``unmapped`` is what a server's
    rules have made of the path, which stands for its file until there is one; ``main_path`` is the path of the request
    that a sub-request belongs to, ``before`` path and query of what an internal redirect led here from,
    ``first_round`` all that was known when the first one was made. ``vary`` are the header fields that expressions and
    rules have asked, ``notes`` what Header has noted, by names in lower case, ``messages`` what is for the error log.
    ``naming`` is what sections say of UseCanonicalName, ``dns_name`` what DNS does; ``asked_host`` is the Host header
    as it came, or the authority in its place.

    ``mapped`` is the URL at an origin as it is written, ``sent`` as its module writes it when fixups begin.
    ``handled_type`` is the type of the file that answers, without the charset of AddDefaultCharset; ``type_so_far``
    tells the type by the name that the request is mapped to.

    ``known_before`` is who it was in the round that led here, and by which type of authentication.
    ``sections`` are the layers that apply in the end, ``sections_before`` those of the round that led here,
    ``fixed_in`` those of the fixups, which a sub-request has from its main request.
    """

    request: Request
    host: Host
    path: str
    query: str | None
    host_name: str | None
    phase: Phase = Phase.READ
    env: Environment = field(default_factory=Environment)
    captures: dict[str, tuple[str | None, ...]] = field(default_factory=dict)
    file: str = ""
    path_info: str = ""
    mapped: str = ""
    sent: str = ""
    handled_type: str = ""
    unmapped: str = ""
    handler: str = ""
    status: int = 200
    rewritten: str | None = None
    headers: HeaderTable | None = None
    answer: tuple[HeaderTable, ...] = ()
    started: float = field(default_factory=time.time)
    sub: bool = False
    main_path: str | None = None
    folder: str = ""
    base: str = ""
    ended: bool = False
    before: tuple[str, str | None] | None = None
    first_round: State | None = field(default=None, repr=False, compare=False)
    document_root: str = ""
    context_root: str = ""
    context_prefix: str = ""
    look_up: Callable[[str, bool], Course] | None = field(default=None, repr=False, compare=False)
    type_so_far: Callable[[], str] | None = field(default=None, repr=False, compare=False)
    user: str | None = None
    auth_type: str = ""
    known_before: tuple[str | None, str] = (None, "")
    asked_user: bool = False
    naming: Naming | None = None
    dns_name: str = ""
    asked_host: str = ""
    vary: list[str] = field(default_factory=list)
    notes: dict[str, str] = field(default_factory=dict)
    sections: tuple[object, ...] = field(default=(), repr=False, compare=False)
    sections_before: tuple[object, ...] = field(default=(), repr=False, compare=False)
    fixed_in: tuple[object, ...] = field(default=(), repr=False, compare=False)
    messages: list[Message] = field(default_factory=list)

    @property
    def authority(self) -> Authority:
        """Who knows users and names."""
        return self.request.authority

    @property
    def asks_itself(self) -> bool:
        """Whether this is a sub-request for what its main request is for; it looks no further (RW-40)."""
        return self.main_path == self.path

    def header(self, name: str) -> str | None:
        """The value of a request field; None if absent."""
        return self.request.header(name) if self.headers is None else self.headers.get(name)

    @property
    def self_url(self) -> str:
        """``scheme://host[:port]`` of URLs that the server makes about itself (VH-60, RV-4)."""
        arrived = self.request.local[1]
        return self_url(self.host, self.called, self.request.scheme, self.asked_host, arrived, self.dns_name)

    @property
    def signature(self) -> str:
        """What ServerSignature puts below pages made here (ED-5)."""
        arrived = self.request.local[1]
        return signature(self.host, self.called, self.request.scheme, self.asked_host, arrived, self.dns_name)

    @property
    def called(self) -> Naming:
        """How the server calls itself where the sections apply that are known to."""
        return self.naming or self.host.naming

    @property
    def own_name(self) -> str:
        """The server's name as UseCanonicalName wants it (VH-60)."""
        return own_name(self.host, self.called, self.host_name, self.dns_name)

    @property
    def root(self) -> str:
        """The DocumentRoot that holds for this request."""
        return self.document_root or self.host.document_root

    @property
    def scheme(self) -> str:
        """That of the connection, or https where the ServerName says so (VH-60)."""
        return "https" if self.host.scheme == "https" else self.request.scheme

    @property
    def asked_port(self) -> int:
        """The port that the client named, or that of the server's own URLs (VH-60)."""
        return port_of(self.called, self.asked_host, self.self_port)

    @property
    def self_port(self) -> int:
        """The port of URLs that the server makes about itself where the client names none (VH-60)."""
        return own_port(self.host, self.called, 443 if self.scheme == "https" else 80, self.request.local[1])


def holds(condition: Condition, state: State) -> bool:
    """Whether ``condition`` holds now; a match leaves its captures in the state."""
    match condition:
        case Always():
            return True
        case Never():
            return False
        case Not(inner):
            return not holds(inner, state)
        case AllOf(conditions):
            return all(holds(each, state) for each in conditions)
        case AnyOf(conditions):
            return any(holds(each, state) for each in conditions)
        case Under(prefix, _, as_mapping=True):
            return taken(state.path, prefix) > 0
        case Under(prefix, value):
            return lies_under(text_of(value, state), prefix)
        case UnderFilled(filled):
            return taken(state.path, text_of(filled, state)) > 0
        case Matches(value, regex, captures):
            return _matches(text_of(value, state), regex, captures, state)
        case Compare(left, op, right):
            return _COMPARE[op](text_of(left, state), text_of(right, state))
        case Glob(value, pattern, crosses, ignore_case):
            return glob_matches(text_of(value, state), pattern, crosses, ignore_case)
        case OneOf(value, choices):
            return text_of(value, state) in {text_of(choice, state) for choice in choices}
        case InNetwork(value, networks):
            return in_networks(text_of(value, state), networks)
        case IsSet(variable):
            return (
                variable.known_from <= state.phase
                and read_variable(variable.name, variable.argument, state) is not None
            )
        case FromHost(names, forward):
            return _comes_from(split(text_of(names, state)), forward, state)
        case Test(letter, value):
            if letter in "FU":
                return _answers(state, letter, text_of(value, state))
            return _TESTS[letter](text_of(value, state))


def text_of(value: Value, state: State) -> str:
    """The text that ``value`` has now."""
    match value:
        case Literal(text):
            return text
        case OwnText(number):
            return state.host.texts[number]
        case Joined(parts):
            return "".join(text_of(part, state) for part in parts)
        case Capture(name, group):
            groups = state.captures.get(name, ())
            return (groups[group] or "") if group < len(groups) else ""
        case Variable(name, argument, missing, varies):
            if varies:
                state.vary.append(varies)
            known = value.known_from <= state.phase
            found = read_variable(name, argument, state) if known else None
            return missing if found is None else found
        case Call(function, argument):
            return FUNCTIONS[function](text_of(argument, state))
        case LookAhead():
            return _ahead(state, value)
        case Matched(whole, regex, group):
            return ((search(regex, text_of(whole, state)) or ("",) * (group + 1))[group]) or ""
        case Made():
            return text_of(value.value, state)
        case Chosen(condition, yes, no):
            return text_of(yes if holds(condition, state) else no, state)
        case Escaped(inner):
            return escape(text_of(inner, state), value)
        case Lookup():
            asked = text_of(value.key, state)
            imagined = value.kind == "prg" and state.request.imagined
            found = None if imagined else look_up(value, asked, state.messages)
            return text_of(value.default, state) if found is None else found


def _matches(text: str, regex: Regex, captures: str, state: State) -> bool:
    groups = search(regex, text)
    if captures and (groups is not None or captures != "cond"):
        state.captures[captures] = groups or ()
    if captures == "rule":  # a rule starts without captures of conditions; one that fails keeps those before it
        state.captures.pop("cond", None)
    return groups is not None


def named_groups(regex: Regex, state: State) -> dict[str, str]:
    """What a section's named groups matched, as the variables ``MATCH_NAME`` (LOC-7)."""
    groups = state.captures.get("section", ())
    names = group_names(regex)
    return {f"MATCH_{name.upper()}": groups[number] or "" for name, number in names.items()}


#: Numbers with dots that may be fewer than four, octal or hexadecimal: ``1.2.3`` is 1.2.0.3.
_SHORT_ADDRESS = re.compile(r"[0-9a-fx.]+", re.IGNORECASE)
_INTEGER = re.compile(r"[ \t\n\v\f\r]*(?P<sign>[+-]?)0*(?P<digits>[0-9]*)")


def in_networks(address: str, networks: tuple[str, ...]) -> bool:
    """Whether an address lies in one of the networks; a v4-mapped IPv6 address counts as IPv4 (EXPR-23).

    What is no address lies nowhere: names are not looked up.
    """
    try:
        ip = ip_address(inet_ntoa(inet_aton(address)) if _SHORT_ADDRESS.fullmatch(address) else address)
    except (ValueError, OSError):
        return False
    mapped = getattr(ip, "ipv4_mapped", None)
    return any((mapped or ip) in network or ip in network for network in map(ip_network, networks))


def _comes_from(names: Sequence[str], forward: bool, state: State) -> bool:
    """Whether the client has one of the names, or a name below it at a dot; only names that lead back count."""
    address = state.request.peer[0]
    if forward:
        return any(address in state.authority.addresses(name) for name in names)
    own = (state.authority.client_name(address) or "").lower()
    return bool(own) and any(_lies_in_domain(own, name.lower()) for name in names)


def _lies_in_domain(name: str, domain: str) -> bool:
    if name == domain:
        return True
    return name.endswith(domain) and (domain[:1] == "." or name[: -len(domain)].endswith("."))


def _integer(text: str) -> int:
    """Leading decimal digits, else 0; beyond 64 bits the nearest (EXPR-5)."""
    found = _INTEGER.match(text)
    if found is None or not found["digits"]:
        return 0
    number = int(found["digits"]) if len(found["digits"]) < 20 else 1 << 63
    return max(-number, -1 << 63) if found["sign"] == "-" else min(number, (1 << 63) - 1)


def _on_integers(compare: Callable[[int, int], bool]) -> Callable[[str, str], bool]:
    return lambda left, right: compare(_integer(left), _integer(right))


def _by_length(compare: Callable[[tuple[int, str], tuple[int, str]], bool]) -> Callable[[str, str], bool]:
    return lambda left, right: compare((len(left), left), (len(right), right))


_COMPARE: dict[Operator, Callable[[str, str], bool]] = {
    Operator.SAME: operator.eq,
    Operator.DIFFERENT: operator.ne,
    Operator.BEFORE: operator.lt,
    Operator.BEFORE_OR_SAME: operator.le,
    Operator.AFTER: operator.gt,
    Operator.AFTER_OR_SAME: operator.ge,
    Operator.EQ: _on_integers(operator.eq),
    Operator.NE: _on_integers(operator.ne),
    Operator.LT: _on_integers(operator.lt),
    Operator.LE: _on_integers(operator.le),
    Operator.GT: _on_integers(operator.gt),
    Operator.GE: _on_integers(operator.ge),
    Operator.LENGTH_LT: _by_length(operator.lt),
    Operator.LENGTH_LE: _by_length(operator.le),
    Operator.LENGTH_GT: _by_length(operator.gt),
    Operator.LENGTH_GE: _by_length(operator.ge),
}

_TESTS: dict[str, Callable[[str], bool]] = {
    "n": bool,
    "z": lambda text: not text,
    "T": lambda text: text.lower() not in ("", "0", "off", "false", "no"),
    **FILE_TESTS,
}


def _ahead(state: State, value: LookAhead) -> str:
    """What a variable would be in a sub-request for the URL so far (RW-40)."""
    if state.look_up is None or state.asks_itself:
        return ""
    path = read_variable("REWRITTEN_HERE" if state.folder else "REWRITTEN", "", state) or ""
    as_file = value.as_file and not (state.folder and path.startswith("/"))  # what isn't below the folder is a URL
    if as_file:
        path = (state.rewritten or state.file or state.path) + (state.path_info if state.folder else "")
    elif state.folder and not path.startswith("/"):  # without RewriteBase httpd asks for the file's path
        path = (state.base or state.folder) + path
    found = state.look_up(path, as_file).state
    found.phase = Phase.FIXUPS
    return text_of(value.value, found)


def _answers(state: State, letter: str, target: str) -> bool:
    """Whether a sub-request for a URL (U) or a file (F) would be answered (RW-42, EXPR-26)."""
    if state.look_up is None or not target or state.asks_itself:
        return False
    found = state.look_up(target, letter == "F")
    status = found.status or 200
    return status < 400 if letter == "U" else status < 300 and is_file(found.state.file)

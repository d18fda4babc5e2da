"""Policies at work for a host, and what requests and answers became under them, remembered (RQ-2, RV, NGX-31).

A ``Plan`` is what a request line became, a ``Block`` what a header block became; both are kept in bounded memos
keyed by the very bytes, because clients send the same ones again and again (as HPACK knows). A plan or a block
is only ever made from bytes that were read strictly, so a hit means that those bytes were.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from apacheconf.program.handling import InputRules
from apacheconf.program.headers import HeaderTable
from apacheconf.program.hosts import Host
from apacheconf.program.messages import Levels
from apacheconf.program.naming import Naming
from apacheconf.program.program import Program
from apacheconf.program.request import Decision
from apacheconf.program.steps import CookiePart, MapBack, MapBackCookie
from apacheconf.program.workers import Balancer
from apacheconf.runtime.answer import CookieReverse, Reverse, reverse_mapper
from apacheconf.runtime.authority import Watch
from apacheconf.runtime.compile import Policy
from apacheconf.runtime.filters import Filtering
from apacheconf.runtime.forward import Lines, header_lines
from apacheconf.runtime.mod_headers import edited_lines
from apacheconf.runtime.pool import Service
from apacheconf.runtime.strict import Fields
from apacheconf.runtime.watching import FolderWatch

#: Entries of all memos of a server together (each at most a few KiB).
MEMO_SIZE = 8192

if TYPE_CHECKING:
    from apacheconf.runtime.known_files import KnownFile
    from apacheconf.runtime.site import Site


class Memos:
    """The memos of a server. When they are full all are emptied, which costs less than keeping order.

    What is still in use comes back with the next request; memory is bounded however many hosts there are.
    """

    def __init__(self, size: int = MEMO_SIZE) -> None:
        self._size = size
        self._count = 0
        self._all: list[dict[bytes, Any]] = []

    def make(self) -> dict[bytes, Any]:
        """A new memo."""
        self._all.append({})
        return self._all[-1]

    def put(self, memo: dict[bytes, Any], key: bytes, value: object) -> None:
        """Remember one thing more."""
        self._count += key not in memo
        if self._count > self._size:
            for each in self._all:
                each.clear()
            self._count = 1
        memo[key] = value


class Forwarding:
    """A policy at work for one host: how requests go out, how answers come back, and the answers seen before."""

    __slots__ = (
        "add_forwarded",
        "answer_edits",
        "answer_steps",
        "charset",
        "closing",
        "cookies",
        "documents",
        "filtering",
        "inflates",
        "keep_host",
        "levels",
        "named",
        "naming",
        "override",
        "per_request",
        "replies",
        "request_edits",
        "reverses",
        "server_name",
        "tls",
    )

    def __init__(self, policy: Policy, host: Host, program: Program, memos: Memos) -> None:
        self.keep_host = policy.keep_host
        self.add_forwarded = policy.add_forwarded
        self.reverses = tuple(_reverse(entry, host, program) for entry in policy.map_back)
        self.cookies = tuple(_cookie(entry) for entry in policy.map_back_cookies)
        self.documents = {document.status: document for document in policy.error_documents}
        self.override = policy.override_errors
        self.charset = policy.charset.encode("latin-1")
        self.server_name = host.name.encode("latin-1")
        self.request_edits = policy.request_edits
        self.answer_edits = policy.answer_edits
        self.answer_steps = policy.answer_steps
        self.per_request = policy.per_request
        self.tls = policy.tls
        self.filtering = Filtering(policy.filters, policy.told) if policy.filters or policy.told else None
        self.inflates = any(isinstance(each, InputRules) and "deflate" in each.names for each in policy.told)
        self.levels = policy.levels
        self.naming = policy.naming
        self.named = policy.named
        self.replies: dict[bytes, KnownReply] = memos.make()
        self.closing: dict[bytes, KnownReply] = memos.make()

    def lines(self, fields: Fields, host: bytes | None) -> Lines:
        """The header lines for the origin."""
        if self.request_edits:
            return edited_lines(self.request_edits, fields, self.add_forwarded, host, self.server_name)
        return header_lines(fields, self.add_forwarded, host, self.server_name)

    def map_back(self, value: bytes, self_url: bytes) -> bytes | None:
        return reverse_mapper(self.reverses, self_url)(value)


@dataclass(slots=True)
class KnownReply:
    """What an answer's head becomes for a client of HTTP/1.1 that stays; ``dated`` when the origin sent a Date.

    ``counted`` are the bytes that count as read: the status line's and the body's (LB-19).
    """

    first: bytes
    rest: bytes
    dated: bool
    length: int
    status: int
    counted: int


@dataclass(slots=True, eq=False)
class Plan:
    """What a request line becomes for one host; a key of what is remembered of it, by identity.

    With a service: ``method uri`` goes there under ``forwarding``. Without: ``decision`` says what is answered
    here. ``fields`` are the outgoing header fields where ``decide`` made them itself, ``lines`` the same in a plan
    that was remembered, which holds as long as the files under ``watch`` stay as they are; ``file`` is one
    that was sent under it. ``asked`` are the request's fields after RequestHeader. ``switches`` is what
    variables say about the messages (``switches``).
    """

    method: bytes
    uri: bytes
    service: Service | None
    forwarding: Forwarding
    decision: Decision | None = None
    fields: Fields | None = None
    host_header: bytes | None = None
    line: bytes = b""
    switches: Mapping[str, str] = field(default_factory=dict)
    lines: Lines | None = None
    watch: Watch | FolderWatch | None = None
    file: KnownFile | None = None
    asked: HeaderTable | None = None
    request_start: bytes = field(init=False)

    def __post_init__(self) -> None:
        self.request_start = b"%b %b HTTP/1.1\r\nHost: " % (self.method, self.uri)

    @property
    def edits_requests(self) -> bool:
        """Whether RequestHeader has lines for requests that nobody has decided about."""
        return self.decision is None and bool(self.forwarding.request_edits)

    @property
    def levels(self) -> Levels | None:
        """What the request's sections say of LogLevel."""
        return self.decision.levels if self.decision is not None else self.forwarding.levels

    @property
    def naming(self) -> Naming | None:
        """What they say of UseCanonicalName."""
        return self.decision.naming if self.decision is not None else self.forwarding.naming


class Block:
    """What a header block became: the site it leads to and the lines that go out.

    ``stay`` is False where it asks to close, ``length`` that of the body in bytes. ``plans`` are those that ``decide``
    made for it, by request line, and by the client's address where it counts.
    """

    __slots__ = ("fields", "forwarding", "host", "length", "lines", "plans", "site", "stay")

    def __init__(self, site: Site, fields: Fields, host: bytes | None, stay: bool = True, length: int = 0) -> None:
        self.stay: bool = stay
        self.length: int = length
        self.site = site
        self.fields = fields
        self.host = host
        self.forwarding: Forwarding | None = None
        self.lines = Lines(b"")
        self.plans: dict[bytes, Plan] = {}

    def lines_for(self, plan: Plan) -> Lines:
        """The lines that a plan brings, or those under its policy; the last policy's are kept."""
        if plan.lines is not None:
            return plan.lines
        forwarding = plan.forwarding
        if forwarding is not self.forwarding:
            self.lines, self.forwarding = forwarding.lines(self.fields, self.host), forwarding
        return self.lines


def _reverse(entry: MapBack, host: Host, program: Program) -> Reverse:
    text = host.texts[entry.url] if entry.text is None else entry.text
    path = entry.path.encode("latin-1")
    if entry.origin is None:
        return Reverse((text.encode("latin-1"),), path)
    origin = program.origin(host, entry.origin)
    members = origin.members if isinstance(origin, Balancer) else (origin,)
    if text in ("", "/"):
        return Reverse(tuple(member.name.encode("latin-1") for member in members), path, one_slash=path == b"/")
    return Reverse(tuple((member.name.removesuffix("/") + text).encode("latin-1") for member in members), path)


def _cookie(entry: MapBackCookie) -> CookieReverse:
    attribute = b"path" if entry.part is CookiePart.PATH else b"domain"
    return CookieReverse(attribute, entry.internal.encode("latin-1"), entry.public.encode("latin-1"))

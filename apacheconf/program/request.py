"""A request as the program sees it, and the decision it comes to. Data only; ``decide`` makes the one of the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

from apacheconf.program.authority import NOBODY, Authority
from apacheconf.program.files import Located
from apacheconf.program.handling import Told, default_rules
from apacheconf.program.hosts import Cell, Host
from apacheconf.program.messages import Levels, Message
from apacheconf.program.naming import Naming
from apacheconf.program.steps import (
    AddFilter,
    AskCertificate,
    Log,
    MapBack,
    MapBackCookie,
    SetErrorDocument,
    Step,
)
from apacheconf.program.tls import NO_TLS, OriginTls
from apacheconf.program.workers import Balancer, Origin

if TYPE_CHECKING:
    from apacheconf.program.evaluate import State

R = TypeVar("R", bound=Told)
Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it was received. Text is latin-1; header names keep their spelling and order.

    ``local`` is the address and port the configuration speaks of (after ``--listen``), ``peer`` the client's.
    ``target`` is the request-target as sent. ``version`` is (1, 1) or (1, 0) or (0, 9). ``tls`` are the SSL_ variables
    of a connection over TLS, whose SNI is ``sni``. ``authority`` is asked about users, and about names of addresses;
    ``connection_peer`` is who is connected, where a preamble or a header has told who the client is.
    ``ask_certificate`` asks a client over TLS for one, and gives the status that refuses the request, or 0
    (``runtime.secured``); it may raise Pending.
    ``turn`` tells which request of which connection it is: one that is decided twice is the same one still.
    ``line_method`` is what stands in the request line where something is asked for by GET in its place.
    ``log_ids`` tells by which names the error log knows the request and its connection so far, empty ones for none.
    An ``imagined`` request is for a configuration of another machine: folders that aren't here are taken to be there.
    """

    method: str = "GET"
    target: str = "/"
    headers: Headers = ()
    version: tuple[int, int] = (1, 1)
    local: tuple[str, int] = ("127.0.0.1", 80)
    peer: tuple[str, int] = ("127.0.0.1", 40000)
    scheme: str = "http"
    tls: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)
    sni: str = ""
    imagined: bool = False
    connection_peer: tuple[str, int] | None = None
    turn: tuple[int, int] = field(default=(0, 0), compare=False, repr=False)
    authority: Authority = field(default=NOBODY, compare=False, repr=False)
    ask_certificate: Callable[[AskCertificate], int] | None = field(default=None, compare=False, repr=False)
    line_method: str = ""
    log_ids: Callable[[], tuple[str, str]] | None = field(default=None, compare=False, repr=False)

    @property
    def as_get(self) -> Request:
        """The same asked by GET, with the request line as it was sent."""
        return replace(self, method="GET", line_method=self.line_method or self.method)

    @property
    def connected(self) -> tuple[str, int]:
        """Who is connected, be it the client or a proxy."""
        return self.connection_peer or self.peer

    def header(self, name: str) -> str | None:
        """The value of ``name``, repeated lines joined by ``, `` as httpd joins them (RQ-4); None if absent."""
        name = name.lower()
        values = [value for key, value in self.headers if key.lower() == name]
        return ", ".join(values) if values else None


@dataclass(frozen=True, slots=True)
class Decision:
    """What the program says about a request, before any origin was asked.

    Either ``origin`` is set and the request goes there as ``method uri`` with ``headers`` (which lack only
    framing and Connection, and Host where it depends on the member that is chosen: ``host_header`` None), or
    ``status`` is the answer made here (``location`` for redirects, ``body`` for texts). ``file`` is the mapped
    file of a request that no origin takes. ``keep_alive`` False closes the client's connection (a 400).
    ``add_forwarded`` is ProxyAddHeaders, ``keep_host`` says that the origin gets the client's Host, ``tls`` how TLS is
    spoken where its scheme asks for it. ``answers_expect``: 100 Continue is said here (RQ-21). ``via`` is what
    ProxyVia adds, both ways.
    ``fields`` are what an error made here brings
    (Allow), ``user`` is who it is, or says so, ``client`` the client's address where it isn't the connection's
    (RI-4). ``vary`` are lines of the fields that were asked; ``note`` explains an error in its page, which has no
    length where a redirect is ``lost``: the status of one whose Location would break the head.
    ``turn_of`` is a balancer whose member has its turn although nobody is asked. ``by_rules``: rules have said so.
    ``redirect_to`` is where rules lead a sub-request, whose own internal redirect isn't made.
    ``response_headers``, ``early_headers`` and ``early_own`` are what ``response`` edits the answer with, under
    ``state``; an HTTP origin's own fields replace the last.
    """

    host: Host | None
    cell: Cell | None = None
    path: str = ""
    query: str | None = None
    origin: Origin | None = None
    uri: str = ""
    host_header: str | None = None
    keep_host: bool = False
    add_forwarded: bool = False
    answers_expect: bool = False
    via: str = ""
    headers: Headers = ()
    status: int | None = None
    location: str = ""
    body: str | None = None
    file: str = ""
    path_info: str = ""
    located: Located | None = None
    vary: tuple[str, ...] = ()
    redirect_to: str = ""
    by_rules: bool = False
    note: str = ""
    lost: int = 0
    turn_of: Balancer | None = None
    handler: str = ""
    keep_alive: bool = True
    env: Mapping[str, str] = field(default_factory=dict)
    map_back: tuple[MapBack, ...] = ()
    map_back_cookies: tuple[MapBackCookie, ...] = ()
    response_headers: tuple[Step, ...] = ()
    early_headers: Headers = ()
    early_own: Headers = ()
    error_documents: tuple[SetErrorDocument, ...] = ()
    override_errors: tuple[int, ...] | None = None
    charset: str = ""
    tls: OriginTls = NO_TLS
    filters: tuple[AddFilter, ...] = ()
    told: Mapping[type[Told], Told] = field(default_factory=dict)
    logs: tuple[Log, ...] = ()
    rounds: int = 0
    messages: tuple[Message, ...] = ()
    levels: Levels | None = None
    naming: Naming | None = None
    fields: Headers = ()
    user: str | None = None
    client: tuple[str, int] | None = None
    state: State | None = field(default=None, compare=False, repr=False)

    @property
    def edits_answer(self) -> bool:
        """Whether the answer's fields are not just those of whoever answers."""
        return bool(self.response_headers or self.early_headers or self.early_own)

    @property
    def asking_nobody(self) -> Decision:
        """The same without the challenge that asks for a password."""
        kept = tuple(pair for pair in self.early_headers if pair[0] != "WWW-Authenticate")
        return self if len(kept) == len(self.early_headers) else replace(self, early_headers=kept)

    def rules(self, kind: type[R]) -> R:
        """What handlers and filters are told in this kind of settings; the defaults where nobody said anything."""
        found = self.told.get(kind)
        return found if isinstance(found, kind) else default_rules(kind)

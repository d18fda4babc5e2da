"""Hosts: who answers a connection and a Host header, and the shape of what each host does.

The index is VH-30 to VH-36 as data: the address of the connection picks one set of hosts, the name picks one
host of that set. A host is a *shape* (steps, layers, cells; shared by all hosts that do the same) and the
tables that fill its numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import Enum
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from apacheconf.ledger import Written
from apacheconf.modules.declare import Conf
from apacheconf.program.conditions import Condition
from apacheconf.program.messages import ErrorLog
from apacheconf.program.naming import Naming
from apacheconf.program.remote import RemoteIp
from apacheconf.program.remote_proxies import Remote
from apacheconf.program.steps import Step
from apacheconf.program.tls import FrontTls
from apacheconf.source import Place

if TYPE_CHECKING:
    from apacheconf.program.layers import LayerBuilder


#: Addresses of a Listen at which connections to any address arrive: which one it was decides about the host (VH-30).
EVERYWHERE = frozenset({"", "0.0.0.0", "::"})


@dataclass(frozen=True, slots=True)
class Listener:
    """A Listen: ``address`` is empty for all addresses; ``protocol`` http or https (VH-6)."""

    address: str
    port: int
    protocol: str = "http"
    said_by: tuple[Written, ...] = field(default=(), compare=False)

    @property
    def is_everywhere(self) -> bool:
        """Whether it hears at all addresses, of IPv4 alone where it says ``0.0.0.0``."""
        return self.address in EVERYWHERE


@dataclass(frozen=True, slots=True)
class Alike:
    """Hosts that say the same but for words of their own (``copies``), by their numbers, and the lines of each.

    ``own`` are the words that what they do says (``own_words``), none where it says none. ``make_model`` gives one of
    them with what stands for these words; None where that would do something else.
    """

    hosts: list[int] = field(default_factory=list)
    written: list[tuple[Written, ...]] = field(default_factory=list)
    own: list[dict[str, str]] = field(default_factory=list)
    make_model: Callable[[Host], Host | None] = lambda host: host

    def add(self, host: int, written: tuple[Written, ...], own: dict[str, str]) -> None:
        self.hosts.append(host)
        self.written.append(written)
        self.own.append(own)


@dataclass(frozen=True, slots=True)
class AddressSet:
    """The hosts of one address:port, in the order of the configuration; None stands for ``*``.

    ``exact`` maps each literal name to the first host (a position in ``hosts``) that has it, ``wild`` lists the
    wildcard aliases with theirs in order, ``paths`` the ServerPaths. Hosts are numbers into ``Program.hosts``.
    """

    address: str | None
    port: int | None
    hosts: tuple[int, ...]
    exact: dict[str, int]
    wild: tuple[tuple[str, int], ...] = ()
    paths: tuple[tuple[str, int], ...] = ()

    def position_of(self, name: str) -> int | None:
        """The position of the first host that ``name`` (lower case, no port, no final dot) matches (VH-31)."""
        best = self.exact.get(name)
        for pattern, position in self.wild:
            if best is not None and position >= best:
                break
            if fnmatchcase(name, pattern):
                return position
        return best

    def position_by_path(self, path: str) -> int | None:
        """The position of the first host whose ServerPath the path of a request without Host lies under (VH-35).

        The path is as sent, not decoded; slashes at its beginning count as one.
        """
        path = "/" + path.lstrip("/")
        for prefix, position in self.paths:
            if path.startswith(prefix) and (path[len(prefix) :][:1] in ("", "/") or prefix.endswith("/")):
                return position
        return None


@dataclass(frozen=True, slots=True)
class HostIndex:
    """All address sets, most specific kinds first (VH-30), and the main server's number."""

    sets: tuple[AddressSet, ...]
    main: int

    def set_for(self, address: str, port: int) -> AddressSet | None:
        """The one set that answers connections to this local address; None means the main server."""
        for key in ((address, port), (address, None), (None, port), (None, None)):
            for candidate in self.sets:
                if (candidate.address, candidate.port) == key:
                    return candidate
        return None


class LayerKind(Enum):
    """Sections, in the order in which they merge (MRG-1, MRG-4)."""

    SERVER = "server"
    PROXY = "Proxy"
    DIRECTORY = "Directory"
    HTACCESS = ".htaccess"
    FILES = "Files"
    LOCATION = "Location"
    IF = "If"


@dataclass(frozen=True, slots=True)
class Layer:
    """One section's settings with its matcher; ``container`` is the layer it is nested in.

    ``matcher`` is over the request (Location, If), the mapped URL (Proxy) or the mapped file. ``confs`` maps a
    module's name to its settings; only ``fold`` reads them. ``order`` sorts the layers of a request (MRG-1), those of
    ``.htaccess`` files among them; for a plain directory and a ``.htaccess`` its third number is the depth.
    """

    kind: LayerKind
    matcher: Condition
    confs: tuple[tuple[str, Conf], ...]
    title: str = ""
    container: int | None = None
    said_by: tuple[int, ...] = ()
    order: tuple[int, ...] = ()

    def __hash__(self) -> int:
        """By all but the matcher, which seldom tells apart what the settings don't."""
        return hash((self.kind, self.title, self.said_by, self.order, self.confs))


class Reach(Enum):
    """Which part of the URL space under a path a cell is (NGX-31)."""

    BARE = "the path itself"
    BELOW = "the path with a slash, and all below it"


@dataclass(frozen=True, slots=True)
class Cell:
    """A part of URL space in which the same layers apply and the same steps run.

    ``path`` is without its final slash, empty for the root. ``layers`` apply for certain; ``maybe`` are the
    layers whose matcher must be asked per request (regex, If, Directory, Files, Proxy), and ``steps`` are
    complete when there are none of them. ``steps`` stand in the order in which they run.
    """

    path: str
    reach: Reach
    layers: tuple[int, ...]
    maybe: tuple[int, ...]
    steps: tuple[Step, ...]

    @property
    def title(self) -> str:
        return f"= {self.path}" if self.reach is Reach.BARE else f"{self.path}/"


@dataclass(frozen=True, slots=True)
class Reading:
    """RequestReadTimeout for a part of a request: seconds at first (0: no end), at most (0: no such end), and how many
    bytes buy one second more (0: none do)."""

    initial: float
    most: float = 0.0
    rate: int = 0


@dataclass(frozen=True, slots=True)
class Limits:
    """What the connection and the reading of a request may cost. Seconds and bytes."""

    timeout: float = 60.0
    keep_alive: bool = True
    keep_alive_timeout: float = 5.0
    max_keep_alive_requests: int = 100
    request_line: int = 8190
    request_field_size: int = 8190
    request_fields: int = 100
    handshake: Reading = Reading(0.0)
    header: Reading = Reading(20.0, 40.0, 500)
    body: Reading = Reading(20.0, 0.0, 500)
    proxy_timeout: float | None = None
    via: str = "Off"
    max_forwards: int = -1
    bad_header: str = "IsError"
    io_buffer: int = 8192
    blocked: tuple[str, ...] = ()
    remotes: tuple[Remote, ...] = ()
    no_proxy: tuple[str, ...] = ()
    trace: bool = True
    trace_bodies: bool = False
    forwards: bool = False
    merge_slashes: bool = True
    encoded_slashes: str = "Off"
    strict_hosts: bool = True
    known_hosts_only: bool = False
    server_tokens: str = "Full"
    said_by: tuple[int, ...] = ()

    @property
    def header_timeout(self) -> float:
        """Seconds that a request's head may take when nothing buys more."""
        return self.header.initial


#: A way of ProxyPassInterpolateEnv, and the steps outside sections where it holds.
Flipped = tuple[bool, tuple[Step, ...]]


@dataclass(frozen=True, slots=True)
class Shape:
    """What a host does, without what belongs to it alone.

    ``server`` are the steps that stand outside every section, ``layers`` the sections in merge order (the
    first is the server's own per-directory defaults), ``cells`` the URL space folded (sorted by path, bare
    before below). ``dead`` are steps that no request can reach, with the reason. ``maps_early``: a mapping compares the
    path before it is decoded. ``flipped`` is ``server`` for requests for which a section has turned
    ProxyPassInterpolateEnv the other way, with that way; None where that changes nothing.
    It ``renames`` where a section says UseCanonicalName.
    """

    server: tuple[Step, ...]
    layers: tuple[Layer, ...]
    cells: tuple[Cell, ...]
    limits: Limits
    dead: tuple[tuple[Step, str], ...] = ()
    maps_early: bool = False
    flipped: Flipped | None = None
    renames: bool = False


@dataclass(frozen=True, slots=True)
class Host:
    """A virtual host, or the main server when ``place`` is None.

    ``form`` is what it does, but for words of its own where it is one of many that are alike: then it is the first
    one's, and ``make_shape`` gives its own.

    ``name`` and ``port`` are ServerName's (port None when not given), ``scheme`` its scheme. The tables fill
    the numbers of the shape: ``directives``, ``origins`` (numbers into ``Program.origins``), ``texts``. ``named_by``
    are the directives that name it: the VirtualHost, ServerName, ServerAlias, ServerAdmin. ``errors`` is its error log,
    ``access_names`` are AccessFileName's,
    ``recursion`` how many internal redirects and sub-requests there may be.
    ``make_builder`` gives what makes layers of ``.htaccess`` files, always the same; None where none is ever read.
    ``front_tls`` is how it speaks TLS with clients, if it does, ``remote_ip`` whom it believes about their address.
    ``preamble`` are the networks whose connections to its address come without the PROXY protocol; None if all do.
    """

    number: int
    name: str
    port: int | None
    scheme: str
    aliases: tuple[str, ...]
    place: Place | None
    form: Shape
    directives: tuple[Written, ...]
    origins: tuple[int, ...]
    texts: tuple[str, ...]
    server_path: str = ""
    naming: Naming = Naming()
    tls: bool = False
    admin: str = ""
    front_tls: FrontTls | None = None
    remote_ip: RemoteIp | None = None
    preamble: tuple[str, ...] | None = None
    named_by: tuple[Written, ...] = ()
    errors: ErrorLog = ErrorLog()
    access_names: tuple[str, ...] = (".htaccess",)
    document_root: str = ""
    recursion: tuple[int, ...] = (10, 10)
    make_builder: Callable[[], LayerBuilder] | None = field(default=None, compare=False, repr=False)
    make_shape: Callable[[], Shape] | None = field(default=None, compare=False, repr=False)

    @property
    def shape(self) -> Shape:
        """What the host does."""
        return self.form if self.make_shape is None else self.make_shape()

    @property
    def builder(self) -> LayerBuilder | None:
        """What makes layers of ``.htaccess`` files; None where none is ever read."""
        return None if self.make_builder is None else self.make_builder()

    @property
    def canonical_name(self) -> bool:
        """Whether ServerName counts, outside sections, and not what the client calls the server. Under UseCanonicalName
        DNS it does where DNS knows no name of the address, which is all that is known before a request."""
        return self.naming.canonical or self.naming.by_dns

    @property
    def canonical_port(self) -> bool:
        """Whether ServerName's port counts, and not the one that the client names, as it does under UseCanonicalName
        DNS (VH-60)."""
        return self.naming.canonical

    @property
    def physical_port(self) -> bool:
        return self.naming.physical_port

    def said_by(self, step: Step) -> tuple[Written, ...]:
        """The directives that a step of this host came from."""
        return self.written(step.said_by)

    def written(self, numbers: Iterable[int]) -> tuple[Written, ...]:
        """Directives by their numbers; those of ``.htaccess`` files that were read meanwhile come behind the host's."""
        found = tuple(numbers)
        try:
            return tuple([self.directives[number] for number in found])
        except IndexError:
            own = len(self.directives)
        later = () if self.builder is None else self.builder.linker.directives
        return tuple(self.directives[number] if number < own else later[number] for number in found)

    @property
    def title(self) -> str:
        return f"{self.name}:{self.port}" if self.port else self.name

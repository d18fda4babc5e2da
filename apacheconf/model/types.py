"""The model: servers, virtual hosts and sections with the settings each module has for them.

Where the expanded tree says what was written, the model says what holds: a host's confs are those of the main
server merged with its own (INH). Sections stay apart, in the order in which they were written, the main
server's before the host's (INH-12); merging them is a question of the request (MRG-1) and the program's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

from apacheconf.diagnostics import Diagnostic
from apacheconf.expand.tree import Expanded, Node
from apacheconf.model.bound import Bound, Directive
from apacheconf.model.order import in_walk_order
from apacheconf.modules.declare import Conf
from apacheconf.modules.mpm_common import Listen

C = TypeVar("C", bound=Conf)


@dataclass(frozen=True, slots=True, eq=False)
class Section:
    """A section that holds per-directory settings.

    ``kind`` is ``Directory``, ``Location``, ``Files``, ``If``, ``ElseIf``, ``Else``, ``Proxy``, ``Limit`` or
    ``LimitExcept``; the Match forms have the same kind and ``regex`` set. ``pattern`` is the argument (for Limit the
    methods, separated by blanks; for Else empty). ``confs`` maps a module's name to what this section sets,
    without the sections in it.
    """

    kind: str
    pattern: str
    regex: bool
    node: Node
    confs: dict[str, Conf]
    sections: tuple[Section, ...] = ()

    def conf(self, of: type[C]) -> C:
        """This section's own conf of that class, its defaults if no directive of it stands here."""
        return _conf(self.confs, of)


@dataclass(frozen=True, slots=True)
class Address:
    """An address of a virtual host as written, IP in canonical text; None stands for ``*`` (VH-10, VH-11)."""

    host: str | None
    port: int | None

    def __str__(self) -> str:
        host = "*" if self.host is None else f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{'*' if self.port is None else self.port}"


@dataclass(frozen=True, slots=True, eq=False)
class ServerSettings:
    """What holds in a server.

    ``server_confs`` and ``dir_confs`` are effective: the main server's merged with the host's. The ``own`` ones
    hold what was written in this scope alone. ``sections`` are the main server's, then the host's.
    """

    server_confs: dict[str, Conf]
    dir_confs: dict[str, Conf]
    own_server_confs: dict[str, Conf]
    own_dir_confs: dict[str, Conf]
    sections: tuple[Section, ...]
    own_sections: tuple[Section, ...]


@dataclass(frozen=True, eq=False)
class Server:
    """The main server (``directive`` is None) or a virtual host.

    Its settings are made when they are first asked for: of ten thousand hosts that say the same only one is asked.
    """

    directive: Directive | None
    #: Hosts that name the same addresses in the same words have the same tuple.
    addresses: tuple[Address, ...]
    make: Callable[[], ServerSettings] = field(repr=False)

    @cached_property
    def settings(self) -> ServerSettings:
        """What holds here."""
        return self.make()

    @property
    def node(self) -> Node | None:
        """The ``<VirtualHost>``."""
        return self.directive.node if self.directive else None

    @property
    def server_confs(self) -> dict[str, Conf]:
        return self.settings.server_confs

    @property
    def dir_confs(self) -> dict[str, Conf]:
        return self.settings.dir_confs

    @property
    def own_server_confs(self) -> dict[str, Conf]:
        return self.settings.own_server_confs

    @property
    def own_dir_confs(self) -> dict[str, Conf]:
        return self.settings.own_dir_confs

    @property
    def sections(self) -> tuple[Section, ...]:
        return self.settings.sections

    @property
    def own_sections(self) -> tuple[Section, ...]:
        return self.settings.own_sections

    def server_conf(self, of: type[C]) -> C:
        """The effective server conf of that class, its defaults if nothing is set."""
        return _conf(self.server_confs, of)

    def dir_conf(self, of: type[C]) -> C:
        """The effective per-directory conf outside all sections."""
        return _conf(self.dir_confs, of)


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """A whole configuration. ``listeners`` are in the order written; ``inferred`` ones nobody wrote (fragments)."""

    expanded: Expanded
    bound: Bound
    main: Server
    hosts: tuple[Server, ...]
    listeners: tuple[Listen, ...]
    diagnostics: tuple[Diagnostic, ...] = field(default=())

    @property
    def all_diagnostics(self) -> tuple[Diagnostic, ...]:
        """What reading, binding and building found, in the order in which httpd would meet it (MOD-3, MOD-4)."""
        walked = in_walk_order(self.expanded, self.bound.diagnostics, self.diagnostics)
        return (*self.expanded.diagnostics, *walked)

    @property
    def servers(self) -> tuple[Server, ...]:
        """The main server, then the virtual hosts in the order written."""
        return (self.main, *self.hosts)


_DEFAULTS: dict[type[Conf], Conf] = {}


def is_unset(conf: Conf) -> bool:
    """Whether ``conf`` is what a scope has of a module that nobody said anything of."""
    return _DEFAULTS.get(type(conf)) is conf


def _conf(confs: dict[str, Conf], of: type[C]) -> C:
    found = confs.get(of.module)
    if found is None:
        found = _DEFAULTS.get(of)
    if isinstance(found, of):
        return found
    default = _DEFAULTS[of] = of()
    return default

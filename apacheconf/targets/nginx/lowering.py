"""What the pieces of the nginx emitter share while they lower one program."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from apacheconf.program.conditions import Condition
from apacheconf.program.handling import Pairs
from apacheconf.program.hosts import Host, LayerKind, Reach
from apacheconf.program.program import Program
from apacheconf.program.steps import Action, MapBack, MapToFile, SetErrorDocument, Step
from apacheconf.program.workers import Origin
from apacheconf.targets.choices import Place
from apacheconf.targets.claims import Claim
from apacheconf.targets.naming import Names
from apacheconf.targets.nginx.connections import PLAIN, Connections
from apacheconf.targets.nginx.joined import Joined
from apacheconf.targets.nginx.maps import Maps
from apacheconf.targets.nginx.tree import Block, Directive
from apacheconf.targets.scopes import Scopes
from apacheconf.targets.sources import Sources

if TYPE_CHECKING:
    from apacheconf.targets.nginx.copies import Alike

#: A file that isn't there: ``try_files`` wants one before it goes on.
NO_FILE = "/.no-such-file"


@dataclass(frozen=True)
class Back:
    """How an origin's answers are mapped back (``way_back``): what values match, and what they become; the same in
    lines for Location.
    """

    entries: tuple[tuple[str, str], ...]
    redirects: list[Directive] = field(default_factory=list)


@dataclass
class Lowering:
    """``upstreams`` are written before the servers; ``written`` remembers which origins are in it,
    ``formats`` are those of logs, each with its name.
    ``dropped`` are claims of what has no line in the output.
    """

    program: Program
    version: tuple[int, ...]
    sources: Sources
    scopes: Scopes
    maps: Maps = field(default_factory=Maps)
    names: Names = field(default_factory=Names)
    upstreams: Block = field(default_factory=Block)
    #: Servers that stand in upstreams in the place of members.
    members: Block = field(default_factory=Block)
    written: dict[object, Origin] = field(default_factory=dict)
    formats: dict[str, str] = field(default_factory=dict)
    dropped: list[Claim] = field(default_factory=list)
    #: Of each host, by the steps that say it.
    ways_back: dict[tuple[bool, int, tuple[Step, ...]], Back] = field(default_factory=dict)
    #: What connections with origins have agreed on, by the numbers that hosts which are alike know it by.
    agreed: list[Connections] = field(default_factory=lambda: [PLAIN])
    #: Set while a server is written that is one of many.
    alike: Alike | None = None
    #: The places of the server that is being written.
    places: list[Place] = field(default_factory=list)
    #: When a file answers for a path of its hosts (``document_sources.is_file``): every route of a place asks that.
    files_at: dict[tuple[int, str], Condition | None] = field(default_factory=dict)
    #: What the server that is being written says of errors for all its paths.
    documents: set[Action] = field(default_factory=set)
    #: The same for single locations, and the named location of each text.
    own_documents: set[Action] = field(default_factory=set)
    texts: dict[SetErrorDocument, str] = field(default_factory=dict)
    #: Whether the server that is being written has folders whose missing index is a 404.
    lists_nothing: bool = False
    #: Whether its scripts are told who has shown a password.
    tells_user: bool = False
    #: Whether they are told which path was asked for first, and which was the first that rules would see.
    tells_first: bool = False
    tells_url: bool = False
    #: The cells of the server that is being written in which documents of errors lie, with their statuses.
    document_cells: dict[tuple[str, Reach], list[int]] = field(default_factory=dict)
    #: Those for which an error becomes another one while they aren't there.
    lost_documents: set[SetErrorDocument] = field(default_factory=set)
    #: Those that scripts answer with.
    script_documents: set[SetErrorDocument] = field(default_factory=set)
    #: The named location of each document that is a file or an origin's answer.
    told_apart: dict[str, tuple[SetErrorDocument, Host]] = field(default_factory=dict)
    #: The lines of the table always that hold for the whole server.
    always: tuple[tuple[str, str], ...] = ()
    #: Those of locations that have others, each with its number.
    failing: dict[tuple[tuple[str, str], ...], int] = field(default_factory=dict)
    #: The directives (by ``id``) that name folders to which some path leads.
    reached: set[int] = field(default_factory=set)
    #: Whether anything is answered with a file that nginx itself sends.
    serves_files: bool = False
    #: Whether any script is asked over FastCGI, and whether the location that is being written
    #: knows ``$script``, or takes only paths that name one file each.
    asks_scripts: bool = False
    script: bool = False
    one_path: bool = False
    #: Whether its scripts may be followed by more of the path: what is asked of names is asked of theirs, then.
    tells_trails: bool = True
    #: The patterns of the names that they have.
    script_names: tuple[str, ...] = ()
    #: The words for a script and what follows it in the location that is being written, where its regex has none.
    script_words: tuple[str, str] | None = None
    #: Whether the server that is being written says what is answered where a script can't be asked.
    unreachable: bool = False
    #: The same for what is refused where another path would be asked for.
    forbids: bool = False
    #: Whether it puts pages of its own in the place of some origin's 504, or of a script's 502.
    overrides_504: bool = False
    overrides_502: bool = False
    #: Whether it does so at all, whether some status has no document, and which of them it is for the whole server.
    overrides: bool = False
    unpaged: bool = False
    own_page: set[int] = field(default_factory=set)
    #: The tables of types by what AddType and AddCharset change in TypesConfig's.
    tables: dict[tuple[Pairs, Pairs], Block] = field(default_factory=dict)
    #: Which handshakes suit which host, by its number: ``handshakes``.
    handshakes: dict[int, tuple[tuple[tuple[str, str], ...], str]] = field(default_factory=dict)
    #: The variables of their maps, by the ``id`` of the entries.
    shown: dict[int, str] = field(default_factory=dict)
    #: What asks clients for a certificate, and the server that is being written has asked already.
    asked_early: set[Action] = field(default_factory=set)
    #: What files that aren't there come to below an Alias, whose location would take its prefix off: its name.
    fronts: dict[str, str] = field(default_factory=dict)
    #: Whether a question was asked as another one that is near it: ``file_tests``.
    tests_nearly: bool = False
    #: What the directives begin with of origins that are told the environment, and aren't asked over FastCGI.
    ways: set[str] = field(default_factory=set)
    #: Whether any host asks an origin.
    proxied: bool = False
    #: Named locations of the server that is being written, by what they say.
    cases: dict[str, Directive] = field(default_factory=dict)
    #: The names of the named locations of the server that is being written, and of the variables of a location.
    locations: Names = field(default_factory=Names)
    variables: Names = field(default_factory=Names)

    def beyond(self, mapped: MapToFile | None, target: str) -> str:
        """What ``try_files`` goes to in the end: below an Alias, whose prefix it would cut off, another location."""
        if mapped is None or not mapped.prefix or target.startswith("="):
            return target
        return self.fronts.setdefault(target, f"@front-{len(self.fronts) + 1}")

    def stands_alone(self, host: Host) -> bool:
        """Whether a host is what a ``.htaccess`` that is translated alone needs around it, and nothing else."""
        return not self.program.inlined and any(each.kind is LayerKind.HTACCESS for each in host.form.layers)

    def number_of(self, connections: Connections) -> int:
        """The number that copies know these connections by."""
        if connections not in self.agreed:
            self.agreed.append(connections)
        return self.agreed.index(connections)

    def new_name(self, kind: str) -> str:
        """The name of one more named location: ``redirect``, then ``redirect-2``."""
        return self.locations.of(object(), kind)

    def variable_of(self, text: str, words: str) -> str:
        """The variable of the location that is being written that holds a part of its redirect."""
        return f"${self.variables.of(text, f'redirect_{words}').replace('-', '_')}"

    def begin_location(self) -> None:
        """A location asks its own variables only, so that equal ones can have the same."""
        self.own_documents = set()
        self.variables = Names()

    def begin_server(self) -> None:
        """Named locations belong to a server."""
        self.cases.clear()
        self.fronts.clear()
        self.locations = Names()
        self.unreachable = self.forbids = self.lists_nothing = self.tells_user = False
        self.tells_first = self.tells_url = False
        self.overrides = self.overrides_502 = self.overrides_504 = self.unpaged = False
        self.own_page = set()
        self.told_apart = {}

    @cached_property
    def joined(self) -> Joined:
        """The files that have to be made."""
        return Joined.of(self.program)

    @cached_property
    def maps_back(self) -> bool:
        """Whether any cell has a ProxyPassReverse: then the headers it knows are hidden and set anew."""
        steps = (step for host in self.program.hosts for cell in host.form.cells for step in cell.steps)
        return any(isinstance(step.action, MapBack) for step in steps)

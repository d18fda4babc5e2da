"""What the pieces of the HAProxy emitter share while they lower one program."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from itertools import count

from apacheconf.program.hosts import Host
from apacheconf.program.program import Program
from apacheconf.program.steps import Action, SetErrorDocument, Step
from apacheconf.targets.claims import Claim
from apacheconf.targets.haproxy.pages import Page, Pages
from apacheconf.targets.haproxy.samples import Environment
from apacheconf.targets.haproxy.texts import MapFiles
from apacheconf.targets.haproxy.tree import Section
from apacheconf.targets.likeness import Kind
from apacheconf.targets.naming import Names
from apacheconf.targets.own_words import OwnName
from apacheconf.targets.scopes import Scopes
from apacheconf.targets.sources import Sources

#: What the defaults of all sections are called where hosts that are alike have more.
MAIN = "main"
#: From as many hosts on, names are looked up in a file, which costs the same for the first and the last (HAP-11), and
#: hosts that are alike share their rules.
MANY = 64
#: Longest list of words in a line; HAProxy takes 64 in all.
_MOST_WORDS = 48


@dataclass(frozen=True)
class Policy:
    """What hosts of a kind share in one of their backends."""

    kind: Kind
    section: Section


@dataclass
class Copies:
    """The backends of a kind that start from one policy: ``text`` of all, and where in the file it ``begins``."""

    kind: Kind
    text: str
    claims: list[tuple[int, Claim]]
    count: int
    begins: int = 0

    def moved(self, line: int, number: int) -> int | None:
        """Where the host of this number has the line that the first one has here; None for lines of others."""
        own = self.begins < line <= self.begins + self.count
        return line + number * self.count if own else None


@dataclass
class Lowering:
    """``backends`` are written after the frontends; ``bodies`` finds the one of a body that was written before. ``own``
    are backends of hosts that are alike, which start from the ``policies`` of their kind; so do those of ``copies``.

    ``files`` are those that stand beside haproxy.cfg, ``notes`` lines for the person who sets it up. ``dropped`` are
    claims of what has no line in the output.
    """

    program: Program
    version: tuple[int, ...]
    sources: Sources
    scopes: Scopes
    names: Names = field(default_factory=Names)
    backends: list[Section] = field(default_factory=list)
    userlists: list[Section] = field(default_factory=list)
    policies: list[Policy] = field(default_factory=list)
    #: What ``use_backend`` calls the backends that lead to origins.
    called_backends: dict[object, str] = field(default_factory=dict)
    own: list[Section] = field(default_factory=list)
    copies: list[Copies] = field(default_factory=list)
    #: The error documents of each host that hold before sections are asked, by status.
    documents: dict[int, dict[int, SetErrorDocument]] = field(default_factory=dict)
    #: The pages that those name by a path.
    pages: dict[int, Pages] = field(default_factory=dict)
    #: The kind that a host stands for, by its number.
    kinds: dict[int, Kind] = field(default_factory=dict)
    #: What they are called by themselves, where any of them says it.
    own_name: OwnName | None = None
    #: What the frontend that is being written calls each host that it tells apart: the variable that holds it, and it.
    called: dict[int, tuple[str, str]] = field(default_factory=dict)
    bodies: dict[object, Section] = field(default_factory=dict)
    dropped: list[Claim] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)
    notes: dict[str, None] = field(default_factory=dict)
    #: Keys, and where HAProxy looks for them.
    key_links: dict[tuple[str, str], None] = field(default_factory=dict)
    #: What conditions of each host may ask of the environment.
    environments: dict[int, Environment] = field(default_factory=dict)
    #: The way back of each host, by the steps that say it.
    ways_back: dict[tuple[int, tuple[Step, ...]], Section] = field(default_factory=dict)
    #: What lines outside every section of a host set before access is asked.
    early: dict[int, tuple[Step, ...]] = field(default_factory=dict)
    #: Header lines that the frontends add for all that a host answers.
    in_front: set[tuple[int, tuple[int, ...], Action]] = field(default_factory=set)
    #: The hosts that answer who names none; None where that isn't known yet.
    nameless: frozenset[int] | None = None
    #: Hosts whose questions are all in words of the request.
    spelt_out: set[int] = field(default_factory=set)
    #: Some path leads to no origin, and has an answer that is made here.
    lacks_files: bool = False
    answers_here: bool = False
    #: The key of ``a.crt`` is ``a.key``, not ``a.crt.key``.
    keys_without_crt: bool = False

    _host_names: dict[int, str] = field(default_factory=dict, init=False)
    #: What variables call hosts; backends are called otherwise.
    _called_hosts: Names = field(default_factory=Names, init=False)
    #: What the names of a kind's backends end with, where another has hosts of the same names at another address.
    _endings: dict[Kind, str] = field(default_factory=dict, init=False)

    def is_in_front(self, host: Host, step: Step) -> bool:
        """Whether the frontends add a header line for all that the host answers."""
        return (host.number, step.said_by, step.action) in self.in_front

    def may_be_nameless(self, host: Host) -> bool:
        """Whether the host, or one like it, may be asked without its name."""
        return self.nameless is None or host.number in self.nameless or host.number in self.kinds

    def note(self, text: str) -> None:
        """Say something once."""
        self.notes[text] = None

    def host_name(self, number: int) -> str:
        """What a host is called in the output."""
        if number not in self._host_names:
            name = self.program.hosts[number].name or "main"
            self._host_names[number] = self._called_hosts.of(("host", number), name)
        return self._host_names[number]

    def call_alike(self, kind: Kind) -> None:
        """Call the hosts of a kind by their own names, as requests do; at one address no two have the same."""
        taken = any(self.names.has(host.name) for host in kind.hosts)
        for host in kind.hosts:
            self._host_names[host.number] = host.name
            self._called_hosts.of(("kind", host.name.lower()), host.name)
            self.names.of(("kind", host.name.lower()), host.name)
        scheme = "https" if kind.first.front_tls else "http"
        wishes = (f":{scheme}{f'-{number}' if number > 1 else ''}" for number in count(1))
        self._endings[kind] = next(each for each in wishes if each not in self._endings.values()) if taken else ""

    def ending_of(self, kind: Kind, number: int) -> str:
        """What follows the name of a host in the name of its backend, of which this is the one of that number."""
        return self._endings[kind] + (f":{number}" if number > 1 else "")

    def kind_name(self, kind: Kind) -> str:
        """What hosts that are alike are called together."""
        return self.names.of(kind, f"like-{self.host_name(kind.first.number)}")

    def is_host(self, host: Host) -> tuple[str, ...]:
        """The condition that a request is for the host, or for one like it."""
        return self.is_one_of([host])

    def is_one_of(self, hosts: list[Host]) -> tuple[str, ...]:
        """The condition that a request is for one of the hosts, or for one like them."""
        variable = self.called[hosts[0].number][0]
        names = tuple(dict.fromkeys(self.called[host.number][1] for host in hosts))
        return ("{", f"var({variable})", "-m", "str", *self.listed("hosts", names), "}")

    def listed(self, what: str, words: tuple[str, ...]) -> tuple[str, ...]:
        """Words that a term compares with, or the file that holds them where a line would have too many."""
        if len(words) <= _MOST_WORDS:
            return words
        file = f"{self.names.of((what, words), what)}.lst"
        self.files[file] = "".join(f"{word}\n" for word in words)
        return "-f", file

    def page(self, host: Host, path: str) -> Page:
        """What lies at a path that an ErrorDocument of a host names."""
        return self.pages[host.number][path]

    @cached_property
    def peer(self) -> str:
        """The sample that holds who is connected."""
        return "var(txn.peer)" if any(host.remote_ip for host in self.program.hosts) else "src"

    @cached_property
    def maps(self) -> MapFiles:
        """The maps of RewriteMap lines, among the files."""
        return MapFiles(self.files)

    @cached_property
    def keeps_raw(self) -> bool:
        """Whether a mapping may send the path that the client wrote."""
        mappings = self.scopes.everywhere("proxypass", "proxypassmatch")
        return any("nocanon" in each.args.lower() for each in mappings)

"""Hosts that do the same but for their names, their origins and the URLs that they map back: a target lowers the first
of them and says of the others what it said of that one (DES-18).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from operator import attrgetter

from apacheconf.ledger import Written
from apacheconf.program.conditions import Glob
from apacheconf.program.hosts import Host, LayerKind, Shape
from apacheconf.program.program import Program
from apacheconf.program.workers import Balancer, Origin, Worker
from apacheconf.targets.routes import is_address
from apacheconf.targets.scopes import Scopes, children_of

#: Fewer hosts than these are lowered one by one.
FEWEST = 3
_NOTHING: dict[str, str] = {}


@dataclass(frozen=True, eq=False)
class Kind:
    """Hosts that are alike, in the order of the configuration. ``written`` are the lines of each: those at one
    position say the same of their hosts. ``own`` are the words of each in which they do the same, if what they do says
    any; then ``make_model`` gives one of them with what stands for its own.
    """

    hosts: tuple[Host, ...]
    written: tuple[tuple[Written, ...], ...]
    own: tuple[dict[str, str], ...] = ()
    make_model: Callable[[Host], Host | None] = lambda host: host

    @property
    def first(self) -> Host:
        """The host that stands for all."""
        return self.hosts[0]

    def model_of(self, host: Host) -> Host | None:
        """One of them with what stands for its own words; None where it would do something else for that."""
        return self.make_model(host) if self.own else host


def kinds_of(
    program: Program, scopes: Scopes, hosts: Iterable[Host], also: Callable[[Host], Hashable],
    words: Callable[[Sequence[Written]], Hashable] = lambda _: (),
) -> Iterator[Kind]:  # fmt: skip
    """The kinds of at least ``FEWEST`` hosts among virtual hosts; ``also`` is what else must be the same of them, such
    as the texts that they redirect to, and ``words`` what must be of their lines.
    """
    found: dict[Hashable, list[tuple[Host, tuple[Written, ...], dict[str, str]]]] = {}
    forms = _Forms(program)
    numbers: dict[Hashable, int] = {}  # of forms, which take long to compare
    known: dict[Hashable, int] = {}
    said = {host: (each, lines, own) for each in program.alike
            for host, lines, own in zip(each.hosts, each.written, each.own, strict=True)}  # fmt: skip
    for host in hosts:
        section = scopes.section(host)
        if section is None:
            continue
        alike, written, own = said.get(host.number) or (None, tuple(_walk(section)), _NOTHING)
        if alike is None or not (program.one_reading or len({each.place.span.file for each in written}) == 1):
            form = numbers.setdefault((forms.of(host, written), words(written)), len(numbers))
        else:  # what is the same for all that say the same is looked for once
            key = id(alike), id(host.form), host.scheme, forms.names(host)
            if key not in known:
                known[key] = numbers.setdefault((forms.of(host, written), words(written)), len(numbers))
            form = known[key]
        found.setdefault((form, also(host), id(alike) if own else 0), []).append((host, written, own))
    for each in found.values():
        if len(each) >= FEWEST:
            of_kind, lines, said_own = tuple(zip(*each, strict=True))
            models = (said[of_kind[0].number][0].make_model,) if said_own[0] else ()
            yield Kind(of_kind, lines, said_own if said_own[0] else (), *models)


class _Forms:
    """What hosts of a kind have in common, whatever the target."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._origins: dict[int, Hashable] = {}
        self._asking: dict[int, bool] = {}

    def names(self, host: Host) -> Hashable:
        """What the names of the host's origins say: whether each is an address, or the names where sections ask."""
        origins = [self._program.origins[number] for number in host.origins]
        if self._asks_origins(host.form):
            return tuple([each.name for each in origins])
        return tuple([isinstance(each, Worker) and is_address(each) for each in origins])

    def of(self, host: Host, written: tuple[Written, ...]) -> Hashable:
        """The host without its names and those of its origins."""
        origins = tuple(self._form(number) for number in host.origins)
        own = (host.scheme, host.canonical_name, host.canonical_port, host.remote_ip, host.preamble, len(host.texts))
        told = self.names(host) if self._asks_origins(host.form) else ()
        return id(host.form), own, origins, tuple(each.name for each in written), told

    def _asks_origins(self, shape: Shape) -> bool:
        if id(shape) not in self._asking:
            self._asking[id(shape)] = _asks_origins(shape)
        return self._asking[id(shape)]

    def _form(self, number: int) -> Hashable:
        """An origin without its name and address."""
        if number not in self._origins:
            self._origins[number] = _form_of(self._program.origins[number])
        return self._origins[number]


def _walk(section: Written) -> Iterator[Written]:
    yield section
    for child in children_of(section):
        if children_of(child):
            yield from _walk(child)
        else:
            yield child


def _asks_origins(shape: Shape) -> bool:
    """Whether sections hold for some origins only."""
    return any(
        layer.kind is LayerKind.PROXY and not (isinstance(layer.matcher, Glob) and layer.matcher.pattern == "*")
        for layer in shape.layers
    )


_ITS_OWN = frozenset({"name", "host", "port", "socket"})
_SHARED = attrgetter(*(each.name for each in fields(Worker) if each.compare and each.name not in _ITS_OWN))


def _form_of(origin: Origin) -> Hashable:
    if isinstance(origin, Balancer):
        return replace(origin, name="", members=()), tuple(map(_form_of, origin.members))
    return _SHARED(origin), is_address(origin), bool(origin.socket)

"""What one cell of a host comes to, in words every target can lower: the route.

The program has decided every condition that holds or fails in a whole cell. What still depends on the request is
handed on as ``unsure``: a target lowers it or reports it, and never forgets a refusal among it (DES-8).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from ipaddress import ip_address

from apacheconf.program.conditions import ALWAYS
from apacheconf.program.hosts import Cell, Host, Reach
from apacheconf.program.phases import Phase
from apacheconf.program.program import Program
from apacheconf.program.steps import (
    AddCharset,
    AddForwarded,
    KeepHost,
    KeepLocal,
    MapBack,
    MapToFile,
    MapToOrigin,
    Move,
    Redirect,
    Respond,
    Rest,
    Step,
)
from apacheconf.program.workers import Balancer, Origin, Worker


@dataclass
class Route:
    """One cell of one host, walked: ``answer`` decides, else ``mapping``, else ``file``; none of them means 404.

    ``answer`` is a Respond or Redirect, ``mapping`` leads to an origin, ``file`` is a MapToFile, ``local`` an
    exclusion from mappings. ``reverses`` are MapBack steps in order, ``unsure`` steps whose condition depends on the
    request, ``others`` certain steps of kinds that are not listed here.
    """

    host: Host
    cell: Cell
    mapping: Step | None = None
    local: Step | None = None
    answer: Step | None = None
    file: Step | None = None
    keep_host: Step | None = None
    forwarded: Step | None = None
    charset: Step | None = None
    reverses: list[Step] = field(default_factory=list)
    unsure: list[Step] = field(default_factory=list)
    others: list[Step] = field(default_factory=list)

    @property
    def map(self) -> MapToOrigin | None:
        """The mapping's action."""
        return self.mapping.action if self.mapping and isinstance(self.mapping.action, MapToOrigin) else None

    def origin(self, program: Program) -> Origin | None:
        """Where the mapping leads; None where something else decides."""
        return program.origin(self.host, self.map.origin) if self.map and not self.answer else None

    @property
    def refusals(self) -> list[Step]:
        """Steps that refuse some requests of the cell: access rules, above all."""
        return [step for step in self.unsure if isinstance(step.action, Respond)]


def route(host: Host, cell: Cell) -> Route:
    """Walk the steps of ``cell`` in the order in which they run."""
    walked = Route(host, cell)
    for step in _met(cell, walked):
        _place(step, walked)
    return walked


def routes(host: Host) -> list[Route]:
    """The routes of the host's cells, in their order, without paths that come to the same as the cell around them.

    A bare cell stays as long as what lies below it does: nginx would answer 301 in its place (NGX-35).
    """
    found = {(cell.path, cell.reach): route(host, cell) for cell in host.shape.cells}
    own = {each.cell.path for each in found.values() if not _is_like(each, _around(each.cell, found))}
    return [each for each in found.values() if each.cell.path in own]


def _around(cell: Cell, found: dict[tuple[str, Reach], Route]) -> Route | None:
    """The route of the cell that a cell is cut out of."""
    path = cell.path
    while path:
        path = path.rpartition("/")[0]
        if (path, Reach.BELOW) in found:
            return found[path, Reach.BELOW]
    return None


def _is_like(one: Route, other: Route | None) -> bool:
    return other is not None and replace(one, cell=other.cell) == other


def _met(cell: Cell, walked: Route) -> Iterator[Step]:
    """The steps that every request of the cell meets; those that only some meet go to ``walked.unsure``."""
    ended: Phase | None = None
    for step in cell.steps:
        if ended is not None and ended <= step.phase < Phase.FILTERS:
            continue
        if step.when != ALWAYS:
            walked.unsure.append(step)
            continue
        yield step
        if step.then.move is Move.END:
            ended = step.phase


def _place(step: Step, walked: Route) -> None:
    decided = walked.mapping or walked.answer or walked.local
    match step.action:
        case MapToOrigin() if not decided:
            walked.mapping = step
        case KeepLocal():
            walked.local = walked.local or step
        case Respond() | Redirect() if not walked.answer:
            walked.answer = step
        case MapToFile() if walked.mapping is None:
            walked.file = walked.file or step
        case KeepHost():
            walked.keep_host = step
        case AddForwarded():
            walked.forwarded = step
        case AddCharset():
            walked.charset = step
        case MapBack():
            walked.reverses.append(step)
        case MapToOrigin() | MapToFile() | Respond() | Redirect():
            pass  # decided earlier: its directives may still decide in another cell
        case _:
            walked.others.append(step)


@dataclass(frozen=True)
class NewPath:
    """What the origin's path is made of: ``head`` in place of ``cut``; the rest of the request's path follows.

    ``cut`` is the part of the request's path that goes. ``whole`` is the complete path of a bare cell, where
    nothing follows; ``fixed`` says that it is no matter of ``cut`` and ``head``. ``joins`` is False where the
    rest would run into the authority (PP-6f: 500 unless it is empty).
    """

    cut: str
    head: str
    whole: str | None = None
    joins: bool = True
    fixed: bool = False


def new_path(action: MapToOrigin, cell: Cell, origin: Origin) -> NewPath:
    """PP-6, PP-14 for one cell; the members' own path (BA: ``http://b1/app``) stands in front."""
    head = member_path(origin) + action.path
    if action.rest is Rest.NOTHING:
        return NewPath("", "", whole=head or "/", fixed=True)
    cut = action.prefix if action.rest is Rest.AFTER_PREFIX else ""
    joins = bool(head) or not cut.endswith("/")
    if cut.endswith("/") and head.endswith("/"):
        cut, head = cut[:-1], head[:-1]
    if cell.reach is Reach.BARE:
        return NewPath(cut, head, (head + cell.path[len(cut) :]) or "/", joins)
    return NewPath(cut, head, joins=joins)


def members(origin: Origin) -> tuple[Worker, ...]:
    """The members of a balancer, or the worker itself."""
    return origin.members if isinstance(origin, Balancer) else (origin,)


def is_address(worker: Worker) -> bool:
    """Whether the worker is reached without looking up a name."""
    if worker.socket:
        return True
    try:
        ip_address(worker.host)
    except ValueError:
        return False
    return True


def member_path(origin: Origin) -> str:
    """The path that the URLs of the members carry: the first one's (NGX-101). A worker's is in its mapping."""
    return origin.members[0].path.rstrip("/") if isinstance(origin, Balancer) and origin.members else ""


@dataclass(frozen=True)
class Reverse:
    """A ProxyPassReverse for a target: values that start with one of ``urls`` get ``path`` in its place.

    ``one_slash`` drops a slash that follows the URL, for ``path`` brings its own (RV-8).
    """

    urls: tuple[str, ...]
    path: str
    one_slash: bool = False


def reverse_of(program: Program, host: Host, action: MapBack) -> Reverse:
    """What ``action`` maps back: for a balancer the URLs of its members, whose own path a bare ``/`` is not (RV-8)."""
    text = host.texts[action.url]
    if action.origin is None:
        return Reverse((text,), action.path)
    names = [member.name for member in members(program.origins[host.origins[action.origin]])]
    if text in ("", "/"):
        return Reverse(tuple(names), action.path, one_slash=action.path == "/")
    return Reverse(tuple(name.removesuffix("/") + text for name in names), action.path)

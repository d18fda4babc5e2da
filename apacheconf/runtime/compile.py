"""Closures of the program's data: what the hot path asks instead of ``decide``.

A shape is compiled at the first request to a host that has it. A cell whose layers and conditions are all
settled becomes a *course*: a mapping, the policy that goes with it, and nothing else. A cell that leaves
something to ask per request has no course, and ``decide`` itself is asked; so both always come to the same
decision, and a test demands it of the courses.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from apacheconf.program import response
from apacheconf.program.conditions import ALWAYS
from apacheconf.program.fold import levels_for, steps_of
from apacheconf.program.handling import FileRules, HandlerRules, MimeRules, Told
from apacheconf.program.hosts import Cell, Reach, Shape
from apacheconf.program.messages import Levels
from apacheconf.program.naming import Naming, naming_for
from apacheconf.program.phases import Phase
from apacheconf.program.response import asks_about_answer, is_settled
from apacheconf.program.steps import (
    Action,
    AddCharset,
    AddFilter,
    AddForwarded,
    EditHeader,
    ExportTls,
    KeepHost,
    KeepLocal,
    Log,
    MapBack,
    MapBackCookie,
    MapToFile,
    MapToOrigin,
    Move,
    OverrideErrors,
    Rest,
    SecureOrigin,
    SetEnv,
    SetErrorDocument,
    Step,
    Table,
)  # fmt: skip
from apacheconf.program.tls import NO_TLS, OriginTls
from apacheconf.program.uri import canonical
from apacheconf.program.values import Literal
from apacheconf.runtime.logs import reads_variables
from apacheconf.runtime.mod_mime import Named, NameRules
from apacheconf.runtime.switches import SWITCHES

#: From the raw and the normalised path to the path for the origin; None leaves the decision to ``decide``.
MakePath = Callable[[str, str], str | None]


@dataclass(frozen=True)
class Policy:
    """How requests of a cell are forwarded and answers mapped back; equal for all cells that do the same.

    ``per_request`` marks answers whose fields depend on the request: they are not remembered. ``answer_steps`` take
    the place of ``answer_edits`` where a line asks about the answer or the member that gave it.
    """

    keep_host: bool = False
    add_forwarded: bool = False
    map_back: tuple[MapBack, ...] = ()
    map_back_cookies: tuple[MapBackCookie, ...] = ()
    charset: str = ""
    error_documents: tuple[SetErrorDocument, ...] = ()
    override_errors: tuple[int, ...] | None = None
    request_edits: tuple[EditHeader, ...] = ()
    answer_edits: tuple[EditHeader, ...] = ()
    answer_steps: tuple[Step, ...] = ()
    per_request: bool = False
    tls: OriginTls = NO_TLS
    filters: tuple[AddFilter, ...] = ()
    told: tuple[Told, ...] = ()
    levels: Levels | None = None
    naming: Naming | None = None
    named: Named | None = None


@dataclass(frozen=True)
class Course:
    """What a settled cell does: ``origin`` is a number into the host's origins, ``names`` says what names mean."""

    origin: int
    make_path: MakePath
    policy: Policy
    names: NameRules


class CompiledShape:
    """Finds the course of a path."""

    def __init__(self, shape: Shape) -> None:
        # With NoDecode a path says more than its text: decide knows which slashes stay encoded. And it knows Via.
        limits = shape.limits
        simple = limits.encoded_slashes != "NoDecode" and limits.via == "Off" and limits.max_forwards < 0
        cells = shape.cells if simple else ()
        self._bare = {cell.path: _course(cell, shape) for cell in cells if cell.reach is Reach.BARE}
        self._below = {cell.path: _course(cell, shape) for cell in cells if cell.reach is Reach.BELOW}
        self.has_courses = any((*self._bare.values(), *self._below.values()))
        #: Whether a step is done before the path is normalised (EV-1).
        self.is_early = any(step.phase is Phase.POST_READ for cell in cells for step in cell.steps)

    def course(self, path: str) -> Course | None:
        """The course of a normalised path; None when ``decide`` must be asked."""
        if path in self._bare:
            return self._bare[path]
        end = len(path)
        while end > 0:
            end = path.rfind("/", 0, end)
            if path[:end] in self._below:
                return self._below[path[:end]]
        return None


def _course(cell: Cell, shape: Shape) -> Course | None:
    """The course of a cell, None when something in it is not settled or not of the kinds that have one."""
    if cell.maybe or not all(map(_is_settled, cell.steps)) or _logs_variables(cell.steps):
        return None
    mapping = _mapping(cell.steps)
    if mapping is None:
        return None
    make_path = _make_path(mapping)
    if make_path is None:
        return None
    actions = [step.action for step in cell.steps]
    edits = [action for action in actions if isinstance(action, EditHeader)]
    asking = tuple(step for step in cell.steps if step.phase is Phase.FILTERS and isinstance(step.action, EditHeader))
    if all(map(_is_settled_line, asking)):
        asking = ()
    elif any(map(_sets_variables, actions)) and any(map(response.reads_variables, asking)):
        return None
    filters = tuple(action for action in actions if isinstance(action, AddFilter))
    if filters and any(map(_sets_variables, actions)):  # no-gzip and its like
        return None
    told = tuple(action for action in actions if isinstance(action, Told))
    layers = tuple(shape.layers[number] for number in cell.layers)
    naming = naming_for(layers)
    if naming is not None and naming.by_dns:
        return None
    policy = Policy(
        keep_host=any(isinstance(action, KeepHost) for action in actions),
        add_forwarded=any(isinstance(action, AddForwarded) for action in actions),
        map_back=tuple(action for action in actions if isinstance(action, MapBack)),
        map_back_cookies=tuple(action for action in actions if isinstance(action, MapBackCookie)),
        error_documents=tuple(action for action in actions if isinstance(action, SetErrorDocument)),
        override_errors=next((action.codes for action in actions if isinstance(action, OverrideErrors)), None),
        charset=next((action.charset for action in actions if isinstance(action, AddCharset)), ""),
        request_edits=tuple(action for action in edits if action.table is Table.REQUEST),
        answer_edits=tuple(each for each in edits if each.table is not Table.REQUEST and not asking),
        answer_steps=asking,
        per_request=bool(asking or filters or told),
        filters=filters,
        told=told,
        tls=next((action.tls for action in actions if isinstance(action, SecureOrigin)), NO_TLS),
        levels=levels_for(layers),
        naming=naming,
    )
    rules = {type(step.action): step.action for step in steps_of(shape, layers) if isinstance(step.action, Told)}
    names = (
        rules.get(MimeRules, MimeRules()), rules.get(HandlerRules, HandlerRules()), rules.get(FileRules, FileRules())
    )  # fmt: skip
    return Course(mapping.origin, make_path, policy, names)  # type: ignore[arg-type]  # each is of its own type


_SETTLED = frozenset(
    {
        AddCharset,
        MapToOrigin,
        MapToFile,
        KeepLocal,
        KeepHost,
        AddForwarded,
        MapBack,
        MapBackCookie,
        SecureOrigin,
        Log,
        OverrideErrors,
    }
)
#: Request fields that decide more than what is sent on: ``decide`` looks at them itself.
_DECIDING = frozenset({"host", "connection", "expect", "max-forwards", "content-length", "transfer-encoding", "range"})


def _is_settled(step: Step) -> bool:
    """Whether the step does the same for every request. Variables matter to steps that aren't settled only."""
    action = step.action
    if _sets_variables(action):
        return not _sets_switch(action)
    if isinstance(action, SetErrorDocument):
        return action.value is None and isinstance(action.text, Literal | None)
    if isinstance(action, MapBack | MapBackCookie) and action.values is not None:
        return False
    if isinstance(action, EditHeader):
        if step.phase is Phase.FILTERS:
            return _is_settled_line(step) or asks_about_answer(step)
        return _is_settled_line(step) and action.table is Table.REQUEST and action.name.lower() not in _DECIDING
    if isinstance(action, AddFilter | Told):
        return step.when == ALWAYS and (isinstance(action, Told) or action.when == ALWAYS)
    return (step.when == ALWAYS and type(action) in _SETTLED) or type(action) is Log


def _sets_variables(action: Action) -> bool:
    return isinstance(action, SetEnv | ExportTls)


def _sets_switch(action: Action) -> bool:
    return isinstance(action, SetEnv) and action.name.lower() in SWITCHES


def _logs_variables(steps: tuple[Step, ...]) -> bool:
    """Whether a log wants variables that some step sets."""
    sets = any(_sets_variables(step.action) for step in steps)
    return sets and any(isinstance(step.action, Log) and reads_variables(step) for step in steps)


def _is_settled_line(step: Step) -> bool:
    return step.when == ALWAYS and isinstance(step.action, EditHeader) and is_settled(step.action)


def _mapping(steps: tuple[Step, ...]) -> MapToOrigin | None:
    """The one mapping that a settled cell comes to: the first of its phase, unless an exclusion is before it."""
    for step in steps:
        if step.phase is Phase.TRANSLATE and isinstance(step.action, MapToOrigin):
            return step.action if step.then.move in (Move.STOP, Move.NEXT, Move.SKIP) else None
        if step.phase is Phase.TRANSLATE:
            return None
    return None


def _make_path(mapping: MapToOrigin) -> MakePath | None:
    if mapping.value is not None or mapping.raw or mapping.late or mapping.rest is Rest.NOTHING:
        return None
    target = mapping.path
    cut = len(mapping.prefix) if mapping.rest is Rest.AFTER_PREFIX else 0

    def make_path(raw: str, path: str) -> str | None:
        mapped = target + path[cut:]
        if mapped[:1] not in ("/", ""):  # PP-6f: no such host
            return None
        return canonical(mapped) or "/"

    return make_path

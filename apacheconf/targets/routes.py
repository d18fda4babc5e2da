"""What certain requests of one cell come to, in words every target can lower: the route.

Which requests these are is the matter of ``choices``. Steps that decide nothing and depend on the request are
handed on as ``unsure``: a target lowers them or reports them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from ipaddress import ip_address

from apacheconf.ledger import Written
from apacheconf.program.admission import Admit
from apacheconf.program.conditions import ALWAYS, AllOf, Condition, Matches, Regex
from apacheconf.program.hosts import Cell, Host, Reach
from apacheconf.program.program import Program
from apacheconf.program.steps import (
    AddCharset,
    AddForwarded,
    BeginRewriting,
    EditHeader,
    FinishRewriting,
    KeepHost,
    KeepLocal,
    Log,
    LogError,
    MapBack,
    MapBackCookie,
    MapToFile,
    MapToOrigin,
    MapToUrl,
    NameScript,
    Redirect,
    Respond,
    Rest,
    Rewrite,
    SetHandler,
    SetUri,
    Step,
)
from apacheconf.program.values import Capture, Joined, Literal, Matched, Value, Variable
from apacheconf.program.workers import Balancer, Origin, Worker
from apacheconf.targets.captures import as_captures, joined, parts_of, simple
from apacheconf.targets.claims import Claim, approximated, exact, unsupported
from apacheconf.targets.late_origins import origin_of


@dataclass
class Route:
    """What certain requests of one cell meet: ``answer`` decides, else ``mapping``, else ``file``; else it is 404.

    ``answer`` is a Respond, a Redirect or a SetUri (a path that is asked for anew),
    ``mapping`` leads to an origin, ``file`` is a MapToFile, ``local`` an
    exclusion from mappings. ``admits`` say who may, each with ``when`` it asks. ``reverses`` are MapBack steps in
    order, ``logs`` those of Log, ``unsure`` steps whose
    condition depends on the request and that decide nothing, ``others`` certain steps of kinds not listed here.
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
    admits: list[Step] = field(default_factory=list)
    reverses: list[Step] = field(default_factory=list)
    cookies: list[Step] = field(default_factory=list)
    headers: list[Step] = field(default_factory=list)
    rewriting: list[Step] = field(default_factory=list)
    logs: list[Step] = field(default_factory=list)
    unsure: list[Step] = field(default_factory=list)
    others: list[Step] = field(default_factory=list)
    #: What rules have made of the path that the mappings see, and of the query: those of the request if None.
    path: Value | None = None
    query: Value | None = None
    #: When rules refuse what they would have to put into a URL: 403, before anything else is asked (SEM-30).
    refused: tuple[Condition, ...] = ()
    #: What rules have made goes on as it is (NE).
    unescaped: bool = False
    #: All of them in the order in which they run, each with whether it is certain.
    met: list[tuple[Step, bool]] = field(default_factory=list, compare=False)

    @property
    def map(self) -> MapToOrigin | None:
        """The mapping's action."""
        return self.mapping.action if self.mapping and isinstance(self.mapping.action, MapToOrigin) else None

    def origin(self, program: Program) -> Origin | None:
        """Where the mapping leads; None where something else decides."""
        if self.map is None or self.answer:
            return None
        return origin_of(program, self.host, self.map)

    @property
    def decision(self) -> tuple[Step | None, ...]:
        """What decides who answers, and for whom: of files their handler, too."""
        handlers = [step for step in self.others if isinstance(step.action, SetHandler)]
        of_files = handlers if self.file and not (self.mapping or self.answer) else ()
        return self.answer, self.mapping, self.local, self.file, *self.admits, *of_files

    @property
    def steps(self) -> Iterator[Step]:
        """Every step that the route was made of."""
        one_each = (*self.decision, self.keep_host, self.forwarded, self.charset)
        yield from (step for step in one_each if step is not None)
        yield from (
            *self.reverses,
            *self.cookies,
            *self.headers,
            *self.rewriting,
            *self.logs,
            *self.unsure,
            *self.others,
        )


#: Steps of these actions decide who answers.
Deciding = MapToOrigin | MapToUrl | KeepLocal | MapToFile | SetUri | Respond | Redirect | Rewrite


def route_of(host: Host, cell: Cell, steps: Iterable[tuple[Step, bool]]) -> Route:
    """The route that these steps make, in the order in which they run, each with whether it is certain.

    Deciding ones have to be; ``when`` of a step still says what was asked.
    """
    walked = Route(host, cell, met=list(steps))
    for step, certain in walked.met:
        if isinstance(step.action, LogError):  # a line for the error log changes nothing that a client gets
            continue
        if isinstance(step.action, Log):
            walked.logs.append(step)
        elif isinstance(step.action, Admit):
            walked.admits.append(replace(step, when=ALWAYS) if certain else step)
        elif not certain:
            walked.unsure.append(step)
        else:
            _place(step, walked)
    if walked.mapping is None:
        walked.keep_host = walked.forwarded = None
        walked.charset = walked.charset if walked.file and not walked.answer else None
        walked.reverses, walked.cookies = [], []
    return walked


def kept_in_mind(route: Route) -> list[Claim]:
    """Claims of rewriting steps that need no line: those that begin it, and rules that leave the URL alone."""
    silent = (step for step in route.rewriting if not isinstance(step.action, FinishRewriting))
    return [exact(route.host.said_by(step)) for step in silent]


def regex_of(step: Step) -> Regex | None:
    """The regex that a step matched, whose captures its action uses."""
    parts = step.when.conditions if isinstance(step.when, AllOf) else (step.when,)
    return next((each.regex for each in parts if isinstance(each, Matches) and each.captures != "cond"), None)


def _place(step: Step, walked: Route) -> None:
    decided = walked.mapping or walked.answer or walked.local
    match step.action:
        case MapToOrigin() if not decided:
            walked.mapping = step
        case MapToUrl():
            walked.others.append(step)  # no target looks up a host for each request
            if not decided:
                walked.answer = replace(step, action=Respond(500))
        case KeepLocal():
            walked.local = walked.local or step
        case Respond() | Redirect() | SetUri() if not walked.answer:
            walked.answer = step
        case MapToFile() if walked.mapping is None:
            walked.file = walked.file or step
        case BeginRewriting() | FinishRewriting():
            walked.rewriting.append(step)
        case NameScript():
            pass  # variables that no target tells
        case Rewrite(sets=()):
            walked.rewriting.append(step)  # it leaves the URL alone
        case KeepHost():
            walked.keep_host = step
        case AddForwarded():
            walked.forwarded = step
        case AddCharset():
            walked.charset = step
        case EditHeader():
            walked.headers.append(step)
        case MapBack(values=None):
            walked.reverses.append(step)
        case MapBackCookie(values=None):
            walked.cookies.append(step)
        case MapToOrigin() | MapToFile() | Respond() | Redirect():
            pass  # decided earlier: its directives may still decide in another cell
        case _:
            walked.others.append(step)


def special_claims(mapping: MapToOrigin, said_by: tuple[Written, ...], puts: bool = False) -> list[Claim]:
    """What no target can say of a mapping: variables in it, and how it compares the path (PU-8, PU-9, PU-11).

    One that ``puts`` values into paths does so with all but those of the environment.
    """
    claims = []
    parts = mapping.value.parts if isinstance(mapping.value, Joined) else (mapping.value,)
    if any(isinstance(part, Variable) and not (puts and part.name != "ENV") for part in parts):
        claims.append(unsupported(said_by, "variables are not put into the path: it is sent as written", "interpolate"))
    if mapping.mapping:
        why = "the path is compared when it is decoded, and with its parameters"
        claims.append(approximated(said_by, f"mapping={mapping.mapping}: {why}", "mapping"))
    return claims


@dataclass(frozen=True)
class NewPath:
    """What the origin's path is made of: ``head`` in place of ``cut``; the rest of the request's path follows.

    ``cut`` is the part of the request's path that goes. ``whole`` is the complete path of a bare cell, where
    nothing follows. ``joins`` is False where the rest would run into the authority (PP-6f: 500 unless it is empty).
    With ``made`` the path is ``head`` and a value with captures of ``regex`` (PP-13); without a regex it has none.
    """

    cut: str
    head: str
    whole: str | None = None
    joins: bool = True
    regex: Regex | None = None
    made: tuple[Value, ...] = ()


def new_path(
    action: MapToOrigin,
    cell: Cell,
    origin: Origin,
    regex: Regex | None = None,
    path: Value | None = None,
    puts: bool = False,
) -> NewPath:
    """PP-6, PP-14 for one cell; the members' own path (BA: ``http://b1/app``) stands in front.

    ``regex`` is what the mapping matched, ``path`` the one that rules have made. A target that ``puts`` values into
    paths does so with all variables but those of the environment.
    """
    if path is not None and action.rest is not Rest.NOTHING:
        return _of_made_path(action, origin, path)
    if action.rest is Rest.NOTHING and action.value is not None:
        parts = action.value.parts if isinstance(action.value, Joined) else (action.value,)
        if path is not None:  # the regex has matched that one, not the request's
            parts = tuple(_matched_in(path, regex, each) for each in parts)
            regex = None
        as_written = (
            Literal(f"${{{part.argument}}}")
            if isinstance(part, Variable) and not (puts and part.name != "ENV")
            else part
            for part in parts
        )
        return NewPath("", member_path(origin), regex=regex, made=tuple(as_written))
    head = member_path(origin) + action.path
    cut = action.prefix if action.rest is Rest.AFTER_PREFIX else ""
    joins = bool(head) or not cut.endswith("/")
    if cut.endswith("/") and head.endswith("/"):
        cut, head = cut[:-1], head[:-1]
    if cell.reach is Reach.BARE:
        return NewPath(cut, head, (head + cell.path[len(cut) :]) or "/", joins)
    return NewPath(cut, head, joins=joins)


def _matched_in(path: Value, regex: Regex | None, part: Value) -> Value:
    """A capture of the regex as what it holds of the path that it has matched."""
    return simple(Matched(path, regex, part.group)) if isinstance(part, Capture) and regex is not None else part


def _of_made_path(action: MapToOrigin, origin: Origin, path: Value) -> NewPath:
    """The same where rules have made the path that is mapped."""
    head = member_path(origin) + action.path
    cut = action.prefix if action.rest is Rest.AFTER_PREFIX else ""
    if cut.endswith("/") and head.endswith("/"):
        head = head[:-1]
        cut = cut[:-1]
    first, *rest = parts_of(path)
    assert isinstance(first, Literal)
    value, regex = as_captures(joined((Literal(head + first.text[len(cut) :]), *rest)))
    value = Literal("/") if value == Literal("") else value  # no request is without a path
    return NewPath("", "", regex=regex, made=parts_of(value))


def members(origin: Origin) -> tuple[Worker, ...]:
    """The members of a balancer, or the worker itself."""
    return origin.members if isinstance(origin, Balancer) else (origin,)


def is_address(worker: Worker) -> bool:
    """Whether the worker is reached without looking up a name."""
    return bool(worker.socket) or _is_ip(worker.host)


_OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_IPV4 = re.compile(rf"{_OCTET}(?:\.{_OCTET}){{3}}")


@lru_cache(maxsize=1 << 14)
def _is_ip(host: str) -> bool:
    if ":" not in host:
        return _IPV4.fullmatch(host) is not None  # reading an address takes ten times as long
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def member_path(origin: Origin) -> str:
    """The path that the URLs of the members carry: the first one's (NGX-101). A worker's is in its mapping."""
    return origin.members[0].path if isinstance(origin, Balancer) and origin.members else ""


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

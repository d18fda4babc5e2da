"""mod_rewrite in the program: a server's rules become the steps of one phase, between a beginning and an end.

Each rule is one step: its pattern and conditions are the step's condition, its flags the action and the flow. What
can't be evaluated is left out by name; a rule whose conditions are not all known refuses where it might match, for
nobody can say what it would have done.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from apacheconf.ledger import Written
from apacheconf.model.types import Section, Server
from apacheconf.modules.declare import Conf, Setting, setting
from apacheconf.modules.mod_rewrite import RewriteDirConf, RewriteMap, RewriteServerConf
from apacheconf.modules.rewrite_rules import RewriteCond, RewriteRule
from apacheconf.program.conditions import AllOf, AnyOf, Condition, IsSet, Matches, Not, Regex
from apacheconf.program.expressions import NotEvaluated
from apacheconf.program.link import LeaveOut, Linker
from apacheconf.program.mod_proxy import Origins, OriginUnknown
from apacheconf.program.phases import Phase
from apacheconf.program.rewrite_texts import Texts, condition_of
from apacheconf.program.sharing import Shared
from apacheconf.program.steps import (
    END,
    NEXT,
    Action,
    Aim,
    BeginRewriting,
    FinishRewriting,
    Flow,
    KeepLocal,
    Move,
    Respond,
    Rewrite,
    SetCookie,
    SetEnv,
    SetHandler,
    SetType,
    Step,
)
from apacheconf.program.values import REQUEST_URI, REWRITTEN, Literal, Variable

IN_SECTIONS = "rules in sections are not evaluated yet"
_NO_PROXY = "no-proxy"


@dataclass(frozen=True)
class RewriteLayer(Conf):
    """Whether the engine is on, which sections may say, and the steps of the server's rules, which they may not."""

    module: ClassVar[str] = "mod_rewrite"

    engine: Setting[bool] = setting(False)
    rules: Setting[tuple[Step, ...]] = setting(())


@dataclass(frozen=True, slots=True)
class Entry:
    """A rule with the conditions before it, and the directives they stand in."""

    rule: RewriteRule
    conditions: tuple[RewriteCond, ...]
    said_by: tuple[Written, ...]


# --- which rules a server has --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules and maps that count for one server (INH-8, INH-9)."""

    entries: tuple[Entry, ...]
    maps: dict[str, RewriteMap]


def rules_of(server: Server, main: Server) -> Rules:
    """A server's own rules, with the main server's after or before them where an option says so."""
    own = Rules(entries(_own(server)), _maps(server))
    if server is main or (not own.entries and not _has_any(server)):
        return own
    outer = Rules(entries(_own(main)), _maps(main))
    wanted, pushed = server.dir_conf(RewriteDirConf).options.value, main.dir_conf(RewriteDirConf).options.value
    down = frozenset() if "ignoreinherit" in wanted else pushed
    if "inherit" in wanted or "inheritdown" in down:
        return Rules(own.entries + outer.entries, {**outer.maps, **own.maps})
    if "inheritbefore" in wanted or "inheritdownbefore" in down:
        return Rules(outer.entries + own.entries, {**own.maps, **outer.maps})
    return own


def _own(server: Server) -> RewriteDirConf:
    found = server.own_dir_confs.get("mod_rewrite")
    return found if isinstance(found, RewriteDirConf) else RewriteDirConf()


def _maps(server: Server) -> dict[str, RewriteMap]:
    found = server.own_server_confs.get("mod_rewrite")
    return found.maps.value if isinstance(found, RewriteServerConf) else {}


def _has_any(server: Server) -> bool:
    """Without any line of mod_rewrite in it, be it in a section, a host has no rules, not even inherited ones."""
    name = RewriteDirConf.module
    return name in server.own_dir_confs or name in server.own_server_confs or _any_in(server.own_sections, name)


def _any_in(sections: Iterable[Section], module: str) -> bool:
    return any(module in section.confs or _any_in(section.sections, module) for section in sections)


def entries(conf: RewriteDirConf) -> tuple[Entry, ...]:
    """Each rule with the conditions since the rule before it; conditions after the last one say nothing."""
    found: list[Entry] = []
    conditions: list[RewriteCond] = []
    said_by: list[Written] = []
    for line, directive in zip(conf.lines.value, conf.lines.said_by, strict=True):
        said_by.append(directive)
        if isinstance(line, RewriteCond):
            conditions.append(line)
        else:
            found.append(Entry(line, tuple(conditions), tuple(said_by)))
            conditions, said_by = [], []
    return tuple(found)


def add_workers(server: Server, main: Server, shared: Shared) -> None:
    """Workers for the targets of P that nobody else defines, as far as they are the same for every request."""
    for entry in rules_of(server, main).entries:
        url = static_target(entry.rule)
        if url:
            shared.add_generic(url, entry.said_by[-1])


def static_target(rule: RewriteRule) -> str:
    """The scheme and authority of a target of P, empty when they depend on the request."""
    if not rule.proxied or rule.substitution is None:
        return ""
    first = getattr(rule.substitution[0], "text", "") if rule.substitution else ""
    rest = first.partition("|")[2] or first
    _, scheme, after = rest.partition("://")
    complete = bool(scheme) and ("/" in after or len(rule.substitution) == 1)
    return first if complete else ""


# --- layers --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Place:
    """What the rules of one server need to know of it."""

    linker: Linker
    origins: Origins
    left_out: LeaveOut
    root: str
    server_root: str
    tls: bool = False


def server_layer(server: Server, main: Server, place: Place) -> RewriteLayer:
    """The server's rules as steps, and its engine."""
    found = rules_of(server, main)
    maps = {name: _located(each, place.server_root) for name, each in found.maps.items()}
    texts = Texts(maps, place.root, place.tls)
    steps = _program(found.entries, texts, place) if found.entries else ()
    engine = server.dir_conf(RewriteDirConf).engine
    said_by = tuple(dict.fromkeys(number for step in steps for number in step.said_by)) or (0,)
    return RewriteLayer(_numbered(engine, place.linker), Setting(steps, said_by if steps else ()))  # type: ignore[arg-type]


def _located(map: RewriteMap, server_root: str) -> RewriteMap:
    """The map with its file named in full."""
    is_file = map.kind in ("txt", "rnd") and not map.source.startswith("/")
    return replace(map, source=f"{server_root}/{map.source}") if is_file else map


def section_layer(conf: RewriteDirConf, linker: Linker, left_out: LeaveOut) -> RewriteLayer:
    """A section's engine; its rules are left out by name."""
    for directive in (*dict.fromkeys(conf.lines.said_by), *conf.base.said_by):
        left_out(directive, IN_SECTIONS)
    return RewriteLayer(_numbered(conf.engine, linker))


def _numbered(setting: Setting[bool], linker: Linker) -> Setting[bool]:
    return Setting(setting.value, linker.numbers(setting.said_by))


def steps(conf: Conf) -> Iterator[Step]:
    """The rules, where the engine is on; also what stops the mappings of mod_proxy (PP-21)."""
    assert isinstance(conf, RewriteLayer)
    if not conf.engine.value or not conf.rules.value:
        return
    said_by = tuple(number for number in conf.engine.said_by if isinstance(number, int))
    yield Step(Phase.REWRITE, BeginRewriting(), said_by)
    yield from conf.rules.value
    stopping = tuple(number for step in conf.rules.value if _stops_proxy(step) for number in step.said_by)
    if stopping:
        yield Step(Phase.TRANSLATE, KeepLocal(), stopping, IsSet(Variable("ENV", _NO_PROXY)))


def _stops_proxy(step: Step) -> bool:
    sets = step.action.sets if isinstance(step.action, Rewrite) else ()
    return any(isinstance(each, SetEnv) and each.name.lower() == _NO_PROXY for each in sets)


def inert(confs: Sequence[Conf]) -> Iterator[tuple[Step, str]]:
    """The rules of a host where no scope turns the engine on (RW-1)."""
    layers = [conf for conf in confs if isinstance(conf, RewriteLayer)]
    if not any(layer.engine.value for layer in layers):
        for layer in layers:
            yield from ((step, "RewriteEngine is off here") for step in layer.rules.value)


# --- rules ---------------------------------------------------------------------------------------------------


def _program(found: tuple[Entry, ...], texts: Texts, place: Place) -> tuple[Step, ...]:
    """The steps of all rules; the last one takes what they made."""
    made: list[Step] = []
    untouched = True
    for number, entry in enumerate(found):
        reader = _Rule(entry, found, number, texts, place, untouched)
        made.append(reader.step())
        untouched = untouched and not _goes_on_changed(made[-1])
    said_by = tuple(dict.fromkeys(number for step in made for number in step.said_by))
    return (*made, Step(Phase.REWRITE, FinishRewriting(place.root), said_by))


def _goes_on_changed(step: Step) -> bool:
    """Whether a later rule may see another URL than the one asked for."""
    ends = step.then.move in (Move.END,)
    return isinstance(step.action, Rewrite) and step.action.target is not None and not ends


@dataclass(frozen=True, slots=True)
class _Rule:
    """One rule among the others: ``number`` is its place, ``untouched`` that the URL is still the one asked for."""

    entry: Entry
    all: tuple[Entry, ...]
    number: int
    texts: Texts
    place: Place
    untouched: bool

    def step(self) -> Step:
        rule = self.entry.rule
        when, missing = self._when()
        said_by = self.place.linker.said_by(self.entry.said_by)
        try:
            if missing is not None:
                raise missing
            return Step(Phase.REWRITE, self._action(rule), said_by, when, self._then(rule), self._otherwise(rule))
        except NotEvaluated as missing:
            return self._hole(when, str(missing))

    def _hole(self, when: Condition, missing: str) -> Step:
        """A rule that can't be evaluated: harmless ones are passed over, others refuse where they might match."""
        rule = self.entry.rule
        harmless = rule.substitution is None and not (
            rule.ends or rule.passed_through or rule.proxied or rule.skip or rule.chained or rule.last or rule.end
            or rule.rounds is not None
        )  # fmt: skip
        reason = f"it uses {missing}, which is not evaluated yet"
        for directive in self.entry.said_by:
            self.place.left_out(directive, reason if harmless else f"{reason}; where it might match it answers 500")
        if harmless:
            return Step(Phase.REWRITE, Rewrite(), (), when)
        return Step(Phase.REWRITE, Respond(500), (), when, END, self._otherwise(rule))

    def _when(self) -> tuple[Condition, NotEvaluated | None]:
        """The pattern and the conditions; those that can't be evaluated count as holding."""
        rule = self.entry.rule
        value = REQUEST_URI if self.untouched and not self._is_restarted() else REWRITTEN
        found: Condition = Matches(value, Regex(rule.pattern, rule.ignore_case), "rule")
        parts = [Not(found) if rule.negated else found]
        missing: NotEvaluated | None = None
        for group in _groups(self.entry.conditions):
            try:
                parts.append(_any_of([condition_of(each, self.texts) for each in group]))
            except NotEvaluated as error:
                missing = error
        return parts[0] if len(parts) == 1 else AllOf(tuple(parts)), missing

    def _is_restarted(self) -> bool:
        return any(entry.rule.rounds is not None for entry in self.all)

    # -- action

    def _action(self, rule: RewriteRule) -> Action:
        """Raises NotEvaluated."""
        sets = tuple(self._sets(rule))
        if rule.ends and not sets:
            return Respond(rule.code)
        if rule.ends:
            return Rewrite(answers=True, status=rule.code, sets=sets)
        if rule.substitution is None:
            return Rewrite(passed=rule.passed_through, sets=sets)
        aim = Aim.ORIGIN if rule.proxied else Aim.REDIRECT if rule.redirects else Aim.ANY
        first = getattr(rule.substitution[0], "text", "") if rule.substitution else ""
        return Rewrite(
            self.texts.value(rule.substitution, rule.escape),
            aim,
            rule.code,
            origin=self._origin(rule),
            query_appended=rule.query_appended,
            query_discarded=rule.query_discarded,
            query_after_last=rule.query_after_last,
            escaped=not rule.no_escape,
            passed=rule.passed_through and aim is not Aim.ORIGIN,
            allows_3f=rule.allows_3f,
            begins=first,
            any_prefix=rule.unsafe_prefix,
            sets=sets,
        )

    def _origin(self, rule: RewriteRule) -> int | None:
        url = static_target(rule)
        if not url:
            return None
        try:
            return self.place.linker.origin(self.place.origins.number(url))
        except OriginUnknown:
            raise NotEvaluated(f"the balancer of {url}, which nobody defines") from None

    def _sets(self, rule: RewriteRule) -> Iterator[Action]:
        for text in rule.env:
            name, _, value = text.removeprefix("!").partition(":")
            if "$" in name or "%" in name:
                raise NotEvaluated("a variable whose name depends on the request")
            if name:
                yield SetEnv(name, None if text.startswith("!") else self.texts.parsed(value))
        yield from (SetCookie(self.texts.parsed(text)) for text in rule.cookies)
        if rule.media_type:
            yield SetType(rule.media_type)
        if rule.handler:
            handler = self.texts.parsed(rule.handler)
            if not isinstance(handler, Literal):
                raise NotEvaluated("a handler that depends on the request")
            yield SetHandler(handler.text)

    # -- flow

    @property
    def _after(self) -> int:
        """How many rules come after this one."""
        return len(self.all) - 1 - self.number

    def _then(self, rule: RewriteRule) -> Flow:
        if rule.ends:
            return END
        if rule.passed_through or rule.end or rule.proxied or rule.last:
            return _skip(self._after)
        if rule.rounds is not None:
            return Flow(Move.RESTART, max(rule.rounds - 2, 0))
        return _skip(min(rule.skip, self._after))

    def _otherwise(self, rule: RewriteRule) -> Flow:
        """A chain is left as a whole (RW-21)."""
        end = self.number
        while end < len(self.all) and self.all[end].rule.chained:
            end += 1
        count = min(end, len(self.all) - 1) - self.number
        return Flow(Move.CHAIN, count) if count else NEXT


def _skip(count: int) -> Flow:
    return Flow(Move.SKIP, count) if count else NEXT


def _groups(conditions: Sequence[RewriteCond]) -> Iterator[list[RewriteCond]]:
    """Conditions joined by [OR] stand together; all groups must hold (SEM-28)."""
    group: list[RewriteCond] = []
    for condition in conditions:
        group.append(condition)
        if not condition.or_next:
            yield group
            group = []
    if group:  # an OR without a next one: the rule runs whatever it says
        yield [*group, replace(group[-1], operator="regex", operand="", negated=False, test=())]


def _any_of(conditions: list[Condition]) -> Condition:
    return conditions[0] if len(conditions) == 1 else AnyOf(tuple(conditions))

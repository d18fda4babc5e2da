"""mod_authz_core in the program: what a section requires, and what that comes to for a request (AZ-1 to AZ-6).

A line is positive, negative or neutral (AZ-1): in RequireAll none may fail and one must pass, in RequireAny one must
pass, in RequireNone none may. Lines in a Limit section don't ask requests of other methods (STR-17): they pass in
RequireAll and are neutral elsewhere. Rules that don't ask who it is become one condition; what can't be asked fails
closed: a restriction is never dropped.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar, Self

from apacheconf.ledger import Written
from apacheconf.modules.declare import Conf, Methods, Setting, not_inherited, setting
from apacheconf.modules.mod_authz_core import AuthzDirConf, RequireGroup, Requirement, expression_in, network
from apacheconf.program.admission import (
    AnyUser,
    CannotTell,
    Holds,
    InGroup,
    OneOfUsers,
    OwnsFile,
    Requires,
    Rule,
    Rules,
)
from apacheconf.program.conditions import (
    ALWAYS,
    NEVER,
    AllOf,
    AnyOf,
    Compare,
    Condition,
    FromHost,
    InNetwork,
    IsSet,
    OneOf,
    Operator,
    negated,
)
from apacheconf.program.expressions import NotEvaluated, condition_of, value_of
from apacheconf.program.link import LeaveOut, Linker
from apacheconf.program.values import Literal, Variable
from apacheconf.syntax import expr

_CLIENT = Variable("REMOTE_ADDR")
_LOCAL = AnyOf(
    (InNetwork(_CLIENT, ("127.0.0.0/8", "::1/128")), Compare(_CLIENT, Operator.SAME, Variable("SERVER_ADDR")))
)
#: A request's method by its name in the configuration; None stands for all that nobody names.
Method = str | None


@dataclass(frozen=True, slots=True)
class Line:
    """A Require line, and the methods whose requests it asks."""

    rule: Rule
    methods: Methods


@dataclass(frozen=True, slots=True)
class Group:
    """RequireAll, RequireAny or RequireNone; without ``methods`` it asks those that one of its entries asks."""

    kind: str
    entries: tuple[Line | Group, ...]
    methods: Methods | None = None


@dataclass(frozen=True)
class AuthzLayer(Conf):
    """What a section requires; None where it says nothing of it."""

    module: ClassVar[str] = "mod_authz_core"

    required: Setting[Group | None] = setting(None)
    merging: Setting[str] = setting("Off", not_inherited)
    forbidden: Setting[bool] = setting(False)

    def merge(self, child: Self) -> Self:
        """MRG-20: the child replaces what was required, or with AuthMerging both or one of the two must pass.

        A section that says AuthMerging Off and nothing else requires nothing (AZ-4).
        """
        merged = super().merge(child)
        how, mine, own = child.merging.value.lower(), self.required, child.required
        if how == "off" and child.merging.is_set and own.value is None:
            return dataclasses.replace(merged, required=Setting(None))
        if how == "off" or mine.value is None or own.value is None:
            return merged
        both = Group("all" if how == "and" else "any", (mine.value, own.value))
        return dataclasses.replace(merged, required=Setting(both, mine.said_by + own.said_by))


def layer(conf: AuthzDirConf, linker: Linker, left_out: LeaveOut) -> AuthzLayer:
    """A section's settings, linked. ``left_out`` hears of lines that can't be asked."""
    merging = Setting(conf.merging.value, linker.numbers(conf.merging.said_by))
    forbidden = Setting(conf.forbidden.value, linker.numbers(conf.forbidden.said_by))
    if not conf.requires.is_set:
        return AuthzLayer(merging=merging, forbidden=forbidden)
    group = RequireGroup("any", conf.requires.value, conf.requires.said_by)
    required = _group(group, left_out)
    directives = tuple(dict.fromkeys((*_directives(group), *conf.merging.said_by)))
    whole = required if required.methods is None else dataclasses.replace(required, methods=None)
    return AuthzLayer(Setting(whole, linker.numbers(directives)), merging, forbidden)


def _directives(group: RequireGroup) -> Iterator[Written]:
    for entry, said_by in zip(group.entries, group.said_by, strict=True):
        yield said_by
        if isinstance(entry, RequireGroup):
            yield from _directives(entry)


def _group(group: RequireGroup, left_out: LeaveOut) -> Group:
    entries = zip(group.entries, group.said_by, strict=True)
    return Group(group.kind, tuple(_entry(entry, said_by, left_out) for entry, said_by in entries), group.methods)


def _entry(entry: Requirement | RequireGroup, said_by: Written, left_out: LeaveOut) -> Line | Group:
    if isinstance(entry, RequireGroup):
        return _group(entry, left_out)
    requires = _required(entry)
    if isinstance(requires, CannotTell):
        left_out(said_by, f"{requires.why}; where it is asked, the answer is 500")
    return Line(Rule(requires, entry.negated), entry.methods)


def _required(requirement: Requirement) -> Requires:
    """What a line asks, without ``not``."""
    provider = requirement.provider
    try:
        return _PROVIDERS[provider](requirement)
    except KeyError:
        return CannotTell(f"Require {provider} is not served")
    except NotEvaluated as missing:
        return CannotTell(f"Require {provider} uses {missing}, which is not evaluated yet")


# --- providers -----------------------------------------------------------------------------------------------


def _expression(requirement: Requirement) -> Requires:
    """``Require expr`` (EXPR-41). One about the user may need to know who it is (EXPR-36)."""
    text = expression_in(requirement.text)
    return Holds(condition_of(text), "REMOTE_USER" in text.upper())


def _methods(requirement: Requirement) -> Requires:
    return Holds(is_method(requirement.words))


def is_method(names: Iterable[str]) -> Condition:
    """Whether the request's method is one of these; HEAD counts as GET (STR-16)."""
    both = [each for name in names for each in (("GET", "HEAD") if name in ("GET", "HEAD") else (name,))]
    return OneOf(Variable("REQUEST_METHOD"), tuple(map(Literal, dict.fromkeys(both))))


def _networks(requirement: Requirement) -> Requires:
    found = (network(word) for word in requirement.words)
    return Holds(InNetwork(_CLIENT, tuple(each for each in found if each is not None)))


def _host(requirement: Requirement) -> Requires:
    return Holds(FromHost(value_of(expr.parse_string(requirement.text))))


def _forward_dns(requirement: Requirement) -> Requires:
    return Holds(FromHost(value_of(expr.parse_string(requirement.text)), forward=True))


_PROVIDERS: dict[str, Callable[[Requirement], Requires]] = {
    "all": lambda each: Holds(ALWAYS if each.words[0].lower() == "granted" else NEVER),
    "ip": _networks,
    "local": lambda _: Holds(_LOCAL),
    "host": _host,
    "forward-dns": _forward_dns,
    "method": _methods,
    "env": lambda each: Holds(_one_of(IsSet(Variable("ENV", word)) for word in each.words)),
    "expr": _expression,
    "ssl": lambda _: Holds(Compare(Variable("HTTPS"), Operator.SAME, Literal("on"))),
    "ssl-verify-client": lambda _: Holds(Compare(Variable("SSL_CLIENT_VERIFY"), Operator.SAME, Literal("SUCCESS"))),
    "valid-user": lambda _: AnyUser(),
    "user": lambda each: OneOfUsers(value_of(expr.parse_string(each.text))),
    "group": lambda each: InGroup(value_of(expr.parse_string(each.text))),
    "dbm-group": lambda each: InGroup(value_of(expr.parse_string(each.text)), dbm=True),
    "file-owner": lambda _: OwnsFile(),
    "file-group": lambda _: OwnsFile(group=True),
    "dbm-file-group": lambda _: OwnsFile(group=True, dbm=True),
}


# --- for one method ------------------------------------------------------------------------------------------


def methods_in(group: Group) -> Iterator[str]:
    """The methods that the Limit sections around its lines name."""
    yield from group.methods.names if group.methods else ()
    for entry in group.entries:
        yield from methods_in(entry) if isinstance(entry, Group) else entry.methods.names


def has_method(methods: Methods, method: Method) -> bool:
    return methods.all_but if method is None else (method in methods.names) != methods.all_but


def rules_for(group: Group, method: Method) -> Rules:
    """The rules that requests of one method meet."""
    if not _asks(group, method):
        return Rules("all", (_PASSES,))
    entries = (_for_method(entry, group.kind, method) for entry in group.entries)
    return Rules(group.kind, tuple(each for each in entries if each is not None))


_PASSES = Rule(Holds(ALWAYS))


def _for_method(entry: Line | Group, around: str, method: Method) -> Rule | Rules | None:
    if not _asks(entry, method):
        return _PASSES if around == "all" else None
    return entry.rule if isinstance(entry, Line) else rules_for(entry, method)


def _asks(entry: Line | Group, method: Method) -> bool:
    if entry.methods is not None:
        return has_method(entry.methods, method)
    return isinstance(entry, Group) and any(_asks(each, method) for each in entry.entries)


def asks_who(rules: Rules) -> bool:
    """Whether more than the request has to be known."""
    return any(
        asks_who(each) if isinstance(each, Rules) else not isinstance(each.requires, Holds) or each.requires.about_user
        for each in rules.entries
    )


# --- as conditions -------------------------------------------------------------------------------------------


def refused_when(rules: Rules) -> tuple[Condition, Condition]:
    """When rules that don't ask who it is refuse (403), and when they come to nothing (500)."""
    passes, neutral = _outcome(rules)
    return (negated(passes) if neutral == NEVER else negated(_one_of(iter((passes, neutral))))), neutral


def _outcome(entry: Rule | Rules) -> tuple[Condition, Condition]:
    """When the entry passes, and when it is neutral; else it fails."""
    if isinstance(entry, Rule):
        assert isinstance(entry.requires, Holds)
        holds = entry.requires.condition
        return (NEVER, negated(holds)) if entry.negated else (holds, NEVER)
    outcomes = [_outcome(each) for each in entry.entries]
    neutral = _all_of(none for _, none in outcomes) if outcomes else ALWAYS
    passes = _one_of(passes for passes, _ in outcomes)
    if entry.kind == "any":
        return passes, neutral
    if entry.kind == "none":
        return NEVER, negated(passes)
    unopposed = [_one_of(iter(each)) for each in outcomes]
    if all(none != NEVER for _, none in outcomes):
        unopposed.append(passes)
    return _all_of(iter(unopposed)) if outcomes else NEVER, neutral


def _all_of(conditions: Iterator[Condition]) -> Condition:
    parts = tuple(each for each in conditions if each != ALWAYS)
    return NEVER if NEVER in parts else parts[0] if len(parts) == 1 else AllOf(parts) if parts else ALWAYS


def _one_of(conditions: Iterator[Condition]) -> Condition:
    parts = tuple(each for each in conditions if each != NEVER)
    return ALWAYS if ALWAYS in parts else parts[0] if len(parts) == 1 else AnyOf(parts) if parts else NEVER

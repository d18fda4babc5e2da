"""Gates: what Admits come to for a target that looks up users in files: for every answer to what the rules ask of a
request, who gets in unasked, who is refused unasked, and which users may (AZ-1, AZ-5, AZ-6).

The rules are judged as the program judges them, for each user that they name and for one that they don't. What doesn't
fit is not guessed: it fails closed (DES-8).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

from apacheconf.program.admission import (
    Admit,
    AnyUser,
    Basic,
    CannotTell,
    Holds,
    InGroup,
    OneOfUsers,
    Requires,
    Rules,
    names_in,
)
from apacheconf.program.admitting import Standing, judge
from apacheconf.program.conditions import ALWAYS, NEVER, Condition, Not
from apacheconf.program.steps import Step
from apacheconf.program.values import Literal
from apacheconf.targets.questions import CannotAsk
from apacheconf.targets.routes import Route

#: More conditions, or more users in a file before the last one, are not told apart.
MOST_CONDITIONS, MOST_USERS = 6, 2000


@dataclass(frozen=True)
class Case:
    """Who gets in: everybody ``unasked``, nobody but with an error ``status``, or users that are asked for a password:
    the ``named`` ones for whom it is True, all ``others`` of the files or none of them."""

    unasked: bool = False
    status: int = 0
    named: tuple[tuple[str, bool], ...] = ()
    others: bool = False


@dataclass(frozen=True)
class Gate:
    """``cases`` are what answers to the ``conditions`` lead to. Users are in ``files``, each with the users that it
    knows and those before it don't; the last one is asked for everybody else. ``from_groups``: a file of groups was
    read for them."""

    steps: tuple[Step, ...]
    realm: str
    files: tuple[tuple[str, tuple[str, ...]], ...]
    conditions: tuple[Condition, ...]
    cases: tuple[tuple[tuple[bool, ...], Case], ...]
    from_groups: bool = False


def gate_of(route: Route) -> Gate | None:
    """The gate of a route, None where nobody is asked. Raises CannotAsk."""
    if not route.admits:
        return None
    asked = {_asked(_action(step)) for step in route.admits}
    if len(asked) > 1:
        raise CannotAsk("different realms or files of users for different requests")
    realm, files = asked.pop()
    rules = [_action(step).rules for step in route.admits]
    asking = (*(step.when for step in route.admits), *_conditions(rules))
    conditions = tuple(dict.fromkeys(each for each in map(_plain, asking) if each != ALWAYS))
    if len(conditions) > MOST_CONDITIONS:
        raise CannotAsk("rules with so many conditions")
    judged = [(answers, _case(route, dict(zip(conditions, answers, strict=True))))
              for answers in product((True, False), repeat=len(conditions))]  # fmt: skip
    in_groups = any(isinstance(each, InGroup) for each in _requirements(rules))
    return Gate(tuple(route.admits), realm, _with_users(files), conditions, tuple(judged), in_groups)


def _action(step: Step) -> Admit:
    assert isinstance(step.action, Admit)
    return step.action


def _plain(condition: Condition) -> Condition:
    return ALWAYS if condition == NEVER else condition.condition if isinstance(condition, Not) else condition


def _asked(action: Admit) -> tuple[str, tuple[str, ...]]:
    """The realm, and the files of users."""
    ask = action.ask
    if action.forbidden:
        raise CannotAsk("AuthzSendForbiddenOnFailure")
    if not isinstance(ask, Basic) or ask.digest or not ask.authoritative:
        raise CannotAsk("a way to ask that is not plain AuthType Basic")
    providers = [each for each in ask.providers if each.kind != "socache"]
    if not providers or any(each.kind != "file" or not each.file for each in providers):
        raise CannotAsk("users that are not in files")
    if not isinstance(ask.realm, Literal) or ask.realm.text.lower() == "off":
        raise CannotAsk("a realm that is no plain text")
    return ask.realm.text, tuple(dict.fromkeys(each.file for each in providers))


def _with_users(files: tuple[str, ...]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Each file with the users that are looked up in it; for the last one that need not be known."""
    found: list[tuple[str, tuple[str, ...]]] = []
    known: set[str] = set()
    for file in files[:-1]:
        own = [name for name in _users_in(file) if name not in known]
        known.update(own)
        found.append((file, tuple(own)))
    if len(known) > MOST_USERS:
        raise CannotAsk("several files with so many users")
    return (*found, (files[-1], ()))


def _users_in(file: str) -> Iterator[str]:
    return (name for name, colon, _ in _lines(file) if colon and name)


def _lines(file: str) -> Iterator[tuple[str, str, str]]:
    """The lines of a file of users or groups, at their first colon. Raises CannotAsk."""
    try:
        lines = Path(file).read_text("latin-1").splitlines()
    except OSError as error:
        raise CannotAsk(f"the file {file}, which can't be read here") from error
    return (line.partition(":") for line in lines if not line.lstrip().startswith("#"))


# --- what the rules come to -----------------------------------------------------------------------------------


def _requirements(rules: list[Rules]) -> Iterator[Requires]:
    for each in rules:
        for entry in each.entries:
            if isinstance(entry, Rules):
                yield from _requirements([entry])
            else:
                yield entry.requires


def _conditions(rules: list[Rules]) -> Iterator[Condition]:
    for each in _requirements(rules):
        if isinstance(each, Holds) and each.about_user:
            raise CannotAsk("an expression about the user")
        if isinstance(each, Holds) and each.condition != NEVER:
            yield each.condition


def _case(route: Route, answers: dict[Condition, bool]) -> Case:
    """What the Admits come to for requests of which these answers are true."""

    def holds(condition: Condition) -> bool:
        if condition in (ALWAYS, NEVER):
            return condition == ALWAYS
        return not answers[condition.condition] if isinstance(condition, Not) else answers[condition]

    asking = [_action(step) for step in route.admits if holds(step.when)]
    if len(asking) > 1:
        raise CannotAsk("several rules about users at once")
    return _judged(asking[0], holds) if asking else Case(unasked=True)


def _judged(action: Admit, holds: Callable[[Condition], bool]) -> Case:
    members = _Members(action.groups.text)

    def standing(user: str | None) -> Standing:
        return judge(action.rules, lambda each: _standing(each, user, members, holds))

    first = standing(None)
    if first is not Standing.NO_USER:
        return Case(first is Standing.GRANTED, 0 if first is Standing.GRANTED else _STATUS.get(first, 500))
    named = tuple(dict.fromkeys(name for each in _requirements([action.rules]) for name in _names(each, members)))
    found = [(name, standing(name)) for name in (*named, "")]
    if any(each not in (Standing.GRANTED, Standing.DENIED, Standing.NO_USER) for _, each in found):
        raise CannotAsk("rules about users that may come to nothing")
    *of_named, (_, of_others) = found
    others = of_others is Standing.GRANTED
    return Case(named=tuple((name, each is Standing.GRANTED) for name, each in of_named
                            if (each is Standing.GRANTED) != others), others=others)  # fmt: skip


_STATUS = {Standing.DENIED: 403}


@dataclass
class _Members:
    """Who is in which group, by the file as it is now."""

    file: str

    def of(self, groups: set[str]) -> tuple[str, ...]:
        """Who is in one of the groups. Raises CannotAsk."""
        lines = _lines(self.file) if self.file else iter(())
        return tuple(
            dict.fromkeys(user for name, _, users in lines if name.strip() in groups for user in users.split())
        )


def _names(requires: Requires, members: _Members) -> tuple[str, ...]:
    """The users whom a line names."""
    match requires:
        case OneOfUsers(Literal(names)):
            return tuple(names_in(names))
        case InGroup(Literal(names), dbm=False):
            return members.of(set(names_in(names)))
        case _:
            return ()


def _standing(requires: Requires, user: str | None, members: _Members, holds: Callable[[Condition], bool]) -> Standing:
    """What a line comes to for a user, None for nobody yet, and an empty name for one whom no line names."""
    match requires:
        case Holds(condition):
            return Standing.GRANTED if holds(condition) else Standing.DENIED
        case AnyUser():
            return Standing.NO_USER if user is None else Standing.GRANTED
        case OneOfUsers(Literal()) | InGroup(Literal(), dbm=False):
            if user is None:
                return Standing.NO_USER
            return Standing.GRANTED if user in _names(requires, members) else Standing.DENIED
        case CannotTell(why):
            raise CannotAsk(why)
        case _:
            raise CannotAsk("a rule about users that is neither a list nor a group")


# --- what can't be asked --------------------------------------------------------------------------------------


def narrowed(gate: Gate, can_ask: Callable[[Condition], bool]) -> tuple[Gate, tuple[Condition, ...]]:
    """The gate without conditions that can't be asked: the answer counts that lets in fewer (DES-8), and those left
    out. Raises CannotAsk where neither does."""
    lost = tuple(each for each in gate.conditions if not can_ask(each))
    for condition in lost:
        gate = _without(gate, condition)
    return gate, lost


def _without(gate: Gate, condition: Condition) -> Gate:
    at = gate.conditions.index(condition)
    cases = dict(gate.cases)
    kept = {answer: {(*key[:at], *key[at + 1 :]): case for key, case in cases.items() if key[at] is answer}
            for answer in (True, False)}  # fmt: skip
    for answer in (False, True):
        if all(_is_within(case, kept[not answer][key]) for key, case in kept[answer].items()):
            conditions = gate.conditions[:at] + gate.conditions[at + 1 :]
            return replace(gate, conditions=conditions, cases=tuple(kept[answer].items()))
    raise CannotAsk("a condition that lets some in and keeps others out")


def _is_within(narrow: Case, wide: Case) -> bool:
    """Whether everybody whom one case lets in is let in by the other."""
    names = {name for case in (narrow, wide) for name, _ in case.named} | {"", None}
    return all(not _lets_in(narrow, name) or _lets_in(wide, name) for name in names)


def _lets_in(case: Case, user: str | None) -> bool:
    """Whether a user gets in, None for one who doesn't say who it is."""
    if case.unasked or case.status or user is None:
        return case.unasked
    return dict(case.named).get(user, case.others)

"""Gates: what an Admit comes to for a target that knows one file of users: whom to let in unasked, whom to refuse
unasked, and which users of the file may (AZ-1, AZ-5, AZ-6). What doesn't fit is not guessed: it fails closed (DES-8).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from apacheconf.program.admission import Admit, AnyUser, Basic, Holds, InGroup, OneOfUsers, Rule, Rules
from apacheconf.program.conditions import ALWAYS, NEVER, AllOf, AnyOf, Condition, Not
from apacheconf.program.mod_authz_core import asks_who, refused_when
from apacheconf.program.steps import Redirect, Respond, Step
from apacheconf.program.values import Literal
from apacheconf.targets.questions import CannotAsk
from apacheconf.targets.routes import Route


@dataclass(frozen=True)
class Gate:
    """Requests of ``refused`` get 403, those of ``unasked`` are let in; others must be one of ``users`` in ``file``.

    ``users`` None: everybody in the file may. ``from_groups`` says that a file of groups was read for them.
    """

    step: Step
    realm: str
    file: str
    refused: Condition = NEVER
    unasked: Condition = NEVER
    users: tuple[str, ...] | None = None
    from_groups: bool = False


def gate_of(route: Route) -> Gate | None:
    """The gate of a route, None where nobody is asked. Raises CannotAsk."""
    if not route.admits:
        return None
    if len(route.admits) > 1:
        raise CannotAsk("different users for different methods")
    answer = route.answer.action if route.answer else None
    if isinstance(answer, Redirect) or (isinstance(answer, Respond) and answer.body is not None):
        raise CannotAsk("an answer of its own behind a password")
    return _gate(route.admits[0])


def _gate(step: Step) -> Gate:
    action = step.action
    assert isinstance(action, Admit)
    if action.forbidden:
        raise CannotAsk("AuthzSendForbiddenOnFailure")
    realm, file = _asked(action)
    users, refused, unasked = _rules(action.rules, action.groups.text)
    if step.when != ALWAYS:
        refused = NEVER if refused == NEVER else AllOf((step.when, refused))
        unasked = _any((_negation(step.when), unasked))
    in_groups = "group" in _words(action.rules)
    return Gate(step, realm, file, refused, unasked, users, in_groups)


def _asked(action: Admit) -> tuple[str, str]:
    """The realm, and the file of users."""
    ask = action.ask
    if not isinstance(ask, Basic) or ask.digest or not ask.authoritative:
        raise CannotAsk("a way to ask that is not plain AuthType Basic")
    kinds = [each for each in ask.providers if each.kind != "socache"]
    if len(kinds) != 1 or kinds[0].kind != "file" or not kinds[0].file:
        raise CannotAsk("users that are not in one file")
    if not isinstance(ask.realm, Literal) or ask.realm.text.lower() == "off" or set(ask.realm.text) & set('"\\'):
        raise CannotAsk("a realm that is no plain text")
    return ask.realm.text, kinds[0].file


Users = tuple[str, ...] | None


def _rules(rules: Rules, groups: str) -> tuple[Users, Condition, Condition]:
    """Who may, and the conditions that refuse and that let in unasked."""
    if len(rules.entries) == 1 and isinstance(rules.entries[0], Rules) and rules.kind != "none":
        return _rules(rules.entries[0], groups)
    about = [each for each in rules.entries if _asks(each)]
    others = Rules(rules.kind, tuple(each for each in rules.entries if not _asks(each)))
    refused, nothing = refused_when(others) if others.entries else (NEVER, NEVER)
    if nothing != NEVER and rules.kind != "all":
        raise CannotAsk("rules that may come to nothing")
    if rules.kind == "any":
        users = _all_users(_allowed(each, groups) for each in about)
        return users, NEVER, _negation(refused) if others.entries else NEVER
    if rules.kind == "all" and len(about) == 1:
        inner = about[0]
        users, more, unasked = _rules(inner, groups) if isinstance(inner, Rules) else (
            _allowed(inner, groups), NEVER, NEVER)  # fmt: skip
        if all(isinstance(each, Rule) and each.negated for each in others.entries):
            refused = _any(_negated(each) for each in others.entries)
        return users, _any((refused, more)), unasked
    raise CannotAsk("rules about users within each other")


def _negated(entry: Rule | Rules) -> Condition:
    """When a line with ``not`` refuses, which is neutral else: somebody else decides (AZ-1)."""
    assert isinstance(entry, Rule) and isinstance(entry.requires, Holds)
    return entry.requires.condition


def _asks(entry: Rule | Rules) -> bool:
    return asks_who(entry if isinstance(entry, Rules) else Rules("any", (entry,)))


def _allowed(entry: Rule | Rules, groups: str) -> Users:
    """The users that a line names."""
    if isinstance(entry, Rule) and not entry.negated:
        match entry.requires:
            case AnyUser():
                return None
            case OneOfUsers(Literal(names)):
                return tuple(names.split())
            case InGroup(Literal(names), dbm=False):
                return _members(groups, set(names.split()))
    raise CannotAsk("a rule about users that is neither a list nor a group")


def _members(file: str, names: set[str]) -> tuple[str, ...]:
    """Who is in one of the groups, by the file as it is now."""
    try:
        lines = Path(file).read_text("latin-1").splitlines() if file else []
    except OSError as error:
        raise CannotAsk(f"the group file {file}, which can't be read") from error
    found = (line.partition(":") for line in lines if not line.lstrip().startswith("#"))
    return tuple(dict.fromkeys(user for name, _, users in found if name.strip() in names for user in users.split()))


def _all_users(sets: Iterable[Users]) -> Users:
    found = list(sets)
    if None in found:
        return None
    return tuple(dict.fromkeys(user for users in found for user in users or ()))


def _negation(condition: Condition) -> Condition:
    return condition.condition if isinstance(condition, Not) else Not(condition)


def _any(conditions: Iterable[Condition]) -> Condition:
    parts = tuple(each for each in conditions if each != NEVER)
    return NEVER if not parts else parts[0] if len(parts) == 1 else AnyOf(parts)


def _words(rules: Rules) -> set[str]:
    """``group`` where one is asked for."""
    found: set[str] = set()
    for each in rules.entries:
        if isinstance(each, Rules):
            found |= _words(each)
        elif isinstance(each.requires, InGroup):
            found.add("group")
    return found

"""Who may, where that depends on who it is: the rules of a section as terms, 401 or 403 where they fail (AZ-5, AZ-6).

The rules are judged three times: without a user (whoever gets in so has no name, whatever password is shown), as if any
user were good enough (what fails then is 403, nobody is asked for a name), and with the user who has shown a password.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeGuard

from apacheconf.ledger import Written
from apacheconf.program.admission import (
    Admit,
    AnyUser,
    Basic,
    GroupFiles,
    Holds,
    InGroup,
    OneOfUsers,
    Requires,
    Rule,
    Rules,
    names_in,
)  # fmt: skip
from apacheconf.program.mod_auth_basic import quoted
from apacheconf.program.steps import Step
from apacheconf.program.values import Literal
from apacheconf.targets.claims import Claim, equivalent, exact, unsupported
from apacheconf.targets.haproxy.conditions import Term, Terms, negated
from apacheconf.targets.haproxy.lowering import Lowering
from apacheconf.targets.haproxy.mod_auth_basic import Users, members_of, userlist_for
from apacheconf.targets.haproxy.samples import Environment
from apacheconf.targets.haproxy.tree import Section
from apacheconf.targets.questions import CannotAsk
from apacheconf.targets.restrictions import GROUPS_AS_READ
from apacheconf.targets.routes import Route

_USER = "var(txn.user)"
_AS_READ = "users and their passwords were read when this was written: translate anew when the file changes"


def can_say(step: Step, environment: Environment) -> bool:
    """Whether HAProxy can ask all that a step wants to know."""
    action = step.action
    if not isinstance(action, Admit) or not isinstance(action.ask, Basic) or action.ask.digest:
        return False
    if not isinstance(action.ask.realm, Literal) or not action.ask.authoritative:
        return False
    try:
        terms = Terms(environment=environment)
        terms.of(step.when)
        _Judge(action.groups, terms, ("TRUE",)).of(action.rules)
    except CannotAsk:
        return False
    return True


def emit_admission(low: Lowering, route: Route, terms: Terms, backend: Section) -> None:
    """The rules of a backend that let in who may."""
    for number, (step, _) in enumerate(admissions(route), 1):
        if not can_say(step, terms.environment):
            continue
        assert isinstance(step.action, Admit) and isinstance(step.action.ask, Basic)
        _emit(low, route, step, step.action, step.action.ask, f"may_{number}", backend)


def admissions(route: Route) -> Iterable[tuple[Step, bool]]:
    """The steps that ask who it is."""
    return ((step, certain) for step, certain in route.met if isinstance(step.action, Admit))


def _emit(low: Lowering, route: Route, step: Step, admit: Admit, basic: Basic, name: str, backend: Section) -> None:
    said_by = route.host.said_by(step)
    users = userlist_for(low, basic)
    assert isinstance(basic.realm, Literal)
    terms = Terms(name, low.environments[route.host.number])
    when = terms.of(step.when)
    only = () if when == ("TRUE",) else when
    unasked = _Judge(admit.groups, terms, ("FALSE",)).of(admit.rules)
    nameless = () if unasked == ("FALSE",) else negated(unasked)
    backend.lines += terms.rules.lines
    terms.rules.lines.clear()
    backend.add("http-request", "set-var(txn.user)", "http_auth_user", "if", *only, *nameless, *_known(users.name),
                comment=low.sources.comment(said_by), claims=tuple(_claims(said_by, users, admit.rules)))  # fmt: skip
    hopeful = _Judge(admit.groups, terms, ("TRUE",)).of(admit.rules)
    granted = _Judge(admit.groups, terms).of(admit.rules)
    backend.lines += terms.rules.lines
    if hopeful != ("TRUE",):
        backend.add("http-request", "deny", "deny_status", "403", "if", *only, *negated(hopeful))
    if admit.forbidden:
        known = ("{", _USER, "-m", "found", "}")
        backend.add("http-request", "deny", "deny_status", "403", "if", *only, *known, *negated(granted))
    backend.add("http-request", "auth", "realm", quoted(basic.realm.text), "if", *only, *negated(granted))


def _claims(said_by: Sequence[Written], users: Users, rules: Rules) -> Iterator[Claim]:
    """Users and groups are copied: what their files say later is not heard of."""
    files = [each for each in said_by if each.name.lower() == "authuserfile"]
    groups = [each for each in said_by if each.name.lower() == "authgroupfile" and _ask_for_groups(rules)]
    if users.lacking:
        files += [each for each in said_by if each.name.lower() == "authbasicprovider"]
        yield unsupported(files, "; ".join(users.lacking), "password-hash")
    elif files:
        yield equivalent(files, _AS_READ, "users-as-read")
    if groups:
        yield equivalent(groups, GROUPS_AS_READ, "groups-as-read")
    yield exact([each for each in said_by if each not in (*files, *groups)])


def _ask_for_groups(rules: Rules) -> bool:
    return any(
        _ask_for_groups(each) if isinstance(each, Rules) else isinstance(each.requires, InGroup)
        for each in rules.entries
    )


def _known(users: str) -> Term:
    return ("{", f"http_auth({users})", "}")


class _Judge:
    """Rules as terms. ``about_user`` is what every question about a user comes to, if not to what it asks."""

    def __init__(self, groups: GroupFiles, terms: Terms, about_user: Term | None = None) -> None:
        self._groups, self._terms, self._of_user = groups, terms, about_user

    def of(self, rules: Rules) -> Term:
        """Raises CannotAsk."""
        if rules.kind == "all":
            terms = [self._none(each) if _is_none(each) else self._entry(each) for each in rules.entries]
            if ("FALSE",) in terms:
                return ("FALSE",)
            wanted = tuple(each for each in terms if each != ("TRUE",))
            every = tuple(word for each in wanted for word in each)
            return self._terms.any_of([every], "allowed") if wanted else ("TRUE",)
        terms = [self._entry(each) for each in rules.entries]
        if rules.kind == "any":
            if ("TRUE",) in terms:
                return ("TRUE",)
            terms = [each for each in terms if each != ("FALSE",)] or [("FALSE",)]
            return terms[0] if len(terms) == 1 else self._terms.any_of(terms, "allowed")
        raise CannotAsk("RequireNone beside others of which one is enough")

    def _none(self, rules: Rules) -> Term:
        """What is left where none of the rules may hold; it lets nobody in by itself (AZ-1). Raises CannotAsk."""
        if any(isinstance(each, Rules) or each.negated or not _is_of_request(each) for each in rules.entries):
            raise CannotAsk("RequireNone with a user")
        return negated(self._terms.any_of([self._entry(each) for each in rules.entries], "excluded"))

    def _entry(self, entry: Rule | Rules) -> Term:
        if isinstance(entry, Rules):
            return self.of(entry)
        requires = entry.requires
        about_user = not isinstance(requires, Holds) or requires.about_user
        if entry.negated and about_user:
            raise CannotAsk("Require not with a user")
        if about_user and self._of_user is not None:
            self._about_user(requires)
            return self._of_user
        if isinstance(requires, Holds):
            term = self._terms.of(requires.condition)
            return negated(term) if entry.negated else term
        return self._about_user(requires)

    def _about_user(self, requires: Requires) -> Term:
        match requires:
            case Holds(condition):
                return self._terms.of(condition)
            case AnyUser():
                return ("{", _USER, "-m", "found", "}")
            case OneOfUsers(Literal(names)):
                return _one_of(names_in(names))
            case InGroup(Literal(names), dbm=False):
                found = members_of(self._groups.text, names_in(names))
                if found is None:
                    raise CannotAsk("a file of groups that can't be read")
                return _one_of(found)
            case _:
                raise CannotAsk(type(requires).__name__)


def _is_none(entry: Rule | Rules) -> TypeGuard[Rules]:
    return isinstance(entry, Rules) and entry.kind == "none"


def _is_of_request(rule: Rule) -> bool:
    return isinstance(rule.requires, Holds) and not rule.requires.about_user


def _one_of(names: list[str]) -> Term:
    names = [each for each in names if each]  # nobody is called by no name, and the word would end the line
    if "}" in names:
        raise CannotAsk("a user called }")
    return ("{", _USER, "-m", "str", "--", *names, "}") if names else ("FALSE",)

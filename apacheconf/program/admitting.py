"""Let a request in, or not: rules judged, and the user asked for where that may help (AZ-1, AZ-5, AZ-6).

httpd judges the rules twice: without a user first, and again with one where only a user was missing.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, auto
from typing import TYPE_CHECKING, Any

from apacheconf.program import mod_auth_basic, mod_auth_digest
from apacheconf.program.admission import (
    Admit,
    AnyUser,
    Basic,
    CannotTell,
    Digest,
    Holds,
    InGroup,
    NotServed,
    OneOfUsers,
    OwnsFile,
    Requires,
    Rule,
    Rules,
    names_in,
)
from apacheconf.program.client_tls import say_who
from apacheconf.program.evaluate import holds, text_of

if TYPE_CHECKING:
    from apacheconf.program.course import Course


class Standing(Enum):
    """What a rule comes to (httpd's authz_status)."""

    GRANTED = auto()
    DENIED = auto()
    NEUTRAL = auto()
    NO_USER = auto()  # denied, and a user may change that
    ERROR = auto()


def admit(action: Admit, course: Course) -> None:
    """Judge without a user; if one is missing, ask for it and judge again."""
    standing = _judge(action.rules, action, course)
    if standing is Standing.NO_USER:
        status = _ask(action, course)
        if status is None:
            standing = _judge(action.rules, action, course)
            _refuse_user(standing, action, course)
        else:
            course.refuse(status, "")
    elif standing is Standing.DENIED:
        course.log("error", "authz_core", f"AH01630: client denied by server configuration: {course.asked_for}")
        course.refuse(403, "")
    elif standing is not Standing.GRANTED:
        course.refuse(500, "")


def _refuse_user(standing: Standing, action: Admit, course: Course) -> None:
    """Who is known and may not gets 401, to try as somebody else, or 403 if that is asked for."""
    state = course.state
    if standing is Standing.GRANTED:
        return
    if standing not in (Standing.DENIED, Standing.NO_USER):
        course.refuse(500, "")
        return
    if standing is Standing.DENIED:
        course.log("error", "authz_core", f'AH01631: user {state.user}: authorization failure for "{state.path}": ')
    else:
        course.log("error", "authz_core", f"AH01629: authorization failure (no authenticated user): {state.path}")
    if standing is Standing.DENIED and action.forbidden:
        course.refuse(403, "")
        return
    if isinstance(action.ask, Basic):
        mod_auth_basic.challenge(action.ask, course)
    elif isinstance(action.ask, Digest):
        mod_auth_digest.challenge(action.ask, course)
    course.refuse(401, "")


def _ask(action: Admit, course: Course) -> int | None:
    """Find out who it is; the status of a request that isn't let in, None if somebody is known now."""
    path = course.state.path
    status: int | None
    if course.fakes_basic and (spoofed := say_who(course)) is not None:
        return spoofed
    match action.ask:
        case Basic():
            status = mod_auth_basic.authenticate(action.ask, course)
        case Digest():
            status = mod_auth_digest.authenticate(action.ask, course)
        case NotServed(name):
            course.log("error", "authn_core", f"AH01796: AuthType {name} configured without corresponding module")
            status = 500
        case None:
            status = None
    if status is None and course.state.user is None:
        said = "No authentication done but request not allowed without authentication for"
        course.log("error", "core", f"AH00027: {said} {path}. Authentication not configured?")
        status = 500
    return status


# --- rules ---------------------------------------------------------------------------------------------------


def _judge(rules: Rules, action: Admit, course: Course) -> Standing:
    return judge(rules, lambda requires: _JUDGES[type(requires)](requires, action, course))


def judge(rules: Rules, one: Callable[[Requires], Standing]) -> Standing:
    """What a group comes to: httpd's order, in which the first that decides ends it. ``one`` judges a requirement."""
    found = Standing.NEUTRAL
    decisive = Standing.DENIED if rules.kind == "all" else Standing.GRANTED
    weaker = Standing.GRANTED if rules.kind == "all" else Standing.DENIED
    for entry in rules.entries:
        standing = judge(entry, one) if isinstance(entry, Rules) else _judge_rule(entry, one)
        if standing is Standing.ERROR:
            return standing
        if standing is decisive:
            found = standing
            break
        if found is Standing.NEUTRAL or (standing is Standing.NO_USER and found is weaker):
            found = standing
    return _negated(found) if rules.kind == "none" else found


def _judge_rule(rule: Rule, one: Callable[[Requires], Standing]) -> Standing:
    found = one(rule.requires)
    return _negated(found) if rule.negated else found


def _negated(standing: Standing) -> Standing:
    if standing is Standing.GRANTED:
        return Standing.DENIED
    return Standing.NEUTRAL if standing in (Standing.DENIED, Standing.NO_USER) else standing


def _holds(requires: Holds, action: Admit, course: Course) -> Standing:
    state = course.state
    state.asked_user = False
    if holds(requires.condition, state):
        return Standing.GRANTED
    return Standing.NO_USER if requires.about_user and state.asked_user else Standing.DENIED


def _any_user(requires: AnyUser, action: Admit, course: Course) -> Standing:
    return Standing.NO_USER if course.state.user is None else Standing.GRANTED


def _one_of_users(requires: OneOfUsers, action: Admit, course: Course) -> Standing:
    state = course.state
    if state.user is None:
        return Standing.NO_USER
    if state.user in names_in(text_of(requires.names, state)):
        return Standing.GRANTED
    said = f"user '{state.user}' does not meet 'require'ments for user to be allowed access"
    course.log("debug", "authz_user", f"AH01663: access to {state.path} failed, reason: {said}")
    return Standing.DENIED


def _in_group(requires: InGroup, action: Admit, course: Course) -> Standing:
    state = course.state
    if state.user is None:
        return Standing.NO_USER
    names = names_in(text_of(requires.names, state))
    found = state.authority.membership(action.groups, state.user, names, requires.dbm)
    if found.is_member:
        return Standing.GRANTED
    for message in found.messages:
        mod_auth_basic.tell(message, course)
    return Standing.ERROR if found.is_member is None else Standing.DENIED


def _owns_file(requires: OwnsFile, action: Admit, course: Course) -> Standing:
    state = course.state
    if state.user is None:
        return Standing.NO_USER
    owner = state.authority.owner(state.file, requires.group)
    if not requires.group:
        return Standing.GRANTED if owner == state.user else Standing.DENIED
    found = (
        owner is not None and state.authority.membership(action.groups, state.user, (owner,), requires.dbm).is_member
    )
    return Standing.GRANTED if found else Standing.DENIED


def _cannot_tell(requires: CannotTell, action: Admit, course: Course) -> Standing:
    course.log("error", "authz_core", f"{requires.why}: {course.state.path} is answered with 500")
    return Standing.ERROR


_JUDGES: dict[type, Callable[[Any, Admit, Course], Standing]] = {
    Holds: _holds,
    AnyUser: _any_user,
    OneOfUsers: _one_of_users,
    InGroup: _in_group,
    OwnsFile: _owns_file,
    CannotTell: _cannot_tell,
}

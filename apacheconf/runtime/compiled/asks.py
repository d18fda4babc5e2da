"""What steps and matchers ask about: whether a decision holds for every request with the same bytes, or what more.

Only what is listed here counts as known from the request itself; whatever else there is, or comes to be, may change.
"""

from __future__ import annotations

import dataclasses
from enum import Enum

from apacheconf.program import conditions, steps, values
from apacheconf.program.admission import Admit, AnyUser, Basic, Holds, InGroup, OneOfUsers, Rules
from apacheconf.program.conditions import Test
from apacheconf.program.functions import OF_FILES
from apacheconf.program.values import Variable

#: What a decision depends on besides the bytes of the request and the address and scheme it arrived at: nothing, the
#: client's address, what may change (time, files, maps, what others know), files of users, which the authority
#: watches, or where the path leads in the file system. They are joined by ``|``.
NOTHING, PEER, CHANGING, USERS, PLACES = 0, 1, 2, 4, 8

#: Variables that follow from the request's bytes and the configuration.
_OF_REQUEST = frozenset(
    {
        "REQUEST_URI", "REQUEST_METHOD", "REQUEST_SCHEME", "QUERY_STRING", "THE_REQUEST", "HTTP_HOST",
        "HTTP_USER_AGENT", "HTTP_REFERER", "HTTP_COOKIE", "HTTP_ACCEPT", "SERVER_ADDR", "SERVER_NAME", "SERVER_PORT",
        "SERVER_PROTOCOL", "SERVER_ADMIN", "HTTPS", "REWRITTEN", "MAPPED_URL", "HANDLER", "IPV6", "IS_SUBREQ", "HTTP",
        "ENV", "OSENV", "REMOTE_USER", "AUTH_TYPE", "HTTP_MATCHING", "HTTP_OR_ENV",
    }
)  # fmt: skip
#: Kinds of nodes whose answer follows from that of their parts.
_PLAIN = frozenset(
    {
        *(values.Literal, values.OwnText, values.Joined, values.Capture, values.Call, values.Escaped),
        *(conditions.Regex, conditions.Always, conditions.Never, conditions.Not, conditions.AllOf, conditions.AnyOf),
        *(conditions.Compare, conditions.Matches, conditions.Glob, conditions.OneOf, conditions.InNetwork),
        *(conditions.IsSet, conditions.Under, conditions.UnderFilled),
        *(steps.Step, steps.Flow, steps.MapToOrigin, steps.MapToUrl, steps.KeepLocal, steps.MapToFile, steps.SetUri),
        steps.Respond,
        *(steps.Redirect, steps.SetEnv, steps.SetHandler, steps.EditHeader, steps.KeepHost, steps.AddForwarded),
        *(steps.OverrideErrors, steps.MapBack, steps.MapBackCookie, steps.SetErrorDocument, steps.AddCharset),
        *(steps.AddFilter, steps.SecureOrigin, steps.Rewrite, steps.BeginRewriting, steps.FinishRewriting),
        *(steps.NameScript, steps.SetType),
        steps.LogError,
    }
)


def asks(node: object) -> int:
    """What a step, a condition or a value depends on."""
    if isinstance(node, Variable):
        return _asks_for(node)
    if isinstance(node, tuple):
        return _all(node)
    if isinstance(node, Admit):
        return _asks_who(node)
    if isinstance(node, Test):
        return asks(node.value) if node.letter in "nzT" else CHANGING
    if isinstance(node, steps.ExportTls):  # that it is TLS follows from where it arrived
        return CHANGING if node.standard or node.certificates else NOTHING
    # A log's line is written when the answer is over; what handlers are told (``of_files``) is only handed on.
    if not dataclasses.is_dataclass(node) or isinstance(node, steps.Log) or hasattr(type(node), "of_files"):
        return NOTHING
    if type(node) not in _PLAIN or (isinstance(node, values.Call) and node.function in OF_FILES):
        return CHANGING
    return _all(tuple(getattr(node, field.name) for field in dataclasses.fields(node)))


def _asks_who(action: Admit) -> int:
    """Basic by files follows from the request and from them; every other way to ask may change its mind."""
    ask = action.ask
    if not isinstance(ask, Basic) or any(provider.kind != "file" for provider in ask.providers):
        return CHANGING
    return USERS | asks(ask.realm) | _asked_by(action.rules)


def _asked_by(rules: Rules) -> int:
    found = NOTHING
    for entry in rules.entries:
        if isinstance(entry, Rules):
            found |= _asked_by(entry)
            continue
        match entry.requires:
            case Holds(condition):
                found |= asks(condition)
            case AnyUser():
                pass
            case OneOfUsers(names) | InGroup(names, dbm=False):
                found |= asks(names)
            case _:
                found |= CHANGING
    return found


def _all(nodes: tuple[object, ...]) -> int:
    found = NOTHING
    for node in nodes:
        if not isinstance(node, str | int | Enum):
            found |= asks(node)
    return found


def _asks_for(variable: Variable) -> int:
    if variable.name == "ENV" and variable.argument.upper() == "SSL_TLS_SNI":
        return CHANGING
    if variable.name in _OF_REQUEST:
        return NOTHING
    if variable.name in _OF_PLACES:
        return PLACES
    return PEER if variable.name == "REMOTE_ADDR" else CHANGING


#: Variables that say where the walk of the directories has led.
_OF_PLACES = frozenset({"REQUEST_FILENAME", "REQUEST_DIRECTORY", "REQUEST_BASENAME", "PATH_INFO"})

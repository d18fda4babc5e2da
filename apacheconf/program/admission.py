"""Who may, where that depends on who it is: rules and the way to ask for a name, as data (8.6).

Rules that don't ask who it is become conditions (``mod_authz_core``) and never get here. ``admitting`` runs an Admit,
with an ``authority`` that knows users and passwords.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from apacheconf.program.conditions import Condition
from apacheconf.program.values import Value
from apacheconf.syntax.words import split

# --- what is required ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Holds:
    """A requirement about the request. ``about_user`` may fail only because nobody has said who it is (EXPR-36)."""

    condition: Condition
    about_user: bool = False


def names_in(text: str) -> list[str]:
    """The users or groups that the text of a requirement names; those in quotes may hold blanks."""
    return split(text)


@dataclass(frozen=True, slots=True)
class AnyUser:
    """``valid-user``."""


@dataclass(frozen=True, slots=True)
class OneOfUsers:
    """``user``: the names are the words of a text."""

    names: Value


@dataclass(frozen=True, slots=True)
class InGroup:
    """``group`` and ``dbm-group``: the groups are the words of a text, looked up in a file of this kind."""

    names: Value
    dbm: bool = False


@dataclass(frozen=True, slots=True)
class OwnsFile:
    """``file-owner``: the user owns the file. With ``group`` (``file-group``): is in the group that does."""

    group: bool = False
    dbm: bool = False


@dataclass(frozen=True, slots=True)
class CannotTell:
    """What can't be asked here. It fails closed: the request is answered with 500."""

    why: str


Requires = Holds | AnyUser | OneOfUsers | InGroup | OwnsFile | CannotTell


@dataclass(frozen=True, slots=True)
class Rule:
    """One Require line."""

    requires: Requires
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Rules:
    """RequireAll, RequireAny or RequireNone: ``kind`` is ``all``, ``any`` or ``none``."""

    kind: str
    entries: tuple[Rule | Rules, ...] = ()


# --- who knows users -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Anonymous:
    """mod_authn_anon's settings; the names are in lower case, ``*`` among them is anybody."""

    names: frozenset[str] = frozenset()
    no_name: bool = False
    needs_password: bool = True
    verifies: bool = False
    logs_password: bool = True


@dataclass(frozen=True, slots=True)
class Provider:
    """Where a user is looked up. ``kind`` is ``file``, ``dbm``, ``anon``, or one that isn't served.

    ``name`` is the one in the configuration, ``file`` the whole path, empty where nobody named it.
    """

    name: str
    kind: str
    file: str = ""
    dbm_type: str = "default"
    anonymous: Anonymous = Anonymous()


@dataclass(frozen=True, slots=True)
class GroupFiles:
    """The files that say who is in which group: whole paths, empty where nobody named one."""

    text: str = ""
    dbm: str = ""
    dbm_type: str = "default"


# --- how a name is asked for ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Basic:
    """AuthType Basic. ``realm`` None: nobody gave a name, which is 500. ``digest`` compares as a digest's secret."""

    realm: Value | None
    providers: tuple[Provider, ...]
    authoritative: bool = True
    digest: bool = False


@dataclass(frozen=True, slots=True)
class Digest:
    """AuthType Digest. ``lifetime`` of a nonce in seconds, 0 for one use, negative for ever.

    ``counts``: each use of a nonce has to have a higher count than the one before.
    """

    realm: Value | None
    providers: tuple[Provider, ...]
    lifetime: int = 300
    domain: tuple[str, ...] = ()
    counts: bool = False


@dataclass(frozen=True, slots=True)
class NotServed:
    """An AuthType that nobody serves here: 500."""

    name: str


@dataclass(frozen=True, slots=True)
class Admit:
    """Let a request in whose rules hold, and ask who it is where that may help (AZ-5, AZ-6).

    ``ask`` None: there is no AuthType. ``forbidden``: who is known and may not gets 403 in place of 401.
    """

    rules: Rules
    ask: Basic | Digest | NotServed | None = None
    groups: GroupFiles = GroupFiles()
    forbidden: bool = False


# --- what can't be asked -------------------------------------------------------------------------------------

#: Kinds of providers that are asked. A cache alone (socache) knows nobody.
KINDS = frozenset({"file", "dbm", "anon", "socache"})


def is_read(dbm_type: str) -> bool:
    """Whether files of this AuthDBMType are read here; Debian's default is Berkeley DB."""
    return dbm_type.lower() in ("default", "sdbm", "db", "gdbm")


def cannot_ask(action: Admit) -> Iterator[tuple[str, str]]:
    """What of it fails closed: a word that its directive is found by, and why."""
    yield from _untold(action.rules)
    if not is_read(action.groups.dbm_type):
        yield "AuthzDBMType", f"files of AuthzDBMType {action.groups.dbm_type} are not read here"
    if isinstance(action.ask, NotServed):
        yield "AuthType", f"AuthType {action.ask.name} is not served"
    if isinstance(action.ask, Basic | Digest):
        for provider in action.ask.providers:
            if provider.kind not in KINDS:
                name = f"Auth{type(action.ask).__name__}Provider"
                yield name, f"users of the provider {provider.name} are not known here"
            elif provider.kind == "dbm" and not is_read(provider.dbm_type):
                yield "AuthDBMType", f"files of AuthDBMType {provider.dbm_type} are not read here"


def _untold(rules: Rules) -> Iterator[tuple[str, str]]:
    for entry in rules.entries:
        if isinstance(entry, Rules):
            yield from _untold(entry)
        elif isinstance(entry.requires, CannotTell):
            yield "Require", entry.requires.why

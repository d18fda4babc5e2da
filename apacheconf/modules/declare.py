"""The few words that module declarations are written in.

A module file says once what its directives are: name, argument shape, where it may stand, which setting it
fills, how scopes merge, one line of help. Everything else is keyed by that: the binder checks it, the model
merges it, the program makes steps of the settings, the ledger notices what nobody answered.

A *conf* is one module's settings for one scope, as httpd's create and merge slots make them: a frozen
dataclass of Settings. ``merge(parent, child)`` gives the effective one. Each Setting knows the directives
that filled it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, Flag, auto
from typing import Any, ClassVar, Generic, NamedTuple, Self, TypeVar

from apacheconf.ledger import Written

T = TypeVar("T")


class Context(Flag):
    """Where a directive may stand; finer than the manual's four words.

    ``SERVER`` is outside every section, ``VHOST`` directly in a VirtualHost, then the kinds of section.
    """

    SERVER = auto()
    VHOST = auto()
    DIRECTORY = auto()
    LOCATION = auto()
    FILES = auto()
    IF = auto()
    PROXY = auto()
    LIMIT = auto()
    REQUIRE = auto()
    HTACCESS = auto()


SERVER, VHOST, DIRECTORY, LOCATION = Context.SERVER, Context.VHOST, Context.DIRECTORY, Context.LOCATION
FILES, IF, PROXY, HTACCESS = Context.FILES, Context.IF, Context.PROXY, Context.HTACCESS
#: Every per-directory context of the configuration files (httpd's ACCESS_CONF).
SECTIONS = DIRECTORY | LOCATION | FILES | IF | PROXY
#: httpd's RSRC_CONF.
SERVERS = SERVER | VHOST
#: Everywhere in the configuration files, Limit sections included.
ANYWHERE = SERVERS | SECTIONS | Context.LIMIT


class Args(Enum):
    """httpd's argument shapes (ARG-1 to ARG-13)."""

    NO_ARGS = "NO_ARGS"
    TAKE1 = "TAKE1"
    TAKE2 = "TAKE2"
    TAKE12 = "TAKE12"
    TAKE3 = "TAKE3"
    TAKE23 = "TAKE23"
    TAKE123 = "TAKE123"
    TAKE13 = "TAKE13"
    ITERATE = "ITERATE"
    ITERATE2 = "ITERATE2"
    FLAG = "FLAG"
    TAKE_ARGV = "TAKE_ARGV"
    RAW_ARGS = "RAW_ARGS"


class ValueRefused(Exception):
    """An argument that httpd refuses; the message is httpd's. ``word`` is the number (from 0) of the word.

    ``within`` is the part of the unsplit arguments that is wrong, where that is less than a word.
    """

    def __init__(self, message: str, word: int | None = None, within: tuple[int, int] | None = None) -> None:
        self.word, self.within = word, within
        super().__init__(message)


class NotHere(ValueRefused):
    """What httpd would refuse on this machine alone: a file that is not here, a user, an OpenSSL without something.

    It is a note and no error, so that ``check --httpd`` differs from ``httpd -t`` there on purpose; ``value`` is the
    argument's all the same. ``code`` is that of a message which names no line: httpd ends at once.
    """

    def __init__(self, message: str, word: int | None = None, value: Any = None, code: str = "") -> None:
        self.value, self.code = value, code
        super().__init__(message, word)


class Setting(NamedTuple, Generic[T]):
    """A value and the directives that set it; ``said_by`` is empty for a default."""

    value: T
    said_by: tuple[Written, ...] = ()

    def __hash__(self) -> int:
        """By the value too, which may be a table: settings of a thousand hosts may be said in the same places."""
        value = self.value
        try:
            return hash((self.said_by, frozenset(value.items()) if isinstance(value, dict) else value))
        except TypeError:  # a table of tables
            return hash(self.said_by)

    @property
    def is_set(self) -> bool:
        return bool(self.said_by)


Merge = Callable[[Setting[Any], Setting[Any]], Setting[Any]]


def child_wins(parent: Setting[T], child: Setting[T]) -> Setting[T]:
    """The usual rule: the child's if set, else the parent's (INH-14)."""
    return child if child.is_set else parent


def parent_then_child(parent: Setting[tuple[T, ...]], child: Setting[tuple[T, ...]]) -> Setting[tuple[T, ...]]:
    """Lists that add up, the parent's entries first (INH-1, INH-5)."""
    return Setting(parent.value + child.value, parent.said_by + child.said_by)


def child_then_parent(parent: Setting[tuple[T, ...]], child: Setting[tuple[T, ...]]) -> Setting[tuple[T, ...]]:
    """Lists that add up, the child's entries first (INH-4)."""
    return parent_then_child(child, parent)


def by_key(parent: Setting[dict[Any, T]], child: Setting[dict[Any, T]]) -> Setting[dict[Any, T]]:
    """Tables where the child wins key by key (INH-7, INH-11)."""
    return Setting({**parent.value, **child.value}, parent.said_by + child.said_by)


def not_inherited(parent: Setting[T], child: Setting[T]) -> Setting[T]:
    """Settings that each scope has for itself (INH-15, INH-16)."""
    return child


def setting(default: Any, merge: Merge = child_wins) -> Any:
    """A field of a conf: its default and how scopes merge."""
    return field(default=Setting(default), metadata={"merge": merge})


@dataclass(frozen=True)
class Conf:
    """One module's settings for one scope; subclasses name their module and add fields made by ``setting``."""

    module: ClassVar[str] = ""

    @classmethod
    def of(cls, settings: Mapping[str, Setting[Any]]) -> Self:
        """The conf in which exactly these fields are set; the others keep their defaults."""
        conf = object.__new__(cls)
        conf.__dict__.update(_class_facts(cls).defaults)
        conf.__dict__.update(settings)
        return conf

    def within(self, settings: Mapping[str, Setting[Any]]) -> Self:
        """What ``self.merge(self.of(settings))`` gives, at the cost of the fields that are set."""
        facts, mine = _class_facts(type(self)), self.__dict__
        conf = object.__new__(type(self))
        values = conf.__dict__
        values.update(mine)
        for name, setting in settings.items():
            values[name] = facts.merges[name](mine[name], setting)
        for name in facts.not_inherited:
            if name not in settings:
                values[name] = facts.defaults[name]
        return conf

    def merge(self, child: Self) -> Self:
        """The effective conf where ``child`` lies within this one."""
        return self.within({name: setting for name, setting in child.__dict__.items() if setting.is_set})

    def with_value(self, name: str, value: Any, said_by: tuple[Written, ...]) -> Self:
        """A copy in which directive ``said_by`` has set the field ``name``."""
        return dataclasses.replace(self, **{name: Setting(value, said_by)})

    def with_entry(self, name: str, entry: Any, said_by: Written) -> Self:
        """A copy in which the list ``name`` has one entry more."""
        old: Setting[tuple[Any, ...]] = getattr(self, name)
        return dataclasses.replace(self, **{name: Setting((*old.value, entry), (*old.said_by, said_by))})

    @property
    def is_set(self) -> bool:
        """True when any directive has set anything here."""
        return any(getattr(self, f.name).is_set for f in dataclasses.fields(self))


@dataclass(frozen=True, slots=True)
class _ClassFacts:
    """What ``Conf`` needs of its subclass for every scope, computed once."""

    defaults: dict[str, Any]
    merges: dict[str, Merge]
    not_inherited: tuple[str, ...]


_FACTS: dict[type[Conf], _ClassFacts] = {}


def _class_facts(cls: type[Conf]) -> _ClassFacts:
    known = _FACTS.get(cls)
    if known is not None:
        return known
    fields = dataclasses.fields(cls)
    merges = {f.name: f.metadata["merge"] for f in fields}
    alone = tuple(name for name, merge in merges.items() if merge is not_inherited)
    known = _FACTS[cls] = _ClassFacts({f.name: f.default for f in fields}, merges, alone)
    return known


#: Turns the words of a directive into its value, or raises ValueRefused in httpd's words.
Parse = Callable[[Sequence[str]], Any]


class Methods(NamedTuple):
    """A set of request methods, or all but these; HEAD counts as GET (STR-16)."""

    all_but: bool
    names: frozenset[str] = frozenset()

    def narrowed(self, words: Sequence[str], all_but: bool) -> Methods | None:
        """What is left of this set within ``words``, or outside of them; None when nothing is."""
        given = frozenset("GET" if word == "HEAD" else word for word in words)
        if all_but:
            left = Methods(self.all_but, self.names | given if self.all_but else self.names - given)
        else:
            left = Methods(False, given - self.names if self.all_but else given & self.names)
        return left if left.all_but or left.names else None


class Scope(NamedTuple):
    """The place of a directive, for those whose value depends on it, such as ProxyPass in a Location (PP-11).

    ``argument`` is the pattern of the nearest section (``/x``, ``balancer://c``), empty outside sections;
    ``has_module`` says whether a module (``mod_proxy_hcheck``) is loaded. ``combined_by`` is the name of
    the RequireAll, RequireAny or RequireNone directly around, empty if there is none; ``limited`` are the methods
    that the Limit sections around leave. ``server_root`` is what file names are relative to. ``named`` are things
    that directives further up gave a name, such as ``("hcexpr", "ok")``; one table serves the whole configuration.
    ``options`` are those that AllowOverride lets a .htaccess file set, in lower case, None for all.
    """

    context: Context
    argument: str
    has_module: Callable[[str], bool]
    combined_by: str = ""
    limited: Methods = Methods(True)
    server_root: str = "/"
    named: dict[tuple[str, str], Any] = {}  # noqa: RUF012 (the binder gives each configuration its own)
    options: frozenset[str] | None = None


ParseIn = Callable[[Sequence[str], Scope], Any]


#: What a section's value becomes when the values of its children are known; may refuse.
Gather = Callable[[Any, Sequence[Any], Scope], Any]


@dataclass(frozen=True, slots=True)
class SectionArgument:
    """What a section is about. ``sets`` is a setting that the tag itself makes; ``too_many`` patterns are refused."""

    kind: str
    pattern: str
    regex: bool = False
    sets: Any = None
    too_many: bool = False


class Fate(Enum):
    """What ``serve`` does with a directive, where no program step says so itself."""

    SERVED = "served"
    NO_EFFECT = "no effect here"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Spec:
    """One row of a module's table: what a directive is.

    ``fills`` names the field that the directive sets, in ``server_conf`` or ``dir_conf`` as ``per`` says;
    ``fills_in_section`` one of ``dir_conf`` that it sets as well when it stands in a section. ``parse`` (or
    ``parse_in``) makes its value of the words, or of the unsplit text if it is ``raw``; ``gathers`` a section's
    of its children's too. ``appends`` adds an entry to a list instead of replacing, ``extends`` as many as the
    value has; a dict adds up key by key. ``fate`` overrides the module's. ``restricts`` marks directives that take
    something away from a client: they are never ignored in silence. One that ``rereads`` changes what lines below mean.
    """

    name: str
    args: Args
    contexts: Context
    module: str = ""
    fills: str = ""
    per: str = "server"
    fills_in_section: str = ""
    parse: Parse | None = None
    parse_in: ParseIn | None = None
    raw: bool = False
    gathers: Gather | None = None
    appends: bool = False
    extends: bool = False
    fate: Fate | None = None
    restricts: bool = False
    rereads: bool = False
    section: bool = False
    exec_on_read: bool = False
    override: frozenset[str] = frozenset()
    help: str = ""


def on_or_off(words: Sequence[str]) -> bool:
    """The value of a FLAG directive (ARG-11)."""
    return words[0].lower() == "on"


def first_word(words: Sequence[str]) -> str:
    return words[0]


def flag(name: str, contexts: Context, fills: str, per: str = "server", **more: Any) -> Spec:
    """A directive that is On or Off."""
    return Spec(name, Args.FLAG, contexts, fills=fills, per=per, parse=on_or_off, **more)


def take1(
    name: str, contexts: Context, fills: str, per: str = "server", parse: Parse = first_word, **more: Any
) -> Spec:
    """A directive of one argument, as text unless ``parse`` makes something else of it."""
    return Spec(name, Args.TAKE1, contexts, fills=fills, per=per, parse=parse, **more)


@dataclass(frozen=True)
class Module:
    """One Apache module: ``name`` (``mod_proxy``), its confs and its table of directives."""

    name: str
    directives: Sequence[Spec] = ()
    server_conf: type[Conf] | None = None
    dir_conf: type[Conf] | None = None
    fate: Fate = Fate.NO_EFFECT
    table: Mapping[str, Spec] = field(init=False)

    def __post_init__(self) -> None:
        owned = {d.name.lower(): dataclasses.replace(d, module=self.name) for d in self.directives}
        object.__setattr__(self, "table", owned)

"""Hosts that say the same, but for their names, the authorities that their mappings lead to, their logs, their
certificates and where they redirect to: the first of them is compiled, and the program of the others is its own with
their directives, origins and texts in its tables. Where rules and folders say words of their own, too, what these do is
compiled when it is asked for.

Ten thousand hosts of a hoster differ in no more than that.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from apacheconf.ledger import Written
from apacheconf.model.types import Server
from apacheconf.modules.core import CoreServerConf
from apacheconf.modules.declare import Setting
from apacheconf.modules.mod_ssl import SslServerConf
from apacheconf.program.core import log_target
from apacheconf.program.hosts import Host
from apacheconf.program.messages import ErrorLog
from apacheconf.program.own_words import OwnWords, unmarked
from apacheconf.program.sayings import USUAL, Saying
from apacheconf.program.tls import FrontTls
from apacheconf.program.workers import DEFAULT_PORTS, Balancer, Origin, Worker

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T", bound="DataclassInstance")
Taker = Callable[[Sequence[Written]], tuple[Written, ...]]


class Maker(Generic[T]):
    """Makes objects that are like another of a frozen class with slots, but for some fields, which are set through the
    slots themselves: a constructor takes more than twice the time, and ``replace`` four times.
    """

    def __init__(self, like: T) -> None:
        self._type = type(like)
        self._slots = {each.name: vars(self._type)[each.name].__set__ for each in fields(like)}
        self._values = [(put, getattr(like, name)) for name, put in self._slots.items()]

    def like_it(self, own: dict[str, Any]) -> T:
        """Another one, with these fields of its own."""
        made = object.__new__(self._type)
        for put, value in self._values:
            put(made, value)
        for name, value in own.items():
            self._slots[name](made, value)
        return made


class Names(NamedTuple):
    """The numbers of the lines that name a host and its error log; None where it has the main server's."""

    server_name: int | None
    aliases: tuple[int, ...]
    admin: int | None
    error_log: int | None
    document_root: int | None


@dataclass(frozen=True)
class _Model:
    """An origin in terms of what its host says: the numbers of its ``lines``, for a worker the number of its authority,
    for a balancer its marked ``name`` and its members.
    """

    origin: Worker | Balancer
    lines: tuple[int, ...]
    authority: int = -1
    name: str = ""
    members: tuple[_Model, ...] = ()

    @cached_property
    def _maker(self) -> Maker[Worker | Balancer]:
        return Maker(self.origin)

    def filled(self, saying: Saying) -> Worker | Balancer:
        """The origin of a host that says the same."""
        said_by = tuple([saying.written[number] for number in self.lines])
        if isinstance(self.origin, Balancer):
            members = tuple([each.filled(saying) for each in self.members])
            name = unmarked(self.name, saying.own.words)
            return self._maker.like_it({"name": name, "members": members, "said_by": said_by})
        authority = saying.authorities[self.authority]
        host, _, port = authority.partition(":")
        return self._maker.like_it({
            "name": f"{self.origin.scheme}://{authority}{self.origin.path}",
            "host": host,
            "port": int(port or DEFAULT_PORTS[self.origin.scheme]),
            "said_by": said_by,
        })  # fmt: skip


def _model_of(origin: Origin, lines: dict[int, int], numbers: dict[str, int], own: OwnWords) -> _Model | None:
    """None for one that is said elsewhere, or in ways that are read more closely."""
    said = tuple(lines.get(id(line), -1) for line in origin.said_by)
    if -1 in said:
        return None
    if isinstance(origin, Balancer):
        models = [_model_of(each, lines, numbers, own) for each in origin.members]
        members = tuple(each for each in models if each is not None)
        name = own.marked_balancers(origin.name)
        return _Model(origin, said, name=name, members=members) if len(members) == len(models) else None
    at = numbers.get(origin.name.removesuffix(origin.path))
    return None if at is None else _Model(origin, said, at)


class TlsLines(NamedTuple):
    """The numbers of the lines that name the certificates of a host and their keys, and of all that say how it speaks
    TLS; these may be another's."""

    certificates: tuple[int, ...]
    keys: tuple[int, ...]
    said_by: tuple[int | Written, ...]


@dataclass(frozen=True)
class Template:
    """A compiled host and its tables in terms of what it says: numbers of its lines and of its authorities."""

    host: Host
    server_root: str
    names: Names
    #: None where it speaks no TLS, or has other certificates.
    tls: TlsLines | None
    named_by: tuple[int | Written, ...]
    directives: tuple[int | Written, ...]
    made: tuple[_Model, ...]
    origins: tuple[int, ...]
    #: Each text without what is the host's own in it: the number of an authority, or of a word, which ends it. Its own
    #: words are marked.
    texts: tuple[tuple[str, int | None, int | None], ...]

    @cached_property
    def hosts(self) -> Maker[Host]:
        """Makes the others."""
        return Maker(self.host)

    @property
    def knows_clients(self) -> bool:
        """Whether what is filled in says, too, how a host learns who its clients are."""
        host = self.host
        return (host.front_tls is None or self.tls is not None) and not host.remote_ip and host.preamble is None

    @cached_property
    def _handshakes(self) -> Maker[FrontTls]:
        assert self.host.front_tls is not None
        return Maker(self.host.front_tls)

    @cached_property
    def _error_logs(self) -> Maker[ErrorLog]:
        return Maker(self.host.errors)

    @cached_property
    def _take_tls(self) -> Taker:
        return _taker(self.tls.said_by if self.tls else ())

    @cached_property
    def _take_directives(self) -> Taker:
        return _taker(self.directives)

    @cached_property
    def _take_names(self) -> Taker:
        return _taker(self.named_by)

    def filled(self, saying: Saying, count: int) -> tuple[list[Origin], dict[str, Any]]:
        """The origins of a host that says the same, and what is its own; the program has ``count`` origins already."""
        written, authorities = saying.written, saying.authorities
        made: list[Origin] = [each.filled(saying) for each in self.made]
        own = self._named(saying)
        own["directives"] = self._take_directives(written)
        own["origins"] = tuple([count + each for each in self.origins])
        own["texts"] = tuple([
            f"{text}{saying.words[word]}" if word is not None
            else (unmarked(text, saying.own.words) if "\0" in text else text) if at is None
            else text.replace("//", f"//{authorities[at]}", 1)
            for text, at, word in self.texts
        ])  # fmt: skip
        return made, own

    def _named(self, saying: Saying) -> dict[str, Any]:
        """What the names of such a host are, and what its error log is."""
        bound, written, names = saying.bound, saying.written, self.names
        own: dict[str, Any] = {"place": written[0].place}
        if names.server_name is not None:
            said = bound[names.server_name].value
            own["name"], own["port"], own["scheme"] = said.host, said.port, said.scheme
        if names.aliases:
            own["aliases"] = tuple([alias for number in names.aliases for alias in bound[number].value])
        if names.admin is not None:
            own["admin"] = bound[names.admin].value
        if names.error_log is not None:
            target = log_target(bound[names.error_log].value, self.server_root)
            own["errors"] = self._error_logs.like_it({"target": target})
        if names.document_root is not None:
            own["document_root"] = bound[names.document_root].value
        own["named_by"] = self._take_names(written)
        if self.tls is not None:
            own["front_tls"] = self._handshakes.like_it({
                "certificates": tuple([bound[number].value for number in self.tls.certificates]),
                "keys": tuple([bound[number].value for number in self.tls.keys]),
                "said_by": self._take_tls(written),
            })  # fmt: skip
        return own


def _taker(numbers: tuple[int | Written, ...]) -> Taker:
    """Takes of a host's lines those of these numbers, beside lines that are the same for all."""
    if len(numbers) > 1 and all(isinstance(each, int) for each in numbers):
        return itemgetter(*numbers)  # in a third of the time
    return lambda written: tuple([written[each] if isinstance(each, int) else each for each in numbers])


def template_of(
    host: Host, server: Server, server_root: str, saying: Saying, made: Sequence[Origin], count: int
) -> Template | None:
    """What the others take from a compiled host, which ``made`` these origins when there were ``count``.

    None where it holds more of its own than can be exchanged: then filling it in would not give the host itself.
    """
    lines = {id(each): number for number, each in enumerate(saying.written)}
    numbers = {f"{scheme}://{each}": at for at, each in enumerate(saying.authorities) for scheme in USUAL}
    models = [_model_of(each, lines, numbers, saying.own) for each in made]
    known = tuple(each for each in models if each is not None)
    if len(known) < len(models):
        return None
    elsewhere = [each for each in host.directives if id(each) not in lines]
    if any(word in each.args for each in elsewhere for word in saying.words):
        return None  # it may share a text with another's line
    texts = tuple(_without_own(text, numbers, saying) for text in host.texts)
    directives = tuple(lines.get(id(each), each) for each in host.directives)
    named_by = tuple(lines.get(id(each), each) for each in host.named_by)
    numbers_of_origins = tuple(each - count for each in host.origins)
    names = _names(server.server_conf(CoreServerConf), lines)
    tls = _tls_lines(host.front_tls, server.server_conf(SslServerConf), lines)
    found = Template(host, server_root, names, tls, named_by, directives, known, numbers_of_origins, texts)
    origins, own = found.filled(saying, count)
    itself = origins == list(made) and all(getattr(host, name) == value for name, value in own.items())
    return found if itself and all(each >= 0 for each in found.origins) else None


def _tls_lines(tls: FrontTls | None, conf: SslServerConf, lines: dict[int, int]) -> TlsLines | None:
    certificates, keys = (
        tuple(lines.get(id(each), -1) for each in setting.said_by) for setting in (conf.certificates, conf.keys)
    )
    if tls is None or -1 in certificates or -1 in keys:
        return None
    if (tls.certificates, tls.keys) != (conf.certificates.value, conf.keys.value):
        return None
    return TlsLines(certificates, keys, tuple(lines.get(id(each), each) for each in tls.said_by))


def _names(conf: CoreServerConf, lines: dict[int, int]) -> Names:
    def last_of(setting: Setting[Any]) -> int | None:
        return lines.get(id(setting.said_by[-1])) if setting.said_by else None

    aliases = dict.fromkeys(lines[id(each)] for each in conf.server_aliases.said_by)
    others = conf.server_admin, conf.error_log, conf.document_root
    return Names(last_of(conf.server_name), tuple(aliases), *map(last_of, others))


def _without_own(text: str, numbers: dict[str, int], saying: Saying) -> tuple[str, int | None, int | None]:
    scheme, _, rest = text.partition("://")
    authority, slash, path = rest.partition("/")
    at = numbers.get(f"{scheme}://{authority}")
    if at is not None:
        return f"{scheme}://{slash}{path}", at, None
    words = saying.words
    ending = max((word for word in words if text == word or text.endswith(f"/{word}")), key=len, default=None)
    if ending is not None:
        return text.removesuffix(ending), None, words.index(ending)
    return saying.own.marked_balancers(text), None, None

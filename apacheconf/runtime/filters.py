"""Output filters: what becomes of an answer's body on its way to the client (OR-1l, DF-1, DF-2).

A chain is begun when the answer's head is known; its filters edit the head, then get the body piece by piece. Only
answers of origins and of files are filtered, never pages of errors. Pure: bytes in, bytes out.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Protocol, TypeVar

from apacheconf.program.conditions import ALWAYS
from apacheconf.program.evaluate import holds
from apacheconf.program.handling import ExpiryRules, Told
from apacheconf.program.headers import HeaderTable
from apacheconf.program.phases import Phase
from apacheconf.program.steps import AddFilter
from apacheconf.runtime.answer import ReplyHead
from apacheconf.runtime.framing import CHUNKED, UNTIL_CLOSE
from apacheconf.runtime.mod_expires import expire
from apacheconf.runtime.mod_filter import is_kept_off, tell
from apacheconf.runtime.strict import Fields, with_field

if TYPE_CHECKING:
    from apacheconf.runtime.exchange import Exchange


R = TypeVar("R", bound=Told)


class Filter(Protocol):
    """One filter at work on one body. ``streams`` when httpd's sends the end apart, so that no length is known.

    That is so only if there was something to send before the end.

    ``longest`` is the size in bytes up to which httpd has the whole in hand, and tells its length.
    """

    streams: ClassVar[bool]
    longest: ClassVar[int]

    def feed(self, data: bytes) -> bytes:
        """What can be sent on after ``data``."""

    def end(self) -> bytes:
        """What is left when the body is over."""


@dataclass(slots=True)
class Answered:
    """The answer that a filter is asked about: its head, the request's fields and variables, what it brings at once.

    ``whole`` is the size of a body that is all here, None where more is to come or a filter before changes it.
    """

    exchange: Exchange
    reply: ReplyHead
    filtering: Filtering
    whole: int | None

    def field(self, name: bytes) -> bytes:
        """A field of the answer by its lower-case name, empty if absent."""
        return next((value for key, value in self.reply.fields if key.lower() == name), b"")

    def has(self, name: bytes) -> bool:
        """Whether the answer has a field of this lower-case name, be it an empty one."""
        return any(key.lower() == name for key, _ in self.reply.fields)

    def asked(self, name: bytes) -> bytes:
        """A field of the request, empty if absent."""
        return self.exchange.field(name)

    def variable(self, name: str) -> str | None:
        """A variable of the request's environment."""
        decision = self.exchange.plan.decision
        return None if decision is None else decision.env.get(name)

    def set_field(self, name: bytes, value: bytes | None) -> None:
        """Put ``value`` in the place of all lines of that name; None takes them away."""
        self.reply.fields = with_field(self.reply.fields, name, value)

    @property
    def type(self) -> str:
        """The media type without parameters, as it is written."""
        return self.field(b"content-type").partition(b";")[0].strip().decode("latin-1")


#: Makes the filter of an answer, or None where it leaves the answer alone.
Maker = Callable[[Answered], Filter | None]


class Chain:
    """The filters of one answer, the first nearest to its source."""

    __slots__ = ("_filters",)

    def __init__(self, filters: list[Filter]) -> None:
        self._filters = filters

    def feed(self, pieces: Iterable[bytes], done: bool) -> list[bytes]:
        """What goes to the client after these pieces; ``done`` with the last ones."""
        data = b"".join(pieces)
        for each in self._filters:
            data = each.feed(data) if data else b""
            if done:
                data += each.end()
        return [data] if data else []


class Filtering:
    """What filters the answers of one policy: the filters by name, and what they are told."""

    __slots__ = ("filters", "told")

    def __init__(self, filters: tuple[AddFilter, ...], told: tuple[Told, ...]) -> None:
        self.filters = filters
        self.told: dict[type[Told], Told] = {type(each): each for each in told}

    def rules(self, kind: type[R]) -> R:
        """The settings of this kind, or their defaults."""
        found = self.told.get(kind)
        return found if isinstance(found, kind) else kind()

    def begin(self, exchange: Exchange, reply: ReplyHead, pieces: list[bytes], done: bool) -> list[bytes]:
        """Edit the head of an answer and begin its chain, if any filter acts; the pieces as they are after it.

        A body that is all here is filtered at once, so that its length is known. Raises OriginBroke.
        """
        from apacheconf.runtime.acting import MAKERS  # what serve's own filters need loads with the first answer

        if reply.status < 400:
            reply.fields = self.expired(exchange, reply.fields)
        apart = reply.length in (CHUNKED, UNTIL_CLOSE)  # httpd learns of the end by itself
        whole = done and not (apart and pieces)
        about = Answered(exchange, reply, self, sum(map(len, pieces)) if whole else None)
        if any(each.whole and _is_met(each, about) for each in self.filters):
            exchange.ranged = False
        met = {each.name: each for each in self.filters if each.name in MAKERS and _is_met(each, about)}
        found: list[Filter] = []
        streams = False
        for each in sorted(met.values(), key=lambda each: MAKERS[each.name][0]):
            words = _protocol(each, exchange)
            if is_kept_off(words, about):
                continue
            tell(words, about)
            made = MAKERS[each.name][1](about)
            if made is None:
                continue
            found.append(made)
            if done:
                fed, rest = made.feed(b"".join(pieces)) if pieces else b"", made.end()
                streams = made.streams and (bool(fed) or exchange.head_only)
                pieces = [fed + rest] if fed or rest else []
            is_empty = exchange.head_only and exchange.plan.service is not None  # an origin sends nothing of a HEAD
            about.whole = None if (streams and not is_empty) or not done else sum(map(len, pieces))
        if not found:
            return pieces
        about.set_field(b"content-length", None)
        if exchange.head_only and (not done or streams):
            reply.length = 0  # httpd says nothing of a length that it doesn't know
            return []
        if not done:
            exchange.chain, reply.length, exchange.ranged = Chain(found), CHUNKED, False
            return pieces
        reply.length = sum(map(len, pieces))
        if streams or reply.length > found[-1].longest:
            exchange.chain, reply.length, exchange.ranged = Chain([]), CHUNKED, False
            return pieces
        about.set_field(b"Content-Length", b"%d" % reply.length)
        return pieces

    def expired(self, exchange: Exchange, fields: Fields) -> Fields:
        """The fields of an answer, with Expires where mod_expires sets it: on no error, nor on its document."""
        if ExpiryRules not in self.told or exchange.first_status:
            return fields
        return expire(fields, self.rules(ExpiryRules), _file_of(exchange))


def _protocol(each: AddFilter, exchange: Exchange) -> frozenset[str]:
    """What FilterProtocol says of a provider, where it is one's turn (DF-4)."""
    told = exchange.client.server.program.filter_protocols
    return told.get(each.name, frozenset()) if told and each.when != ALWAYS else frozenset()


def _file_of(exchange: Exchange) -> os.stat_result | None:
    decision = exchange.plan.decision
    return None if decision is None or decision.located is None else decision.located.found


def _is_met(each: AddFilter, about: Answered) -> bool:
    decision = about.exchange.plan.decision
    if decision is not None and decision.origin is not None and not each.of_origins:
        return False
    smart = bool(each.types) or each.when != ALWAYS
    if smart and about.reply.status != 200 and about.variable("filter-errordocs") is None:
        return False
    if each.types and about.type not in each.types and "*" not in each.types:
        return False
    if each.when == ALWAYS or decision is None or decision.state is None:
        return each.when == ALWAYS
    state = decision.state
    lines = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in about.reply.fields)
    state.phase, state.status, state.answer = Phase.FILTERS, about.reply.status, (HeaderTable.of(lines),)
    return holds(each.when, state)

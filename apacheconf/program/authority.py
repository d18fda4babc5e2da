"""Whom ``decide`` asks about users, passwords, groups and names of clients: it looks nothing up itself.

serve has an authority that reads files and remembers verdicts (``runtime.authority``), explain takes everybody at
their word. Whoever gives none gets NOBODY, which refuses, so that nobody is let in by an oversight.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple, Protocol, TypeVar

from apacheconf.program.admission import GroupFiles, Provider
from apacheconf.program.messages import Message
from apacheconf.syntax.words import split

T = TypeVar("T")


class Verdict(Enum):
    """What a provider says of a user (httpd's authn_status)."""

    GRANTED = "granted"
    DENIED = "denied"
    UNKNOWN = "user not found"
    BROKEN = "general error"


class Finding(NamedTuple):
    """A verdict, and what the error log gets to know of it. ``secret`` is a digest's hash, if that was asked for."""

    verdict: Verdict
    messages: tuple[Message, ...] = ()
    secret: str = ""


class Membership(NamedTuple):
    """Whether a user is in one of some groups, None where that can't be found out; ``messages`` say why not."""

    is_member: bool | None
    messages: tuple[Message, ...] = ()


@dataclass(slots=True)
class DigestClient:
    """What is known of a client of mod_auth_digest that has a number: ``opaque`` is that, as it is told.

    ``nonce`` is the one that it has used last, made at ``made``, its use ``count`` being that of the request ``turn``.
    ``once`` is when the last nonce for one use was made that it has used.
    """

    opaque: str
    nonce: str = ""
    made: float = 0.0
    count: int = 0
    turn: tuple[int, int] = (0, 0)
    once: float = 0.0


class Authority(Protocol):
    """Answers questions; texts are latin-1. An answer that takes long may raise ``Pending``: ask again later."""

    def password(self, provider: Provider, user: str, password: str) -> Finding:
        """Whether the provider knows the user by this password."""

    def digest_password(self, provider: Provider, user: str, realm: str, password: str) -> Finding:
        """The same by the hash that the provider keeps for digests (AuthBasicUseDigestAlgorithm)."""

    def secret(self, provider: Provider, user: str, realm: str) -> Finding:
        """The hash of ``user:realm:password``; GRANTED here means that the user is found."""

    def membership(self, files: GroupFiles, user: str, groups: Iterable[str], dbm: bool) -> Membership:
        """Whether the user is in one of these groups, whose letters' case doesn't count."""

    def owner(self, file: str, group: bool) -> str | None:
        """Who owns the file, or the last folder on the way to one that isn't there; with ``group`` which group does."""

    def client_name(self, address: str) -> str | None:
        """The name of a client, if that leads back to its address (``Require host``)."""

    def addresses(self, name: str) -> frozenset[str]:
        """The addresses of a name (``Require forward-dns``)."""

    def own_name(self, address: str) -> str:
        """The name of an address of this machine, in lower case, empty if it has none (UseCanonicalName DNS)."""

    def nonce(self, realm: str, opaque: str, once: bool = False) -> str:
        """A new nonce for a digest, for the client of that number; ``once`` has a number in place of the time."""

    def nonce_made(self, nonce: str, realm: str, opaque: str) -> float | None:
        """When a nonce was made here for this client, in seconds since 1970; None for one that wasn't."""

    def digest_client(self, number: int) -> DigestClient | None:
        """The client of that number, if it is still known. It may be changed, and that is remembered."""

    def new_digest_client(self) -> DigestClient:
        """A client with a new number."""


def words_of(text: str) -> list[str]:
    """The words of a line, as httpd splits configuration and group files."""
    return split(text)


class Pending(Exception):
    """An answer isn't there yet. ``find`` finds and keeps it; it may block, so it is called beside the loop.

    Questions with one ``key`` have one answer.
    """

    key: bytes = b""

    def find(self) -> None:
        raise NotImplementedError


def answered(ask: Callable[[], T]) -> T:
    """What ``ask`` gives once its questions are answered, here and now."""
    while True:
        try:
            return ask()
        except Pending as question:
            question.find()


class Nobody:
    """Knows nobody."""

    def password(self, provider: Provider, user: str, password: str) -> Finding:
        return Finding(Verdict.BROKEN)

    def digest_password(self, provider: Provider, user: str, realm: str, password: str) -> Finding:
        return Finding(Verdict.BROKEN)

    def secret(self, provider: Provider, user: str, realm: str) -> Finding:
        return Finding(Verdict.BROKEN)

    def membership(self, files: GroupFiles, user: str, groups: Iterable[str], dbm: bool) -> Membership:
        return Membership(False)

    def owner(self, file: str, group: bool) -> str | None:
        return None

    def client_name(self, address: str) -> str | None:
        return None

    def addresses(self, name: str) -> frozenset[str]:
        return frozenset()

    def own_name(self, address: str) -> str:
        return ""

    def nonce(self, realm: str, opaque: str, once: bool = False) -> str:
        return "nonce"

    def nonce_made(self, nonce: str, realm: str, opaque: str) -> float | None:
        return None

    def digest_client(self, number: int) -> DigestClient | None:
        return None

    def new_digest_client(self) -> DigestClient:
        return DigestClient("1")


NOBODY = Nobody()

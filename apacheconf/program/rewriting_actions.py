"""What mod_rewrite does: where its rules begin and end, and what one that matched does to a request."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from apacheconf.program.conditions import Condition
from apacheconf.program.values import Value

if TYPE_CHECKING:
    from apacheconf.program.steps import Action


class Aim(Enum):
    """What a substitution is for (RW-6)."""

    ANY = "a URL of another host redirects, else it is a path"
    REDIRECT = "redirect"
    ORIGIN = "proxy"


#: Groups of conditions of which one must hold, each with the header fields that it asks.
Vary = tuple[tuple[tuple[Condition, tuple[str, ...]], ...], ...]


@dataclass(frozen=True, slots=True)
class Rewrite:
    """One RewriteRule that matched (RW-5 to RW-14): what it sets on the way, and what the URL becomes.

    ``target`` None leaves the URL as it is. ``status`` is that of a redirect, or the answer if ``answers``. For
    Aim.ORIGIN ``origin`` is a number into ``Host.origins``, None where it depends on the request. ``begins`` is the
    literal text that ``target`` begins with (what RW-9 trusts); ``passed`` hands the path on to the mappings (PT).
    ``ends_in_mark``: its last character is a ``?`` as it is written, and no other one begins a query (RW-8).
    A rule that is ``main_only`` is passed over in sub-requests (NS, R); ``ends_all`` is END, ``path_info_discarded``
    DPI. ``vary`` are, group by group, the conditions that ask header fields, and their names (RW-40).
    """

    target: Value | None = None
    aim: Aim = Aim.ANY
    status: int = 302
    answers: bool = False
    origin: int | None = None
    query_appended: bool = False
    query_discarded: bool = False
    query_after_last: bool = False
    ends_in_mark: bool = False
    escaped: bool = True
    passed: bool = False
    allows_3f: bool = False
    begins: str = ""
    any_prefix: bool = False
    sets: tuple[Action, ...] = ()
    main_only: bool = False
    ends_all: bool = False
    path_info_discarded: bool = False
    vary: Vary = ()


@dataclass(frozen=True, slots=True)
class NameScript:
    """SCRIPT_URL and SCRIPT_URI become what was asked for: a server's engine is on, be it without a rule."""


@dataclass(frozen=True, slots=True)
class BeginRewriting:
    """The rules of a server begin: the path is theirs now. Those of a section are about paths below ``folder``.

    ``base`` is the section's RewriteBase; with ``any_uri`` they are asked about ``OPTIONS *`` too (AllowAnyURI).
    """

    folder: str = ""
    base: str = ""
    any_uri: bool = False


@dataclass(frozen=True, slots=True)
class FinishRewriting:
    """What the rules made of the URL is taken: an origin, a redirect, a path for the mappings or a file (RW-9).

    ``root`` is DocumentRoot. For the rules of a section ``folder`` is set: then a path is an internal redirect, in
    which ``base`` (RewriteBase) takes the folder's place; without one the alias that led here, if ``context`` (RW-5,
    RW-6). ``trusts_own``: a URL of this host may be a file anywhere (LegacyPrefixDocRoot).
    """

    root: str
    folder: str = ""
    base: str = ""
    context: bool = True
    trusts_own: bool = False


@dataclass(frozen=True, slots=True)
class SetEnvFrom:
    """Set the variable that a text names: ``NAME:VALUE``, or ``!NAME`` to unset it (the E flag, RW-24)."""

    text: Value


@dataclass(frozen=True, slots=True)
class SetCookie:
    """``name:value:domain[:minutes[:path[:secure[:httponly[:samesite]]]]]`` as a Set-Cookie line (RW-22)."""

    text: Value


@dataclass(frozen=True, slots=True)
class SetType:
    """The media type of a file (the T flag)."""

    name: Value


@dataclass(frozen=True, slots=True)
class ForceHandler:
    """The handler, whatever else says so (the H flag)."""

    name: Value

"""What gives a request its place: an origin, a file, or another path of this server.

As in all actions, origins and texts are numbers into the tables of the host.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from apacheconf.program.conditions import Regex
from apacheconf.program.values import Value


class Rest(Enum):
    """What a mapping appends to its target (PP-6, PP-13, PP-14)."""

    AFTER_PREFIX = "the path after the matched prefix"
    WHOLE_PATH = "the whole path"
    NOTHING = "nothing: the captures stand in the target"


@dataclass(frozen=True, slots=True)
class MapToOrigin:
    """A mapping (ProxyPass): the request goes to an origin, at ``path`` plus ``rest``.

    ``origin`` is a number into ``Host.origins``. ``path`` is the target's text after the authority, empty when
    it has none; it may hold captures for Rest.NOTHING. ``prefix`` is cut for Rest.AFTER_PREFIX. ``raw`` keeps
    the client's own bytes (``nocanon``, PU-5). ``mapping`` is ``encoded`` or ``servlet`` for those of the READ phase,
    which come before the path is decoded (PU-8, PU-9). ``pattern`` must match the client's own path too for a raw
    mapping to keep it (PU-6). ``filled`` stands in the place of a ``prefix`` that depends on the request (PU-11).
    ``late``: which worker of the origin's host serves the URL is seen when it is made (WK-2). ``written`` is the number
    of the target's text up to its path in ``Host.texts``, where that isn't the origin's own name (MRG-4).
    """

    origin: int
    path: str
    prefix: str = ""
    rest: Rest = Rest.AFTER_PREFIX
    raw: bool = False
    value: Value | None = None
    mapping: str = ""
    pattern: Regex | None = None
    filled: Value | None = None
    late: bool = False
    written: int | None = None


@dataclass(frozen=True, slots=True)
class MapToUrl:
    """A mapping whose origin comes with the request (WK-4): it goes where ``url`` plus ``rest`` leads.

    ``template`` is the number of the worker whose parameters count, None for those of nobody. The rest is as in
    ``MapToOrigin``.
    """

    url: Value
    template: int | None = None
    prefix: str = ""
    rest: Rest = Rest.AFTER_PREFIX
    raw: bool = False
    mapping: str = ""
    pattern: Regex | None = None
    filled: Value | None = None


@dataclass(frozen=True, slots=True)
class KeepLocal:
    """``ProxyPass /x !``: no mapping of mod_proxy applies (PP-7). Its flow skips the rest of them."""


@dataclass(frozen=True, slots=True)
class MapToFile:
    """The path lies in the file system under ``root`` (DocumentRoot, Alias) after ``prefix`` is cut.

    ``value`` stands in ``root``'s place where it depends on the request; then the path without a prefix isn't added.
    """

    root: str
    prefix: str = ""
    value: Value | None = None


@dataclass(frozen=True, slots=True)
class MapByName:
    """The path lies in the folder that ``pattern`` names for this host (mod_vhost_alias), without ``prefix``."""

    pattern: str
    by_address: bool = False
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class MapToHome:
    """The path ``/~name/...`` lies in a folder of that user (mod_userdir).

    ``folders`` are tried in order: in a home, absolute ones with the name behind or for ``*``; a URL with ``*``
    redirects.
    """

    folders: tuple[str, ...]
    disabled: bool = False
    disabled_users: tuple[str, ...] = ()
    enabled_users: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SetUri:
    """The rest of the request is about this path; ``query`` replaces the query unless None."""

    uri: Value
    query: Value | None = None

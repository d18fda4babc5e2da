"""What handlers and output filters are told: the effective settings of a section, as data of the program.

A step that carries one of these does nothing in its phase but hand it on: ``Decision.told`` gives it to whoever
answers. A module that was configured by nobody makes no such step; its defaults are those of the class.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, TypeVar

from apacheconf.program.conditions import Condition
from apacheconf.program.values import Value


@dataclass(frozen=True, slots=True)
class Told:
    """The base of all; ``of_files`` marks what means nothing to a request that an origin answers."""

    of_files: ClassVar[bool] = True


R = TypeVar("R", bound=Told)
#: Pairs of a table that is kept hashable.
Pairs = tuple[tuple[str, str | None], ...]


@dataclass(frozen=True, slots=True)
class FileRules(Told):
    """core: how a file is answered. ``options`` and ``etag`` are lower-case words.

    ``passes_user`` is CGIPassAuth, ``content_digest`` wants a Content-MD5, ``whole_url`` a URL in REDIRECT_URL.
    ``type_before`` is the type of what an action has led here from, which counts where a name says none.
    """

    options: frozenset[str] = frozenset({"followsymlinks"})
    etag: frozenset[str] = frozenset({"mtime", "size"})
    path_info: str = "Default"
    force_type: str = ""
    type_before: str = ""
    passes_user: bool = False
    content_digest: bool = False
    whole_url: bool = False


@dataclass(frozen=True, slots=True)
class RangeRules(Told):
    """core: counts, -1 for no limit, 0 for none at all (MaxRanges none). Answers of origins have ranges too."""

    of_files: ClassVar[bool] = False

    most: int = 200
    overlaps: int = 20
    reversals: int = 20


@dataclass(frozen=True, slots=True)
class UploadRules(Told):
    """core: ``limit`` is LimitRequestBody in bytes, 0 for none. Requests of origins don't ask it."""

    limit: int = 1 << 30


@dataclass(frozen=True, slots=True)
class MimeRules(Told):
    """mod_mime: from an extension in lower case to what it means; None where that was removed."""

    types: Pairs = ()
    encodings: Pairs = ()
    charsets: Pairs = ()
    languages: Pairs = ()
    output_filters: Pairs = ()
    default_language: str = ""
    multiviews_match: tuple[str, ...] = ()
    use_path_info: bool = False


@dataclass(frozen=True, slots=True)
class SuffixFilters(Told):
    """mod_mime: names of filters that AddOutputFilter or AddInputFilter says; what they do is in MimeRules."""

    names: tuple[str, ...] = ()
    of_requests: bool = False


@dataclass(frozen=True, slots=True)
class HandlerRules(Told):
    """mod_mime: handlers by extension, as in MimeRules."""

    handlers: Pairs = ()


@dataclass(frozen=True, slots=True)
class ActionRules(Told):
    """mod_actions: handler or type, the path that answers, and whether it does so for what isn't there (``virtual``).

    ``scripts`` are methods and the paths that answer them.
    """

    actions: tuple[tuple[str, str, bool], ...] = ()
    scripts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class FolderRules(Told):
    """mod_dir: ``index`` are names or paths to try, ``redirect`` a status or 0, ``fallback`` a path or empty."""

    index: tuple[str, ...] = ("index.html",)
    redirect: int = 0
    slash: bool = True
    check_handler: bool = False
    fallback: str = ""


@dataclass(frozen=True, slots=True)
class NegotiationRules(Told):
    """mod_negotiation: languages in their order of preference; ``force`` holds ``prefer`` and ``fallback``."""

    priority: tuple[str, ...] = ()
    force: frozenset[str] = frozenset({"prefer"})


@dataclass(frozen=True, slots=True)
class Pattern:
    """An entry of mod_autoindex: what ``apply_to`` names below the folder ``below`` gets ``data``.

    ``by`` is ``path``, ``type`` or ``encoding``.
    """

    apply_to: str
    data: str
    by: str = "path"
    below: str = ""


@dataclass(frozen=True, slots=True)
class ListingRules(Told):
    """mod_autoindex: ``options`` in lower case; widths in characters, -1 for as wide as the longest (``*``).

    A width of 0 is what is left of the line.

    ``order`` is a key of ``NMSD`` and ``A`` or ``D``. The icon's size is empty where nobody gives one.
    """

    options: frozenset[str] = frozenset()
    name_width: int = 23
    description_width: int = 0
    icon_width: int = 0
    icon_height: int = 0
    charset: str = ""
    type: str = "text/html"
    order: tuple[str, str] = ("N", "A")
    style_sheet: str = ""
    head_insert: str = ""
    default_icon: str = ""
    header: str = ""
    readme: str = ""
    icons: tuple[Pattern, ...] = ()
    alts: tuple[Pattern, ...] = ()
    descriptions: tuple[Pattern, ...] = ()
    ignored: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Expiry:
    """So many seconds after the access, or after the last modification."""

    seconds: int
    since_modification: bool = False


@dataclass(frozen=True, slots=True)
class ExpiryRules(Told):
    """mod_expires: by content type in lower case (``text/*`` and ``*/*`` too), else ``default``."""

    of_files: ClassVar[bool] = False

    by_type: tuple[tuple[str, Expiry], ...] = ()
    default: Expiry | None = None


@dataclass(frozen=True, slots=True)
class DeflateRules(Told):
    """mod_deflate: zlib's numbers, and what becomes of an ETag (``AddSuffix``, ``NoChange``, ``Remove``)."""

    of_files: ClassVar[bool] = False

    level: int = -1
    memory: int = 9
    window: int = 15
    etag: str = "AddSuffix"


@dataclass(frozen=True, slots=True)
class DeflateNotes(Told):
    """mod_deflate: what is noted of a compressed answer (``Ratio``, ``Input``, ``Output``), and under which names.

    The last name of each counts.
    """

    of_files: ClassVar[bool] = False

    names: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class BrotliNotes(DeflateNotes):
    """The same of mod_brotli."""


@dataclass(frozen=True, slots=True)
class InflateRules(Told):
    """mod_deflate: how many bytes a request's body may become, -1 for LimitRequestBody; how often in a row of reads it
    may be more than ``ratio`` times as long as what came."""

    of_files: ClassVar[bool] = False

    limit: int = -1
    ratio: int = 200
    burst: int = 3


@dataclass(frozen=True, slots=True)
class InputRules(Told):
    """core: the filters that a request's body runs through (SetInputFilter), in lower case."""

    of_files: ClassVar[bool] = False

    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BrotliRules(Told):
    """mod_brotli: ``window`` and ``block`` are binary logarithms of bytes, ``block`` 0 for brotli's own choice."""

    of_files: ClassVar[bool] = False

    quality: int = 5
    window: int = 18
    block: int = 0
    etag: str = "AddSuffix"


@dataclass(frozen=True, slots=True)
class Substitution:
    """``s/pattern/replacement/``: a plain text without ``regex``; ``flatten`` rejoins what it cut (no q flag)."""

    pattern: str
    replacement: str
    regex: bool = True
    ignore_case: bool = False
    flatten: bool = True


@dataclass(frozen=True, slots=True)
class SubstitutionRules(Told):
    """mod_substitute: in their order, on lines of at most ``longest`` bytes."""

    of_files: ClassVar[bool] = False

    substitutions: tuple[Substitution, ...] = ()
    longest: int = 1 << 20


@dataclass(frozen=True, slots=True)
class FcgiVariable:
    """Where ``condition`` holds ``name`` is ``value``; None takes it away."""

    condition: Condition
    name: str
    value: Value | None


@dataclass(frozen=True, slots=True)
class FcgiRules(Told):
    """mod_proxy_fcgi: ``generic`` responders are told plain paths, ``variables`` are the last word."""

    of_files: ClassVar[bool] = False
    generic: bool = False
    variables: tuple[FcgiVariable, ...] = ()


@dataclass(frozen=True, slots=True)
class Variant(Told):
    """What mod_negotiation adds to the answer that it chose: fields, and the validator of the list of variants.

    ``body`` is the text of a variant that stands in a type map itself, with its type and languages.
    """

    fields: tuple[tuple[str, str], ...] = ()
    validator: str = ""
    body: str | None = None
    type: str = ""
    languages: tuple[str, ...] = ()


TOLD: tuple[type[Told], ...] = (
    FileRules, MimeRules, SuffixFilters, HandlerRules, FolderRules, NegotiationRules, ListingRules, ExpiryRules,
    DeflateRules, BrotliRules, SubstitutionRules, FcgiRules, ActionRules, UploadRules,
    InflateRules, InputRules, RangeRules, DeflateNotes, BrotliNotes,
)  # fmt: skip


_DEFAULTS: dict[type[Told], Told] = {}


def default_rules(kind: type[R]) -> R:
    """What holds where nobody said anything; made once."""
    found = _DEFAULTS.get(kind)
    if not isinstance(found, kind):
        found = _DEFAULTS[kind] = kind()
    return found

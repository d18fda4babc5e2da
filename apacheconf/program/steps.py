"""Steps: what the program does in a phase, under which condition, and where control goes then.

A step holds nothing that belongs to one host alone. Directives, origins and host-specific texts are *numbers*
into the tables of the host (``hosts.Host``), as a relocation is in an object file, so that hosts of one
shape share their steps.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from apacheconf.program.admission import Admit
from apacheconf.program.conditions import ALWAYS, Condition, Regex
from apacheconf.program.handling import Told
from apacheconf.program.phases import Phase
from apacheconf.program.tls import OriginTls
from apacheconf.program.values import Value


class Move(Enum):
    """The named moves of control (RW-20 ff., 8.2)."""

    NEXT = "next"  # go on with the next step
    STOP = "stop"  # end this phase
    SKIP = "skip"  # leave out the next `count` steps
    CHAIN = "chain"  # leave out the rest of the chain, which is the next `count` steps (RW-21)
    RESTART = "restart"  # from the first step of this phase, at most `count` times (RW-29)
    INTERNAL_REDIRECT = "internal redirect"  # re-enter at READ with REDIRECT_ variables, at most 10 times
    END = "end"  # the request is answered; only FILTERS and LOG remain


@dataclass(frozen=True, slots=True)
class Flow:
    """Where control goes; ``uri`` is the target of an internal redirect."""

    move: Move = Move.NEXT
    count: int = 0
    uri: Value | None = None


NEXT = Flow()
STOP = Flow(Move.STOP)
END = Flow(Move.END)


# --- actions -------------------------------------------------------------------------------------------------


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


@dataclass(frozen=True, slots=True)
class Respond:
    """Answer here with a status: an error (its ErrorDocument applies), or text.

    ``said`` goes to the error log: a module and a text, with ``{what}`` and ``{method}`` for those of the request.
    """

    status: int
    body: Value | None = None
    said: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class LogError:
    """Only a line for the error log, as ``said`` of Respond."""

    module: str
    text: str


@dataclass(frozen=True, slots=True)
class Redirect:
    """Answer here with a redirect to ``location``; what follows ``prefix`` in the path and the query are appended.

    A location that is a path becomes a URL of this server, unless ``relative`` (AL-4).
    """

    status: int
    location: Value
    prefix: str = ""
    relative: bool = False


@dataclass(frozen=True, slots=True)
class SetEnv:
    """Set a request environment variable, or unset it when ``value`` is None."""

    name: str
    value: Value | None


@dataclass(frozen=True, slots=True)
class SetEnvFrom:
    """Set the variable that a text names: ``NAME:VALUE``, or ``!NAME`` to unset it (the E flag, RW-24)."""

    text: Value


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

    ``base`` is the section's RewriteBase.
    """

    folder: str = ""
    base: str = ""


@dataclass(frozen=True, slots=True)
class FinishRewriting:
    """What the rules made of the URL is taken: an origin, a redirect, a path for the mappings or a file (RW-9).

    ``root`` is DocumentRoot. For the rules of a section ``folder`` is set: then a path is an internal redirect, in
    which ``base`` (RewriteBase) takes the folder's place; without one the alias that led here, if ``context`` (RW-5,
    RW-6).
    """

    root: str
    folder: str = ""
    base: str = ""
    context: bool = True


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


@dataclass(frozen=True, slots=True)
class SetHandler:
    name: str


@dataclass(frozen=True, slots=True)
class AnswerExpect:
    """Proxy100Continue Off: the server says 100 Continue itself, and Expect goes no further (RQ-21)."""


class Table(Enum):
    """The header tables (HD-1): the request's, and the two of the response."""

    REQUEST = "request"
    ONSUCCESS = "onsuccess"
    ALWAYS = "always"


@dataclass(frozen=True, slots=True)
class EditHeader:
    """One Header or RequestHeader line: ``operation`` is mod_headers' word (HD-3).

    ``edit`` and ``edit*`` put ``replacement`` where ``regex`` matches; ``echo`` copies the fields whose names it
    matches.
    """

    table: Table
    operation: str
    name: str
    value: Value | None = None
    replacement: Value | None = None
    regex: Regex | None = None


@dataclass(frozen=True, slots=True)
class KeepHost:
    """The origin gets the client's Host, not its own authority (ProxyPreserveHost, RQ-11)."""


@dataclass(frozen=True, slots=True)
class AddForwarded:
    """X-Forwarded-For, -Host and -Server are extended (ProxyAddHeaders, RQ-13)."""


@dataclass(frozen=True, slots=True)
class SecureOrigin:
    """How TLS is spoken with an origin whose scheme asks for it (TB-1)."""

    tls: OriginTls


@dataclass(frozen=True, slots=True)
class ExportTls:
    """HTTPS and SSL_TLS_SNI become variables of the environment, with ``standard`` all that StdEnvVars means, with
    ``certificates`` those of ExportCertData (TL-7). ``old_names`` wants names as LegacyDNStringFormat writes them."""

    standard: bool = False
    certificates: bool = False
    old_names: bool = False


@dataclass(frozen=True, slots=True)
class FakeBasicAuth:
    """The name in a client's certificate becomes a user of basic authentication (SSLOptions +FakeBasicAuth)."""


@dataclass(frozen=True, slots=True)
class AskCertificate:
    """A client over TLS is asked for its certificate now, unless that was done as strictly before (TL-5).

    ``depth`` is the section's own SSLVerifyDepth.
    """

    required: bool
    depth: int | None = None


@dataclass(frozen=True, slots=True)
class NameUser:
    """An SSL_ variable becomes the name of the user (SSLUserName)."""

    variable: str


@dataclass(frozen=True, slots=True)
class OverrideErrors:
    """Origin errors become our own error documents (RS-23); empty ``codes`` means all from 400 up."""

    codes: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class MapBack:
    """A ProxyPassReverse entry (RV-1 to RV-8): values that start with the URL get ``path`` in its place.

    ``url`` is a number into ``Host.texts``; for ``balancer://`` URLs ``origin`` is the balancer's number in
    ``Host.origins`` and the text is the path after its name. ``values`` are both in their places where they depend on
    the request (RV-15); what they come to for one are ``text`` and ``path``.
    """

    url: int
    path: str
    origin: int | None = None
    values: tuple[Value, Value] | None = None
    text: str | None = None


class CookiePart(Enum):
    PATH = "path"
    DOMAIN = "domain"


@dataclass(frozen=True, slots=True)
class MapBackCookie:
    """ProxyPassReverseCookiePath or -Domain (RV-12, RV-13)."""

    part: CookiePart
    internal: str
    public: str
    values: tuple[Value, Value] | None = None


@dataclass(frozen=True, slots=True)
class SetErrorDocument:
    """What answers for ``status``: a local path, a URL (302) or text; exactly one of them is set.

    ``value`` stands in the place of a path or URL that depends on the request.
    """

    status: int
    path: str = ""
    url: str = ""
    text: Value | None = None
    value: Value | None = None


@dataclass(frozen=True, slots=True)
class AddCharset:
    """Answers of type text/plain or text/html without a charset get this one (AddDefaultCharset)."""

    charset: str


@dataclass(frozen=True, slots=True)
class AddFilter:
    """An output filter by its name in lower case (``deflate``), for answers of these ``types``, of all without any.

    ``when`` is asked once the answer's head is known (FilterProvider).
    """

    name: str
    types: tuple[str, ...] = ()
    when: Condition = ALWAYS


@dataclass(frozen=True, slots=True)
class LogItem:
    """An item of a log's format: ``original`` asks the first request of a chain of internal redirects (``%<``), else
    the last (``%>``). With ``statuses`` it is written for these only, or for all others (``negated``), else ``-``."""

    value: Value
    original: bool = False
    statuses: tuple[int, ...] = ()
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Log:
    """Write a line for the request. ``to`` is a number into ``Host.texts``: a file, ``|program`` or ``syslog``."""

    to: int
    line: tuple[Value | LogItem, ...]


Action = (
    MapToOrigin | MapToUrl | KeepLocal | MapToFile | MapByName | MapToHome | SetUri | Respond | Redirect | SetEnv
    | SetEnvFrom | SetHandler | EditHeader | KeepHost | AddForwarded | AnswerExpect | OverrideErrors | MapBack
    | MapBackCookie | SetErrorDocument | AddCharset | AddFilter | SecureOrigin | Log | Rewrite | NameScript
    | BeginRewriting | FinishRewriting | SetCookie | SetType | ForceHandler | Told | Admit | LogError | ExportTls
    | FakeBasicAuth | NameUser | AskCertificate
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Step:
    """In ``phase``, when ``when`` holds: do ``action``, then ``then``; when it does not: ``otherwise``.

    ``said_by`` are numbers into ``Host.directives``.
    """

    phase: Phase
    action: Action
    said_by: tuple[int, ...] = ()
    when: Condition = ALWAYS
    then: Flow = NEXT
    otherwise: Flow = NEXT

    def __hash__(self) -> int:
        """By what costs little: what a step does is compared where this is equal."""
        return hash((self.phase, self.said_by, type(self.action)))

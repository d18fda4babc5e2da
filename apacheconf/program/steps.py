"""Steps: what the program does in a phase, under which condition, and where control goes then.

A step holds nothing that belongs to one host alone. Directives, origins and host-specific texts are *numbers*
into the tables of the host (``hosts.Host``), as a relocation is in an object file, so that hosts of one
shape share their steps. Actions that map stand in ``mapping_actions``, those of mod_rewrite in ``rewriting_actions``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from apacheconf.program.admission import Admit
from apacheconf.program.conditions import ALWAYS, Condition, Regex
from apacheconf.program.handling import Told
from apacheconf.program.mapping_actions import (
    KeepLocal,
    MapByName,
    MapToFile,
    MapToHome,
    MapToOrigin,
    MapToUrl,
    Rest,
    SetUri,
)
from apacheconf.program.phases import Phase
from apacheconf.program.rewriting_actions import (
    Aim,
    BeginRewriting,
    FinishRewriting,
    ForceHandler,
    NameScript,
    Rewrite,
    SetCookie,
    SetEnvFrom,
    SetType,
    Vary,
)
from apacheconf.program.tls import OriginTls
from apacheconf.program.values import Value

#: What callers find here besides, though it is written elsewhere.
__all__ = [
    "Aim", "BeginRewriting", "FinishRewriting", "ForceHandler", "KeepLocal", "MapByName", "MapToFile", "MapToHome",
    "MapToOrigin", "MapToUrl", "NameScript", "Rest", "Rewrite", "SetCookie", "SetEnvFrom", "SetType", "SetUri", "Vary",
]  # fmt: skip


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
class SetHandler:
    """``value`` makes the name for a request; ``name`` is then its text behind ``expr=``."""

    name: str
    value: Value | None = None


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

    ``depth`` is the section's own SSLVerifyDepth. The request's body is read first, ``most`` bytes of it.
    """

    required: bool
    depth: int | None = None
    most: int = 131072


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

    ``when`` is asked once the answer's head is known (FilterProvider). A ``whole`` one has no name: of its answers
    no range is sent. ``of_origins`` is False where it leaves origins' answers alone (FilterProtocol).
    """

    name: str
    types: tuple[str, ...] = ()
    when: Condition = ALWAYS
    whole: bool = False
    of_origins: bool = True


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
        """By what tells steps apart: those of a thousand hosts differ in what they do and when, and in nothing else."""
        return hash((self.phase, self.said_by, self.action, self.when))

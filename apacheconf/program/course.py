"""The course of one request: its state, and what the steps so far have decided."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from apacheconf.program import rewriting
from apacheconf.program.evaluate import State
from apacheconf.program.files import Located
from apacheconf.program.handling import FileRules, HandlerRules, MimeRules, Told, default_rules
from apacheconf.program.headers import HeaderTable
from apacheconf.program.hosts import Layer
from apacheconf.program.media import FOLDER_TYPE, describe, types_of
from apacheconf.program.messages import Levels, Message
from apacheconf.program.program import Program
from apacheconf.program.steps import (
    AddFilter,
    Log,
    MapBack,
    MapBackCookie,
    SetErrorDocument,
    Step,
)  # fmt: skip
from apacheconf.program.tls import NO_TLS, OriginTls
from apacheconf.program.workers import Balancer, Origin

COOKIE = "Set-Cookie"
R = TypeVar("R", bound=Told)


@dataclass
class Course:
    """What is known and decided. ``raw_path`` is the request's path as sent, but for what an early mapping makes of it;
    ``sent_path`` is it without that, and ``headers`` its header table.

    ``early`` is what early lines left in the response's table always, ``early_own`` what they left in onsuccess,
    ``response_headers`` are the steps that edit the answer once it is there. ``received``: it was read without fault,
    whatever its path is. ``messages`` are for the error log, ``levels`` what sections say of LogLevel;
    ``fields`` are header fields that an error made here brings.

    ``layers`` are the sections that apply, in merge order, ``htaccess`` those of each file on the way, its own lines
    first. ``redirect_to`` is the URI of an internal redirect that the handler would make; ``forced_handler`` and
    ``forced_type`` are what rules say of it (H, T). ``depth`` counts how deep sub-requests are in each other. One that
    has ``walked`` depends on what is in the file system. ``note`` explains an error in its page, whose length is
    not told where a redirect was ``lost``: its status, where Location would break the head. ``unfit``: what the
    origin would be asked breaks a request line. ``by_rules``: a RewriteRule redirects or refuses, which is an
    answer of its own even where it is the document of an error. ``turn_of`` is a balancer whose member has its turn
    although nobody is asked. ``decoded`` is the path of ``uri`` where that isn't sent as it came.
    """

    program: Program
    state: State
    raw_path: str
    headers: HeaderTable
    origin: Origin | None = None
    uri: str = ""
    decoded: str | None = None
    keep_host: bool = False
    forwarded: bool = False
    answers_expect: bool = False
    tls: OriginTls = NO_TLS
    status: int | None = None
    why: str = ""
    location: str = ""
    body: str | None = None
    override_errors: tuple[int, ...] | None = None
    map_back: list[MapBack] = field(default_factory=list)
    map_back_cookies: list[MapBackCookie] = field(default_factory=list)
    response_headers: list[Step] = field(default_factory=list)
    sent_path: str = ""
    early: HeaderTable = field(default_factory=HeaderTable)
    early_own: HeaderTable = field(default_factory=HeaderTable)
    error_documents: dict[int, SetErrorDocument] = field(default_factory=dict)
    filters: list[AddFilter] = field(default_factory=list)
    located: Located | None = None
    told: dict[type[Told], Told] = field(default_factory=dict)
    logs: list[Log] = field(default_factory=list)
    charset: str = ""
    rounds: int = 0
    received: bool = False
    messages: list[Message] = field(default_factory=list)
    levels: Levels | None = None
    rewriting: rewriting.Rewriting | None = None
    fakes_basic: bool = False
    layers: tuple[Layer, ...] = ()
    htaccess: tuple[tuple[Layer, ...], ...] = ()
    redirect_to: str | None = None
    forced_handler: str = ""
    forced_type: str = ""
    depth: int = 0
    walked: bool = False
    note: str = ""
    lost: int = 0
    unfit: bool = False
    turn_of: Balancer | None = None
    fields: list[tuple[str, str]] = field(default_factory=list)
    by_rules: bool = False

    def __post_init__(self) -> None:
        self.state.messages = self.messages
        self.state.type_so_far = self.type_so_far

    @property
    def asked_for(self) -> str:
        """What the request is for, as refusals name it: its file or target, or ``uri`` and the path."""
        mapped = self.state.file or (f"proxy:{self.state.mapped}" if self.state.mapped else "")
        return mapped or f"uri {self.state.path}"

    def type_so_far(self) -> str:
        """The type by the name of what the request is mapped to, be it there or not, or the one that is forced upon it.

        That is what is known of the answer's type before there is an answer (EXPR-32).
        """
        if "mime_module" not in self.program.modules:
            return ""
        rules = (self._told(MimeRules), self._told(HandlerRules), self._told(FileRules))
        if self.located is not None and self.located.is_folder:
            forced = rules[2].force_type.lower()
            return FOLDER_TYPE if forced in ("", "none") else forced
        name = (self.state.file or self.state.mapped).rpartition("/")[2]
        return describe(name, *rules, types_of(self.program.types_config)).content_type

    def _told(self, kind: type[R]) -> R:
        found = self.told.get(kind)
        return found if isinstance(found, kind) else default_rules(kind)

    def log(self, level: str, module: str, text: str, system: str = "", bare: bool = False) -> None:
        """Have a message written to the error log: ``course.log("error", "authz_core", "AH01630: client denied ...")``.

        The module is named without ``mod_``; the runtime asks LogLevel.
        """
        self.messages.append(Message(level, module, text, system, bare))

    def take_cookies(self, fields: Iterable[tuple[str, str]]) -> None:
        """Cookies that rules have set, one of each name; those of sub-requests are the request's own (RW-22)."""
        for name, value in fields:
            known = (line.partition("=")[0] for key, line in self.early.lines() if key == COOKIE)
            if name == COOKIE and value.partition("=")[0] not in known:
                self.early.add(COOKIE, value)

    def refuse(self, status: int, why: str) -> None:
        """Answer with an error made here."""
        self.status, self.why = status, why

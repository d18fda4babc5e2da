"""mod_headers in nginx: what the lines about each header of a route come to (NGX-67 to NGX-69, NGX-84 to NGX-88).

A line that can't be said leaves a header of the answer as it is. One of the request is withheld then: an origin that
believes it must not get what a client made up (DES-8).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from apacheconf.ledger import Outcome
from apacheconf.program.handling import ExpiryRules
from apacheconf.program.response import FRAMING, KEPT_APART
from apacheconf.program.steps import EditHeader, Step, Table
from apacheconf.program.values import Variable
from apacheconf.targets.captures import parts_of
from apacheconf.targets.claims import Claim, exact, unsupported
from apacheconf.targets.environments import guarded
from apacheconf.targets.field_checks import refuse_broken
from apacheconf.targets.nginx import cookie_flags, fields
from apacheconf.targets.nginx.fields import Caveats, Field, surely_there
from apacheconf.targets.nginx.lowering import Lowering
from apacheconf.targets.nginx.maps import PAGE, ROUND, SHARED, Map
from apacheconf.targets.nginx.mod_auth_basic import user_of
from apacheconf.targets.nginx.mod_remoteip import what_is_left
from apacheconf.targets.nginx.texts import Texts
from apacheconf.targets.nginx.tree import Block
from apacheconf.targets.nginx.via import via_word
from apacheconf.targets.nginx.workers import Service
from apacheconf.targets.questions import CannotAsk
from apacheconf.targets.routes import Route, members
from apacheconf.targets.rule_cookies import EXPIRES

#: Schemes of origins whose answers are outputs of CGI, which httpd reads as those of a script.
_OUTPUTS = ("fcgi", "scgi")
#: Fields that servers make or read themselves.
_OF_REQUESTS = FRAMING | {"te", "expect", "proxy-connection"}
_OF_ANSWERS = FRAMING | {"content-type", "server", "date"}
#: Headers of a file that nginx replaces where it is told to add them, and takes away where they are nothing.
_OF_FILES = frozenset({"etag", "last-modified"})
#: What a file has without any Header line.
_OF_ANY_FILE = _OF_FILES | {"accept-ranges", "content-encoding", "content-language", "expires", "vary"}
#: What the proxy adds its own to: the variable that holds it.
_FORWARDED = {"x-forwarded-for": "remote_addr", "x-forwarded-host": "asked_host", "x-forwarded-server": "server_is"}
_SERVER = "server-name", "nginx names itself where httpd does"
#: Caveats that are no more than another spelling.
_NEUTRAL = frozenset({fields.ONE_MORE, fields.MILLISECONDS, fields.LIFETIME, _SERVER})
#: From here on ``$http_`` and ``$upstream_http_`` hold all lines of a header.
_JOINS = (1, 23)


@dataclass
class Told:
    """A header of one table, and what is to be said of the lines that made it."""

    header: Field
    claims: list[Claim] = field(default_factory=list)
    comment: list[Step] = field(default_factory=list)


class HeaderLines:
    """The headers of one route. ``service`` is where it leads, None for answers made here, a file among them."""

    def __init__(
        self, low: Lowering, route: Route, service: Service | None, mapped_location: str = "", *, of_file: bool = False
    ) -> None:
        self._low, self._route, self._service, self._of_file = low, route, service, of_file
        self._location = mapped_location or "$upstream_http_location"
        self._told: dict[tuple[Table, str], Told] = {}
        self.cookies = cookie_flags.CookieFlags()
        texts = Texts(low, route.host, service, user_of(low, route), made_here=service is None)
        for step in guarded(step for step, _ in route.met):
            texts.tell(step)
            if isinstance(step.action, EditHeader):
                self._do(step, step.action, texts)

    def _do(self, step: Step, action: EditHeader, texts: Texts) -> None:
        made_here = self._service is None and not (self._of_file and action.table is Table.ONSUCCESS)
        if made_here and action.table is not Table.ALWAYS:
            why = "answers that are made here have the lines of the table always only"
            self._low.dropped.append(Claim(self._route.host.said_by(step), Outcome.NO_EFFECT, why, "answer-made-here"))
            return
        told = self._of(action)
        try:
            caveats = self._done(told.header, action, step, texts)
        except CannotAsk as missing:
            self._lost(told, action, step, str(missing))
            return
        told.comment.append(step)
        told.claims.append(self._claim(step, action, caveats))

    def _of(self, action: EditHeader) -> Told:
        key = action.table, action.name.lower()
        if key not in self._told:
            self._told[key] = Told(Field(action.name, action.table, self._own(action)))
        return self._told[key]

    def _home(self, name: str) -> Table:
        """The table in which what an origin says of a header lies (HD-1, HD-14)."""
        of_script = self._speaks(*_OUTPUTS)
        return Table.ALWAYS if of_script and name.lower() not in KEPT_APART else Table.ONSUCCESS

    def _speaks(self, *schemes: str) -> bool:
        """Whether the origin is asked in one of these ways."""
        return self._service is not None and any(each.scheme in schemes for each in members(self._service.origin))

    def _own(self, action: EditHeader) -> str:
        name = action.name.lower()
        if action.table is not Table.REQUEST and action.table is not self._home(name):
            return ""
        made_here = self._service is None and action.table is not Table.REQUEST
        if made_here and not (name in _OF_ANY_FILE or self._beside_expiry(name)):
            return ""
        if name == "host":
            return self._low.maps.use("kept_host")
        if action.table is Table.ONSUCCESS and name == "location":
            return self._location
        left = what_is_left(self._low, self._route.host, name) if action.table is Table.REQUEST else None
        return left or f"${'http' if action.table is Table.REQUEST else 'upstream_http'}_{name.replace('-', '_')}"

    def _done(self, found: Field, action: EditHeader, step: Step, texts: Texts) -> Caveats:
        """Raises CannotAsk."""
        refuse_broken(action)
        name = action.name.lower()
        if (action.table, action.operation, name) == (Table.ONSUCCESS, "unset", "server") and texts.flag(
            step.when
        ) == "1":
            found.natural = False
            return (_SERVER,)
        if name in (_OF_REQUESTS if action.table is Table.REQUEST else _OF_ANSWERS):
            raise CannotAsk(f"{action.operation} of {action.name}")
        if self._beside_expiry(name) and action.operation not in ("set", "unset", "append", "merge", "add"):
            raise CannotAsk(f"{action.operation} of what ExpiresActive sets")
        flag = texts.flag(step.when)
        if flag == "0":
            return ()  # it never holds here
        if self._flags_cookies(found, action, flag):
            self.cookies.add(action)
            return (cookie_flags.WORDS,)
        text = "" if action.value is None else self._sent(found, texts.text(action.value))
        beside = (fields.ONE_MORE,) if self._beside_expiry(name) and action.operation != "set" else ()
        return (*found.do(action, flag, text, self._low.maps), *_of_values(action), *beside)

    def _flags_cookies(self, found: Field, action: EditHeader, flag: str) -> bool:
        """Whether a line edits the cookies of an origin that speaks HTTP, and no others."""
        of_origin = self._service is not None and not self._speaks(*_OUTPUTS, "uwsgi") and not found.touched
        edits = action.table is Table.ONSUCCESS and action.operation.startswith("edit") and flag == "1"
        return edits and of_origin and action.name.lower() == "set-cookie"

    def _beside_expiry(self, name: str) -> bool:
        """Whether a header stands beside the Cache-Control that ExpiresActive gives a file."""
        told = any(isinstance(step.action, ExpiryRules) for step in self._route.others)
        return self._of_file and told and name == "cache-control"

    def _sent(self, found: Field, text: str) -> str:
        """A word that is never empty: a blank alone is an empty value to whoever reads it."""
        if surely_there(text):
            return text
        made = Map(text, (("", " "), ("default", text)), "")
        return self._low.maps.make(f"{found.title}_or_blank", made) if text else " "

    def _lost(self, told: Told, action: EditHeader, step: Step, missing: str) -> None:
        why = f"{missing} can't be said here in nginx"
        if action.table is Table.REQUEST and action.name.lower() not in (*_OF_REQUESTS, "host"):
            told.header.natural, told.header.words = False, []
            why += ": the header is not sent"
        told.claims.append(unsupported(self._route.host.said_by(step), why, "header-edit"))

    def _claim(self, step: Step, action: EditHeader, caveats: Caveats) -> Claim:
        said_by = self._route.host.said_by(step)
        if not caveats:
            return exact(said_by)
        joins = self._low.version >= _JOINS and not (action.operation == "edit" and action.table is Table.ONSUCCESS)
        neutral = _NEUTRAL | ({fields.SEVERAL} if joins else frozenset())
        worst = next((each for each in caveats if each not in neutral), caveats[0])
        outcome = Outcome.EQUIVALENT if worst in neutral else Outcome.APPROXIMATED
        return Claim(said_by, outcome, worst[1], worst[0])

    def _in(self, table: Table) -> Iterator[Told]:
        return (each for (own, _), each in self._told.items() if own is table)

    def hidden(self) -> list[str]:
        """The names of the origin's headers that lines replace or take away."""
        told = (each.header for (table, name), each in self._told.items() if table is self._home(name))
        return [each.name for each in told if not each.natural]

    def host(self) -> str | None:
        """What RequestHeader lines make of the Host that an origin gets, None without any (NGX-68)."""
        told = self._told.get((Table.REQUEST, "host"))
        return None if told is None or not told.header.words else told.header.words[0]

    def forwards(self, name: str) -> bool:
        """Whether lines say what a header is to which the proxy adds its own (RQ-13)."""
        told = self._told.get((Table.REQUEST, name.lower()))
        return told is not None and told.header.touched

    def emit_request(self, location: Block) -> None:
        """RequestHeader as ``proxy_set_header``, which replaces all lines of a name."""
        for told in self._in(Table.REQUEST):
            found, name = told.header, told.header.name.lower()
            if name == "host":
                self._low.dropped += told.claims
                continue
            words = found.words if found.words or found.natural else [""]
            if name == "via" and found.touched and self._route.host.shape.limits.via == "Block":
                words = [""]
            elif self._added(name) and found.touched:
                words = [self.extended(name, (found.words or [""])[0])]
            self._emit(told, "proxy_set_header", words, location)

    def _added(self, name: str) -> str:
        """What the proxy itself adds to a header; empty where it adds nothing."""
        if name == "via":
            return via_word(self._low, self._route.host)
        own = _FORWARDED.get(name, "") if self._route.forwarded else ""
        return self._low.maps.use(own) if own in SHARED else f"${own}" if own else ""

    def extended(self, name: str, word: str) -> str:
        """What lines set, and what the proxy adds to it where it has something to add."""
        maps, own = self._low.maps, self._added(name)
        if name == "x-forwarded-host":
            own = self.host() or own
        if not word:
            return own
        variable = name.replace("-", "_")
        extended = f"{word}, {own}"
        if not surely_there(word):
            extended = maps.make(f"with_{variable}", Map(word, (("", own), ("default", extended)), ""))
        return maps.make(f"set_{variable}", Map(own, (("", word), ("default", extended)), ""))

    def emit_response(self, location: Block) -> None:
        """Header: the table always first, as httpd sends it; what is hidden was said by ``hidden``."""
        self.emit_always(location)
        self.cookies.emit(location)
        for told in self._in(Table.ONSUCCESS):
            taken = [""] if self._of_file and told.header.name.lower() in _OF_FILES else []
            words = told.header.words
            if not self._of_file:  # an empty word is no header
                words = [of_origin(self._low, told.header.title, word) for word in words if word]
            self._emit(told, "add_header", words or taken, location, always=not self._of_file)
            if self._of_file and (self._route.cell.path, self._route.cell.reach) in self._low.document_cells:
                for word in told.header.words:
                    location.add("add_header", told.header.name, self._as_document(told.header, word), "always")
                self._say_whether_there(location)

    def _say_whether_there(self, location: Block) -> None:
        """Whether a file is there to be the page of an error: the stock page in its place has no such headers."""
        if not any(each.words[:1] == (PAGE,) for each in location.directives()):
            location.add("set", PAGE, "0")
            location.open("if", "-f", "$request_filename").add("set", PAGE, "1")

    def _as_document(self, header: Field, word: str) -> str:
        """A word that a file has when it is sent for an error, too: for httpd it is found in a second round."""
        entries = ((r"~^\.\.+1[45]", word), ("default", ""))
        made = Map(f"{ROUND}{PAGE}$status", entries, "what the page of an error has")
        return self._low.maps.make(f"{header.title}_of_document", made)

    def emit_always(self, location: Block) -> None:
        """The table always, which answers made here have too."""
        for told in self._in(Table.ALWAYS):
            self._emit(told, "add_header", told.header.words, location)

    def always(self) -> tuple[tuple[str, str], ...]:
        """The lines of the table always."""
        return tuple((told.header.name, word) for told in self._in(Table.ALWAYS) for word in told.header.words)

    def _emit(self, told: Told, directive: str, words: list[str], block: Block, always: bool = True) -> None:
        said_by = [each for step in told.comment for each in self._route.host.said_by(step)]
        comment, claims = self._low.sources.comment(said_by), tuple(told.claims)
        more = ("always",) if always and directive == "add_header" else ()
        for word in words:
            block.add(directive, told.header.name, word, *more, comment=comment, claims=claims)
            comment, claims = "", ()
        self._low.dropped += claims


def _of_values(action: EditHeader) -> Caveats:
    """What differs in the value itself."""
    asked = {(each.name, each.argument) for each in parts_of(action.value) if isinstance(each, Variable)}
    clocks = asked & {("REQUEST_TIME_USEC", ""), ("DURATION_USEC", "")}
    ids = asked & {("ENV", "UNIQUE_ID"), ("UNIQUE_ID", "")}
    ends = any(name == EXPIRES for name, _ in asked)
    told = (fields.MILLISECONDS, clocks), (fields.OTHER_ID, ids), (fields.LIFETIME, ends)
    return tuple(caveat for caveat, is_asked in told if is_asked)


def of_origin(low: Lowering, title: str, word: str) -> str:
    """A word that answers of origins have, and not what nginx says by itself in their place (NGX-84)."""
    return low.maps.make(f"{title}_of_origin", Map("$upstream_status", (("", ""), ("default", word)), ""))

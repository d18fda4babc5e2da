"""Rules of mod_rewrite followed for a target: what they make of the URL, while that can be said (NGX-120, HAP-102).

The rules of a server are one run (``program.rewriting`` does the same for one request); its end is something plain: an
answer, a redirect, a mapping, a file, or another path for the mappings. What can't be said is ``lost``: what it decides
is closed and never guessed (DIF-10).
"""

from __future__ import annotations

import re
from copy import copy
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from functools import partial

from apacheconf.program.conditions import ALWAYS, NEVER, AnyOf, Condition, Matches, Regex, any_of
from apacheconf.program.files import exists
from apacheconf.program.hosts import Host
from apacheconf.program.index import names_of
from apacheconf.program.rewrite_steps import begins_with_slash
from apacheconf.program.rewriting import is_absolute
from apacheconf.program.sharing import is_balancer
from apacheconf.program.steps import (
    END,
    STOP,
    Aim,
    FinishRewriting,
    MapToFile,
    MapToOrigin,
    Redirect,
    Respond,
    Rest,
    Rewrite,
    Step,
)
from apacheconf.program.uri import escape_path
from apacheconf.program.values import REQUEST_URI, Capture, Chosen, Literal, Matched, Value, Variable
from apacheconf.program.workers import DEFAULT_PORTS
from apacheconf.targets.answers import Answers, residual
from apacheconf.targets.captures import (
    as_captures,
    behind_slash,
    is_tame,
    joined,
    parts_of,
    with_whole_path,
)
from apacheconf.targets.doubted import BLANKS, QUESTION, decoded_in, is_of_path, may_hold_mark
from apacheconf.targets.finite import common_start, texts_of
from apacheconf.targets.known import QUERY_STRING, Known
from apacheconf.targets.late_origins import BY_NAME, MapToBase
from apacheconf.targets.patterns import escape
from apacheconf.targets.queries import appended, halves, without_end

_AUTHORITY = re.compile(r"(?:unix:[^|]*\|)?[A-Za-z][A-Za-z0-9+.-]*://[^/]*")
_NOTHING = Literal("")
_WHOLE_PATH = Matched(REQUEST_URI, Regex("^(.*)$"), 1)
_SLASH, _BEHIND_SLASH = Regex("^/"), Regex("^/(.*)$")


class Lost(Exception):
    """What rules make can't be said before the request; the message says why."""


class Open(Exception):
    """What rules make depends on the answer to ``question``."""

    def __init__(self, question: Condition) -> None:
        self.question = question


@dataclass
class Run:
    """One run of a server's rules. ``query`` is what they have made of it, ``made_by`` the rules that took part.

    ``refused`` are conditions under which the answer is 403 (SEM-30), ``answers`` those that were given so far.
    """

    host: Host
    known: Known
    answers: Answers
    changed: bool = False
    passed: bool = False
    escaped: bool = True
    reduced: bool = False
    status: int = 302
    proxied: Rewrite | None = None
    last: Rewrite | None = None
    made_by: list[Step] = field(default_factory=list)
    refused: list[Condition] = field(default_factory=list)
    #: Rules of sections name their origins, which nobody has counted.
    in_section: bool = False
    #: Whether one more answer may change what was made so far.
    wavers: bool = False
    #: When rules have made another path that may have matched (``rule_chains``).
    maybe: list[Condition] = field(default_factory=list)

    def copy(self, known: Known, answers: Answers) -> Run:
        """The same, which goes on by itself where more ``answers`` were given."""
        other = copy(self)
        other.known, other.answers = known, answers
        other.made_by, other.refused, other.maybe = list(self.made_by), list(self.refused), list(self.maybe)
        return other

    def rewrite(self, step: Step) -> None:
        """One rule that matched. Raises Lost."""
        action = step.action
        assert isinstance(action, Rewrite)
        if action.passed or action.target is not None:
            self.made_by.append(step)
        if action.target is not None:
            self._substitute(action, self.known.put(action.target))
        if action.passed:
            self.changed, self.escaped, self.passed = True, True, True

    def _substitute(self, action: Rewrite, target: Value) -> None:
        url = self._told_apart(self.with_scheme(self._split_query(parts_of(target), action)))
        self.changed, self.escaped, self.last = True, action.escaped, action
        text = _text_of(url)
        away = is_absolute(text)
        if not away and not text.startswith("/"):
            raise Lost("where it leads depends on the request")
        if action.aim is Aim.ORIGIN:
            self.proxied = action
        elif action.aim is Aim.REDIRECT:
            self.status = action.status
        else:
            plain = self._reduced(url, text)
            self.reduced, url = self.reduced or plain != url, plain
            self.status = action.status if is_absolute(_text_of(url)) else self.status
        if action.aim is not Aim.ANY and not away and action.aim is Aim.ORIGIN:
            raise Lost("it names no origin")
        self.aim = action.aim if action.aim is not Aim.ANY else None
        self.known.url = url

    aim: Aim | None = None

    def with_scheme(self, url: Value) -> Value:
        """The URL so that it shows its scheme, of which a part is one of two texts: ``http%{ENV:tail}://``, whose
        variable is ``s`` or nothing. Raises Open where it isn't known which one it is, Lost where a client says it."""
        parts = parts_of(url)
        at = 1 if parts and isinstance(parts[0], Literal) and parts[0].text.isalpha() else 0
        behind = next(iter(parts[at + 1 :]), None)
        if not isinstance(behind, Literal) or not behind.text.startswith("://"):
            return url
        part = parts[at]
        if not isinstance(part, Chosen):
            return self.with_scheme(joined((*parts[:at], Literal(self._one_text(part)), *parts[at + 1 :])))
        left = residual(part.condition, self.answers)
        if left not in (ALWAYS, NEVER):
            raise Open(left)
        return self.with_scheme(joined((*parts[:at], part.yes if left == ALWAYS else part.no, *parts[at + 1 :])))

    def _one_text(self, part: Value) -> str:
        """The text of a part that has one of a few. Raises Open, Lost where a client says it."""
        texts = sorted(texts_of(part, self.answers) or ())
        if not texts:
            raise Lost("where it leads depends on the request")
        if len(texts) > 1:
            self._holds(Matches(part, Regex(f"^{escape(texts[-1])}$")))
        return texts[0]

    def _told_apart(self, url: Value) -> Value:
        """The URL so that it shows how it begins, where that is one of a few texts. Raises Open."""
        first, *rest = parts_of(url) or (_NOTHING,)
        behind = behind_slash(first)
        if behind is not None:
            return joined((Literal("/"), behind, *rest))
        texts = None if isinstance(first, Literal) else texts_of(first, self.answers)
        if not texts:
            return self.with_slash(url)
        self.wavers = True
        begins = common_start(texts)
        if not (begins.startswith("/") or is_absolute(begins)):
            starts = ("/", "http://", "https://")
            start = next((each for each in starts if any(text.startswith(each) for text in texts)), None)
            if start is None:
                raise Lost("where it leads depends on a table")
            raise Open(Matches(first, Regex(f"^{start}")))
        return joined((Literal(begins), Matched(first, Regex(f"^{escape(begins)}(.*)$"), 1), *rest))

    def with_slash(self, url: Value) -> Value:
        """The URL so that it shows its slash, where its first part isn't of the path. Raises Open."""
        first, *rest = parts_of(url) or (_NOTHING,)
        if isinstance(first, Literal) or is_of_path(first) or not self._holds(Matches(first, _SLASH)):
            return url
        return joined((Literal("/"), Matched(first, _BEHIND_SLASH, 1), *rest))

    def _holds(self, asked: Condition) -> bool:
        """Whether a condition holds. Raises Open where that isn't known."""
        left = residual(asked, self.answers)
        if left not in (ALWAYS, NEVER):
            raise Open(left)
        return left == ALWAYS

    def _split_query(self, parts: tuple[Value, ...], action: Rewrite) -> Value:
        """Take the query off the URL and into the request (RW-8)."""
        if action.query_after_last:
            raise Lost("QSLAST")
        if action.query_discarded:
            self.known.query = _NOTHING
        at = next((n for n, each in enumerate(parts) if isinstance(each, Literal) and "?" in each.text), None)
        if action.allows_3f and at is None and parts and self._may_hold_query(parts, action):
            return self._split_last(parts)
        if action.allows_3f:
            at = next((n for n, each in enumerate(parts[:at]) if self._holds_mark(each)), at)
        else:  # a ? that isn't the rule's own would begin a query (RW-11)
            self.refused += [Matches(each, QUESTION) for each in parts[:at] if may_hold_mark(each)]
        if at is None:
            return joined(parts)
        head, tail = halves(parts[at])
        made = joined((tail, *parts[at + 1 :]))
        self.known.query = appended(made, self.known.query) if action.query_appended else without_end(made)
        return joined((*parts[:at], head))

    def _holds_mark(self, part: Value) -> bool:
        """Whether a part holds a question mark. Raises Open."""
        return may_hold_mark(part) and self._holds(Matches(part, QUESTION))

    def _may_hold_query(self, parts: tuple[Value, ...], action: Rewrite) -> bool:
        """Whether the last part, and no other, may hold a query as it came: ``(.*)`` of the request line."""
        if action.query_appended or action.query_discarded or action.aim is Aim.REDIRECT or is_of_path(parts[-1]):
            return False
        return may_hold_mark(parts[-1]) and not any(map(may_hold_mark, parts[:-1]))

    def _split_last(self, parts: tuple[Value, ...]) -> Value:
        """What follows the first question mark of the last part is the query, where it has one."""
        *others, last = parts
        head, query = halves(last)
        self.known.query = Chosen(Matches(last, QUESTION), query, self.known.query)
        return joined((*others, head))

    def _reduced(self, url: Value, text: str) -> Value:
        """A URL of this very host is its path, if ServerName gives the port (RW-6)."""
        found = re.match(r"(?P<scheme>https?)://(?P<name>[^/:]+)(?::(?P<port>\d+))?(?=/|$)", text, re.IGNORECASE)
        scheme = "https" if self.host.scheme == "https" or self.host.tls else "http"
        if found is None or found["scheme"].lower() != scheme or self.host.port is None:
            return url
        port = int(found["port"] or DEFAULT_PORTS[scheme])
        named = any(fnmatchcase(found["name"].lower(), each) for each in names_of(self.host))
        if not named or port != self.host.port:
            return url
        first, *rest = parts_of(url)
        assert isinstance(first, Literal)
        return joined((Literal(first.text[found.end() :] or "/"), *rest))

    # -- the end

    def finish(self, step: Step) -> Step | None:
        """What the rules have made: a step, None where they only gave another path. Raises Lost, Open."""
        known, url = self.known, self.known.url
        self._tell_changed()
        known.url = None
        root = step.action.root if isinstance(step.action, FinishRewriting) else ""
        if not self.changed or url is None:
            return None
        text = _text_of(url)
        away = is_absolute(text) and self.proxied is None
        escaped = self.escaped and (away or self.aim is Aim.REDIRECT)  # R makes an absolute URL of a path
        if not escaped and known.query != QUERY_STRING and not is_tame(known.query):
            self.refused += [Matches(each, BLANKS) for each in decoded_in(known.query)]
        step = replace(step, said_by=tuple(dict.fromkeys(n for each in self.made_by for n in each.said_by)))
        if self.proxied is not None:
            return self._to_origin(step, self.proxied, url)
        if self.aim is Aim.REDIRECT or (away and not self.passed):
            return self._redirect(step, url)
        if self.passed and away:
            return replace(step, action=Respond(400), then=END)
        if self.passed:
            known.path = url
            return None
        return replace(step, action=MapToFile("", "", self._file(url, root)), then=STOP)

    def _tell_changed(self) -> None:
        """Whether any rule that may have matched has. Raises Open."""
        left = NEVER if self.changed else residual(any_of(self.maybe), self.answers)
        if left not in (ALWAYS, NEVER):
            raise Open(left)
        self.changed = self.changed or left == ALWAYS

    def _to_origin(self, step: Step, action: Rewrite, url: Value) -> Step:
        first, *rest = parts_of(url)
        found = _AUTHORITY.match(first.text) if isinstance(first, Literal) else None
        if found is None or not isinstance(first, Literal) or (action.origin is None and is_balancer(found[0])):
            raise Lost("the origin depends on the request")
        if action.origin is None and not self.in_section:
            raise Lost("the origin depends on the request")
        made = with_whole_path(joined((Literal(first.text[found.end() :]), *rest)))
        parts = parts_of(made)
        begins = _text_of(made).startswith("/") or made == _NOTHING or parts[0] == REQUEST_URI
        if not begins and not _has_slash(parts[0]):
            raise Lost("the origin depends on the request")
        number = BY_NAME if action.origin is None else action.origin
        map_to = MapToOrigin if action.origin is not None else partial(MapToBase, base=found[0])
        if parts[-1:] == (REQUEST_URI,) and len(parts) < 3 and all(isinstance(each, Literal) for each in parts[:-1]):
            mapping = map_to(number, _text_of(joined(parts[:-1])), rest=Rest.WHOLE_PATH)
            return replace(step, action=mapping, then=STOP)
        value, regex = as_captures(joined(tuple(_WHOLE_PATH if each == REQUEST_URI else each for each in parts)))
        mapping = map_to(number, "", rest=Rest.NOTHING, value=value)
        when = step.when if regex is None else Matches(REQUEST_URI, regex, "rule")
        return replace(step, action=mapping, when=when, then=STOP)

    def _redirect(self, step: Step, url: Value) -> Step:
        query = self.known.query
        url = _escaped(url) if self.escaped else url
        if query not in (QUERY_STRING, _NOTHING):
            url = joined((*parts_of(url), Literal("?"), *parts_of(query)))
        location, regex = as_captures(url)
        when = step.when if regex is None else Matches(REQUEST_URI, regex, "rule")
        return replace(step, action=Redirect(self.status, location), when=when, then=END)

    def _file(self, url: Value, root: str) -> Value:
        """The file of a path: as it is where the rule itself names a first folder that is there, else below
        DocumentRoot (RW-9)."""
        text = _text_of(url)
        if not self.reduced and (text.startswith(root) or self._is_trusted(text)):
            return url
        return joined((Literal(root.rstrip("/")), *parts_of(url)))

    def _is_trusted(self, text: str) -> bool:
        """Whether a path that begins with ``text`` may lie anywhere: it is known which folder it begins with."""
        if self.last is None:
            return False
        name, slash, _ = text.lstrip("/").partition("/")
        if not slash:
            return self.last.any_prefix
        return (self.last.any_prefix or self.last.begins.startswith(f"/{name}")) and exists(f"/{name}")


def _escaped(url: Value) -> Value:
    """The rule's own texts escaped as httpd does; scheme and authority stay (RW-14)."""
    first, *rest = parts_of(url)
    texts = [Literal(escape_path(each.text)) if isinstance(each, Literal) else each for each in rest]
    found = _AUTHORITY.match(_text_of(url))
    if not isinstance(first, Literal):
        return joined((first, *texts))
    at = found.end() if found else 0
    return joined((Literal(first.text[:at] + escape_path(first.text[at:])), *texts))


def _has_slash(part: Value) -> bool:
    """Whether a part of the path begins with a slash."""
    match part:
        case Matched(value, Regex(pattern), 1):
            return value == REQUEST_URI and begins_with_slash(pattern)
        case _:
            return False


def _text_of(url: Value) -> str:
    first = next(iter(parts_of(url)), None)
    if first == REQUEST_URI:
        return "/"
    return first.text if isinstance(first, Literal) else ""


def answer(step: Step) -> Step:
    """The step of a rule that answers by itself."""
    assert isinstance(step.action, Rewrite)
    return replace(step, action=Respond(step.action.status), then=END)


def refusal(step: Step, refused: list[Condition]) -> Step:
    """The 403 for what a client escapes and rules would put into a URL."""
    when = refused[0] if len(refused) == 1 else AnyOf(tuple(refused))
    return replace(step, action=Respond(403), when=when, then=END)


_IN_REDIRECTS = frozenset({"HTTP_HOST", "SERVER_NAME", "REQUEST_URI"})


def needs_one_regex(step: Step | None, run: Run) -> bool:
    """Whether what rules made can be said with the captures of one regex, and without another path or query."""
    known = run.known
    if step is None:
        return known.path == REQUEST_URI and known.query == QUERY_STRING
    if any(isinstance(each.action, Rewrite) and each.action.sets for each in run.made_by):
        return False
    match step.action:
        case MapToOrigin(value=value):
            return known.query == QUERY_STRING and all(map(_is_known, parts_of(value)))
        case Redirect(location=location):
            parts = parts_of(location)
            whole, captured = REQUEST_URI in parts, any(isinstance(each, Capture) for each in parts)
            return known.query != _NOTHING and not (whole and captured) and all(map(_is_known, parts))
        case _:
            return False


def _is_known(part: Value) -> bool:
    match part:
        case Literal() | Capture("rule"):
            return True
        case Variable(name):
            return name in _IN_REDIRECTS
        case _:
            return False

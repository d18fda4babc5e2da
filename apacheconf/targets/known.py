"""What is known of a request while its steps are followed: every value in terms of the request as the client sent it.

Captures say where they come from (``captures``), variables of the environment what they were given (``environments``),
and the path and the query are those that rules have made.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TypeVar

from apacheconf.program.conditions import (
    ALWAYS,
    NEVER,
    AllOf,
    AnyOf,
    Compare,
    Condition,
    Matches,
    Not,
    OneOf,
    Operator,
    Regex,
    Under,
    all_of,
    any_of,
    negated,
)
from apacheconf.program.hosts import Host
from apacheconf.program.prefixes import lies_under
from apacheconf.program.regexes import group_names, search
from apacheconf.program.steps import MapToFile, Step
from apacheconf.program.values import REQUEST_URI, Capture, Chosen, Joined, Literal, Matched, Value, Variable
from apacheconf.targets.captures import cuts, parts_of, replaced, simple
from apacheconf.targets.environments import Environment
from apacheconf.targets.named_folders import MapToNamed
from apacheconf.targets.patterns import escape, literal_start

T = TypeVar("T")
QUERY_STRING = Variable("QUERY_STRING")


@dataclass(frozen=True, slots=True)
class OfFile(Joined):
    """The path of the file that a request is mapped to, as far as the path of the request says it: where that goes on
    behind a file (PATH_INFO), it says too much."""


@dataclass
class Known:
    """``path`` is what the mappings see, ``url`` what the rules have made so far, None outside of them.

    ``host`` answers; ``captures`` are those in force, by name: None where several matches may have made them.
    """

    host: Host
    environment: Environment | None = None
    path: Value = REQUEST_URI
    query: Value = QUERY_STRING
    url: Value | None = None
    file: Value | None = None
    captures: dict[str, tuple[Value, Regex] | None] = field(default_factory=dict)

    def copy(self) -> Known:
        """The same, which is told what comes after this by itself."""
        environment = None if self.environment is None else self.environment.copy()
        return replace(self, environment=environment, captures=dict(self.captures))

    def locate(self, mapped: MapToFile) -> None:
        """The path is that of this file, as far as only the path decides which one it is."""
        if mapped.value is None:
            rest = Matched(REQUEST_URI, Regex(f"^{escape(mapped.prefix)}(.*)$"), 1) if mapped.prefix else REQUEST_URI
            root = mapped.root if mapped.prefix else mapped.root.rstrip("/")
            folder = parts_of(mapped.folder) if isinstance(mapped, MapToNamed) else (Literal(root),)
            self.file = OfFile((*folder, rest))

    def put(self, part: T) -> T:
        """A value or an action in terms of the request."""
        return _simplified(replaced(part, self._change))

    def enter(self, sections: Iterable[Regex]) -> None:
        """The regexes of the sections that hold, in their order: their captures, and MATCH_NAME for their groups."""
        for regex in sections:
            self.captures["section"] = self.path, regex
            for name, number in group_names(regex).items():
                if self.environment is not None:
                    self.environment.give(f"MATCH_{name.upper()}", simple(Matched(self.path, regex, number)))

    def _change(self, value: Value) -> Value | None:
        match value:
            case Capture(name, group) if name in self.captures:
                made = self.captures[name]
                return None if made is None else simple(Matched(*made, group))
            case Variable("REWRITTEN"):
                return self.path if self.url is None else self.url
            case Variable("REQUEST_URI"):
                return self.path
            case Variable("REQUEST_FILENAME" | "FILE_SO_FAR" | "FILE_AS_MAPPED") if self.file is not None:
                return self.file
            case Variable("DOCUMENT_ROOT") if self.host.document_root:
                return Literal(self.host.document_root)
            case Variable("QUERY_STRING"):
                return self.query
            case Variable("SERVER_NAME") if self.host.canonical_name:
                return Literal(self.host.name)
            case Variable("REQUEST_SCHEME") if self.host.scheme == "https":
                return Literal("https")
            case Variable("SERVER_PORT") if not self.host.physical_port:
                return _asked_port(self.host)
            case Variable("CONN_REMOTE_ADDR") if self.host.remote_ip is None:
                return Variable("REMOTE_ADDR")
            case Variable("HTTP_OR_ENV", name) if self.environment and not self.environment.has(name):
                return Variable("HTTP", name)
            case Variable("ENV") if self.environment is not None:
                return self.environment.value_of(value)
            case _:
                return None

    def asks(self, step: Step) -> Condition:
        """The condition of a step; from now on its captures are in force."""
        return self.asked(step.when)

    def asked(self, condition: Condition) -> Condition:
        """A condition in terms of the request."""
        match condition:
            case Not(inner):
                return negated(self.asked(inner))
            case AllOf(parts):
                return all_of(map(self.asked, parts))
            case AnyOf(parts):
                return self._any(parts)
            case Matches(_, regex, name) if name:
                asked = replace(condition, value=self._value(condition.value), captures="")
                self.captures[name] = asked.value, regex
                if name == "rule":
                    self.captures.pop("cond", None)
                return worked_out(asked)
            case _:
                return worked_out(replaced(self._of_variables(condition), self._change))

    def _any(self, parts: tuple[Condition, ...]) -> Condition:
        """Which of several matches has made the captures is not told apart."""
        asked = tuple(map(self.asked, parts))
        names = [each.captures for each in parts if isinstance(each, Matches) and each.captures]
        self.captures.update(dict.fromkeys(name for name in names if len(parts) > 1))
        return any_of(asked)

    def _value(self, value: Value) -> Value:
        return _simplified(replaced(value, self._change))

    def _of_variables(self, condition: Condition) -> Condition:
        return condition if self.environment is None else self.environment.asked(condition)


_PORT = Regex(r":(\d+)$")


def _asked_port(host: Host) -> Value:
    """The port that the client named, else the host's own (VH-60)."""
    own = Literal(str(host.port or (443 if host.tls or host.front_tls else 80)))
    if host.canonical_port:
        return own
    asked = Variable("HTTP_HOST")
    return Chosen(Matches(asked, _PORT), Matched(asked, _PORT, 1), own)


def _simplified(part: T) -> T:
    """Values inside with what is certain worked out."""
    return replaced(part, lambda each: simple(each) if isinstance(each, Joined) else None)


#: Patterns that match wherever they are tried; with a ``$`` a line feed in the value could tell them apart.
_ANYTHING = frozenset({"", "^", ".*", "^.*", "(.*)", "^(.*)"})


def matches_anything(condition: Condition) -> bool:
    """Whether a condition is a match that holds whatever is tried."""
    return isinstance(condition, Matches) and condition.regex.pattern in _ANYTHING


def worked_out(condition: Condition) -> Condition:
    """The condition, or its answer where that doesn't depend on the request."""
    condition = replaced(condition, lambda each: simple(each) if isinstance(each, Joined) else None)
    match condition:
        case Matches() if matches_anything(condition):
            return ALWAYS
        case Matches(Literal(text), regex):
            return ALWAYS if search(regex, text) is not None else NEVER
        case Matches(Joined((Literal(text), *_)), regex) if _can_not_begin(regex, text):
            return NEVER
        case Matches(Joined() as value, regex) if cuts(regex, value):
            return ALWAYS
        case Under(prefix, Literal(text)):
            return ALWAYS if lies_under(text, prefix) else NEVER
        case Compare(Literal(one), Operator.SAME, Literal(other)):
            return ALWAYS if one == other else NEVER
        case Compare(Literal(one), Operator.DIFFERENT, Literal(other)):
            return ALWAYS if one != other else NEVER
        case OneOf(Literal() as text, choices) if all(isinstance(each, Literal) for each in choices):
            return ALWAYS if text in choices else NEVER
        case AllOf(parts):
            return all_of(map(worked_out, parts))
        case AnyOf(parts):
            return any_of(map(worked_out, parts))
        case Not(inner):
            return negated(worked_out(inner))
        case _:
            return condition


def _can_not_begin(regex: Regex, text: str) -> bool:
    """Whether a pattern that says how a value begins can't match one that begins with ``text``."""
    start = literal_start(regex)
    return start is not None and not (start.startswith(text) or text.startswith(start))


def begins_with(value: Value | None) -> str:
    """The text that a value begins with for certain."""
    first = next(iter(parts_of(value)), None)
    return first.text if isinstance(first, Literal) else ""

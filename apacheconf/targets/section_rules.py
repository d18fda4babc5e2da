"""Rules of a section or a ``.htaccess``, followed for a target that serves files (RW-5 to RW-7).

Such a run begins with the file that a path is mapped to, and what it tries is the part below the section's folder: both
are the path of the request, but for a prefix. What it leaves is asked for anew, as a URL.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from apacheconf.program.conditions import (
    ALWAYS,
    NEVER,
    AllOf,
    AnyOf,
    Condition,
    Matches,
    Not,
    Regex,
    Test,
    all_of,
    any_of,
    negated,
)
from apacheconf.program.rewriting import is_absolute
from apacheconf.program.steps import (
    END,
    Aim,
    BeginRewriting,
    MapToFile,
    Redirect,
    Rewrite,
    SetType,
    SetUri,
    Step,
)
from apacheconf.program.values import REQUEST_URI, Capture, Chosen, Literal, Matched, Value, Variable
from apacheconf.targets.answers import residual
from apacheconf.targets.captures import (
    as_captures,
    behind_slash,
    gives_back,
    is_path,
    is_tame,
    joined,
    parts_in,
    parts_of,
    replaced,
)
from apacheconf.targets.doubted import BLANKS, decoded_in
from apacheconf.targets.finite import texts_of
from apacheconf.targets.known import QUERY_STRING
from apacheconf.targets.named_folders import MapToNamed
from apacheconf.targets.patterns import escape
from apacheconf.targets.rewrites import Lost, Open, Run

_HERE = Variable("REWRITTEN_HERE")
#: Patterns that match whatever is tried; and those that do where that is never empty.
_ANYTHING = re.compile(r"\^?(?:\.\*|\(\.\*\))\$?|\^|\$|")
_ANYTHING_THERE = re.compile(rf"{_ANYTHING.pattern}|\^?(?:\.\+|\(\.\+\))\$?")
_WHOLE = Regex("^(.*)$")
_ANCHORED = re.compile(r"\^(?!.*(?<!\\)\|)")


@dataclass
class Section:
    """Where rules stand: ``path`` is the URL of their ``folder``, both with a slash; ``base`` is RewriteBase.

    Those of a ``<Location>`` have no folder: they try the whole ``file``, which lies below ``root``.
    """

    path: str
    base: str
    folder: str
    file: Value | None = None
    root: str = ""

    @classmethod
    def of(cls, action: BeginRewriting, mapped: MapToFile, file: Value | None) -> Section | None:
        """The section of rules; None where its folder is no part of what a path is mapped to."""
        root, folder = mapped.root.rstrip("/") + "/", action.folder.rstrip("/") + "/"
        if mapped.value is not None or isinstance(mapped, MapToNamed):
            return None
        if not (root.startswith(folder) or folder.startswith(root) or mapped.prefix or action.base):
            return cls("", "", "", file, root.rstrip("/"))
        if not folder.startswith(root):
            return None
        return cls(f"{mapped.prefix.rstrip('/')}/{folder[len(root) :]}", action.base, folder)

    def begins(self, action: BeginRewriting) -> Condition:
        """Whether the rules are asked: not for the folder itself without its slash."""
        if self.file is not None:
            return ALWAYS
        bare = self.path.rstrip("/")
        return Not(Matches(REQUEST_URI, Regex(f"^{escape(bare)}$"))) if bare else ALWAYS

    def asked(self, condition: Condition) -> Condition:
        """A condition that asks what lies below the folder, as one about the whole path."""
        match condition:
            case Not(inner):
                return Not(self.asked(inner))
            case AllOf(parts):
                return AllOf(tuple(map(self.asked, parts)))
            case AnyOf(parts):
                return AnyOf(tuple(map(self.asked, parts)))
            case Matches(value, Regex(pattern), captures) if value == _HERE and self.file is not None:
                return Matches(self.file, _WHOLE, captures) if _ANYTHING_THERE.fullmatch(pattern) else condition
            case Matches(value, regex, captures) if value == _HERE:
                return Matches(REQUEST_URI, self._below(regex), captures)
            case _:
                return condition

    def _below(self, regex: Regex) -> Regex:
        """A regex over the part below the folder, as one over the path; its groups keep their numbers."""
        pattern, start = regex.pattern, f"^{escape(self.path)}"
        if _ANCHORED.match(pattern):
            return replace(regex, pattern=start + pattern[1:])
        inner = re.sub(r"(?<![\\\[])\^", f"(?<=^{escape(self.path)})", pattern)
        return replace(regex, pattern=f"{start}(?s:.*?)(?:{inner})")


def without_lost_types(step: Step) -> Step:
    """The rule without a type that httpd forgets when it asks for another path (RW-27)."""
    parts = step.when.conditions if isinstance(step.when, AllOf) else (step.when,)
    action, rule = step.action, parts[0]
    if not isinstance(action, Rewrite) or action.target is None:
        return step
    if isinstance(rule, Matches) and gives_back(action.target, rule.regex):
        return step
    kept = tuple(each for each in action.sets if not isinstance(each, SetType))
    return step if kept == action.sets else replace(step, action=replace(action, sets=kept))


def with_whole_as_group(step: Step) -> Step:
    """The rule with ``$0``, which is a part of the path alone, as ``$1``, and its other groups moved on by one."""
    parts = step.when.conditions if isinstance(step.when, AllOf) else (step.when,)
    rule = parts[0]
    if not isinstance(rule, Matches) or rule.value != _HERE or Capture("rule", 0) not in parts_in(step, Capture):
        return step
    pattern = re.sub(r"\\(.)", _moved_on, rule.regex.pattern, flags=re.DOTALL)
    grouped = f"^({pattern[1:]})" if _ANCHORED.match(pattern) else f"({pattern})"
    whole = replace(rule, regex=replace(rule.regex, pattern=grouped))
    moved = replaced((step.action, parts[1:]), lambda each: (
        Capture("rule", each.group + 1) if isinstance(each, Capture) and each.match == "rule" else None
    ))  # fmt: skip
    return replace(step, action=moved[0], when=all_of((whole, *moved[1])))


def _moved_on(found: re.Match[str]) -> str:
    return f"\\{int(found[1]) + 1}" if found[1] in "123456789" else found[0]


def asked_of_origin(condition: Condition) -> Condition:
    """A rule's condition where an origin is asked: no file has the name of its URL."""
    match condition:
        case Not(inner):
            return negated(asked_of_origin(inner))
        case AllOf(parts):
            return all_of(map(asked_of_origin, parts))
        case AnyOf(parts):
            return any_of(map(asked_of_origin, parts))
        case Test(letter, value) if letter in _OF_FILES and parts_of(value)[:1] in _NAMED:
            return NEVER
        case _:
            return condition


#: Tests of files, and what names the file that a request is mapped to.
_OF_FILES = frozenset("fdsexlLhF")
_NAMED = tuple((Variable(name),) for name in ("FILE_SO_FAR", "FILE_AS_MAPPED", "REQUEST_FILENAME"))


def asked_anywhere(condition: Condition, in_folder: bool = False) -> Condition:
    """A rule's condition where it isn't known what it tries: what matches anything holds. Only of a path in its folder
    nothing may be left."""
    anything = _ANYTHING if in_folder else _ANYTHING_THERE
    match condition:
        case AllOf(parts):
            return AllOf(tuple(asked_anywhere(part, in_folder) for part in parts))
        case Matches(value, Regex(pattern)) if value == _HERE and anything.fullmatch(pattern):
            return ALWAYS
        case _:
            return condition


class SectionRun(Run):
    """One run of a section's rules: each may leave the URL alone, answer, or make one path or URL."""

    section: Section

    def _substitute(self, action: Rewrite, target: Value) -> None:
        if self.changed:
            raise Lost("several rules of a section make one path")
        if self.section.file is not None and action.aim is not Aim.ANY:
            raise Lost("it is a rule of a section that can't be followed here")
        url = self._settled(self.with_scheme(self._split_query(parts_of(target), action)))
        self.changed, self.escaped, self.last = True, action.escaped, action
        first = next(iter(parts_of(url)), Literal(""))
        text = first.text if isinstance(first, Literal) else ""
        away = is_absolute(text)
        if not away and not text.startswith("/"):
            url = self._in_folder(url, action)
        if action.aim is Aim.ORIGIN:
            if not away:
                raise Lost("it names no origin")
            self.proxied = action
            self.known.url = url
            return
        self.status, self.aim = action.status, Aim.REDIRECT if away else action.aim
        self.known.url = url

    def _settled(self, url: Value) -> Value:
        """The URL with one text of a variable that begins it, where not all of them begin with a slash. Raises Open."""
        first, *rest = parts_of(url) or (Literal(""),)
        texts = texts_of(first, self.answers) if isinstance(first, Chosen) else None
        if not isinstance(first, Chosen) or not texts or not any(text.startswith("/") for text in texts):
            return url
        left = residual(first.condition, self.answers)
        if left not in (ALWAYS, NEVER):
            raise Open(left)
        return self._settled(joined((first.yes if left == ALWAYS else first.no, *rest)))

    def _in_folder(self, url: Value, action: Rewrite) -> Value:
        """What a rule makes that begins with no slash lies in the section's folder; of a redirect without RewriteBase
        that is the folder's path on disk (RW-6)."""
        first, *rest = parts_of(url) or (Literal(""),)
        if first == REQUEST_URI or is_path(url):
            return url
        behind = behind_slash(first)
        if behind is not None:
            return joined((Literal("/"), behind, *rest))
        slashed = self.with_slash(url) if action.aim is Aim.REDIRECT else url
        if slashed != url:
            return slashed
        if not isinstance(first, Literal) and action.aim is Aim.REDIRECT and not self.section.base:
            raise Lost("where it leads depends on the request")
        folder = self.section.folder if action.aim is Aim.REDIRECT else self.section.path
        return joined((Literal(self.section.base or folder), first, *rest))

    def _of_path(self, step: Step) -> Step:
        """The redirect with captures of the one regex over the path; other parts say themselves what they are."""
        action = step.action
        assert isinstance(action, Redirect)
        parts = parts_of(action.location)
        regexes = {each.regex for each in parts if isinstance(each, Matched) and each.value == REQUEST_URI}
        if len(regexes) != 1:
            return step
        made = (Capture("rule", each.group) if isinstance(each, Matched) and each.value == REQUEST_URI else each
                for each in parts)  # fmt: skip
        location = joined(tuple(made))
        return replace(
            step, action=replace(action, location=location), when=Matches(REQUEST_URI, regexes.pop(), "rule")
        )

    def _refuse_blanks(self) -> None:
        """A query with what a client has escaped (SEM-30)."""
        query = self.known.query
        if query != QUERY_STRING and not is_tame(query):
            self.refused += [Matches(each, BLANKS) for each in decoded_in(query)]

    def _below_root(self, url: Value) -> Value:
        """The URL of a file that lies below DocumentRoot."""
        first, *rest = parts_of(url)
        root = self.section.root
        if not isinstance(first, Literal) or not (first.text == root or first.text.startswith(f"{root}/")):
            raise Lost("it makes the name of a file that has no URL")
        return joined((Literal(first.text[len(root) :]), *rest))

    def finish(self, step: Step) -> Step | None:
        """A redirect, or the path that is asked for anew; None where that is the one asked for. Raises Lost, Open."""
        url, self.known.url = self.known.url, None
        if not self.changed or url is None:
            return None
        said_by = tuple(dict.fromkeys(n for each in self.made_by for n in each.said_by))
        step = replace(step, said_by=said_by, when=ALWAYS)
        if self.proxied is not None:
            return self._to_origin(step, self.proxied, url)
        if self.aim is Aim.REDIRECT:
            return self._of_path(self._redirect(step, url))
        self._refuse_blanks()
        if self.section.file is not None:
            url = self._below_root(url)
        if isinstance(url, Literal):
            same = Matches(REQUEST_URI, Regex(f"^{escape(url.text)}$"))
            left = residual(same, self.answers)
            if left == ALWAYS:
                return None
            if left == same:
                raise Open(same)
        value, regex = as_captures(url)
        if regex is not None and gives_back(value, regex):
            return None
        when = ALWAYS if regex is None else Matches(REQUEST_URI, regex, "rule")
        return replace(step, action=SetUri(value, self.known.query), when=when, then=END)

"""One header of one table, as the lines about it leave it: what nginx keeps of it, and the words it sends (HD-3, HD-4).

A word is text with variables in it. nginx sends no header whose value is empty, so an empty word is no line.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from apacheconf.program.conditions import Regex
from apacheconf.program.steps import EditHeader, Table
from apacheconf.program.values import Literal
from apacheconf.targets.captures import parts_of
from apacheconf.targets.groups import refers_back
from apacheconf.targets.nginx.maps import Map, Maps
from apacheconf.targets.nginx.tree import literal
from apacheconf.targets.patterns import escape
from apacheconf.targets.questions import CannotAsk, pcre
from apacheconf.targets.spoken import words_of

_VARIABLE = re.compile(r"\$\{?\w+\}?")
_SIGNS = re.compile(r"\$(\d)|\\(.)|[^$\\]+|[$\\]", re.DOTALL)
#: Fields of which no message has more than one line (RFC 9110).
_SINGLE = frozenset({"location", "etag", "last-modified", "age", "date", "retry-after", "content-location", "server",
                     "host", "authorization", "referer", "user-agent", "from", "max-forwards", "expires"})  # fmt: skip

#: The key of a caveat and its words.
Caveats = tuple[tuple[str, str], ...]
EMPTY = "empty-header", "a header that is there without a value counts as missing"
NO_VALUE = "empty-value", "where the value is empty there is no such header; httpd sends one without a value"
SEVERAL = "header-lines", "of several lines of the header only the first counts"
ONE_MORE = "one-more-line", "the value is a line of its own, and not joined to the one that is there"
MILLISECONDS = "milliseconds", "nginx counts milliseconds"
LIFETIME = "cookie-lifetime", "Max-Age says for how long the cookie counts, where httpd says until when (expires)"
OTHER_ID = "unique-id", "it is an identifier of nginx's making, in another form"


@dataclass
class Field:
    """``own`` is the word of what is there without any line; ``natural`` says that it comes as it is, without ours.

    ``words`` are the lines that we send; ``caveats`` what differs, by the line that brought it in.
    """

    name: str
    table: Table
    own: str
    natural: bool = True
    words: list[str] = field(default_factory=list)

    @property
    def title(self) -> str:
        """What variables that hold something of it are called."""
        return f"{'onward' if self.table is Table.REQUEST else 'header'}_{words_of(self.name)}"

    @property
    def touched(self) -> bool:
        """Whether a line changes anything."""
        return not self.natural or bool(self.words)

    def do(self, action: EditHeader, flag: str, text: str, maps: Maps) -> Caveats:
        """Do a line where ``flag`` is ``1``; gives its caveats. Raises CannotAsk."""
        way = _WAYS.get(action.operation)
        if way is None:
            raise CannotAsk(f"{action.operation} of a header")
        return way(self, action, text, _Where(flag, maps, self.title))

    def _several(self) -> Caveats:
        """The caveat where what is there becomes one word of ours."""
        if not (self.natural and self.own):
            self.natural = False
            return ()
        if self.name.lower() == "set-cookie":
            raise CannotAsk("an edit of cookies that an origin sets")
        self.natural = False
        self.words.insert(0, self.own)
        return () if self.name.lower() in _SINGLE else (SEVERAL,)

    def _set(self, action: EditHeader, text: str, where: _Where) -> Caveats:
        if where.certain:
            self.natural, self.words = False, [text]
            return ()
        caveats = self._several()
        first, *others = self.words or [""]
        self.words = [where.put(text, first), *(where.put("", each) for each in others)]
        return caveats

    def _unset(self, action: EditHeader, text: str, where: _Where) -> Caveats:
        if where.certain:
            self.natural, self.words = False, []
            return ()
        caveats = self._several()
        self.words = [where.put("", each) for each in self.words]
        return caveats

    def _add(self, action: EditHeader, text: str, where: _Where) -> Caveats:
        caveats = self._several() if self.table is Table.REQUEST else ()
        self.words.append(where.put(text, ""))
        return caveats

    def _append(self, action: EditHeader, text: str, where: _Where) -> Caveats:
        if self.natural and self.own and self.table is not Table.REQUEST:
            self.words.append(where.put(text, ""))
            return (ONE_MORE,)
        caveats = self._several()
        first, *others = self.words or [""]
        self.words = [where.put(where.joined(first, text), first), *others]
        return caveats

    def _merge(self, action: EditHeader, text: str, where: _Where) -> Caveats:
        if not isinstance(action.value, Literal):
            raise CannotAsk("a merge of what is only known with the request")
        first = self.own if self.natural and self.own else "".join(self.words[:1])
        if first:
            lacks = Map(first, ((rf"~(?:^|,)[ \t]*{escape(action.value.text)}(?:,|$)", "0"), ("default", "1")), "")
            where = where.also(where.maps.make(f"{self.title}_lacks_{words_of(action.value.text)}", lacks))
        return self._append(action, text, where)

    def _setifempty(self, action: EditHeader, text: str, where: _Where) -> Caveats:
        own = self.natural and bool(self.own)
        if own and not self.words and self.table is not Table.REQUEST:
            missing = Map(self.own, (("", text), ("default", "")), "")
            self.words.append(where.put(where.maps.make(f"{self.title}_if_missing", missing), ""))
            return (EMPTY,)
        caveats = self._several()
        first, *others = self.words or [""]
        self.words = [where.put(where.filled(first, text), first), *others]
        return (*caveats, EMPTY) if own else caveats

    def _edit(self, action: EditHeader, text: str, where: _Where) -> Caveats:
        assert action.regex is not None
        if not self.words and not (self.natural and self.own):
            return ()  # nothing is there
        pattern, made = whole(action.regex), replacement(action)
        caveats = (*self._several(), *(() if surely_there(made) else (NO_VALUE,)))
        edits = (Map(each, ((pattern, made), ("default", each)), "") for each in self.words)
        edited = [where.maps.make(f"{self.title}_edited", each) for each in edits]
        self.words = [where.put(new, old) for new, old in zip(edited, self.words, strict=True)]
        return caveats

    def _edit_all(self, action: EditHeader, text: str, where: _Where) -> Caveats:
        if self.words or (self.natural and self.own):
            raise CannotAsk("edit* of a header")
        return ()


#: mod_headers' word for each way to change a field.
_WAYS: dict[str, Callable[[Field, EditHeader, str, _Where], Caveats]] = {
    "set": Field._set, "unset": Field._unset, "add": Field._add, "append": Field._append, "merge": Field._merge,
    "setifempty": Field._setifempty, "edit": Field._edit, "edit*": Field._edit_all,
}  # fmt: skip


@dataclass(frozen=True)
class _Where:
    """Where a line holds: ``flag`` is ``1`` there. Variables are called by the ``title`` of its header."""

    flag: str
    maps: Maps
    title: str

    @property
    def certain(self) -> bool:
        return self.flag == "1"

    def put(self, text: str, otherwise: str) -> str:
        """``text`` where the line holds."""
        if self.certain or text == otherwise:
            return text
        if self.flag == "0":
            return otherwise
        return self.maps.make(self.title, Map(self.flag, (("1", text), ("default", otherwise)), ""))

    def also(self, flag: str) -> _Where:
        if not self.certain:
            flag = self.maps.make(
                f"{self.title}_merges", Map(f"{self.flag}{flag}", (("11", "1"), ("default", "0")), "")
            )
        return replace(self, flag=flag)

    def joined(self, first: str, text: str) -> str:
        """What is there, and ``text`` behind it."""
        if not first:
            return text
        if surely_there(first):
            return f"{first}, {text}"
        return self.maps.make(f"{self.title}_joined", Map(first, (("", text), ("default", f"{first}, {text}")), ""))

    def filled(self, first: str, text: str) -> str:
        """What is there, or else ``text``."""
        if not first:
            return text
        if surely_there(first):
            return first
        return self.maps.make(f"{self.title}_filled", Map(first, (("", text), ("default", first)), ""))


def surely_there(word: str) -> bool:
    """Whether the word has text of its own, so that it is never empty."""
    plain = _VARIABLE.sub("", word.replace("${dollar}", "$$"))
    return bool(plain) or word in _NEVER_EMPTY or _NULL.fullmatch(word) is not None


#: A variable that holds ``(null)`` in the place of nothing.
_NULL = re.compile(r"\$\w+_or_null(?:_\d+)?")
_NEVER_EMPTY = frozenset({"$remote_addr", "$server_addr", "$request_method", "$scheme", "$asked_path", "$status",
                          "$request_id", "$clock_usec", "$request_usec", "$asked_port_of", "$https_is", "$host",
                          "$remote_port", "$server_port"})  # fmt: skip


def whole(regex: Regex) -> str:
    """A key of a map for a whole value: ``$before`` and ``$behind`` stand around the match. Raises CannotAsk."""
    pattern = pcre(regex)
    if refers_back(pattern):
        raise CannotAsk("a regex that refers to its own groups")
    return f"~{'*' if regex.ignore_case else ''}^(?<before>(?s:.*?))(?:{pattern})(?<behind>(?s:.*))$"


def replacement(action: EditHeader) -> str:
    """What such a key comes to: ``$before`` is the first group. Raises CannotAsk."""
    made = ""
    for part in parts_of(action.replacement):
        if not isinstance(part, Literal):
            raise CannotAsk("a replacement of more than text and captures")
        for found in _SIGNS.finditer(part.text):
            if found[1]:
                made += _group(int(found[1]))
            else:
                made += literal(found[2] or found[0])
    return "${before}" + made + "${behind}"


def _group(number: int) -> str:
    if not 0 < number < 9:
        raise CannotAsk("the whole match, or a ninth group, in a replacement")
    return f"${number + 1}"

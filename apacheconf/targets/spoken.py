"""Conditions and values in a few words: the names of the variables that hold them in the output (DES-12).

``%{HTTP_USER_AGENT} =~ /bot|crawl/`` is ``agent_has_bot_crawl``. A name says what is asked as far as it has room; what
gives names to the things of an output sees to it that they are unique.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from apacheconf.program.conditions import (
    AllOf,
    AnyOf,
    Compare,
    Condition,
    FromHost,
    Glob,
    InNetwork,
    IsSet,
    Matches,
    Not,
    OneOf,
    Operator,
    Regex,
    Test,
    Under,
)
from apacheconf.program.own_words import STAND_IN
from apacheconf.program.values import Call, Chosen, Escaped, Joined, Literal, Lookup, Made, Matched, Value, Variable

#: Longest name: nginx keeps those of variables in buckets of 64 bytes, 18 of which are its own.
MOST = 40
#: Longest part of one, where it has several.
_MOST_WORDS = 26
_SUBJECTS = {
    "REQUEST_URI": "path", "REWRITTEN": "path", "REWRITTEN_HERE": "path", "REQUEST_FILENAME": "file",
    "REQUEST_METHOD": "method", "QUERY_STRING": "query", "REQUEST_SCHEME": "scheme", "THE_REQUEST": "request_line",
    "HTTP_HOST": "host", "SERVER_NAME": "host", "HTTP_USER_AGENT": "agent", "HTTP_REFERER": "referer",
    "HTTP_COOKIE": "sent_cookie", "HTTP_ACCEPT": "accept", "REMOTE_ADDR": "client", "CONN_REMOTE_ADDR": "peer",
    "SERVER_ADDR": "server", "SERVER_PORT": "port", "REMOTE_PORT": "client_port", "SERVER_PROTOCOL": "protocol",
    "REMOTE_USER": "user", "REQUEST_STATUS": "status", "CONTENT_TYPE": "type", "SSL_CLIENT_VERIFY": "certificate",
}  # fmt: skip
_SHORT = {"user-agent": "agent", "cookie": "sent_cookie"}
_COMPARED = {
    Operator.SAME: "is", Operator.EQ: "is", Operator.BEFORE: "below", Operator.LT: "below", Operator.AFTER: "above",
    Operator.GT: "above", Operator.AFTER_OR_SAME: "from", Operator.GE: "from", Operator.BEFORE_OR_SAME: "up_to",
    Operator.LE: "up_to", Operator.LENGTH_LT: "below", Operator.LENGTH_LE: "up_to", Operator.LENGTH_GT: "above",
    Operator.LENGTH_GE: "from",
}  # fmt: skip
TESTS = {"f": "is_file", "d": "is_folder", "e": "is_there", "s": "has_content", "x": "is_executable", "L": "is_link"}
#: What is said for a word of a host's own, where many hosts share a map.
_OWN = {"n": "own name", "f": "own folder", "b": "own balancer"}
_LOOPBACK = frozenset({"127.0.0.0/8", "::1/128"})

#: What a pattern holds besides the text it looks for: beginnings of groups, classes, escapes and counts.
_NO_TEXT = re.compile(
    r"\(\?(?:[:=!|>]|<[=!]|P?<\w+>|[a-zA-Z-]+[:)])|\[\^?\]?(?:\\.|\[:\w+:\]|[^\]\\])*\]|\{\d*,?\d*\}|\\[a-zA-Z]\w*"
)
_SIGNS = {"?": "question_mark", "/": "slash", "//": "two_slashes", ".": "dot", "..": "two_dots", "%": "percent_sign",
          "#": "hash", "&": "ampersand", ":": "colon", "=": "equals_sign"}  # fmt: skip
_KNOWN = {r"[\x00-\x20\x7f]": "blank", r"[\x00-\x1f\x7f]": "control"}
_PLAIN_END = re.compile(r"(?<!\\)(?:\\\\)*(?:\$|\\z)$")


def words_of(text: str, most: int = _MOST_WORDS) -> str:
    """The letters and digits of a text, as words of a name; whole ones as far as there is room."""
    text = STAND_IN.sub(lambda found: f" {_OWN[found[2][0]]} ", text)
    found: list[str] = []
    for word in re.findall("[a-z0-9]+", text.lower()):
        if found and len("_".join((*found, word))) > most:
            break
        found.append(word[:most])
    return "_".join(found)


def name_of(condition: Condition) -> str:
    """What a condition asks."""
    return _shortened(_of(condition))


def name_of_value(value: Value) -> str:
    """What a value is about."""
    return _shortened(_subject(value))


def _shortened(name: str) -> str:
    name = words_of(name, MOST) or "value"
    return f"n_{name}"[:MOST] if name[0].isdigit() else name


def _of(condition: Condition) -> str:
    match condition:
        case Not(inner):
            return _not(_of(inner))
        case AllOf(parts):
            return _of_several(list(map(_of, parts)), "and")
        case AnyOf(parts):
            return _of_several(list(map(_of, parts)), "or")
        case Matches(value, regex):
            return f"{_subject(value)}_{_matched(regex)}"
        case Under(prefix, value):
            return f"{_subject(value)}_in_{words_of(prefix) or 'root'}"
        case Glob(value, pattern):
            return f"{_subject(value)}_like_{words_of(pattern) or 'anything'}"
        case Compare(Literal() as left, (Operator.SAME | Operator.DIFFERENT) as operator, right):
            return _of(Compare(right, operator, left)) if not isinstance(right, Literal) else "texts_compared"
        case Compare(left, Operator.DIFFERENT | Operator.NE, right):
            return _not(_of(Compare(left, Operator.SAME, right)))
        case Compare(left, operator, right):
            return f"{_subject(left)}_{_COMPARED[operator]}_{_object(right)}"
        case OneOf(value, choices):
            return _of_several([f"{_subject(value)}_is_{_object(each)}" for each in choices], "or")
        case InNetwork(value, networks):
            inside = ["loopback"] if set(networks) == _LOOPBACK else [words_of(each) for each in networks]
            return _of_several([f"{_subject(value)}_in_{each}" for each in inside], "or")
        case Test("n", value) | IsSet(value):
            return f"{_subject(value)}_given"
        case Test("z", value):
            return f"no_{_subject(value)}"
        case Test(letter, _):
            return TESTS.get(letter, "is_right")
        case FromHost(names):
            return f"client_from_{_object(names)}"
        case _:
            return "asked"


def _not(name: str) -> str:
    return name.removeprefix("not_") if name.startswith("not_") else f"not_{name}"


def _of_several(names: Sequence[str], word: str) -> str:
    """Names in a row; what they begin with alike is said once, and those for which there is no room are counted."""
    names = list(dict.fromkeys(names))
    first, *others = names
    said = [first]
    for at, each in enumerate(others):
        short = _without_start(each, first)
        left = len(others) - at - 1
        room = MOST - (len(f"_and_{left}_more") if left else 0)
        if len(f"_{word}_".join([*said, short])) > room:
            return f"{words_of(f'_{word}_'.join(said), MOST - 12)}_{word}_{left + 1}_more"
        said.append(short)
    return f"_{word}_".join(said)


def _without_start(name: str, other: str) -> str:
    """The name without the words that it has in common with another one, up to its verb."""
    words, others = name.split("_"), other.split("_")
    same = next((at for at, (a, b) in enumerate(zip(words, others, strict=False)) if a != b), 0)
    return "_".join(words[same:])


def _subject(value: Value) -> str:
    match value:
        case Variable("HTTP" | "HTTP_OR_ENV", name):
            return _SHORT.get(name.lower(), words_of(name))
        case Variable("ENV", name):
            return f"env_{words_of(name)}"
        case Variable(name, ""):
            return _SUBJECTS.get(name) or words_of(name.removeprefix("TIME_"))
        case Variable(_, name):
            return words_of(name)
        case Matched(inner):
            return f"{_subject(inner).removesuffix('_part')}_part"
        case Call(_, inner) | Escaped(inner):
            return _subject(inner)
        case Lookup(map_):
            return f"{words_of(map_)}_found"
        case Made():
            first: Value = value
            while isinstance(first, Made):
                first = first.value.no
            return f"{_subject(first).removesuffix('_part')}_made"
        case Chosen(condition):
            return f"text_if_{_of(condition)}"
        case Joined(parts):
            named = list(dict.fromkeys(_subject(each) for each in parts if not isinstance(each, Literal)))
            return "_and_".join(named[:2]) or "text"
        case _:
            return "text"


def _object(value: Value) -> str:
    if isinstance(value, Literal):
        return words_of(value.text) or ("empty" if not value.text else _SIGNS.get(value.text, "a_sign"))
    return _subject(value)


def _matched(regex: Regex) -> str:
    """What a pattern looks for, and where."""
    pattern = re.sub(r"^\(\?[a-z]+\)", "", regex.pattern)
    if pattern in ("^$", r"^\z"):
        return "is_empty"
    begins, ends = pattern.startswith("^"), _PLAIN_END.search(pattern) is not None
    text = _NO_TEXT.sub(" ", pattern.removeprefix("^"))
    words = words_of(re.sub(r"\\(.)", r"\1", text)) or _signs_in(pattern)
    if not words:
        return "fits"
    whole = begins and ends and not re.search(r"[\[(*+?.]", re.sub(r"\\.", "", pattern))
    return f"{'is' if whole else 'begins' if begins else 'ends' if ends else 'has'}_{words}"


def _signs_in(pattern: str) -> str:
    return _KNOWN.get(pattern) or _SIGNS.get(re.sub(r"\\(.)", r"\1", pattern), "")

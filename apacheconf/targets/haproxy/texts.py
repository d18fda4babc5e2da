"""Values of several parts in HAProxy: rules put each into a variable, for a sample knows no choices and no joints.

A RewriteMap is a map of HAProxy's, or a draw among its texts, as its file is when the translation is made (RW-43).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import groupby

from apacheconf.program.conditions import Condition
from apacheconf.program.rewrite_maps import table_of
from apacheconf.program.values import Chosen, Escaped, Joined, Literal, Lookup, Made, Matched, Value
from apacheconf.targets.groups import by_name
from apacheconf.targets.haproxy.tree import plain
from apacheconf.targets.naming import slug
from apacheconf.targets.questions import CannotAsk, as_group, pcre

#: The hexadecimal digits of escapes in small letters.
SMALL_DIGITS = ",".join(
    [*(f"regsub(%{digit},%{digit.lower()},g)" for digit in "ABCDEF"),
     *(f'regsub("(%[0-9a-f]){digit}","\\\\1{digit.lower()}",g)' for digit in "ABCDEF")]
)  # fmt: skip
#: Most groups that a replacement of HAProxy can name.
_GROUPS = 9
Term = tuple[str, ...]
Rule = tuple[str, ...]


@dataclass
class MapFiles:
    """The maps that were asked for, written among ``files``; ``sources`` are theirs by the names of the files."""

    files: dict[str, str]
    sources: dict[str, tuple[str, str]] = field(default_factory=dict)

    def file_of(self, lookup: Lookup) -> str:
        """The name of the file that holds a map. Raises CannotAsk."""
        name = f"{slug(lookup.map)}.map"
        if self.sources.setdefault(name, (lookup.kind, lookup.source)) != (lookup.kind, lookup.source):
            raise CannotAsk(f"two maps called {lookup.map}")
        table = table_of(lookup.source, lookup.dbm)
        self.files[name] = "".join(f"{key} {value}\n" for key, value in table.items() if not key.startswith("#"))
        return name


@dataclass(frozen=True)
class Words:
    """What the rules of a value need: samples of its parts, terms of its conditions, and where maps are written."""

    sample: Callable[[Value], str]
    term: Callable[[Condition], Term]
    maps: MapFiles | None


def rules_of(value: Value, name: str, words: Words) -> list[Rule]:
    """The rules that put the value into the variable; where it is nothing, it may be missing. Raises CannotAsk."""
    match value:
        case Matched(inner, regex, group):
            return [_matched(words.sample(inner), pcre(regex), regex.ignore_case, group, name)]
        case Joined():
            return [(f"set-var-fmt({name})", _format(value, words))]
        case Made():
            return rules_of(value.value, name, words)
        case Chosen(condition, yes, no):
            term = words.term(condition)
            setter = f"set-var-fmt({name})"
            return [(setter, _format(no, words)), (setter, _format(yes, words), "if", *term)]
        case Escaped(inner) if not (value.only or value.controls):
            return [(f"set-var({name})", f"{words.sample(inner)},{_escapes(value)}")]
        case Lookup():
            return _looked_up(value, name, words)
        case _:
            raise CannotAsk("a value of several parts")


def _format(value: Value, words: Words) -> str:
    """The value as a log format; HAProxy takes an empty word for a missing one."""
    parts = value.parts if isinstance(value, Joined) else (value,)
    text = "".join(plain(each.text) if isinstance(each, Literal) else f"%[{words.sample(each)}]" for each in parts)
    return text or "%[str()]"


def matching(sample: str, pattern: str, ignore_case: bool) -> tuple[str, ...]:
    """The term that asks whether a pattern of ``pcre`` matches. Raises CannotAsk."""
    asked = by_name(pattern)
    if asked is None:
        raise CannotAsk("a regex that refers to its own groups")
    asked = r"\}" if asked == "}" else asked  # a brace of its own would end the term, be it quoted
    return ("{", sample, "-m", "reg", *(["-i"] if ignore_case else []), "--", asked, "}")


def _matched(sample: str, pattern: str, ignore_case: bool, group: int, name: str) -> Rule:
    """What a group holds of the first match; the variable is missing where there is none."""
    shift = 0 if group else 1
    if group + shift > _GROUPS:
        raise CannotAsk("more than nine groups")
    whole = f"(?:{pattern})" if group else as_group(pattern)
    case = "i" if ignore_case else ""
    found = _inner(rf"(?s{case})^.*?{whole}.*\z")
    asked = ("if", *matching(sample, pattern, ignore_case))
    return f"set-var({name})", f'{sample},regsub("{found}","{_inner(f"{chr(92)}{group + shift}")}")', *asked


def _escapes(how: Escaped) -> str:
    """The converters for the B flag (RW-20): letters, digits and ``_`` stay, and what is spared."""
    done = ["url_enc", *(f"regsub({sign},%{ord(sign):02x},g)" for sign in "-~"), r"regsub(\.,%2e,g)", SMALL_DIGITS]
    spared = (char for char in how.spare if not char.isalnum() and char != "_")
    done += [f'regsub("%{ord(char):02x}","\\\\x{ord(char):02x}",g)' for char in spared]
    return ",".join([*done, *(["regsub(%20,+,g)"] if how.plus and " " not in how.spare else [])])


def _inner(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _looked_up(lookup: Lookup, name: str, words: Words) -> list[Rule]:
    default = (f"set-var-fmt({name})", _format(lookup.default, words))
    if lookup.kind == "":
        return [default]
    if lookup.kind == "rnd":
        return _drawn(lookup, name, default)
    if lookup.kind not in ("txt", "dbm") or words.maps is None:
        raise CannotAsk(f"a RewriteMap of type {lookup.kind}")
    found = f"{words.sample(lookup.key)},map_str({words.maps.file_of(lookup)})"
    return [default, (f"set-var({name})", found, "if", "{", found, "-m", "found", "}")]


def _drawn(lookup: Lookup, name: str, default: Rule) -> list[Rule]:
    """One of several texts, each as likely as httpd draws it."""
    if not isinstance(lookup.key, Literal):
        raise CannotAsk("a RewriteMap of type rnd whose key depends on the request")
    found = table_of(lookup.source, "").get(lookup.key.text)
    if found is None:
        return [default]
    texts = found.split("|")
    drawn = f"txn.drawn_{slug(f'{lookup.map}-{lookup.key.text}').replace('-', '_')}"
    once = ("unless", "{", f"var({drawn})", "-m", "found", "}")  # all that ask for it in one request get the same
    rules: list[Rule] = [(f"set-var({drawn})", f"rand({len(texts)})", *once)]
    first = 0
    for text, alike in groupby(texts):
        last = first + sum(1 for _ in alike) - 1
        numbers = str(first) if first == last else f"{first}:{last}"
        setter = f"set-var-fmt({name})", plain(text) or "%[str()]"
        rules.append((*setter, "if", "{", f"var({drawn})", "-m", "int", numbers, "}"))
        first = last + 1
    return rules

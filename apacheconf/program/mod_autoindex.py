"""mod_autoindex in the program: how the list of a folder looks, handed on to the handler that shows it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from apacheconf.modules.declare import Conf
from apacheconf.modules.mod_autoindex import AutoindexDirConf, IndexEntry
from apacheconf.modules.proxy_parameters import atoi
from apacheconf.program.handling import ListingRules, Pattern
from apacheconf.program.steps import Step
from apacheconf.program.telling import settings_of, tell


def steps(conf: Conf) -> Iterator[Step]:
    """What effective settings make the request of a folder's list meet."""
    assert isinstance(conf, AutoindexDirConf)
    if conf.is_set:
        yield tell(_rules(conf), settings_of(conf))


def _rules(conf: AutoindexDirConf) -> ListingRules:
    icons = conf.icons.value
    alts = [replace(each, data=each.data[1:].split(",")[0]) for each in icons if each.data.startswith("(")]
    order = tuple(word[0].upper() for word in conf.order.value)
    rules = ListingRules(
        order=(_KEYS[conf.order.value[1].lower()], order[0]) if order else ("N", "A"),
        style_sheet=conf.style_sheet.value,
        head_insert=conf.head_insert.value,
        default_icon=conf.default_icon.value,
        header=conf.header.value,
        readme=conf.readme.value,
        icons=_patterns(replace(each, data=_icon(each.data)) for each in icons),
        alts=_patterns((*alts, *conf.alts.value)),
        descriptions=_patterns(conf.descriptions.value),
        ignored=conf.ignored.value,
    )
    return _with_options(rules, conf.options.value)


#: The keys of IndexOrderDefault, as the query names them.
_KEYS = {"name": "N", "date": "M", "size": "S", "description": "D"}


def _icon(data: str) -> str:
    return data.partition(")")[0].partition(",")[2].strip() if data.startswith("(") else data


def _patterns(entries: Iterator[IndexEntry] | Sequence[IndexEntry]) -> tuple[Pattern, ...]:
    return tuple(Pattern(each.apply_to, each.data, each.by, each.below) for each in entries)


def _with_options(rules: ListingRules, words: Sequence[str]) -> ListingRules:
    """The options after each word: signs add and remove, a word without one is added too (its level was cleared)."""
    options: set[str] = set()
    for word in words:
        sign = word[:1] if word[:1] in "+-" else ""
        name, equals, text = word[len(sign) :].partition("=")
        name = name.lower()
        if name == "none":
            options.clear()
        elif name in _SIZES and (equals or sign == "-"):
            rules = _SIZES[name](rules, text)
        elif sign == "-":
            options.discard(name)
        else:
            options.add(name)
            if name in ("iconwidth", "iconheight"):
                rules = _SIZES[name](rules, _DEFAULT_SIZE[name])
    return replace(rules, options=frozenset(options))


#: Pixels of httpd's own icons.
_DEFAULT_SIZE = {"iconwidth": "20", "iconheight": "22"}


def _width(text: str) -> int:
    return -1 if text == "*" else atoi(text)


_SIZES = {
    "namewidth": lambda rules, text: replace(rules, name_width=_width(text) if text else 23),
    "descriptionwidth": lambda rules, text: replace(rules, description_width=_width(text) if text else 0),
    "iconwidth": lambda rules, text: replace(rules, icon_width=atoi(text)),
    "iconheight": lambda rules, text: replace(rules, icon_height=atoi(text)),
    "charset": lambda rules, text: replace(rules, charset=text),
    "type": lambda rules, text: replace(rules, type=text),
}

"""What several sections do alike is written once, in a ``defaults`` from which they start (HAP-1).

HAProxy runs the rules of a ``defaults`` before those of the section, each class (``http-request`` and the like) by
itself. So what may go there is what all sections of a group begin with, class by class; settings have no order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import takewhile

from apacheconf.targets.haproxy.lowering import MAIN, Lowering
from apacheconf.targets.haproxy.sharing import both
from apacheconf.targets.haproxy.tree import Line, Section

_CLASSES = ("http-request", "http-response", "http-after-response")
_SETTINGS = frozenset({"retries", "timeout", "http-reuse", "http-error", "errorloc302", "compression"})
#: How many characters are worth a section, and how many more one for each host.
_WORTH, _WORTH_A_HOST = 100, 150
_IN_FRONT = "what all frontends begin with"
_PROXIED = "what every request that goes to an origin meets first, and its answer"
_REDIRECTED = "what redirects begin with"
Words = tuple[str, ...]


def hoist(low: Lowering, frontends: Sequence[Section]) -> list[Section]:
    """The defaults that frontends and backends of the same host start from; they lose what stands there."""
    proxied = [each for each in low.backends if _has(each, "server")]
    redirects = [each for each in low.backends if _has(each, "http-request", "redirect")]
    groups = [("clients", _IN_FRONT, frontends), *_of_hosts(proxied)]
    groups += [("redirected", _REDIRECTED, some) for some in _by_first_rule(redirects)]
    made = []
    for number, (name, comment, sections) in enumerate(groups):
        if len(sections) > 1 and _worth(shared := _shared(sections)) >= _WORTH:
            made.append(Section("defaults", low.names.of(("defaults", number), name), comment, base=MAIN))
            _move(sections, shared, made[-1])
    return made


def _has(section: Section, *words: str) -> bool:
    return any(line.words[: len(words)] == words for line in section.lines)


def _worth(lines: Iterable[Words]) -> int:
    return sum(len(" ".join(words)) for words in lines)


def _of_hosts(proxied: Sequence[Section]) -> list[tuple[str, str, Sequence[Section]]]:
    """The backends that lead to origins, those of a host apart where they have much in common that others haven't."""
    common = _worth(_shared(proxied)) if proxied else 0
    by_host: dict[str, list[Section]] = {}
    for each in proxied:
        by_host.setdefault(each.host, []).append(each)
    apart = {host for host, some in by_host.items()
             if len(some) > 1 and _worth(_shared(some)) > common + _WORTH_A_HOST}  # fmt: skip
    others = [each for each in proxied if each.host not in apart]
    of_hosts = [(f"proxied-by-{host}", _PROXIED, by_host[host]) for host in by_host if host in apart]
    return [*of_hosts, *(("proxied", _PROXIED, some) for some in _by_first_rule(others))]


def _by_first_rule(sections: Iterable[Section]) -> Iterable[Sequence[Section]]:
    """Sections that begin otherwise have nothing in common."""
    found: dict[Words, list[Section]] = {}
    for each in sections:
        found.setdefault(next(iter(_rules(each, _CLASSES[0])), ()), []).append(each)
    return found.values()


def _shared(sections: Sequence[Section]) -> list[Words]:
    """The lines that all of them can do without: the settings that all have, and the rules that all begin with."""
    first, *others = sections
    settings = [line.words for line in first.lines if line.words and line.words[0] in _SETTINGS]
    for each in others:
        own = {line.words for line in each.lines}
        settings = [words for words in settings if words in own]
    return settings + [words for kind in _CLASSES for words in _beginning([_rules(each, kind) for each in sections])]


def _rules(section: Section, kind: str) -> list[Words]:
    return [line.words for line in section.lines if line.words[:1] == (kind,)]


def _beginning(several: Sequence[Sequence[Words]]) -> Iterable[Words]:
    """What all of them begin with."""
    alike = takewhile(lambda rules: rules.count(rules[0]) == len(rules), zip(*several, strict=False))
    return (rules[0] for rules in alike)


def _move(sections: Sequence[Section], shared: Sequence[Words], defaults: Section) -> None:
    """Take these lines out of the sections, with the comments that stand before them, who start from them now."""
    taken = [_take(section, shared) for section in sections]
    defaults.lines = _tidy(taken[0])
    said = {line.comment for line in defaults.lines if not line.words}
    for section, lines in zip(sections, taken, strict=True):
        section.base = defaults.name
        own = [line for line in lines if not line.words and line.comment and line.comment not in said]
        section.lines = _tidy([*own, *section.lines])
    for alike in zip(*(_in_order(lines) for lines in taken), strict=True):
        alike[0].claims = tuple(claim for line in alike for claim in line.claims)
        for other in alike[1:]:
            alike[0].comment = both(alike[0].comment, other.comment)


def _take(section: Section, shared: Sequence[Words]) -> list[Line]:
    """The lines that go, each behind the comments that stand before it."""
    wanted = Counter(shared)
    gone: list[Line] = []
    left: list[Line] = []
    before: list[Line] = []
    for line in section.lines:
        before.append(line)
        if line.words:
            (gone if wanted[line.words] > 0 else left).extend(before)
            wanted[line.words] -= 1
            before = []
    section.lines = left + before
    return gone


def _in_order(lines: Iterable[Line]) -> list[Line]:
    """Those with words; settings may stand in another order in another section."""
    worded = [line for line in lines if line.words]
    return sorted(worded, key=lambda line: line.words if line.words[0] in _SETTINGS else line.words[:1])


def _tidy(lines: Iterable[Line]) -> list[Line]:
    """Without blank lines at the ends, and no two of them together."""
    kept: list[Line] = []
    for line in lines:
        is_blank = not line.words and not line.comment
        if not is_blank or (kept and (kept[-1].words or kept[-1].comment)):
            kept.append(line)
    return kept[:-1] if kept and not kept[-1].words and not kept[-1].comment else kept

"""Names with wildcards in HAProxy: one rule for each, or where there are many, maps of domains (HAP-12)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from apacheconf.targets.haproxy.lowering import MANY, Lowering
from apacheconf.targets.haproxy.tree import Section
from apacheconf.targets.hostnames import Named, is_suffix
from apacheconf.targets.patterns import wildcard_regex

#: A pattern, and what its host is called.
_Wild = tuple[str, str]


def emit_wildcards(low: Lowering, answering: Sequence[Named], frontend: Section) -> None:
    """The hosts of names that nobody has word for word, from the last to the first: later rules win."""
    found = [(pattern, low.host_name(named.host)) for named in reversed(answering) for pattern in named.wild]
    for are_suffixes, group in groupby(found, lambda wild: is_suffix(wild[0])):
        alike = list(group)
        if are_suffixes and len(alike) > MANY:
            _look_up(low, alike, frontend)
            continue
        for pattern, host in alike:
            asked = ("-m", "end", pattern[1:]) if are_suffixes else ("-m", "reg", f"^{wildcard_regex(pattern)}$")
            frontend.add("http-request", "set-var(txn.host)", f"str({host})", "if", "{", "var(txn.name)", *asked, "}")


def _look_up(low: Lowering, wild: Sequence[_Wild], frontend: Section) -> None:
    """One question for each number of labels, the fewest first: whoever has more of a name was written earlier."""
    hosts = _winners(reversed(wild))
    number = sum(name.startswith(f"{frontend.name}-wildcards") for name in low.files)
    file = f"{frontend.name}-wildcards{f'-{number + 1}' if number else ''}.map"
    low.files[file] = "".join(f"{domain} {host}\n" for domain, host in hosts.items())
    for labels in sorted({domain.count(".") for domain in hosts}):
        found = rf'var(txn.name),regsub("^.*?((?:\\.[^.]*){{{labels}}})$","\\1"),map_str({file})'
        frontend.add("http-request", "set-var(txn.host)", found, "if", "{", found, "-m", "found", "}")


def _winners(wild: Iterable[_Wild]) -> dict[str, str]:
    """``.example.com`` to its host, the first ones first, without those of which an earlier one takes every name."""
    hosts: dict[str, str] = {}
    for pattern, host in wild:
        labels = pattern[2:].split(".")
        if not any("." + ".".join(labels[at:]) in hosts for at in range(len(labels))):
            hosts[pattern[1:]] = host
    return hosts

"""mod_filter in the program: which output filters an answer meets, by its type or by a condition (DF-1, DF-4)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import cast

from apacheconf.ledger import Written
from apacheconf.modules.declare import Conf, Setting
from apacheconf.modules.mod_filter import FilterDirConf, Protocol, Provider
from apacheconf.program.conditions import AllOf, Condition, Not
from apacheconf.program.expressions import NotEvaluated, condition_of
from apacheconf.program.link import LeaveOut, Linker
from apacheconf.program.phases import Phase
from apacheconf.program.steps import AddFilter, Step
from apacheconf.syntax.words import split


def layer(conf: FilterDirConf, linker: Linker, left_out: LeaveOut) -> FilterDirConf:
    """A section's settings without the providers whose condition can't be evaluated; ``left_out`` hears of those."""
    kept: list[int] = []
    for number, (provider, directive) in enumerate(zip(conf.providers.value, conf.providers.said_by, strict=True)):
        try:
            condition_of(provider.expression)
        except NotEvaluated as missing:
            left_out(directive, f"its condition uses {missing}, which is not evaluated yet")
        else:
            kept.append(number)
    providers = tuple(conf.providers.value[n] for n in kept), tuple(conf.providers.said_by[n] for n in kept)
    return linker.conf(replace(conf, providers=Setting(*providers)))


def protocols_of_providers(directives: Iterable[Written]) -> dict[str, frozenset[str]]:
    """What FilterProtocol says of each provider alone, whose last line counts, wherever it stands (DF-4)."""
    found: dict[str, frozenset[str]] = {}
    for each in directives:
        words = split(each.args) if each.name.lower() == "filterprotocol" else []
        if len(words) > 2:
            found[words[1].lower()] = frozenset(words[2].lower().replace(",", " ").split())
    return found


def steps(conf: Conf) -> Iterator[Step]:
    """The filters of AddOutputFilterByType, then the smart ones that FilterChain names."""
    assert isinstance(conf, FilterDirConf)
    reset = any(word[0] in "=!" for word in conf.chain.value)
    for entry, said_by in zip(conf.by_type.value, conf.by_type.said_by, strict=True):
        for name in () if reset else entry.filters:
            yield Step(Phase.FILTERS, AddFilter(name.lower(), entry.types), (cast("int", said_by),))
    chain_said_by = tuple(dict.fromkeys(cast("tuple[int, ...]", conf.chain.said_by)))
    providers = list(zip(conf.providers.value, cast("tuple[int, ...]", conf.providers.said_by), strict=True))
    protocols = list(zip(conf.protocols.value, cast("tuple[int, ...]", conf.protocols.said_by), strict=True))
    for name in chain(conf.chain.value):
        said = [pair for pair in protocols if pair[0].filter.lower() == name and not pair[0].provider]
        own = [each for each in providers if each[0].filter.lower() == name]
        made = list(_smart(name, own, chain_said_by))
        yield from _as_told(made, *said[-1]) if said else made


def _as_told(made: list[Step], protocol: Protocol, said_by: int) -> Iterator[Step]:
    """The steps with what FilterProtocol says of the whole filter: the last word of a kind counts (DF-4).

    It takes ranges away where none of the providers is at work, whose own protocol would count.
    """
    said = dict(word.partition("=")[::2] for word in protocol.words)
    whens: list[Condition] = []
    for step in made:
        assert isinstance(step.action, AddFilter)
        action = replace(step.action, of_origins=said.get("proxy") != "no")
        whens.append(action.when)
        yield replace(step, action=action, said_by=(*step.said_by, said_by))
    if whens and (said.get("change") == "yes" or said.get("byteranges") == "no"):
        yield Step(Phase.FILTERS, AddFilter("", (), AllOf(tuple(map(Not, whens))), whole=True), (said_by,))


def chain(words: Sequence[str]) -> list[str]:
    """The names that FilterChain comes to, in lower case: ``+`` adds, ``@`` adds in front, ``-`` and ``!`` remove."""
    found: list[str] = []
    for word in words:
        sign, name = (word[0], word[1:].lower()) if word[0] in "+@-=!" else ("+", word.lower())
        if sign in "=!":
            found = []
        if sign == "-":
            found = [each for each in found if each != name]
        elif sign == "@":
            found.insert(0, name)
        elif name:
            found.append(name)
    return found


def _smart(name: str, providers: list[tuple[Provider, int]], chain_said_by: tuple[int, ...]) -> Iterator[Step]:
    """The first provider whose condition holds does the work; without any the name is a filter's own."""
    if not providers:
        yield Step(Phase.FILTERS, AddFilter(name), chain_said_by)
    before: list[Condition] = []
    for provider, said_by in providers:
        own = condition_of(provider.expression)
        when = AllOf((*map(Not, before), own)) if before else own
        yield Step(Phase.FILTERS, AddFilter(provider.name.lower(), (), when), (said_by, *chain_said_by))
        before.append(own)

"""mod_rewrite in the program: which rules a server and a section have, as steps between a beginning and an end.

A server's rules are a phase of their own. Those of sections and ``.htaccess`` files run in the fixups, one list for
each request: that of the section merged last, with those before it where an option says so (MRG-23, RW-44).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import ClassVar, Self, TypeVar

from apacheconf.ledger import Written
from apacheconf.model.types import Section, Server, is_unset
from apacheconf.modules.declare import Conf, Setting, child_wins, not_inherited, parent_then_child, setting
from apacheconf.modules.mod_rewrite import RewriteDirConf, RewriteMap, RewriteServerConf
from apacheconf.modules.rewrite_rules import RewriteCond
from apacheconf.program.conditions import AllOf, Compare, Condition, IsSet, Operator
from apacheconf.program.hosts import Layer
from apacheconf.program.link import Linker
from apacheconf.program.phases import Phase
from apacheconf.program.rewrite_steps import (
    Entry,
    Place,
    RuleStep,
    rules_of_section,
    static_target,
    steps_of_server,
    with_flows,
)
from apacheconf.program.rewrite_texts import Texts
from apacheconf.program.sharing import Shared
from apacheconf.program.steps import (
    BeginRewriting,
    FinishRewriting,
    Flow,
    KeepLocal,
    Move,
    NameScript,
    Rewrite,
    SetEnv,
    Step,
)
from apacheconf.program.values import FILE_AS_MAPPED, Literal, Variable

T = TypeVar("T")
_NO_PROXY = "no-proxy"


@dataclass(frozen=True)
class RewriteLayer(Conf):
    """Whether the engine is on, which sections may say, and the steps of the server's rules, which they may not.

    ``own`` are the rules of a section, ``folder`` what its paths are relative to (empty for a server), ``base`` is
    RewriteBase.
    """

    module: ClassVar[str] = "mod_rewrite"

    engine: Setting[bool] = setting(False)
    rules: Setting[tuple[Step, ...]] = setting(())
    options: Setting[frozenset[str]] = setting(frozenset())
    base: Setting[str] = setting("", not_inherited)
    folder: Setting[str] = setting("", not_inherited)
    own: Setting[tuple[RuleStep, ...]] = setting((), not_inherited)

    def merge(self, child: Self) -> Self:
        """The child's list takes the place of this one, unless an option asks for both (MRG-23, RW-44)."""
        merged = super().merge(child)
        wanted, pushed = merged.options.value, self.options.value
        down = frozenset() if "ignoreinherit" in wanted else pushed
        own, base = child.own, child.base
        if "inherit" in wanted or "inheritdown" in down:
            own = parent_then_child(child.own, self.own)
        elif "inheritbefore" in wanted or "inheritdownbefore" in down:
            own = parent_then_child(self.own, child.own)
        if "mergebase" in wanted:
            base = child_wins(self.base, child.base)
        return replace(merged, own=own, base=base, folder=child.folder)


# --- which rules a server has --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules and maps that count for one server (INH-8, INH-9)."""

    entries: tuple[Entry, ...]
    maps: dict[str, RewriteMap]


@lru_cache(maxsize=4)  # asked three times for a host
def rules_of(server: Server, main: Server) -> Rules:
    """A server's own rules, with the main server's after or before them where an option says so."""
    own = Rules(entries(_own(server)), _maps(server))
    if server is main or (not own.entries and not _has_any(server)):
        return own
    outer = Rules(entries(_own(main)), _maps(main))
    wanted, pushed = server.dir_conf(RewriteDirConf).options.value, main.dir_conf(RewriteDirConf).options.value
    down = frozenset() if "ignoreinherit" in wanted else pushed
    if "inherit" in wanted or "inheritdown" in down:
        return Rules(own.entries + outer.entries, {**outer.maps, **own.maps})
    if "inheritbefore" in wanted or "inheritdownbefore" in down:
        return Rules(outer.entries + own.entries, {**own.maps, **outer.maps})
    return own


def _own(server: Server) -> RewriteDirConf:
    found = server.own_dir_confs.get("mod_rewrite")
    return found if isinstance(found, RewriteDirConf) else RewriteDirConf()


def _maps(server: Server) -> dict[str, RewriteMap]:
    found = server.own_server_confs.get("mod_rewrite")
    return found.maps.value if isinstance(found, RewriteServerConf) else {}


def _has_any(server: Server) -> bool:
    """Without any line of mod_rewrite in it, be it in a section, a host has no rules, not even inherited ones."""
    name = RewriteDirConf.module
    return name in server.own_dir_confs or name in server.own_server_confs or _any_in(server.own_sections, name)


def _any_in(sections: Iterable[Section], module: str) -> bool:
    return any(module in section.confs or _any_in(section.sections, module) for section in sections)


def entries(conf: RewriteDirConf) -> tuple[Entry, ...]:
    """Each rule with the conditions since the rule before it; conditions after the last one say nothing."""
    found: list[Entry] = []
    conditions: list[RewriteCond] = []
    said_by: list[Written] = []
    for line, directive in zip(conf.lines.value, conf.lines.said_by, strict=True):
        said_by.append(directive)
        if isinstance(line, RewriteCond):
            conditions.append(line)
        else:
            found.append(Entry(line, tuple(conditions), tuple(said_by)))
            conditions, said_by = [], []
    return tuple(found)


def add_workers(server: Server, main: Server, shared: Shared) -> None:
    """Workers for the targets of P that nobody else defines, as far as they are the same for every request."""
    for entry in rules_of(server, main).entries:
        url = static_target(entry.rule)
        if url:
            shared.add_generic(url, entry.said_by[-1])


def proxies(server: Server, main: Server) -> bool:
    """Whether a rule of the server sends requests to origins (P)."""
    return any(entry.rule.proxied for entry in rules_of(server, main).entries)


# --- layers --------------------------------------------------------------------------------------------------


_NO_RULES = RewriteLayer()


def server_layer(server: Server, main: Server, place: Place) -> RewriteLayer:
    """The server's rules as steps, and its engine."""
    found = rules_of(server, main)
    conf = server.dir_conf(RewriteDirConf)
    if not found.entries and is_unset(conf):
        return _NO_RULES
    maps = {name: _located(each, place.server_root) for name, each in found.maps.items()}
    texts = Texts(maps, place.root, place.tls)
    steps = steps_of_server(found.entries, texts, place)
    said_by = tuple(dict.fromkeys(number for step in steps for number in step.said_by)) or (0,)
    if steps:
        trusts_own = "legacyprefixdocroot" in conf.options.value
        steps = (*steps, Step(Phase.REWRITE, FinishRewriting(place.root, trusts_own=trusts_own), said_by))
    return RewriteLayer(
        _numbered(conf.engine, place.linker),
        Setting(steps, said_by if steps else ()),  # type: ignore[arg-type]
        _numbered(conf.options, place.linker),
    )


def _located(map: RewriteMap, server_root: str) -> RewriteMap:
    """The map with its file named in full."""
    is_file = map.kind in ("txt", "rnd", "dbm", "prg") and not map.source.startswith("/")
    return replace(map, source=f"{server_root}/{map.source}") if is_file else map


def section_layer(conf: RewriteDirConf, path: str, maps: dict[str, RewriteMap], place: Place) -> RewriteLayer:
    """A section's engine and rules; ``path`` is the section's, ``maps`` are the server's, their files in full."""
    linker = place.linker
    made = rules_of_section(entries(conf), Texts(maps, place.root, place.tls, in_section=True), place)
    said_by = linker.numbers(dict.fromkeys((*conf.engine.said_by, *conf.options.said_by, *conf.base.said_by)))
    said_by = tuple(dict.fromkeys((*said_by, *(number for each in made for number in each.step.said_by))))
    return RewriteLayer(
        _numbered(conf.engine, linker),
        options=_numbered(conf.options, linker),
        base=_numbered(conf.base, linker),
        folder=Setting(path.rstrip("/") + "/", said_by),
        own=Setting(made, said_by if made else ()),
    )


def maps_of(server: Server, main: Server, server_root: str) -> dict[str, RewriteMap]:
    """The maps that the rules of a server's sections can ask, their files named in full."""
    return {name: _located(each, server_root) for name, each in rules_of(server, main).maps.items()}


def _numbered(setting: Setting[T], linker: Linker) -> Setting[T]:
    return Setting(setting.value, linker.numbers(setting.said_by))


def steps(conf: Conf) -> Iterator[Step]:
    """The rules, where the engine is on; also what stops the mappings of mod_proxy (PP-21)."""
    assert isinstance(conf, RewriteLayer)
    if not conf.engine.value:
        return
    said_by = tuple(number for number in conf.engine.said_by if isinstance(number, int))
    if conf.rules.value:
        yield Step(Phase.REWRITE, BeginRewriting(any_uri="allowanyuri" in conf.options.value), said_by)
        yield from conf.rules.value
        stopping = tuple(number for step in conf.rules.value if _stops_proxy(step) for number in step.said_by)
        if stopping:
            yield Step(Phase.TRANSLATE, KeepLocal(), stopping, IsSet(Variable("ENV", _NO_PROXY)))
    elif not conf.folder.value:
        yield Step(Phase.REWRITE, NameScript(), ())
    if conf.folder.value:  # without a rule links must be allowed all the same (RW-4)
        yield from _steps_here(conf, said_by)


def _steps_here(conf: RewriteLayer, said_by: tuple[int, ...]) -> Iterator[Step]:
    """The rules of the section that was merged last."""
    folder, options = conf.folder.value, conf.options.value
    rules = with_flows(conf.own.value)
    past = Flow(Move.SKIP, len(rules) + 1)
    begins: Condition = Compare(Variable("REWRITING_ENDED"), Operator.SAME, Literal(""))
    if "allownoslash" not in options and folder != "/":  # no file is the root without its slash; a proxied one is none
        begins = AllOf((begins, Compare(FILE_AS_MAPPED, Operator.DIFFERENT, Literal(folder[:-1]))))
    yield Step(Phase.FIXUPS, BeginRewriting(folder, conf.base.value), said_by, begins, otherwise=past)
    yield from rules
    base, context = conf.base.value, "ignorecontextinfo" not in options
    numbers = tuple(dict.fromkeys(number for step in rules for number in step.said_by))
    yield Step(Phase.FIXUPS, FinishRewriting("", folder, base, context), numbers)


def _stops_proxy(step: Step) -> bool:
    sets = step.action.sets if isinstance(step.action, Rewrite) else ()
    return any(isinstance(each, SetEnv) and each.name.lower() == _NO_PROXY for each in sets)


def names_scripts(layers: Sequence[Layer]) -> bool:
    """Whether the server's own engine is on, whatever sections say: scripts hear what was asked for first (FC-5)."""
    return any(isinstance(conf, RewriteLayer) and conf.engine.value for layer in layers[:1] for _, conf in layer.confs)


def inert(confs: Sequence[Conf]) -> Iterator[tuple[Step, str]]:
    """The rules of a host where no scope turns the engine on (RW-1)."""
    layers = [conf for conf in confs if isinstance(conf, RewriteLayer)]
    if not any(layer.engine.value for layer in layers):
        for layer in layers:
            yield from ((step, "RewriteEngine is off here") for step in layer.rules.value)
            yield from ((each.step, "RewriteEngine is off here") for each in layer.own.value)

"""mod_proxy in the program: mappings, the way back, and what is done to a proxied request.

The server's list of ProxyPass lines becomes translate steps, the first match ending mod_proxy's part (PP-1);
an exclusion skips the rest of them and leaves the URL to the modules that follow (PP-7).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, ClassVar, TypeVar

from apacheconf.ledger import Written
from apacheconf.modules.declare import Conf, Setting, parent_then_child, setting
from apacheconf.modules.mod_proxy import ErrorOverride, ProxyDirConf, ProxyPass, ProxyPassReverse, ReverseCookie
from apacheconf.program.conditions import Condition, Matches, Regex, UnderFilled
from apacheconf.program.globs import is_glob
from apacheconf.program.hosts import Layer
from apacheconf.program.link import Linker
from apacheconf.program.phases import Phase
from apacheconf.program.prefixes import one_slash, under
from apacheconf.program.sharing import Shared, authority_of, balancer_name, has_port, is_balancer, target_path
from apacheconf.program.steps import (
    END,
    STOP,
    Action,
    AddForwarded,
    AnswerExpect,
    CookiePart,
    Flow,
    KeepHost,
    KeepLocal,
    MapBack,
    MapBackCookie,
    MapToOrigin,
    MapToUrl,
    Move,
    OverrideErrors,
    Respond,
    Rest,
    Step,
)  # fmt: skip
from apacheconf.program.substitutions import substitution
from apacheconf.program.values import REQUEST_URI, Joined, Literal, Value, Variable

T = TypeVar("T")
M = TypeVar("M", MapBack, MapBackCookie)


@dataclass(frozen=True)
class Mapping:
    """A section's mapping: the step where ProxyPassInterpolateEnv is off, and the one where it is on."""

    plain: Step
    filled: Step


@dataclass(frozen=True)
class ProxyLayer(Conf):
    """mod_proxy's settings of one section in the program's terms, linked to the host."""

    module: ClassVar[str] = "mod_proxy"

    interpolates: Setting[bool] = setting(False)
    mapping: Setting[Mapping | None] = setting(None)
    reverses: Setting[tuple[MapBack, ...]] = setting((), parent_then_child)
    cookies: Setting[tuple[MapBackCookie, ...]] = setting((), parent_then_child)
    preserve_host: Setting[bool] = setting(False)
    add_headers: Setting[bool] = setting(True)
    error_override: Setting[ErrorOverride] = setting(ErrorOverride(False))
    continue_100: Setting[bool] = setting(True)


class OriginUnknown(Exception):
    """Nobody defines the origin of a target."""


@dataclass(frozen=True)
class Origins:
    """A host's origins: the sharing, and the program's number of each by name."""

    shared: Shared
    numbers: dict[str, int]

    def number(self, url: str) -> int:
        """The program's number of the origin of a target URL. Raises OriginUnknown."""
        name = self.shared.find(url)
        if name is None or name not in self.numbers:
            raise OriginUnknown(f"no worker is known for {url}")
        return self.numbers[name]


def mapping_step(
    mapping: ProxyPass,
    path: str,
    regex: bool,
    said_by: tuple[Written, ...],
    linker: Linker,
    origins: Origins,
    interpolates: bool = False,
) -> Step:
    """The translate step of one ProxyPass; ``path`` is its own or its section's.

    ``interpolates``: ``${VAR}`` is a variable of the request, if the mapping says ``interpolate`` (PU-11).
    """
    interpolates = interpolates and "interpolate" in mapping.keywords
    path = path if regex else one_slash(path)
    filled = interpolated(path) if interpolates and not regex else Literal(path)
    when = _when(path, regex, filled)
    if mapping.is_exclusion:
        return linker.step(Phase.TRANSLATE, KeepLocal(), said_by, when)
    if not has_port(mapping.target):
        return linker.step(Phase.TRANSLATE, Respond(400), said_by, when, then=END)  # AH01083
    number = linker.origin(origins.number(mapping.target))
    action = _map_to(mapping, number, path, regex, interpolates)
    if not isinstance(filled, Literal):
        action = replace(action, filled=filled)
    if isinstance(action, MapToOrigin):
        action = replace(
            action, late=origins.shared.is_found_late(mapping.target), written=_written(mapping.target, linker)
        )
    phase = Phase.READ if _early(mapping) else Phase.TRANSLATE
    return linker.step(phase, action, said_by, when, then=STOP)


def _written(target: str, linker: Linker) -> int | None:
    """The number of the text that stands before a target's path; None for the worker's or balancer's own name."""
    written = target.removesuffix(target_path(target))
    named = balancer_name(target) if is_balancer(target) else authority_of(target)
    return None if written == named else linker.text(written)


def names_origin_late(mapping: ProxyPass, shared: Shared) -> bool:
    """Whether the origin of a mapping is seen with the request only (PP-6f, WK-2)."""
    authority = mapping.target.removesuffix(target_path(mapping.target))
    late = "$" in mapping.target or authority == mapping.target or shared.is_found_late(mapping.target)
    return not mapping.is_exclusion and late


def finds_origins(layers: Iterable[Layer]) -> bool:
    """Whether a section's mapping has such a target."""
    confs = (conf for layer in layers for _, conf in layer.confs if isinstance(conf, ProxyLayer))
    steps = (conf.mapping.value.filled for conf in confs if conf.mapping.value is not None)
    actions = [step.action for step in steps]
    late = (isinstance(each, MapToOrigin) and (each.late or not each.path) for each in actions)
    return any(late) or any(isinstance(each, MapToUrl) for each in actions)


def _when(path: str, regex: bool, filled: Value) -> Condition:
    if regex:
        return Matches(REQUEST_URI, Regex(path), "rule")
    return under(path) if isinstance(filled, Literal) else UnderFilled(filled)


def _map_to(mapping: ProxyPass, number: int, path: str, regex: bool, interpolates: bool) -> MapToOrigin | MapToUrl:
    target = target_path(mapping.target)
    early = _early(mapping)
    raw = "nocanon" in mapping.keywords or bool(early)
    pattern = Regex(path) if raw and regex and not early else None
    if "$" in mapping.target.removesuffix(target) and (regex or interpolates):
        url = interpolated(mapping.target, captures=regex) if interpolates else substitution(mapping.target, "rule")
        prefix, rest = ("", Rest.NOTHING) if regex else (path, Rest.AFTER_PREFIX)
        if not isinstance(url, Literal):
            return MapToUrl(url, number if regex else None, prefix, rest, raw, early, pattern)
    if not regex:
        value = interpolated(target) if interpolates and "${" in target else None
        return MapToOrigin(number, target, path, raw=raw, value=value, mapping=early)
    value = interpolated(target, captures=True) if interpolates else substitution(target, "rule")
    if isinstance(value, Literal):
        return MapToOrigin(number, target, rest=Rest.WHOLE_PATH, raw=raw, mapping=early, pattern=pattern)
    return MapToOrigin(number, target, rest=Rest.NOTHING, raw=raw, value=value, mapping=early, pattern=pattern)


def _early(mapping: ProxyPass) -> str:
    """``encoded`` or ``servlet`` where the mapping compares the path before it is decoded (PU-8, PU-9)."""
    return str(dict(mapping.parameters).get("mapping", ""))


def maps_early(server: Iterable[Step], confs: Iterable[Conf]) -> bool:
    """Whether a mapping of the host, or of one of its sections, compares the path before it is decoded."""
    sections = (conf.mapping.value for conf in confs if isinstance(conf, ProxyLayer))
    steps = (*server, *(mapping.plain for mapping in sections if mapping is not None))
    return any(step.phase is Phase.READ for step in steps)


def sections_interpolate(layers: Iterable[Layer], on: bool) -> bool:
    """Whether a section says of ProxyPassInterpolateEnv what its server doesn't, which is ``on`` or not."""
    confs = [conf for layer in layers for _, conf in layer.confs if isinstance(conf, ProxyLayer)]
    return any(conf.interpolates.is_set and conf.interpolates.value != on for conf in confs)


def interpolates(confs: dict[str, Conf]) -> bool:
    """ProxyPassInterpolateEnv where these settings hold."""
    conf = confs.get(ProxyLayer.module)
    return isinstance(conf, ProxyLayer) and conf.interpolates.value


def interpolated(text: str, captures: bool = False) -> Value:
    """A text with ``${VAR}`` of the request's environment, and with the captures of a regex (PU-11)."""
    parts = re.split(r"\$\{([^}]*)\}", text)
    values: list[Value] = []
    for number, part in enumerate(parts):
        if number % 2:
            values.append(Variable("ENV", part))
        elif part:
            made = substitution(part, "rule") if captures else Literal(part)
            values += made.parts if isinstance(made, Joined) else (made,)
    return values[0] if len(values) == 1 else Joined(tuple(values)) if values else Literal("")


def chain(steps: Iterable[Step]) -> tuple[Step, ...]:
    """The server's mappings in order: an exclusion skips those that follow it."""
    listed = tuple(steps)
    return tuple(
        replace(step, then=Flow(Move.SKIP, len(listed) - at - 1)) if isinstance(step.action, KeepLocal) else step
        for at, step in enumerate(listed)
    )


def layer(conf: ProxyDirConf, path: str, linker: Linker, origins: Origins) -> ProxyLayer:
    """A section's settings, linked; ``path`` is the section's argument."""
    return ProxyLayer(
        _numbered(conf.pass_interpolate_env.value, conf.pass_interpolate_env, linker),
        _mapping(conf.mapping, path, linker, origins),
        _numbered(tuple(_map_back(each, path, linker, origins) for each in conf.reverses.value), conf.reverses, linker),
        _numbered(tuple(map(_cookie, conf.reverse_cookies.value)), conf.reverse_cookies, linker),
        _numbered(conf.preserve_host.value, conf.preserve_host, linker),
        _numbered(conf.add_headers.value, conf.add_headers, linker),
        _numbered(conf.error_override.value, conf.error_override, linker),
        _numbered(conf.continue_100.value, conf.continue_100, linker),
    )


def _mapping(said: Setting[ProxyPass | None], path: str, linker: Linker, origins: Origins) -> Setting[Mapping | None]:
    mapping = said.value
    if mapping is None:
        return Setting(None)
    # A plain ProxyPass takes its section's argument for a regex where it looks like a glob, else for a prefix
    # (PP-16); whether the section is a LocationMatch doesn't count.
    pattern = bool(path) and (mapping.regex or is_glob(path))

    def step(on: bool) -> Step:
        return mapping_step(mapping, path, pattern, said.said_by, linker, origins, on)

    plain = step(False)
    filled = step(True) if "interpolate" in mapping.keywords else plain
    return _numbered(Mapping(plain, filled), said, linker)


def _numbered(value: T, of: Setting[Any], linker: Linker) -> Setting[T]:
    return Setting(value, linker.numbers(of.said_by))


def _map_back(reverse: ProxyPassReverse, path: str, linker: Linker, origins: Origins) -> MapBack:
    public = path if reverse.path is None else reverse.path
    if not is_balancer(reverse.url):
        return MapBack(linker.text(reverse.url), public, values=_both(reverse.url, public, reverse.interpolate))
    try:
        origin = linker.origin(origins.number(reverse.url))
    except OriginUnknown:
        return MapBack(linker.text(reverse.url), public)
    return MapBack(linker.text(target_path(reverse.url)), public, origin)


def _cookie(cookie: ReverseCookie) -> MapBackCookie:
    values = _both(cookie.internal, cookie.public, cookie.interpolate)
    return MapBackCookie(CookiePart(cookie.attribute), cookie.internal, cookie.public, values)


def _both(internal: str, public: str, interpolates: bool) -> tuple[Value, Value] | None:
    """Both texts with the request's variables in them; None where they hold none (RV-15)."""
    if not interpolates or "${" not in internal + public:
        return None
    return interpolated(internal), interpolated(public)


def steps(conf: Conf) -> Iterator[Step]:
    """What effective settings make a request meet."""
    assert isinstance(conf, ProxyLayer)
    interpolates = conf.interpolates.value
    if conf.mapping.value is not None:
        yield conf.mapping.value.filled if interpolates else conf.mapping.value.plain
    if conf.preserve_host.value:
        yield _step(Phase.HANDLER, KeepHost(), conf.preserve_host.said_by)
    if conf.add_headers.value:
        yield _step(Phase.HANDLER, AddForwarded(), conf.add_headers.said_by)
    if not conf.continue_100.value:
        yield _step(Phase.HANDLER, AnswerExpect(), conf.continue_100.said_by)
    if conf.error_override.value.on:
        yield _step(Phase.FILTERS, OverrideErrors(conf.error_override.value.codes), conf.error_override.said_by)
    yield from _ways_back(conf.reverses, interpolates)
    yield from _ways_back(conf.cookies, interpolates)


def _ways_back(entries: Setting[tuple[M, ...]], interpolates: bool) -> Iterator[Step]:
    """The entries of one list, in their order. Where one holds variables all are read before mod_env sets its own."""
    filled = interpolates and any(each.values is not None for each in entries.value)
    for entry, said_by in zip(entries.value, entries.said_by, strict=True):
        meant = entry if interpolates or entry.values is None else replace(entry, values=None)
        yield _step(Phase.TYPE if filled else Phase.FILTERS, meant, (said_by,))


def _step(phase: Phase, action: Action, said_by: tuple[object, ...]) -> Step:
    return Step(phase, action, tuple(number for number in said_by if isinstance(number, int)))

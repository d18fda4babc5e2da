"""mod_proxy_fcgi: what FastCGI origins are told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from apacheconf.modules.declare import Conf, Fate, Module, Scope, Setting, ValueRefused, parent_then_child, setting
from apacheconf.modules.expressions import check_condition, check_string
from apacheconf.modules.facts import listed
from apacheconf.modules.regex_options import written_in
from apacheconf.modules.values import choice


@dataclass(frozen=True, slots=True)
class FcgiVariable:
    """Where ``condition`` is true, ``name`` is set to ``value``, a text with variables; to None: unset."""

    condition: str
    name: str
    value: str | None


@dataclass(frozen=True)
class FcgiDirConf(Conf):
    module: ClassVar[str] = "mod_proxy_fcgi"

    backend_type: Setting[str] = setting("FPM")
    variables: Setting[tuple[FcgiVariable, ...]] = setting((), parent_then_child)


def _variable(words: Sequence[str], scope: Scope) -> FcgiVariable:
    ssl = scope.has_module("mod_ssl")
    check_condition(words[0], f'Could not parse expression "{words[0]}": ', ssl)
    words = (written_in(words[0], scope), *words[1:])
    if words[1].startswith("!"):
        if len(words) > 2:
            said = "is not allowed when using ProxyFCGISetEnvIf's unset mode"
            raise ValueRefused(f'Third argument ("{words[2]}") {said} ({words[1]})', 2)
        return FcgiVariable(words[0], words[1][1:], None)
    value = words[2] if len(words) > 2 else ""
    check_string(value, f'Could not parse expression "{value}": ', ssl, 2)
    return FcgiVariable(words[0], words[1], value)


_TYPES = choice(
    "ProxyFCGIBackendType requires one of the following arguments: 'GENERIC', 'FPM'", "GENERIC", "FPM"
)  # fmt: skip

MODULE = Module(
    "mod_proxy_fcgi",
    dir_conf=FcgiDirConf,
    fate=Fate.REFUSED,
    directives=[
        listed("ProxyFCGIBackendType", _TYPES, per="dir", fills="backend_type"),
        listed("ProxyFCGISetEnvIf", parse_in=_variable, per="dir", fills="variables", appends=True),
    ],
)

"""mod_log_debug: messages of the administrator's own in the error log, by phase and condition (EXPR-48)."""

from __future__ import annotations

from collections.abc import Sequence

from apacheconf.modules.declare import Fate, Module, Scope, ValueRefused
from apacheconf.modules.expressions import check_condition, check_string
from apacheconf.modules.facts import listed

_HOOKS = frozenset(
    {
        *("all", "pre_translate_name", "translate_name", "map_to_storage", "quick_handler", "check_access"),
        *("check_access_ex", "check_authn", "check_authz", "type_checker", "fixups", "insert_filter", "handler"),
        "log_transaction",
    }
)


def _message(words: Sequence[str], scope: Scope) -> tuple[str, ...]:
    ssl = scope.has_module("mod_ssl")
    check_string(words[0], f"Could not parse message expression '{words[0]}': ", ssl)
    for number, word in enumerate(words[1:], 1):
        name, _, value = word.partition("=")
        if name.lower() == "hook" and value.lower() not in _HOOKS:
            raise ValueRefused(f"Invalid hook name: {value}", number)
        if name.lower() == "expr":
            check_condition(value, f"Could not parse expression '{value}': ", ssl, number)
        elif name.lower() != "hook":
            raise ValueRefused(f"Invalid argument {word}", number)
    return tuple(words)


MODULE = Module("mod_log_debug", fate=Fate.REFUSED, directives=[listed("LogMessage", parse_in=_message)])

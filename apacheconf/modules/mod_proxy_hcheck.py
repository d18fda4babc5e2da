"""mod_proxy_hcheck: templates and expressions of health checks; members name them by ``hctemplate`` and ``hcexpr``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from apacheconf.modules.declare import Conf, Fate, Module, Scope, Setting, ValueRefused, by_key, setting
from apacheconf.modules.expressions import check_condition
from apacheconf.modules.facts import listed
from apacheconf.modules.proxy_parameters import HCHECK, Parameters
from apacheconf.modules.regex_options import written_in
from apacheconf.modules.values import number
from apacheconf.syntax.words import split_with_offsets


@dataclass(frozen=True)
class HealthServerConf(Conf):
    """Expressions and templates by their names; a template's parameters are typed as a member's are."""

    module: ClassVar[str] = "mod_proxy_hcheck"

    expressions: Setting[dict[str, str]] = setting({}, by_key)
    templates: Setting[dict[str, Parameters]] = setting({}, by_key)
    size: Setting[int] = setting(16)


def _expression(text: Sequence[str], scope: Scope) -> dict[str, str]:
    """A name, then an expression in braces or as one word."""
    words = split_with_offsets(text[0])
    if not words or not words[0].value:
        raise ValueRefused("Missing expression name for ProxyHCExpr")
    name, rest = words[0].value, text[0][words[0].end :].strip()
    if len(words) > 1:
        rest = _in_braces(rest) if rest.startswith("{") else words[1].value
    if not rest:
        raise ValueRefused("Missing expression for ProxyHCExpr")
    try:
        check_condition(rest, f'Could not parse expression "{rest}": ', ssl=scope.has_module("mod_ssl"), word=1)
    except ValueRefused as refused:
        if not str(refused).endswith("Function 'hc' does not exist"):  # a check's own: hc('body')
            raise
    rest = scope.named["hcexpr", name.lower()] = written_in(rest, scope)
    return {name: rest}


def _in_braces(text: str) -> str:
    """What stands between the first brace and the one that closes it, or the end."""
    depth = 0
    for at, letter in enumerate(text):
        depth += {"{": 1, "}": -1}.get(letter, 0)
        if depth == 0:
            return text[1:at].strip()
    return text[1:].strip()


def _template(words: Sequence[str], scope: Scope) -> dict[str, Parameters]:
    if not words or not words[0]:
        raise ValueRefused("Missing template name for ProxyHCTemplate")
    name = words[0]
    scope.named["hctemplate", name.lower()] = name
    return {name: tuple(_parameter(word, at, name, scope) for at, word in enumerate(words[1:], 1))}


def _parameter(word: str, at: int, template: str, scope: Scope) -> tuple[str, object]:
    key, equals, text = word.partition("=")
    if not equals:
        said = "Invalid ProxyHCTemplate parameter. Parameter must be in the form 'key=value'"
        raise ValueRefused(said, at)
    reader = HCHECK.get(key.lower())
    try:
        if reader is None:
            raise ValueRefused("unknown Worker hcheck parameter")
        if key.lower() == "hcexpr" and ("hcexpr", text.lower()) not in scope.named:
            raise ValueRefused(f"Unknown health check condition expr: {text}")
        return key.lower(), reader(text)
    except ValueRefused as refused:
        raise ValueRefused(f"ProxyHCTemplate: {refused} {word}; {template}", at) from None


MODULE = Module(
    "mod_proxy_hcheck",
    server_conf=HealthServerConf,
    fate=Fate.SERVED,
    directives=[
        listed("ProxyHCExpr", parse_in=_expression, raw=True, fills="expressions"),
        listed("ProxyHCTemplate", parse_in=_template, fills="templates"),
        listed("ProxyHCTPsize", number("Invalid ProxyHCTPsize parameter. Parameter must be >= 0", 0), fills="size"),
    ],
)

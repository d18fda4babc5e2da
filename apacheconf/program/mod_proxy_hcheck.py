"""mod_proxy_hcheck in the program: templates and expressions are resolved where members name them (HC-6, HC-7)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from apacheconf.modules.mod_proxy import BalancerMember, Definition, Parameters, ProxySet
from apacheconf.modules.mod_proxy_hcheck import HealthServerConf
from apacheconf.program.conditions import Condition
from apacheconf.program.expressions import NotEvaluated, condition_of
from apacheconf.program.health import HealthCheck
from apacheconf.program.tls import OriginTls

T = TypeVar("T")

#: What a template says where it doesn't say: all of it takes the place of what stood before.
_TEMPLATE: Parameters = (("hcmethod", "NONE"), ("hcinterval", 30.0), ("hcpasses", 1), ("hcfails", 1), ("hcuri", ""),
                         ("hcexpr", ""))  # fmt: skip
_FIELDS = {"hcinterval": "interval", "hcpasses": "passes", "hcfails": "fails", "hcuri": "uri"}


@dataclass(frozen=True, slots=True)
class Expression:
    """A ProxyHCExpr that a member names."""

    name: str
    condition: Condition | None
    unknown: str = ""


def resolved(definition: Definition, conf: HealthServerConf, tls: OriginTls) -> Definition:
    """The definition with templates written out, and expressions in place of their names."""
    if not isinstance(definition, BalancerMember | ProxySet):
        return definition
    if not any(key.startswith("hc") for key, _ in definition.parameters):
        return definition
    return replace(definition, parameters=(*_resolved(definition.parameters, conf), ("hctls", tls)))


def _resolved(parameters: Parameters, conf: HealthServerConf) -> Iterator[tuple[str, object]]:
    for key, value in parameters:
        if key == "hctemplate":
            yield from _resolved((*_TEMPLATE, *(_by_name(conf.templates.value, str(value)) or ())), conf)
        elif key == "hcexpr":
            yield key, _expression(str(value), conf)
        else:
            yield key, value


def _expression(name: str, conf: HealthServerConf) -> Expression | None:
    text = _by_name(conf.expressions.value, name)
    if text is None:
        return None
    try:
        return Expression(name, condition_of(text))
    except NotEvaluated as missing:
        return Expression(name, None, f"its expression uses {missing}, which is not evaluated yet")


def _by_name(table: Mapping[str, T], name: str) -> T | None:
    """What has this name, in any case of letters."""
    return next((value for key, value in table.items() if key.lower() == name.lower()), None)


def check_of(parameters: Mapping[str, Any]) -> HealthCheck | None:
    """The check that a member's parameters ask for, None when they ask for none (HC-1)."""
    method = parameters.get("hcmethod", "NONE")
    if method == "NONE":
        return None
    given = {field: parameters[key] for key, field in _FIELDS.items() if key in parameters}
    expression: Expression | None = parameters.get("hcexpr")
    if expression is not None:
        given |= {"expression": expression.name, "condition": expression.condition, "unknown": expression.unknown}
    return HealthCheck(method, tls=parameters["hctls"], **given)

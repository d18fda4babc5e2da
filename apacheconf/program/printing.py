"""The program as JSON: plain data for ``dump``, tests and anyone who wants to look at it.

Every dataclass becomes an object with its class under ``is``; directives become ``file:line``; numbers into a
host's tables stay numbers, as they stand in the data. Schema version 1.
"""

from __future__ import annotations

import dataclasses
from enum import Enum
from typing import Any

from apacheconf.program.hosts import Host
from apacheconf.program.program import Program
from apacheconf.source import Place

SCHEMA = 1


def to_json(program: Program) -> dict[str, Any]:
    """The whole program as JSON data."""
    return {
        "schema": SCHEMA,
        "listeners": plain(program.listeners),
        "index": plain(program.index),
        "hosts": [_host(host) for host in program.hosts],
        "origins": plain(program.origins),
    }


def _host(host: Host) -> dict[str, Any]:
    """A host with what it does itself in the place of what all that are like it do."""
    names = (each.name for each in dataclasses.fields(host) if each.repr and each.name != "form")
    return {"is": "Host", "shape": plain(host.shape), **{name: plain(getattr(host, name)) for name in names}}


def plain(value: Any) -> Any:
    """``value`` as JSON data: objects by their fields, sets sorted, places as text."""
    if value is None or isinstance(value, str | int | float):
        return value.name if isinstance(value, Enum) else value
    if isinstance(value, Enum):
        return value.name
    if isinstance(value, Place):
        return str(value)
    if isinstance(value, dict):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, frozenset | set):
        return sorted(plain(each) for each in value)
    place = getattr(value, "place", None)
    if isinstance(place, Place) and hasattr(value, "args"):
        return f"{place}: {value.name}"
    names = getattr(value, "_fields", None)  # a NamedTuple's
    if names is None and isinstance(value, tuple | list):
        return [plain(each) for each in value]
    names = names or [each.name for each in dataclasses.fields(value)]
    return {"is": type(value).__name__, **{name: plain(getattr(value, name)) for name in names}}

"""URLs of hosts that are alike: a redirect of each to itself is one redirect to the host that was asked for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from apacheconf.program.hosts import Host
from apacheconf.program.steps import Redirect, Step
from apacheconf.program.values import OwnText
from apacheconf.targets.haproxy.tree import plain
from apacheconf.targets.routes import Route

_HOST, _BARE = "%[var(txn.host)]", r"%[var(txn.host),regsub(^www\.,)]"
_AUTHORITY = re.compile(r"[^/:?#]+")


@dataclass
class Redirects:
    """Where redirects of hosts lead that may be their own; looked for once in each shape."""

    _numbers: dict[int, list[int]] = field(default_factory=dict)

    def of(self, host: Host) -> Iterator[str]:
        """The same for hosts that all lead to themselves."""
        numbers = self._numbers.get(id(host.form))
        if numbers is None:
            found = (own_text(step) for cell in host.form.cells for step in cell.steps)
            numbers = self._numbers[id(host.form)] = sorted({each.number for each in found if each is not None})
        return (_without_name(host, host.texts[number], "\0", "\0bare") for number in numbers)


def own_text(step: Step) -> OwnText | None:
    """What stands for the URL of a redirect that may be the host's own."""
    action = step.action
    return action.location if isinstance(action, Redirect) and isinstance(action.location, OwnText) else None


def location_of_kind(route: Route, step: Step, text: str) -> str:
    """The URL of a redirect of hosts that are alike, as a log format: one may lead to its own host."""
    is_own = any(own_text(each) is not None and each.said_by == step.said_by for each in route.cell.steps)
    return _without_name(route.host, plain(text), _HOST, _BARE) if is_own else plain(text)


def _without_name(host: Host, url: str, instead: str, bare: str) -> str:
    """The URL with ``instead`` in place of the host's name, and ``bare`` in place of it without ``www``."""
    scheme, colon, rest = url.partition("://")
    authority = _AUTHORITY.match(rest)
    name, behind = (authority[0], rest[authority.end() :]) if authority else ("", rest)
    if name == host.name or name.endswith(f".{host.name}"):
        return f"{scheme}{colon}{name.removesuffix(host.name)}{instead}{behind}"
    return f"{scheme}{colon}{bare}{behind}" if f"www.{name}" == host.name else url

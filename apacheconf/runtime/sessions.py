"""Sticky sessions: which route a request names (ST-1 to ST-5, ST-12). Pure text work.

The identifier is looked for in the URL first (after the mapping has made it), then in the cookies. Both searches
are plain: a parameter's name may be the end of a longer one, and a cookie's value is not unquoted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from apacheconf.program.workers import Balancer


@dataclass(frozen=True, slots=True)
class Session:
    """What a request carries: ``name`` is the parameter or cookie it was found under, ``route`` may be empty."""

    name: str
    route: str


@dataclass(frozen=True, slots=True)
class Sticky:
    """How a balancer recognises sessions; without ``separator`` the whole value is the route (ST-5)."""

    cookie: str
    parameter: str
    separator: str = "."
    ends: str = "?&"

    @classmethod
    def of(cls, balancer: Balancer) -> Sticky | None:
        """The balancer's, None when it has no sticky sessions."""
        if not balancer.sticky_cookie:
            return None
        ends = ";?&" if balancer.semicolon_delimits else "?&"
        return cls(balancer.sticky_cookie, balancer.sticky_parameter, balancer.sticky_separator, ends)

    def find(self, url: str, cookies: str) -> Session | None:
        """The session of a request; ``cookies`` is its Cookie header. None when there is no route (ST-1)."""
        value, name = parameter_of(url, self.parameter, self.ends), self.parameter
        if value is None:
            value, name = cookie_of(cookies, self.cookie), self.cookie
        if value is None:
            return None
        if not self.separator:
            return Session(name, value)
        _, found, route = value.partition(self.separator)
        return Session(name, route) if found else None


def parameter_of(url: str, name: str, ends: str) -> str | None:
    """The value behind the first ``name=`` anywhere in the URL that has one (ST-2)."""
    at = url.find(name)
    while at >= 0:
        value = url[at + len(name) :]
        if value[:1] == "=" and value[1:]:
            return re.split(f"[{ends}]", value[1:].lstrip(ends), maxsplit=1)[0] or None
        at = url.find(name, at + 1)
    return None


def cookie_of(cookies: str, name: str) -> str | None:
    """The value of a cookie; its name begins the header or follows ``;``, ``,`` or a blank (ST-3)."""
    found = re.search(rf"(?:^|(?<=[;,\s])){re.escape(name)}\s*=([^;,]*)", cookies)
    return found[1] if found and (found[1] or cookies[found.end() :]) else None

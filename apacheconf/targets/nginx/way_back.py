"""The way back of an origin's answers in nginx: ProxyPassReverse and what it does to cookies (RV-1 to RV-14).

Lines of a server are those of all its locations, so what they come to is made once and shared.
"""

from __future__ import annotations

from collections.abc import Container

from apacheconf.program.steps import CookiePart, EditHeader, MapBack, MapBackCookie, Table
from apacheconf.targets.claims import exact
from apacheconf.targets.nginx.lowering import Back, Lowering
from apacheconf.targets.nginx.maps import Map
from apacheconf.targets.nginx.own_urls import public_url
from apacheconf.targets.nginx.tree import Block, Directive, literal
from apacheconf.targets.patterns import escape, starting_with
from apacheconf.targets.routes import Route, reverse_of

#: Headers that ProxyPassReverse maps back (RV-1) beside Location, which ``proxy_redirect`` knows.
MAPPED_BACK = ("Content-Location", "URI", "Destination")


def emit_way_back(low: Lowering, route: Route, hidden: Container[str], location: Block) -> None:
    """RV-1 to RV-8: Location through ``proxy_redirect``, which leaves nothing but Refresh; the others through maps.

    ``hidden`` are headers, in small letters, that lines of the configuration have taken away.
    """
    if not low.maps_back:
        return
    location.entries += _back(low, route).redirects
    for name in (*MAPPED_BACK, "Refresh"):
        if name.lower() not in hidden:
            location.add("add_header", name, _mapped_back(low, route, name), "always")


def _mapped_back(low: Lowering, route: Route, name: str) -> str:
    """The word of an origin's header after it was mapped back."""
    variable = "upstream_http_" + name.lower().replace("-", "_")
    entries = _back(low, route).entries
    if not entries or name == "Refresh":
        return f"${variable}"
    asked = "".join(f"{low.alike.mapped_back(each)} " for each in _maps_back(route)) if low.alike else ""
    made = Map(f"{asked}${variable}", (*entries, ("default", f"${variable}")), f"{name}, mapped back like Location")
    return low.maps.make(f"public_{name.lower().replace('-', '_')}", made)


def location_back(low: Lowering, route: Route) -> str:
    """The word of Location where lines of headers ask what it is; empty where none does."""
    edits = [step.action for step, _ in route.met if isinstance(step.action, EditHeader)]
    asked = any(each.name.lower() == "location" and each.table is Table.ONSUCCESS for each in edits)
    return _mapped_back(low, route, "Location") if asked and low.maps_back else ""


def emit_cookies(low: Lowering, route: Route, location: Block) -> None:
    """RV-12 to RV-14, NGX-83: a value that starts with the internal one goes as a whole; the first match wins."""
    for step in route.cookies:
        assert isinstance(step.action, MapBackCookie)
        said_by = route.host.said_by(step)
        path = step.action.part is CookiePart.PATH
        name, sign = ("proxy_cookie_path", "~") if path else ("proxy_cookie_domain", "~(?i)")
        location.add(name, f"{sign}^{escape(step.action.internal)}.*$", literal(step.action.public),
                     comment=low.sources.comment(said_by), claims=(exact(said_by),))  # fmt: skip


def _back(low: Lowering, route: Route) -> Back:
    """That of a route, made once for all routes of a host that map back the same: mostly each of them."""
    key = low.alike is not None, route.host.number, tuple(route.reverses)
    found = low.ways_back.get(key)
    if found is None:
        found = low.ways_back[key] = Back(_entries_back(low, route))
        lines = [([step], *entry) for step, entry in zip(route.reverses, found.entries, strict=True)]
        if low.alike and lines:  # their URLs are in variables, which only maps can ask
            lines = [(route.reverses, "~^.*$", _mapped_back(low, route, "Location"))]
        for steps, pattern, public in lines:
            said_by = [each for step in steps for each in route.host.said_by(step)]
            comment = low.sources.comment(said_by)
            found.redirects.append(Directive("proxy_redirect", (pattern, public), None, comment, (exact(said_by),)))
    return found


def _entries_back(low: Lowering, route: Route) -> tuple[tuple[str, str], ...]:
    """Each ProxyPassReverse as what a value matches, and what it becomes; the URLs of hosts that are alike are asked
    for before the value."""
    found = []
    for at, step in enumerate(route.reverses):
        assert isinstance(step.action, MapBack)
        reverse = reverse_of(low.program, route.host, step.action)
        pattern = f"~*{starting_with(reverse.urls, '(?<tail>.*)', reverse.one_slash)}"
        if low.alike:
            before, behind = at, len(route.reverses) - at - 1
            url = r"(?:\S*?,)??([^\s,]+)(?:,\S*)?" if step.action.origin is not None else r"(\S+)"
            slash = "/?" if reverse.one_slash else ""
            pattern = rf"~*^(?:\S+ ){{{before}}}{url} (?:\S+ ){{{behind}}}\1{slash}(?<tail>.*)$"
        found.append((pattern, f"{public_url(low, route.host, reverse.path)}$tail"))
    return tuple(found)


def _maps_back(route: Route) -> list[MapBack]:
    return [step.action for step in route.reverses if isinstance(step.action, MapBack)]

"""Which mappings have no way back: the question that two rules share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from apacheconf.lint.parts import Mapping, WayBack, balancer_name
from apacheconf.lint.urls import HTTP_SCHEMES
from apacheconf.lint.view import View, names_of
from apacheconf.model.types import Server
from apacheconf.modules.mod_proxy import ProxyDirConf


@dataclass(frozen=True, slots=True)
class Gap:
    """``mapping`` has no ProxyPassReverse that fits; ``near`` is the one that was probably meant for it."""

    mapping: Mapping
    near: WayBack | None


def uncovered(view: View) -> Iterator[Gap]:
    """The plain mappings to HTTP origins whose redirects no ProxyPassReverse maps back (RV-1 to RV-9)."""
    for server in view.model.servers:
        mappings = [mapping for mapping in view.own_mappings(server) if _needs_way_back(mapping)]
        ways = view.ways_back(server) if mappings else []
        for mapping in mappings:
            if not any(_fits(way, mapping, view, server) for way in ways):
                yield from _gap(mapping, ways, server)


def _needs_way_back(mapping: Mapping) -> bool:
    if mapping.is_exclusion or not mapping.is_prefix or dict(mapping.entry.parameters).get("upgrade"):
        return False
    return mapping.url.scheme in HTTP_SCHEMES or bool(balancer_name(mapping.target))


def _fits(way: WayBack, mapping: Mapping, view: View, server: Server) -> bool:
    """``way`` maps the URLs under the mapping's target to where the mapping takes them from."""
    url = way.entry.url
    if url.startswith("/"):  # RV-6: compares paths alone
        return _same_shift(way.path, url, mapping.path, mapping.url.path or "/")
    if _same_shift(way.path, url, mapping.path, _without_socket(mapping.target)):
        return True
    balancer = view.balancers(server).get(balancer_name(mapping.target))
    members = balancer.members if balancer else []
    tail = mapping.url.path
    return any(_same_shift(way.path, url, mapping.path, _without_socket(member.url) + tail) for member in members)


def _without_socket(url: str) -> str:
    return url.rpartition("|")[2]


def _same_shift(path: str, url: str, mapped: str, target: str) -> bool:
    """Replacing ``url`` by ``path`` undoes replacing ``mapped`` by ``target``."""
    if target.lower().startswith(url.lower()):
        return path + target[len(url) :] == mapped
    return url.lower().startswith(target.lower()) and mapped + url[len(target) :] == path


def _gap(mapping: Mapping, ways: Iterable[WayBack], server: Server) -> Iterator[Gap]:
    near = next((way for way in ways if _is_meant_for(way, mapping)), None)
    if near is None and not _keeps_public_name(mapping, server):
        yield Gap(mapping, None)
    elif near is not None and near.url.host not in names_of(server):
        yield Gap(mapping, near)


def _is_meant_for(way: WayBack, mapping: Mapping) -> bool:
    same_path = way.path.rstrip("/") == mapping.path.rstrip("/")
    return same_path or way.entry.url.rstrip("/").lower() == mapping.target.rstrip("/").lower()


def _keeps_public_name(mapping: Mapping, server: Server) -> bool:
    """The origin is asked under the public name and path, so its redirects are right by themselves (RV-11)."""
    inside = mapping.section.conf(ProxyDirConf).preserve_host if mapping.section else None
    outside = server.dir_conf(ProxyDirConf).preserve_host
    preserves = inside.value if inside is not None and inside.is_set else outside.value
    return bool(preserves) and (mapping.url.path or "/").rstrip("/") == mapping.path.rstrip("/")

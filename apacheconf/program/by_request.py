"""Targets whose authority comes with the request: which origin that is then (PP-6f, PP-13, PU-11, WK-4, WK-5, BP-14).

The authority is read as ``apr_parse_addr_port`` reads it, from its end, so that the same texts lead nowhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from ipaddress import AddressValueError, IPv6Address
from typing import TYPE_CHECKING

from apacheconf.program.sharing import generic_worker, is_balancer, target_path
from apacheconf.program.workers import DEFAULT_PORTS, Balancer, Origin, Worker

if TYPE_CHECKING:
    from apacheconf.program.hosts import Host
    from apacheconf.program.program import Program

_PORT_AT_END = re.compile(r"(?s)(.*?):([0-9]+)\Z")


class NoAuthority(Exception):
    """What stands where host and port should is neither (httpd's ``Invalid host/port``, answered with 400)."""


@dataclass(frozen=True, slots=True)
class Place:
    """A URL that a request has made: ``host`` lower-case and without brackets, ``path`` as it is written."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """``http://host:port``; a default port isn't said."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port in (0, DEFAULT_PORTS.get(self.scheme)) else f":{self.port}"
        return f"{self.scheme}://{host}{port}"


def read_place(url: str) -> Place:
    """Read a whole URL. Raises NoAuthority."""
    scheme, _, after = url.partition("://")
    path = target_path(url)
    authority = after.removesuffix(path).rpartition("@")[2]  # who logs in is no part of where to connect
    host, port = _host_and_port(authority)
    return Place(scheme.lower(), host.lower(), port or DEFAULT_PORTS.get(scheme.lower(), 0), path)


def log_no_authority(url: str, log: Callable[[str, str, str], object]) -> None:
    """Tell the error log of a URL that names no host and port."""
    written = url.removesuffix(target_path(url))
    if is_balancer(url):
        said, module = f"AH01157: error parsing URL {written.partition(':')[2]}", "proxy_balancer"
    else:
        said, module = f"AH01083: error parsing URL {written}", "proxy_http"
    log("error", module, f"{said}: Invalid host/port")


def _host_and_port(authority: str) -> tuple[str, int]:
    """The host, and the port or 0. Raises NoAuthority."""
    if not authority or authority.isdecimal() or any(char < " " or char in "?#\x7f" for char in authority):
        raise NoAuthority
    found = _PORT_AT_END.match(authority)
    host, port = (found[1], int(found[2])) if found else (authority, -1)
    if not host or port == 0 or port > 65535:
        raise NoAuthority
    if host.startswith("["):
        try:
            host = str(IPv6Address(host[1:].removesuffix("]"))) if host.endswith("]") else ""
        except AddressValueError:
            raise NoAuthority from None
        if not host:
            raise NoAuthority
    return host, max(port, 0)


def origin_at(place: Place, uri: str, template: Worker | None, program: Program, host: Host) -> Origin:
    """The host's worker that serves ``uri`` at ``place``, else one of its own.

    That has the parameters of ``template`` where its mapping is a ProxyPassMatch, and keeps no connection. A balancer
    must be called so, whatever the port.
    """
    if place.scheme == "balancer":
        known = (program.origins[number] for number in host.origins)
        called = (each for each in known if isinstance(each, Balancer) and each.name == f"balancer://{place.host}")
        return next(called, unknown_balancer(place.host))
    found = worker_for(place.authority, uri, program, host)
    if found is not None:
        return found
    if template is None:
        return replace(generic_worker(f"{place.scheme}://x"), name=place.authority, host=place.host, port=place.port)
    return replace(template, name=place.authority, host=place.host, port=place.port, path="", reusable=False)


def unknown_balancer(name: str) -> Worker:
    """What stands for a balancer that isn't there: nobody speaks with it (AH01144)."""
    return replace(generic_worker("balancer://x"), name=f"balancer://{name}", host=name)


def worker_for(authority: str, uri: str, program: Program, host: Host) -> Worker | None:
    """The worker with the longest name that begins the URL as it is sent, or matches it (WK-2, WK-5)."""
    url = authority + uri
    found = None
    for worker in _workers_at(program, host).get(authority, ()):
        if (found is None or len(worker.name) > len(found.name)) and serves(worker, url):
            found = worker
    return found


def serves(worker: Worker, url: str) -> bool:
    """Whether the worker's name begins a URL, or matches it with anything in place of its captures (WK-5)."""
    name = worker.name
    if not worker.matchable:
        return url.startswith(name)
    return len(name) <= len(url) and _pattern(name).fullmatch(url) is not None


@lru_cache(maxsize=256)
def _pattern(name: str) -> re.Pattern[str]:
    """A name whose captures stand for anything."""
    return re.compile(".*".join(map(re.escape, re.split(r"\$\d", name))), re.DOTALL)


#: The workers of a host by their authority; what the key names is kept beside them, and all is emptied when full.
_WORKERS: dict[tuple[int, int], tuple[Program, Host, dict[str, list[Worker]]]] = {}
_SIZE = 4096


def _workers_at(program: Program, host: Host) -> dict[str, list[Worker]]:
    known = _WORKERS.get((id(program), id(host)))
    if known is None:
        if len(_WORKERS) >= _SIZE:
            _WORKERS.clear()
        found: dict[str, list[Worker]] = {}
        for origin in (program.origins[number] for number in host.origins):
            if isinstance(origin, Worker) and not origin.socket:
                found.setdefault(origin.name.removesuffix(origin.path), []).append(origin)
        known = _WORKERS[id(program), id(host)] = program, host, found
    return known[2]

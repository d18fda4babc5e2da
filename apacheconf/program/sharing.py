"""Which workers and balancers a server's ProxyPass, BalancerMember and ProxySet lines make (WK-1 to WK-4).

The lines are read in the order of the configuration. A target that falls under a worker that exists already
shares it, and its own parameters are lost (WK-3, AH01146): ``Shared.ignored`` remembers which.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from apacheconf.ledger import Written
from apacheconf.modules.mod_proxy import BalancerMember, Definition, ProxyPass, ProxySet
from apacheconf.program.mod_proxy_hcheck import check_of
from apacheconf.program.uri import canonical, split_authority
from apacheconf.program.workers import DEFAULT_PORTS, Balancer, Ignored, Member, Origin, Worker

_WORKER_FIELDS = {
    "timeout": "timeout",
    "connectiontimeout": "connect_timeout",
    "retry": "retry",
    "max": "max_connections",
    "acquire": "acquire",
    "ping": "ping",
    "ttl": "idle",
    "addressttl": "address_ttl",
    "responsefieldsize": "response_field_size",
    "keepalive": "tcp_keepalive",
    "receivebuffersize": "receive_buffer",
}
_MEMBER_FIELDS = {"loadfactor": "loadfactor", "lbset": "lbset", "route": "route", "redirect": "redirect",
                  "status": "status"}  # fmt: skip
_BALANCER_FIELDS = {
    "lbmethod": "lbmethod",
    "stickysessionsep": "sticky_separator",
    "scolonpathdelim": "semicolon_delimits",
    "nofailover": "no_failover",
    "maxattempts": "max_attempts",
    "timeout": "wait",
    "failonstatus": "fail_on_status",
    "failontimeout": "fail_on_timeout",
    "forcerecovery": "force_recovery",
}


@dataclass
class _Draft:
    """A worker or balancer while its lines are read."""

    url: str
    parameters: dict[str, Any] = field(default_factory=dict)
    said_by: list[Written] = field(default_factory=list)
    members: list[_Draft] = field(default_factory=list)
    matchable: bool = False
    inherited: _Draft | None = None

    def add(self, parameters: Iterable[tuple[str, object]], said_by: Written) -> None:
        self.parameters.update(_meant(key, value) for key, value in parameters)
        if said_by not in self.said_by:
            self.said_by.append(said_by)


@dataclass
class Shared:
    """The origins of one server: ``find`` gives the one for a target URL."""

    workers: dict[str, _Draft] = field(default_factory=dict)
    balancers: dict[str, _Draft] = field(default_factory=dict)
    ignored: list[Ignored] = field(default_factory=list)
    #: Names of workers by their authority, so that a target is compared with few.
    by_authority: dict[str, list[str]] = field(default_factory=dict)
    #: Those of the main server, which its hosts don't see while they are read, and meet first afterwards (BP-18).
    sealed: set[str] = field(default_factory=set)
    #: A host's workers that the main server has as well: no request meets them.
    hidden: dict[str, _Draft] = field(default_factory=dict)

    def seal(self) -> None:
        """What was read so far is the main server's; what follows is a virtual host's own."""
        self.sealed = {*self.workers, *self.balancers}

    def read(self, definition: Definition, said_by: Written) -> None:
        """Take one line into account."""
        match definition:
            case ProxyPass(target="!"):
                return
            case ProxyPass(target=url, parameters=parameters) if is_balancer(url):
                self._say_of_balancer(url, _without_mapping(parameters), said_by)
            case ProxyPass(target=url, regex=regex, parameters=parameters):
                self._map_to_worker(url, _without_mapping(parameters), said_by, matched=regex and "$" in url)
            case BalancerMember(balancer=name, url=url) if balancer_name(name) in self.sealed:
                self.ignored.append(Ignored(said_by, (), balancer_name(name)))
                self._named_by_host(self._balancer(name))
            case BalancerMember(balancer=name, url=url, parameters=parameters):
                self._add_member(self._balancer(name), url, parameters, said_by)
            case ProxySet(url=url, parameters=parameters) if is_balancer(url):
                self._say_of_balancer(url, parameters, said_by)
            case ProxySet(url=url, parameters=parameters):
                known = self._own_worker_for(url)
                draft = self._new_worker(url) if known is None else self._own_worker(known)
                draft.add(parameters, said_by)

    def find(self, url: str) -> str | None:
        """The name of the worker or balancer that serves a target."""
        if is_balancer(url):
            return balancer_name(url)
        return self._worker_for(url)

    def is_found_late(self, url: str) -> bool:
        """Whether another worker than ``find``'s may serve URLs below a target: a longer one, one of a pattern that is
        as long and came before, or none (WK-2, WK-5)."""
        path = target_path(url)
        if is_balancer(url) or split_socket(url)[0]:
            return False
        if "$" in path or canonical(path) != path:
            return True
        name, found = worker_name(url), self._worker_for(url)
        return any(self._may_serve(each, name, found or url) for each in self.by_authority.get(authority_of(url), ()))

    def _may_serve(self, other: str, name: str, found: str) -> bool:
        """Whether a worker may come before ``found`` for a URL that begins with ``name``."""
        written = worker_name(other)
        if other == found or len(written) < len(worker_name(found)):
            return False
        if self.workers[other].matchable:
            head = written.partition("$")[0]
            return head.startswith(name) or name.startswith(head)
        return len(other) > len(name) and written.startswith(name)

    def add_generic(self, url: str, said_by: Written) -> None:
        """The worker of a rule's target that no other line defines: it keeps no connections (WK-4)."""
        if not is_balancer(url) and self._worker_for(url) is None:
            self._new_worker(authority_of(url)).add((("disablereuse", True),), said_by)

    def origins(self) -> Iterable[tuple[str, Origin]]:
        """Every origin by its name, in the order of definition."""
        for name, draft in self.balancers.items():
            yield name, _make_balancer(name, draft)
        for name, draft in self.workers.items():
            yield name, _make_worker(draft)

    def _balancer(self, url: str) -> _Draft:
        name = balancer_name(url)
        return self.balancers.setdefault(name, _Draft(name))

    def _say_of_balancer(self, url: str, parameters: Iterable[tuple[str, object]], said_by: Written) -> None:
        """A line about a balancer. A host's settings are its own, members and their state stay the main server's."""
        draft = self._balancer(url)
        if draft.url in self.sealed:
            parameters = tuple(parameters)
            draft = self._named_by_host(draft)
            if not parameters:
                return
            if draft.inherited is None:
                draft = self._apart(draft)
        draft.add(parameters, said_by)

    def _named_by_host(self, draft: _Draft) -> _Draft:
        """A balancer of the main server's that a host names: by requests, unless the host says how (BP-18)."""
        if draft.inherited is None and draft.parameters.get("lbmethod", "byrequests") != "byrequests":
            draft = self._apart(draft)
            del draft.parameters["lbmethod"]
        return draft

    def _apart(self, draft: _Draft) -> _Draft:
        """What a host makes of a balancer of the main server's, from now on in its place."""
        own = _Draft(draft.url, dict(draft.parameters), list(draft.said_by), draft.members, inherited=draft)
        self.balancers[draft.url] = own
        return own

    def _map_to_worker(
        self, url: str, parameters: tuple[tuple[str, object], ...], said_by: Written, matched: bool
    ) -> None:
        """``matched``: the target holds captures, and reuses connections only where it says so (WK-5).

        It shares no worker with a mapping that holds none.
        """
        shared = self._own_worker_for(url, matched)
        if shared is None:
            own = (("disablereuse", True),) if matched else ()
            draft = self._new_worker(url)
            draft.add((*own, *parameters), said_by)
            draft.matchable = matched
            return
        known = self._own_worker(shared).parameters
        meant = [(key, *_meant(key, value)) for key, value in parameters]
        lost = tuple(key for key, name, value in meant if known.get(name) != value)
        if lost:
            self.ignored.append(Ignored(said_by, lost, shared))

    def _worker_for(self, url: str) -> str | None:
        """The longest worker name that is a prefix of the URL, scheme and host compared without case (WK-2)."""
        candidates = self.by_authority.get(_compared_authority(url), ())
        return max((name for name in candidates if falls_under(url, name)), key=len, default=None)

    def _own_worker_for(self, url: str, matched: bool | None = None) -> str | None:
        """The same among those that are seen while the lines are read: all, or those with captures, or without."""
        seen = (name for name in self.by_authority.get(_compared_authority(url), ()) if name not in self.sealed)
        under = (name for name in (*seen, *self.hidden) if falls_under(url, name))
        alike = (name for name in under if matched is None or self._own_worker(name).matchable is matched)
        return max(alike, key=len, default=None)

    def _own_worker(self, name: str) -> _Draft:
        return self.hidden[name] if name in self.hidden else self.workers[name]

    def _new_worker(self, url: str) -> _Draft:
        if url in self.workers:
            return self.hidden.setdefault(url, _Draft(url))
        self.by_authority.setdefault(_compared_authority(url), []).append(url)
        draft = self.workers[url] = _Draft(url)
        return draft

    @staticmethod
    def _add_member(balancer: _Draft, url: str, parameters: Iterable[tuple[str, object]], said_by: Written) -> None:
        name = worker_name(url)
        draft = next((each for each in balancer.members if worker_name(each.url) == name), None)
        if draft is None and any(falls_under(url, each.url) for each in balancer.members):
            return  # it shares that member's worker, so it is no member of its own (WK-3, AH01150)
        if draft is None:
            balancer.members.append(draft := _Draft(url))
        draft.add(parameters, said_by)


def falls_under(url: str, worker: str) -> bool:
    """The worker's name begins the URL and covers its authority at least: ``http://h1`` not ``http://h10/`` (WK-2)."""
    return _compared_authority(url) == _compared_authority(worker) and _compared(url).startswith(_compared(worker))


def _compared(url: str) -> str:
    """A worker's name as it is compared: that there is a socket counts, which one it is does not (WK-3)."""
    name = worker_name(url)
    socket, rest = split_socket(name)
    return f"unix:|{rest}" if socket else name


@lru_cache(maxsize=1024)
def _compared_authority(url: str) -> str:
    return _compared(url).removesuffix(target_path(url))


@lru_cache(maxsize=1024)
def authority_of(url: str) -> str:
    """A worker's name without its path."""
    return worker_name(url).removesuffix(target_path(url))


def share(definitions: Iterable[tuple[Definition, Written]], inherited: int = 0) -> Shared:
    """The origins that these lines, in configuration order, define; the first ones are the main server's."""
    shared = Shared()
    for number, (definition, said_by) in enumerate(definitions):
        if number and number == inherited:
            shared.seal()
        shared.read(definition, said_by)
    return shared


def is_balancer(url: str) -> bool:
    return url[:11].lower() == "balancer://"


def balancer_name(url: str) -> str:
    """``balancer://name``, lower-case, without the path (BP-14)."""
    return "balancer://" + url[11:].partition("/")[0].lower()


def split_socket(url: str) -> tuple[str, str]:
    """``unix:PATH``, empty where there is none, and the URL behind it; another bar belongs to the URL."""
    if url[:5].lower() != "unix:":
        return "", url
    socket, _, rest = url.partition("|")
    return socket, rest


@lru_cache(maxsize=1024)
def target_path(url: str) -> str:
    """What a target URL says after its authority; empty when it has no path."""
    after = split_socket(url)[1].partition("://")[2]
    slash = after.find("/")
    return after[slash:] if slash >= 0 else ""


@lru_cache(maxsize=1 << 15)
def worker_name(url: str) -> str:
    """A worker's identity: scheme and host in lower case, the default port dropped, the path kept (WK-1)."""
    socket, rest = split_socket(url)
    scheme, authority = split_authority(rest)
    host = f"[{authority.host}]" if ":" in authority.host else authority.host
    shown = "" if authority.number in (None, DEFAULT_PORTS.get(scheme)) else f":{authority.number}"
    shown = authority.text.lower() if "$" in authority.text else host + shown  # that comes with the request
    return f"{f'{socket}|' if socket else ''}{scheme}://{shown}{target_path(url)}"


def has_port(url: str) -> bool:
    """False where a URL names a port that can't be; httpd reads such a line and answers 400 (AH01083)."""
    authority = split_authority(split_socket(url)[1])[1]
    return "$" in authority.text or not authority.port or bool(authority.number)


def _without_mapping(parameters: Iterable[tuple[str, object]]) -> tuple[tuple[str, object], ...]:
    return tuple((key, value) for key, value in parameters if key != "mapping")


def _make_worker(draft: _Draft, member: Member | None = None) -> Worker:
    socket, rest = split_socket(draft.url)
    scheme, authority = split_authority(rest)
    given = draft.parameters
    worker = Worker(
        name=worker_name(draft.url),
        scheme=scheme,
        host=authority.host or ("localhost" if socket else ""),
        port=authority.number or DEFAULT_PORTS.get(scheme, 0),
        path=target_path(draft.url),
        socket=socket[5:],
        reusable=_keeps_connections(given, scheme),
        upgrade=_words(given.get("upgrade")),
        member=member,
        matchable=draft.matchable,
        check=check_of(given) if member is not None else None,
        status=frozenset(given.get("status") or ()) if member is None else frozenset(),
        said_by=tuple(draft.said_by),
    )
    fields = _fields(given, _WORKER_FIELDS)
    return replace(worker, **fields) if fields else worker


def _meant(key: str, value: object) -> tuple[str, object]:
    """``enablereuse`` and ``disablereuse`` are one parameter: the last one counts (WP-9, WP-10)."""
    return ("disablereuse", not value) if key == "enablereuse" else (key, value)


def _keeps_connections(given: Mapping[str, Any], scheme: str) -> bool:
    """Whether connections are reused; those to FastCGI are for one request unless someone asks for more (FC-2), those
    of uwsgi and SCGI always are."""
    if scheme in ("uwsgi", "scgi"):
        return False
    return not given.get("disablereuse", scheme == "fcgi") and given.get("addressttl") != 0  # WP-12


def generic_worker(authority: str) -> Worker:
    """The worker of an authority that no line of the configuration names (WK-4). Raises ValueError."""
    return replace(_make_worker(_Draft(authority)), reusable=False)


def _make_balancer(name: str, draft: _Draft) -> Balancer:
    members = tuple(_make_worker(each, Member(**_fields(each.parameters, _MEMBER_FIELDS))) for each in draft.members)
    cookie, bar, parameter = str(draft.parameters.get("stickysession") or "").partition("|")
    separator = draft.parameters.get("stickysessionsep")
    balancer = Balancer(
        name,
        members,
        sticky_cookie=cookie,
        sticky_parameter=parameter if bar else cookie,
        said_by=tuple(draft.said_by),
    )
    if draft.inherited is not None:
        balancer = replace(balancer, inherited=_make_balancer(name, draft.inherited))
    given = _fields(draft.parameters, _BALANCER_FIELDS)
    if isinstance(separator, str) and separator.lower() == "off":
        given["sticky_separator"] = ""
    return replace(balancer, **given)


def _fields(parameters: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    return {field_name: parameters[key] for key, field_name in names.items() if parameters.get(key) is not None}


def _words(value: object) -> tuple[str, ...]:
    return tuple(str(value).split(",")) if value else ()

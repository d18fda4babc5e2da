"""core in nginx: httpd's defaults and limits written out (NGX-2, DEF), listeners, names, and the guards that
httpd has before any mapping (NGX-40)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from apacheconf.ledger import Outcome, Written
from apacheconf.program.hosts import Host, Limits
from apacheconf.program.steps import AddCharset, MapToOrigin, SetHandler
from apacheconf.targets.claims import Claim, approximated, exact, unsupported
from apacheconf.targets.hostnames import Named, is_suffix
from apacheconf.targets.nginx.handshakes import emit_misdirected
from apacheconf.targets.nginx.lowering import Lowering
from apacheconf.targets.nginx.maps import ROUND, Map
from apacheconf.targets.nginx.tree import Block, literal
from apacheconf.targets.patterns import wildcard_regex
from apacheconf.targets.routes import Route

#: How many fields of 8 kB nginx may hold for a request: httpd's LimitRequestFields.
_FIELDS = 100
_SMALL_NAMES, _MANY_NAMES = 40, 400
_FIRST_HOST = "nginx merges slashes before it knows the host: what other hosts of the address say holds for all"
#: From here on nginx has so many variables of its own that a few dozen more don't fit its table well.
_MANY_VARIABLES = (1, 25)


def limits_of(limits: Limits) -> list[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    """nginx's directive, its words, and the httpd directives that it comes from (DEF-1 to DEF-16)."""
    keep_alive = seconds(limits.keep_alive_timeout) if limits.keep_alive else "0"
    requests = limits.max_keep_alive_requests or 1_000_000
    timeout = seconds(limits.timeout)
    line = kilobytes(max(limits.request_line, limits.request_field_size))
    return [
        ("client_max_body_size", ("0",), ()),
        ("large_client_header_buffers", (str(max(limits.request_fields, 4) or 100), line),
         ("limitrequestline", "limitrequestfieldsize", "limitrequestfields")),
        ("client_header_timeout", (seconds(limits.header_timeout),), ("requestreadtimeout",)),
        ("client_body_timeout", (timeout,), ()),
        ("send_timeout", (timeout,), ("timeout",)),
        ("keepalive_timeout", (keep_alive,), ("keepalive", "keepalivetimeout")),
        ("keepalive_requests", (str(requests),), ("maxkeepaliverequests",)),
    ]  # fmt: skip


def seconds(value: float) -> str:
    """A duration as nginx reads it: whole seconds, else milliseconds."""
    return f"{value:g}s" if value == int(value) else f"{round(value * 1000)}ms"


def kilobytes(size: int) -> str:
    """The size in whole kilobytes that holds ``size`` bytes and a line end."""
    return f"{-(-(size + 2) // 1024)}k"


def emit_limits(low: Lowering, host: Host, http: Block) -> None:
    """The limits of the main server, for all hosts."""
    for name, words, sources in limits_of(host.shape.limits):
        said_by = [each for source in sources for each in low.scopes.named(source)]
        http.add(name, *words, comment=low.sources.comment(said_by), claims=_limit_claims(said_by))
    if low.version >= (1, 29, 8):
        http.add("max_headers", str(host.shape.limits.request_fields or 100))
    if not host.shape.limits.trace:
        low.dropped.append(Claim(tuple(low.scopes.named("traceenable")), Outcome.EXACT, "nginx never takes TRACE"))
    said_by = low.scopes.named("mergeslashes")
    merging = "on" if host.shape.limits.merge_slashes else "off"
    http.add("merge_slashes", merging, comment=low.sources.comment(said_by), claims=(exact(said_by),))
    http.add("underscores_in_headers", "on")


def emit_own_limits(low: Lowering, host: Host, server: Block) -> None:
    """The limits that a virtual host has of its own; nginx knows which one is asked for once the head is read."""
    if host.place is None:
        return
    own = low.scopes.own(host)
    for name, words, sources in limits_of(host.shape.limits):
        said_by = [each for each in own if each.name.lower() in sources]
        if said_by:
            server.add(name, *words, comment=low.sources.comment(said_by), claims=_limit_claims(said_by))
            if name == "send_timeout":
                server.add("client_body_timeout", *words)


def emit_slashes(low: Lowering, number: int, routes: Iterable[Route], server: Block) -> None:
    """MergeSlashes: nginx goes by what the first of all hosts of an address says (NGX-49).

    Where it is Off httpd takes several slashes for one all the same at the beginning and in prefixes of mappings.
    """
    hosts, host = low.program.hosts, low.program.hosts[number]
    merges = host.shape.limits.merge_slashes
    said_by = [each for each in low.scopes.own(host) if host.place and each.name.lower() == "mergeslashes"]
    beside = (other for found in low.program.index.sets if number in found.hosts for other in found.hosts)
    if merges == hosts[low.program.index.main].shape.limits.merge_slashes:
        low.dropped.append(exact(said_by))
    elif all(hosts[other].shape.limits.merge_slashes == merges for other in beside):
        words = "on" if merges else "off"
        server.add("merge_slashes", words, comment=low.sources.comment(said_by), claims=(exact(said_by),))
    else:
        low.dropped.append(unsupported(said_by, _FIRST_HOST, "slashes-of-others"))
    if not merges:
        server.add("rewrite", "(?s)^//+(.*)$", "/$1", comment="leading slashes are one")
        mapped = (each.mapping.action for each in routes if each.mapping)
        prefixes = dict.fromkeys(each.prefix.rstrip("/") for each in mapped if isinstance(each, MapToOrigin))
        for prefix in (each for each in prefixes if each.count("/") > 1):
            pattern = re.escape(prefix).replace("/", "/+")
            server.add("rewrite", f"(?s)^{pattern}(/.*)?$", f"{literal(prefix)}$1", comment="so are those of a prefix")


def emit_charset(low: Lowering, route: Route, location: Block) -> None:
    """AddDefaultCharset: the filter of nginx looks at the same types (text/html is always one of them)."""
    if route.charset is None or not isinstance(route.charset.action, AddCharset):
        return
    said_by = route.host.said_by(route.charset)
    claim = approximated(said_by, "a 301 or 302 gets no charset, and a 204 or 304 that has a type gets one", "charset")
    if route.mapping is None and not any(isinstance(step.action, SetHandler) for step in route.others):
        claim = exact(said_by)  # of a file only 200 and 206 have a type
    comment = low.sources.comment(said_by)
    location.add("charset", literal(route.charset.action.charset), comment=comment, claims=(claim,))
    location.add("charset_types", "text/plain")


def _limit_claims(said_by: list[Written]) -> tuple[Claim, ...]:
    return tuple(map(_limit_claim, said_by))


def _limit_claim(line: Written) -> Claim:
    if line.name.lower() == "requestreadtimeout":
        return approximated([line], "nginx has no minimum rates", "minimum-rate")
    count = line.args.strip()
    if line.name.lower() == "limitrequestfields" and count.isdigit() and 0 < int(count) < _FIELDS:
        return approximated([line], "nginx counts no fields: more of them are let through", "field-count")
    return exact([line])


def emit_hash_sizes(names: list[str], version: tuple[int, ...], http: Block) -> None:
    """NGX-19: many or long names need more room than nginx's defaults; so do newer servers' own variables and ours."""
    if version >= _MANY_VARIABLES:
        http.add("variables_hash_max_size", "4096")
    longest, many = max(map(len, names), default=0), len(names) > _MANY_NAMES
    if longest > _SMALL_NAMES or many:
        http.add("server_names_hash_bucket_size", str(_bucket(longest, many)))
    if many:
        http.add("server_names_hash_max_size", str(_size(names)))


def emit_map_sizes(low: Lowering, http: Block) -> None:
    """The same for the maps that tell by name what many hosts show in handshakes."""
    made = (each for _, each in low.maps.own)
    many = [[key for key, _ in each.entries] for each in made if len(each.entries) > _MANY_NAMES]
    if many:
        http.add("map_hash_bucket_size", str(_bucket(max(len(key) for keys in many for key in keys), True)))
        http.add("map_hash_max_size", str(max(map(_size, many))))


def _bucket(longest: int, many: bool) -> int:
    return max(1 << (longest + 24).bit_length(), 128 if many else 0)


def _size(names: Sequence[str]) -> int:
    return 1 << (2 * len(names)).bit_length()


def server_names(named: Named, as_regex: bool) -> list[str]:
    """NGX-13, NGX-14: the names a host wins, wildcards as regexes where nginx would order them differently."""
    wild = [f"~^{wildcard_regex(each)}$" if as_regex else each for each in named.wild]
    return [*named.names, *wild]


def needs_regexes(found: list[Named]) -> bool:
    """Whether the wildcards of a set say more than nginx's own do."""
    return any(not is_suffix(pattern) for named in found for pattern in named.wild)


def emit_guards(low: Lowering, number: int, server: Block, asked_twice: bool) -> None:
    """What httpd refuses before it maps anything, in its order.

    ``asked_twice``: an error may lead to a path of this server, which nginx takes for a request of its own.
    """
    bad = low.maps.use("bad_request")
    slash: tuple[str, ...] = ("$request_uri", "~*", "^[^?]*%2f")
    expect: tuple[str, ...] = ("$http_expect", "!~*", "^(100-continue)?$")
    if asked_twice:
        make, no = low.maps.make, ("default", "")
        make(ROUND.strip("$"), Map("", (no,), "how often a path has been asked for"))
        server.add("set", ROUND, f".{ROUND}")
        bad = make("is_bad", Map(f"{ROUND}{bad}", ((".1", "1"), no), "only what a client asks is refused"))
        slash = (make("has_slash", Map(f"{ROUND}$request_uri", ((r"~*^\.[^.?][^?]*%2f", "1"), no), "")),)
        entries = ((r"~*^\.(?:100-continue|\.+.*)?$", ""), (r"~^\.", "1"), no)
        expect = (make("expects_else", Map(f"{ROUND}$http_expect", entries, "")),)
    server.open("if", bad).add("return", "400")
    emit_misdirected(low, number, server)
    if low.program.hosts[number].shape.limits.encoded_slashes.lower() == "off":
        server.open("if", *slash).add("return", "404")
    server.open("if", *expect).add("return", "417")

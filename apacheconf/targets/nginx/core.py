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
#: What is said of the longest line of a head.
_BUFFERED = "limitrequestline", "limitrequestfieldsize"
#: The size of nginx's first buffer, which takes what fits whatever is said of the others.
_SMALL_BUFFER = 1024
#: The size of its smallest one, that of a connection's pool.
_LEAST_BUFFER = 512
#: How often a regex of PCRE can say a sign.
_MOST_REPEATED = 65535
#: From here on nginx has so many variables of its own that a few dozen more don't fit its table well.
_MANY_VARIABLES = (1, 25)


def limits_of(limits: Limits) -> list[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    """nginx's directive, its words, and the httpd directives that it comes from (DEF-1 to DEF-16)."""
    keep_alive = seconds(limits.keep_alive_timeout) if limits.keep_alive else "0"
    requests = limits.max_keep_alive_requests + 1 if limits.max_keep_alive_requests else 1_000_000
    timeout = seconds(limits.timeout)
    line = _buffer(limits)
    return [
        ("client_max_body_size", ("0",), ()),
        *([("client_header_buffer_size", (line,), _BUFFERED)] if line.isdigit() and int(line) < _SMALL_BUFFER else []),
        ("large_client_header_buffers", (str(max(limits.request_fields, 4) or 100), line),
         (*_BUFFERED, "limitrequestfields")),
        ("client_header_timeout", (seconds(limits.header_timeout),), ("requestreadtimeout",)),
        ("client_body_timeout", (timeout,), ()),
        ("send_timeout", (timeout,), ("timeout",)),
        ("keepalive_timeout", (keep_alive,), ("keepalive", "keepalivetimeout")),
        ("keepalive_requests", (str(requests),), ("maxkeepaliverequests",)),
    ]  # fmt: skip


def seconds(value: float) -> str:
    """A duration as nginx reads it: whole seconds, else milliseconds."""
    return f"{value:g}s" if value == int(value) else f"{round(value * 1000)}ms"


def _longest(limits: Limits) -> int:
    """How long a line of a head may be, which nginx knows one size for; it starts with none that is very small."""
    return max(limits.request_line, limits.request_field_size, _LEAST_BUFFER - 3)


def _buffer(limits: Limits) -> str:
    """The size that holds such a line: httpd takes one byte more than it is told, and a line end is behind it."""
    longest = _longest(limits)
    return "8k" if longest == Limits().request_line else str(longest + 3)


def _line_too_long(limits: Limits) -> str:
    """What a request line begins with that is too long though nginx holds it; nothing where there is none."""
    shorter = limits.request_line < _longest(limits) and limits.request_line + 2 <= _MOST_REPEATED
    return f".{{{limits.request_line + 2}}}" if shorter else ""


def emit_limits(low: Lowering, host: Host, http: Block) -> None:
    """The limits of the main server, for all hosts."""
    for name, words, sources in limits_of(host.shape.limits):
        said_by = [each for source in sources for each in low.scopes.named(source)]
        claims = _limit_claims(said_by, host.shape.limits)
        http.add(name, *words, comment=low.sources.comment(said_by), claims=claims)
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
            claims = _limit_claims(said_by, host.shape.limits)
            server.add(name, *words, comment=low.sources.comment(said_by), claims=claims)
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


def _limit_claims(said_by: list[Written], limits: Limits) -> tuple[Claim, ...]:
    return tuple(_limit_claim(each, limits) for each in said_by)


def _limit_claim(line: Written, limits: Limits) -> Claim:
    if line.name.lower() in _BUFFERED and limits.request_field_size < _longest(limits):
        return approximated([line], "a field may be as long as the longest line", "long-fields")
    if line.name.lower() in _BUFFERED and limits.request_line < _longest(limits) and not _line_too_long(limits):
        return approximated([line], "a request line may be as long as a field", "long-fields")
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
    return [each for each in named.names if ".." not in each] + wild  # nginx refuses those, which nobody can ask for


def needs_regexes(found: list[Named]) -> bool:
    """Whether the wildcards of a set say more than nginx's own do."""
    return any(not is_suffix(pattern) for named in found for pattern in named.wild)


def emit_guards(low: Lowering, number: int, server: Block, asked_twice: bool) -> None:
    """What httpd refuses before it maps anything, in its order.

    ``asked_twice``: an error may lead to a path of this server, which nginx takes for a request of its own.
    """
    too_long = _line_too_long(low.program.hosts[number].shape.limits)
    long_line: tuple[str, ...] = ("$request", "~", f"^{too_long}")
    bad = low.maps.use("bad_request")
    slash: tuple[str, ...] = ("$request_uri", "~*", "^[^?]*%2f")
    expect: tuple[str, ...] = ("$http_expect", "!~*", "^(100-continue)?$")
    if asked_twice:
        make, no = low.maps.make, ("default", "")
        make(ROUND.strip("$"), Map("", (no,), "how often a path has been asked for"))
        server.add("set", ROUND, f".{ROUND}")
        bad = make("is_bad", Map(f"{ROUND}{bad}", ((".1", "1"), no), "only what a client asks is refused"))
        if too_long:
            long_line = (make("is_long", Map(f"{ROUND}$request", ((rf"~^\.{too_long}", "1"), no), "")),)
        slash = (make("has_slash", Map(f"{ROUND}$request_uri", ((r"~*^\.[^.?][^?]*%2f", "1"), no), "")),)
        entries = ((r"~*^\.(?:100-continue|\.+.*)?$", ""), (r"~^\.", "1"), no)
        expect = (make("expects_else", Map(f"{ROUND}$http_expect", entries, "")),)
    if too_long:
        server.open("if", *long_line).add("return", "414")
    server.open("if", bad).add("return", "400")
    emit_misdirected(low, number, server)
    if low.program.hosts[number].shape.limits.encoded_slashes.lower() == "off":
        server.open("if", *slash).add("return", "404")
    server.open("if", *expect).add("return", "417")

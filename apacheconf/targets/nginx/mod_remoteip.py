"""mod_remoteip in nginx: whom a server believes about the client's address (NGX-64, NGX-191, RI-1 to RI-5)."""

from __future__ import annotations

from apacheconf.program.hosts import Host
from apacheconf.targets.claims import Claim, approximated, equivalent, exact, unsupported
from apacheconf.targets.nginx.lowering import Lowering
from apacheconf.targets.nginx.maps import Map
from apacheconf.targets.nginx.tree import Block
from apacheconf.targets.restrictions import words_in

_EVERYBODY = ("0.0.0.0/0", "::/0")
_PRIVATE = "a private address that a proxy on the outside names is believed, too; httpd stops before it"
_TWO = "nginx takes the address from the PROXY protocol or from a header, and not from one after the other"
_EXCEPTED = "nginx has no exceptions: who speaks no PROXY protocol is refused"
_FORMS = "an address with a port is believed, too, which httpd takes for none, and an empty header is not handed on"
_FIRST = "of several lines of the header only the first counts, which a client may have written"
_FORWARDED = "X-Forwarded-For"


def emit_remote_ip(low: Lowering, host: Host, server: Block) -> None:
    """The proxies that a server believes, and the header where they name the client."""
    rules = host.remote_ip
    if host.preamble is not None:
        _emit_proxy_protocol(low, host, server)
    elif rules is not None:
        server.space()
        for network in dict(rules.trusted) or _EVERYBODY:
            server.add("set_real_ip_from", network)
        claims = tuple(_claim(low, host, name) for name in _LINES)
        server.add("real_ip_header", rules.header, claims=claims)
        server.add("real_ip_recursive", "on")


#: The directives about a header that names the client.
_LINES = ("remoteipheader", "remoteipinternalproxy", "remoteipinternalproxylist", "remoteiptrustedproxy",
          "remoteiptrustedproxylist", "remoteipproxiesheader")  # fmt: skip


def _claim(low: Lowering, host: Host, name: str) -> Claim:
    said_by = [*low.scopes.named(name), *(each for each in low.scopes.own(host) if each.name.lower() == name)]
    if name == "remoteipproxiesheader":
        return unsupported(said_by, "nginx doesn't write down the proxies on the way", "proxies-header")
    trusted = host.remote_ip.trusted if host.remote_ip else ()
    inside = bool(trusted) and all(internal for _, internal in trusted)
    if "trusted" in name or (name == "remoteipheader" and not inside):
        return approximated(said_by, _PRIVATE, "private-client")
    if name != "remoteipheader":
        return exact(said_by)
    one_line = host.remote_ip is not None and host.remote_ip.header.lower() != _FORWARDED.lower()
    return approximated(said_by, f"{_FORMS}; {_FIRST}" if one_line else _FORMS, "empty-client")


def _emit_proxy_protocol(low: Lowering, host: Host, server: Block) -> None:
    own = [*low.scopes.top, *low.scopes.own(host)]
    on = [each for each in own if each.name.lower() == "remoteipproxyprotocol" and words_in(each.args) != ["off"]]
    claims = [equivalent(on, "connections without it are answered with 400, not dropped", "proxy-protocol")]
    if host.preamble:
        excepted = [each for each in own if each.name.lower() == "remoteipproxyprotocolexceptions"]
        claims = [unsupported([*on, *excepted], _EXCEPTED, "proxy-protocol-exceptions")]
    if host.remote_ip is not None:
        claims += [unsupported([each for each in own if each.name.lower() in _LINES], _TWO, "two-clients")]
    server.space()
    for network in _EVERYBODY:
        server.add("set_real_ip_from", network)
    server.add("real_ip_header", "proxy_protocol", claims=tuple(claims))


def what_is_left(low: Lowering, host: Host, name: str) -> str | None:
    """The word of a header of the request of which mod_remoteip has taken what it believed; None for other headers."""
    rules = host.remote_ip
    if rules is None or host.preamble is not None or name.lower() != rules.header.lower():
        return None
    variable = name.lower().replace("-", "_")
    networks = tuple((each, "1") for each in dict(rules.trusted) or _EVERYBODY)
    believed = low.maps.make("believed", Map("$remote_addr", (("default", "0"), *networks), "", kind="geo"))
    # Who is believed and still the client has nobody before it: its address is the first of its kind, else the last.
    # It may be the very one that has connected, if all on the way are believed; else that address was not replaced.
    entries = (
        (r"~*^1 (?<hop>\S+) \k<hop> \k<hop>(?: *, *[0-9A-Fa-f:.]+)*$", ""),
        (r"~^. (?<hop>\S+) \k<hop> (?<all>.*)$", "$all"),
        (r"~*^1 (?<first>\S+) \S+ (?:(?<before>.*?),)?? *\k<first> *(?:,.*)?$", "$before"),
        (r"~*^0 (?<last>\S+) \S+ (?:(?<left>.*),)? *\k<last> *(?:,.*)?$", "$left"),
        (r"~^0 \S+ \S+ (?:(?<before_it>.*),)?[^,]*$", "$before_it"),  # which was written in another form
    )
    source = f"{believed} $remote_addr $realip_remote_addr $http_{variable}"
    why = f"{name} without the addresses that were believed"
    return low.maps.make(f"left_of_{variable}", Map(source, entries, why))


def forwarded_for(low: Lowering, host: Host) -> str:
    """X-Forwarded-For with the client behind what is left of it."""
    left = what_is_left(low, host, _FORWARDED)
    if left is None:
        return "$proxy_add_x_forwarded_for"
    entries = (("", "$remote_addr"), ("default", f"{left}, $remote_addr"))
    return low.maps.make("forwarded_for", Map(left, entries, ""))

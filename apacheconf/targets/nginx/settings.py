"""Settings of a host that show in many lines or in none: what became of each, said once for the host."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from apacheconf.ledger import Outcome, Written
from apacheconf.program.hosts import Host
from apacheconf.program.mod_proxy_fcgi import is_fcgi
from apacheconf.targets.choices import Place, routes_in
from apacheconf.targets.claims import Claim, approximated, equivalent, exact, unsupported
from apacheconf.targets.hostnames import NO_DNS
from apacheconf.targets.nginx import interpolation, slashes, via
from apacheconf.targets.nginx.lowering import Lowering
from apacheconf.targets.restrictions import words_in
from apacheconf.targets.scopes import children_of

_NOBODY = "no origin is asked here"
_NEVER = "nginx never does it"
_OFFERED = "HTTP/2 in plain text is not spoken: clients stay with HTTP/1.1"
_PUSHED = "nothing is sent ahead of the answer: clients ask for what they need"
_NAMELESS = "a request without Host gets the first host of its address, whatever its path"
_HOMES = "whose home is where is asked at the time of a request: a path with ~ is one like all others"
#: SSLOptions that are about variables, which origins that speak HTTP don't see, or about rules of access.
_ABOUT_VARIABLES = frozenset({"stdenvvars", "exportcertdata", "exportbothcertdata", "legacydnstringformat",
                              "strictrequire", "optrenegotiate"})  # fmt: skip

#: Settings that are written once for a host, whatever its sections say.
_FOR_ALL = frozenset({"usecanonicalname", "usecanonicalphysicalport"})

Settle = Callable[[Host, Written, bool], Claim | None]


def settle(low: Lowering, host: Host, proxied: bool, found: list[Place]) -> None:
    """Claims of the settings of a host; ``proxied`` says that it asks any origin, ``found`` what its paths come to."""
    scripts = any(is_fcgi(low.program.origins[number]) for number in host.origins)
    outside = {id(each) for each in low.scopes.within(host)}
    for each in _within(low.scopes.within(host)):
        name = each.name.lower()
        if scripts and name == "ssloptions":
            continue  # scripts see the variables
        if name in _FOR_ALL and id(each) not in outside:
            continue  # a host calls itself one name
        claim = _SETTLED[name](host, each, proxied) if name in _SETTLED else None
        if name == "allowencodedslashes" and _words(each) == ["nodecode"]:
            claim = slashes.claim_of(low, found, each)
        if name == "proxypassinterpolateenv" and _words(each) == ["on"]:
            claim = interpolation.claim_of(routes_in(found), each)
        if claim is not None:
            low.dropped.append(claim)


def _within(lines: tuple[Written, ...]) -> Iterator[Written]:
    """The lines, and those of the sections among them, without virtual hosts."""
    for each in lines:
        yield each
        if each.name.lower() != "virtualhost":
            yield from _within(children_of(each))


def _if_proxied(host: Host, each: Written, proxied: bool) -> Claim:
    return exact([each]) if proxied else Claim((each,), Outcome.NO_EFFECT, _NOBODY)


def _canonical(host: Host, each: Written, proxied: bool) -> Claim | None:
    if _words(each) == ["dns"]:
        return approximated([each], NO_DNS, "canonical-dns")
    return exact([each]) if _words(each) == ["on"] else None  # NGX-18


def _server_path(host: Host, each: Written, proxied: bool) -> Claim:
    return approximated([each], _NAMELESS, "server-path")  # NGX-17


def _user_dir(host: Host, each: Written, proxied: bool) -> Claim:
    return unsupported([each], _HOMES, "user-dir")


def _via(host: Host, each: Written, proxied: bool) -> Claim | None:
    if _words(each) == ["off"]:
        return None
    return via.claim_of(host, each) if proxied else Claim((each,), Outcome.NO_EFFECT, _NOBODY)


def _encoded_slashes(host: Host, each: Written, proxied: bool) -> Claim:
    return exact([each])  # NGX-40, NGX-48


def _off(host: Host, each: Written, proxied: bool) -> Claim | None:
    return Claim((each,), Outcome.EXACT, _NEVER) if _words(each) == ["off"] else None


def _no_limit(host: Host, each: Written, proxied: bool) -> Claim | None:
    return Claim((each,), Outcome.NO_EFFECT, "nginx is told to limit no body") if _words(each) == ["0"] else None


def _tls_options(host: Host, each: Written, proxied: bool) -> Claim | None:
    if {word.lstrip("+-") for word in _words(each)} <= _ABOUT_VARIABLES:
        why = "origins don't see the variables; what reads one here says so itself"
        return Claim((each,), Outcome.NO_EFFECT, why, "unread-variable")
    return None


def _ahead(host: Host, each: Written, proxied: bool) -> Claim:
    return exact([each]) if _words(each) == ["off"] else equivalent([each], _PUSHED, "nothing-ahead")


def _protocols(host: Host, each: Written, proxied: bool) -> Claim | None:
    """What is spoken over TLS its server says (NGX-186)."""
    return equivalent([each], _OFFERED, "offer") if "h2c" in _words(each) else None


def _words(each: Written) -> list[str]:
    return [word.lower() for word in words_in(each.args)]


_SETTLED: dict[str, Settle] = {
    "proxytimeout": _if_proxied, "proxyaddheaders": _if_proxied, "usecanonicalname": _canonical, "proxyvia": _via,
    "usecanonicalphysicalport": _canonical, "allowencodedslashes": _encoded_slashes, "traceenable": _off,
    "limitrequestbody": _no_limit, "serverpath": _server_path, "userdir": _user_dir,
    "sslcompression": _off, "sslinsecurerenegotiation": _off, "ssloptions": _tls_options, "h2push": _ahead,
    "h2pushresource": _ahead, "h2earlyhints": _ahead, "protocols": _protocols,
}  # fmt: skip

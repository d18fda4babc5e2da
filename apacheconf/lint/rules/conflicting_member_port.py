"""A member or target whose port doesn't go with the rest: none beside members that name one, or the other scheme's.

Two slips look alike. A member without port among members with one goes to the scheme's default (80 for http, 443
for https), which is seldom where the application listens. And ``http://`` with port 443, or ``https://`` with port
80, speaks plain text to a TLS port or the reverse: no request succeeds.

Example:

    <Proxy "balancer://mycluster">
        BalancerMember "http://10.0.0.1:8080"
        BalancerMember "http://10.0.0.2"
    </Proxy>

Write instead: the port on every member, also when it is 80.

    BalancerMember "http://10.0.0.2:8080"
"""

from __future__ import annotations

from collections.abc import Iterator

from apacheconf.diagnostics import Diagnostic, Level
from apacheconf.lint.parts import BalancerView, Member
from apacheconf.lint.rule import Rule, whereabouts
from apacheconf.lint.urls import Url
from apacheconf.lint.view import View

RULE = Rule("conflicting-member-port", Level.WARNING)

_OTHERS_PORT = {"http": 443, "ws": 443, "https": 80, "wss": 80}
_OTHER_SCHEME = {"http": "https", "ws": "wss", "https": "http", "wss": "ws"}
_DEFAULTS = {"http": 80, "ws": 80, "https": 443, "wss": 443, "ajp": 8009, "fcgi": 8000}


def check(view: View) -> Iterator[Diagnostic]:
    for server in view.model.servers:
        for target in view.targets(server):
            if _speaks_wrong(target.url):
                yield RULE.finding(target.node, _wrong(target.url), _help(target.url), word=target.word)
        for balancer in view.balancers(server).values():
            for member in balancer.members:
                yield from _check_member(member, balancer)


def _speaks_wrong(url: Url) -> bool:
    return not url.socket and url.port is not None and _OTHERS_PORT.get(url.scheme) == url.port


def _wrong(url: Url) -> str:
    return f"{url.scheme}:// with port {url.port}, which is the port of {_OTHER_SCHEME[url.scheme]}"


def _help(url: Url) -> str:
    return f"write {_OTHER_SCHEME[url.scheme]}://{url.host}, or the port that the origin really listens on"


def _check_member(member: Member, balancer: BalancerView) -> Iterator[Diagnostic]:
    url = Url.of(member.url)
    if url.socket or url.port is not None or url.scheme not in _DEFAULTS:
        return
    for other in balancer.members:
        if _same_kind(Url.of(other.url), url):
            yield _portless(member, url, other)
            return


def _portless(member: Member, url: Url, other: Member) -> Diagnostic:
    default, port = _DEFAULTS[url.scheme], Url.of(other.url).port
    at = whereabouts(other.node, member.node)
    message = f"{member.url} has no port and means {default}, while the member at {at} names port {port}"
    help = f"write the port: {url.scheme}://{url.host}:{port}{url.path}, or :{default} if that is meant"
    return RULE.finding(member.node, message, help, word=member.url_word)


def _same_kind(other: Url, url: Url) -> bool:
    """A member of the same scheme whose port isn't the scheme's default: that one says it on purpose."""
    return other.scheme == url.scheme and not other.socket and other.port not in (None, _DEFAULTS[url.scheme])

"""A ProxyPass whose path ends with a slash while its target does not, or the other way round.

mod_proxy cuts the matched path off and appends the rest to the target as plain text (PP-6). If only one of the
two ends with a slash, the origin is asked for a path that nobody meant: a slash is lost or doubled. When the
target has no path at all, the rest becomes part of the host name and every request below the path fails with
status 500 (PP-6f). A member's URL comes before the path of the balancer's (BP-16), so it has no slash at its end.

Example:

    ProxyPass "/app/" "http://10.0.0.1/b"     # /app/x becomes /bx
    ProxyPass "/app"  "http://10.0.0.1/b/"    # /app/x becomes /b//x
    ProxyPass "/"     "http://10.0.0.1:8080"  # /x asks the host 10.0.0.1:8080x
    BalancerMember    "http://10.0.0.1:8080/" # /x becomes //x

Write instead: both with the slash or both without.

    ProxyPass "/app/" "http://10.0.0.1/b/"
    ProxyPass "/app"  "http://10.0.0.1/b"
    ProxyPass "/"     "http://10.0.0.1:8080/"
    BalancerMember    "http://10.0.0.1:8080"
"""

from __future__ import annotations

from collections.abc import Iterator

from apacheconf.diagnostics import Diagnostic, Level
from apacheconf.lint.parts import BalancerView, Mapping, balancer_name
from apacheconf.lint.rule import Rule
from apacheconf.lint.urls import Url
from apacheconf.lint.view import View

RULE = Rule("trailing-slash-mismatch", Level.WARNING)


def check(view: View) -> Iterator[Diagnostic]:
    for server in view.model.servers:
        for mapping in view.own_mappings(server):
            if mapping.is_prefix and not mapping.is_exclusion:
                yield from _compare(mapping)
            if mapping.url.path.startswith("/"):
                yield from _compare_members(view.balancers(server).get(balancer_name(mapping.target)))


def _compare(mapping: Mapping) -> Iterator[Diagnostic]:
    path, url = mapping.path, mapping.url
    wants_slash, has_slash = path.endswith("/"), url.path.endswith("/")
    if wants_slash and not url.path:
        message = (
            f"{mapping.target} has no slash after the host: a request for {path}x would go to "
            f"{url.authority}x, which is no host of yours, and fail with status 500"
        )
        yield _finding(mapping, message, url.with_path("/"), Level.ERROR)
    elif wants_slash and not has_slash:
        message = f"{path} ends with a slash and {mapping.target} does not: {path}x becomes {url.path}x"
        yield _finding(mapping, message, url.with_path(url.path + "/"), Level.WARNING)
    elif has_slash and not wants_slash:
        message = f"{mapping.target} ends with a slash and {path} does not: {path}/x becomes {url.path}/x"
        yield _finding(mapping, message, url.with_path(url.path[:-1]), Level.WARNING)


def _compare_members(balancer: BalancerView | None) -> Iterator[Diagnostic]:
    for member in balancer.members if balancer else ():
        url = Url.of(member.url)
        if url.path.endswith("/"):
            message = f"{member.url} ends with a slash, and what is appended begins with one: /x becomes {url.path}/x"
            help = f'write BalancerMember "{url.with_path(url.path[:-1])}"'
            yield RULE.finding(member.node, message, help, word=member.url_word)


def _finding(mapping: Mapping, message: str, target: str, level: Level) -> Diagnostic:
    help = f"write {mapping.written(mapping.path, target)}"
    return RULE.finding(mapping.node, message, help, word=mapping.target_word, level=level)

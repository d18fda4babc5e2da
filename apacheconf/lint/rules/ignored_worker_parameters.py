"""Worker parameters that httpd ignores, because an earlier line has made the worker already.

Workers are shared: when the target of a ProxyPass begins with the URL of a worker of the same server that exists
already, no new one is made and the parameters of this line are dropped with ``AH01146`` (WK-3). The same happens
with ``AH01150`` to a BalancerMember whose URL begins with that of an earlier member: it becomes no member of its own.

Example:

    ProxyPass "/a" "http://10.0.0.1/"  timeout=10
    ProxyPass "/b" "http://10.0.0.1/b" timeout=300    # stays 10

Write instead: the longer URL first, or the parameters once, where the worker is made.

    ProxyPass "/b" "http://10.0.0.1/b" timeout=300
    ProxyPass "/a" "http://10.0.0.1/"  timeout=10
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from apacheconf.diagnostics import Diagnostic, Level
from apacheconf.ledger import Written
from apacheconf.lint.parts import balancer_name
from apacheconf.lint.rule import Rule, parameter_word, whereabouts
from apacheconf.lint.urls import Url
from apacheconf.lint.view import View
from apacheconf.modules.mod_proxy import BalancerMember, ProxyPass, ProxySet
from apacheconf.syntax.words import split

RULE = Rule("ignored-worker-parameters", Level.WARNING)

_DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}
#: Of the mapping, not of the worker: they hold however the worker came to be.
_OF_THE_MAPPING = frozenset({"mapping"})


@dataclass(frozen=True, slots=True)
class _Made:
    """A worker that exists: its name as httpd keeps it, and the line that made it."""

    name: str
    node: Written


def check(view: View) -> Iterator[Diagnostic]:
    for server in view.model.servers:
        made: dict[str, list[_Made]] = {}
        for entry, node in view.own_definitions(server):
            url, owner = _worker(entry)
            if not url or "$" in url:
                continue
            workers = made.setdefault(owner, [])
            maker = _shares(Url.of(url), workers)
            if maker is None:
                workers.append(_Made(_kept_name(Url.of(url)), node))
            elif not isinstance(entry, ProxySet):
                yield from _ignored(entry, node, maker.node)


def _worker(entry: ProxyPass | BalancerMember | ProxySet) -> tuple[str, str]:
    """The URL of the worker that ``entry`` makes or meets, and the balancer that owns it (empty: none)."""
    if isinstance(entry, BalancerMember):
        return entry.url, balancer_name(entry.balancer)
    url = entry.target if isinstance(entry, ProxyPass) else entry.url
    return ("" if url == "!" or balancer_name(url) else url), ""


def _kept_name(url: Url) -> str:
    """WK-1: scheme and host in lower case, a default port dropped; the socket is not part of it (seen on 2.4.71)."""
    port = "" if url.port in (None, _DEFAULT_PORTS.get(url.scheme)) else f":{url.port}"
    return f"{url.scheme}://{url.host}{port}{url.path}"


def _shares(url: Url, workers: Iterable[_Made]) -> _Made | None:
    """The worker with the longest name that the URL as typed begins with, its whole authority at least (WK-2)."""
    authority = f"{url.scheme}://{url.authority.lower()}"
    typed = authority + url.path
    fitting = [each for each in workers if len(each.name) >= len(authority) and typed.startswith(each.name)]
    return max(fitting, key=lambda each: len(each.name), default=None)


def _ignored(entry: ProxyPass | BalancerMember, node: Written, maker: Written) -> Iterator[Diagnostic]:
    at = whereabouts(maker, node)
    if isinstance(entry, BalancerMember):
        message = f"{entry.url} is no member of its own: it shares the worker that {at} made (AH01150)"
        help = "give each member a URL that doesn't begin with another member's"
        yield RULE.finding(node, message, help, word=1 if balancer_name(split(node.args)[0]) else 0)
        return
    keys = [key for key, _ in entry.parameters if key not in _OF_THE_MAPPING]
    if keys:
        listed = ", ".join(keys)
        message = f"ignored here: {listed}; {entry.target} shares the worker that {at} made (AH01146)"
        help = f"set them at {at}, or put the line with the longer URL first"
        yield RULE.finding(node, message, help, word=parameter_word(node, keys[0]))

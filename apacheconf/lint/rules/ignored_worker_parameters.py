"""Worker parameters that httpd ignores, because an earlier line has made the worker already.

Workers are shared: when the target of a ProxyPass begins with the URL of a worker of the same server that exists
already, no new one is made and the parameters of this line are dropped with ``AH01146`` (WK-3). The same happens
to a BalancerMember whose URL begins with that of an earlier member: it becomes no member of its own.

Example:

    ProxyPass "/a" "http://10.0.0.1/"  timeout=10
    ProxyPass "/b" "http://10.0.0.1/b" timeout=300    # stays 10

Write instead: the longer URL first, or the parameters once, where the worker is made.

    ProxyPass "/b" "http://10.0.0.1/b" timeout=300
    ProxyPass "/a" "http://10.0.0.1/"  timeout=10
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from apacheconf.diagnostics import Diagnostic, Level
from apacheconf.ledger import Written
from apacheconf.lint.rule import NAME, Rule, whereabouts
from apacheconf.lint.urls import Url
from apacheconf.lint.view import View, balancer_name
from apacheconf.modules.mod_proxy import BalancerMember, ProxyPass, ProxySet
from apacheconf.syntax.words import split

RULE = Rule("ignored-worker-parameters", Level.WARNING)

_DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}
#: Of the mapping, not of the worker: they hold however the worker came to be.
_OF_THE_MAPPING = frozenset({"mapping"})


def check(view: View) -> Iterator[Diagnostic]:
    for server in view.model.servers:
        made: dict[str, list[tuple[str, Written]]] = {}
        for entry, node in view.own_definitions(server):
            url, owner = _worker(entry)
            if not url or "$" in url:
                continue
            workers = made.setdefault(owner, [])
            name = _identity(url)
            maker = _shares(name, workers)
            if maker is None:
                workers.append((name, node))
            elif not isinstance(entry, ProxySet):
                yield from _ignored(entry, node, maker)


def _worker(entry: ProxyPass | BalancerMember | ProxySet) -> tuple[str, str]:
    """The URL of the worker that ``entry`` makes or meets, and the balancer that owns it (empty: none)."""
    if isinstance(entry, BalancerMember):
        return entry.url, balancer_name(entry.balancer)
    url = entry.target if isinstance(entry, ProxyPass) else entry.url
    return ("" if url == "!" or balancer_name(url) else url), ""


def _identity(url: str) -> str:
    """WK-1: scheme and host in lower case, a default port dropped, the path kept."""
    parts = Url.of(url)
    port = "" if parts.port in (None, _DEFAULT_PORTS.get(parts.scheme)) else f":{parts.port}"
    socket = f"{parts.socket}|" if parts.socket else ""
    return f"{socket}{parts.scheme}://{parts.host}{port}{parts.path}"


def _shares(name: str, workers: Sequence[tuple[str, Written]]) -> Written | None:
    """The maker of the worker with the longest name that ``name`` begins with (WK-2)."""
    fitting = [(len(other), node) for other, node in workers if name.startswith(other)]
    return max(fitting, key=lambda found: found[0])[1] if fitting else None


def _ignored(entry: ProxyPass | BalancerMember, node: Written, maker: Written) -> Iterator[Diagnostic]:
    at = whereabouts(maker, node)
    if isinstance(entry, BalancerMember):
        message = f"{entry.url} is no member of its own: it shares the worker that {at} made"
        yield RULE.finding(node, message, "give each member a URL that doesn't begin with another member's")
        return
    keys = [key for key, _ in entry.parameters if key not in _OF_THE_MAPPING]
    if keys:
        listed = ", ".join(keys)
        message = f"ignored here: {listed}; {entry.target} shares the worker that {at} made (AH01146)"
        help = f"set them at {at}, or put the line with the longer URL first"
        yield RULE.finding(node, message, help, word=_word_of(node, keys[0]))


def _word_of(node: Written, key: str) -> int:
    words = [word.lower() for word in split(node.args)]
    return next((number for number, word in enumerate(words) if word.startswith(f"{key}=")), NAME)

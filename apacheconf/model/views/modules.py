"""Which modules are loaded (``httpd -M``), and which ones the directives need."""

from __future__ import annotations

from collections.abc import Iterator

from apacheconf.expand.known import COMPILED_IN
from apacheconf.expand.tree import Absence, Expanded, Node
from apacheconf.model.bound import Bound
from apacheconf.model.types import Model
from apacheconf.modules import registry
from apacheconf.modules.mod_authz_core import PROVIDERS
from apacheconf.modules.proxy_parameters import HCHECK
from apacheconf.syntax.words import split


def modules(model: Model | Bound | Expanded) -> str:
    """What ``httpd -M`` prints (CLI-7). A fragment shows what it loads itself."""
    loaded = _expanded(model).modules
    kinds = ((name, "static" if name in COMPILED_IN else "shared") for name in loaded)
    return "Loaded Modules:\n" + "".join(f" {name} ({kind})\n" for name, kind in kinds)


def needed_modules(model: Model | Bound | Expanded) -> str:
    """Each module that some directive needs: loaded, compiled in, or missing, and the first directive that needs it.

    ``proxy_module     loaded    ProxyPass at site.conf:3``. Modules that a URL's scheme or an lbmethod asks for
    count too. In a fragment nothing is missing: the server that includes it decides.
    """
    expanded = _expanded(model)
    needs = needed(expanded)
    width = max(map(len, needs), default=0)
    lines = []
    for module, (node, why) in needs.items():
        state = "compiled in" if module in COMPILED_IN else "loaded" if module in expanded.modules else "missing"
        if state == "missing" and expanded.fragment:
            state = "needed"
        lines.append(f"{module:<{width}}  {state:<11}  {why} at {node.place.name}:{node.place.line}\n")
    return "".join(lines)


def needed(expanded: Expanded) -> dict[str, tuple[Node, str]]:
    """Module identifier to the first directive that needs it, and in which word.

    What was done while reading (Macro, Use, IfVersion, LoadModule) needs its module too.
    """
    found: dict[str, tuple[Node, str]] = {}
    for node in (*expanded.walk(), *_executed(expanded)):
        for module, why in _needs(node, expanded):
            found.setdefault(module, (node, why))
    return found


def _executed(expanded: Expanded) -> Iterator[Node]:
    for each in expanded.absent:
        if each.why is Absence.EXECUTED:
            is_section = not registry.providers(each.name, False)
            yield Node(each.name, each.args, each.place, () if is_section else None)


def _needs(node: Node, expanded: Expanded) -> Iterator[tuple[str, str]]:
    providers = registry.providers(node.name, node.is_section)
    if providers:
        identifiers = list(map(registry.identifier, providers))
        loaded = [each for each in identifiers if each in expanded.modules]
        yield (loaded or identifiers)[0], f"<{node.name}>" if node.is_section else node.name
    elif third := registry.third_party(node.name):
        loaded = [each for each in third.identifiers if each in expanded.modules]
        yield (loaded or list(third.identifiers))[0], node.name
    if node.name.lower() in _URL_DIRECTIVES:
        yield from _needs_of_url(node)
    if node.name.lower() == "require":
        provider = next((word for word in split(node.args) if word.lower() != "not"), "")
        if provider in PROVIDERS:
            yield registry.identifier(PROVIDERS[provider]), f"Require {provider}"


_URL_DIRECTIVES = frozenset({"proxypass", "proxypassmatch", "balancermember", "proxyset", "proxy"})
#: What a scheme in a worker's URL needs beside mod_proxy.
_SCHEMES = {
    "http": "proxy_http_module",
    "https": "proxy_http_module",
    "ws": "proxy_http_module",
    "wss": "proxy_http_module",
    "ajp": "proxy_ajp_module",
    "fcgi": "proxy_fcgi_module",
    "scgi": "proxy_scgi_module",
    "uwsgi": "proxy_uwsgi_module",
    "h2": "proxy_http2_module",
    "h2c": "proxy_http2_module",
    "ftp": "proxy_ftp_module",
    "balancer": "proxy_balancer_module",
}


def _needs_of_url(node: Node) -> Iterator[tuple[str, str]]:
    for word in node.args.replace('"', " ").replace("'", " ").replace("|", " ").split():
        scheme, separator, _ = word.partition("://")
        if separator and scheme.lower() in _SCHEMES:
            yield _SCHEMES[scheme.lower()], word
            if scheme.lower() == "balancer" and "lbmethod=" not in node.args.lower():
                yield "lbmethod_byrequests_module", word
                yield "slotmem_shm_module", word
        key, equals, value = word.partition("=")
        if equals and key.lower() == "lbmethod":
            yield f"lbmethod_{value.lower()}_module", word
        elif equals and key.lower() in HCHECK:
            yield "watchdog_module", word
            yield "proxy_hcheck_module", word


def _expanded(model: Model | Bound | Expanded) -> Expanded:
    return model if isinstance(model, Expanded) else model.expanded

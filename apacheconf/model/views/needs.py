"""Which modules a directive needs: its own, and those that a word names (a scheme, a handler, a filter, a provider)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from apacheconf.expand.tree import Expanded, Node
from apacheconf.modules import registry
from apacheconf.modules.mod_authn_core import PROVIDERS as AUTHN_PROVIDERS
from apacheconf.modules.mod_authz_core import PROVIDERS
from apacheconf.modules.mod_filter import FILTERS
from apacheconf.modules.proxy_parameters import HCHECK
from apacheconf.syntax.words import split

#: A module's identifier, and the word that asks for it.
Need = tuple[str, str]

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
#: Handlers that modules bring under names of their own.
_HANDLERS = {
    "server-status": "status_module",
    "server-info": "info_module",
    "balancer-manager": "proxy_balancer_module",
    "ldap-status": "ldap_module",
    "fcgid-script": "fcgid_module",
    "send-as-is": "asis_module",
    "type-map": "negotiation_module",
}
_AUTH_TYPES = {"basic": "auth_basic_module", "digest": "auth_digest_module", "form": "auth_form_module"}
_USERS = frozenset(("file", "dbm", "dbd", "anon", "socache"))
_PROXIED = re.compile(r"\[(?:[^]]*,)?\s*(?:P|proxy)\s*(?:,[^]]*)?\]\s*$", re.IGNORECASE)


def needs(node: Node, expanded: Expanded) -> Iterator[Need]:
    """The modules that ``node`` needs; of several that have the directive the one that is loaded."""
    providers = registry.providers(node.name, node.is_section)
    if providers:
        identifiers = list(map(registry.identifier, providers))
        loaded = [each for each in identifiers if each in expanded.modules]
        yield (loaded or identifiers)[0], f"<{node.name}>" if node.is_section else node.name
    elif third := registry.third_party(node.name):
        loaded = [each for each in third.identifiers if each in expanded.modules]
        yield (loaded or list(third.identifiers))[0], node.name
    by_words = _BY_WORDS.get(node.name.lower())
    if by_words is not None:
        yield from by_words(node)


def _of_url(node: Node) -> Iterator[Need]:
    for word in node.args.replace('"', " ").replace("'", " ").replace("|", " ").split():
        scheme, separator, rest = word.removeprefix("proxy:").partition(":")
        if separator and rest[:2] in ("//", "") and scheme.lower() in _SCHEMES:  # http: may follow a socket
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


def _of_rule(node: Node) -> Iterator[Need]:
    flags = _PROXIED.search(node.args)
    if flags:
        yield "proxy_module", flags[0].strip()
        yield from _of_url(node)


def _of_handler(node: Node) -> Iterator[Need]:
    word = next(iter(split(node.args)), "")
    if word.lower().startswith("proxy:"):
        yield "proxy_module", word
        yield from _of_url(node)
    elif word.lower() in _HANDLERS:
        yield _HANDLERS[word.lower()], word


def _of_requirement(node: Node) -> Iterator[Need]:
    provider = next((word for word in split(node.args) if word.lower() != "not"), "")
    if provider in PROVIDERS:
        yield registry.identifier(PROVIDERS[provider]), f"Require {provider}"


def _of_auth_type(node: Node) -> Iterator[Need]:
    for word in split(node.args)[:1]:
        if word.lower() in _AUTH_TYPES:
            yield _AUTH_TYPES[word.lower()], f"AuthType {word}"


def _of_users(node: Node) -> Iterator[Need]:
    for word in split(node.args):
        if word in _USERS:
            yield f"authn_{word}_module", f"{node.name} {word}"
        elif word == "ldap":
            yield "authnz_ldap_module", f"{node.name} {word}"


def _of_alias(node: Node) -> Iterator[Need]:
    """An alias of a provider of users or of access."""
    known: dict[str, str] = {**AUTHN_PROVIDERS, **PROVIDERS}
    for word in split(node.args)[:1]:
        if word in known:
            yield registry.identifier(known[word]), f"<{node.name} {word}>"


def _of_filters(node: Node) -> Iterator[Need]:
    for word in split(node.args)[:1]:
        for name in word.split(";"):
            module = FILTERS.get(name.lower(), "core")
            if module != "core":
                yield registry.identifier(module), name


_BY_WORDS: dict[str, Callable[[Node], Iterator[Need]]] = {
    **dict.fromkeys(("proxypass", "proxypassmatch", "balancermember", "proxyset", "proxy"), _of_url),
    **dict.fromkeys(("authnprovideralias", "authzprovideralias"), _of_alias),
    "rewriterule": _of_rule,
    "sethandler": _of_handler,
    "addhandler": _of_handler,
    "require": _of_requirement,
    "authtype": _of_auth_type,
    **dict.fromkeys(("authbasicprovider", "authdigestprovider", "authformprovider"), _of_users),
    **dict.fromkeys(("setoutputfilter", "addoutputfilter", "addoutputfilterbytype", "setinputfilter"), _of_filters),
}

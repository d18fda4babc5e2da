"""Every directive and module we know by name, and what is declared of them.

``spec`` gives the row of a directive: the module file's own declaration if there is one, else a generic row out of
``directives.json`` (argument type, contexts, help; its value is kept unchecked). Both are made on first use: a
configuration uses forty names out of 838.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

from apacheconf.modules.declare import (
    SECTIONS,
    SERVERS,
    Args,
    Context,
    Fate,
    Module,
    Spec,
)
from apacheconf.modules.fates import fate_of_module, fate_of_undeclared, restricts

_HERE = Path(__file__).parent
#: Directives that several MPMs have are declared in one file.
_MPMS = frozenset({"event", "worker", "prefork"})
_REFUSALS = {
    "V": Context.VHOST,
    "D": Context.DIRECTORY,
    "O": Context.LOCATION,
    "F": Context.FILES,
    "I": Context.IF,
    "P": Context.PROXY,
    "L": Context.LIMIT,
    "R": Context.REQUIRE,
}


class Row(NamedTuple):
    """A row of ``directives.json``; ``allowed`` and ``refused`` are letters (see ``generate``)."""

    spelling: str
    modules: list[str]
    args: str | None
    allowed: str
    refused: str
    override: list[str]
    exec_on_read: int
    help: str

    @property
    def contexts_by_bits(self) -> Context:
        """Where httpd's permission bits allow it (STR-2); handlers may still refuse (DIR-1)."""
        contexts = Context(0)
        if "o" in self.allowed:
            contexts |= SERVERS
        if "i" in self.allowed:
            contexts |= SECTIONS | Context.LIMIT
            if "AuthConfig" in self.override or "All" in self.override:
                contexts |= Context.REQUIRE
        if self.spelling.startswith("SSLProxy"):  # the bit PROXY_CONF, which httpd -L doesn't print
            contexts |= Context.PROXY
        return contexts | Context.HTACCESS if "h" in self.allowed else contexts

    @property
    def contexts(self) -> Context:
        contexts = self.contexts_by_bits
        for letter in self.refused:
            contexts &= ~_REFUSALS[letter]
        return contexts


class _Data(NamedTuple):
    rows: dict[str, Row]
    identifiers: tuple[str, ...]


@cache
def _data() -> _Data:
    raw = json.loads((_HERE / "directives.json").read_text("ascii"))
    return _Data({row[0].lower(): Row(*row) for row in raw["directives"]}, tuple(raw["identifiers"]))


def row(name: str) -> Row | None:
    """The facts about a directive, or a section written ``<Name>``, whatever the case of its letters."""
    return _data().rows.get(name.lower())


def names() -> Iterable[str]:
    """All names in the spelling of httpd's tables, sections as ``<Name>``."""
    return (row.spelling for row in _data().rows.values())


@cache
def spec(name: str, section: bool = False) -> Spec | None:
    """What is known of a directive; ``name`` is without brackets when ``section`` says it is one. None if unknown."""
    key = f"<{name.lower()}>" if section else name.lower()
    facts = _data().rows.get(key)
    if facts is None or facts.args is None:
        return None
    module = "mpm_common" if facts.modules[0] in _MPMS else facts.modules[0]
    owner = declared(module)
    ours = owner.table.get(key) if owner else None
    if ours is None:
        ours = Spec(facts.spelling, Args(facts.args), facts.contexts, module)
        ours = replace(ours, fate=fate_of_undeclared(facts.spelling, module))
    return replace(
        ours,
        name=facts.spelling,
        contexts=ours.contexts | (facts.contexts & (Context.HTACCESS | Context.REQUIRE)),
        section=section,
        exec_on_read=bool(facts.exec_on_read),
        override=frozenset(facts.override),
        restricts=ours.restricts or restricts(facts.spelling),
        help=facts.help,
    )


@cache
def declared(module: str) -> Module | None:
    """What the file of this name declares, None if there is no such file."""
    if not (_HERE / f"{module}.py").is_file():
        return None
    found = import_module(f"apacheconf.modules.{module}").MODULE
    assert isinstance(found, Module)
    return found


def providers(name: str, section: bool = False) -> tuple[str, ...]:
    """The modules that have this directive (DIR-2), any one of which is enough."""
    facts = _data().rows.get(f"<{name.lower()}>" if section else name.lower())
    return tuple(facts.modules) if facts else ()


def fate(spec: Spec) -> Fate:
    """What ``serve`` does with a directive that no program step mentions."""
    return spec.fate or fate_of_module(spec.module)


# --- modules -------------------------------------------------------------------------------------------------

_IDENTIFIERS = {
    "http_core": "http_module",
    "event": "mpm_event_module",
    "worker": "mpm_worker_module",
    "prefork": "mpm_prefork_module",
    "mpm_common": "mpm_common_module",
    "util_ldap": "ldap_module",
    "mod_nw_ssl": "nwssl_module",
}
_MODULES = {identifier: module for module, identifier in _IDENTIFIERS.items()}


def identifier(module: str) -> str:
    """The name that LoadModule uses: ``proxy_module`` for ``mod_proxy``."""
    return _IDENTIFIERS.get(module) or f"{module.removeprefix('mod_')}_module"


def module_of(identifier: str) -> str:
    """The other way: ``mod_proxy`` for ``proxy_module``, also of modules we don't know."""
    if identifier == "core_module":
        return "core"
    return _MODULES.get(identifier) or f"mod_{identifier.removesuffix('_module')}"


def source_name(module: str) -> str:
    """The name that IfModule also takes: ``mod_proxy.c`` (COND-9)."""
    return f"{module}.c"


@cache
def modules() -> tuple[str, ...]:
    """All modules we know, those without directives too, in the order of their names."""
    data = _data()
    found = {module for row in data.rows.values() for module in row.modules}
    return tuple(sorted(found | set(map(module_of, data.identifiers))))


#: No name in httpd's tables has more letters.
_LONGEST_TYPO = 40


def candidates(name: str, section: bool = False) -> list[str]:
    """Directives that somebody who wrote ``name`` may have meant, the likeliest first."""
    from difflib import get_close_matches

    if len(name) > _LONGEST_TYPO:
        return []
    by_key = {spelling.strip("<>").lower(): spelling for spelling in names() if spelling.startswith("<") == section}
    return [by_key[key] for key in get_close_matches(name.lower(), by_key, n=3, cutoff=0.75)]


# --- other people's modules ----------------------------------------------------------------------------------


class ThirdParty(NamedTuple):
    """A directive of a module that httpd doesn't ship; ``identifiers`` load it, ``why`` says what it is."""

    module: str
    identifiers: tuple[str, ...]
    why: str


_THIRD_PARTY = {
    "php": ThirdParty("mod_php", ("php_module", "php7_module", "php5_module"), "PHP inside the server"),
    "phpinidir": ThirdParty("mod_php", ("php_module", "php7_module", "php5_module"), "PHP inside the server"),
    "wsgi": ThirdParty("mod_wsgi", ("wsgi_module",), "Python applications inside the server"),
    "jk": ThirdParty("mod_jk", ("jk_module",), "the Tomcat connector; mod_proxy_ajp is httpd's own"),
    "passenger": ThirdParty("mod_passenger", ("passenger_module",), "the Passenger application server"),
    "dos": ThirdParty("mod_evasive", ("evasive20_module", "evasive24_module"), "blocks clients that ask too often"),
    "qs_": ThirdParty("mod_qos", ("qos_module",), "limits connections and requests"),
    "oidc": ThirdParty("mod_auth_openidc", ("auth_openidc_module",), "OpenID Connect login"),
    "mellon": ThirdParty("mod_auth_mellon", ("auth_mellon_module",), "SAML login"),
    "gssapi": ThirdParty("mod_auth_gssapi", ("auth_gssapi_module",), "Kerberos login"),
    "xsendfile": ThirdParty("mod_xsendfile", ("xsendfile_module",), "lets origins name files to send"),
    "managerbalancername": ThirdParty("mod_cluster", ("proxy_cluster_module", "manager_module"), "mod_proxy_cluster"),
    "createbalancers": ThirdParty("mod_cluster", ("proxy_cluster_module",), "mod_proxy_cluster"),
    "enablemcpmreceive": ThirdParty("mod_cluster", ("manager_module",), "mod_proxy_cluster"),
    "advertise": ThirdParty("mod_cluster", ("advertise_module",), "mod_proxy_cluster"),
    "fcgid": ThirdParty("mod_fcgid", ("fcgid_module",), "runs FastCGI processes; mod_proxy_fcgi is httpd's own"),
    "modpagespeed": ThirdParty("mod_pagespeed", ("pagespeed_module",), "rewrites pages"),
}


@cache
def third_party(name: str) -> ThirdParty | None:
    """Which well-known module outside httpd has a directive of this name, by its prefix."""
    low = name.lower()
    return next((known for prefix, known in _THIRD_PARTY.items() if low.startswith(prefix)), None)

"""A SetEnvIf of Request_URI that decides who is let in.

Outside sections it sees the path as it was sent, neither decoded nor normalised (EV-1). What is served is the path that
httpd makes of it, so that ``/%61dmin/`` isn't guarded and ``/open/../admin/`` is let in.

Example:

    SetEnvIf Request_URI "^/open/" open
    <Location "/">
        Require env open
    </Location>

Write instead: a section, which is about the path that is served.

    <Location "/">
        Require all denied
    </Location>
    <Location "/open/">
        Require all granted
    </Location>
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from apacheconf.diagnostics import Diagnostic, Level
from apacheconf.ledger import Written
from apacheconf.lint.rule import Rule, whereabouts
from apacheconf.lint.view import View, sections
from apacheconf.model.types import Server
from apacheconf.modules.mod_access_compat import AccessDirConf
from apacheconf.modules.mod_authz_core import AuthzDirConf, RequireGroup, Requirement
from apacheconf.modules.mod_setenvif import EnvRule, SetEnvIfDirConf

RULE = Rule("request-uri-as-guard", Level.WARNING)
#: Patterns of every path, which tell none apart.
_EVERY = frozenset({"", ".", ".*", "^", "^.*", "^.*$", "/", "^/", "^/.*", "^/.*$"})
_WAY_OUT = 'write a <Location> for that path, or move this line into <Location "/">, where the path is decoded'


def check(view: View) -> Iterator[Diagnostic]:
    told: set[int] = set()
    for server in view.model.servers:
        guards = dict(_guards(server))
        rules = server.dir_conf(SetEnvIfDirConf).rules
        for rule, node in zip(rules.value, rules.said_by, strict=True) if guards else ():
            names = [each.name.lower() for each in rule.assignments if each.name.lower() in guards]
            if names and _asks_for_path(rule) and id(node) not in told:
                told.add(id(node))
                yield _finding(node, names[0], guards[names[0]])


def _asks_for_path(rule: EnvRule) -> bool:
    if rule.in_section:
        return False
    if rule.expression:
        return "%{request_uri}" in rule.expression.lower()
    return rule.attribute.lower() == "request_uri" and rule.pattern not in _EVERY


def _guards(server: Server) -> Iterator[tuple[str, Written]]:
    """The variables, in lower case, that a server's access rules ask for, each with such a rule."""
    places = [(server.dir_conf(AuthzDirConf), server.dir_conf(AccessDirConf))]
    places += [(each.conf(AuthzDirConf), each.conf(AccessDirConf)) for each in sections(server)]
    for requires, access in places:
        yield from _required(requires.requires.value, requires.requires.said_by)
        for rule, node in zip(access.rules.value, access.rules.said_by, strict=True):
            named = (word[len("env=") :].lstrip("!") for word in rule.words if word.lower().startswith("env="))
            yield from ((name.lower(), node) for name in named)


def _required(
    entries: Iterable[Requirement | RequireGroup], said_by: Iterable[Written]
) -> Iterator[tuple[str, Written]]:
    for entry, node in zip(entries, said_by, strict=True):
        if isinstance(entry, RequireGroup):
            yield from _required(entry.entries, entry.said_by)
        elif entry.provider == "env":
            yield from ((word.lower(), node) for word in entry.words)


def _finding(node: Written, name: str, guard: Written) -> Diagnostic:
    asked = f"the {guard.name} at {whereabouts(guard, node)} asks for {name}"
    message = f"{asked}, set here by the path as it was sent: with %61 for an a, or /../, that isn't what is served"
    return RULE.finding(node, message, _WAY_OUT, word=0)

"""Access rules that httpd can ask and apacheconf serve can't.

Users of an LDAP directory, of a database or of a login form are not known to serve. Nothing is let in for that: where
such a rule is asked the answer is 500, and the error log says why (DES-8). httpd itself serves it; nginx and HAProxy
refuse everyone there.

Example:

    <Location "/">
        AuthType Basic
        AuthName "staff"
        AuthBasicProvider ldap
        AuthLDAPURL "ldap://10.0.0.9/ou=people,dc=example,dc=com"
        Require valid-user
    </Location>

Write instead, to serve it here: a file of users.

    <Location "/">
        AuthType Basic
        AuthName "staff"
        AuthUserFile "/etc/apache2/users"
        Require valid-user
    </Location>
"""

from __future__ import annotations

from collections.abc import Iterator

from apacheconf.diagnostics import Diagnostic, Level
from apacheconf.ledger import Written
from apacheconf.lint.rule import Rule
from apacheconf.lint.view import View
from apacheconf.program.admission import Admit, cannot_ask
from apacheconf.program.fold import steps_of
from apacheconf.program.hosts import Host

RULE = Rule("unserved-authentication", Level.WARNING)


def check(view: View) -> Iterator[Diagnostic]:
    told: set[tuple[int, str]] = set()
    for host in view.program.hosts if view.program is not None else ():
        for node, why in _closed(host):
            if (id(node), why) not in told:
                told.add((id(node), why))
                message = f"{why}: apacheconf serve answers 500 where this is asked"
                yield RULE.finding(node, message, "keep httpd in front of it, or write the users to a file")


def _closed(host: Host) -> Iterator[tuple[Written, str]]:
    for layer in host.shape.layers:
        for step in steps_of(host.shape, (layer,)):
            if not isinstance(step.action, Admit):
                continue
            written = host.said_by(step)
            for name, why in cannot_ask(step.action):
                found = [each for each in written if each.name.lower() == name.lower()]
                yield from ((each, why) for each in found[:1] or written[:1])

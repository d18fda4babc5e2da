"""An lbmethod outside of virtual hosts for a balancer that a virtual host names.

A virtual host whose ProxyPass, ProxySet or BalancerMember names a balancer of the main server keeps its members and
settings, but not its method: members take turns byrequests, unless the host says ``lbmethod=`` itself (BP-18).

Example:

    <Proxy "balancer://mycluster">
        BalancerMember "http://10.0.0.1:8080"
        BalancerMember "http://10.0.0.2:8080"
        ProxySet lbmethod=bytraffic
    </Proxy>
    <VirtualHost *:80>
        ProxyPass "/" "balancer://mycluster/"
    </VirtualHost>

Write instead, in the virtual host:

    ProxyPass "/" "balancer://mycluster/" lbmethod=bytraffic
"""

from __future__ import annotations

from collections.abc import Iterator

from apacheconf.diagnostics import Diagnostic, Level
from apacheconf.ledger import Written
from apacheconf.lint.parts import balancer_name
from apacheconf.lint.rule import Rule, parameter_word, whereabouts
from apacheconf.lint.view import View, url_of
from apacheconf.model.types import Server
from apacheconf.modules.mod_proxy import BalancerMember

RULE = Rule("lost-lbmethod", Level.WARNING)


def check(view: View) -> Iterator[Diagnostic]:
    main = view.model.main
    for name, balancer in view.balancers(main).items():
        method, said_by = balancer.parameters.get("lbmethod", ("byrequests", None))
        if said_by is None or method == "byrequests":
            continue
        losing = next(filter(None, (_naming(view, host, name) for host in view.model.hosts)), None)
        if losing is None:
            continue
        message = f"lbmethod={method} is lost where a virtual host names {name} ({whereabouts(losing, said_by)}): "
        message += "its members take turns byrequests there"
        help = f"add lbmethod={method} to the ProxyPass of the virtual host"
        yield RULE.finding(said_by, message, help, word=parameter_word(said_by, "lbmethod"))


def _naming(view: View, host: Server, name: str) -> Written | None:
    """The first line of a host that names a balancer; None where there is none, or one of them says a method."""
    lines = [(entry, node) for entry, node in view.own_definitions(host) if balancer_name(url_of(entry)) == name]
    says = any(not isinstance(entry, BalancerMember) and "lbmethod" in dict(entry.parameters) for entry, _ in lines)
    return lines[0][1] if lines and not says else None

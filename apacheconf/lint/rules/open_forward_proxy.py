"""A forward proxy that serves everybody.

``ProxyRequests On`` makes httpd fetch any URL for any client. Without a ``<Proxy "*">`` section that limits who
may, the machine is an open relay: others hide behind it and reach your inner network through it (FW-1, FW-11). A
reverse proxy needs no ProxyRequests at all.

Example:

    ProxyRequests On
    ProxyPass "/" "http://10.0.0.1/"

Write instead, for a reverse proxy: nothing, or

    ProxyRequests Off

and for a forward proxy: who may use it.

    ProxyRequests On
    <Proxy "*">
        Require ip 10.0.0.0/8
    </Proxy>
"""

from __future__ import annotations

from collections.abc import Iterator

from apacheconf.diagnostics import Diagnostic, Level
from apacheconf.expand.tree import Node
from apacheconf.lint.rule import Rule
from apacheconf.lint.view import View, sections
from apacheconf.model.types import Section, Server
from apacheconf.modules.mod_proxy import ProxyServerConf

RULE = Rule("open-forward-proxy", Level.ERROR)

_LOOPBACK = ("127.", "::1", "localhost")


def check(view: View) -> Iterator[Diagnostic]:
    listeners = view.model.listeners
    if listeners and all((listen.host or "").startswith(_LOOPBACK) for listen in listeners):
        return
    for server in view.model.servers:
        requests = server.server_conf(ProxyServerConf).requests
        if requests.value and not any(_limits(section) for section in sections(server)):
            yield from _findings(server)


def _limits(section: Section) -> bool:
    """A section over all proxied requests that says who may."""
    covers_all = section.kind == "Proxy" and (section.regex or section.pattern in ("*", "http://*", "http:", "http://"))
    return covers_all and any(_takes_away(node) for node in section.node.walk())


def _takes_away(node: Node) -> bool:
    name, args = node.name.lower(), node.args.lower().split()
    if name == "require":
        return args != ["all", "granted"]
    return name in ("deny", "authtype")


def _findings(server: Server) -> Iterator[Diagnostic]:
    help = 'remove it if this is a reverse proxy, else say who may use it: <Proxy "*"> Require ip 10.0.0.0/8 </Proxy>'
    for node in server.server_conf(ProxyServerConf).requests.said_by:
        yield RULE.finding(node, "an open forward proxy: anyone may fetch any URL through this server", help, word=0)

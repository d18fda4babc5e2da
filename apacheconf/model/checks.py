"""What httpd refuses because of the directives around it: Else without If, ProxySet without a worker, and so on."""

from __future__ import annotations

from apacheconf.diagnostics import Diagnostic, Level
from apacheconf.model import refusals
from apacheconf.model.bound import Directive
from apacheconf.model.scopes import Scope
from apacheconf.modules import registry
from apacheconf.modules.declare import Context
from apacheconf.modules.mod_proxy import BalancerMember, ProxyPass, ProxySet, balancer_name, is_balancer

_NO_IF = "<Else> or <ElseIf> section without previous <If> or <ElseIf> section in same scope"


class Checks:
    """The checks of one scope; ``server`` is the scope of the server around it."""

    __slots__ = ("diagnostics", "listens", "open_if", "server")

    def __init__(self, server: Scope, diagnostics: list[Diagnostic]) -> None:
        self.server, self.diagnostics = server, diagnostics
        self.open_if = False
        self.listens: set[object] = set()

    def look_at(self, directive: Directive) -> None:
        """Look at a directive before it is taken into the scope."""
        spec = directive.spec
        check = _CHECKS.get(spec.name) if spec is not None else None
        if check is None or spec is None:
            return
        is_unread = spec.parse is None and spec.parse_in is None
        if directive.value is not None or (is_unread and directive.words):
            check(self, directive)

    def refuse(self, directive: Directive, name: str, message: str, word: int | None = None) -> None:
        self.diagnostics.append(refusals.diagnostic(directive.node, name, message, word))

    # -- one method per directive

    def condition(self, directive: Directive) -> None:
        """STR-11."""
        kind = directive.value.kind
        if kind != "If" and not self.open_if:
            self.refuse(directive, "else-without-if", _NO_IF)
        self.open_if = kind != "Else"

    def listen(self, directive: Directive) -> None:
        """VH-4."""
        address = (directive.value.host, directive.value.port)
        if address in self.listens:
            self.refuse(directive, "duplicate-listen", "Cannot define multiple Listeners on the same IP:port", 0)
        self.listens.add(address)

    def virtual_host(self, directive: Directive) -> None:
        """VH-13: a warning of httpd's, but the address never answers."""
        for number, address in enumerate(directive.value):
            if address.dead:
                message = f"Could not resolve host name {directive.words[number]} -- ignoring!"
                help = "httpd drops this address: write IP:PORT or *:PORT, one word for each"
                self.diagnostics.append(
                    refusals.diagnostic(directive.node, "unresolvable-address", message, number, help, Level.WARNING)
                )

    def allow_override(self, directive: Directive) -> None:
        """STR-8: a warning of httpd's, as no folder is looked at there."""
        if directive.context in (Context.LOCATION, Context.FILES, Context.IF):
            place = directive.node.place
            message = f"Useless use of AllowOverride in line {place.line} of {place.name}."
            help = "write it in the <Directory> that holds the files"
            self.diagnostics.append(
                refusals.diagnostic(directive.node, "useless-override", message, None, help, Level.WARNING)
            )

    def name_virtual_host(self, directive: Directive) -> None:
        """AH00548: httpd says it of the first one alone, which is enough for all."""
        if not any(each.name == "name-virtual-host" for each in self.diagnostics):
            place = directive.node.place
            message = "NameVirtualHost has no effect and will be removed in the next release"
            help = "leave it out: hosts of one address are told apart by their names"
            httpd = f"AH00548: {message} {place.name}:{place.line}"
            self.diagnostics.append(
                Diagnostic(Level.WARNING, "name-virtual-host", message, place, help=help, httpd=httpd)
            )

    def default_type(self, directive: Directive) -> None:
        """AH00117."""
        if directive.words[0].lower() != "none":
            place = directive.node.place
            message = f"Ignoring deprecated use of DefaultType in line {place.line} of {place.name}."
            help = "write ForceType or AddType for the files that need a type"
            self.diagnostics.append(
                refusals.diagnostic(directive.node, "default-type", message, None, help, Level.WARNING)
            )

    def allow_override_list(self, directive: Directive) -> None:
        """STR-33: a warning of httpd's about names that no directive has."""
        for number, word in enumerate(directive.words):
            if word.lower() != "none" and registry.row(word + ">" * word.startswith("<")) is None:
                place = directive.node.place
                message = (
                    f"Discarding unrecognized directive `{word}' in AllowOverrideList at {place.name}:{place.line}"
                )
                help = "sections are written without their `>`" if word.endswith(">") else None
                self.diagnostics.append(
                    refusals.diagnostic(directive.node, "unknown-in-list", message, number, help, Level.WARNING)
                )

    def proxy_set(self, directive: Directive) -> None:
        """CE-7: outside of <Proxy> the worker or balancer must be there already."""
        url = directive.value.url
        if directive.context is Context.PROXY or _is_defined(url, self.server):
            return
        kind = "Balancer" if is_balancer(url) else "Worker"
        self.refuse(directive, "unknown-worker", f"ProxySet can not find '{url}' {kind}.", 0)


def only_negative(directive: Directive) -> Diagnostic:
    """STR-18: found when the whole configuration is read, so without a line in httpd's own text."""
    message = "<RequireAll> directive contains only negative authorization directives"
    httpd = f"AH01624: {message}\nAH00014: Configuration check failed"
    help = "it would grant nobody anything: begin it with `Require all granted`"
    return Diagnostic(Level.ERROR, "only-negative", message, directive.node.place, help=help, httpd=httpd)


def is_asked_about(directive: Directive) -> bool:
    """Whether a check of a later directive looks at what this one sets."""
    return directive.spec is not None and directive.spec.fills == "definitions"


def is_watched(directive: Directive) -> bool:
    """Whether a check looks at this directive, or at what it sets."""
    spec = directive.spec
    return spec is not None and (spec.fills == "definitions" or spec.name in _CHECKS)


def _is_defined(url: str, server: Scope) -> bool:
    """Has this server a worker whose name begins ``url`` (WK-2), or a balancer of this name (BP-14)?"""
    known = server.per_server.get("mod_proxy", {}).get("definitions")
    if known is None:
        return False
    wanted = balancer_name(url) if is_balancer(url) else url.lower()
    for definition in known.values:
        for name in _names(definition):
            if (name == wanted) if is_balancer(url) else wanted.startswith(name):
                return True
    return False


def _names(definition: ProxyPass | BalancerMember | ProxySet) -> tuple[str, ...]:
    """What workers and balancers a definition makes."""
    if isinstance(definition, BalancerMember):
        return (definition.balancer,)
    url = definition.target if isinstance(definition, ProxyPass) else definition.url
    return (balancer_name(url) if is_balancer(url) else url.lower(),)


_CHECKS = {
    "<If>": Checks.condition,
    "<ElseIf>": Checks.condition,
    "<Else>": Checks.condition,
    "AllowOverride": Checks.allow_override,
    "AllowOverrideList": Checks.allow_override_list,
    "DefaultType": Checks.default_type,
    "NameVirtualHost": Checks.name_virtual_host,
    "Listen": Checks.listen,
    "<VirtualHost>": Checks.virtual_host,
    "ProxySet": Checks.proxy_set,
}

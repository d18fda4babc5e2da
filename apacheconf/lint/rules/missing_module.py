"""A URL scheme or balancer whose module isn't loaded.

mod_proxy accepts any URL and looks for a module that speaks its scheme when the first request comes; without one
every request fails with status 500 and ``AH01144: No protocol handler was valid`` in the error log. A directive
whose module isn't loaded is an error already and not this rule's business. Only a main file is asked: a fragment
doesn't know what the server loads.

Example:

    LoadModule proxy_module modules/mod_proxy.so
    ProxyPass "/" "http://10.0.0.1/"          # nobody speaks http

Write instead: load the module of the scheme as well.

    LoadModule proxy_http_module modules/mod_proxy_http.so
"""

from __future__ import annotations

from collections.abc import Iterator

from apacheconf.diagnostics import Diagnostic, Level
from apacheconf.ledger import Written
from apacheconf.lint.rule import Rule
from apacheconf.lint.view import View

RULE = Rule("missing-module", Level.ERROR)

#: Who speaks a scheme; one of them is enough.
_SPEAKERS = {
    "http": ("proxy_http_module",),
    "https": ("proxy_http_module",),
    "ws": ("proxy_http_module", "proxy_wstunnel_module"),
    "wss": ("proxy_http_module", "proxy_wstunnel_module"),
    "h2": ("proxy_http2_module",),
    "h2c": ("proxy_http2_module",),
    "ajp": ("proxy_ajp_module",),
    "fcgi": ("proxy_fcgi_module",),
    "scgi": ("proxy_scgi_module",),
    "uwsgi": ("proxy_uwsgi_module",),
    "ftp": ("proxy_ftp_module",),
    "balancer": ("proxy_balancer_module",),
}
#: Schemes that also need mod_ssl.
_TLS = frozenset({"https", "wss", "h2"})


def check(view: View) -> Iterator[Diagnostic]:
    if view.is_fragment:
        return
    loaded = frozenset(view.model.expanded.modules)
    for server in view.model.servers:
        for target in view.targets(server):
            scheme = target.url.scheme
            speakers = _SPEAKERS.get(scheme, ())
            if speakers and not loaded.intersection(speakers):
                yield _finding(target.node, target.word, scheme, speakers[0])
            elif scheme in _TLS and "ssl_module" not in loaded:
                yield _finding(target.node, target.word, scheme, "ssl_module")


def _finding(node: Written, word: int, scheme: str, module: str) -> Diagnostic:
    message = f"{scheme}:// needs {module}, which isn't loaded: every request for it would fail with status 500"
    file = "mod_" + module.removesuffix("_module")
    help = f"add LoadModule {module} modules/{file}.so (on Debian: a2enmod {module.removesuffix('_module')})"
    return RULE.finding(node, message, help, word=word)

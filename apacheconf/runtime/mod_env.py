"""Variables by which httpd's modules let themselves be told how to treat a request: which of them serve looks at."""

from __future__ import annotations

from apacheconf.program.steps import SetEnv

#: Read by httpd while it proxies or frames a message, and not here yet.
_SWITCHES = frozenset(
    {"force-proxy-request-1.0", "proxy-nokeepalive", "proxy-chain-auth", "proxy-sendcl", "proxy-sendchunks",
     "proxy-sendchunked", "proxy-interim-response", "proxy-initial-not-pooled", "nokeepalive", "force-no-vary",
     "force-response-1.0", "downgrade-1.0", "redirect-carefully", "suppress-error-charset", "proxy-source-port",
     "proxy-100-continue"}
)  # fmt: skip


def not_done(action: SetEnv) -> str:
    """Why setting the variable doesn't do what it does in httpd, empty when it does."""
    return f"the switch {action.name} is not looked at yet" if action.name.lower() in _SWITCHES else ""

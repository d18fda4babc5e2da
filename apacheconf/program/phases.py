"""The phases of one request, in httpd's order (proxy-semantics.md, OR-1)."""

from __future__ import annotations

from enum import IntEnum


class Phase(IntEnum):
    """A request meets the steps of one phase after those of another; the comment names OR-1's row."""

    READ = 0  # OR-1a: protocol checks, host choice, path normalisation
    POST_READ = 1  # OR-1b: early headers, remoteip, server-level SetEnvIf
    LOCATION_WALK = 2  # OR-1c: Location layers, so that a ProxyPass inside one is known
    REWRITE = 3  # OR-1d: server-level rewrite, which may leave nothing for the next phase to do (OR-2)
    TRANSLATE = 4  # OR-1d: ProxyPass, Redirect and Alias, DocumentRoot
    MAP_TO_STORAGE = 5  # OR-1e: Proxy layers, or Directory, .htaccess and Files layers
    SECTION_WALK = 6  # OR-1f: Location layers again, then If layers
    HEADER_PARSER = 7  # OR-1g: SetEnvIf inside sections
    ACCESS = 8  # OR-1h: AllowMethods, Order, Require without a user
    AUTHN = 9  # OR-1h: who is it
    AUTHZ = 10  # OR-1h: Require with a user
    TYPE = 11  # OR-1i: mime type, handler
    FIXUPS = 12  # OR-1j: per-directory rewrite, SetEnv, section redirects, RequestHeader
    HANDLER = 13  # OR-1k: proxy, file, status page
    FILTERS = 14  # OR-1l: Header, Expires, Deflate; ProxyPassReverse
    LOG = 15  # OR-1m

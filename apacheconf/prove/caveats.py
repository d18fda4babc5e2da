"""The caveats of reports by their keys: which probes each speaks about, and which aspects of their answers differ."""

from __future__ import annotations

from collections.abc import Mapping

#: Caveat key -> patterns of probe names (fnmatch; ``[`` is written ``[[]``).
PROBES: Mapping[str, tuple[str, ...]] = {
    "absolute-form": ("host: absolute form against Host", "host: absolute form with a port",
                      "host: absolute form without Host", "host: absolute form without a path, with a query"),
    "broken-answers": (
        "origin: closes without an answer", "origin: breaks off*", "origin: raw: *", "origin: answers before the body",
        "origin: header of 9000 bytes", "last: space before the colon from the origin", "last: the requests after it",
    ),
    "ca-folder": ("*with a certificate*",),
    "forward-proxy": ("host: absolute form*",),
    "chunk-size": ("body: chunk size*",),
    "climbing-slashes": ("path: /a%2F..%2F..%2Fb",),
    "connect": ("method: CONNECT*",),
    "connection-named-headers": ("header: Connection lists*", "header: TE", "origin: hop-by-hop headers"),
    "empty-client": ("condition: *: ", "condition: *: , from *"),
    "expect-continue": ("body: Expect*", "down: Expect"),
    "expires-beside": ("origin: status 299",),
    "field-count": ("header: 99 headers",),
    "first-lines": ("condition: *, in two lines",),
    "file-conditions": ("file: *, If-*",),
    "file-fields": ("file: *, If-*",),
    "file-methods": ("method: *", "condition: DELET *", "down: OPTIONS", "file: POST *", "file: DELETE *"),
    "file-paths": ("path: 7000 characters",),
    "files": ("path: 7000 characters",),
    "file-suffixes": ("file: GET *.*.*",),
    "media-types": ("file: *",),
    "framing": ("body: length and chunked", "body: Transfer-Encoding*", "body: chunked in HTTP/1.0",
                "body: Content-Length *", "last: Transfer-Encoding gzip, chunked"),
    "gzip": ("method: HEAD", "connection: HEAD, then GET", "origin: *HEAD*", "origin: empty body"),
    "header-count": ("header: 110 headers",),
    "index-by-origin": ("path: GET */", "path: GET */[?]*", "path: /"),
    "folders-of-rules": ("path: GET */", "path: GET */[?]*", "path: /", "file: GET *"),
    "interim-answers": ("origin: 103 first",),
    "links-left": ("origin: breaks off*",),  # a filter holds the head back, and so it can still become an error
    "long-headers": ("header: 9000 bytes", "header: 7000 bytes", "header: 99 headers", "header: 110 headers",
                     "header: six of *"),
    "max-forwards": ("header: Max-Forwards *", "method: * with Max-Forwards 0"),
    "message-syntax": ("header: obsolete folding", "header: control character", "header: line without a colon",
                       "body: chunk size is none", "version: line feeds only",
                       "version: 2.0 in the line", "version: 0.9", "version: 1.2",
                       "body: chunk size too big", "host: twice the same"),
    "method-letters": ("method: get", "condition: *[A-Z]x /*"),
    "origin-certificates": ("stranger: *",),
    "nocanon": ("path: *", "host: absolute form without a path*"),
    "null-byte": ("path: /%00",),
    "options-star": ("method: OPTIONS [*]",),
    "path-spelling": ("path: /x[?]", "path: GET *[?]", "path: /\"[[]]*"),
    "malformed-ranges": ("header: Range that is none", "condition: *, [rR]ange: *"),
    "decoded-slashes": ("path: *%2[Ff]*",),
    "ranges": ("header: Range",),
    "raw-bytes": ("path: *\\xe9",),
    "repeated-headers": ("header: repeated", "header: Cookie twice", "header: X-Forwarded-For twice",
                         "condition: *, in two lines"),
    "unread-requests": (
        "condition: GET *, Host: *",
        "host: a slash", "host: a space", "host: port *", "host: only a port", "host: user", "host: comma",
        "host: near miss", "host: underscore", "host: twice different", "host: [*]*",
        "path: /a#b", "path: /a b", "path: no leading slash", "path: empty target",
        "method: not a token", "body: chunk size*", "body: Expect something else",
        "header: name with a space", "header: space before the colon",
        "header: empty name", "version: *",
        "host: empty", "host: missing", "host: absolute form without Host", "path: *%2[Ff]*",
        "path: /..", "path: GET /../x", "path: /%2e%2e/x", "path: /a/../../b", "path: /%*", "path: empty target",
        "path: 9000 characters",
        "method: GET [*]", "header: 9000 bytes", "connection: an error, then another request", "down: bad escape",
    ),
    "slashes-in-sections": ("path: *%2[Ff]*", "path: GET */!$&*", "path: GET *%25*"),
    "trace": ("method: TRACE*", "condition: TRACE *"),
    "script-bodies": ("body: chunked, 50000 bytes",),
    "told-answers": ("origin: raw: garbage",),
    "told-bodies": ("down: POST chunked",),
    "script-fields": ("host: absolute form without a path*", "host: absolute form against Host",
                      "host: absolute form with a port", "host: absolute form in upper case", "header: underscore",
                      "header: spaces around the value", "origin: status 204", "origin: status 304",
                      "nothing", "not modified",
                      "version: 1.0 without Host*", "path: GET */!$&*", "path: GET */%C3%A9", "path: GET */a%2Fx",
                      "path: GET */a%3Fx", "path: /a%3Fb"),
    "underscored": ("host: absolute form*",),
    "unclear-slashes": ("path: /%61%2Fb",),
    "unread-bodies": ("connection: a body, then *",),
    "websocket": ("header: Upgrade", "condition: *: [wW]eb[sS]ocket*"),
}  # fmt: skip


#: Caveat key -> aspects that differ with it, whatever is asked.
ASPECTS: Mapping[str, tuple[str, ...]] = {
    "vary": ("header vary",),
    "allow": ("header allow",),
    "offer": ("header upgrade",),
    "connection-variables": ("version", "header connection", "connection afterwards"),
    "document-fields": ("header last-modified", "header etag", "header accept-ranges"),
    "server-software": (
        "*origin: header balancer_*",
        "*origin: header redirect_*",
        "*origin: header path_translated",
        "*origin: header proxy-nokeepalive",
    ),
    "files": ("*interims",),
    "gzip": ("*header vary", "*header content-encoding"),
    "ping": ("*origin: header expect",),
    "cookie-lifetime": ("*header set-cookie",),
    "idle-members": ("how often each member was asked",),
    "member-host": ("*origin: header host",),
    "compression": ("*header vary", "*header content-encoding"),
}
#: Those of them that hold only where one of the two answers has such a status.
WITH_STATUS: Mapping[str, frozenset[int]] = {
    "offer": frozenset(range(200, 600)),  # a 101 is nothing without it
    "gzip": frozenset({204, 206, 304, *range(400, 600)}),  # a 200 is compressed where httpd compresses it
}
#: Keys that announce only some aspects of their probes: these patterns.
ONLY: Mapping[str, tuple[str, ...]] = {
    "expect-continue": ("interims", "origin: header expect"),
    "index-by-origin": ("origin: header *",),
    "path-spelling": ("origin: line", "header location"),
    "repeated-headers": ("origin: header *",),
    "unread-bodies": ("answer 2: answer", "connection afterwards"),
    "unread-requests": ("header *", "answer ?: header *"),
    "empty-client": ("origin: header *",),
    "gzip": ("*header vary",),
    "script-bodies": ("origin: header http_transfer_encoding", "origin: header content_length"),
    "script-fields": (
        "origin: line",
        "origin: header request_uri",
        "origin: header http_host",
        "origin: header http_x_under",
        "origin: header http_x_space",
        "origin: header server_name",
        "origin: header script_filename",
        "header content-type",
    ),
    "expires-beside": ("header expires",),
    "file-conditions": ("body", "header *"),
    "file-fields": ("header accept-ranges", "header content-range", "header content-type"),
    "file-methods": ("status", "body", "header *"),
    "file-suffixes": ("header content-type", "header content-encoding", "header content-language"),
    "media-types": ("header content-type",),
    "file-paths": ("status", "reason", "body", "header *", "origin: request", "origin: header query_string"),
}
#: Keys that speak about files only, where no origin is asked.
OF_FILES = frozenset({"file-methods", "files"})

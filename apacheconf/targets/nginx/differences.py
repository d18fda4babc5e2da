"""What nginx answers differently whatever the configuration says: announced once for each translation."""

from __future__ import annotations

from dataclasses import dataclass

from apacheconf.ledger import Outcome
from apacheconf.targets.translation import LINE_ORDER, NO_TRACE, UNBELIEVED, Difference

_A, _E = Outcome.APPROXIMATED, Outcome.EQUIVALENT

#: NGX-40, NGX-41, NGX-66, NGX-106, DEF-50 and what the probes showed.
DIFFERENCES = (
    Difference("trace", _A, "TRACE is answered with 405; httpd hands it to the origin", "TRACE / HTTP/1.1"),
    Difference("options-star", _A, "OPTIONS * is answered with 400; httpd answers 200", "OPTIONS * HTTP/1.1"),
    Difference("connect", _A, "CONNECT is answered with 405; httpd answers 400, or asks the origin",
               "CONNECT example.com:80 HTTP/1.1"),
    Difference("null-byte", _A, "%00 in the path is answered with 400; httpd answers 404", "GET /%00 HTTP/1.1"),
    Difference("climbing-slashes", _A, "a path that leads above the root once its %2F are slashes is answered with "
               "400; httpd answers as AllowEncodedSlashes says", "GET /a%2F..%2F..%2Fb HTTP/1.1"),
    Difference("method-letters", _A, "a method with small letters is answered with 400; httpd hands it on",
               "get / HTTP/1.1"),
    Difference("max-forwards", _A, "Max-Forwards is handed on as it is; httpd counts down, and answers 400 at 0",
               "GET / HTTP/1.1 with Max-Forwards: 5"),
    Difference("connection-named-headers", _A, "headers that Connection names reach the origin; httpd drops them",
               "GET / HTTP/1.1 with Connection: X-Hop and X-Hop: 1"),
    Difference("message-syntax", _A, "broken messages: nginx refuses folded headers and HTTP/2.0 in the request line, "
               "and lets header lines without a colon, control characters and bare line feeds pass, where httpd does "
               "the opposite; and a request is refused before its body is looked at",
               "GET / HTTP/1.1 with a header line that has no colon"),
    Difference("header-count", _A, "more than 100 header fields are let through; httpd answers 400",
               "GET / HTTP/1.1 with 110 headers"),
    Difference("unread-requests", _A, "what is refused while it is read, or for its path alone, has the headers that "
               "Header always adds to the host that it is taken for; in httpd to none, or to the first",
               "GET /a#b HTTP/1.1"),
    Difference("vary", _A, "Vary does not name the fields that rules and expressions asked; httpd adds them",
               "GET / HTTP/1.1 where a RewriteCond asks %{HTTP:Accept}"),
    Difference("allow", _E, "a 405 that a rule answers has no Allow header; httpd names TRACE in it",
               "PATCH / HTTP/1.1 under AllowMethods GET"),
    Difference("offer", _E, "no Upgrade offers HTTP/2: clients learn of it in the TLS handshake, if at all",
               "GET / HTTP/1.1 where Protocols names h2c"),
    Difference("malformed-ranges", _A, "a Range that can't be read is answered with 416; httpd ignores it",
               "GET / HTTP/1.1 with Range: bytes=x-y"),
    Difference("framing", _A, "Content-Length with Transfer-Encoding is answered with 400; httpd lets chunked win",
               "POST / HTTP/1.1 with Content-Length: 3 and Transfer-Encoding: chunked"),
    Difference("interim-answers", _A, "an interim answer such as 103 counts as the answer; httpd hands it on and waits",
               "GET / HTTP/1.1 while the origin sends 103 first"),
    Difference("broken-answers", _A, "an origin that breaks HTTP or the connection while a request is under way: "
               "nginx asks the next member or answers 502 where httpd answers 502, 500 or 200",
               "GET / HTTP/1.1 while the origin closes without an answer"),
    Difference("path-spelling", _E, "an empty query loses its ?, and [ ] reach the origin unescaped",
               "GET /a[b]? HTTP/1.1"),
    Difference("expect-continue", _E, "nginx answers Expect: 100-continue itself; httpd asks the origin",
               "POST / HTTP/1.1 with Expect: 100-continue"),
    Difference("no-date", _E, "an answer without Date or Server stays so; httpd adds its own",
               "GET / HTTP/1.1 while the origin sends no Date"),
    Difference("repeated-headers", _E, "repeated request headers stay separate lines; httpd joins them",
               "GET / HTTP/1.1 with X-A: 1 and X-A: 2"),
    Difference("first-lines", _A, "of a header with several lines conditions see the first one; httpd joins them",
               "GET / HTTP/1.1 with X-A: 1 and X-A: 2, where a condition asks for X-A"),
    Difference("ipv6", _A, "Listen without an address listens on IPv4 only; httpd listens on IPv6 too, where there is "
               "any", "GET http://[::1]/ HTTP/1.1"),
)  # fmt: skip

#: VH-51, TL-2: where a host has other neighbours at each of its endpoints.
_MISDIRECTED = Difference(
    "misdirected", _A, "a Host that is not the name of the TLS handshake gets the host it names, unless that asks "
    "clients for certificates; httpd answers 421 where the two hosts' certificates or protocols differ",
    "GET / HTTP/1.1 with Host: b over a handshake for a"
)  # fmt: skip


#: Where a host's name has an underscore.
_UNDERSCORED = Difference(
    "underscored", _A, "a name with _ in an absolute target is answered with 400: nginx takes it in Host only",
    "GET http://a_b/ HTTP/1.1"
)  # fmt: skip


#: Where nginx itself answers with files.
_OF_FILES = (
    Difference("file-methods", _A, "files: POST, OPTIONS and unknown methods are answered with 405; httpd answers POST "
               "as GET, OPTIONS with 200 and a method that it doesn't know with 501", "POST /index.html HTTP/1.1"),
    Difference("file-suffixes", _A, "files: the last suffix alone says the type; httpd asks the others, too",
               "GET /page.html.bak HTTP/1.1"),
    Difference("file-paths", _A, "a path that leads nowhere, or on behind a file, counts as the name of a file: it may "
               "be refused, handed to a script or answered as FallbackResource says, where httpd answers 404",
               "GET /no-folder/.htaccess HTTP/1.1"),
    Difference("file-conditions", _A, "files: If-Modified-Since counts even if it lies in the future, and a 412 has a "
               "page", "GET /index.html HTTP/1.1 with If-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT"),
    Difference("file-fields", _E, "files: 206 and 304 have no Accept-Ranges, 416 has Content-Range, and the boundary "
               "between several ranges is nginx's own", "GET /index.html HTTP/1.1 with Range: bytes=0-1"),
)  # fmt: skip
#: TRAP-96: where an origin is addressed by its name.
_NAMED = Difference(
    "unknown-names", _A, "nginx doesn't start while an origin's name is unknown; httpd does, and answers 502 until "
    "it is known", "GET / HTTP/1.1 before the origin's name is known"
)  # fmt: skip
#: Where scripts and applications are told the environment: by FastCGI, or by uwsgi or SCGI.
_TOLD_FIELDS = Difference(
    "script-fields", _A, "scripts: the Host field is told beside an absolute target, fields with _ in their names too, "
    "no SERVER_NAME without a Host, an absolute target without a path is told as /, tabs around a value stay, and a "
    "type stays on 204 and 304; the file's name of one that is mapped is not escaped", "GET / HTTP/1.1 with X_Under: 1"
)  # fmt: skip
_OF_SCRIPTS = (
    _TOLD_FIELDS,
    Difference("script-bodies", _E, "scripts: a long body in chunks is told with its length; httpd hands chunks on",
               "POST / HTTP/1.1 with 50000 bytes in chunks"),
)  # fmt: skip
_OF_APPLICATIONS = (
    _TOLD_FIELDS,
    Difference("told-answers", _A, "uwsgi and SCGI: an answer that doesn't begin with a status is a 200, and one that "
               "comes too late a 502; httpd answers 502, 500 or 504",
               "GET / HTTP/1.1 while the application says nothing but hello"),
    Difference("told-bodies", _E, "uwsgi and SCGI: a body in chunks is answered with 411 before the origin is asked; "
               "httpd finds out first whether it is there", "POST / HTTP/1.1 in chunks while the origin is down"),
)  # fmt: skip
#: Where TypesConfig could not be read when this was written.
_COMMON_TYPES = Difference(
    "media-types", _A, "no TypesConfig is given that can be read here: the table of types holds common ones only",
    "GET /archive.7z HTTP/1.1"
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Traits:
    """What the differences depend on: TraceEnable, hosts that don't know whose handshake suits them, files, and whether
    the types of these are known; scripts; origins that have names; lines of the table always; origins that speak
    TLS; names with underscores; applications that are asked over uwsgi or SCGI."""

    trace: bool
    misdirected: bool
    files: bool = False
    knows_types: bool = True
    scripts: bool = False
    named: bool = False
    always: bool = False
    secure: bool = False
    underscored: bool = False
    applications: bool = False


def differences(version: tuple[int, ...], traits: Traits) -> tuple[Difference, ...]:
    """Those of a version: from 1.23 on lines of a header are joined, from 1.29.8 on their number has a limit."""
    until = {"header-count": (1, 29, 8), "first-lines": (1, 23)}
    found = [each for each in DIFFERENCES if each.key not in until or version < until[each.key]]
    found += [_MISDIRECTED] if traits.misdirected else []
    found += _OF_FILES if traits.files else ()
    found += [_NAMED] if traits.named else []
    found += [_UNDERSCORED] if traits.underscored else []
    found += _OF_SCRIPTS if traits.scripts else ()
    found += [each for each in _OF_APPLICATIONS if traits.applications and each not in found]
    found += [LINE_ORDER] if traits.always else []
    found += [UNBELIEVED] if traits.secure else []
    found += [_COMMON_TYPES] if traits.files and not traits.knows_types else []
    return tuple(NO_TRACE if each.key == "trace" and not traits.trace else each for each in found)

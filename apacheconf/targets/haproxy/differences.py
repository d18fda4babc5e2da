"""What HAProxy answers differently whatever the configuration says: announced once for each translation."""

from __future__ import annotations

from apacheconf.ledger import Outcome
from apacheconf.targets.translation import Difference

_A, _E = Outcome.APPROXIMATED, Outcome.EQUIVALENT

#: HAP-15, HAP-21, HAP-43, HAP-44, HAP-45 and what the probes showed.
DIFFERENCES = (
    Difference("absolute-form", _A, "an absolute target whose authority differs from Host is answered with 400; httpd "
               "goes by the target", "GET http://www.example.com/ HTTP/1.1 with Host: example.com"),
    Difference("raw-bytes", _A, "raw bytes above 0x7f in the target are answered with 400; httpd escapes them",
               "GET /\\xe9 HTTP/1.1"),
    Difference("connect", _A, "CONNECT is answered with 400; httpd hands one with an authority to the origin",
               "CONNECT example.com:80 HTTP/1.1"),
    Difference("max-forwards", _A, "Max-Forwards is handed on as it is; httpd counts down, and answers 400 at 0",
               "GET / HTTP/1.1 with Max-Forwards: 5"),
    Difference("connection-named-headers", _A, "headers that Connection names reach the origin; httpd drops them",
               "GET / HTTP/1.1 with Connection: X-Hop and X-Hop: 1"),
    Difference("message-syntax", _A, "broken messages: HAProxy takes control characters, bare line feeds and the same "
               "Host twice, which httpd refuses, and refuses HTTP/0.9", "GET / HTTP/1.1 with Host: a twice"),
    Difference("unread-requests", _A, "what HAProxy refuses while it reads a request gets none of the headers that "
               "Header always adds", "GET /a#b HTTP/1.1"),
    Difference("framing", _A, "the same Content-Length twice is taken as one; httpd answers 400",
               "POST / HTTP/1.1 with Content-Length: 3 twice"),
    Difference("chunk-size", _A, "a body whose chunk size is no number is answered with 400 at once; httpd finds out "
               "when somebody reads it, and may have answered by then", "POST / HTTP/1.1 with the chunk size x"),
    Difference("unread-bodies", _A, "a connection ends behind an answer that is made here while a body is under way; "
               "httpd reads the body and goes on", "POST /old HTTP/1.1 with a body, then GET / HTTP/1.1"),
    Difference("websocket", _A, "a WebSocket handshake without its key is answered with 400; httpd strips the upgrade",
               "GET / HTTP/1.1 with Connection: upgrade and Upgrade: websocket"),
    Difference("long-headers", _A, "the limits are on all headers together: 64 kB; httpd takes 100 fields of 8 kB and "
               "refuses longer ones", "GET / HTTP/1.1 with a header of 9000 bytes"),
    Difference("body-limit", _A, "what HAProxy answers itself may be asked for with a body of any length; httpd "
               "answers 413 above LimitRequestBody, of which nothing said is 1 GiB", "POST /old with a body of 2 GiB"),
    Difference("ranges", _A, "a Range that the origin ignores stays ignored; httpd answers 206",
               "GET / HTTP/1.1 with Range: bytes=0-1"),
    Difference("broken-answers", _A, "an origin that breaks HTTP is answered with 502; httpd answers 502, 500 or 200",
               "GET / HTTP/1.1 while the origin answers garbage"),
    Difference("vary", _A, "Vary does not name the fields that rules and expressions asked; httpd adds them",
               "GET / HTTP/1.1 with Cookie: a=b, where a RewriteCond asks for cookies"),
    Difference("offer", _E, "no Upgrade offers HTTP/2: clients learn of it in the TLS handshake",
               "GET / HTTP/1.1 where Protocols has h2"),
    Difference("header-names", _E, "header names arrive in small letters", "GET / HTTP/1.1 with X-Name: 1"),
    Difference("no-date", _E, "an answer without Date or Server stays so; httpd adds its own",
               "GET / HTTP/1.1 while the origin sends no Date"),
    Difference("climbing-slashes", _A, "under AllowEncodedSlashes On a path that leads above the root once its %2F are "
               "slashes is answered with 400; httpd stays at the root", "GET /a%2F..%2F..%2Fb HTTP/1.1"),
    Difference("path-spelling", _E, "a redirect leaves out the ? of an empty query", "GET /old? HTTP/1.1"),
    Difference("repeated-headers", _E, "repeated request headers that nothing asks stay separate lines; httpd joins "
               "them",
               "GET / HTTP/1.1 with X-A: 1 and X-A: 2"),
    Difference("ipv6", _A, "Listen without an address listens on IPv4 only; httpd listens on IPv6 too, where there is "
               "any", "GET http://[::1]/ HTTP/1.1"),
)  # fmt: skip
#: Said where TRACE may be asked and some path leads to no origin.
NO_ECHO = Difference("trace", _A, "TRACE of a path that leads to no origin is answered as GET is; httpd sends the "
                     "request back", "TRACE /old HTTP/1.1")  # fmt: skip
#: Said where an origin speaks TLS.
UNBELIEVED = Difference("origin-certificates", _A, "an origin that ends the TLS handshake, or delays it, counts as one "
                        "that can't be reached: 503; httpd answers 500. One whose certificate is not believed is "
                        "answered with 500, and the page of 503", "GET / HTTP/1.1 while the origin ends the handshake"
)  # fmt: skip
#: Said where some path leads to no origin: httpd looks for a file there.
FILES = Difference("files", Outcome.UNSUPPORTED, "the translation serves no files and reads no .htaccess in their "
                   "folders: what no mapping takes is answered with a 404 that has the host's headers only",
                   "GET /index.html HTTP/1.1")  # fmt: skip

"""What nginx answers differently whatever the configuration says: announced once for each translation."""

from __future__ import annotations

from apacheconf.ledger import Outcome
from apacheconf.targets.translation import Difference

_A, _E = Outcome.APPROXIMATED, Outcome.EQUIVALENT

#: NGX-40, NGX-41, NGX-66, NGX-106, DEF-50 and what the probes showed.
DIFFERENCES = (
    Difference("trace", _A, "TRACE is answered with 405; httpd hands it to the origin", "TRACE / HTTP/1.1"),
    Difference("options-star", _A, "OPTIONS * is answered with 400; httpd answers 200", "OPTIONS * HTTP/1.1"),
    Difference("connect", _A, "CONNECT is answered with 405; httpd answers 400", "CONNECT / HTTP/1.1"),
    Difference("null-byte", _A, "%00 in the path is answered with 400; httpd answers 404", "GET /%00 HTTP/1.1"),
    Difference("method-letters", _A, "a method with small letters is answered with 400; httpd hands it on",
               "get / HTTP/1.1"),
    Difference("connection-named-headers", _A, "headers that Connection names reach the origin; httpd drops them",
               "GET / HTTP/1.1 with Connection: X-Hop and X-Hop: 1"),
    Difference("broken-answers", _A, "an origin that breaks HTTP or the connection while a request is under way: "
               "nginx asks the next member or answers 502 where httpd answers 502, 500 or 200",
               "GET / HTTP/1.1 while the origin closes without an answer"),
    Difference("framing", _A, "Content-Length with Transfer-Encoding is answered with 400; httpd lets chunked win",
               "POST / HTTP/1.1 with Content-Length: 3 and Transfer-Encoding: chunked"),
    Difference("path-spelling", _E, "an empty query loses its ?, and [ ] reach the origin unescaped",
               "GET /a[b]? HTTP/1.1"),
    Difference("expect-continue", _E, "nginx answers Expect: 100-continue itself; httpd asks the origin",
               "POST / HTTP/1.1 with Expect: 100-continue"),
    Difference("repeated-headers", _E, "repeated request headers stay separate lines; httpd joins them",
               "GET / HTTP/1.1 with X-A: 1 and X-A: 2"),
)  # fmt: skip

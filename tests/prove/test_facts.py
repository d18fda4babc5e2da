"""Statements of the specification, read off httpd's recorded answers: what was seen is what is written there.

Our engine answers the same (test_replay); here it is shown that the recording and the specification agree.
"""

from __future__ import annotations

import pytest

from apacheconf.prove.observe import Observation
from tests import record

ONE, TWO = "reverse-proxy", "load-balancer"


def status(seen: Observation) -> object:
    return seen.replies[0].status


def line(seen: Observation) -> object:
    return seen.arrivals[0].line.removesuffix(" HTTP/1.1")


def origin(name: str, seen: Observation) -> object:
    return next((value for key, value in seen.arrivals[0].headers if key == name), None)


def header(name: str, seen: Observation) -> object:
    return next((value for key, value in seen.replies[0].headers if key == name), None)


def what(aspect: str, seen: Observation) -> object:
    """One aspect of an observation: ``origin NAME`` and ``header NAME`` are headers there and here."""
    kind, _, name = aspect.partition(" ")
    if kind == "origin":
        return origin(name, seen)
    if kind == "header":
        return header(name, seen)
    others = {
        "status": status,
        "line": line,
        "ended": lambda seen: seen.ended,
        "reason": lambda seen: seen.replies[0].reason,
        "framing": lambda seen: seen.arrivals[0].framing,
        "requests": lambda seen: len(seen.arrivals),
        "interims": lambda seen: seen.replies[0].interims,
        "whole": lambda seen: seen.replies[0].whole,
        "body": lambda seen: seen.replies[0].body,
    }
    return others[kind](seen)


#: Identifiers, probe, aspect, and what httpd was seen to do; while all origins are up, on the first site.
SEEN = [
    ("VH-31 PV-2 SEM-26", "host: upper case", "status", 200),
    ("PV-4 SEM-26", "host: with a port", "status", 200),
    ("PV-3", "host: unknown", "line", "GET /x"),
    ("RB-8f SEM-27", "host: missing", "status", 400),
    ("PV-4 SEM-27", "host: empty", "status", 400),
    ("SEM-27", "host: twice the same", "status", 400),
    ("PV-5 SEM-27", "host: absolute form against Host", "origin X-Forwarded-Host", "www.example.com"),
    ("SEM-27", "version: 1.0 without Host", "status", 200),
    ("PP-2 SEM-7", "path: /%41", "line", "GET /A"),
    ("PP-2 PU-1h SEM-7", "path: //x", "line", "GET /x"),
    ("PP-2 PU-1h", "path: /./x", "line", "GET /x"),
    ("PP-2", "path: /a/../b", "line", "GET /b"),
    ("PP-22 HP-4", "method: OPTIONS *", "requests", 0),
    ("PU-1a", "path: /a%20b", "line", "GET /a%20b"),
    ("PU-1b", "path: /%7euser", "line", "GET /~user"),
    ("PU-1c", "path: /a%3Fb", "line", "GET /a%3Fb"),
    ("PU-1d", "path: /a%25b", "line", "GET /a%25b"),
    ("PU-1e", "path: /a;b=1", "line", "GET /a;b=1"),
    ("PU-1f", 'path: /"[]|^`{}<>', "line", "GET /%22%5B%5D%7C%5E%60%7B%7D%3C%3E"),
    ("PU-1g", "path: /\\xe9", "line", "GET /%E9"),
    ("PU-1i RB-8g SEM-8", "path: /%zz", "status", 400),
    ("PU-2 SEM-8", "path: /a%2fb", "status", 404),
    ("SEM-8", "path: /%00", "status", 404),
    ("PU-10", "path: /..", "status", 400),
    ("PU-10 PU-13", "path: /a#b", "status", 400),
    ("PU-10", "path: /a b", "status", 400),
    ("PP-18", "path: /x?q=1&r=%20+%zz", "line", "GET /x?q=1&r=%20+%zz"),
    ("RB-10", "path: 9000 characters", "status", 414),
    ("RB-10", "header: 9000 bytes", "status", 400),
    ("RB-10", "header: 110 headers", "status", 400),
    ("RQ-1", "method: FOO", "line", "FOO /x"),
    ("RQ-1", "version: 1.0", "line", "GET /x"),
    ("RQ-3", "header: spaces around the value", "origin X-Space", "a  b"),
    ("RQ-3", "header: empty value", "origin X-Empty", ""),
    ("RQ-3", "header: spelling", "origin x-lOwEr", "1"),
    ("RQ-4", "header: Cookie twice", "origin Cookie", "a=1, b=2"),
    ("RQ-4", "header: repeated", "origin X-Two", "a, b"),
    ("RQ-5", "header: Connection lists a header", "origin X-Drop", None),
    ("RQ-5", "header: TE", "origin TE", None),
    ("RQ-6", "header: credentials", "origin Proxy-Authorization", "Basic eDp5"),
    ("RQ-7", "header: Connection lists X-Forwarded-For", "origin X-Forwarded-For", "127.0.0.1"),
    ("RQ-8", "header: Range", "status", 206),
    ("RQ-9", "header: Proxy", "origin Proxy", "http://evil.test"),
    ("RQ-10", "host: as written", "origin Host", "10.0.0.1"),
    ("RQ-13", "header: X-Forwarded-For present", "origin X-Forwarded-For", "1.2.3.4, 127.0.0.1"),
    ("RQ-13", "host: as written", "origin X-Forwarded-Server", "example.com"),
    ("RQ-13", "host: with a port", "origin X-Forwarded-Host", "example.com:99"),
    ("RQ-16", "header: Via", "origin Via", "1.0 fred"),
    ("RQ-17", "header: Max-Forwards 5", "origin Max-Forwards", "4"),
    ("RQ-17", "header: Max-Forwards 0", "status", 400),
    ("RQ-17", "header: Max-Forwards x", "status", 400),
    ("RQ-18", "method: TRACE", "line", "TRACE /x"),
    ("RQ-19", "version: 1.0 keep-alive", "header Connection", "Keep-Alive"),
    ("RQ-20", "body: Expect, body after 100", "interims", (100,)),
    ("RQ-22", "body: Expect something else", "status", 417),
    ("RQ-25", "host: as written", "origin Connection", "Keep-Alive"),
    ("RB-1", "body: chunked", "framing", "length"),
    ("RB-2", "body: Content-Length 100000", "framing", "length"),
    ("RB-3", "body: chunked, 50000 bytes", "framing", "chunked"),
    ("RB-5", "body: Content-Length 0", "origin Content-Length", "0"),
    ("RB-5", "method: POST", "framing", ""),
    ("RB-7", "body: length and chunked", "status", 200),
    ("RB-8a", "body: Content-Length 'x'", "status", 400),
    ("RB-8a", "body: Content-Length '+3'", "status", 400),
    ("RB-8a", "body: Content-Length twice", "status", 400),
    ("RB-8b", "body: Transfer-Encoding gzip", "status", 400),
    ("RB-8c", "last: Transfer-Encoding gzip, chunked", "status", 500),
    ("RB-8d", "body: chunk size is none", "status", 400),
    ("RB-8d", "body: chunk size too big", "status", 413),
    ("RB-8e", "body: chunked in HTTP/1.0", "status", 200),
    ("RB-13", "version: 2.0 in the line", "status", 200),
    ("RB-13", "version: 0.9", "body", "without orders\n"),
    ("RS-1", "origin: status 299", "reason", "Odd"),
    ("RS-2", "origin: hop-by-hop headers", "header X-Drop", None),
    ("RS-3", "origin: its own Date and Server", "header Server", "origin/1.0"),
    ("RS-8", "origin: until close", "header Transfer-Encoding", "chunked"),
    ("RS-9", "origin: raw: length and chunked", "body", "hi"),
    ("RS-10", "origin: raw: unknown length", "status", 502),
    ("RS-12", "origin: HEAD", "header Content-Length", "22"),
    ("RS-13", "origin: raw: line feeds only", "body", "hi"),
    ("RS-14", "origin: raw: garbage", "status", 200),
    ("RS-15", "origin: raw: HTTP/2.0", "status", 502),
    ("RS-16 FA-10", "origin: raw: header without a colon", "status", 502),
    ("RS-17", "origin: header of 9000 bytes", "status", 502),
    ("RS-18", "last: space before the colon from the origin", "status", 500),
    ("RS-19", "origin: 103 first", "interims", (103,)),
    ("RS-20", "origin: raw: 101 not asked for", "status", 502),
    ("RS-21", "origin: raw: more than its length", "body", "hi"),
    ("RS-27 FA-14", "origin: breaks off in the body", "whole", False),
    ("RS-28", "origin: raw: bad chunk", "status", 502),
    ("RS-30", "origin: status 500", "ended", "closed"),
    ("RS-30", "origin: status 404", "ended", "kept"),
    ("RS-31", "origin: raw: bad chunk", "header Expires", "(now)"),
    ("FA-6 FA-18", "origin: closes without an answer", "reason", "Proxy Error"),
    ("FA-9", "origin: raw: ends in the headers", "status", 502),
    ("FA-15", "origin: status 503", "reason", "Later"),
    ("FO-16", "origin: answers before the body", "status", 413),
    ("RV-4", "origin: Location of the origin", "header Location", "http://example.com/new?q#f"),
    ("RV-6", "origin: Location relative", "header Location", "/new"),
    ("RV-7", "origin: Location relative to the path", "header Location", "new"),
    ("RV-1", "origin: Refresh is left", "header Refresh", "0; url=http://10.0.0.1/r"),
    ("RV-9 SEM-35", "origin: Location of the origin, no path", "header Location", "http://10.0.0.1"),
    ("HP-4", "method: CONNECT authority", "line", "CONNECT /"),
    ("FA-19 ED-3", "origin: closes without an answer", "header Content-Type", "text/html; charset=iso-8859-1"),
]


@pytest.mark.parametrize(("ids", "probe", "aspect", "expected"), SEEN, ids=[f"{row[0]}: {row[1]}" for row in SEEN])
def test_one_origin(ids: str, probe: str, aspect: str, expected: object) -> None:
    assert what(aspect, record.read(ONE)[1]["all up"][probe]) == expected


def origins_of(scenario: str, *probes: str) -> list[str]:
    seen = record.read(TWO)[1][scenario]
    return [arrival.origin for probe in probes or seen for arrival in seen[probe].arrivals]


def test_equal_members_take_turns() -> None:
    """LB-14."""
    assert origins_of("sequence of members") == ["10.0.0.1:8080", "10.0.0.2:8080"] * 6


def test_a_dead_member_is_passed_over_also_with_a_body() -> None:
    """FA-1, FO-4, FO-5, FO-2."""
    seen = record.read(TWO)[1]["one member down"]
    assert {
        reply.status for name in ("down: GET", "down: POST", "down: POST 50000 bytes") for reply in seen[name].replies
    } == {200}
    assert set(origins_of("one member down")) == {"10.0.0.2:8080"}


def test_all_down_is_503_each_time() -> None:
    """FA-1, FA-13, FO-10, FA-18."""
    seen = record.read(TWO)[1]["all down"]
    assert (seen["down: GET"].replies[0].status, seen["down: GET again"].replies[0].status) == (503, 503)
    assert seen["down: GET"].replies[0].reason == "Service Unavailable"


def test_the_clients_host_is_kept() -> None:
    """RQ-11."""
    seen = record.read(TWO)[1]["all up"]
    assert what("origin Host", seen["host: with a port"]) == "example.com:99"
    assert what("origin Host", seen["version: 1.0 without Host"]) == "example.com"


def test_a_redirect_to_any_member_is_mapped_and_prefixes_have_no_boundary() -> None:
    """RV-3, RV-8."""
    seen = record.read(TWO)[1]["all up"]
    assert what("header Location", seen["origin: Location of the origin"]) == "http://example.com/new?q#f"
    assert what("header Location", seen["origin: Location near miss"]) == "http://example.com/9/new"
    assert what("header Location", seen["origin: Location upper case"]) == "http://example.com/New"


def test_a_500_of_the_proxy_puts_the_chosen_member_into_error() -> None:
    """FO-1, FO-17."""
    after = origins_of("all up", "last: the request after it", "last: space before the colon from the origin")
    assert len(set(after)) == 1

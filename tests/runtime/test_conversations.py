"""Screenplays of whole conversations, each with its bytes whole and one by one. Answers as observed on 2.4.71."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from apacheconf.program.loading import load
from apacheconf.program.workers import Worker
from tests.program.examples import load_balancer, one_origin
from tests.runtime.stage import HEAD, OK, Hangup, Heard, Stage, body_of, converse, get

XFF = b"X-Forwarded-For: 192.0.2.7\r\nX-Forwarded-Host: example.com\r\nX-Forwarded-Server: example.com\r\n"
CUTS = pytest.mark.parametrize("cut", [0, 1, 7], ids=["whole", "byte by byte", "by seven"])


def ask(sent: bytes, *answers: bytes | Hangup, cut: int = 0) -> Heard:
    """Ask configuration 1."""
    return converse(one_origin(), sent, answers, cut)


@CUTS
def test_a_get_is_forwarded_and_its_answer_relayed(cut: int) -> None:
    """RQ-1, RQ-2, RQ-10, RQ-13, RQ-25, RS-3."""
    heard = ask(get(b"Accept: */*\r\n", b"/x?y"), OK, cut=cut)
    expected = b"GET /x?y HTTP/1.1\r\nHost: 10.0.0.1\r\nAccept: */*\r\n" + XFF + b"Connection: Keep-Alive\r\n\r\n"
    assert heard.requests == [("http://10.0.0.1/", expected)]
    assert heard.client == b"HTTP/1.1 200 OK\r\nDate: *\r\nServer: o\r\nContent-Length: 2\r\n\r\nhi"
    assert not heard.closed


@CUTS
def test_the_second_equal_request_takes_the_short_way_to_the_same_bytes(cut: int) -> None:
    """KP-1, WK-7: one origin connection; the memo's answer equals the first one's."""
    plain = OK.replace(b"Date: Mon, 01 Jan 2024 00:00:00 GMT\r\nServer: o\r\n", b"")
    for answer in (OK, plain):
        heard = ask(HEAD * 3, answer, answer, answer, cut=cut)
        assert len(heard.requests) == 1
        first, rest = heard.requests[0][1][: len(heard.requests[0][1]) // 3], heard.requests[0][1]
        assert rest == first * 3
        assert heard.client == heard.client[: len(heard.client) // 3] * 3


@CUTS
def test_header_fields_are_merged_and_hop_by_hop_ones_removed(cut: int) -> None:
    """RQ-3, RQ-4, RQ-5, RQ-6, RQ-7."""
    sent = get(
        b"Connection: X-A\r\nX-A: 1\r\nTE: trailers\r\nKeep-Alive: 3\r\nTrailer: x\r\nUpgrade: h2c\r\n"
        b"Proxy-Connection: close\r\nProxy-Authenticate: y\r\nX-Forwarded-For: 1.2.3.4\r\nCookie: a=1\r\n"
        b"X-B:  z \r\nCookie: b=2\r\nX-Empty:\r\n"
    )
    (_, request), *_ = ask(sent, OK, cut=cut).requests
    assert request.split(b"\r\n")[2:-3] == [
        b"Proxy-Authenticate: y", b"X-Forwarded-For: 1.2.3.4, 192.0.2.7", b"Cookie: a=1, b=2", b"X-B: z",
        b"X-Empty: ", b"X-Forwarded-Host: example.com", b"X-Forwarded-Server: example.com",
    ]  # fmt: skip


@CUTS
def test_the_last_forward_is_counted(cut: int) -> None:
    """RQ-17: 1 becomes 0, which the origin may still answer."""
    (_, request), *_ = ask(get(b"Max-Forwards: 1\r\n"), OK, cut=cut).requests
    assert b"\r\nMax-Forwards: 0\r\n" in request


@CUTS
@pytest.mark.parametrize(
    ("head", "body", "framing", "forwarded"),
    [
        (b"Content-Length: 3\r\n", b"abc", b"Content-Length: 3", b"abc"),  # RB-2
        (b"Content-Length: 0\r\n", b"", b"Content-Length: 0", b""),  # RB-5
        (
            b"Transfer-Encoding: chunked\r\n",
            b"3;x=y\r\nabc\r\n0\r\nT: x\r\n\r\n",
            b"Content-Length: 3",
            b"abc",
        ),  # RB-1, 6
        (b"Transfer-Encoding: CHUNKED\r\n", b"0\r\n\r\n", b"Content-Length: 0", b""),
    ],
)
def test_bodies_are_framed_anew(head: bytes, body: bytes, framing: bytes, forwarded: bytes, cut: int) -> None:
    """RB-1, RB-2, RB-5, RB-6."""
    heard = ask(get(head, method=b"POST") + body + HEAD, OK, OK, cut=cut)
    first = heard.requests[0][1]
    assert framing + b"\r\nConnection" in first
    assert body_of(first).startswith(forwarded + b"GET / HTTP/1.1")
    assert heard.statuses == [200, 200]


@CUTS
def test_a_large_chunked_body_stays_chunked(cut: int) -> None:
    """RB-3."""
    if cut == 1:
        cut = 1000
    body = b"4000\r\n" + b"x" * 0x4000 + b"\r\n4000\r\n" + b"y" * 0x4000 + b"\r\n0\r\n\r\n"
    heard = ask(get(b"Transfer-Encoding: chunked\r\n", method=b"POST") + body, OK, cut=cut)
    request = heard.requests[0][1]
    assert b"Transfer-Encoding: chunked\r\n" in request and request.endswith(b"\r\n0\r\n\r\n")
    assert request.count(b"x") >= 0x4000 and request.count(b"y") >= 0x4000


@CUTS
def test_content_length_with_chunked_is_read_as_chunked_and_ends_the_connection(cut: int) -> None:
    """RB-7: what follows is never a second request."""
    sent = get(b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", method=b"POST") + b"3\r\nabc\r\n0\r\n\r\n" + HEAD
    heard = ask(sent, OK, OK, cut=cut)
    assert heard.statuses == [200] and heard.closed
    assert b"Connection: close\r\n" in heard.client


@CUTS
@pytest.mark.parametrize(
    ("status", "sent"),
    [
        (400, b"GET / HTTX/1.1\r\nHost: a\r\n\r\n"),
        (400, b"GET  / HTTP/1.1\r\nHost: a\r\n\r\n"),
        (400, b"GET / HTTP/1.1 \r\nHost: a\r\n\r\n"),
        (400, b"GET / HTTP/1.1\nHost: example.com\n\n"),
        (400, b"GET / HTTP/0.9\r\nHost: a\r\n\r\n"),
        (400, b"G(T / HTTP/1.1\r\nHost: a\r\n\r\n"),
        (400, b" GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
        (400, b"GET\r\n"),
        (400, b"POST /\r\n"),
        (400, b"\r\n" * 11 + HEAD),
        (400, b"GET / HTTP/1.1\r\n\r\n"),  # RB-8f
        (400, b"GET / HTTP/1.1\r\nHost:\r\n\r\n"),
        (400, b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n"),
        (400, b"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n"),
        (400, b"GET http://u:p@example.com/ HTTP/1.1\r\nHost: a\r\n\r\n"),
        (400, b"GET ftp://example.com/ HTTP/1.1\r\nHost: a\r\n\r\n"),
        (400, get(path=b"/a\x01b")),
        (400, get(path=b"/a#b")),  # PU-10
        (400, get(path=b"/%zz")),  # RB-8g
        (400, get(path=b"/../x")),
        (404, get(path=b"/a%2fb")),  # PU-2
        (400, get(b"foo\r\n")),
        (400, get(b"foo : x\r\n")),
        (400, get(b"f(o: x\r\n")),
        (400, get(b"foo: a\x01b\r\n")),
        (400, get(b"foo: a\x7fb\r\n")),
        (400, get(b"foo: a\rb\r\n")),
        (400, get(b"foo: a\nb\r\n")),
        (400, b"GET / HTTP/1.1\r\n X: y\r\nHost: a\r\n\r\n"),
        (400, get(b"X: a\r\n" * 100)),  # RB-10
        (400, get(b"X: " + b"a" * 8200 + b"\r\n")),
        (414, get(path=b"/" + b"a" * 8200)),
        (400, get(b"Content-Length: +3\r\n", method=b"POST") + b"abc"),  # RB-8a
        (400, get(b"Content-Length: 3\r\nContent-Length: 3\r\n", method=b"POST") + b"abc"),
        (400, get(b"Content-Length: 99999999999999999999999\r\n", method=b"POST") + b"abc"),
        (400, get(b"Transfer-Encoding: gzip\r\n", method=b"POST")),  # RB-8b
        (400, get(b"Transfer-Encoding: chunked,\r\n", method=b"POST") + b"0\r\n\r\n"),
        (400, get(b"Transfer-Encoding: xchunked\r\n", method=b"POST") + b"0\r\n\r\n"),
        (500, get(b"Transfer-Encoding: gzip, chunked\r\n", method=b"POST") + b"0\r\n\r\n"),  # RB-8c
        (400, get(b"Transfer-Encoding: chunked\r\n", method=b"POST") + b"zz\r\nabc\r\n0\r\n\r\n"),  # RB-8d
        (400, get(b"Transfer-Encoding: chunked\r\n", method=b"POST") + b" 3\r\nabc\r\n0\r\n\r\n"),
        (400, get(b"Transfer-Encoding: chunked\r\n", method=b"POST") + b"3\nabc\n0\n\n"),
        (400, get(b"Transfer-Encoding: chunked\r\n", method=b"POST") + b"3\r\nabcd\r\n0\r\n\r\n"),
        (413, get(b"Transfer-Encoding: chunked\r\n", method=b"POST") + b"f" * 18 + b"\r\nabc\r\n0\r\n\r\n"),
        (417, get(b"Expect: foo\r\n")),  # RQ-22
        (400, get(b"Max-Forwards: 0\r\n")),  # RQ-17
        (400, get(b"Max-Forwards: x\r\n")),
    ],
)  # fmt: skip
def test_what_a_client_may_not_send(status: int, sent: bytes, cut: int) -> None:
    """RB-8, RB-10, RB-13: httpd's status, a closed connection after 400, and nothing reaches an origin."""
    if len(sent) > 5000:
        cut = cut and 500
    heard = ask(sent, OK, cut=cut)
    assert heard.statuses == [status]
    assert not any(request for _, request in heard.requests)
    assert heard.closed == (status not in (404, 417))


@CUTS
@pytest.mark.parametrize(
    ("sent", "line"),
    [
        (get(method=b"FOO"), b"FOO / HTTP/1.1"),  # RQ-1
        (get(method=b"get"), b"get / HTTP/1.1"),
        (get(path=b"/\xe9"), b"GET /%E9 HTTP/1.1"),  # PU-1g
        (get(path=b"/a\"|^[]<>{}\\`b"), b"GET /a%22%7C%5E%5B%5D%3C%3E%7B%7D%5C%60b HTTP/1.1"),  # PU-1f
        (get(path=b"/a?\"|^\xe9"), b"GET /a?\"|^\xe9 HTTP/1.1"),
        (get(path=b"//x/./y/../%41"), b"GET /x/A HTTP/1.1"),  # PP-2
        (get(path=b"/a?"), b"GET /a? HTTP/1.1"),
        (b"\r\n" * 10 + HEAD, b"GET / HTTP/1.1"),
        (get(version=b"2.0"), b"GET / HTTP/1.1"),  # RB-13
        (b"GET http://example.com/x?y HTTP/1.1\r\nHost: zzz\r\n\r\n", b"GET /x?y HTTP/1.1"),
        (b"GET /x\r\n", b"GET /x HTTP/1.1"),
        (get(b"X-A: b\r\n c\r\n\tdd \r\n"), b"GET / HTTP/1.1"),
    ],
)  # fmt: skip
def test_what_httptools_refuses_and_httpd_does_not(sent: bytes, line: bytes, cut: int) -> None:
    """The strict reader decides as httpd does (RB-13)."""
    heard = ask(sent, OK, cut=cut)
    assert [request.partition(b"\r\n")[0] for _, request in heard.requests] == [line]
    if b"X-A" in sent:
        assert b"\r\nX-A: b c dd\r\n" in heard.requests[0][1]


@CUTS
def test_http_0_9_gets_the_body_alone(cut: int) -> None:
    """RB-13."""
    heard = ask(b"GET /\r\n", OK, cut=cut)
    assert heard.client == b"hi" and heard.closed


@CUTS
@pytest.mark.parametrize(
    ("version", "connection", "lines", "closed"),
    [
        (b"1.0", b"", b"Connection: close\r\n", True),
        (b"1.0", b"Connection: keep-alive\r\n", b"Keep-Alive: timeout=5, max=100\r\nConnection: Keep-Alive\r\n", False),
        (b"1.1", b"Connection: keep-alive\r\n", b"Keep-Alive: timeout=5, max=100\r\nConnection: Keep-Alive\r\n", False),
        (b"1.1", b"Connection: close\r\n", b"Connection: close\r\n", True),
        (b"1.1", b"Connection: close, keep-alive\r\n", b"Connection: close\r\n", True),
        (b"1.1", b"", b"", False),
    ],
)
def test_keep_alive(version: bytes, connection: bytes, lines: bytes, closed: bool, cut: int) -> None:
    """RQ-19."""
    heard = ask(get(connection, version=version), OK, cut=cut)
    assert heard.client.endswith(b"Content-Length: 2\r\n" + lines + b"\r\nhi")
    assert heard.closed is closed


@CUTS
def test_a_refused_requests_body_is_dropped_and_the_next_request_read(cut: int) -> None:
    """RB-8: the connection stays after a 404, and the body is no request."""
    sent = get(b"Content-Length: 3\r\n", b"/a%2fb", b"POST") + b"GET" + get(b"Connection: close\r\n", b"/a%2fb")
    heard = ask(sent, cut=cut)
    assert heard.statuses == [404, 404] and heard.closed


def test_very_many_pipelined_requests_are_answered_in_order() -> None:
    """Thousands in one read: a loop, not a recursion."""
    sent = get(path=b"/a%2fb") * 60 + HEAD * 40
    heard = ask(sent, *[OK] * 40)
    assert heard.statuses == [404] * 60 + [200] * 40
    sent = get(path=b"/a%2fb") * 3000
    assert ask(sent).statuses == [404] * 101


@CUTS
def test_members_alternate(cut: int) -> None:
    """LB-14, RQ-11: configuration 2."""
    heard = converse(load_balancer(), HEAD * 4, [OK] * 4, cut)
    assert [name for name, _ in heard.requests] == ["http://10.0.0.1:8080", "http://10.0.0.2:8080"]
    assert all(request.count(b"\r\nHost: example.com\r\n") == 2 for _, request in heard.requests)


def test_one_member_down_fails_over_and_both_down_is_503() -> None:
    """FA-1, FO-1, FO-4, FO-5: a POST too."""
    post = get(b"Content-Length: 3\r\n", method=b"POST") + b"abc"
    one, two = "http://10.0.0.1:8080", "http://10.0.0.2:8080"
    heard = converse(load_balancer(), post * 3, [OK] * 3, down=[one])
    assert heard.statuses == [200] * 3
    assert [name for name, _ in heard.requests] == [two]
    assert heard.requests[0][1].count(b"\r\n\r\nabc") == 3
    heard = converse(load_balancer(), HEAD, down=[one, two])
    assert heard.statuses == [503] and heard.closed
    assert b"<h1>Service Unavailable</h1>" in heard.client


def test_options_star_is_answered_here() -> None:
    """PP-22."""
    heard = ask(b"OPTIONS * HTTP/1.1\r\nHost: example.com\r\n\r\n")
    assert heard.client.startswith(b"HTTP/1.1 200 OK\r\n") and heard.client.endswith(b"Content-Length: 0\r\n\r\n")


def test_expect_is_the_origins_business() -> None:
    """RQ-20: 100 comes from the origin, and only then the body goes to it."""
    stage = Stage(one_origin())
    client = stage.client()
    client.data_received(get(b"Expect: 100-continue\r\nContent-Length: 3\r\n", method=b"POST"))
    stage.settle()
    origin = stage.origins[0]
    assert b"Expect: 100-continue\r\n" in origin.transport.written
    assert not client.transport.written
    origin.data_received(b"HTTP/1.1 100 Continue\r\n\r\n")
    assert client.transport.written == b"HTTP/1.1 100 Continue\r\n\r\n"
    client.data_received(b"ab")
    client.data_received(b"c")
    assert origin.transport.written.endswith(b"\r\nConnection: Keep-Alive\r\n\r\nabc")
    origin.data_received(OK)
    assert client.transport.written.endswith(b"\r\n\r\nhi") and not client.transport.closed


def test_a_final_answer_in_place_of_100_ends_the_client_connection() -> None:
    """RQ-24: the body is still sent while the origin keeps its connection."""
    sent = get(b"Expect: 100-continue\r\nContent-Length: 3\r\n", method=b"POST") + b"abc"
    heard = ask(sent, OK)
    assert heard.statuses == [200] and heard.closed and b"Connection: close\r\n" in heard.client
    assert heard.requests[0][1].endswith(b"\r\n\r\nabc")


def test_a_fault_of_ours_is_a_500_and_a_line_in_the_error_log(monkeypatch: pytest.MonkeyPatch) -> None:
    """The connection ends, the server doesn't, and nobody sees a traceback."""

    def broken(*_: object) -> None:
        raise RuntimeError("a fault")

    monkeypatch.setattr("apacheconf.runtime.site.Site.quick_plan", broken)
    heard = converse(one_origin(), get(), ())
    assert heard.client.startswith(b"HTTP/1.1 500 Internal Server Error\r\n") and heard.closed
    assert len(heard.notes) == 1
    assert heard.notes[0].endswith("] internal error: RuntimeError: a fault; please report it")


def test_max_bounds_all_connections_to_a_worker() -> None:
    """WP-2: serve is one child."""
    program = one_origin()
    worker = replace(program.origins[0], max_connections=1)
    assert isinstance(worker, Worker)
    stage = Stage(replace(program, origins=(worker,)))
    for _ in range(3):
        stage.client().data_received(get())
        stage.settle()
    assert len(stage.origins) == 1


def test_captures_and_reuse(tmp_path: Path) -> None:
    """WK-5: connections are kept for URLs that are at least as long as the worker's own text."""
    path = tmp_path / "site.conf"
    path.write_text("ServerName example.com\nProxyPassMatch ^/(.*) http://10.0.0.1/$1 enablereuse=on\n")
    for asked, kept in ((b"/a", b"close"), (b"/ab", b"Keep-Alive")):
        stage = Stage(load([str(path)]).require())
        stage.client().data_received(get(path=asked))
        stage.settle()
        assert b"\r\nConnection: %b\r\n" % kept in stage.origins[0].transport.written

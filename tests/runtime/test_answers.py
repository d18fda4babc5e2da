"""Screenplays of what origins send, as observed on 2.4.71: each answer whole and byte by byte."""

from __future__ import annotations

import pytest

from tests.program.examples import load_balancer, one_origin
from tests.runtime.stage import HEAD, OK, Hangup, converse, get

CUTS = pytest.mark.parametrize("cut", [0, 1], ids=["whole", "byte by byte"])
R = b"HTTP/1.1 200 OK\r\n"
TWO = b"Content-Length: 2\r\n\r\nhi"


def heard_head(raw: bytes) -> bytes:
    """What the client heard, without the Date and Server that are added."""
    return b"".join(line for line in raw.splitlines(True) if not line.startswith((b"Date: ", b"Server: ")))


@CUTS
@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (b"HTTP/1.1 600 Weird one\r\n" + TWO, b"HTTP/1.1 600 Weird one\r\n" + TWO),  # RS-1
        (b"HTTP/1.1 099 X\r\n" + TWO, b"HTTP/1.1 099 X\r\n" + TWO),
        (b"HTTP/1.1 299\r\n" + TWO, b"HTTP/1.1 299 \r\n" + TWO),
        (b"HTTP/1.1 201x OK\r\n" + TWO, b"HTTP/1.1 201 Created\r\n" + TWO),
        (b"HTTP/1.1 200 a\x01b\r\n" + TWO, R + TWO),
        (b"HTTP/1.1 200 OK\nContent-Length: 2\n\nhi", R + TWO),  # RS-13
        (b"\r\n" + R + TWO, R + TWO),
        (b"HTTP/1.2 200 OK\r\n" + TWO, R + TWO),
        (R + b"Connection: X-A\r\nX-A: 1\r\nKeep-Alive: t\r\n" + TWO, R + TWO),  # RS-2
        (R + b"Proxy-Authenticate: z\r\nUpgrade: u\r\nTE: q\r\nTrailer: t\r\n" + TWO, R + TWO),
        (R + b"Set-Cookie: a\r\nX-B: 1\r\nSet-Cookie: b\r\nx-b: 2\r\n" + TWO,
         R + b"X-B: 1\r\nx-b: 2\r\nContent-Length: 2\r\nSet-Cookie: a\r\nSet-Cookie: b\r\n\r\nhi"),  # RS-5
        (R + b"foo: a\r\n  b\r\n\tc\r\n" + TWO, R + b"foo: a  b\tc\r\n" + TWO),
        (R + b"Expires: 0\r\nLast-Modified: Sun Nov  6 08:49:37 1994\r\n" + TWO,
         R + b"Expires: 0\r\nLast-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n" + TWO),  # RS-3
        (R + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\nhi!", R + TWO),  # RS-10
        (R + b"Content-Length: 2\r\n\r\nhi!!!!", R + TWO),  # RS-21
        (b"HTTP/1.1 204 No Content\r\n\r\n", b"HTTP/1.1 204 No Content\r\n\r\n"),  # RS-12
        (b"HTTP/1.1 304 Not Modified\r\nETag: x\r\nContent-Length: 20\r\n\r\n",
         b"HTTP/1.1 304 Not Modified\r\nETag: x\r\n\r\n"),
        (b"HTTP/1.1 407 Z\r\nProxy-Authenticate: x\r\n" + TWO, b"HTTP/1.1 407 Z\r\n" + TWO),
        (b"HTTP/1.1 103 Early\r\nLink: y\r\nConnection: x\r\n\r\n" + R + TWO,
         b"HTTP/1.1 103 Early\r\nLink: y\r\n\r\n" + R + TWO),  # RS-19
        (b"HTTP/1.1 100 Continue\r\n\r\n" + R + TWO, R + TWO),
    ],
)  # fmt: skip
def test_heads(answer: bytes, expected: bytes, cut: int) -> None:
    heard = converse(one_origin(), HEAD, [answer], cut)
    assert heard_head(heard.client) == expected
    assert not heard.closed


@pytest.mark.parametrize("cut", [0, 1])
@pytest.mark.parametrize(
    ("answer", "body"),
    [
        (R + b"Transfer-Encoding: chunked\r\n\r\n2;x=y\r\nhi\r\n3\r\nabc\r\n0\r\nTr: x\r\n\r\n", b"hiabc"),  # RS-8
        (R + b"Transfer-Encoding: chunked\r\nContent-Length: 9\r\n\r\n2\r\nhi\r\n0\r\n\r\n", b"hi"),  # RS-9
        (Hangup(R + b"\r\nhello"), b"hello"),
        (Hangup(R + b"Transfer-Encoding: gzip\r\n\r\nhi"), b"hi"),  # RS-11
        (Hangup(b"hello\nworld\n"), b"helloworld\n"),  # RS-14
    ],
)
def test_bodies_of_unknown_length_become_chunked(answer: bytes | Hangup, body: bytes, cut: int) -> None:
    """RS-8, RS-9, RS-11, RS-14; chunked for HTTP/1.1, until close for HTTP/1.0."""
    heard = converse(one_origin(), HEAD, [answer], cut)
    head, _, sent = heard.client.partition(b"\r\n\r\n")
    assert b"Transfer-Encoding: chunked" in head and b"Content-Length" not in head
    assert _unchunked(sent) == body and not heard.closed
    heard = converse(one_origin(), get(b"Connection: keep-alive\r\n", version=b"1.0"), [answer], cut)
    assert heard.client.endswith(b"Connection: close\r\n\r\n" + body) and heard.closed


def _unchunked(data: bytes) -> bytes:
    out = b""
    while not data.startswith(b"0\r\n"):
        size, _, data = data.partition(b"\r\n")
        out, data = out + data[: int(size, 16)], data[int(size, 16) + 2 :]
    assert data == b"0\r\n\r\n"
    return out


def test_an_empty_chunked_body_has_a_length() -> None:
    """RS-8, as observed."""
    heard = converse(one_origin(), HEAD, [R + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"])
    assert heard.client.endswith(b"Content-Length: 0\r\n\r\n")


@CUTS
@pytest.mark.parametrize(
    ("answer", "lines"),
    [
        (R + b"Content-Length: 20\r\n\r\n", b"Content-Length: 20\r\n"),
        (R + b"Transfer-Encoding: chunked\r\n\r\n", b"Transfer-Encoding: chunked\r\n"),
        (R + b"\r\n", b""),
    ],
)
def test_head_has_no_body(answer: bytes, lines: bytes, cut: int) -> None:
    """RS-12: and the next answer is not taken for it."""
    heard = converse(one_origin(), get(method=b"HEAD") + HEAD, [answer, OK], cut)
    assert heard_head(heard.client) == R + lines + b"\r\n" + R + TWO


@CUTS
@pytest.mark.parametrize(
    ("answer", "status", "reason"),
    [
        (R + b"Content-Length: x\r\n\r\nhi", 502, b"Bad Gateway"),  # RS-10
        (R + b"Content-Length: +2\r\n\r\nhi", 502, b"Bad Gateway"),
        (R + b"Content-Length: 2, 2\r\n\r\nhi", 502, b"Bad Gateway"),
        (b"HTTP/2.0 200 OK\r\n" + TWO, 502, b"Proxy Error"),  # RS-15
        (R + b"foo\r\n" + TWO, 502, b"Bad Gateway"),  # RS-16
        (R + b"foo: " + b"a" * 8300 + b"\r\n" + TWO, 502, b"Bad Gateway"),  # RS-17
        (R + b"foo : x\r\n" + TWO, 500, b"Internal Server Error"),  # RS-18
        (R + b"foo: a\x01x\r\n" + TWO, 500, b"Internal Server Error"),
        (R + b"f(oo: a\r\n" + TWO, 500, b"Internal Server Error"),
        (b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n", 502, b"Proxy Error"),  # RS-20
        (b"\r\n\r\n" + R + TWO, 502, b"Proxy Error"),  # RS-13
        (Hangup(), 502, b"Proxy Error"),  # FA-6
        (Hangup(b"HTTP/1.1 20"), 502, b"Proxy Error"),
        (Hangup(R + b"Foo: b"), 502, b"Bad Gateway"),  # FA-9
    ],
)
def test_what_an_origin_may_not_send(answer: bytes | Hangup, status: int, reason: bytes, cut: int) -> None:
    """FA-6, FA-9, FA-10, FA-18: the server stays up, and the client of a 502 may stay."""
    if not isinstance(answer, Hangup) and len(answer) > 5000:
        cut = cut and 500
    heard = converse(one_origin(), HEAD, [answer], cut)
    assert heard.client.startswith(b"HTTP/1.1 %d %b\r\n" % (status, reason))
    assert heard.closed is (status == 500)


@CUTS
@pytest.mark.parametrize(
    ("answer", "end"),
    [
        (Hangup(R + b"Content-Length: 20\r\n\r\nhi"), b"\r\n\r\nhi"),
        (Hangup(R + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhi"), b"hi\r\n"),
        (R + b"Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\nzz\r\n", b"hi\r\n"),
    ],
)
def test_a_truncated_answer_never_looks_whole(answer: bytes | Hangup, end: bytes, cut: int) -> None:
    """RS-27: the connection is cut, the last chunk is withheld."""
    heard = converse(one_origin(), HEAD + HEAD, [answer, OK], cut)
    assert heard.client.startswith(R) and heard.closed
    assert not heard.client.endswith(b"0\r\n\r\n")
    if not cut:
        assert heard.client.endswith(end)


def test_an_origin_that_hangs_up_on_a_kept_client_connection_hangs_up_on_the_client() -> None:
    """FA-7."""
    heard = converse(one_origin(), HEAD + HEAD, [OK, Hangup()])
    assert heard.statuses == [200] and heard.closed


def test_ten_interim_answers_are_one_too_many() -> None:
    """RS-19."""
    hint = b"HTTP/1.1 103 E\r\n\r\n"
    assert converse(one_origin(), HEAD, [hint * 9 + OK]).statuses == [103] * 9 + [200]
    assert converse(one_origin(), HEAD, [hint * 10 + OK]).statuses == [103] * 10 + [502]
    assert converse(one_origin(), get(version=b"1.0"), [hint + OK]).statuses == [200]


@CUTS
def test_error_statuses_of_origins_end_the_connection(cut: int) -> None:
    """RS-1: httpd drops the connection after these, whoever gave them."""
    for status, closed in ((400, True), (404, False), (500, True), (502, False), (503, True)):
        heard = converse(one_origin(), HEAD, [b"HTTP/1.1 %d X\r\n" % status + TWO], cut)
        assert heard.statuses == [status] and heard.closed is closed


@CUTS
@pytest.mark.parametrize(
    ("location", "expected"),
    [
        (b"http://10.0.0.2:8080/x?y", b"http://example.com/x?y"),  # RV-8
        (b"HTTP://10.0.0.1:8080/z", b"http://example.com/z"),  # RV-3
        (b"http://10.0.0.1:8080", b"http://example.com/"),
        (b"http://10.0.0.3:8080/x", b"http://10.0.0.3:8080/x"),
        (b"/x", b"/x"),
        (b"y", b"y"),  # RV-7
    ],
)
def test_redirects_are_mapped_back(location: bytes, expected: bytes, cut: int) -> None:
    """RV-1 to RV-8, on each of the four fields and no other."""
    names = (b"Location", b"Content-Location", b"URI", b"Destination")
    fields = b"".join(name + b": " + location + b"\r\n" for name in names)
    answer = b"HTTP/1.1 302 Found\r\n" + fields + b"Link: " + location + b"\r\nContent-Length: 0\r\n\r\n"
    heard = converse(load_balancer(), HEAD, [answer], cut)
    for name in names:
        assert b"\r\n" + name + b": " + expected + b"\r\n" in heard.client
    assert b"\r\nLink: " + location + b"\r\n" in heard.client


def test_a_bad_first_chunk_is_502_while_the_head_is_still_here() -> None:
    """RS-28."""
    heard = converse(one_origin(), HEAD, [R + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nhi\r\n"])
    assert heard.statuses == [502] and not heard.closed


def test_range_is_applied_to_a_whole_answer() -> None:
    """RQ-8."""
    heard = converse(one_origin(), get(b"Range: bytes=1-2\r\n"), [R + b"Content-Length: 4\r\n\r\nabcd"])
    assert heard.statuses == [206] and heard.client.endswith(b"\r\nContent-Range: bytes 1-2/4\r\n\r\nbc")
    heard = converse(one_origin(), get(b"Range: bytes=9-\r\n"), [R + b"Content-Length: 4\r\n\r\nabcd"])
    assert heard.statuses == [416] and b"abcd" not in heard.client

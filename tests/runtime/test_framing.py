"""Where messages end: one reader, however the bytes are cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apacheconf.runtime.errors import ClientBroke, OriginBroke
from apacheconf.runtime.framing import (
    CHUNKED,
    LAST_CHUNK,
    UNTIL_CLOSE,
    BadChunk,
    ChunkReader,
    chunk,
    is_undecodable,
    request_length,
    response_length,
)

TE, CL = b"Transfer-Encoding", b"Content-Length"


def test_request_lengths() -> None:
    """RB-5, RB-7."""
    assert request_length([], b"POST") == (0, True)
    assert request_length([(CL, b"003")], b"GET") == (3, True)
    assert request_length([(TE, b" Chunked ")], b"GET") == (CHUNKED, True)
    assert request_length([(TE, b"chunked"), (CL, b"3")], b"GET") == (CHUNKED, False)


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ([(CL, b"+3")], 400), ([(CL, b"-3")], 400), ([(CL, b"")], 400), ([(CL, b"3"), (CL, b"3")], 400),
        ([(CL, b"3,3")], 400), ([(CL, b"0x3")], 400), ([(CL, b"9" * 40)], 400), ([(CL, b"\xb2")], 400),
        ([(TE, b"gzip")], 400), ([(TE, b"")], 400), ([(TE, b"chunked,")], 400), ([(TE, b"notchunked")], 400),
        ([(TE, b"chunked, gzip")], 400),
    ],
)  # fmt: skip
def test_requests_that_are_refused(fields: list[tuple[bytes, bytes]], status: int) -> None:
    """RB-8a, RB-8b."""
    with pytest.raises(ClientBroke) as refused:
        request_length(fields, b"POST")
    assert refused.value.status == status


@pytest.mark.parametrize("coding", [b"gzip, chunked", b"chunked, chunked", b"identity, chunked", b"chunked,\tCHUNKED"])
def test_where_a_body_ends_that_nobody_can_decode(coding: bytes) -> None:
    """RB-8c: only who reads it minds."""
    assert request_length([(TE, coding)], b"POST") == (CHUNKED, True)
    assert is_undecodable([(TE, coding)]) and not is_undecodable([(TE, b"Chunked ")])


def test_response_lengths() -> None:
    """RS-9 to RS-12."""
    assert response_length([(CL, b"2"), (CL, b"3")], 200, False) == 2
    assert response_length([(TE, b"chunked"), (CL, b"3")], 200, False) == CHUNKED
    assert response_length([(TE, b"gzip, chunked")], 200, False) == CHUNKED
    assert response_length([(TE, b"gzip")], 200, False) == UNTIL_CLOSE
    assert response_length([], 200, False) == UNTIL_CLOSE
    for status, head in ((200, True), (204, False), (304, False), (103, False)):
        assert response_length([(CL, b"7")], status, head) == 0
    with pytest.raises(OriginBroke):
        response_length([(CL, b"x")], 200, False)


def read(data: bytes, cuts: list[int]) -> tuple[bytes, bool, bytes]:
    reader = ChunkReader()
    out, at = b"", 0
    for cut in [*sorted(cuts), len(data)]:
        if not reader.done:
            out += b"".join(reader.feed(data[at:cut]))
            at = cut
    return out, reader.done, reader.rest + data[at:]


@given(st.lists(st.binary(min_size=1, max_size=300), max_size=6), st.binary(max_size=20), st.data())
def test_chunks_are_read_alike_however_they_are_cut(parts: list[bytes], after: bytes, data: st.DataObject) -> None:
    """RB-6, RS-8: what follows the last chunk is kept for the next message."""
    sent = b"".join(chunk([part]) for part in parts) + LAST_CHUNK + after
    cuts = data.draw(st.lists(st.integers(0, len(sent)), max_size=8))
    assert read(sent, cuts) == (b"".join(parts), True, after)
    assert read(sent, list(range(len(sent)))) == (b"".join(parts), True, after)


@pytest.mark.parametrize(
    "sent",
    [b"zz\r\n", b"\r\n", b"-3\r\nabc", b"0x3\r\nabc", b" 3\r\nabc", b"3\nabc", b"3\r\nabcd\r\n", b"3\r\nabc\n",
     b"0\r\nbad\r\n", b"1" * 17 + b"\r\n", b"3;\x01\r\n", b"+3\r\nabc", b"3\r\nabc\rx"],
)  # fmt: skip
def test_malformed_chunks_are_refused_however_they_are_cut(sent: bytes) -> None:
    """RB-8d."""
    for cuts in ([], list(range(len(sent)))):
        with pytest.raises(BadChunk):
            read(sent, cuts)


def test_an_endless_chunk_line_is_refused() -> None:
    with pytest.raises(BadChunk):
        ChunkReader().feed(b"3;" + b"x" * 9000)


def test_what_was_good_before_a_bad_chunk_is_kept() -> None:
    """RS-27: the relay sends it before it cuts the connection."""
    with pytest.raises(BadChunk) as bad:
        ChunkReader().feed(b"2\r\nhi\r\nzz\r\n")
    assert bad.value.pieces == [b"hi"]

"""The two readers of request heads agree wherever both have an opinion, and only one says where a message ends."""

from __future__ import annotations

import contextlib

from hypothesis import given, settings
from hypothesis import strategies as st

from apacheconf.program.hosts import Limits
from apacheconf.runtime.errors import ClientBroke
from apacheconf.runtime.heads import FastReader, read_request_head
from apacheconf.runtime.strict import read_fields, read_request_line

names = st.sampled_from(
    [
        b"Host",
        b"Content-Length",
        b"Transfer-Encoding",
        b"Connection",
        b"Upgrade",
        b"X-A",
        b"x-a",
        b"a_b",
        b"A b",
        b"X:",
        b"",
    ]
)
values = st.one_of(
    st.sampled_from(
        [b"chunked", b"gzip, chunked", b"3", b"+3", b"3, 3", b"close", b"keep-alive", b"a", b"", b" x \t", b"\x0b"]
    ),
    st.binary(max_size=12),
)
line_ends = st.sampled_from([b"\r\n"] * 8 + [b"\n", b"\r", b"\r\n ", b"\r\n\t"])
methods = st.sampled_from([b"GET", b"POST", b"HEAD", b"CONNECT", b"FOO", b"PRI", b"M-SEARCH", b"get", b"SOURCE"])
targets = st.sampled_from([b"/", b"/x?y", b"*", b"http://a/", b"a:80", b"/\xe9", b"//", b"/a#b", b"/ b"])


@st.composite
def heads(draw: st.DrawFn) -> bytes:
    """Heads of a request, most of them well-formed."""
    fields = draw(st.lists(st.tuples(names, values, line_ends), max_size=6))
    lines = b"".join(name + b": " + value + end for name, value, end in fields)
    version = draw(st.sampled_from([b"HTTP/1.1"] * 5 + [b"HTTP/1.0", b"HTTP/2.0"]))
    return draw(methods) + b" " + draw(targets) + b" " + version + b"\r\n" + lines + b"\r\n"


@settings(max_examples=600)
@given(st.lists(heads(), min_size=1, max_size=4))
def test_what_the_fast_reader_accepts_the_strict_one_reads_alike(messages: list[bytes]) -> None:
    """RB-8, RB-13: on one long-lived parser, so that nothing of one head may leak into the next."""
    fast = FastReader()
    for message in messages:
        head = message.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
        quick = fast.read(head)
        if quick is None:
            continue
        line, _, block = head.partition(b"\r\n")
        assert read_request_line(line, Limits()) == (quick.method, quick.target, quick.version)
        assert read_fields(block, Limits()) == quick.fields


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(junk: bytes) -> None:
    with contextlib.suppress(ClientBroke):
        read_request_head(b"GET / HTTP/1.1\r\n" + junk.replace(b"\r\n\r\n", b"") + b"\r\n\r\n", Limits(), FastReader())

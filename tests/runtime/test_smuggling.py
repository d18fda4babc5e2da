"""Where messages end: serve reads no other end than httpd did (issue: request smuggling)."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import httptools
import pytest

from tests.engines.real import need
from tests.program.examples import one_origin
from tests.runtime.contest import RECORDING, play_all
from tests.runtime.smuggling import END, REQUESTS, RESPONSES, SMUGGLING, STRICTER
from tests.runtime.stage import OK, Hangup, converse, get


@pytest.fixture(scope="module")
def told() -> dict[str, list[str]]:
    """What serve says of all of them, at one server."""
    return play_all(SMUGGLING, None)


def test_there_are_enough() -> None:
    assert len(REQUESTS) >= 60 and len(RESPONSES) >= 30
    assert {contest.name for contest in SMUGGLING} >= set(STRICTER)


@pytest.mark.parametrize("name", [contest.name for contest in SMUGGLING])
def test_serve_reads_no_other_end(name: str, told: dict[str, list[str]]) -> None:
    """RB-7, RB-8, RB-10, RB-13, RS-9 to RS-18, RS-21, RS-28: the same decision as httpd's, or a refusal."""
    if name not in STRICTER:
        assert told[name] == RECORDING.read()[name]
        return
    for ours, theirs in zip(told[name], RECORDING.read()[name], strict=True):
        assert ours == theirs or ours.split()[0] in ("400", "500", "501", "502") or ours.startswith("A 502")
    assert told[name] != RECORDING.read()[name], "it is no stricter any more"


CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
#: The sizes of the pieces in which messages arrive.
CUTS = (1, 2, 7)


class _Reader:
    """Another reader's opinion: the bodies of the messages in ``data``, how many of them ended, and their statuses."""

    def __init__(self, data: bytes, kind: Any = httptools.HttpRequestParser) -> None:
        self.bodies: list[bytes] = []
        self.statuses: list[int] = []
        self.ended = 0
        self._parser = kind(self)
        self._parser.feed_data(data)

    def on_message_begin(self) -> None:
        self.bodies.append(b"")

    def on_headers_complete(self) -> None:
        if isinstance(self._parser, httptools.HttpResponseParser):
            self.statuses.append(self._parser.get_status_code())

    def on_body(self, data: bytes) -> None:
        self.bodies[-1] += data

    def on_message_complete(self) -> None:
        self.ended += 1


@pytest.mark.parametrize("name", REQUESTS)
def test_a_request_has_one_end_however_it_arrives(name: str) -> None:
    """RB-7, RB-8: in pieces it is read as it is whole, and so is what follows it."""
    sent = (REQUESTS[name] + END).encode("latin-1")
    whole, *cut = (replace(converse(one_origin(), sent, [OK] * 3, size), notes=[]) for size in (0, *CUTS))
    assert whole.client and cut == [whole] * len(CUTS)


@pytest.mark.parametrize("name", REQUESTS)
def test_an_origin_reads_as_many_requests_as_serve_did(name: str) -> None:
    """RB-1 to RB-8: whatever came in, what goes out has one reading; httpd sends as many, unless we refuse it."""
    (line,) = RECORDING.read()[f"smuggle request: {name}"]
    refused = line.endswith(" nobody") or f"smuggle request: {name}" in STRICTER
    asked = [] if refused else line.partition(" <- ")[2].split("; ")
    heard = converse(one_origin(), (REQUESTS[name] + END).encode("latin-1"), [CONTINUE + OK] * 3)
    read = [_Reader(data) for _, data in heard.requests]
    assert sum(reader.ended for reader in read) == sum(len(reader.bodies) for reader in read) == len(asked)
    assert [len(body) for reader in read for body in reader.bodies] == [int(each.rpartition(" ")[2]) for each in asked]


def _heard(answer: bytes, cut: int) -> tuple[list[int], list[bytes], bool]:
    """What a client reads of this answer: status, body, and whether it looks whole; its connection has ended."""
    heard = converse(one_origin(), get(b"Connection: close\r\n"), [Hangup(answer)], cut)
    assert heard.closed
    read = _Reader(heard.client, httptools.HttpResponseParser)
    framed = re.search(rb"(?i)\r\n(content-length|transfer-encoding):", heard.client)
    return read.statuses, read.bodies, not framed or read.ended == 1


@pytest.mark.parametrize("name", RESPONSES)
def test_an_answer_has_one_end_however_it_arrives(name: str) -> None:
    """RS-9 to RS-18, RS-21, RS-27, RS-28: what was begun before a fault was seen doesn't look whole."""
    answer = RESPONSES[name].encode("latin-1")
    whole = _heard(answer, 0)
    for cut in CUTS:
        told = _heard(answer, cut)
        assert told == whole or (whole[0] == [502] and not told[2])


@pytest.mark.prove_all
def test_httpd_still_says_so() -> None:
    assert play_all(SMUGGLING, need("httpd")) == {contest.name: RECORDING.read()[contest.name] for contest in SMUGGLING}

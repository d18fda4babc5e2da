"""Members that break off under load, and peers that don't read: what comes is whole or visibly broken, and bounded.

Live, with many clients at once; what an origin does to a request is ordered by the request itself, so that every
answer is known beforehand whoever is asked first.
"""

from __future__ import annotations

import hashlib
import re
import socket
import struct
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from apacheconf.program.loading import load
from tests.runtime.live import Serving
from tests.runtime.peers import Listening

BODY = hashlib.sha256(b"body").digest() * 2048  # 64 KiB: more than one read
HUGE = 64 << 20
#: More than the buffers of both sockets on both sides can hold.
BOUND = 24 << 20


class Breaking(Listening):
    """An origin that does what the path says: whole, late, head, half, chunks, silent."""

    def __init__(self) -> None:
        listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = listener.getsockname()[1]
        self.count = 0
        super().__init__(listener, self._answer)

    def _answer(self, connection: socket.socket) -> None:
        connection.settimeout(30)
        while True:
            head = b""
            while b"\r\n\r\n" not in head:
                data = connection.recv(65536)
                if not data:
                    return
                head += data
            if not self._do(connection, head.split(b" ")[1].decode()):
                return

    def _do(self, connection: socket.socket, path: str) -> bool:
        """Whether the connection goes on."""
        chunked = "chunks" in path
        framing = b"Transfer-Encoding: chunked" if chunked else b"Content-Length: %d" % len(BODY)
        head = b"HTTP/1.1 200 OK\r\n%b\r\n\r\n" % framing
        if path == "/huge":
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % HUGE)
            for _ in range(HUGE // 65536):
                connection.sendall(b"x" * 65536)
                self.count += 65536
            return True
        body = b"%x\r\n%b\r\n" % (len(BODY), BODY) if chunked else BODY
        if "head" in path:
            connection.sendall(head[:20])
        elif "half" in path:
            connection.sendall(head + body[: len(body) // 2])
        elif "silent" not in path:
            connection.sendall(head + body + (b"0\r\n\r\n" if chunked else b""))
            return True
        if "reset" in path:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return False


@pytest.fixture
def members() -> Iterator[list[Breaking]]:
    with Breaking() as one, Breaking() as two, Breaking() as three:
        yield [one, two, three]


def cluster(tmp_path: Path, members: list[Breaking], timeout: int = 20) -> Serving:
    path = tmp_path / "site.conf"
    lines = "".join(f"BalancerMember http://m{n}.example\n" for n in range(len(members)))
    path.write_text(
        f"Listen 80\nServerName example.com\nTimeout {timeout}\n<Proxy balancer://c>\n{lines}</Proxy>\n"
        "ProxyPass / balancer://c/\n"
    )
    origins = {f"m{number}.example:80": member.port for number, member in enumerate(members)}
    return Serving(load([str(path)]).require(), origins)


def ask(serving: Serving, path: str) -> tuple[int, bytes, bool]:
    """Status (0 for no answer), body, and whether the answer is whole by its own framing."""
    raw = b""
    with serving.connect() as client:
        client.sendall(b"GET %b HTTP/1.1\r\nHost: example.com\r\nConnection: close\r\n\r\n" % path.encode())
        try:
            while data := client.recv(1 << 20):
                raw += data
        except ConnectionResetError:
            pass
    head, _, body = raw.partition(b"\r\n\r\n")
    if not raw:
        return 0, b"", False
    length = re.search(rb"(?mi)^content-length: (\d+)", head)
    whole = len(body) == int(length[1]) if length is not None else body.endswith(b"\r\n0\r\n\r\n")
    return int(head[9:12]), body, whole


_KINDS = [
    "whole",
    "whole/chunks",
    "head",
    "head/reset",
    "half",
    "half/reset",
    "half/chunks",
    "half/chunks/reset",
    "silent",
]


def test_what_breaks_off_never_looks_whole(tmp_path: Path, members: list[Breaking]) -> None:
    """FA-6, FA-9, FA-14, RS-27, FO-7: 270 requests by ten clients at once, two of nine of them answered whole."""
    asked = [f"/{kind}/{number}" for number in range(30) for kind in _KINDS]
    with cluster(tmp_path, members) as serving, ThreadPoolExecutor(10) as pool:
        for path, (status, body, whole) in zip(asked, pool.map(lambda each: ask(serving, each), asked), strict=True):
            kind = path.rpartition("/")[0][1:]
            if kind.startswith("whole"):
                assert (status, whole) == (200, True), path
                assert body == BODY or "chunks" in kind, path
            elif kind.startswith("half"):
                assert status == 200 and not whole, path
            else:
                assert (status, whole) == (502, True), path


def test_members_that_go_and_come_are_passed_over(tmp_path: Path, members: list[Breaking]) -> None:
    """FA-1, FO-4, FO-10: while any member listens every request is answered, and none when all are gone."""
    with cluster(tmp_path, members) as serving, ThreadPoolExecutor(8) as pool:

        def all_of(count: int) -> list[int]:
            return [status for status, _, _ in pool.map(lambda _: ask(serving, "/whole"), range(count))]

        assert set(all_of(40)) == {200}
        for member in members[:2]:
            member.__exit__()
            forget_idle(serving)
            assert set(all_of(40)) == {200}
        members[2].__exit__()
        forget_idle(serving)
        assert set(all_of(10)) == {503}


def forget_idle(serving: Serving) -> None:
    """Close what is idle, as if its time were over."""
    done = threading.Event()

    def close() -> None:
        for connection in [each for each in serving.server.origin_connections if each.exchange is None]:
            connection.overdue()
        done.set()

    serving.server.loop.call_soon_threadsafe(close)
    assert done.wait(20)


def settled(count: list[int]) -> int:
    """The number once it has stopped growing."""
    before, same = -1, 0
    wait = threading.Event()
    while same < 5:
        wait.wait(0.1)
        same = same + 1 if count[0] == before else 0
        before = count[0]
    return before


def test_a_client_that_does_not_read_holds_one_connections_buffers(tmp_path: Path, members: list[Breaking]) -> None:
    with cluster(tmp_path, members[:1], timeout=120) as serving, serving.connect() as client:
        client.sendall(b"GET /huge HTTP/1.1\r\nHost: example.com\r\nConnection: close\r\n\r\n")
        while not members[0].count:
            threading.Event().wait(0.01)
        counted = [0]
        thread = threading.Thread(target=lambda: _watch(members[0], counted), daemon=True)
        thread.start()
        assert settled(counted) < BOUND
        size, start = 0, b""
        while data := client.recv(1 << 20):
            start, size = start or data, size + len(data)
    assert size == start.index(b"\r\n\r\n") + 4 + HUGE


def _watch(member: Breaking, counted: list[int]) -> None:
    while member.count < HUGE:
        counted[0] = member.count
        threading.Event().wait(0.02)

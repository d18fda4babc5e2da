"""Files on their way to a client: the kernel copies what the socket takes, else bounded reads (a ``Producer``).

At most ``PIECE`` bytes of a file are in memory per connection, whatever its size, and only where sendfile(2) doesn't
do: over TLS, in chunks, through filters, and when the socket is full, as the loop tells when it isn't any more.
Between two pieces the loop serves others.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Sequence
from typing import TYPE_CHECKING

from apacheconf.runtime.errors import OriginBroke

if TYPE_CHECKING:
    from apacheconf.runtime.client import ClientConnection
    from apacheconf.runtime.exchange import Exchange

#: Bytes that are read and written at once.
PIECE = 1 << 17
#: A body of at least so many bytes is worth a system call of its own.
BY_KERNEL = 1 << 15
#: Bytes that the kernel is asked to send before the loop serves others.
_AT_ONCE = 1 << 20

#: What tells the kernel that more follows, where it can be told.
_MORE = getattr(socket, "MSG_MORE", 0)

#: A piece of an answer: bytes, or a part of the file as its first byte and its size.
Segment = bytes | tuple[int, int]


class FileSource:
    """Sends segments of an open file as the body of an answer whose head is out; owns the descriptor."""

    def __init__(self, exchange: Exchange, descriptor: int, segments: Sequence[Segment]) -> None:
        self._exchange = exchange
        self._file = descriptor
        self._left = list(segments)
        self._paused = False
        self._waits = False

    def start(self) -> None:
        self._exchange.producer = self
        self._send()

    def pause(self) -> None:
        self._paused = True

    def resume(self) -> None:
        self._paused = False
        self._soon()

    def close(self) -> None:
        self._left.clear()
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _soon(self) -> None:
        if not self._waits:
            self._waits = True
            self._exchange.client.server.call_later(0, self._send)

    def _send(self) -> None:
        self._waits = False
        exchange = self._exchange
        if self._paused or self._file < 0 or exchange.client.exchange is not exchange:
            return
        self._send_by_kernel()
        try:
            piece = read_segments(self._file, self._left) if self._left else b""
        except OSError:
            piece = None
        if piece is None:  # the file has become shorter meanwhile: the answer must not look whole
            self.close()
            exchange.client.hang_up(exchange)
            return
        done = not self._left
        if done:
            self.close()
            exchange.producer = None
        try:
            exchange.more([piece], done)
        except OriginBroke:  # a filter gave up in the middle
            self.close()
            exchange.client.hang_up(exchange)
            return
        if done:
            exchange.finish()
        else:
            self._soon()

    def _send_by_kernel(self) -> None:
        """What the socket takes now of a part of the file; the rest of the answer stays where it is."""
        exchange = self._exchange
        if not self._left or isinstance(self._left[0], bytes) or not exchange.sends_as_is():
            return
        first, size = self._left[0]
        socket = exchange.client.free_descriptor() if size >= BY_KERNEL else -1
        if socket < 0:
            return
        try:
            sent = os.sendfile(socket, self._file, first, min(size, _AT_ONCE))
        except OSError:  # it is full, or gone, or the file system can't: whoever reads and writes finds out
            return
        exchange.count(sent)
        self._left[:1] = [(first + sent, size - sent)] if sent < size else []


def send_at_once(client: ClientConnection, head: bytes, file: int, size: int) -> int:
    """Send a head, and of the file behind it what the socket takes now, whose bytes are counted here: 0 to ``size``.

    The head waits for the file's first bytes (MSG_MORE): a packet of its own would wake the client up twice.
    """
    descriptor = client.free_descriptor()
    taken = sent = 0
    if descriptor >= 0:
        borrowed = socket.socket(socket.AF_INET, socket.SOCK_STREAM, 0, descriptor)  # its family isn't asked
        try:
            taken = borrowed.send(head, _MORE)
            sent = os.sendfile(descriptor, file, 0, min(size, _AT_ONCE)) if taken == len(head) else 0
        except OSError:  # as in FileSource
            pass
        finally:
            borrowed.detach()
        client.sent += taken + sent
    if taken < len(head):
        client.write(head[taken:])
    return sent


def read_segments(file: int, left: list[Segment]) -> bytes | None:
    """At most PIECE bytes of the next segments, which are taken off ``left``; None where the file ends too early."""
    pieces: list[bytes] = []
    room = PIECE
    while left and room > 0:
        segment = left.pop(0)
        if isinstance(segment, bytes):
            pieces.append(segment)
            room -= len(segment)
            continue
        first, size = segment
        data = os.pread(file, min(size, room), first)
        if not data:
            return None
        pieces.append(data)
        room -= len(data)
        if len(data) < size:
            left.insert(0, (first + len(data), size - len(data)))
    return b"".join(pieces)

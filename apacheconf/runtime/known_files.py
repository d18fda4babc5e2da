"""Files that were sent before: the head of their answer is known while their date, size and number stay the same.

This is the short way of ``files``, for a request whose plan was remembered and that asks for no more than the file.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from apacheconf.program.handling import FileRules
from apacheconf.runtime import conditional
from apacheconf.runtime.forwarding import KnownReply
from apacheconf.runtime.sending import BY_KERNEL, FileSource, send_at_once
from apacheconf.runtime.watching import FolderWatch

if TYPE_CHECKING:
    from apacheconf.runtime.answer import ReplyHead
    from apacheconf.runtime.exchange import Exchange

#: How a file is opened that is sent: nobody waits for the writer of a FIFO.
TO_READ = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC
#: Nanoseconds after its last change in which a file's validator is weak (DR-4).
_YOUNG = 1_000_000_000


@dataclass(frozen=True, slots=True)
class KnownFile:
    """A plain file that is sent whole, with ``reply`` and its bytes ``head``, while ``stamp`` is what it was."""

    path: bytes
    stamp: tuple[int, ...]
    reply: ReplyHead
    head: KnownReply


def _stamp_of(found: os.stat_result) -> tuple[int, ...]:
    return found.st_mtime_ns, found.st_size, found.st_ino, found.st_mode


def remember_file(exchange: Exchange, path: bytes, found: os.stat_result, reply: ReplyHead) -> None:
    """Keep what a file's whole answer became, in the plan; nothing where the next one may differ."""
    plan, head = exchange.plan, exchange.head
    if not (exchange.known and exchange.plain and exchange.stay and isinstance(plan.watch, FolderWatch)):
        return
    if reply.status != 200 or exchange.status != 200 or plan.forwarding.filtering is not None:
        return
    rules = None if plan.decision is None else plan.decision.rules(FileRules)
    if rules is None or rules.content_digest or "digest" in rules.etag or conditional.is_asked(exchange.fields):
        return
    if time.time_ns() - found.st_mtime_ns <= _YOUNG or not isinstance(head, bytes):
        return
    first, date, rest = head.partition(b"Date: %b\r\n" % exchange.client.server.date())
    if date:
        known = KnownReply(first, rest, False, found.st_size, 200, 0)
        plan.file = KnownFile(path, _stamp_of(found), reply, known)


def sent_known_file(exchange: Exchange, known: KnownFile) -> bool:
    """Send the file once more; False, and nothing is done, where it isn't what it was."""
    try:
        file = os.open(known.path, TO_READ)
    except OSError:
        return False
    if _stamp_of(os.fstat(file)) != known.stamp:
        os.close(file)
        return False
    client, size = exchange.client, known.head.length
    exchange.status, exchange.head, exchange.reply, exchange.started = 200, known.head, known.reply, True
    head = b"%bDate: %b\r\n%b" % (known.head.first, client.server.date(), known.head.rest)
    if size < BY_KERNEL:
        body = os.pread(file, size, 0)
        os.close(file)
        if len(body) < size:  # it has become shorter meanwhile
            client.hang_up(exchange)
            return True
        client.write(head + body)
    else:
        if exchange.begun:
            exchange.answered_at = time.time()
        sent = send_at_once(client, head, file, size)
        if sent < size:
            exchange.written = sent
            FileSource(exchange, file, [(sent, size - sent)]).start()
            return True
        os.close(file)
    exchange.written = size
    exchange.finish()
    return True

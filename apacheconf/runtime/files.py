"""The default handler: what a mapped file answers (DR-4 to DR-6, as httpd's core does it).

It opens the file, says what it is (``media``), asks the conditions (``conditional``) and ranges (``byteranges``),
and sends it in bounded pieces (``sending``).
"""

from __future__ import annotations

import base64
import hashlib
import os
import stat
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from apacheconf.program.handling import FileRules, RangeRules, Variant
from apacheconf.program.media import Media
from apacheconf.program.request import Decision
from apacheconf.runtime import conditional
from apacheconf.runtime.answer import ReplyHead, standard_reason, with_charset
from apacheconf.runtime.byteranges import MULTIPART, Part, Unsatisfiable, between_boundaries, parts_of, placed
from apacheconf.runtime.errors import OriginBroke
from apacheconf.runtime.heads import RequestHead
from apacheconf.runtime.known_files import TO_READ, remember_file
from apacheconf.runtime.sending import BY_KERNEL, PIECE, FileSource, Segment, read_segments
from apacheconf.runtime.strict import Fields
from apacheconf.runtime.switches import vary_lines
from apacheconf.runtime.telling import tell_method, tell_missing, tell_unreadable

if TYPE_CHECKING:
    from apacheconf.runtime.client import ClientConnection
    from apacheconf.runtime.exchange import Exchange

#: Methods that httpd knows and that no file answers.
_KNOWN = frozenset(
    b"""
    PUT DELETE CONNECT PATCH PROPFIND PROPPATCH MKCOL COPY MOVE LOCK UNLOCK VERSION-CONTROL CHECKOUT UNCHECKOUT
    CHECKIN UPDATE LABEL REPORT MKWORKSPACE MKACTIVITY BASELINE-CONTROL MERGE
    """.split()
)


_DESCRIBING = (b"Content-Type", b"Content-Language", b"Content-Encoding")


def answer_file(
    client: ClientConnection,
    exchange: Exchange,
    head: RequestHead,
    decision: Decision,
    media: Media,
) -> None:
    """Answer with the file of ``decision``, when what came with the request is read. Raises ClientBroke."""
    if client.is_to_read(exchange, partial(answer_file, client, exchange, head, decision, media)):
        return
    status = method_status(head.method)
    if status:
        refuse_method(
            client, exchange, status, [*_encoded(decision.rules(Variant)), *described(media, media.content_type)]
        )
        return
    located, rules = decision.located, decision.rules(FileRules)
    below = located is not None and (located.path_info or decision.path_info) and rules.path_info != "On"
    if located is None or located.found is None or located.is_folder or below:
        if located is not None:
            tell_missing(exchange, replace(located, path_info=located.path_info or decision.path_info))
        client.refuse(exchange, 404, kept=_encoded(decision.rules(Variant)))
        return
    path = (located.file if not located.lost else decision.file).encode("latin-1")
    try:
        file = os.open(path, TO_READ)
    except OSError as fault:
        tell_unreadable(exchange, path.decode("latin-1"), fault)
        client.refuse(exchange, 403)
        return
    found = os.fstat(file)
    if not stat.S_ISREG(found.st_mode):
        os.close(file)
        client.refuse(exchange, 403)
        return
    _name_type(exchange, media.content_type)
    told = rules, decision.rules(RangeRules), media, decision.rules(Variant)
    _Answer(client, exchange, head, *told, path, file, found).send()


def _name_type(exchange: Exchange, kind: str) -> None:
    """Tell expressions of the answer which type the handler of files has found (EXPR-32)."""
    decision = exchange.plan.decision
    if decision is not None and decision.state is not None:
        decision.state.handled_type = kind


def method_status(method: bytes) -> int:
    """What a file answers to a method that doesn't read it: 200 for OPTIONS, 405, 501; 0 for those that do."""
    if method in (b"GET", b"HEAD", b"POST"):
        return 0
    if method == b"OPTIONS":
        return 200
    return 405 if method in _KNOWN or method == b"TRACE" else 501


def refuse_method(client: ClientConnection, exchange: Exchange, status: int, fields: Fields) -> None:
    """OPTIONS, with what ``fields`` say of the file, and methods that no file answers."""
    allowed = b"HEAD,GET,POST,OPTIONS" + (b",TRACE" if exchange.site.limits.trace else b"")
    if status == 200:
        filtering, decision = exchange.plan.forwarding.filtering, exchange.plan.decision
        vary = [] if decision is None else vary_lines(decision)
        charset = exchange.plan.forwarding.charset
        _name_type(exchange, dict(fields).get(b"Content-Type", b"").decode("latin-1"))
        fields = [(name, with_charset(value, charset) if name == b"Content-Type" else value) for name, value in fields]
        expired = fields if filtering is None else filtering.expired(exchange, fields)
        client.answer(exchange, 200, b"", [(b"Allow", allowed), *vary, *expired], completed=True)
    else:
        if status == 501:
            tell_method(exchange)
        kept = [pair for pair in fields if pair[0] == b"Vary"]
        client.refuse(exchange, status, kept=[(b"Allow", allowed), *kept])


@dataclass
class _Answer:
    """The answer of one open file; ``send`` gives the descriptor away or closes it."""

    client: ClientConnection
    exchange: Exchange
    head: RequestHead
    rules: FileRules
    ranges: RangeRules
    media: Media
    variant: Variant
    path: bytes
    file: int
    found: os.stat_result

    def send(self) -> None:
        try:
            reply, segments = self._made()
        except Unsatisfiable:
            os.close(self.file)
            self._refuse_range()
            return
        except OSError:
            os.close(self.file)
            self.client.refuse(self.exchange, 403)
            return
        try:
            send(self.exchange, reply, self.file, segments)
        except OriginBroke as broken:  # a filter or a Header line could not do with it
            self.exchange.status = 0
            self.client.refuse(self.exchange, broken.status, measured=not broken.in_fields)
        else:
            remember_file(self.exchange, self.path, self.found, reply)

    def _made(self) -> tuple[ReplyHead, list[Segment]]:
        """The head, and what of the file is sent. Raises Unsatisfiable, OSError."""
        now = time.time()
        modified = min(int(self.found.st_mtime), int(now))
        etag = self._etag(now)
        fields = self._fields(etag, modified)
        filtering = self.exchange.plan.forwarding.filtering
        status = self.exchange.first_status or 200
        if status == 200 and conditional.is_asked(self.exchange.fields):
            status = conditional.verdict(self.exchange.field, self.head.method, etag, modified, now)
        if filtering is not None and status != 412:
            typed = filtering.expired(self.exchange, [*fields, *described(self.media, self.media.content_type)])
            fields = [pair for pair in typed if pair[0] not in _DESCRIBING]
        if status != 200:
            return self._other(status, fields)
        parts: list[Part] = []
        asked = b"" if filtering is not None and filtering.filters else self.exchange.field(b"range")
        if asked and conditional.range_still_holds(self.exchange.field(b"if-range"), etag, modified, now):
            parts = parts_of(asked, self.found.st_size, self.ranges)
        return self._partial(fields, parts) if parts else self._whole(200, fields)

    def _refuse_range(self) -> None:
        """416 without a length, and without the Content-Range that one would expect."""
        self.client.refuse(self.exchange, 416, measured=False)

    def _other(self, status: int, fields: Fields) -> tuple[ReplyHead, list[Segment]]:
        if status == 304:
            return ReplyHead(304, standard_reason(304), fields, 0, True, names=_names(fields)), []
        if status == 412:  # httpd tells what the file is, and sends nothing of it
            size = self.found.st_size if self.exchange.head_only else 0
            fields = [*fields, *described(self.media, self.media.content_type), (b"Content-Length", b"%d" % size)]
            return ReplyHead(412, standard_reason(412), fields, 0, True, names=_names(fields)), []
        return self._whole(status, fields)

    def _whole(self, status: int, fields: Fields) -> tuple[ReplyHead, list[Segment]]:
        size = self.found.st_size
        fields = [*fields, *described(self.media, self.media.content_type)]
        if size or not self.exchange.head_only:  # httpd's filter leaves out what may be a HEAD's own 0
            fields.append((b"Content-Length", b"%d" % size))
        reply = ReplyHead(status, standard_reason(status), fields, size, True, names=_names(fields))
        return reply, [(0, size)] if size else []

    def _partial(self, fields: Fields, parts: Sequence[Part]) -> tuple[ReplyHead, list[Segment]]:
        """206: the part, or all of them between boundaries."""
        size = self.found.st_size
        segments: list[Segment] = []
        if len(parts) == 1:
            only = parts[0]
            fields = [*fields, (b"Content-Range", placed(only, size)), *described(self.media, self.media.content_type)]
            segments = [(only.first, only.size)]
        else:
            kind, charset = self.media.content_type.encode("latin-1"), self.exchange.plan.forwarding.charset
            segments = between_boundaries(parts, with_charset(kind, charset), size)
            fields = [*fields, *described(self.media, MULTIPART.decode())]
        length = sum(len(each) if isinstance(each, bytes) else each[1] for each in segments)
        fields.append((b"Content-Length", b"%d" % length))
        reply = ReplyHead(206, b"Partial Content", fields, length, True, names=_names(fields), edited_as=200)
        return reply, segments

    def _fields(self, etag: bytes, modified: int) -> Fields:
        fields: Fields = [*_encoded(self.variant), (b"Last-Modified", conditional.http_date(modified))]
        if etag:
            fields.append((b"ETag", etag))
        fields.append((b"Accept-Ranges", b"none" if self.ranges.most == 0 else b"bytes"))
        filtering = self.exchange.plan.forwarding.filtering
        rewritten = filtering is not None and any(each.name == "substitute" for each in filtering.filters)
        if self.rules.content_digest and not rewritten:
            fields.append((b"Content-MD5", _digest(self.file, self.found.st_size, hashlib.md5)))
        return fields

    def _etag(self, now: float) -> bytes:
        """The validator as FileETag says."""
        found, wanted = self.found, self.rules.etag
        if "digest" in wanted:
            return b'"%b"' % _digest(self.file, found.st_size, hashlib.sha1)
        tag = etag_of(found, wanted, now)
        if not tag:
            return b""
        # httpd puts the validator of a list of variants in the place of the closing quote.
        return b"%b;%b" % (tag[:-1], self.variant.validator.encode()) if self.variant.validator else tag


def etag_of(found: os.stat_result, wanted: frozenset[str], now: float) -> bytes:
    """The validator of a file or folder as FileETag says; weak where it changed within the last second."""
    mtime = found.st_mtime_ns // 1000
    parts = [
        b"%x" % value
        for name, value in (("inode", found.st_ino), ("size", found.st_size), ("mtime", mtime))
        if name in wanted
    ]
    weak = b"W/" if now * 1e6 - mtime <= 1e6 else b""
    return b'%b"%b"' % (weak, b"-".join(parts)) if parts else b""


def described(media: Media, content_type: str) -> Fields:
    """The fields that say what a body is."""
    fields: Fields = []
    if content_type:
        fields.append((b"Content-Type", content_type.encode("latin-1", "replace")))
    if media.languages:
        fields.append((b"Content-Language", ",".join(media.languages).encode("latin-1", "replace")))
    if media.encodings:
        fields.append((b"Content-Encoding", ", ".join(media.encodings).encode("latin-1", "replace")))
    return fields


def _encoded(variant: Variant) -> Fields:
    return [(name.encode(), value.encode("latin-1", "replace")) for name, value in variant.fields]


def answer_text(exchange: Exchange, variant: Variant) -> None:
    """Answer with a variant whose text stands in its type map."""
    body = (variant.body or "").encode("latin-1", "replace")
    fields = [*_encoded(variant), (b"Content-Type", variant.type.encode("latin-1"))]
    if variant.languages:
        fields.append((b"Content-Language", ",".join(variant.languages).encode("latin-1")))
    fields += [(b"Accept-Ranges", b"bytes"), (b"Content-Length", b"%d" % len(body))]
    exchange.status, exchange.body_done = 200, True
    exchange.answered(ReplyHead(200, b"OK", fields, len(body), True, names=_names(fields)), [body], True)
    exchange.finish()


def _names(fields: Fields) -> frozenset[bytes]:
    return frozenset(name.lower() for name, _ in fields)


def _digest(file: int, size: int, algorithm: Callable[..., Any]) -> bytes:
    made, at = algorithm(usedforsecurity=False), 0
    while at < size:
        piece = os.pread(file, PIECE, at)
        if not piece:
            break
        made.update(piece)
        at += len(piece)
    return base64.b64encode(made.digest())


def send(exchange: Exchange, reply: ReplyHead, file: int, segments: list[Segment]) -> None:
    """Send the head and what of the file follows it; ``file`` is closed in the end."""
    exchange.status = reply.status
    filtering = exchange.plan.forwarding.filtering
    filtered = filtering is not None and bool(filtering.filters)
    exchange.ranged = filtered and bool(exchange.field(b"range"))  # otherwise ranges are settled
    exchange.body_done = True  # what is left of the request's body is dropped
    if (exchange.head_only and not filtered) or not segments:
        os.close(file)
        exchange.answered(reply, [], True)
        exchange.finish()
        return
    size = sum(len(each) if isinstance(each, bytes) else each[1] for each in segments)
    if size >= BY_KERNEL:
        try:
            exchange.answered(reply, [], False)
        except OriginBroke:
            os.close(file)
            raise
        FileSource(exchange, file, segments).start()
        return
    try:
        whole = read_segments(file, segments)
    finally:
        os.close(file)
    if whole is None:
        exchange.client.hang_up(exchange)
        return
    exchange.answered(reply, [whole], True)
    exchange.finish()

"""An origin of FastCGI: the request as records, and the answer of a script read back (FC-2, FC-9 to FC-11).

Pure logic behind asyncio's protocol callbacks. A script's head is read line by line as httpd does: what has no head is
all body. Records and their types are those of the FastCGI specification 1.0, section 3.3.
"""

from __future__ import annotations

import os
import re
import struct
import time
from collections.abc import Iterable
from dataclasses import replace

from apacheconf.program.cgi import variables
from apacheconf.program.forward import varied
from apacheconf.program.handling import FcgiRules, FileRules
from apacheconf.program.mod_proxy_fcgi import PATH_INFO, apply, path_info_of, script_name
from apacheconf.program.rounds import said_late
from apacheconf.runtime.answer import ReplyHead, spoken, standard_reason
from apacheconf.runtime.conditional import date_of, http_date, is_asked, verdict_of_fields
from apacheconf.runtime.errors import OriginBroke, Said
from apacheconf.runtime.exchange import Exchange
from apacheconf.runtime.faults import END, INVALID, TOO_LATE
from apacheconf.runtime.framing import UNTIL_CLOSE
from apacheconf.runtime.origin import OriginConnection
from apacheconf.runtime.pool import Pool
from apacheconf.runtime.proxy_protocol import connected
from apacheconf.runtime.resolving import translated
from apacheconf.runtime.spool import Spool
from apacheconf.runtime.state import ServerState
from apacheconf.runtime.strict import Fields, is_fit
from apacheconf.runtime.telling import tell

_BEGIN, _END, _PARAMS, _STDIN, _STDOUT, _STDERR = 1, 3, 4, 5, 6, 7
_HEADER = struct.Struct(">BBHHBx")
_VERSION, _ID, _RESPONDER, _KEEP = 1, 1, 1, 1
#: Bytes of contents in a record; httpd's own number for what it sends.
_MOST = 0xFFFF
#: A head of a script may be this long (bytes); what goes on without an end is a body.
MAX_HEAD = 1 << 18
BAD_HEAD = "AH01070: Error parsing script headers"
#: The word of httpd's core for a connection that is to end.
_ENDED = "(-102)Unknown error -102"
_SAYS_STATUS = re.compile(rb"^status[ \t]*:", re.IGNORECASE | re.MULTILINE)
#: Fields that a script can't decide (FC-10).
_DROPPED = frozenset({b"content-length", b"transfer-encoding", b"status"})


def record(kind: int, data: bytes) -> bytes:
    """Records with ``data``; one without contents for none, which ends a stream."""
    pieces = [data[at : at + _MOST] for at in range(0, len(data), _MOST)] or [b""]
    return b"".join(_HEADER.pack(_VERSION, kind, _ID, len(piece), 0) + piece for piece in pieces)


def pairs(params: Iterable[tuple[str, str]]) -> bytes:
    """Names and values with their lengths (specification, section 3.4)."""
    out: list[bytes] = []
    for name, value in params:
        texts = name.encode("latin-1", "replace"), value.encode("latin-1", "replace")
        out += [bytes((len(each),)) if len(each) < 128 else struct.pack(">I", len(each) | 1 << 31) for each in texts]
        out += texts
    return b"".join(out)


def parameters(exchange: Exchange, pool: Pool) -> dict[str, str]:
    """The variables of a request for a worker."""
    decision = exchange.plan.decision
    assert decision is not None and decision.state is not None
    state, rules = decision.state, decision.rules(FcgiRules)
    said = said_late(state)
    state.env.update(exchange.environment())
    path = exchange.plan.uri.decode("latin-1").partition("?")[0]
    file, path_info = "", decision.path_info
    if not decision.handler.startswith("proxy:"):
        path = pool.path.decode("latin-1") + path
        file, path_info = path_info_of(state, path, said.get(PATH_INFO))
    target = exchange.request_line.decode("latin-1").split(" ")[1:2]
    found = variables(state, decision.headers, target[0] if target else "/", path_info, decision.rules(FileRules))
    # the second of two values is what a script goes by (EV-4); the folder's of an index
    found |= {name: value for name, value in said.items() if found.get(name) == state.env.get(name)}
    if path_info and (there := translated(exchange.client.server.program, decision, path_info)):
        found["PATH_TRANSLATED"] = there
    found["SCRIPT_FILENAME"] = file or script_name(pool.worker, path, rules)
    found["PATH"] = os.environ.get("PATH", "/bin:/usr/bin:/usr/local/bin")
    found["REMOTE_PORT"] = str(connected(exchange.client.peer_address)[1])
    if exchange.field(b"content-length") or exchange.field(b"transfer-encoding"):
        found["CONTENT_LENGTH"] = "0"  # of what is left: the handler of files drops a body before it fails
    if exchange.body_length:
        length = exchange.body_size if exchange.body_done else exchange.body_length
        found["CONTENT_LENGTH"] = str(length)
    exchange.script = apply(rules, state, found)
    if rules.variables and state.vary:
        exchange.plan = replace(exchange.plan, decision=replace(decision, vary=varied(state)))
    return exchange.script


class FcgiConnection(OriginConnection):
    """A connection to a responder, which takes one request after the other."""

    __slots__ = ("_begun", "_buffer", "_full", "_head", "_held", "_mute", "_reply", "_spool")

    def __init__(self, server: ServerState, pool: Pool, exchange: Exchange) -> None:
        super().__init__(server, pool, exchange)
        self._full = False
        self._spool: Spool | None = None
        self._begin()

    def _begin(self) -> None:
        self._buffer = self._head = self._held = b""
        self._reply: ReplyHead | None = None
        self._begun = self._mute = False

    # --- towards the responder -------------------------------------------------------------------------------

    def ask(self, exchange: Exchange) -> None:
        self._begin()
        flags = _KEEP if self.pool.reusable else 0
        params = pairs(parameters(exchange, self.pool).items())
        begin = record(_BEGIN, struct.pack(">HB5x", _RESPONDER, flags))
        data = begin + (record(_PARAMS, params) if params else b"") + record(_PARAMS, b"")
        self._spool = exchange.spool
        if self._spool is None:
            data += self._input(exchange.pieces, exchange.body_done)
        else:
            self._spool.rewind()  # the member that was asked before may have read some of it
        self.pool.cells.transferred += len(data)
        self.send(data)
        self._send_spooled()

    def send_body(self, exchange: Exchange, pieces: list[bytes], done: bool) -> None:
        if self._spool is None:
            self.send(self._input(pieces, done))

    def _input(self, pieces: list[bytes], done: bool) -> bytes:
        body = b"".join(pieces)
        return (record(_STDIN, body) if body else b"") + (record(_STDIN, b"") if done else b"")

    def _send_spooled(self) -> None:
        """As much of a body in a file as the responder takes now."""
        while self.exchange is not None and self._spool is not None and not self._full:
            data = self._spool.take()
            if not data:
                self._spool = None
            self.send(record(_STDIN, data))

    def pause_writing(self) -> None:
        self._full = True
        super().pause_writing()

    def resume_writing(self) -> None:
        self._full = False
        super().resume_writing()
        self._send_spooled()

    # --- from the responder ----------------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        exchange = self.exchange
        if exchange is None:
            self.close()
            return
        self.deadline = self.server.now + self.timeout
        self._buffer += data
        try:
            while self.exchange is exchange and self._take(exchange):
                pass
            self._send_held(exchange)
        except OriginBroke as error:
            if error.in_fields:
                error.said = (*error.said, *_dispatching(exchange, _ENDED, "(passing brigade to output filters)"))
            self.fail(error)

    def _take(self, exchange: Exchange) -> bool:
        """One record from the buffer; False when it isn't all here. Raises OriginBroke."""
        if len(self._buffer) < _HEADER.size:
            return False
        version, kind, number, size, padding = _HEADER.unpack_from(self._buffer)
        if version != _VERSION:
            raise _broken(exchange, f"AH01068: Got bogus version {version}", INVALID)
        if number != _ID:
            raise _broken(exchange, f"AH01069: Got bogus rid {number}, expected {_ID}", INVALID)
        if len(self._buffer) < _HEADER.size + size + padding:
            return False
        contents = self._buffer[_HEADER.size : _HEADER.size + size]
        self._buffer = self._buffer[_HEADER.size + size + padding :]
        if kind == _STDOUT:
            self._output(exchange, contents)
        elif kind == _STDERR:
            self._complain(exchange, contents)
        elif kind == _END:
            self._finish(exchange)
        return True

    def _complain(self, exchange: Exchange, said: bytes) -> None:
        """What a script writes to its standard error is for the error log."""
        text = said.decode("latin-1").rstrip("\n")
        if text:
            self.server.log("error", "proxy_fcgi", f"AH01071: Got error '{text}'", exchange=exchange)

    def _output(self, exchange: Exchange, data: bytes) -> None:
        """More of the answer. Raises OriginBroke."""
        if self._reply is None:
            self._head += data
            end = _end_of_head(self._head)
            if end < 0 and len(self._head) > MAX_HEAD:
                raise OriginBroke(500, BAD_HEAD, said=(Said("error", "proxy_fcgi", BAD_HEAD),))
            if end < 0:
                return
            head, data, self._head = self._head[:end], self._head[end:], b""
            self._mute = _is_no_head(head)
            self._reply = self._refused(exchange) if self._mute else read_script_head(head, _usual(exchange))
            self._mute = self._mute or self._is_settled(exchange, self._reply, head)
        if not data or self._mute:  # whether the body is empty shows at its end only, and then it has a length
            return
        if self._begun:
            exchange.more([data], done=False)
        elif exchange.plan.forwarding.filtering is not None:  # who compresses gives what comes at once a length
            self._held += data
        else:
            self._begun = True
            self._start(exchange, self._reply, data, done=False)

    def _is_settled(self, exchange: Exchange, reply: ReplyHead, head: bytes) -> bool:
        """Whether the request's conditions leave a 304 or 412 of an answer without a Status, and no body (FC-13)."""
        method = exchange.plan.method
        if method not in (b"GET", b"HEAD") or exchange.first_status or not is_asked(exchange.fields):
            return False
        if _SAYS_STATUS.search(head):
            return False
        found = verdict_of_fields(exchange.field, method, reply.fields, time.time())
        if found == 200:
            return False
        reply.status, reply.reason = found, standard_reason(found)
        return True

    def _send_held(self, exchange: Exchange, done: bool = False) -> None:
        """The beginning of an answer that is filtered, once all of it that came together is here."""
        if self._held and self._reply is not None:
            held, self._held, self._begun = self._held, b"", True
            self._start(exchange, self._reply, held, done)

    def _refused(self, exchange: Exchange) -> ReplyHead:
        tell(exchange, OriginBroke(500, BAD_HEAD, said=_unreadable(exchange)))
        return ReplyHead(500, standard_reason(500), [], 0, True, unread=True)

    def _start(self, exchange: Exchange, reply: ReplyHead, body: bytes, done: bool) -> None:
        exchange.status = reply.status
        if reply.status in (204, 304):  # of what describes a body httpd leaves out the type alone
            reply.fields = [pair for pair in reply.fields if pair[0].lower() != b"content-type"]
        if exchange.head_only:
            reply.length = 0
        exchange.answered(reply, [body] if body else [], done)

    def _finish(self, exchange: Exchange) -> None:
        """The responder is done with the request."""
        if self._begun:
            exchange.more([], done=True)
        elif self._held:
            self._send_held(exchange, done=True)
        else:
            self._answer_whole(exchange)
        self.exchange = None
        self.release(self.pool.reusable and exchange.body_done)
        exchange.finish()

    def _answer_whole(self, exchange: Exchange) -> None:
        """The answer ends before any of it was sent: without a head all of it is body."""
        body, self._begun = self._head, True
        reply = self._reply or read_script_head(b"", _usual(exchange))
        reply.length = len(body)
        if reply.status not in (204, 304) and not exchange.head_only:
            reply.fields.append((b"Content-Length", b"%d" % len(body)))
        self._start(exchange, reply, body, done=True)

    def ended(self, exchange: Exchange) -> None:
        """Gone before the end (FC-11)."""
        self._show_head(exchange)
        exchange.broken(_broken(exchange, "AH01067: Failed to read FastCGI header", END))

    def overdue(self) -> None:
        """The responder is silent for too long: 504, not mod_proxy_http's 502 (FC-11)."""
        exchange, self.exchange = self.exchange, None
        self.close()
        if exchange is not None:
            self._show_head(exchange)
            said = _dispatching(exchange, TOO_LATE, "(polling)")
            exchange.broken(OriginBroke(504, "a silent responder", said=said))

    def _show_head(self, exchange: Exchange) -> None:
        """A head that was waiting for its body goes out; what follows is missing."""
        if self._reply is not None and not self._begun:
            self._begun = True
            self._start(exchange, self._reply, b"", done=False)


def _broken(exchange: Exchange, said: str, system: str) -> OriginBroke:
    return OriginBroke(503, said, said=(Said("error", "proxy_fcgi", said), *_dispatching(exchange, system)))


def _unreadable(exchange: Exchange) -> tuple[Said, ...]:
    return (Said("error", "proxy_fcgi", BAD_HEAD), *_dispatching(exchange, INVALID))


def _dispatching(exchange: Exchange, system: str, more: str = "") -> tuple[Said, ...]:
    """What ends a request that was on its way; httpd names its own port there, unless it is the usual one."""
    decision, scheme = exchange.plan.decision, exchange.client.door.scheme
    port = decision.state.asked_port if decision is not None and decision.state is not None else 80
    where = "" if port == (443 if scheme == "https" else 80) else f":{port}"
    return (Said("error", "proxy_fcgi", f"AH01075: Error dispatching request to {where}: {more}", system),)


# --- a script's head -----------------------------------------------------------------------------------------


def _end_of_head(data: bytes) -> int:
    """Where the blank line behind at least one field ends; -1 while there is none."""
    found = [at + len(mark) for mark in (b"\n\n", b"\n\r\n") if (at := data.find(mark)) > 0]
    return min(found, default=-1)


def _is_no_head(head: bytes) -> bool:
    """Whether a script's head is a status line, or has a line that is no field: that is a 500, and nothing else."""
    return head.startswith(b"HTTP/") or any(line and b":" not in line for line in _lines(head))


def _lines(head: bytes) -> list[bytes]:
    return head.replace(b"\r", b"").split(b"\n")


def _usual(exchange: Exchange) -> int:
    """The status of a script that says none: that of the error whose document it is."""
    return exchange.first_status or 200


def read_script_head(head: bytes, usual: int = 200) -> ReplyHead:
    """The head that a script wrote, of lines with a colon; its status is ``usual`` unless it says another (FC-10)."""
    status, reason, shown = usual, standard_reason(usual), 0
    fields: Fields = []
    kind: Fields = []
    for line in filter(None, _lines(head)):
        name, _, value = line.partition(b":")
        if name.lower() == b"status":
            status, reason, shown = _status(value.lstrip(b" \t"))
            continue
        value = value.strip()
        if name.lower() == b"location":
            fields = [pair for pair in fields if pair[0].lower() != b"location"]
        if name.lower() == b"content-type":
            kind = [(b"Content-Type", value)]  # httpd writes it itself, behind the others
        elif name.lower() == b"last-modified":
            if (modified := date_of(value)) is not None:
                fields.append((name, http_date(min(modified, int(time.time())))))
        elif name.lower() not in _DROPPED:
            _add(fields, name, value)
    fields += kind
    names = frozenset(name.lower() for name, _ in fields)
    unfit = not all(is_fit(*pair) for pair in fields)
    return ReplyHead(status, reason, fields, UNTIL_CLOSE, True, names=names, unfit=unfit, shown=shown)


def _add(fields: Fields, name: bytes, value: bytes) -> None:
    """Lines of one name are joined, but for cookies (FC-10)."""
    at = next((at for at, (key, _) in enumerate(fields) if key.lower() == name.lower()), -1)
    if at < 0 or name.lower() == b"set-cookie":
        fields.append((name, value))
    else:
        fields[at] = fields[at][0], b"%b, %b" % (fields[at][1], value)


#: What the C library reads of a text as a number.
_NUMBER = re.compile(rb"[+-]?[0-9]{1,9}")


def _status(value: bytes) -> tuple[int, bytes, int]:
    """The status that a script says, its words, and the status in the first line where that is another (FC-10).

    Where the text is no status line, the number that it begins with is logged and asked for all the same.
    """
    found = _NUMBER.match(value)
    status = int(found[0]) if found else 0
    digits, blank, reason = value[:3], value[3:4], value[4:]
    if len(digits) < 3 or not digits.isdigit() or int(digits) != status or blank not in (b"", b" "):
        return status, standard_reason(status), spoken(status)
    if blank:
        return status, reason.rstrip(), 0
    return status, standard_reason(status) if spoken(status) == status else b"", 0

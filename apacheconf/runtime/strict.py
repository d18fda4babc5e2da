"""A small strict reader of heads that decides as httpd does (HttpProtocolOptions Strict, RB-8 to RB-13).

It is asked where httptools refuses, and it is the whole truth for what origins send (RS-13 to RS-18). Pure:
bytes in, fields out, or one of the two errors.
"""

from __future__ import annotations

import re

from apacheconf.program.hosts import Limits
from apacheconf.runtime import complaints, faults
from apacheconf.runtime.errors import ClientBroke, OriginBroke, proxy_error

Fields = list[tuple[bytes, bytes]]

_TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
#: RFC 9112 section 3, with the optional trailing blank and the missing version of HTTP/0.9 (RB-13).
_REQUEST_LINE = re.compile(rb"(" + _TOKEN + rb") ([^\x00-\x20\x7f]+)(?: (?:HTTP/([0-9])\.([0-9]))?)?")
_FIELD = re.compile(rb"(" + _TOKEN + rb"):[ \t]*((?:[^\x00-\x08\x0a-\x1f\x7f]*[^\x00-\x20\x7f])?)[ \t]*")

TOO_LARGE = "Size of a request header field exceeds server limit."
TOO_MANY = "The number of request header fields exceeds this server's limit."


def check_line(length: int, limits: Limits) -> None:
    """Bound a request line of so many bytes; httpd takes one byte more than it says. Raises ClientBroke(414)."""
    if length > limits.request_line + 1:
        raise ClientBroke(414, "the request line is too long", said=complaints.line_too_long(limits.request_line))


def check_field(line: bytes, limits: Limits) -> None:
    """Bound a header line, with one byte more than the limit says (RB-10). Raises ClientBroke(400)."""
    if len(line) > limits.request_field_size + 1:
        said = complaints.field_too_long(line.partition(b":")[0])
        raise ClientBroke(400, "a header field is too long", TOO_LARGE, said=said)


def check_count(count: int, limits: Limits) -> None:
    """Bound the number of header fields (RB-10). Raises ClientBroke(400)."""
    if limits.request_fields and count > limits.request_fields:
        raise ClientBroke(400, "there are too many header fields", TOO_MANY, said=complaints.TOO_MANY_FIELDS)


def read_request_line(line: bytes, limits: Limits) -> tuple[bytes, bytes, tuple[int, int]]:
    """Method, target and version. Raises ClientBroke: 414 when too long, else 400."""
    check_line(len(line), limits)
    found = _REQUEST_LINE.fullmatch(line)
    if found is None:
        raise ClientBroke(400, "the request line is malformed")
    method, target, major, minor = found.groups()
    if major is None:
        if method != b"GET":
            raise ClientBroke(400, "an HTTP/0.9 request is a GET")
        return method, target, (0, 9)
    if major == b"0":
        raise ClientBroke(400, "there is no such version of HTTP")
    return method, target, (int(major), int(minor))


def read_fields(block: bytes, limits: Limits) -> Fields:
    """The fields of a request's header block, folded lines joined by a blank. Raises ClientBroke(400).

    Its ``read`` has the fields that were complete: one that the next line might have continued isn't.
    """
    fields: Fields = []
    complete = length = 0  # length: of the line that may be continued
    try:
        for line in block.split(b"\r\n"):
            if not line:  # a bare LF stays in its line and spoils it
                continue
            check_field(line, limits)
            if line[:1] in (b" ", b"\t"):
                length = _unfold(fields, line, length, limits)
                continue
            complete = len(fields)
            found = _FIELD.fullmatch(line)
            if found is None:
                raise ClientBroke(400, "a header field is malformed")
            fields.append((found[1], found[2]))
            length = len(line.rstrip(b" \t"))
            check_count(len(fields), limits)
    except ClientBroke as broke:
        broke.read = fields[:complete]
        raise
    if len(block) > limits.request_field_size:
        _check_merged(fields, limits)
    return fields


def _unfold(fields: Fields, line: bytes, length: int, limits: Limits) -> int:
    """Add a folded line to the field before it, whose line had ``length`` bytes; returns how many it has then."""
    text = line.strip(b" \t")
    if not fields or not text or re.search(rb"[\x00-\x08\x0a-\x1f\x7f]", text):
        raise ClientBroke(400, "a folded header field has nothing to continue, or nothing to say")
    name, value = fields[-1]
    length += 1 + len(text)
    if length + 1 >= limits.request_field_size:
        raise ClientBroke(400, "a folded header field is too long", TOO_LARGE, said=complaints.fold_too_long(name))
    fields[-1] = (name, value + b" " + text if value else text)
    return length


def _check_merged(fields: Fields, limits: Limits) -> None:
    """Bound the value that all lines of a name make together (RB-10, RQ-4). Raises ClientBroke(400)."""
    values: dict[bytes, list[bytes]] = {}
    for name, value in fields:
        values.setdefault(name.lower(), []).append(value)
    joined = [(name, b", ".join(each)) for name, each in values.items()]
    for name, value in joined:
        if len(value) > limits.request_field_size:
            named = next(each for each, _ in fields if each.lower() == name)
            broke = ClientBroke(
                400, "a merged header field is too long", TOO_LARGE, said=complaints.merged_too_long(named)
            )
            broke.read = joined
            raise broke


# --- what origins send ---------------------------------------------------------------------------------------

_STATUS_LINE = re.compile(rb"HTTP/([0-9])\.([0-9]) ([0-9]{3})(.*)", re.DOTALL)
_NAME = re.compile(_TOKEN)
_CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")


def read_status_line(line: bytes, field_size: int) -> tuple[tuple[int, int], int, bytes] | None:
    """Version, status and reason of an origin's first line; None when it is none, so HTTP/0.9 (RS-14).

    What follows the three digits directly is dropped with the reason, as httpd does. Raises OriginBroke (RS-15, RS-17).
    """
    found = _STATUS_LINE.fullmatch(line)
    if found is None:
        return None
    if found[1] != b"1" or len(line) >= field_size - 1:
        shown = line[: field_size - 1].decode("latin-1")
        raise proxy_error(502, f"Corrupt status line returned by remote server: {shown}")
    rest = found[4]
    reason = rest[1:] if rest[:1] == b" " else (b"" if not rest else b"\x00")
    return (1, int(found[2])), int(found[3]), reason


def read_reply_fields(lines: list[bytes], field_size: int, lenient: bool = False) -> Fields:
    """The fields of an origin's answer; a line without a colon is left out if ``lenient``.

    What names and values may hold is asked later (``check_fields``). Raises OriginBroke (RS-16 to RS-18).
    """
    fields: Fields = []
    for line in _unfolded(lines, field_size):
        if b":" not in line:
            if lenient:
                continue
            raise OriginBroke(502, "a response header line has no colon", said=faults.BAD_HEADER)
        if b"\0" in line:
            raise OriginBroke(502, "a response header field holds a NUL", said=faults.BAD_HEADER)
        name, _, value = line.partition(b":")
        fields.append((name, value.strip(b" \t")))
    return fields


def _unfolded(lines: list[bytes], field_size: int) -> list[bytes]:
    """Lines with those that continue them, which keep all their blanks (RS-5). Raises OriginBroke (RS-17)."""
    whole: list[bytes] = []
    for line in lines:
        before = b""
        if line[:1] in (b" ", b"\t") and whole:
            before = whole.pop()
        if len(before) + len(line) >= field_size:
            said = faults.too_long(before or line, field_size)
            raise OriginBroke(502, "a response header field is too long", said=said)
        whole.append(before + line)
    return whole


def is_fit(name: bytes, value: bytes) -> bool:
    """Whether a client may be sent this field."""
    return _NAME.fullmatch(name) is not None and _CONTROL.search(value) is None


def check_fields(fields: Fields, reason: str = "") -> None:
    """Refuse to send a client what is no field. Raises OriginBroke(500), with ``reason`` if there is one (RS-18)."""
    if not ends_in_chunks(fields):
        raise OriginBroke(500, "the last transfer coding is not chunked", reason, in_fields=True)
    for name, value in fields:
        if not is_fit(name, value):
            said = faults.bad_value(name, value) if _NAME.fullmatch(name) else faults.bad_name(name)
            raise OriginBroke(500, "a response header field is malformed", reason, said=said, in_fields=True)


def ends_in_chunks(fields: Fields) -> bool:
    """Whether the first Transfer-Encoding that is to be sent, to HEAD, is one by which a body ends (RS-12)."""
    codings = [value for name, value in fields if name.lower() == b"transfer-encoding"]
    return not codings or codings[0].rpartition(b",")[2].strip(b" \t").lower() == b"chunked"


def with_field(fields: Fields, name: bytes, value: bytes | None) -> Fields:
    """The fields with one line of that name, where the first was, or with none."""
    out: Fields = []
    for pair in fields:
        if pair[0].lower() != name.lower():
            out.append(pair)
        elif value is not None:
            out.append((pair[0], value))
            value = None
    if value is not None:
        out.append((name, value))
    return out


def merge_into_first(fields: Fields, name: bytes, value: bytes) -> Fields:
    """The fields with ``value`` behind what the first line of that name holds, or in a line of its own."""
    for at, pair in enumerate(fields):
        if pair[0].lower() == name.lower():
            return [*fields[:at], (pair[0], merged(pair[1], value)), *fields[at + 1 :]]
    return [*fields, (name, value)]


def merged(old: bytes, value: bytes) -> bytes:
    """``value`` behind what a field holds already."""
    return b"%b, %b" % (old, value) if old else value

"""What one probe showed: the answers of the front and what the origins received, free of what changes per run.

Ports are tokens (DIF-9, N11) and today's date is a word, so that an observation can be written down, read by
people, and compared with another one made on another day. ``to_json`` and ``from_json`` are its written form.
"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from apacheconf.origins import CONTROL, Headers, Received
from apacheconf.prove.client import Answer

#: A body longer than this is written down as its length and hash.
SHOWN_BODY = 200
_STOCK = re.compile(rb"\s*<(?:!DOCTYPE|html)", re.IGNORECASE)
#: What the stub origin's own page begins with: such a page is no error page of a front.
_STUB = b'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport"'


@dataclass(frozen=True, slots=True)
class Reply:
    """One final answer as the client saw it. ``body`` is text, a summary when long, ``STOCK`` for error pages."""

    status: int
    reason: str = ""
    version: str = ""
    headers: Headers = ()
    body: str = ""
    interims: tuple[int, ...] = ()
    whole: bool = True


STOCK = "(stock page)"


@dataclass(frozen=True, slots=True)
class Arrival:
    """One request as an origin received it; ``body`` is empty or ``5 bytes <hash>``, ``framing`` as in Received."""

    origin: str
    line: str
    headers: Headers = ()
    body: str = ""
    framing: str = ""
    broken: str = ""


@dataclass(frozen=True, slots=True)
class Observation:
    """``ended`` says how the client's connection stood after it: kept, closed or silent."""

    replies: tuple[Reply, ...]
    ended: str
    arrivals: tuple[Arrival, ...]


@dataclass(frozen=True, slots=True)
class Tokens:
    """Ports of one run and what stands for them: ``origins`` maps a port to the authority as it was written,
    ``listeners`` a port to the port that the configuration names. ``box`` is the folder of the run."""

    origins: Mapping[int, str]
    listeners: Mapping[int, int]
    box: str = ""

    def hide(self, text: str) -> str:
        text = text.replace(self.box, "/(sandbox)") if self.box else text
        text = re.sub(r"127\.0\.0\.1:(\d{5})", self._origin, text)
        return re.sub(r"(?<=[\w.\]]):(\d{5})(?!\d)", self._listener, text)

    def _origin(self, found: re.Match[str]) -> str:
        return self.origins.get(int(found[1]), found[0])

    def _listener(self, found: re.Match[str]) -> str:
        port = self.listeners.get(int(found[1]))
        return found[0] if port is None else f":(port {port})"


def reply(answer: Answer, tokens: Tokens) -> Reply:
    """The answer without what changes from run to run."""
    date = next((value for name, value in answer.headers if name.lower() == "date"), "")
    headers = tuple((name, _timeless(name, tokens.hide(value), date)) for name, value in answer.headers)
    plain = _decoded(answer)
    if answer.values("content-type") == ["message/http"]:
        plain = _OF_REQUEST.sub(_not_twice, plain)
    if (answer.status == 0 or answer.status >= 300) and _STOCK.match(plain) and not plain.startswith(_STUB):
        body = STOCK
        headers = tuple((n, STOCK if n.lower() == "content-length" else v) for n, v in headers)
    else:
        body = _summary(plain, tokens)
    return Reply(answer.status, answer.reason, answer.version, headers, body, answer.interims, answer.whole)


def arrival(received: Received, tokens: Tokens) -> Arrival:
    """The request without what changes from run to run, and without the harness's own orders."""
    headers = tuple((name, _stable(name.lower(), value, tokens)) for name, value in received.headers)
    headers += (("(certificate)", "shown"),) if received.certificate else ()
    body = f"{received.length} bytes {received.sha256}" if received.length else ""
    line = tokens.hide(received.request_line)
    return Arrival(received.origin, line, headers, body, received.framing, received.broken)


#: What a script is told and no run has twice.
_OF_RUN = {
    "remote_port": "(port of the client)",
    "unique_id": "(unique)",
    **dict.fromkeys((CONTROL, "http_x_ctl"), "(orders)"),
}


def _stable(name: str, value: str, tokens: Tokens) -> str:
    if name == "server_port" and value.isdecimal():
        return tokens.hide(f"x:{value}")[2:]
    return _OF_RUN.get(name.removeprefix("redirect_")) or tokens.hide(value)


def _timeless(name: str, value: str, date: str) -> str:
    """A date of about now is a word, a later one of Expires the time from ``date`` to it; dates that the origin gave
    stay. Allow is a set, and httpd's order varies."""
    if name.lower() == "allow":
        return ",".join(sorted(method.strip() for method in value.split(",")))
    if name.lower() == "set-cookie":
        return _EXPIRES.sub(lambda found: f"expires={_later(found[1])}", value)
    if name.lower() not in ("date", "expires", "last-modified"):
        return value
    try:
        age = datetime.now(UTC) - parsedate_to_datetime(value)
    except (ValueError, TypeError):
        return value
    if abs(age) < timedelta(hours=1):
        return "(now)"
    with contextlib.suppress(ValueError, TypeError):
        if name.lower() == "expires" and age < timedelta(0):
            if not date:  # it was made now, give or take a few seconds
                return f"({timedelta(seconds=10 * round(-age.total_seconds() / 10))} after Date)"
            return _after(-age, parsedate_to_datetime(value) - parsedate_to_datetime(date))
    return value


#: What RequestHeader puts into a field and an echo shows: a time in microseconds (``%t``), the number of a request.
_OF_REQUEST = re.compile(rb"(?m)^(?P<name>[\w-]+: )(?:(?P<time>t=\d{16})|[A-Za-z0-9@_-]{27})(?=\r$)")


def _not_twice(found: re.Match[bytes]) -> bytes:
    return found["name"] + (b"t=(time)" if found["time"] else b"(unique)")


#: When a cookie ends, as mod_rewrite and others write it.
_EXPIRES = re.compile(r"(?i)\bexpires=([A-Z][a-z]{2}, \d\d[ -][A-Z][a-z]{2}[ -]\d{4} \d\d:\d\d:\d\d GMT)")


def _later(date: str) -> str:
    """How long after now that is, by the minute; a date that is over stays."""
    left = parsedate_to_datetime(date.replace("-", " ")) - datetime.now(UTC)
    return f"({timedelta(minutes=round(left / timedelta(minutes=1)))} after now)" if left > timedelta(0) else date


def _after(now: timedelta, date: timedelta) -> str:
    """How long after Date something is; after now, by the minute, where the origin says that it is another time."""
    if abs(date - now) < timedelta(hours=1):
        return f"({date} after Date)"
    return f"({timedelta(minutes=round(now / timedelta(minutes=1)))} after now)"


def _decoded(answer: Answer) -> bytes:
    """The body before it was coded: how well a server compresses is its own affair. What isn't gzip stays."""
    if answer.values("content-encoding") == ["gzip"]:
        with contextlib.suppress(OSError, EOFError, zlib.error):
            return gzip.decompress(answer.body)
    return answer.body


def _summary(body: bytes, tokens: Tokens) -> str:
    text = tokens.hide(body.decode("latin-1"))
    if len(text) > SHOWN_BODY:
        return f"({len(text)} bytes {hashlib.sha256(text.encode('latin-1')).hexdigest()[:16]})"
    return text


# --- its written form ----------------------------------------------------------------------------------------


def to_json(seen: Observation) -> dict[str, object]:
    """Short where nothing is to be said: defaults are left out."""
    written: dict[str, object] = {"answers": [_reply_to_json(one) for one in seen.replies], "ended": seen.ended}
    if seen.arrivals:
        written["origin"] = [_arrival_to_json(one) for one in seen.arrivals]
    return written


def _reply_to_json(one: Reply) -> dict[str, object]:
    status = f"HTTP/{one.version} {one.status} {one.reason}" if one.version else ""
    written: dict[str, object] = {"status": status, "headers": [f"{n}: {v}" for n, v in one.headers], "body": one.body}
    if one.interims:
        written["interims"] = list(one.interims)
    if not one.whole:
        written["broken off"] = True
    return written


def _arrival_to_json(one: Arrival) -> dict[str, object]:
    written: dict[str, object] = {"at": one.origin, "line": one.line, "headers": [f"{n}: {v}" for n, v in one.headers]}
    for name in ("body", "framing", "broken"):
        if value := getattr(one, name):
            written[name] = value
    return written


def from_json(written: dict[str, object]) -> Observation:
    """The inverse of ``to_json``. Raises KeyError or ValueError for anything else."""
    answers, arrivals = written["answers"], written.get("origin", [])
    if not isinstance(answers, list) or not isinstance(arrivals, list):
        raise ValueError("no observation")
    return Observation(
        tuple(_reply_from_json(one) for one in answers),
        str(written["ended"]),
        tuple(
            Arrival(
                one["at"], one["line"], _pairs(one["headers"]),
                one.get("body", ""), one.get("framing", ""), one.get("broken", ""),
            )
            for one in arrivals
        ),
    )  # fmt: skip


def _reply_from_json(one: dict[str, object]) -> Reply:
    version, _, rest = str(one["status"]).partition(" ")
    status, _, reason = rest.partition(" ")
    interims = one.get("interims", [])
    return Reply(
        int(status or 0),
        reason,
        version.removeprefix("HTTP/"),
        _pairs(one["headers"]),
        str(one["body"]),
        tuple(interims) if isinstance(interims, list) else (),
        not one.get("broken off", False),
    )


def _pairs(lines: object) -> Headers:
    pairs = (line.split(": ", 1) for line in lines) if isinstance(lines, list) else ()
    return tuple((name, value) for name, value in pairs)

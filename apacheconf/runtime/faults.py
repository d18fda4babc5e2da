"""The faults of origins in the words of httpd's error log: what those who find one give to ``OriginBroke`` (FA, RS)."""

from __future__ import annotations

import os
import socket

from apacheconf.program.workers import Worker
from apacheconf.runtime.errors import Said

# The system's words for what has no errno, as the Apache runtime library numbers them.
_INTERNAL = "(20014)Internal error (specific information not available)"
END = "(70014)End of file found"
PARTIAL = "(70008)Partial results are valid but processing is incomplete"
TOO_LATE = "(70007)The timeout specified has expired"
INVALID = "(22)Invalid argument"
NO_SPACE = "(28)No space left on device"

#: What a client reads of an answer that breaks before it has begun, or doesn't come.
READ_FAILED = "Error reading from remote server"
_STATUS_LINE = "AH01102: error reading status line from remote server {origin}"
_READING = "AH01110: error reading response"
_BAD_HEADER = Said("warn", "proxy_http", "AH01106: bad HTTP/1.1 header returned by {uri} ({method})")
_BAD_BODY = Said("error", "proxy_http", _READING, _INTERNAL)

NO_STATUS_LINE = (Said("error", "proxy_http", _STATUS_LINE),)
ENDED_BEFORE_HEAD = (Said("error", "proxy_http", _STATUS_LINE, _INTERNAL),)
LATE_BEFORE_HEAD = (Said("error", "proxy_http", _STATUS_LINE, TOO_LATE),)
ENDED_IN_HEAD = (Said("warn", "proxy_http", "AH10404: Error reading headers from backend", END), _BAD_HEADER)
LATE_IN_HEAD = (Said("warn", "proxy_http", "AH10404: Error reading headers from backend", TOO_LATE), _BAD_HEADER)
BAD_HEADER = (_BAD_HEADER,)
ENDED_IN_BODY = (Said("error", "proxy_http", _READING, PARTIAL),)
LATE_IN_BODY = (Said("error", "proxy_http", _READING, TOO_LATE),)
BAD_LENGTH = (Said("info", "http", "AH01587: Invalid Content-Length", remote=True), _BAD_BODY)
BAD_CHUNK = (Said("info", "http", "AH01590: Error reading/parsing chunk  ", INVALID, remote=True), _BAD_BODY)
BAD_TRAILER = Said("error", "proxy_http", _READING, INVALID)


def bad_trailer(note: str) -> Said:
    """The fields behind a body in chunks can't be read; ``note`` is what a page says of it."""
    return Said("info", "http", f"AH02656: Error while reading HTTP trailer: 400{f': {note}' if note else ''}")


def unknown_coding(coding: bytes) -> Said:
    """A transfer coding of an answer by which no end is known (RS-11)."""
    text = f"AH02555: Unknown Transfer-Encoding: {coding.decode('latin-1')}; using read-until-close"
    return Said("info", "http", text, remote=True)


def too_long(line: bytes, most: int) -> tuple[Said, ...]:
    """A header line beyond ResponseFieldSize (bytes); the log shows both ends of what was read of it."""
    text = line[: most - 1].decode("latin-1")
    half = min(len(text), 128) // 2
    shown = f"{text[:half]}[...]{text[-half:]}"
    said = f"AH10124: header size is over the limit allowed by ResponseFieldSize ({most} bytes)."
    return (Said("warn", "proxy_http", f"{said} Bad response header: '{shown}'", NO_SPACE), _BAD_HEADER)


def bad_name(name: bytes) -> tuple[Said, ...]:
    """A field whose name holds what no name may hold, or that has none."""
    text = f"AH02429: Response header name '{name.decode('latin-1')}' contains invalid characters, aborting request"
    return (Said("error", "http", text if name else "AH02428: Empty response header name, aborting request"),)


def bad_value(name: bytes, value: bytes) -> tuple[Said, ...]:
    """A field whose value holds control characters."""
    named = f"'{name.decode('latin-1')}' value of '{value.decode('latin-1')}'"
    return (Said("error", "http", f"AH02430: Response header {named} contains invalid characters, aborting request"),)


def no_handler(scheme: str) -> tuple[Said, ...]:
    """A scheme that nobody speaks (FA-16)."""
    text = f"AH01144: No protocol handler was valid for the URL {{uri}} (scheme '{scheme}'). If you are using a DSO"
    more = "version of mod_proxy, make sure the proxy submodules are included in the configuration using LoadModule."
    return (Said("warn", "proxy", f"{text} {more}"),)


def why(error: OSError | TimeoutError) -> str:
    """A failed connect in the system's words: ``(111)Connection refused``."""
    return TOO_LATE if error.errno is None else f"({error.errno}){os.strerror(error.errno)}"


def not_reached(
    worker: Worker, place: str | tuple[str, int], system: str, word: str = "", name: str = ""
) -> tuple[Said, ...]:
    """Connecting has failed (FA-1, FA-2); ``word`` says who wanted to, in place of the scheme.

    ``name`` is what was to be reached in place of the worker, ``host:port``.
    """
    name = f"({name or f'{worker.host}:{worker.port}'})"
    scheme = word or ("FCGI" if worker.scheme == "fcgi" else worker.scheme)
    if isinstance(place, str):
        text = f"AH02454: {scheme}: attempt to connect to Unix domain socket {place} {name} failed"
    else:
        at = f"[{place[0]}]" if ":" in place[0] else place[0]
        text = f"AH00957: {scheme}: attempt to connect to {at}:{place[1]} {name} failed"
    return (Said("error", "proxy", text, system, bare=True),)


RESET = "(104)Connection reset by peer"


def not_sent(worker: Worker, client: str, system: str = RESET) -> tuple[Said, ...]:
    """The origin has closed before it had the whole body, or did not take it (FA-5)."""
    text = f"pass request body failed to {{origin}} ({worker.host})"
    first = Said("error", "proxy", f"AH01084: {text}", system)
    return (first, Said("error", "proxy_http", f"AH01097: {text} from {client} ()"))


def without_engine(name: str) -> tuple[Said, ...]:
    """TLS that nobody has switched on (FA-3); ``name`` is the worker's."""
    scheme, _, rest = name.partition("://")
    host = rest.partition("/")[0]
    where = host if ":" in host else f"{host}:443"
    hint = "AH01961:  failed to enable ssl support [Hint: if using mod_ssl, see SSLProxyEngine]"
    text = f"AH00961: {scheme}: failed to enable ssl support for {where} ({host.partition(':')[0]})"
    return (Said("error", "core", hint, remote=True), Said("error", "proxy", text, bare=True))


def bad_forwards(value: bytes) -> tuple[Said, ...]:
    """A Max-Forwards that is no number (RQ-17)."""
    return (Said("warn", "proxy", f"AH10188: Max-Forwards value '{value.decode('latin-1')}' could not be parsed"),)


def why_unknown(error: OSError | UnicodeError) -> str:
    """A failed look-up in the error log's words."""
    if isinstance(error, socket.gaierror) and error.errno is not None:
        return f"(EAI {abs(error.errno)}){error.strerror}"
    return "(EAI 2)Name or service not known"

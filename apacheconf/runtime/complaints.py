"""The faults of clients in the words of httpd's error log: what those who find one give to ``ClientBroke`` (RB)."""

from __future__ import annotations

from apacheconf.runtime.errors import Said
from apacheconf.runtime.faults import INVALID, NO_SPACE

#: The system's words for a body that is malformed, as httpd prints its own codes.
MALFORMED = "(-102)Unknown error -102"

TOO_MANY_FIELDS = (Said("info", "core", "AH00563: Number of request headers exceeds LimitRequestFields"),)
BAD_CHUNK = (Said("info", "http", "AH01590: Error reading/parsing chunk  ", INVALID),)
BAD_CHUNK_SIZE = (Said("info", "http", "AH01590: Error reading/parsing chunk (overflow) ", NO_SPACE),)
LATE_HEAD = (Said("info", "reqtimeout", "AH01382: Request header read timeout"),)
LATE_BODY = (Said("info", "reqtimeout", "AH01382: Request body read timeout"),)


def line_too_long(limit: int) -> tuple[Said, ...]:
    """A request line beyond LimitRequestLine (bytes)."""
    text = f"request failed: client's request-line exceeds LimitRequestLine (longer than {limit})"
    return (Said("info", "core", f"AH00565: {text}"),)


def field_too_long(name: bytes) -> tuple[Said, ...]:
    """A header line beyond LimitRequestFieldSize."""
    return (_field("AH00561", "", name),)


def fold_too_long(name: bytes) -> tuple[Said, ...]:
    """A field that is too long with the lines that continue it."""
    return (_field("AH00562", " after folding", name),)


def merged_too_long(name: bytes) -> tuple[Said, ...]:
    """A field that is too long once all lines of its name are one."""
    return (_field("AH00560", " after merging", name),)


def _field(code: str, when: str, name: bytes) -> Said:
    text = f"{code}: Request header exceeds LimitRequestFieldSize{when}: {name.decode('latin-1')}"
    return Said("info", "core", text)


def body_too_long(what: str, limit: int) -> tuple[Said, ...]:
    """A body beyond LimitRequestBody (RB-9)."""
    return (Said("info", "http", f"{what} is larger than the configured limit of {limit}"),)


def undecodable(coding: bytes) -> tuple[Said, ...]:
    """A transfer coding beside chunked, for an origin (RB-8c)."""
    text = f"AH01093: {coding.decode('latin-1')} Transfer-Encoding is not supported"
    return (Said("error", "proxy_http", text),)


def body_lost(host: str, client: str, system: str, sent: bool) -> tuple[Said, ...]:
    """A body for an origin can't be had of its client (RB-11); ``sent`` when its head went out already."""
    where = f"to {{origin}} ({host}) from {client} ()"
    if not sent:
        return (Said("error", "proxy", f"AH01095: prefetch request body failed {where}", system),)
    first = Said("error", "proxy", f"AH02608: read request body failed {where}", system)
    return (first, Said("error", "proxy_http", f"AH01097: pass request body failed {where}"))

"""Request targets and paths, as httpd reads and writes them: parse, normalise, decode, encode again.

All text is latin-1. The order of the checks is that of ap_process_request_internal: dot segments first (400
above the root), then escapes (400 when malformed, 404 for an encoded slash or NUL), then, where encoded
slashes are decoded, dot segments once more.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_HEX = frozenset("0123456789abcdefABCDEF")
#: What stays literal in a path sent to an origin (PU-1).
CANONICAL = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789~$-_.+!*'(),;:@&=/")
_AUTHORITY_ENDS = re.compile(r"[/?#]")
_PORT = re.compile(r"[0-9]{1,5}", re.ASCII)
#: A blank or control character, which no part of a target may hold.
BLANK = re.compile(r"[\x00-\x20\x7f]")


class Authority(NamedTuple):
    """What stands between ``//`` and the path of a URL, its ``host`` in lower case and without brackets."""

    text: str
    host: str
    port: str = ""

    @property
    def number(self) -> int | None:
        """The port; None where there is none, or one that can't be."""
        return int(self.port) if _PORT.fullmatch(self.port) and int(self.port) < 1 << 16 else None


def split_authority(url: str) -> tuple[str, Authority]:
    """The scheme in lower case and the authority of ``scheme://authority/...``, be it none that can be.

    >>> split_authority("http://me@[::1]:80/x")
    ('http', Authority(text='me@[::1]:80', host='::1', port='80'))
    """
    scheme, ends, rest = url.partition("://")
    if not ends:
        return url.rpartition(":")[0].partition(":")[0].lower(), Authority("", "")
    text = _AUTHORITY_ENDS.split(rest, maxsplit=1)[0]
    named = text.rpartition("@")[2]
    if named[:1] == "[" and "]" in named:
        host, _, port = named[1:].partition("]")
        return scheme.lower(), Authority(text, host.lower(), port.removeprefix(":"))
    host, _, port = named.partition(":")
    return scheme.lower(), Authority(text, host.lower(), port)


class PathRefused(Exception):
    """The path is answered with ``status`` (400 or 404) before anything looks at it (SEM-8).

    ``path`` is what it was decoded to all the same, as logs and error documents tell it; empty if nothing was.
    """

    def __init__(self, status: int, why: str, path: str = "") -> None:
        self.status, self.path = status, path
        super().__init__(why)


@dataclass(frozen=True, slots=True)
class Target:
    """A request-target, split. ``authority`` is set for the absolute form (VH-41); ``query`` None without ``?``."""

    raw_path: str
    query: str | None = None
    scheme: str = ""
    authority: str = ""


@lru_cache(maxsize=64)  # a request asks twice
def parse_target(method: str, target: str) -> Target:
    """Split a request-target. Raises PathRefused(400) for what is no target (VH-42, PU-10)."""
    if "#" in target:
        raise PathRefused(400, "a fragment is not part of a request-target")
    if BLANK.search(target) is not None:
        raise PathRefused(400, "a blank or control character in the request-target")
    if target == "*":
        if method != "OPTIONS":
            raise PathRefused(400, "a request-target starts with a slash or is an absolute URL")
        return Target("*")
    if method == "CONNECT" and not target.startswith("/"):
        if not re.fullmatch(r"(?:[^@]*@)?(?:\[.*\]|[^:]*):[0-9]+", target):
            raise PathRefused(400, "CONNECT names a host and a port")
        return Target("/", authority=target)
    scheme, authority, rest = "", "", target
    if not target.startswith(("/", "?")):
        scheme, sep, after = target.partition("://")
        if not sep or not scheme.isalnum():
            raise PathRefused(400, "a request-target starts with a slash or is an absolute URL")
        end = min((i for i in (after.find("/"), after.find("?")) if i >= 0), default=len(after))
        authority, rest = after[:end], after[end:]
    path, question, query = rest.partition("?")
    if not path and method == "OPTIONS":  # a URL without a path is the server as a whole (RFC 9112, section 3.2.4)
        return Target("*", None, scheme.lower(), authority)
    return Target(path or "/", query if question else None, scheme.lower(), authority)


def normalise(raw: str, encoded_slashes: str = "Off", merge_slashes: bool = True) -> str:
    """The decoded, normalised path that sections and mappings see (PP-2, SEM-7, LOC-9, PU-2 to PU-4).

    ``encoded_slashes`` is AllowEncodedSlashes' word: Off, On or NoDecode. Raises PathRefused.
    """
    path = resolve_dots(unescape_unreserved(raw), merge_slashes)
    path = _unescape(path, encoded_slashes)
    if encoded_slashes == "On":
        path = resolve_dots(path, merge_slashes, climbs=True)
    return path


def canonical(path: str) -> str:
    """A decoded path encoded for an origin: what PU-1 lists stays, all else becomes upper-case ``%XX``."""
    if CANONICAL.issuperset(path):
        return path
    return "".join(char if char in CANONICAL else f"%{ord(char):02X}" for char in path)


#: What ap_os_escape_path leaves in a path (AL-5).
_KEPT_IN_REDIRECTS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789$-_.+!*'(),:@&=/~;")


def escape_path(path: str) -> str:
    """A decoded path as a redirect has it: all but ``_KEPT_IN_REDIRECTS`` becomes lower-case ``%xx``."""
    return "".join(char if char in _KEPT_IN_REDIRECTS else f"%{ord(char):02x}" for char in path)


def escape_url(url: str) -> str:
    """A URL whose path is escaped so; its scheme, authority, query and fragment stay as they are (AL-5)."""
    found = re.match(r"(?P<before>(?:[A-Za-z][A-Za-z0-9+.-]*:)?(?://[^/?#]*)?)(?P<path>[^?#]*)", url, re.DOTALL)
    assert found is not None
    return found["before"] + escape_path(found["path"]) + url[found.end() :]


def resolve_dots(path: str, merge_slashes: bool = True, climbs: bool = False) -> str:
    """``path`` without ``.`` and ``..`` segments and, usually, without empty ones.

    Raises PathRefused(400) where it leads above the root; one that ``climbs`` stays at the root there (LOC-9).
    """
    if "/." not in path and "//" not in path:
        return path
    segments: list[str] = []
    parts = path.split("/")[1:]
    last = len(parts) - 1
    for position, part in enumerate(parts):
        if part == "..":
            if not segments and not climbs:
                raise PathRefused(400, "the path climbs above the root")
            del segments[-1:]
        elif part != ".":
            # An empty last part is the final slash; a leading run of slashes is one, always (LOC-6).
            if part or position == last or (segments and not merge_slashes):
                segments.append(part)
            continue
        if position == last:
            segments.append("")
    return "/" + "/".join(segments)


def unescape_unreserved(path: str) -> str:
    """Undo escapes of letters, digits and ``-._~``, so that ``%2e%2e`` is seen as a dot segment."""
    if "%" not in path:
        return path
    head, *parts = path.split("%")
    out = [head]
    for part in parts:
        char = chr(int(part[:2], 16)) if len(part) >= 2 and _HEX.issuperset(part[:2]) else ""
        out.append(char + part[2:] if char in _UNRESERVED and char else "%" + part)
    return "".join(out)


def _unescape(path: str, encoded_slashes: str) -> str:
    """Decode every escape; a malformed one is 400, and wins over the 404 of a slash or NUL."""
    if "%" not in path:
        return path
    head, *parts = path.split("%")
    out, refused = [head], ""
    for part in parts:
        if len(part) < 2 or not _HEX.issuperset(part[:2]):
            raise PathRefused(400, f"%{part[:2]} is not an escape")
        char = chr(int(part[:2], 16))
        if char == "\0" or (char == "/" and encoded_slashes == "Off"):
            refused = refused or "%" + part[:2]
        keep = char == "/" and encoded_slashes == "NoDecode"
        out.append(f"%{part[:2]}" + part[2:] if keep else char + part[2:])
    if refused:
        why = f"the path holds {refused} (AllowEncodedSlashes is Off)"
        raise PathRefused(404, why, "".join(out).partition("\0")[0])
    return "".join(out)

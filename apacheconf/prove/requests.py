"""Requests as bytes, for one host and one mapped path of a configuration; the origin's part is ordered (DIF-2)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from apacheconf.origins import CONTROL
from apacheconf.prove.client import Turn

#: What an ordinary answer of the origin looks like, so that front-made answers stand out.
ORIGIN_ANSWER: dict[str, Any] = {"body": "hello from the origin\n"}
ORIGIN_HEADERS = [["Content-Type", "text/plain"], ["X-Origin", "%self%"]]
#: The origin's own Date and Server, which a front must relay (RS-3).
ORIGIN_DATE = "Tue, 01 Feb 2022 03:04:05 GMT"
ORIGIN_SERVER = "origin/1.0"
#: Schemes of origins that are told the environment, in place of a request of HTTP.
TOLD = frozenset({"fcgi", "uwsgi", "scgi"})

Headers = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Aim:
    """Where probes go: a host's ServerName, its first ServerAlias and a path prefix that is mapped.

    ``scheme`` is how the host is asked, ``origin_scheme`` how the origin behind the prefix is. ``leaf`` is a path below
    the prefix that the origin answers, where it doesn't answer all of them.
    """

    host: str
    alias: str
    prefix: str = "/"
    scheme: str = "http"
    origin_scheme: str = "http"
    leaf: str = "/x"

    def numbered(self, number: int | str) -> str:
        """A path that the origin answers, one for each number."""
        return f"/{number}" if self.leaf == "/x" else f"{self.leaf}?{number}"

    @property
    def is_script(self) -> bool:
        """Whether the origin is told the environment, and answers with the output of a script or as one would."""
        return self.origin_scheme in TOLD

    def path(self, rest: str) -> str:
        """``rest``, which begins with a slash, below the mapped prefix."""
        return self.prefix.rstrip("/") + rest


@dataclass(frozen=True, slots=True)
class Probe:
    """``name`` is stable and says what is asked; ``about`` is its family.

    It is asked from the address ``source`` if there is one, and over TLS with a ``certificate`` if that is said.
    """

    name: str
    about: str
    turns: tuple[Turn, ...]
    source: str = ""
    certificate: bool = False


def request(
    aim: Aim,
    method: str = "GET",
    path: str = "",
    headers: Headers | None = None,
    body: bytes = b"",
    version: str = "HTTP/1.1",
    host: str | None = "",
    orders: dict[str, Any] | None = None,
    target: str | None = None,
) -> bytes:
    """The bytes of one request. ``host`` "" means the aim's, None none; ``target`` replaces the whole target.

    Without a ``path`` the aim's leaf is asked for.
    ``orders`` come on top of ORIGIN_ANSWER: headers are added to its own, everything else replaces.
    """
    asked = ORIGIN_ANSWER | (orders or {}) | {"headers": [*ORIGIN_HEADERS, *(orders or {}).get("headers", [])]}
    line = f"{method} {aim.path(path or aim.leaf) if target is None else target} {version}"
    lines = [line] if host is None else [line, f"Host: {host or aim.host}"]
    lines += [f"{name}: {value}" for name, value in headers or []]
    lines.append(f"{CONTROL.title()}: {json.dumps(asked, separators=(',', ':'))}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body


Family = Iterator[tuple[str, tuple[Turn, ...]]]


def get(aim: Aim, **more: object) -> tuple[Turn, ...]:
    return (Turn(request(aim, **more)),)  # type: ignore[arg-type]


def chunks(*parts: bytes, trailer: bytes = b"") -> bytes:
    """``parts`` as the chunks of a body, and its end."""
    return b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + b"0\r\n" + trailer + b"\r\n"

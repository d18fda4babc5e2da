"""Every site of the fixtures, whole: httpd and serve are asked the same, at least thirty requests each.

What is compared is the status line, every header and the body, and what the origins received. The requests are made
from the site (``site_asks``), which runs as it was written but for addresses (``site_stage``).
"""

from __future__ import annotations

import gzip
import re
import socket
import ssl
from contextlib import suppress
from email.utils import parsedate_to_datetime
from itertools import zip_longest
from operator import eq

import pytest

from apacheconf.engines import httpd
from tests import sites
from tests.engines.real import need
from tests.live.site_asks import Ask, asks
from tests.live.site_stage import Site, standing
from tests.live.site_table import row_for, rows_of
from tests.wire import Served

pytestmark = pytest.mark.live

#: More requests than these aren't asked of a site: the rest is left out evenly.
MOST = 400
LEAST = 30
#: What the first ring asks.
SAMPLE = frozenset({"wordpress", "macro-heavy-tenants", "redirect-collection", "node-websocket-app"})
_VARY = re.compile(
    r"(?<=Apache/2\.4)\.\d+|(?<=Unix Socket )\d+|(?<=t=)\d{16}|(?<=D=)\d+|(?<=nonce=\")[^\"]+|(?<=X-Runtime-Proxy: )\d+"
    r"|(?<=UNIQUE_ID=)[\w@-]{20,}|(?<=X-Request-Id: )[\w@-]{20,}|(?<=REMOTE_PORT=)\d+|(?<=t=)\d+"
    r"|(?<=expires=)[^;]+ GMT|\d\d:\d\d:\d\d"
)
#: What Protocols h2 adds to answers, which serve leaves out: HTTP/2 in front is out of scope.
_OFFER = re.compile(r"\nUpgrade: h2c?(?=\n|\Z)|(?<=^Connection: )Upgrade(?:, |$)", re.MULTILINE)


def ask(one: Ask) -> str:
    """The answer, free of what changes from run to run."""
    with socket.create_connection((one.address, one.port), 30, (one.source, 0)) as plain:
        if not one.secure:
            return _talk(plain, one)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        try:
            with context.wrap_socket(plain, server_hostname=one.host) as connection:
                return _talk(connection, one)
        except (ssl.SSLError, ConnectionError):
            return "no answer"


def _talk(connection: socket.socket, one: Ask) -> str:
    connection.sendall(one.data())
    out = b""
    with suppress(ConnectionError, ssl.SSLEOFError):
        while data := connection.recv(65536):
            out += data
    head, _, body = out.partition(b"\r\n\r\n")
    status, *fields = head.decode("latin-1").split("\r\n")
    named = {name.lower(): value for name, _, value in (field.partition(": ") for field in fields)}
    lines = sorted((_plain(field, named) for field in fields), key=lambda field: field.partition(":")[0].lower())
    return _VARY.sub("", "\n".join([_OFFER.sub("", "\n".join([status, *lines])), "", _body(body, named)]))


def _plain(field: str, named: dict[str, str]) -> str:
    """A header; dates that are counted from now on are told from Date on."""
    name, _, value = field.partition(": ")
    if name.lower() in ("date", "server"):
        return f"{name}: it"
    if name.lower() == "expires":
        with suppress(ValueError, KeyError):
            return f"{name}: {parsedate_to_datetime(value) - parsedate_to_datetime(named['date'])} after Date"
    return f"{name}: {','.join(sorted(value.split(',')))}" if name.lower() == "allow" else field


def _body(body: bytes, named: dict[str, str]) -> str:
    if named.get("transfer-encoding") == "chunked":
        whole, rest = b"", body
        while found := re.match(rb"([0-9a-fA-F]+)[^\r]*\r\n", rest):
            size = int(found[1], 16)
            whole, rest = whole + rest[found.end() : found.end() + size], rest[found.end() + size + 2 :]
        body = whole
    if named.get("content-encoding") == "gzip":
        with suppress(OSError, EOFError):
            body = b"(gzip) " + gzip.decompress(body)
    return body.decode("latin-1")


def _answers(site: Site, wanted: list[Ask]) -> list[tuple[str, list[str]]]:
    site.arrived()
    found = []
    for one in wanted:
        answer = ask(one)
        found.append((answer, [_VARY.sub("", each) for each in site.arrived()]))
    return found


def wanted_of(site: Site) -> list[Ask]:
    every = list(dict.fromkeys(asks(site.program, site.places(), site.nodes, site.users)))
    return every[:: -(-len(every) // MOST)] if len(every) > MOST else every


def compare(name: str, defines: tuple[str, ...] = ()) -> tuple[int, int, list[str]]:
    """How many requests were asked, how many had the same answer, and what is wrong.

    That is each difference that no row speaks of, and each row of the site without a difference.
    """
    engine = need("httpd")
    with standing(name, engine, defines) as site:
        wanted = wanted_of(site)
        at = [(address, real) for address, _, real in site.places()]
        with httpd.start(engine, site.box, site.text, at):
            theirs = _answers(site, wanted)
        with Served(site.file):
            ours = _answers(site, wanted)
    found, stale = [], list(rows_of(name))
    for one, httpds, serves in zip(wanted, theirs, ours, strict=True):
        row = row_for(name, one, serves[0])
        row = row if row is None or row.excuses(httpds[0], serves[0]) else None
        if httpds != serves and row is None:
            found.append("\n".join([f"{one}", *_lines(httpds, serves)]))
        elif httpds != serves and row in stale:
            stale.remove(row)
    return len(wanted), sum(map(eq, theirs, ours)), [*found, *(f"nothing differs any more: {row}" for row in stale)]


def _lines(theirs: tuple[str, list[str]], ours: tuple[str, list[str]]) -> list[str]:
    pairs = zip_longest(*("\n".join([answer, *arrived]).split("\n") for answer, arrived in (theirs, ours)))
    return [f"  httpd {one!r}\n  serve {two!r}" for one, two in pairs if one != two][:6]


def _each() -> list[object]:
    marks = {name: [] if name in SAMPLE else [pytest.mark.prove_all] for name in sites.names()}
    return [
        pytest.param(name, defines, marks=marks[name], id="-".join([name, *defines]))
        for name in sites.names()
        for defines in sites.DEFINES.get(name, ((),))
    ]


@pytest.mark.parametrize(("name", "defines"), _each())
def test_serve_answers_as_httpd_does(name: str, defines: tuple[str, ...]) -> None:
    asked, equal, different = compare(name, defines)
    print(f"{name}: {asked} asked, {equal} equal")
    assert not different, f"{len(different)}, {asked} asked:\n" + "\n".join(different[:20])
    assert equal >= LEAST

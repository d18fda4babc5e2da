"""Every site of the fixtures, whole: httpd and serve are asked the same, at least thirty requests each.

Where a site asks for digests, clients answer its challenges; where it asks for certificates, they show good ones, bad
ones and none (``site_odd_asks``).

What is compared is the status line, every header and the body, and what the origins received. The requests are made
from the site (``site_asks``), which runs as it was written but for addresses (``site_stage``).
"""

from __future__ import annotations

import gzip
import re
import socket
import ssl
from collections.abc import Iterable
from contextlib import suppress
from email.utils import parsedate_to_datetime
from itertools import zip_longest
from operator import eq

import pytest

from apacheconf.engines import httpd
from tests import sites
from tests.engines.real import need
from tests.live.site_asks import PASSWORD, Ask, asks, paths
from tests.live.site_odd_asks import asks_with_credentials, odd_asks
from tests.live.site_stage import Site, standing
from tests.live.site_table import row_for, rows_of
from tests.runtime import certificates
from tests.runtime.digests import credentials
from tests.runtime.served import Served

pytestmark = pytest.mark.live

#: More requests than these aren't asked of a site: the rest is left out evenly.
MOST = 400
#: So many of the odd ones, and so many by clients with credentials.
MOST_ODD = 240
LEAST = 30
#: What the first ring asks.
SAMPLE = frozenset({"wordpress", "macro-heavy-tenants", "redirect-collection", "node-websocket-app"})
_VARY = re.compile(
    r"(?<=Apache/2\.4)\.\d+|(?<=Unix Socket )\d+|(?<=t=)\d{16}|(?<=D=)\d+|(?<=nonce=\")[^\"]+|(?<=X-Runtime-Proxy: )\d+"
    r"|(?<=UNIQUE_ID=)[\w@-]{20,}|(?<=X-Request-Id: )[\w@-]{20,}|(?<=REMOTE_PORT=)\d+|(?<=t=)\d+"
    r"|(?<=expires=)[^;]+ GMT|\d\d:\d\d:\d\d|(?<=boundary=)[\da-f]{8,16}|(?<=\n--)[\da-f]{8,16}"
)
#: What Protocols h2 adds to answers, which serve leaves out: HTTP/2 in front is out of scope.
_OFFER = re.compile(
    r"\nUpgrade: h2c?(?=\n|\Z)|\nConnection: Upgrade(?=\n|\Z)|(?<=^Connection: )Upgrade(?:, |$)", re.MULTILINE
)


def ask(one: Ask) -> str:
    """The answer, free of what changes from run to run; with a digest, that to the challenge is the second."""
    found = _ask(one)
    user, password = one.digest
    challenge = re.search(r"(?m)^WWW-Authenticate: (Digest .*)$", found)
    if not user or challenge is None:
        return found
    method, target, _ = one.line.split(" ")
    realm = re.search(r'realm="([^"]*)"', challenge[1])
    changes = {"username": user, "realm": realm[1] if realm else "", "password": password or PASSWORD}
    answered = credentials(challenge[1], target, method, {**changes})
    return _ask(one.by(headers=(*one.headers, f"Authorization: {answered}")))


def _ask(one: Ask) -> str:
    silence = 2 if one.line.startswith("PRI ") else 30  # HTTP/2 waits for more
    with socket.create_connection((one.address, one.port), silence, (one.source, 0)) as plain:
        if not one.secure:
            return _talk(plain, one)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.post_handshake_auth = one.late
        if one.certificate:
            context.load_cert_chain(certificates.folder() / f"{one.certificate}.pem")
        try:
            with context.wrap_socket(plain, server_hostname=one.host) as connection:
                return _talk(connection, one)
        except (ssl.SSLError, ConnectionError):
            return "no answer"


def _talk(connection: socket.socket, one: Ask) -> str:
    connection.sendall(one.data())
    out = b""
    with suppress(ConnectionError, ssl.SSLEOFError, TimeoutError):
        while data := connection.recv(65536):
            out += data
    answers = re.split(rb"(?=HTTP/1\.1 \d{3} [A-Z])", out) if one.whole else [b"", out]
    return _VARY.sub("", "\n".join(map(_told, answers[1:])) or answers[0].decode("latin-1"))


def _told(answer: bytes) -> str:
    head, _, body = answer.partition(b"\r\n\r\n")
    status, *fields = head.decode("latin-1").split("\r\n")
    named = {name.lower(): value for name, _, value in (field.partition(": ") for field in fields)}
    lines = sorted((_plain(field, named) for field in fields), key=lambda field: field.partition(":")[0].lower())
    return "\n".join([_OFFER.sub("", "\n".join([status, *lines])), "", _body(body, named)])


def _plain(field: str, named: dict[str, str]) -> str:
    """A header; dates that are counted from now on are told from Date on."""
    name, _, value = field.partition(": ")
    if name.lower() in ("date", "server"):
        return f"{name}: it"
    if name.lower() == "expires":
        with suppress(ValueError, KeyError):
            return f"{name}: {parsedate_to_datetime(value) - parsedate_to_datetime(named['date'])} after Date"
    if name.lower() == "content-length" and "multipart/byteranges" in named.get("content-type", ""):
        return f"{name}: it"  # the boundary is a number, of as many digits as it has
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
    """What a site is asked: as browsers do, oddly, and by clients with digests and certificates."""
    every = _at_most(MOST, asks(site.program, site.places(), site.nodes, site.users))
    odd = _at_most(MOST_ODD, odd_asks(site.program, site.places(), paths(site.nodes)))
    known = asks_with_credentials(every, site.users, _says("authtype digest", site), _says("sslverifyclient", site))
    return [*every, *odd, *_at_most(MOST_ODD, known)]


def _at_most(most: int, asked: Iterable[Ask]) -> list[Ask]:
    every = list(dict.fromkeys(asked))
    return every[:: -(-len(every) // most)] if len(every) > most else every


def _says(beginning: str, site: Site) -> bool:
    return any(f"{node.name} {node.args}".lower().startswith(beginning) for top in site.nodes for node in top.walk())


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
    found, stale = [], [row for row in rows_of(name) if not row.by_chance]
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

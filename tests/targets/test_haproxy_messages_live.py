"""What origins are told and clients get, asked on httpd and on HAProxy: each header, each status, each refusal."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.targets.configs import host, outcomes, translated
from tests.targets.echoes import exchange
from tests.targets.fronts import MODULES, Fronts, fronts

pytestmark = pytest.mark.live

_CONFIG = host(
    "LimitRequestBody 10",
    "ProxyPass /down http://127.0.0.1:{none}/",
    "ProxyPass / http://127.0.0.1:{one}/",
    "ProxyPassReverse / http://127.0.0.1:{one}/",
    "SetEnvIf X-Kind a kind=a",
    "SetEnvIf X-Kind b kind=b",
    "SetEnvIf X-Kind c !kind",
    'SetEnvIf Request_URI "^/k/" kind=path',
    "SetEnvIf X-Last . kind=last",
    'RequestHeader set X-Is "%{kind}e"',
    address="*:{port}",
) + host(
    "ProxyPass /a/ http://127.0.0.1:{one}/x/",
    "ProxyPassReverse /a/ http://127.0.0.1:{one}/x/",
    "ProxyPassReverse /other/ http://other.test/base/",
    "ProxyPreserveHost On",
    names="ServerName kept.test",
    address="*:{port}",
)
#: What each server says of itself and of the connection.
_OWN = ("date", "server", "content-length", "connection", "keep-alive", "transfer-encoding")
#: How a field of the answer may look, for both hosts: where their origin is, beside it, elsewhere, nowhere.
_URLS = (
    "http://{origin}/y", "http://{origin}", "http://{origin}/x/y?q", "http://{origin}x/y", "https://{origin}/y",
    "HTTP://{origin}/x/y", "/rel", "rel", "http://other.test/base/z", "http://foreign.test/x",
)  # fmt: skip

#: How HTTP/2 begins: the preface, and a frame of settings that says nothing.
_HTTP2 = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])

Answer = tuple[str, list[str], str]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronts]:
    modules = (*MODULES, "headers_module", "setenvif_module")
    with fronts(_CONFIG, tmp_path_factory.mktemp("messages"), modules, targets=("haproxy",)) as found:
        yield found


def _both(
    running: Fronts, *headers: str, path: str = "/x", method: str = "GET", name: str = "a.test", sent: str = ""
) -> tuple[Answer, Answer]:
    """Status line, fields and body of httpd and of HAProxy; names of fields in small letters."""
    found = []
    for server in ("httpd", "haproxy"):
        port = running.at[server]
        head, body = exchange(port, name, path, method=method, header="\r\n".join(headers), sent=sent)
        fields = sorted(f"{key.lower()}:{value}" for key, _, value in (line.partition(":") for line in head[1:])
                        if key.lower() not in _OWN)  # fmt: skip
        found.append((head[0], fields, body.replace(str(port), "PORT") if body[:1].isdigit() else ""))
    return found[0], found[1]


def _told(answer: Answer) -> dict[str, str]:
    """What the origin was told."""
    return dict(re.findall(r" ([a-z_-]+)=(.*?)(?= [a-z_-]+=|$)", answer[2]))


@pytest.mark.parametrize(("headers", "field", "value"), [
    ((), "x-forwarded-for", "127.0.0.1"),
    (("X-Forwarded-For: 9.9.9.9",), "x-forwarded-for", "9.9.9.9, 127.0.0.1"),
    (("X-Forwarded-For: 9.9.9.9, 8.8.8.8", "X-Forwarded-For: 7.7.7.7"), "x-forwarded-for",
     "9.9.9.9, 8.8.8.8, 7.7.7.7, 127.0.0.1"),
    (("X-Forwarded-For:",), "x-forwarded-for", ", 127.0.0.1"),
    (("X-Forwarded-Host: b.test, c.test", "X-Forwarded-Host: d.test"), "x-forwarded-host",
     "b.test, c.test, d.test, a.test"),
    (("X-Forwarded-Server: s",), "x-forwarded-server", "s, a.test"),
])  # fmt: skip
def test_who_asked_and_whom(headers: tuple[str, ...], field: str, value: str, running: Fronts) -> None:
    """HAP-41: the list goes on, over all lines of it."""
    theirs, ours = _both(running, *headers)
    assert _told(theirs)[field] == value
    assert ours == theirs


@pytest.mark.parametrize(("header", "is_told"), [
    ("Keep-Alive: x", False), ("Proxy-Connection: keep-alive", False), ("Proxy-Authorization: Basic eDp5", False),
    ("TE: trailers", False), ("Trailer: X-T", False), ("X-Under_score: 1", True), ("X-MixedCase: V", True),
    ("X-Long: " + "v" * 8180, True), ("X-Empty:", True),
])  # fmt: skip
def test_which_headers_go_on(header: str, is_told: bool, running: Fronts) -> None:
    """HAP-42, HAP-43, HAP-44."""
    theirs, ours = _both(running, header)
    if header.startswith("X-"):
        assert (header.partition(":")[0].lower() in _told(theirs)) is is_told
    assert ours == theirs


@pytest.mark.parametrize(("sizes", "status"), [((1,) * 96, "200"), ((7000,) * 6, "200")])
def test_how_much_head_there_may_be(sizes: tuple[int, ...], status: str, running: Fronts) -> None:
    """HAP-44: HAProxy's own 15 kB are too few."""
    theirs, ours = _both(running, *(f"X-{at}: {'v' * size}" for at, size in enumerate(sizes)))
    assert theirs[0].split()[1] == status
    assert ours == theirs


@pytest.mark.parametrize(("path", "headers", "kind"), [
    ("/x", (), "(null)"), ("/x", ("X-Kind: a",), "a"), ("/x", ("X-Kind: ab",), "b"), ("/x", ("X-Kind: abc",), "(null)"),
    ("/k/x", ("X-Kind: c",), "path"), ("/k/x", ("X-Kind: a", "X-Last: 1"), "last"), ("/x", ("X-Kind: B",), "(null)"),
])  # fmt: skip
def test_later_lines_count(path: str, headers: tuple[str, ...], kind: str, running: Fronts) -> None:
    """HAP-48."""
    theirs, ours = _both(running, *headers, path=path)
    assert _told(theirs)["x-is"] == kind
    assert ours == theirs


@pytest.mark.parametrize(("framing", "sent"), [
    ("Content-Length: 3", "abc"), ("Content-Length: 20", "x" * 20),
    ("Transfer-Encoding: chunked", "3\r\nabc\r\n0\r\n\r\n"),
    ("Transfer-Encoding: chunked", f"14\r\n{'x' * 20}\r\n0\r\n\r\n"),
    ("Content-Length: 5\r\nTransfer-Encoding: chunked", "3\r\nabc\r\n0\r\n\r\n"),
])  # fmt: skip
def test_bodies_reach_the_origin(framing: str, sent: str, running: Fronts) -> None:
    """HAP-50, HAP-52: of any length, whatever LimitRequestBody says (RB-9)."""
    theirs, ours = _both(running, framing, method="POST", sent=sent)
    assert theirs[0] == "HTTP/1.1 200 OK"
    assert ours == theirs


@pytest.mark.parametrize("field", ["Location", "Content-Location", "URI"])
@pytest.mark.parametrize(("name", "path"), [("a.test", "/x"), ("kept.test", "/a/x")])
@pytest.mark.parametrize("url", _URLS)
def test_urls_of_the_origin_are_mapped_back(url: str, name: str, path: str, field: str, running: Fronts) -> None:
    """HAP-62."""
    said = f"{field}: {url.replace('{origin}', f'127.0.0.1:{running.one}')}"
    theirs, ours = (
        (head, [line.replace(str(port), "PORT") for line in fields], body)
        for (head, fields, body), port in zip(
            _both(running, f"X-Reply: {said}", path=path, name=name), (running.at["httpd"], running.at["haproxy"]),
            strict=True,
        )
    )  # fmt: skip
    assert any(line.startswith(f"{field.lower()}: ") for line in theirs[1])
    assert ours == theirs


@pytest.mark.parametrize("header", [
    "X-Reply: Server: theirs|X-More: 1", "X-Status: 404 No", "X-Status: 503 Busy", "X-Status: 500 Odd Words",
    "X-Status: 404 No\r\nX-Reply: Cache-Control: max-age=5", "X-Reply: Cache-Control: no-cache|Set-Cookie: a=b",
])  # fmt: skip
def test_answers_of_the_origin_pass(header: str, running: Fronts) -> None:
    """HAP-64, HAP-69: with its Server and its Cache-Control, and no other."""
    theirs, ours = _both(running, *header.split("\r\n"))
    assert ours == theirs
    if "theirs" in header:
        for name in ("httpd", "haproxy"):
            head, _ = exchange(running.at[name], "a.test", "/x", header=header)
            assert [line.partition(": ")[2] for line in head if line.lower().startswith("server:")] == ["theirs"]


@pytest.mark.parametrize(("path", "status"), [("/down/x", "503"), ("/a%2fb", "404"), ("/a%zz", "400")])
def test_answers_of_the_servers_own(path: str, status: str, running: Fronts) -> None:
    """HAP-64, HAP-67: no caches are told of them."""
    for head, fields, _ in _both(running, path=path):
        assert head.split()[1] == status
        assert not [line for line in fields if line.startswith("cache-control")]


def test_who_begins_with_http2_is_understood(running: Fronts) -> None:
    """HAP-114: httpd only where Protocols names h2c."""
    answers = {}
    for name in ("httpd", "haproxy"):
        with socket.create_connection(("127.0.0.1", running.at[name]), timeout=5) as client:
            client.sendall(_HTTP2)
            answers[name] = client.recv(9)
    assert answers["httpd"] in (b"HTTP/1.1 ", b"")
    assert answers["haproxy"][3] == 4  # settings, too


@pytest.mark.parametrize(("protocols", "alpn", "outcome"), [("h2 http/1.1", "h2,http/1.1", "exact"),
                                                           ("http/1.1", "http/1.1", "exact")])  # fmt: skip
def test_protocols_over_tls(protocols: str, alpn: str, outcome: str, tmp_path: Path) -> None:
    """HAP-114."""
    lines = "SSLEngine on", "SSLCertificateFile /a.pem", f"Protocols {protocols}", "ProxyPass / http://10.0.0.1/"
    made = translated(tmp_path, host(*lines, address="*:443"), "haproxy")
    (bind,) = (line.strip() for line in made.text.splitlines() if line.startswith("    bind"))
    assert f" alpn {alpn}" in bind
    assert outcomes(made)["Protocols"] == outcome


def test_protocols_in_plain_text(tmp_path: Path) -> None:
    """HAP-114: no Upgrade leads to HTTP/2."""
    made = translated(tmp_path, host("Protocols h2c http/1.1", "ProxyPass / http://10.0.0.1/"), "haproxy")
    assert outcomes(made)["Protocols"] == "equivalent"

"""The story's request, line by line, is the one that httpd sends."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

import pytest

from apacheconf.engines.httpd import preamble, start
from apacheconf.engines.sandbox import Sandbox, free_ports
from apacheconf.expand import Options
from apacheconf.explain import Story, explain, request_for
from apacheconf.program.loading import load
from tests.engines.real import need

pytestmark = pytest.mark.live

MODULES = ("authz_core", "authz_host", "proxy", "proxy_http", "proxy_balancer", "slotmem_shm", "lbmethod_byrequests")
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"

SITE = """\
<VirtualHost *:{front}>
    ServerName first.example
    ProxyPass "/app/" "http://127.0.0.1:{a}/b/"
    ProxyPass "/app" "http://127.0.0.1:{a}/start" disablereuse=On
    ProxyPass "/raw" "http://127.0.0.1:{a}/r" nocanon
    <Location "/kept">
        ProxyPass "http://127.0.0.1:{a}/k"
        ProxyPreserveHost On
        ProxyAddHeaders Off
    </Location>
</VirtualHost>
<VirtualHost *:{front}>
    ServerName second.example
    ServerAlias *.second.example
    <Proxy "balancer://pool">
        BalancerMember "http://127.0.0.1:{a}/one" route=a lbset=1
        BalancerMember "http://127.0.0.1:{a}/two" route=b
        BalancerMember "http://127.0.0.1:{a}/three" route=c loadfactor=2
        BalancerMember "http://127.0.0.1:{a}/four" route=d status=+H
        ProxySet stickysession=SID
    </Proxy>
    ProxyPass "/" "balancer://pool/"
</VirtualHost>
"""
ASKED = [
    ("first.example", "/app/a%20b%7e?x=1", []),
    ("first.example", "/app", ["X-Forwarded-For: 192.0.2.1"]),
    ("unknown.example", "/./app//x", ["Connection: X-Gone", "X-Gone: 1"]),
    ("first.example", "/raw/a%7Eb//c?q", []),
    ("first.example", "/kept/x", ["X-Many: 1", "X-Many: 2"]),
    ("second.example", "/x", []),
    ("www.second.example", "/x", ["Cookie: SID=1.a"]),
    ("second.example", "/x;SID=1.b", []),
    ("second.example", "/x", ["Cookie: SID=1.d"]),
    ("second.example", "/x", ["Cookie: SID=1.unknown"]),
]


@contextmanager
def listening(port: int) -> Iterator[list[bytes]]:
    """An origin that answers each connection once and keeps what it received."""
    received: list[bytes] = []
    server = socket.create_server(("127.0.0.1", port))
    server.settimeout(0.2)
    done = threading.Event()

    def serve() -> None:
        while not done.is_set():
            try:
                connection, _ = server.accept()
            except TimeoutError:
                continue
            with connection:
                connection.settimeout(5)
                data = b""
                while b"\r\n\r\n" not in data and (chunk := connection.recv(65536)):
                    data += chunk
                if data:
                    received.append(data)
                    connection.sendall(ANSWER)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield received
    finally:
        done.set()
        thread.join()
        server.close()


def told(story: Story) -> list[str]:
    """The lines of the request as the story has them."""
    (chapter,) = [chapter for chapter in story.chapters if chapter.name == "sent"]
    return [sentence.text for sentence in chapter.sentences if sentence.tone.value == "line"]


@pytest.mark.parametrize(("host", "path", "headers"), ASKED)
def test_httpd_sends_what_the_story_says(tmp_path: Path, host: str, path: str, headers: list[str]):
    """RQ-1 to RQ-13, PP-2, PU-5, LB-1, LB-12, ST-1 to ST-9: a fresh httpd for each question."""
    front, origin = free_ports(2)
    text = SITE.replace("{front}", str(front)).replace("{a}", str(origin))
    site = tmp_path / "site.conf"
    site.write_text(f"Listen 127.0.0.1:{front}\n{text}")
    program = load([str(site)], Options(environ={})).require()
    given = [f"Host: {host}", *headers]
    story = explain(program, request_for(f"http://127.0.0.1:{front}{path}", headers=given))
    httpd = need("httpd")
    with Sandbox("explain") as box, listening(origin) as received:
        head = preamble(httpd, box, [f"{name}_module" for name in MODULES])
        with start(httpd, box, f"{head}\n{site.read_text()}", [("127.0.0.1", front)]):
            _ask(front, path, given)
    assert len(received) == 1
    assert told(story) == received[0].decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")


def _ask(port: int, path: str, headers: list[str]) -> None:
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    connection.putrequest("GET", path, skip_host=True, skip_accept_encoding=True)
    for line in headers:
        name, _, value = line.partition(": ")
        connection.putheader(name, value)
    connection.endheaders()
    assert connection.getresponse().status == 200
    connection.close()

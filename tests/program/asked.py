"""Who answers a request, and where it goes: ``fixtures/asked/*.txt``, made by ``python -m tests.program.asked``.

A file is a configuration, a line with ``?``, then requests: method, target, Host (``-`` for none) and the local
address if it is not 127.0.0.1; behind ``=>`` the status, and the target that the origin received when it was 200.
``@PORT@`` is where the server listens, ``@ORIGIN@`` one origin for all.
"""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

from apacheconf.engines import Sandbox, find, free_ports
from apacheconf.engines import httpd as engine_httpd
from apacheconf.engines.installed import Engine
from apacheconf.expand import Input, Options, expand
from apacheconf.model import bind, build
from apacheconf.program import Program, Request, compile, decide
from apacheconf.source import SourceFile

FOLDER = Path(__file__).resolve().parents[2] / "fixtures" / "asked"
MODULES = ("authz_core", "authz_host", "authz_user", "proxy", "proxy_http", "rewrite", "alias")


class Asked(NamedTuple):
    """One request and what came of it."""

    line: str
    said: str

    @property
    def words(self) -> list[str]:
        return [*self.line.split(" "), "127.0.0.1"][:4]


class Topic(NamedTuple):
    name: str
    text: str
    asked: tuple[Asked, ...]


def topics() -> Iterator[Topic]:
    for path in sorted(FOLDER.glob("*.txt")):
        text, _, lines = path.read_text("utf-8").partition("\n?\n")
        asked = tuple(Asked(line.partition(" => ")[0], line.partition(" => ")[2]) for line in lines.splitlines())
        yield Topic(path.stem, text + "\n", asked)


def program_of(topic: Topic) -> Program:
    text = topic.text.replace("@PORT@", "80").replace("@ORIGIN@", "127.0.0.1:8081")
    expanded = expand(Input((SourceFile("site.conf", text),), "/nowhere", None), Options(environ={}))
    model = build(bind(expanded))
    assert not [each for each in model.all_diagnostics if each.httpd and each.level], model.all_diagnostics
    return compile(model)


def ours(program: Program, asked: Asked) -> str:
    """What ``decide`` says, in the fixture's form."""
    method, target, host, address = asked.words
    headers = () if host == "-" else (("Host", host),)
    found = decide(program, Request(method, target, headers, local=(address, 80)))
    return f"200 {found.uri}" if found.origin is not None else str(found.status or 404)


class _Origin(BaseHTTPRequestHandler):
    """Answers with the target that it was asked for."""

    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        body = self.path.encode("latin-1")
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_DELETE = answer

    def log_message(self, *_: object) -> None:
        pass


def theirs(topic: Topic, engine: Engine) -> list[str]:
    """What httpd says to each request, one connection each."""
    port = free_ports(1)[0]
    origin = ThreadingHTTPServer(("127.0.0.1", 0), _Origin)
    thread = threading.Thread(target=origin.serve_forever, daemon=True)
    thread.start()
    try:
        with Sandbox("asked") as box:
            text = engine_httpd.preamble(engine, box, [f"{name}_module" for name in MODULES])
            text += f"\nListen {port}\nServerName main.example\nDocumentRoot {box.path}/tmp\n{topic.text}"
            text = text.replace("@PORT@", str(port)).replace("@ORIGIN@", f"127.0.0.1:{origin.server_port}")
            with engine_httpd.start(engine, box, text, [("127.0.0.1", port)]):
                return [_ask(port, each) for each in topic.asked]
    finally:
        origin.shutdown()
        origin.server_close()
        thread.join()


def _ask(port: int, asked: Asked) -> str:
    method, target, host, address = asked.words
    lines = [f"{method} {target} HTTP/1.1", *([] if host == "-" else [f"Host: {host}"]), "Connection: close"]
    lines += ["Content-Length: 0"] if method in ("POST", "PUT") else []
    with socket.create_connection((address, port), 10) as talk:
        talk.sendall(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))
        answer = b"".join(iter(lambda: talk.recv(65536), b""))
    head, _, body = answer.decode("latin-1").partition("\r\n\r\n")
    status = head.split(" ")[1]
    return f"200 {body}" if status == "200" else status


def record() -> None:
    """Ask the installed httpd and write its answers down."""
    engine = find("httpd")
    if engine is None:
        sys.exit("httpd is not installed")
    for topic in topics():
        said = theirs(topic, engine)
        lines = [f"{asked.line} => {answer}" for asked, answer in zip(topic.asked, said, strict=True)]
        (FOLDER / f"{topic.name}.txt").write_text(f"{topic.text.rstrip()}\n?\n" + "\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    record()

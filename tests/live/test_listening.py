"""Listen in its forms: at which addresses httpd answers, and serve (VH-2, VH-5)."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

import pytest

from apacheconf.diagnostics import UsageError
from apacheconf.engines import EngineFailed, Sandbox, free_ports, process
from apacheconf.engines import httpd as engine_httpd
from apacheconf.expand import Options
from apacheconf.program.loading import load
from apacheconf.runtime.options import ServeOptions
from apacheconf.runtime.server import Server, loop_factory
from tests.engines.real import need
from tests.runtime.peers import has_ipv6

pytestmark = pytest.mark.live

_ADDRESSES = ("127.0.0.1", "127.0.0.2", "::1")
_HOSTS = """
<VirtualHost 127.0.0.1:{port}>
ServerName one
Redirect / http://at-127.0.0.1/
</VirtualHost>
<VirtualHost [::1]:{port}>
ServerName six
Redirect / http://at-six/
</VirtualHost>
Redirect / http://main/
"""


def _asked(address: str, port: int) -> str:
    """Where an address leads to, or that nobody is there."""
    request = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    try:
        with socket.create_connection((address, port), 10) as client:
            client.sendall(request)
            answer = b""
            while more := client.recv(65536):
                answer += more
    except OSError:
        return "nobody"
    return next(line for line in answer.decode("latin-1").split("\r\n") if line.startswith("Location: "))


@contextmanager
def _served(box: Sandbox, text: str) -> Iterator[None]:
    program = load([], Options(file=str(box.write("httpd.conf", text)))).require()
    ready, fault = threading.Event(), []
    server = Server(program, ServeOptions(on_ready=lambda _: ready.set()))

    def run() -> None:
        import asyncio

        try:
            with asyncio.Runner(loop_factory=loop_factory()) as runner:
                runner.run(server.run())
        except UsageError as error:
            fault.append(error)
        ready.set()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert ready.wait(20)
    if fault:
        raise fault[0]
    try:
        yield
    finally:
        server.loop.call_soon_threadsafe(server.stop)
        thread.join(20)


def _told(engine: str, listens: tuple[str, ...]) -> list[str]:
    """What is heard at each address and port, or that the server doesn't start."""
    httpd = need("httpd")
    one, two = free_ports(2)
    with Sandbox("listening") as box:
        head = engine_httpd.preamble(httpd, box, ("authz_core_module", "alias_module"))
        lines = "\n".join(f"Listen {each}" for each in listens)
        body = f"{head}\n{lines}\nServerName main\n{_HOSTS}".replace("{port}", str(one)).replace("{other}", str(two))
        probes = [(address, port) for port in (one, two) for address in _ADDRESSES]
        try:
            if engine == "httpd":
                with engine_httpd.start(httpd, box, body, [("127.0.0.1", one)]):
                    told = [_asked(*probe) for probe in probes]
                if set(told) == {"nobody"}:  # it heard at its first address before it gave up at the second
                    raise EngineFailed((box.path / "logs/httpd.out").read_text())
                return told
            with _served(box, body):
                return [_asked(*probe) for probe in probes]
        except (EngineFailed, UsageError) as error:
            return ["AH00072" if "AH00072" in str(error) else str(error)]


@pytest.mark.skipif(not has_ipv6(), reason="no IPv6 here")
@pytest.mark.parametrize(
    "listens",
    [
        ("{port}",),
        ("127.0.0.1:{port}",),
        ("127.0.0.1:{port}", "[::1]:{port}"),
        ("*:{port}",),
        ("0.0.0.0:{port}",),
        ("localhost:{port}",),
        ("127.0.0.1:{port}", "127.0.0.2:{port}", "127.0.0.2:{other}"),
        ("{port}", "{other}"),
        ("127.0.0.1:{port} http",),
        ("{port}", "127.0.0.1:{port}"),
        ("{port}", "[::1]:{port}"),
        ("0.0.0.0:{port}", "[::]:{port}"),
        ("[::]:{port}", "0.0.0.0:{port}"),
        ("{port}", "0.0.0.0:{port}"),
        ("[::]:{port}",),
    ],
    ids=" ".join,
)
def test_both_hear_at_the_same_addresses(listens: tuple[str, ...]) -> None:
    assert _told("serve", listens) == _told("httpd", listens)


def _started(engine: str, box: Sandbox, port: int, line: str) -> AbstractContextManager[process.Server]:
    httpd, at = need("httpd"), [("127.0.0.1", port)]
    head = engine_httpd.preamble(httpd, box, ("authz_core_module",))
    text = f"{head}\nAcceptFilter http none\n{line}\nListen 127.0.0.1:{port}\nServerName main\n"
    if engine == "httpd":
        return engine_httpd.start(httpd, box, text, at)
    command = [sys.executable, "-m", "apacheconf", "serve", "-f", str(box.write("httpd.conf", text))]
    environ = {"PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    return process.Server("apacheconf serve", command, at, box.path / "serve.out", environ)


@contextmanager
def _stopped(engine: str, box: Sandbox, port: int, line: str) -> Iterator[None]:
    """A server that listens and whose processes then stand still."""
    with _started(engine, box, port, line) as server:
        group = os.getpgid(server.pid)
        assert group == server.pid
        time.sleep(0.3)  # the connection that found it ready is accepted
        os.killpg(group, signal.SIGSTOP)
        time.sleep(0.5)  # a thread that runs goes on accepting until the signal reaches it
        try:
            yield
        finally:
            os.killpg(group, signal.SIGCONT)


def _waiting(engine: str, line: str, most: int) -> int:
    """How many of ``most`` connections come about while nobody accepts them."""
    (port,) = free_ports(1)
    with Sandbox("backlog") as box, _stopped(engine, box, port, line), ExitStack() as stack:
        clients = [stack.enter_context(socket.socket()) for _ in range(most)]
        for client in clients:
            client.setblocking(False)
            client.connect_ex(("127.0.0.1", port))
        time.sleep(0.3)
        return sum(_is_connected(client) for client in clients)


def _is_connected(client: socket.socket) -> bool:
    try:
        client.getpeername()
    except OSError:
        return False
    return True


@pytest.mark.parametrize(
    ("line", "room"), [("ListenBacklog 1", 2), ("ListenBacklog 7", 8), ("", 512)], ids=["1", "7", "none said"]
)
def test_as_many_connections_wait_as_listen_backlog_says(line: str, room: int) -> None:
    """ListenBacklog: the system has room for one more than it is told, and without it for 511."""
    assert _waiting("httpd", line, 2 * room) == _waiting("serve", line, 2 * room) == room

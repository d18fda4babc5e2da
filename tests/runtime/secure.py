"""Trials over TLS: the same configuration for httpd and for serve, and origins that show what a handshake said.

Beside it the origins are told apart by what they do: ``Origin`` names a certificate and how it is used. What each
request showed is one line: the status, then what the origin saw (SNI, Host, the connection's number, the client's
certificate). httpd's lines are recorded in ``fixtures/recorded/tls.json`` (``python -m tests.runtime.secure``).
"""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from apacheconf.engines import Engine, Sandbox, find
from apacheconf.program.loading import load
from apacheconf.prove import fronts
from apacheconf.prove.client import Turn, exchange
from apacheconf.prove.stage import stage
from tests.runtime import certificates
from tests.runtime.contest import _dateless
from tests.runtime.peers import Bridge, Listening, relay, talk
from tests.runtime.recording import Recording
from tests.runtime.served import Served

RECORDING = Recording("tls")


@dataclass(frozen=True)
class Origin:
    """``certificate`` is a name of ``certificates``; ``plain`` speaks no TLS, ``mute`` says nothing.

    One that ``connects`` is a proxy, which answers CONNECT with this status, and connects with 200.
    """

    certificate: str = "good"
    maximum: ssl.TLSVersion | None = None
    asks_client: bool = False
    plain: bool = False
    mute: bool = False
    connects: int = 0


@dataclass(frozen=True)
class Trial:
    """``{A}`` in ``config`` is the port of the first of ``origins``, ``{socket}`` a Unix socket that leads there too;
    ``{certs}`` is the folder of certificates.

    ``asks`` are heads of requests without their version, each on a connection of its own; with ``talks`` they
    are sent as they are, and all that comes back is told.
    """

    name: str
    config: str
    origins: tuple[Origin, ...] = (Origin(),)
    asks: tuple[str, ...] = ("GET /x",)
    talks: tuple[str, ...] = ()


class SecureOrigin(Listening):
    """An origin over TLS that keeps its connections; ``seen`` has a line per request."""

    def __init__(self, origin: Origin) -> None:
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        self.port: int = listener.getsockname()[1]
        self.seen: list[str] = []
        self._connections = 0
        self._origin = origin
        self._names: dict[int, str] = {}
        self._context = certificates.context(origin.certificate, origin.maximum, origin.asks_client)
        self._context.sni_callback = self._name
        super().__init__(listener, self._speak)

    def _name(self, connection: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
        self._names[id(connection)] = name or "-"

    def _speak(self, connection: socket.socket) -> None:
        if self._origin.mute:
            connection.recv(1 << 16)
            connection.recv(1)
        elif self._origin.connects:
            self._connect(connection)
        elif self._origin.plain:
            self._answer(connection, "plain")
        else:
            with contextlib.suppress(ssl.SSLError), self._context.wrap_socket(connection, server_side=True) as secure:
                self._answer(secure, f"sni={self._names.get(id(secure), '-')} {secure.version()}")

    def _connect(self, connection: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head and (more := connection.recv(1)):
            head += more
        lines = head.decode("latin-1").rstrip().replace("\r\n", ", ")
        self.seen.append(re.sub(r"(Proxy-agent: Apache)[^,]*", r"\1", lines))
        connection.sendall(b"HTTP/1.1 %d Said\r\nX-Proxy: yes\r\n\r\n" % self._origin.connects)
        if self._origin.connects == 200:
            port = re.search(rb":(\d+) ", head)
            assert port is not None
            relay(connection, int(port[1]))

    def _answer(self, connection: socket.socket, said: str) -> None:
        self._connections += 1
        if isinstance(connection, ssl.SSLSocket) and (shown := connection.getpeercert()):
            said += f" client={[name for _, name in shown.get('subjectAltName', ())]}"
        number, data = self._connections, b""
        while more := connection.recv(1 << 16):
            data += more
            while b"\r\n\r\n" in data:
                head, _, data = data.partition(b"\r\n\r\n")
                host = re.search(rb"(?mi)^host: *(\S+)", head)
                line = head.split(b"\r\n")[0].decode("latin-1")
                self.seen.append(f"{line} host={host[1].decode() if host else '-'} connection={number} {said}")
                if b"/switch" in head:
                    connection.sendall(b"HTTP/1.1 101 S\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nhello ")
                    connection.sendall(connection.recv(1 << 16))
                    return
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")


@contextlib.contextmanager
def staged(trial: Trial, engine: Engine | None) -> Iterator[tuple[int, list[SecureOrigin]]]:
    """The trial's configuration, being served; gives the port and the origins."""
    with contextlib.ExitStack() as stack:
        box = stack.enter_context(Sandbox("tls"))
        origins = [stack.enter_context(SecureOrigin(origin)) for origin in trial.origins]
        text = f"<VirtualHost *:80>\nServerName example.com\nProxyTimeout 1\n{trial.config}\n</VirtualHost>\n"
        path = box.path / "a.sock"
        stack.enter_context(Bridge(path, origins[0].port))
        text = text.replace("{certs}", str(certificates.folder())).replace("{socket}", str(path))
        for letter, origin in zip("ABCD", origins, strict=False):
            text = text.replace("{" + letter + "}", str(origin.port))
        file = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "site.conf"
        file.write_text(text)
        found = stage(load([str(file)]), box, {}, find("httpd"))
        box.write(found.file.name, found.text)
        starter = Served(found.file) if engine is None else fronts.start("httpd", engine, found, found.text)
        stack.enter_context(starter)
        yield next(iter(found.ports.listeners.values())), origins


def play(trial: Trial, engine: Engine | None) -> list[str]:
    """The lines of a trial at httpd, or at serve without an engine."""
    with staged(trial, engine) as (port, origins):
        lines = [_asked(port, ask, origins) for ask in trial.asks]
        for talks in trial.talks:
            back = talk(port, talks.encode("latin-1"), (b"one ",))
            lines.append(repr(_dateless(back)))
        told = "\n".join(lines)
        for letter, origin in zip("ABCD", origins, strict=False):
            told = told.replace(str(origin.port), "{" + letter + "}")
        return told.replace(str(certificates.folder()), "{certs}").split("\n")


def _asked(port: int, ask: str, origins: Iterable[SecureOrigin]) -> str:
    line, _, lines = ask.partition("\n")
    lines = lines or "Host: example.com"
    raw = f"{line} HTTP/1.1\n{lines}\n\n".replace("\n", "\r\n").encode("latin-1")
    answer = next(iter(exchange(("127.0.0.1", port), (Turn(raw, ("GET",)),)).answers), None)
    seen = [each for origin in origins for each in origin.seen]
    for origin in origins:
        origin.seen.clear()
    said = "nothing" if answer is None else f"{answer.status} {answer.reason}"
    page = re.search(rb"<p>(Error[^<]*|.*Reason: <strong>[^<]*)", answer.body) if answer else None
    return " | ".join([said, *([page[1].decode()] if page else []), *seen])


def record(trials: Iterable[Trial], *, anew: bool = False) -> None:
    """Ask the installed httpd and write down its lines."""
    RECORDING.write(lambda engine: {trial.name: play(trial, engine) for trial in trials}, anew=anew)


if __name__ == "__main__":
    from tests.runtime import secure
    from tests.runtime.test_tls import TRIALS

    secure.record((each for each in TRIALS if all(word in each.name for word in sys.argv[1:])), anew=not sys.argv[1:])

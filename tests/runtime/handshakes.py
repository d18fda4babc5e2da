"""Trials of TLS with clients: the same configuration for httpd and for serve, and clients that tell what they saw.

What a client saw is a few lines: the handshake (protocol, name of the server's certificate, or that there was none),
then each answer. httpd's lines are recorded in ``fixtures/recorded/handshakes.json``
(``python -m tests.runtime.handshakes [WORD]...``).
"""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from apacheconf.engines import Engine, EngineFailed, Sandbox, find, free_ports, httpd
from tests.runtime import certificates
from tests.runtime.contest import _dateless
from tests.runtime.recording import Recording
from tests.runtime.served import Served
from tests.wire import plain_line

RECORDING = Recording("handshakes")
#: Seconds between two pieces of a request.
PAUSE = 0.1
MODULES = tuple(
    f"{name}_module"
    for name in [
        "ssl",
        "socache_shmcb",
        "proxy",
        "proxy_http",
        "headers",
        "rewrite",
        "alias",
        "authz_core",
        "authz_host",
        "authn_core",
        "auth_basic",
        "authn_file",
        "authn_anon",
        "access_compat",
        "authz_user",
        "env",
        "setenvif",
        "dir",
        "mime",
        "log_config",
    ]
)


@dataclass(frozen=True)
class Ask:
    """One connection to port ``S`` (or ``P``, without TLS).

    ``sni`` empty sends none; ``client`` is a certificate of ``certificates``; ``requests`` are ``Host path`` (or
    just a path), all on this connection, with ``lines`` more header lines each. ``raw`` is sent as it is instead.
    ``protocols`` are what it offers by ALPN; who is ``late`` may be asked for the certificate after the handshake.
    ``pieces`` are sent over TLS in place of the requests, with a pause between them.
    """

    sni: str = "a.example"
    requests: tuple[str, ...] = ("a.example /",)
    client: str = ""
    versions: tuple[ssl.TLSVersion, ssl.TLSVersion] = (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)
    ciphers: str = ""
    lines: str = ""
    raw: bytes = b""
    port: str = "S"
    protocols: tuple[str, ...] = ()
    late: bool = False
    pieces: tuple[bytes, ...] = ()


@dataclass(frozen=True)
class Trial:
    """``{S}`` and ``{T}`` in ``config`` are ports for TLS, ``{P}`` one for plain HTTP, ``{certs}`` the folder.

    ``log`` is a file of the sandbox (``{box}``) that is told at the end; of an error log, what is said of clients.
    """

    name: str
    config: str
    asks: tuple[Ask, ...] = (Ask(),)
    log: str = ""


@contextlib.contextmanager
def staged(trial: Trial, engine: Engine | None, box: Sandbox) -> Iterator[dict[str, int]]:
    """The trial's configuration, being served from ``box``; gives the ports. Raises EngineFailed, ConfigError."""
    ports = dict(zip("STP", free_ports(3), strict=True))
    found = find("httpd")
    listens = "Listen 127.0.0.1:{S} https\nListen 127.0.0.1:{T} https\nListen 127.0.0.1:{P}\n"
    text = httpd.preamble(found, box, MODULES) + "\nServerName main.example\n" + listens + trial.config
    for letter, port in ports.items():
        text = text.replace("{" + letter + "}", str(port))
    text = text.replace("{certs}", str(certificates.folder())).replace("{box}", str(box.path))
    if engine is not None:
        with httpd.start(engine, box, text, [("127.0.0.1", ports["P"])]):
            yield ports
    else:
        with Served(box.write("httpd.conf", text)):
            yield ports


def play(trial: Trial, engine: Engine | None) -> list[str]:
    """The lines of a trial at httpd, or at serve without an engine; then those of its log."""
    with Sandbox("handshakes") as box:
        with staged(trial, engine, box) as ports:
            told = "\n".join(line for ask in trial.asks for line in _asked(ports, ask))
        if trial.log:
            told += "\n" + _lines_of(box.path / trial.log)
    for letter, port in ports.items():
        told = told.replace(str(port), "{" + letter + "}")
    return told.replace(str(certificates.folder()), "{certs}").split("\n")


def _lines_of(log: Path) -> str:
    text = log.read_text("latin-1").rstrip("\n")
    if log.name != "error.log":
        return text
    return "\n".join(plain_line(line) for line in text.split("\n") if "[client " in line)


def _asked(ports: dict[str, int], ask: Ask) -> Iterator[str]:
    with socket.create_connection(("127.0.0.1", ports[ask.port]), timeout=20) as plain:
        if ask.port == "P" or ask.raw:
            plain.sendall(ask.raw or b"".join(_requests(ask)))
            yield _told(_read_all(plain))
            return
        try:
            secure = _context(ask).wrap_socket(plain, server_hostname=ask.sni or None)
        except (ssl.SSLError, ConnectionError) as error:
            yield f"no handshake: {_why(error)}"
            return
        with secure:
            chosen = f" {secure.selected_alpn_protocol()}" if ask.protocols else ""
            yield f"{secure.version()} {_shown(secure)}{chosen}"
            try:
                for piece in ask.pieces[:-1]:
                    secure.sendall(piece)
                    time.sleep(PAUSE)
                secure.sendall(ask.pieces[-1] if ask.pieces else b"".join(_requests(ask)))
                yield _told(_read_all(secure))
            except (ssl.SSLError, ConnectionError) as error:
                yield f"cut off: {_why(error)}"


def _why(error: Exception) -> str:
    """Why a handshake failed; that a chain is too long only OpenSSL itself can tell the client."""
    reason: str | None = getattr(error, "reason", None)
    return "the connection was closed" if reason in (*_JUST_CLOSED, None) else str(reason)


_JUST_CLOSED = ("UNEXPECTED_EOF_WHILE_READING", "TLSV1_ALERT_INTERNAL_ERROR")


def _requests(ask: Ask) -> Iterator[bytes]:
    for number, request in enumerate(ask.requests, 1):
        host, _, path = request.rpartition(" ")
        lines = (f"Host: {host}\n" if host else "") + ask.lines
        lines += "Connection: close\n" if number == len(ask.requests) else ""
        yield f"GET {path} HTTP/1.1\n{lines}\n".replace("\n", "\r\n").encode("latin-1")


def _context(ask: Ask) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname = False
    made.verify_mode = ssl.CERT_NONE
    made.minimum_version, made.maximum_version = ask.versions
    if ask.ciphers:
        made.set_ciphers(ask.ciphers)
    if ask.protocols:
        made.set_alpn_protocols(list(ask.protocols))
    made.post_handshake_auth = ask.late
    if ask.client:
        made.load_cert_chain(certificates.folder() / f"{ask.client}.pem")
    return made


def _shown(secure: ssl.SSLSocket) -> str:
    """The name and the kind of key of the certificate that the server showed, and the cipher where it is chosen."""
    der = secure.getpeercert(binary_form=True) or b""
    cipher = secure.cipher()
    name = certificates.name_of(der)
    return name if secure.version() == "TLSv1.3" else f"{name} {cipher[0] if cipher else '-'}"


def _read_all(connection: socket.socket) -> bytes:
    out = b""
    with contextlib.suppress(ConnectionError, ssl.SSLEOFError):
        while data := connection.recv(65536):
            out += data
    return out


def _told(data: bytes) -> str:
    """Every answer: its head without dates, and of its pages what they say for themselves."""
    lines = []
    for part in re.split(rb"(?=HTTP/1\.[01] \d{3} )", data):
        head, _, body = _dateless(part).partition("\r\n\r\n")
        if not head:
            continue
        fields = [line for line in head.split("\r\n") if not line.startswith(("Content-Length", "Content-Type"))]
        said = re.findall(r"(?s)<p>(.*?)</p>", body) if "<html>" in body else [body] if body else []
        lines.append(" | ".join([*fields, *(" ".join(each.split()) for each in said)]))
    return "\n".join(lines) if lines else "nothing"


def record(trials: Iterable[Trial], *, anew: bool = False) -> None:
    """Ask the installed httpd and write down its lines; trials with which it doesn't start are told."""
    RECORDING.write(lambda engine: dict(_played(trials, engine)), anew=anew)


def _played(trials: Iterable[Trial], engine: Engine) -> Iterator[tuple[str, list[str]]]:
    for trial in trials:
        try:
            yield trial.name, play(trial, engine)
        except EngineFailed as failed:
            print(trial.name, failed)


if __name__ == "__main__":
    from tests.runtime import handshakes
    from tests.runtime.test_handshakes import TRIALS

    handshakes.record(
        (each for each in TRIALS if all(word in each.name for word in sys.argv[1:])), anew=not sys.argv[1:]
    )  # type: ignore[arg-type]

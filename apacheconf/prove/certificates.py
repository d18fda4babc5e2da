"""Stand-ins for what TLS needs and prove must not take: certificates, their keys, authorities (DIF-3).

One key signs itself for everybody: it is each host's certificate, each origin's, a client's, and the authority that
all of them are believed by. A configuration that names several files keeps several, for httpd tells hosts apart by
the names of these files (TL-2).
"""

from __future__ import annotations

import functools
import shutil
import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path

from apacheconf.engines import Sandbox

#: Origins are addressed as they stand on this machine, whatever they are called in the configuration.
_SUBJECT = "/CN=127.0.0.1"
_NAMES = "subjectAltName=DNS:127.0.0.1,IP:127.0.0.1,DNS:localhost"


@dataclass(frozen=True, slots=True)
class StandIn:
    """``text`` is a key and its certificate in PEM, ``hash`` what OpenSSL calls the subject in a folder."""

    text: str
    hash: str

    def server(self, folder: Path) -> ssl.SSLContext:
        """How an origin speaks, which takes a client's certificate; ``folder`` holds the file while it is read."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        file = self._file(folder)
        context.load_cert_chain(file)
        context.load_verify_locations(file)
        context.verify_mode = ssl.CERT_OPTIONAL
        return context

    def _file(self, folder: Path) -> Path:
        file = folder / "stand-in.pem"
        file.touch(0o600)
        file.write_text(self.text)
        return file

    def client(self, folder: Path | None = None) -> ssl.SSLContext:
        """How a client speaks that believes everybody; it shows a certificate where ``folder`` can hold its file."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        if folder is not None:
            context.load_cert_chain(self._file(folder))
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.post_handshake_auth = True  # for demands of single paths: httpd answers 403 to who doesn't offer it
        return context


class Shelf:
    """The files of one sandbox: each name that a configuration gives gets a copy of the stand-in."""

    def __init__(self, stand_in: StandIn, box: Sandbox) -> None:
        self._stand_in, self._box = stand_in, box
        self._given: dict[str, Path] = {}

    def file(self, name: str) -> Path:
        """The copy that stands for ``name``; a host's key and its certificate are in one."""
        if name not in self._given:
            self._given[name] = self._box.write(f"tls/{len(self._given)}.pem", self._stand_in.text)
        return self._given[name]

    def folder(self) -> Path:
        """A folder of authorities with the one there is."""
        return self._box.write(f"tls/authorities/{self._stand_in.hash}.0", self._stand_in.text).parent


@functools.cache
def stranger() -> StandIn | None:
    """Another one, whom nobody believes; None where there is no ``openssl``."""
    return _made()


@functools.cache
def stand_in() -> StandIn | None:
    """Made once, by ``openssl``; None where there is no such program."""
    return _made()


def _made() -> StandIn | None:
    """A new key and its certificate, made in a folder that is gone at once."""
    program = shutil.which("openssl")
    if program is None:
        return None
    with Sandbox("certificate") as box:
        key, certificate = box.path / "key.pem", box.path / "certificate.pem"
        made = _run(program, "req", "-x509", "-nodes", "-newkey", "rsa:2048", "-days", "2", "-subj", _SUBJECT,
                    "-addext", _NAMES, "-keyout", str(key), "-out", str(certificate))  # fmt: skip
        asked = _run(program, "x509", "-noout", "-hash", "-in", str(certificate)) if made is not None else None
        if asked is None:
            return None
        return StandIn(key.read_text("ascii") + certificate.read_text("ascii"), asked.strip())


def _run(*command: str) -> str | None:
    """What it prints; None when it fails, or comes to no end."""
    try:
        made = subprocess.run(command, capture_output=True, text=True, timeout=30, stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        return None
    return made.stdout if made.returncode == 0 else None

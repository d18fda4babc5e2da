"""A whole site as it can run on loopback, the same for httpd and for us: its own lines, other addresses.

``tests.sites.lay_out`` copies it, ``prove.stage`` prints it with ports of loopback. Beyond that, here:

- networks 10.0.0.0/8 and 192.168.0.0/16 are 127.0.0.0/8 and 127.168.0.0/16, so that a client can come from them;
- its users have passwords, its folders files, its origins stand-ins that tell what they receive (with TLS where the
  site has them speak it, FastCGI responders where it has PHP, at Unix sockets where it names some);
- certificates are ours; stapling and caches of sessions, which show in no answer, are left out;
- what draws lots (``RewriteMap rnd:``) has one lot.
"""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import hashlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from apacheconf.engines import Engine, Sandbox, free_ports
from apacheconf.expand import Options
from apacheconf.expand.tree import Node
from apacheconf.program.loading import Loaded, load
from apacheconf.program.program import Program
from apacheconf.prove.printer import URL_DIRECTIVES
from apacheconf.prove.stage import stage
from apacheconf.syntax.words import split
from tests import sites
from tests.live.site_asks import PASSWORD
from tests.live.site_origins import Telling
from tests.runtime import certificates
from tests.runtime.responder import Responder
from tests.wire import MTIME

_NETWORKS = (
    (re.compile(r"(?<![\d.\w])10(\\?\.)(?=\d)"), r"127\1"),
    (re.compile(r"192(\\?\.)168(?=\\?\.)"), r"127\g<1>168"),
)
_URL = re.compile(r"\b(https?|wss?|fcgi|ajp|uwsgi|scgi|h2c?|ftp)://([^/?#\s\"'|$%]+)", re.IGNORECASE)
_SOCKET = re.compile(r"unix:([^|\s\"]+)\|(\w+)://")
_FILES = {
    "index.html": "<!DOCTYPE html><title>Elastic</title><p>the index\n", "a.txt": "some text\n" * 30,
    "app.css": "body { color: red }\n" * 20, "app.js": "let a = 1;\n" * 20, "img.png": "\x89PNG",
    "index.php": "<?php\n",
    "404.html": "<p>not here\n", "sub/b.txt": "b\n", "sub/index.php": "<?php\n",
    ".env": "SECRET=1\n", "data.sql": "x\n",
    "favicon.ico": "ico\n", "robots.txt": "User-agent: *\n", "wp-login.php": "<?php\n", "icon.svg": "<svg/>\n",
    "50x.html": "<p>broken\n", "page.de.html": "<p>deutsch\n", "page.fr.html": "<p>francais\n",
}  # fmt: skip


@dataclass(frozen=True)
class Site:
    """``text`` stands in ``file`` of ``box``; ``nodes`` are its directives, ``origins`` what it may ask."""

    box: Sandbox
    file: Path
    text: str
    program: Program
    nodes: tuple[Node, ...]
    users: tuple[str, ...]
    origins: tuple[Telling, ...]

    def arrived(self) -> list[str]:
        """What origins have received since the last call."""
        taken = [each for origin in self.origins for each in origin.arrived]
        for origin in self.origins:
            origin.arrived.clear()
        return taken

    def places(self) -> list[tuple[str, int, int]]:
        found = dict.fromkeys((each.address or "127.0.0.1", each.port) for each in self.program.listeners)
        return [(address, port, port) for address, port in found]


@contextlib.contextmanager
def standing(name: str, engine: Engine, defines: tuple[str, ...] = ()) -> Iterator[Site]:
    """The site ``name`` with its origins, ready to be started by either server."""
    with Sandbox("site") as box, contextlib.ExitStack() as stack:
        laid_out = sites.lay_out(name, box, engine)
        for copy in (each for each in laid_out.folder.rglob("*") if each.is_file() and not each.is_symlink()):
            copy.write_bytes(_inside(copy.read_bytes().decode("latin-1")).encode("latin-1"))
        loaded = load([], laid_out.options(defines))
        nodes = tuple(loaded.expanded.nodes)
        users = _fill(nodes, laid_out.folder, laid_out.server_root)
        _age(laid_out.folder)
        origins = _Origins(stack, box)
        staged = stage(_in_the_open(loaded), box, origins.ports(nodes), engine)
        text = _with_our_files(_SOCKET.sub(origins.socket, staged.text))
        file = box.write("httpd.conf", text)
        again = load([], Options(file=str(file)))
        yield Site(box, file, text, again.require(), tuple(again.expanded.nodes), tuple(users), tuple(origins.telling))


def _inside(text: str) -> str:
    for pattern, new in _NETWORKS:
        text = pattern.sub(new, text)
    return re.sub(r"(?m)^(\w+) (stable)\|.*$", r"\1 \2", text)


def _in_the_open(loaded: Loaded) -> Loaded:
    """The same with every listener as one of plain HTTP, which is what a stage lays out."""
    program = loaded.require()
    listeners = tuple(dataclasses.replace(each, protocol="http") for each in program.listeners)
    return dataclasses.replace(loaded, program=dataclasses.replace(program, listeners=listeners))


def _with_our_files(text: str) -> str:
    ours = certificates.folder()
    changes = (("SSLCertificate(?:Key)?File", "a.pem"), ("SSL(?:Proxy)?CACertificateFile", "ca.pem"),
               ("SSLProxyMachineCertificateFile", "client.pem"))  # fmt: skip
    for name, file in changes:
        text = re.sub(rf"(?im)^(\s*{name}) .*$", rf"\1 {ours}/{file}", text)
    text = re.sub(r"(?im)^\s*SSLCACertificatePath .*$", f"SSLCACertificateFile {ours}/ca.pem", text)
    gone = "SSLCertificateChainFile|SSLUseStapling|SSLStaplingCache|SSLSessionCache|SSLOpenSSLConfCmd"
    return re.sub(rf"(?im)^\s*(?:{gone}|SSL(?:Proxy)?CARevoc\w+) .*$", "", text)


class _Origins:
    """A stand-in for each origin that a site names, by what it speaks; nobody listens for the others."""

    def __init__(self, stack: contextlib.ExitStack, box: Sandbox) -> None:
        self._stack, self._box = stack, box
        self.telling: list[Telling] = []
        self._sockets: dict[str, str] = {}

    def ports(self, nodes: tuple[Node, ...]) -> dict[str, int]:
        found: dict[str, int] = {}
        for node in (each for top in nodes for each in top.walk() if each.name.lower() in URL_DIRECTIVES):
            for scheme, authority in _URL.findall(node.args):
                host, _, port = authority.rpartition(":")
                if not port.isdecimal() or not host:
                    host, port = authority, "443" if scheme.lower() in ("https", "wss") else "80"
                name = f"{host.lower().strip('[]')}:{int(port)}"
                if name not in found:
                    found[name] = self._start(scheme.lower())
        return found

    def _start(self, scheme: str) -> int:
        if scheme in ("http", "ws", "https", "wss"):
            tls = certificates.context("address") if scheme in ("https", "wss") else None
            self.telling.append(each := self._stack.enter_context(Telling(tls=tls)))
            return each.port
        return self._stack.enter_context(Responder()).port if scheme == "fcgi" else free_ports(1)[0]

    def socket(self, found: re.Match[str]) -> str:
        path, scheme = found[1], found[2].lower()
        if path not in self._sockets:
            here = self._box.path / "run" / f"{len(self._sockets)}.sock"
            self._sockets[path] = str(here)
            if scheme == "fcgi":
                self._stack.enter_context(Responder(here))
            else:
                self.telling.append(self._stack.enter_context(Telling(here)))
        return f"unix:{self._sockets[path]}|{found[2]}://"


def _fill(nodes: tuple[Node, ...], folder: Path, root: Path) -> list[str]:
    """Files in its folders, users in its password files; gives the users."""
    every = [each for top in nodes for each in top.walk()]
    users, groups, roots = _people(every)
    for node in every:
        words, name = split(node.args), node.name.lower()
        if name in ("documentroot", "directory", "alias") and words:
            roots += _folder(root / words[-1], folder)
        elif name == "authuserfile":
            _write(root / words[0], "".join(f"{user}:{_hashed(PASSWORD)}\n" for user in users), folder)
        elif name == "authgroupfile":
            _write(root / words[0], "".join(f"{group}: {users[-1]}\n" for group in groups), folder)
    for section in every:
        said = {each.name.lower(): split(each.args)[0] for each in section.children or () if split(each.args)}
        if said.get("authtype", "").lower() == "digest" and {"authname", "authuserfile"} <= said.keys():
            lines = (f"{user}:{said['authname']}:{_digest(user, said['authname'])}\n" for user in users)
            _write(root / said["authuserfile"], "".join(lines), folder)
    for node in every:
        words = split(node.args)
        if node.name.lower() == "errordocument" and len(words) > 1 and words[1].startswith("/"):
            for each in roots:
                _write(each / words[1].lstrip("/").partition("?")[0], f"the page for {words[0]}\n", folder)
    return users


def _age(folder: Path) -> None:
    """A fresh file has a weak ETag for a second."""
    for path in (each for each in folder.rglob("*") if not each.is_symlink()):
        os.utime(path, (MTIME, MTIME))


def _people(nodes: list[Node]) -> tuple[list[str], list[str], list[Path]]:
    users, groups = ["nobody"], []
    for words in (split(each.args) for each in nodes if each.name.lower() == "require"):
        if words[:1] == ["user"]:
            users += words[1:]
        elif words[:1] == ["group"]:
            groups += words[1:]
    return list(dict.fromkeys(users)), groups, []


def _hashed(password: str) -> str:
    return "{SHA}" + base64.b64encode(hashlib.sha1(password.encode()).digest()).decode()


def _digest(user: str, realm: str) -> str:
    return hashlib.md5(f"{user}:{realm}:{PASSWORD}".encode()).hexdigest()


def _folder(path: Path, folder: Path) -> list[Path]:
    if not path.is_relative_to(folder) or set("*?[%$") & set(str(path)) or path == folder:
        return []
    if path.suffix:
        _write(path, "a file\n", folder)
        return []
    for name, text in _FILES.items():
        if not (path / name).exists():
            _write(path / name, text, folder)
    return [path]


def _write(path: Path, text: str, folder: Path) -> None:
    if path.is_relative_to(folder) and not path.is_dir():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode("latin-1"))

"""The lines of a configuration for a stage: only what belongs to another machine is written anew.

Only named arguments of named directives change, and in them only what stands at the word's own place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network
from pathlib import Path

from apacheconf.engines import Sandbox
from apacheconf.engines.httpd import REPLACED
from apacheconf.expand.surroundings import htaccess_around
from apacheconf.expand.tree import Node
from apacheconf.modules.mod_authz_core import network
from apacheconf.program.workers import DEFAULT_PORTS
from apacheconf.prove import logs, slow
from apacheconf.prove.certificates import Shelf
from apacheconf.prove.logins import Logins
from apacheconf.prove.threaded import Listening
from apacheconf.syntax.words import Word, split_with_offsets

#: Addresses that stand for all of a machine.
ANY = frozenset({"", "*", "_default_", "0.0.0.0", "[::]"})
#: Directives whose words may be URLs of origins.
URL_DIRECTIVES = frozenset(
    {
        "proxypass",
        "proxypassmatch",
        "proxypassreverse",
        "balancermember",
        "proxyset",
        "proxy",
        "sethandler",
        "addhandler",
        "rewriterule",
    }
)
#: Directives that name networks of clients.
NETWORK_DIRECTIVES = frozenset({"require", "allow", "deny", "remoteipinternalproxy", "remoteiptrustedproxy"})
#: Directives whose first word is a log, and what takes its place.
LOG_DIRECTIVES = {"errorlog": "error", "customlog": "access", "transferlog": "access", "globallog": "access",
                  "forensiclog": "forensic"}  # fmt: skip
#: Directives whose first word is a file, or a folder, for TLS.
TLS_FILES = frozenset(
    {
        *("sslcertificatefile", "sslcertificatekeyfile", "sslcertificatechainfile", "sslcacertificatefile"),
        *("sslcadnrequestfile", "sslproxycacertificatefile", "sslproxymachinecertificatefile"),
        "sslproxymachinecertificatechainfile",
    }
)
TLS_FOLDERS = frozenset(
    {"sslcacertificatepath", "sslcadnrequestpath", "sslproxycacertificatepath", "sslproxymachinecertificatepath"}
)
#: What a stand-in can't have: nothing is shown about it.
TLS_LEFT_OUT = frozenset(
    {
        *("sslcarevocationfile", "sslcarevocationpath", "sslcarevocationcheck", "sslproxycarevocationfile"),
        *("sslproxycarevocationpath", "sslproxycarevocationcheck", "sslpassphrasedialog", "sslusestapling"),
        *("sslstaplingcache", "sslsessioncache", "sslsessionticketkeyfile", "sslcryptodevice", "sslsrpverifierfile"),
        *("sslocspenable", "sslocspdefaultresponder", "sslocspoverrideresponder"),
    }
)
#: Those of them that decide whom a server lets in.
_DECIDES = ("sslcarevocation", "sslproxycarevocation", "sslocspenable")
_URL = re.compile(
    r"(?:proxy:)?(?:unix:(?P<socket>[^|]*)\|)?(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<authority>[^/?#%$]*)", re.IGNORECASE
)
_ADDRESS = re.compile(r"(?P<host>\[[^]]*\]|[^:]*)(?::(?P<port>\d+|\*))?$")


@dataclass
class Ports:
    """Which port and loopback address stands for which. ``listeners`` maps configured ports to real ones."""

    listeners: dict[int, int]
    addresses: dict[str, str] = field(default_factory=dict)

    def address_for(self, host: str) -> str:
        """The loopback address that stands for the address ``host``; every one has its own."""
        if host in ANY:
            return "127.0.0.1"
        return self.addresses.setdefault(host.lower(), f"127.0.1.{len(self.addresses) + 1}")


class Printer:
    """Prints nodes as lines, each with the node it came from.

    ``least`` is the shortest time that is given to origins, on a stage where they are not waited for.
    """

    def __init__(
        self,
        ports: Ports,
        origin_ports: Mapping[str, int],
        box: Sandbox,
        shelf: Shelf | None,
        origin_sockets: Mapping[str, Listening],
        neighbours: Mapping[str, str],
        logins: Logins,
        root: Path,
    ) -> None:
        self._root = root
        self._ports, self._origin_ports, self._box, self._shelf = ports, origin_ports, box, shelf
        self._origin_sockets, self._neighbours = origin_sockets, neighbours
        self.notes: list[str] = []
        self.least: int | None = None
        self._edits: dict[str, Callable[[Node], str]] = dict.fromkeys(URL_DIRECTIVES, self._urls)
        self._edits |= dict.fromkeys(LOG_DIRECTIVES, self._log)
        #: Whether what no two runs share is left out of logs, and each log has a file of its own: for comparing them.
        self.steadies = False
        self._edits["logformat"] = lambda node: self._steadied(node.args)
        self._logs: dict[str, str] = {}
        self._edits["virtualhost"] = self._addresses
        self._edits |= dict.fromkeys(NETWORK_DIRECTIVES, self._networks)
        self._edits["authuserfile"] = lambda node: f'"{logins.users(_first(node))}"'
        self._edits["authgroupfile"] = lambda node: f'"{logins.groups(_first(node))}"'
        if shelf:
            self._edits |= dict.fromkeys(TLS_FILES, lambda node: f'"{shelf.file(_first(node))}"')
            self._edits |= dict.fromkeys(TLS_FOLDERS, lambda node: f'"{shelf.folder()}"')

    def lines(self, nodes: Iterable[Node], depth: int = 0) -> Iterator[tuple[str, Node | None]]:
        indent = "    " * depth
        for node in nodes:
            name = node.name.lower()
            around = htaccess_around(node)
            if around is not None:
                yield from self._as_directory(node, around.directory)
                continue
            if name in REPLACED or name == "listen" or (self._shelf and name in TLS_LEFT_OUT):
                yield f"{indent}# {node.name} is the sandbox's", node
                if name.startswith(_DECIDES):
                    self.notes.append(f"{node.name} was left out: nothing is shown about it")
                continue
            args = self._edits[name](node) if name in self._edits else node.args
            if name == "documentroot" and not depth and not (self._root / _first(node)).is_dir():
                args = f'"{self._box.path}/html"'  # httpd starts without those of virtual hosts only (STR-43)
                self.notes.append(f"DocumentRoot {node.args} is not here: a folder with one page stands for it")
            args = args if self.least is None else slow.hurried(name, args, self.least)
            args += " " if args.endswith("\\") else ""  # a last backslash would continue the line (LEX-10)
            if node.children is None:
                yield f"{indent}{node.name} {args}".rstrip("\n"), node
            else:
                yield f"{indent}<{node.name} {args}>", node
                yield from self.lines(node.children, depth + 1)
                yield f"{indent}</{node.name}>", None

    def _as_directory(self, node: Node, folder: str) -> Iterator[tuple[str, Node | None]]:
        """A .htaccess that is read alone, as a section for its folder, which files are looked for in."""
        here = folder if Path(folder).is_dir() else f"{self._box.path}/html"
        if here != folder:
            self.notes.append(f"{folder} is not here: a folder with one page stands for it")
        yield f'DocumentRoot "{here}"', None
        yield f'<Directory "{here}">', node
        yield from self.lines(node.children or (), 1)
        yield "</Directory>", None

    def _urls(self, node: Node) -> str:
        return _edit(node.args, self._url)

    def _url(self, word: Word, raw: str) -> str:
        found = _URL.search(word.value)
        if not found or found.start() or "://" not in raw:
            return raw
        if found["socket"]:
            at = self._origin_sockets.get(f"unix:{found['socket']}")
            return raw.replace(f"unix:{found['socket']}|", f"unix:{at.path}|", 1) if at else raw
        authority = found["authority"]
        port = self._origin_ports.get(_canonical(found["scheme"], authority))
        return raw.replace(f"://{authority}", f"://127.0.0.1:{port}", 1) if port else raw

    def _addresses(self, node: Node) -> str:
        return _edit(node.args, self._address)

    def _address(self, word: Word, raw: str) -> str:
        found = _ADDRESS.match(word.value)
        if not found:
            return raw
        host = found["host"] if found["host"] in ANY else self._ports.address_for(found["host"])
        port = self._ports.listeners.get(int(found["port"])) if (found["port"] or "*") != "*" else None
        return f"{host or '*'}:{port or found['port']}" if found["port"] else host

    def _networks(self, node: Node) -> str:
        """Behind the networks of a directive the loopback addresses that stand in for what lies in them."""
        words = [word.value for word in split_with_offsets(node.args)]
        if node.name.lower() == "require" and not (words[:1] == ["ip"] or words[:2] == ["not", "ip"]):
            return node.args
        meant = [IPv4Network(found) for word in words if (found := network(word)) and ":" not in found]
        inside = [at for each, at in self._neighbours.items() if any(IPv4Network(each).subnet_of(one) for one in meant)]
        return " ".join([node.args.rstrip(), *inside])

    def _log(self, node: Node) -> str:
        """ErrorLog of a sandboxed server, or the first word of another log directive."""
        words, kind = split_with_offsets(node.args), LOG_DIRECTIVES[node.name.lower()]
        if not words:
            return f'"{self._box.path}/logs/{kind}.log"'
        number = len(self._logs) + 1 if kind == "access" and self.steadies else ""  # logs of one name are one
        name = self._logs.setdefault(f"{kind} {words[0].value}", f"{kind}{number}.log")
        return f'"{self._box.path}/logs/{name}"{self._steadied(node.args[words[0].end :])}'

    def _steadied(self, args: str) -> str:
        return logs.steadied(args) if self.steadies else args


def _first(node: Node) -> str:
    words = split_with_offsets(node.args)
    return words[0].value if words else ""


def _edit(args: str, change: Callable[[Word, str], str]) -> str:
    """``args`` with each word as ``change`` wants it; what stands between words is kept."""
    edited, at = "", 0
    for word in split_with_offsets(args):
        edited += args[at : word.start] + change(word, args[word.start : word.end])
        at = word.end
    return edited + args[at:]


def _canonical(scheme: str, authority: str) -> str:
    host, colon, port = authority.rpartition(":")
    if not colon or not port.isdecimal():
        host, port = authority, str(DEFAULT_PORTS.get(scheme.lower(), 80))
    return f"{host.lower().strip('[]')}:{int(port)}"

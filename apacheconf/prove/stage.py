"""A configuration as it can run on loopback: the same meaning, other ports, other origins, its files elsewhere (DIF-3).

The text is printed from the expanded tree, so that httpd, our engine and the translations read the same. Only
named arguments of named directives change, and in them only what stands at the word's own place:

- Listen is written anew for every listener, on loopback; addresses in <VirtualHost> follow;
- in URL arguments the authority behind ``scheme://`` of a known origin becomes its stand-in's;
- logs go to the sandbox; certificates, keys and authorities are a stand-in's;
- what ``engines.httpd.REPLACED`` names makes way for the sandbox's own lines.

Every other byte of every argument stays. ``Stage.node_at`` leads from a line of the text to the directive it
came from.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from apacheconf.engines import Engine, Sandbox, free_ports
from apacheconf.engines.httpd import REPLACED, preamble
from apacheconf.expand.tree import Node
from apacheconf.model.views.modules import needed
from apacheconf.program.hosts import Listener
from apacheconf.program.loading import Loaded
from apacheconf.program.program import Program
from apacheconf.program.workers import Worker
from apacheconf.prove.certificates import Shelf, StandIn
from apacheconf.syntax.words import Word, split_with_offsets

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
        "rewriterule",
    }
)
#: Directives whose first word is a log, and what takes its place.
LOG_DIRECTIVES = {"errorlog": "error.log", "customlog": "access.log", "transferlog": "access.log",
                  "globallog": "access.log", "forensiclog": "forensic.log"}  # fmt: skip
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
_URL = re.compile(r"(?:proxy:)?(?:unix:[^|]*\|)?(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<authority>[^/?#]*)", re.IGNORECASE)
_ADDRESS = re.compile(r"(?P<host>\[[^]]*\]|[^:]*)(?::(?P<port>\d+|\*))?$")
_ANY = frozenset({"", "*", "_default_", "0.0.0.0", "[::]"})
#: Modules whose symbols other module files need when they are loaded.
LOADED_FIRST = frozenset({"proxy_module", "session_module", "cache_module", "dav_module", "dbd_module", "ldap_module"})

#: What a module looks for when it starts, though no directive is of it.
_ALSO = {"authn_socache_module": "socache_shmcb_module"}


@dataclass
class Ports:
    """Which port and loopback address stands for which. ``listeners`` maps configured ports to real ones."""

    listeners: dict[int, int]
    addresses: dict[str, str] = field(default_factory=dict)

    def address_for(self, host: str) -> str:
        """The loopback address that stands for the address ``host``; every one has its own."""
        if host in _ANY:
            return "127.0.0.1"
        return self.addresses.setdefault(host.lower(), f"127.0.1.{len(self.addresses) + 1}")


@dataclass(frozen=True)
class Stage:
    """``text`` runs in ``box``. ``nodes`` maps its line numbers, from 1, to nodes of the original.

    ``notes`` say what the stage leaves out, and therefore nothing is shown about.
    """

    text: str
    box: Sandbox
    ports: Ports
    nodes: Mapping[int, Node]
    notes: tuple[str, ...] = ()

    @property
    def file(self) -> Path:
        return self.box.path / "httpd.conf"

    def node_at(self, line: int) -> Node | None:
        return self.nodes.get(line)


def stage(
    loaded: Loaded,
    box: Sandbox,
    origin_ports: Mapping[str, int],
    engine: Engine | None,
    stand_in: StandIn | None = None,
) -> Stage:
    """Print what was loaded so that it runs in ``box``, with the origins (see ``authorities``) at ``origin_ports``.

    ``engine`` is the httpd that will load the modules; without one the LoadModule lines name no real file. Without
    a ``stand_in`` listeners of TLS are left out, and what the directives of TLS name stays. Raises ConfigError when
    the configuration has errors.
    """
    expanded, program = loaded.expanded, loaded.require()
    plain = [each for each in program.listeners if stand_in or each.protocol != "https"]
    ports = Ports(dict(zip((p := sorted({each.port for each in plain})), free_ports(len(p)), strict=True)))
    printer = _Printer(ports, origin_ports, box, Shelf(stand_in, box) if stand_in else None)
    body = list(printer.lines(expanded.nodes))
    root = Path(expanded.server_root)
    modules = modules_for(loaded)
    head = preamble(engine, box, modules, root if root.is_dir() else None).splitlines()
    head += [f"Listen {address}:{port}{protocol}" for address, port, protocol in _sockets(plain, ports)]
    nodes = {len(head) + number: node for number, (_, node) in enumerate(body, 1) if node}
    text = "\n".join([*head, *(line for line, _ in body)]) + "\n"
    notes = [f"{each.address}:{each.port} speaks TLS: nothing is asked there" for each in program.listeners
             if each not in plain]  # fmt: skip
    return Stage(text, box, ports, nodes, (*notes, *printer.notes))


def _sockets(listeners: Iterable[Listener], ports: Ports) -> list[tuple[str, int, str]]:
    """Every socket: a listener for all addresses is one on each loopback address that has a meaning."""
    found: dict[tuple[str, int, str], None] = {}
    for each in listeners:
        any_address = each.address in _ANY
        addresses = ["127.0.0.1", *ports.addresses.values()] if any_address else [ports.address_for(each.address)]
        for address in addresses:
            found[address, ports.listeners[each.port], " https" if each.protocol == "https" else ""] = None
    return list(found)


def authorities(program: Program) -> dict[str, Worker]:
    """The origins that are reached by TCP, by ``host:port``."""
    return {f"{each.host.lower()}:{each.port}": each for each in program.workers() if not each.socket}


def modules_for(loaded: Loaded) -> list[str]:
    """The modules (identifiers) that httpd needs, in an order in which it can load them.

    Those that were loaded; for a fragment those that it uses.
    """
    if not loaded.expanded.fragment:
        return list(loaded.expanded.modules)
    wanted = set(needed(loaded.expanded))
    wanted |= {also for name, also in _ALSO.items() if name in wanted}
    return sorted(wanted, key=lambda name: (name not in LOADED_FIRST, name))


class _Printer:
    """Prints nodes as lines, each with the node it came from."""

    def __init__(self, ports: Ports, origin_ports: Mapping[str, int], box: Sandbox, shelf: Shelf | None) -> None:
        self._ports, self._origin_ports, self._box, self._shelf = ports, origin_ports, box, shelf
        self.notes: list[str] = []
        self._edits: dict[str, Callable[[Node], str]] = dict.fromkeys(URL_DIRECTIVES, self._urls)
        self._edits |= dict.fromkeys(LOG_DIRECTIVES, self._log)
        self._edits["virtualhost"] = self._addresses
        if shelf:
            self._edits |= dict.fromkeys(TLS_FILES, lambda node: f'"{shelf.file(_first(node))}"')
            self._edits |= dict.fromkeys(TLS_FOLDERS, lambda node: f'"{shelf.folder()}"')

    def lines(self, nodes: Iterable[Node], depth: int = 0) -> Iterator[tuple[str, Node | None]]:
        indent = "    " * depth
        for node in nodes:
            name = node.name.lower()
            if name in REPLACED or name == "listen" or (self._shelf and name in TLS_LEFT_OUT):
                yield f"{indent}# {node.name} is the sandbox's", node
                if name.startswith(_DECIDES):
                    self.notes.append(f"{node.name} was left out: nothing is shown about it")
                continue
            args = self._edits[name](node) if name in self._edits else node.args
            args += " " if args.endswith("\\") else ""  # a last backslash would continue the line (LEX-10)
            if node.children is None:
                yield f"{indent}{node.name} {args}".rstrip("\n"), node
            else:
                yield f"{indent}<{node.name} {args}>", node
                yield from self.lines(node.children, depth + 1)
                yield f"{indent}</{node.name}>", None

    def _urls(self, node: Node) -> str:
        return _edit(node.args, self._url)

    def _url(self, word: Word, raw: str) -> str:
        found = _URL.search(word.value)
        if not found or found.start() or "://" not in raw:
            return raw
        authority = found["authority"]
        port = self._origin_ports.get(_canonical(found["scheme"], authority))
        return raw.replace(f"://{authority}", f"://127.0.0.1:{port}", 1) if port else raw

    def _addresses(self, node: Node) -> str:
        return _edit(node.args, self._address)

    def _address(self, word: Word, raw: str) -> str:
        found = _ADDRESS.match(word.value)
        if not found:
            return raw
        host = found["host"] if found["host"] in _ANY else self._ports.address_for(found["host"])
        port = self._ports.listeners.get(int(found["port"])) if (found["port"] or "*") != "*" else None
        return f"{host or '*'}:{port or found['port']}" if found["port"] else host

    def _log(self, node: Node) -> str:
        """ErrorLog of a sandboxed server, or the first word of another log directive."""
        words = split_with_offsets(node.args)
        target = f'"{self._box.path}/logs/{LOG_DIRECTIVES[node.name.lower()]}"'
        return target + node.args[words[0].end :] if words else node.args


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
        host, port = authority, "443" if scheme.lower() in ("https", "wss") else "80"
    return f"{host.lower().strip('[]')}:{int(port)}"

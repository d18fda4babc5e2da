"""A configuration as it can run on loopback: the same meaning, other ports, other origins, its files elsewhere (DIF-3).

The text is printed from the expanded tree, so that httpd, our engine and the translations read the same. Only
named arguments of named directives change, and in them only what stands at the word's own place:

- Listen is written anew for every listener, on loopback; addresses in <VirtualHost> follow;
- in URL arguments the authority behind ``scheme://`` of a known origin becomes its stand-in's;
- beside a network of clients stands the loopback address that clients of it have here (``situations.neighbours``);
- password and group files are copies that know our users, too (``logins``);
- logs go to the sandbox; certificates, keys and authorities are a stand-in's;
- what ``engines.httpd.REPLACED`` names makes way for the sandbox's own lines.

Every other byte of every argument stays. ``Stage.node_at`` leads from a line of the text to the directive it
came from.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from apacheconf.engines import Engine, Sandbox, free_ports
from apacheconf.engines.httpd import preamble
from apacheconf.engines.process import Address
from apacheconf.expand.tree import Node
from apacheconf.model.views.modules import needed
from apacheconf.model.views.needs import needs
from apacheconf.program.by_handler import workers_of
from apacheconf.program.hosts import Listener
from apacheconf.program.inlining import with_htaccess
from apacheconf.program.loading import Loaded
from apacheconf.program.program import Program
from apacheconf.program.workers import Worker
from apacheconf.prove import slow
from apacheconf.prove.aims import SPOKEN
from apacheconf.prove.certificates import Shelf, StandIn
from apacheconf.prove.logins import Logins
from apacheconf.prove.printer import ANY, Ports, Printer
from apacheconf.prove.situations import neighbours
from apacheconf.prove.threaded import Listening, named_ports

#: Modules whose symbols other module files need when they are loaded.
LOADED_FIRST = frozenset({"proxy_module", "session_module", "cache_module", "dav_module", "dbd_module", "ldap_module"})

#: What a module looks for when it starts, though no directive is of it.
_ALSO = {"authn_socache_module": "socache_shmcb_module"}


@dataclass(frozen=True)
class Stage:
    """``text`` runs in ``box``. ``nodes`` maps its line numbers, from 1, to nodes of the original.

    ``sockets`` are where it listens, ``notes`` say what the stage leaves out, and therefore nothing is shown about.
    """

    text: str
    box: Sandbox
    ports: Ports
    nodes: Mapping[int, Node]
    notes: tuple[str, ...] = ()
    sockets: tuple[Address, ...] = ()

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
    origin_sockets: Mapping[str, Listening] | None = None,
    *,
    hurried: bool = False,
    steady: bool = False,
) -> Stage:
    """Print what was loaded so that it runs in ``box``, with the origins (see ``authorities``) at ``origin_ports``,
    and those of ``sockets`` where these say.

    ``engine`` is the httpd that will load the modules; without one the LoadModule lines name no real file. Without
    a ``stand_in`` listeners of TLS are left out, and what the directives of TLS name stays. Where it is ``hurried``,
    origins are not waited for (``slow``), and where it is ``steady`` logs can be compared. Raises ConfigError when
    the configuration has errors.
    """
    expanded, program = loaded.expanded, loaded.require()
    plain = [each for each in program.listeners if stand_in or each.protocol != "https"]
    asked = sorted({each.port for each in plain})
    free = free_ports(len(asked), but={*asked, *named_ports(origin_ports)})
    ports = Ports(dict(zip(asked, free, strict=True)))
    shelf = Shelf(stand_in, box) if stand_in else None
    root = Path(expanded.server_root)
    logins = Logins(program.directives, box, root)
    printer = Printer(ports, origin_ports, box, shelf, origin_sockets or {}, neighbours(program), logins, root)
    printer.steadies = steady
    printer.least = slow.shortest(program.directives) if hurried else None
    body = list(printer.lines(expanded.nodes))
    modules = modules_for(loaded)
    head = preamble(engine, box, modules, root if root.is_dir() else None).splitlines()
    if not any(each.name.lower() == "documentroot" for each in expanded.nodes):
        head.append(f'DocumentRoot "{box.path}/html"')  # whose else is known to the httpd that is compiled with it
    listening = _sockets(plain, ports)
    head += [f"Listen {address}:{port}{protocol}" for address, port, protocol in listening]
    nodes = {len(head) + number: node for number, (_, node) in enumerate(body, 1) if node}
    text = "\n".join([*head, *(line for line, _ in body)]) + "\n"
    notes = [f"{each.address}:{each.port} speaks TLS: nothing is asked there" for each in program.listeners
             if each not in plain]  # fmt: skip
    return Stage(text, box, ports, nodes, (*notes, *printer.notes), tuple(each[:2] for each in listening))


def _sockets(listeners: Iterable[Listener], ports: Ports) -> list[tuple[str, int, str]]:
    """Every socket: a listener for all addresses is one on each loopback address that has a meaning."""
    found: dict[tuple[str, int, str], None] = {}
    for each in listeners:
        any_address = each.address in ANY
        addresses = ["127.0.0.1", *ports.addresses.values()] if any_address else [ports.address_for(each.address)]
        for address in addresses:
            found[address, ports.listeners[each.port], " https" if each.protocol == "https" else ""] = None
    return list(found)


def name_of(worker: Worker) -> str:
    """What an origin is called here: ``host:port``, or ``unix:PATH``."""
    return f"unix:{worker.socket}" if worker.socket else f"{worker.host.lower()}:{worker.port}"


def authorities(program: Program) -> dict[str, Worker]:
    """The origins that are reached by TCP, by name."""
    return {name_of(each): each for each in workers_of(program) if not each.socket}


def sockets(program: Program, box: Sandbox) -> dict[str, Listening]:
    """The origins at Unix sockets, by name, and where their stand-ins listen in ``box``."""
    found: dict[str, Listening] = {}
    for each in workers_of(program):
        if each.socket:
            called = each.host if each.port in (80, 443) else f"{each.host}:{each.port}"
            found.setdefault(name_of(each), Listening(box.path / "run" / f"{len(found)}.sock", called))
    return found


def speaking(program: Program) -> frozenset[str]:
    """Those that speak what a stand-in speaks: at the others nobody answers."""
    return frozenset(name_of(each) for each in workers_of(program) if each.scheme in SPOKEN)


def modules_for(loaded: Loaded) -> list[str]:
    """The modules (identifiers) that httpd needs, in an order in which it can load them.

    Those that were loaded; for a fragment those that it uses, its ``.htaccess`` files too, and those that no server of
    files is without.
    """
    if not loaded.expanded.fragment:
        return list(loaded.expanded.modules)
    wanted = {*needed(loaded.expanded), "dir_module", "mime_module", "autoindex_module"}
    in_files = (each for each in with_htaccess(loaded.require()).directives if isinstance(each, Node))
    wanted |= {module for each in in_files for module, _ in needs(each, loaded.expanded)}
    wanted |= {also for name, also in _ALSO.items() if name in wanted}
    return sorted(wanted, key=lambda name: (name not in LOADED_FIRST, name))

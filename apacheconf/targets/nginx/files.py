"""The files of a translation to nginx: one, or a folder in which each virtual host has its own, to be found by its
name and changed alone."""

from __future__ import annotations

from dataclasses import dataclass, field

from apacheconf.ledger import Ledger
from apacheconf.targets.claims import Claim, settle
from apacheconf.targets.naming import Names, slug
from apacheconf.targets.nginx.tree import Block, Copy, Directive, Entry, print_tree

#: Where the files of virtual hosts lie, from the main file.
HOSTS = "hosts"


@dataclass
class Files:
    """``texts`` by name, ``main`` first though it is printed last; ``claims`` are those of all files."""

    main: str
    ledger: Ledger
    texts: dict[str, str] = field(init=False)
    claims: list[Claim] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.texts = {self.main: ""}

    def add(self, name: str, root: Block) -> None:
        """Print ``root`` as the file ``name``, and give the ledger what its lines claim."""
        self.texts[name], claims = print_tree(root)
        for each in root.entries:
            _place(each, name)
        settle(claims, name, self.ledger)
        self.claims += [claim for _, claim in claims]


def own_files(servers: Block, files: Files) -> Block:
    """Each server in a file of its own, and the lines that include them.

    They are named one by one, for the order of servers decides where regexes of ``server_name`` compete (NGX-14).
    """
    includes, names = Block(), Names()
    includes.say("Virtual hosts, in their order: the first regex of a server_name that matches wins.")
    for server in (each for each in servers.entries if isinstance(each, Directive | Copy)):
        name = f"{HOSTS}/{names.of(id(server), _wish(server, names))}.conf"
        files.add(name, Block([server]))
        includes.add("include", name)
    return includes


def _place(entry: Entry, file: str) -> None:
    """Tell the copies in which file they are."""
    if isinstance(entry, Copy):
        entry.file = file
    elif isinstance(entry, Directive) and entry.name == "http" and entry.block:
        for each in entry.block.entries:
            _place(each, file)


def _wish(server: Directive | Copy, names: Names) -> str:
    """``www.example.com``, with its port where another host has the name, or ``default-8080`` where it has none."""
    if isinstance(server, Copy):
        return f"{server.names[0]}-{server.port}" if names.has(server.names[0]) else server.names[0]
    listen, name = "", ""
    for each in server.block.directives() if server.block else ():
        listen = listen or (each.words[0] if each.name == "listen" else "")
        name = name or (next((word for word in each.words if word[0] != "~"), "") if each.name == "server_name" else "")
    port = listen.rpartition(":")[2]
    name = slug(name.replace("*", "any")) if name else "default"
    return f"{name}-{port}" if name == "default" or names.has(name) else name

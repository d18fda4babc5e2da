"""What stands around a file that is not a whole configuration: a virtual host, a directory, or it is a .htaccess.

A snippet that is included in a virtual host is read as if that host stood around it. A ``.htaccess`` file is read
by httpd at request time, with the directives that AllowOverride grants to its directory (STR-30 to STR-33).
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from enum import Enum

from apacheconf.diagnostics import UsageError
from apacheconf.expand.tree import Node
from apacheconf.source import Place, SourceFile, Span

#: The name of the file, and of the section that stands for it in the tree.
HTACCESS = ".htaccess"
#: Sections that no AllowOverride allows have no class at all; this one means any class.
ANY_CLASS = "All"


class Kind(Enum):
    """The words of ``--context``."""

    SERVER = "server"
    VHOST = "vhost"
    DIRECTORY = "directory"
    HTACCESS = "htaccess"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is around a text. ``directory`` is absolute, of the last two kinds only.

    For ``.htaccess``: ``classes`` are those of AllowOverride (``All`` means every one), ``names`` the directives of
    AllowOverrideList in lower case, ``nonfatal`` what is only warned about (``Override``, ``Unknown``).
    """

    kind: Kind
    directory: str = ""
    classes: frozenset[str] = frozenset({ANY_CLASS})
    names: frozenset[str] = frozenset()
    nonfatal: frozenset[str] = frozenset()

    @classmethod
    def htaccess(cls, directory: str, override: str = "AllowOverride All") -> Surroundings:
        """Those of a .htaccess file; ``override`` is the AllowOverride or AllowOverrideList of its directory."""
        name, *words = override.split()
        if name.lower() == "allowoverridelist":
            return cls(Kind.HTACCESS, directory, frozenset(), frozenset(word.lower() for word in words))
        told = {word.partition("=")[2] for word in words if word.lower().startswith("nonfatal=")}
        classes = {word.partition("=")[0] for word in words} - {"None", "Nonfatal"}
        nonfatal = frozenset({"Override", "Unknown"}) if "All" in told else frozenset(told)
        return cls(Kind.HTACCESS, directory, frozenset(classes), nonfatal=nonfatal)

    @property
    def is_htaccess(self) -> bool:
        return self.kind is Kind.HTACCESS

    def grants(self, name: str, in_htaccess: bool, classes: list[str] | frozenset[str]) -> bool:
        """Whether a directive may stand in the .htaccess: ``classes`` are its own, ``in_htaccess`` its bit (STR-2)."""
        if name.lower() in self.names:
            return True
        if not in_htaccess or not self.classes:
            return False
        return ANY_CLASS in self.classes or ANY_CLASS in classes or bool(self.classes.intersection(classes))

    def wrap(self, nodes: list[Node]) -> list[Node]:
        """``nodes`` with the section around them that this stands for."""
        if self.kind is Kind.SERVER:
            return nodes
        name, args = {
            Kind.VHOST: ("VirtualHost", "*"),
            Kind.DIRECTORY: ("Directory", f'"{self.directory}"'),
            Kind.HTACCESS: (HTACCESS, self.directory),
        }[self.kind]
        file = _Around(f"--context {self}", f"<{name} {args}>\n", self)
        place = Place(Span(file, 0, len(file.text) - 1), file.name, 1)
        return [Node(name, args, place, tuple(nodes), ">")]

    def __str__(self) -> str:
        return f"{self.kind.value}:{self.directory}" if self.directory else self.kind.value


@dataclass(frozen=True, eq=False)
class _Around(SourceFile):
    """The text of a section that nobody wrote."""

    around: Surroundings


def htaccess_around(node: Node) -> Surroundings | None:
    """What is around the .htaccess file that ``node`` stands for; None for what somebody wrote."""
    file = node.place.span.file
    return file.around if node.name == HTACCESS and isinstance(file, _Around) else None


def surroundings(context: str | Surroundings | None, path: str) -> Surroundings | None:
    """What is around the text at ``path``; None for a whole configuration or a plain fragment of one.

    ``context`` is the word of --context; without it a file that is named .htaccess is taken for one. Raises
    UsageError for any other word.
    """
    if isinstance(context, Surroundings):
        return context
    folder = os.path.dirname(os.path.abspath(path))
    if context is None:
        return Surroundings.htaccess(folder) if os.path.basename(path) == HTACCESS else None
    word, colon, directory = context.partition(":")
    kinds = {kind.value: kind for kind in Kind}
    with_directory = (Kind.DIRECTORY, Kind.HTACCESS)
    kind = kinds.get(word)
    if kind is None or (colon and (kind not in with_directory or not directory)):
        help = f"write {', '.join(kinds)}, directory:DIR or htaccess:DIR"
        raise UsageError(f"--context {context} is no such place", help)
    if kind not in with_directory:
        return Surroundings(kind)
    absolute = os.path.normpath(os.path.join(os.getcwd(), directory)) if directory else folder
    return Surroundings(kind, absolute)

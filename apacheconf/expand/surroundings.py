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
from apacheconf.modules import registry
from apacheconf.source import Place, SourceFile, Span

#: The name of the file, and of the section that stands for it in the tree.
HTACCESS = ".htaccess"
#: Sections that no AllowOverride allows have no class at all; this one means any class.
ANY_CLASS = "All"


_CLASSES = {"Fileinfo": "FileInfo", "Authconfig": "AuthConfig"}


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
    AllowOverrideList in lower case, ``nonfatal`` what is only warned about (``Override``, ``Unknown``), ``options``
    those that Options may set there, in lower case; None for all of them.
    """

    kind: Kind
    directory: str = ""
    classes: frozenset[str] = frozenset({ANY_CLASS})
    names: frozenset[str] = frozenset()
    nonfatal: frozenset[str] = frozenset()
    options: frozenset[str] | None = None

    @classmethod
    def htaccess(cls, directory: str, override: str = "AllowOverride All") -> Surroundings:
        """Those of a .htaccess file; ``override`` is the AllowOverride or AllowOverrideList of its directory."""
        name, *words = override.split()
        if name.lower() == "allowoverridelist":
            names = frozenset(word.lower() for word in words if registry.row(word + ">" * (word[:1] == "<")))
            return cls(Kind.HTACCESS, directory, frozenset(), names)
        classes, nonfatal, options = set[str](), set[str](), None
        for word in words:
            kind, _, text = (part.capitalize() for part in word.partition("="))
            if kind in ("None", ANY_CLASS):  # the words before it are forgotten
                nonfatal.clear()
                classes = {kind} & {ANY_CLASS}
            elif kind == "Nonfatal":
                nonfatal |= {"Override", "Unknown"} if text == "All" else {text}
            else:
                classes.add(_CLASSES.get(kind, kind))
            if kind == "Options" and text:
                options = frozenset(text.lower().split(","))
        return cls(Kind.HTACCESS, directory, frozenset(classes), frozenset(), frozenset(nonfatal), options)

    @property
    def is_htaccess(self) -> bool:
        return self.kind is Kind.HTACCESS

    @property
    def is_read(self) -> bool:
        """Whether httpd looks at such a file at all; Nonfatal alone is enough for that."""
        return bool(self.classes or self.names or self.nonfatal)

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

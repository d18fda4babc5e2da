"""Where directives stand: outside every section, or in which one. Found once for each translation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from apacheconf.ledger import Written
from apacheconf.program.hosts import Host
from apacheconf.program.program import Program


class Scopes:
    """The directives of a configuration by the scope they were written in.

    ``top`` are those that stand outside every section.
    """

    def __init__(self, program: Program) -> None:
        self.top = program.outermost
        self._at = {id(each.place): each for each in _sections(program.outermost)}
        self._everywhere = _by_name(program.directives)
        #: The sections outside every other, without the virtual hosts.
        self.sections = tuple(each for each in self.top if children_of(each) and each.name.lower() != "virtualhost")
        self._named = _by_name(self.top)

    def named(self, name: str) -> list[Written]:
        """The lines of this name (in small letters) that stand outside every section."""
        return self._named.get(name, [])

    def everywhere(self, *names: str) -> list[Written]:
        """The lines of these names (in small letters) wherever they stand, those of each name in order."""
        return [each for name in names for each in self._everywhere.get(name, ())]

    def listens(self, port: int) -> list[Written]:
        """The Listen lines of a port."""
        words = ((each, each.args.split()) for each in self.named("listen"))
        return [each for each, split in words if split and split[0].rpartition(":")[2] == str(port)]

    def section(self, host: Host) -> Written | None:
        """The ``<VirtualHost>`` that the host was written as."""
        return self._at.get(id(host.place)) if host.place else None

    def own(self, host: Host) -> tuple[Written, ...]:
        """The lines that stand in a virtual host, or outside every section for the main server."""
        section = self.section(host)
        return self.top if host.place is None else children_of(section) if section else ()

    def within(self, host: Host) -> tuple[Written, ...]:
        """The lines that stand in a virtual host, outside its sections; of the main server those outside every one."""
        section = self.section(host)
        return children_of(section) if section else self.top if host.place is None else ()

    def names(self, host: Host) -> list[Written]:
        """The ServerName and ServerAlias lines of a host; those of the main server stand outside every section."""
        return [each for each in self.own(host) if each.name.lower() in ("servername", "serveralias")]


def _sections(directives: Sequence[Written]) -> Iterator[Written]:
    """The sections among directives that hold something, and those in them, level by level."""
    level = directives
    while level:
        held = [(each, children) for each in level if (children := getattr(each, "children", None))]
        yield from (each for each, _ in held)
        level = [child for _, children in held for child in children]


class _Spelt(dict[str, list[Written]]):
    """Lists by names as they are spelt: spellings that differ by case only share one, which ``found`` has."""

    def __init__(self) -> None:
        self.found: dict[str, list[Written]] = {}

    def __missing__(self, name: str) -> list[Written]:
        self[name] = self.found.setdefault(name.lower(), [])
        return self[name]


def _by_name(directives: Iterable[Written]) -> dict[str, list[Written]]:
    """Directives by their names in small letters."""
    spelt = _Spelt()
    for each in directives:
        spelt[each.name].append(each)
    return spelt.found


def children_of(directive: Written) -> tuple[Written, ...]:
    """What stands in a section, one level deep; nothing for a directive that is none."""
    children: tuple[Written, ...] | None = getattr(directive, "children", None)
    return children or ()

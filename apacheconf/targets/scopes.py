"""Where directives stand: outside every section, or in which one. Found once for each translation."""

from __future__ import annotations

from collections.abc import Iterable

from apacheconf.ledger import Written
from apacheconf.program.hosts import Host


class Scopes:
    """The directives of a configuration by the scope they were written in."""

    def __init__(self, directives: Iterable[Written]) -> None:
        found = tuple(directives)
        inner: set[int] = set()
        self._at: dict[int, Written] = {}
        self._everywhere = _by_name(found)
        for each in found:
            children = getattr(each, "children", None)
            if children:
                inner.update(map(id, children))
                self._at[id(each.place)] = each
        self.top = tuple(each for each in found if id(each) not in inner)
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


def _by_name(directives: Iterable[Written]) -> dict[str, list[Written]]:
    """Directives by their names in small letters. Most of a large file are spelt in one way, so that is looked up."""
    spelt: dict[str, list[Written]] = {}
    found: dict[str, list[Written]] = {}
    for each in directives:
        name = each.name
        if name not in spelt:
            spelt[name] = found.setdefault(name.lower(), [])
        spelt[name].append(each)
    return found


def children_of(directive: Written) -> tuple[Written, ...]:
    """What stands in a section, one level deep; nothing for a directive that is none."""
    children: tuple[Written, ...] | None = getattr(directive, "children", None)
    return children or ()

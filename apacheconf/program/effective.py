"""The effective configuration of one request: which host and sections apply, and what is set in the end, by whom.

The sections are asked as ``decide`` left the request: its path after rewriting, its file or mapped URL. Settings are
merged as the modules merge them; what no module file reads yet can't be merged and is given as written, scope by
scope.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields

from apacheconf.expand.tree import Node
from apacheconf.ledger import Written
from apacheconf.model.bound import Directive
from apacheconf.model.types import Model, Server
from apacheconf.modules.declare import Conf, Setting
from apacheconf.modules.mod_authz_core import AuthzDirConf
from apacheconf.program.decide import walk
from apacheconf.program.evaluate import State, holds
from apacheconf.program.fold import merge_walks
from apacheconf.program.hosts import Host, LayerKind
from apacheconf.program.program import Program
from apacheconf.program.request import Request
from apacheconf.program.requirements import Entry, Shown, shown
from apacheconf.program.sections import Found, in_merge_order
from apacheconf.source import Place

#: The schema of ``as_json``; it grows by keys, and gets a new number when a key changes its meaning.
SCHEMA = "apacheconf-effective/1"


@dataclass(frozen=True, slots=True)
class Effective:
    """``sections`` applied, in merge order; ``server`` and ``directory`` are the merged confs by module.

    ``unmerged`` are directives of the scopes that apply whose value nobody reads, in merge order. ``unasked`` are
    sections whose condition can't be evaluated, with the reason: they may apply.
    """

    host: Host
    sections: tuple[Found, ...]
    server: dict[str, Conf]
    directory: dict[str, Conf]
    unmerged: tuple[Node, ...]
    unasked: tuple[tuple[Written, str], ...]

    @property
    def requires(self) -> Setting[tuple[Entry, ...]]:
        conf = self.directory.get("mod_authz_core")
        return conf.requires if isinstance(conf, AuthzDirConf) else Setting(())

    def settings(self) -> Iterator[tuple[str, str, Setting[object]]]:
        """Module, name and Setting of all that is set, per server first."""
        for module in sorted({*self.server, *self.directory}):
            for confs in (self.server, self.directory):
                if module in confs:
                    for each in fields(confs[module]):
                        setting: Setting[object] = getattr(confs[module], each.name)
                        if setting.is_set:
                            yield module, each.name, setting


def effective(model: Model, program: Program, request: Request) -> Effective:
    """What holds for ``request`` (MRG-1, INH-12)."""
    course = walk(program, request)
    state = course.state
    server = model.servers[state.host.number]
    unasked: list[tuple[Written, str]] = []
    found = in_merge_order(server.sections, lambda node, reason: unasked.append((node, reason)), every=True)
    applied = tuple(_applied(found, state, mapped=course.origin is not None))
    sections = ((each.kind, each.section.confs.items()) for each in applied)
    directory = merge_walks(((LayerKind.SERVER, server.dir_confs.items()), *sections))
    tags = {id(found.section.node) for found in applied}
    unmerged = tuple(_unmerged(model.bound.directives, server, tags))
    heads = tuple((node, reason) for node, reason in unasked if isinstance(node, Node) and node.is_section)
    return Effective(state.host, applied, server.server_confs, directory, unmerged, heads)


def _applied(found: Iterable[Found], state: State, mapped: bool) -> Iterator[Found]:
    """Those that apply, a nested one only where its container does; Proxy and the file kinds exclude each other."""
    excluded = {LayerKind.DIRECTORY, LayerKind.FILES, LayerKind.HTACCESS} if mapped else {LayerKind.PROXY}
    asked: set[int] = set()
    for each in found:
        if each.kind in excluded or (each.outer is not None and id(each.outer) not in asked):
            continue
        if holds(each.matcher, state):
            asked.add(id(each))
            yield each


def _unmerged(directives: Iterable[Directive], server: Server, tags: set[int]) -> Iterator[Node]:
    """The directives without a setting of their own, of the main server, the host and the sections that apply."""
    for directive in directives:
        node, spec = directive.node, directive.spec
        if node is server.node or id(node) in tags:
            yield from _unmerged(directive.children or (), server, tags)
        elif directive.children is None and not (spec and spec.fills):
            yield node


# --- for people and for programs -----------------------------------------------------------------------------


def as_text(found: Effective) -> str:
    """The host, the sections in merge order, and per module the directives that hold, each behind its origin."""
    lines = [f"# {_host(found.host)}"]
    lines += [
        f"# {_tag(section.section.node)} applies ({_near(section.section.node.place)})" for section in found.sections
    ]
    lines += [f"# {_tag(node)} is not asked: {reason} ({_near(node.place)})" for node, reason in found.unasked]
    module, said = "", set[int]()
    for owner, name, setting in found.settings():
        if owner != module:
            lines += ["", f"# {owner}"]
            module = owner
        if (owner, name) == _REQUIRES:
            lines += [line for each in shown(found.requires) for line in _required(each, "")]
            continue
        for written in setting.said_by:
            if id(written) not in said:
                said.add(id(written))
                lines += [f"# {_near(written.place)}", _as_written(written)]
    if found.unmerged:
        lines += ["", "# as written: these are not merged here"]
        for node in found.unmerged:
            lines += [f"# {_near(node.place)}", _as_written(node)]
    return "".join(f"{line}\n" for line in lines)


_REQUIRES = ("mod_authz_core", "requires")


def _required(each: Shown, indent: str) -> Iterator[str]:
    """A Require line behind its origin, or a group with what stands in it."""
    place = f"{indent}# {_near(each.said_by.place)}"
    by = f" {_as_written(each.said_by)}" if each.section and each.said_by.name != each.section else ""
    yield f"{place}{by}{f' ({each.methods})' if each.methods else ''}"
    if not each.section:
        yield indent + _as_written(each.said_by)
        return
    yield f"{indent}<{each.section}>"
    for inner in each.entries:
        yield from _required(inner, f"{indent}  ")
    yield f"{indent}</{each.section}>"


def as_json(found: Effective) -> str:
    """The same as JSON.

    ``{"schema": "apacheconf-effective/1", "host": {"name", "file", "line"}, "sections": [directive], "settings":
    [{"module", "setting", "directives": [directive]}], "required": [directive with "section", "methods" and
    "entries"], "unmerged": [directive], "unasked": [directive with "reason"]}``; ``file`` and ``line`` are null for
    the main server. A directive is ``{"name", "arguments", "file", "line", "column"}`` as in ``dump --json``.
    ``setting`` is the name in snake case of what is set; defaults are left out. The directives of a list stand in the
    order in which they are asked. ``required`` is what AuthMerging leaves of the Require lines, any one of which is
    enough: ``section`` is RequireAll, RequireAny or RequireNone for a group of ``entries`` and empty for a line,
    ``methods`` says in words for which requests.
    """
    place = found.host.place
    document = {
        "schema": SCHEMA,
        "host": {
            "name": found.host.name,
            "file": place.name if place else None,
            "line": place.line if place else None,
        },
        "sections": [_plain(section.section.node) for section in found.sections],
        "settings": [
            {"module": module, "setting": name, "directives": [_plain(each) for each in dict.fromkeys(setting.said_by)]}
            for module, name, setting in found.settings()
        ],
        "required": [_required_plain(each) for each in shown(found.requires)],
        "unmerged": [_plain(node) for node in found.unmerged],
        "unasked": [{**_plain(node), "reason": reason} for node, reason in found.unasked],
    }
    return json.dumps(document, indent=2) + "\n"


def _host(host: Host) -> str:
    if host.place is None:
        return "the main server answers"
    return f"the virtual host {host.title} answers ({_near(host.place)})"


def _plain(written: Written) -> dict[str, object]:
    place = written.place
    return {
        "name": written.name,
        "arguments": written.args,
        "file": place.name,
        "line": place.line,
        "column": place.span.column,
    }


def _required_plain(each: Shown) -> dict[str, object]:
    inside = [_required_plain(inner) for inner in each.entries]
    return {**_plain(each.said_by), "section": each.section, "methods": each.methods, "entries": inside}


def _near(place: Place) -> str:
    return f"{place.name}:{place.line}"


def _tag(node: Written) -> str:
    return f"<{node.name}{' ' if node.args else ''}{node.args}>"


def _as_written(written: Written) -> str:
    is_section = isinstance(written, Node) and written.is_section
    return _tag(written) if is_section else f"{written.name} {written.args}".rstrip()

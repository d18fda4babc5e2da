"""The expanded tree as text (CLI-23) and as JSON, and the files it came from (CLI-22)."""

from __future__ import annotations

import json
from collections.abc import Iterable

from apacheconf.expand.surroundings import htaccess_around
from apacheconf.expand.tree import Expanded, Node
from apacheconf.modules import registry

#: The schema of ``dump_json``; it grows by keys, and gets a new number when a key changes its meaning.
SCHEMA = "apacheconf-dump/1"


def dump_config(expanded: Expanded) -> str:
    """What ``httpd -t -D DUMP_CONFIG`` prints: every node behind a comment with its line (CLI-23)."""
    lines: list[str] = []
    _dump(expanded.nodes, 0, "", lines)
    return "".join(f"{line}\n" for line in lines)


def _dump(nodes: Iterable[Node], depth: int, file: str, lines: list[str]) -> str:
    """Append the lines of ``nodes``; gives the file that was named last."""
    indent = "  " * depth
    for node in nodes:
        if htaccess_around(node):  # a file, not a section
            file = _dump(node.children or (), depth, file, lines)
            continue
        file = _name_file(node, file, lines)
        lines.append(f"{indent}#{node.place.line:4d}:")
        if node.children is None:
            lines.append(f"{indent}{_spelling(node.name)} {node.args}")
            continue
        name = _spelling(f"<{node.name}>")
        lines.append(f"{indent}{name} {node.args}{node.tail}")
        if node.children:  # httpd prints no close tag for an empty section
            file = _dump(node.children, depth + 1, file, lines)
            file = _name_file(node, file, lines)
            lines.append(f"{indent}</{name[1:]}>")
    return file


def _name_file(node: Node, file: str, lines: list[str]) -> str:
    """Name the file of ``node`` where it is another than before; never indented."""
    if node.place.name != file:
        lines.append(f"# In file: {node.place.name}")
    return node.place.name


def _spelling(name: str) -> str:
    """The name as httpd's table has it (LEX-22), a section without its ``>``."""
    row = registry.row(name)
    return (row.spelling if row else name).removesuffix(">")


def dump_includes(expanded: Expanded) -> str:
    """What ``httpd -t -D DUMP_INCLUDES`` prints: each reading of each file, below the one that includes it (CLI-22).

    httpd prints while it reads: what follows an error is not there.
    """
    read = (each for each in expanded.inclusions if not each.after_error)
    lines = [f"{'  ' * each.depth}({each.line or '*'}) {each.name}\n" for each in read]
    return "Included configuration files:\n" + "".join(lines)


def dump_json(expanded: Expanded) -> str:
    """The expanded tree as JSON.

    ``{"schema": "apacheconf-dump/1", "server_root", "modules": [identifier], "defines": {name: value},
    "directives": [...]}``. A directive is ``{"file", "line", "column", "name", "arguments"}`` with ``arguments``
    as raw text after expansion; a section has ``"children"`` too. ``file`` is the name that httpd's messages
    use and ``line`` the last physical line (MOD-9); ``column`` counts bytes from 1. Bytes are shown as latin-1.
    """
    document = {
        "schema": SCHEMA,
        "server_root": expanded.server_root,
        "modules": list(expanded.modules),
        "defines": expanded.defines,
        "directives": list(map(_as_json, expanded.nodes)),
    }
    return json.dumps(document, indent=2) + "\n"


def _as_json(node: Node) -> dict[str, object]:
    found: dict[str, object] = {
        "file": node.place.name,
        "line": node.place.line,
        "column": node.place.span.column,
        "name": node.name,
        "arguments": node.args,
    }
    if node.children is not None:
        found["children"] = list(map(_as_json, node.children))
    return found

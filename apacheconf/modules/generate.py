"""Writes ``directives.json`` out of the facts in ``tests/spec``: ``python -m apacheconf.modules.generate``.

The facts are ``directives.json`` (permission bits and argument types of httpd's own tables, the manual's words),
``httpd-directives.txt`` (what ``apache2 -L`` prints: each directive's own help), ``httpd-contexts.txt`` (where a
handler refuses what the bits allow) and ``httpd-modules.txt`` (``apache2 -M`` with everything loaded). Nothing in
the result is typed by hand.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

SPEC = Path(__file__).resolve().parents[2] / "tests" / "spec"
TARGET = Path(__file__).with_name("directives.json")

_HEADER = re.compile(r"(\S+) \((\w+\.c)\)\n")


def helps(text: str) -> dict[str, str]:
    """Each directive's help, by its spelling in httpd's table; it may have several lines."""
    found: dict[str, str] = {}
    name, lines = "", list[str]()
    for line in text.splitlines(keepends=True):
        header = _HEADER.fullmatch(line)
        if header:
            name, lines = header[1], []
        elif line.startswith("\tAllowed in"):
            found.setdefault(name, "".join(lines).removeprefix("\t").rstrip("\n"))
            lines = []
        else:
            lines.append(line)
    return found


def refused_contexts(text: str) -> dict[str, str]:
    pairs = (line.partition(" ") for line in text.splitlines() if not line.startswith("#"))
    return {name: letters for name, _, letters in pairs}


def spelling_of(row: dict[str, Any]) -> str:
    """The name as httpd's table has it, sections with their ``>``."""
    return str(row.get("binary_spelling") or row["name"])


def rows(facts: list[dict[str, Any]], help_of: dict[str, str], refused: dict[str, str]) -> Iterator[list[Any]]:
    """The compact rows; the registry names their columns."""
    for fact in facts:
        spelling, allowed = spelling_of(fact), fact["allowed"] or {}
        yield [
            spelling,
            fact["modules"],
            fact["args"] if fact["in_binary"] else None,
            "".join(key[0] for key, granted in allowed.items() if granted),
            refused.get(spelling.rstrip(">")) or refused.get(spelling, ""),
            fact["override"] or [],
            int(fact["exec_on_read"] or 0),
            help_of.get(spelling.rstrip(">")) or help_of.get(spelling, ""),
        ]


def generate() -> str:
    facts = json.loads((SPEC / "directives.json").read_text())
    help_of = helps((SPEC / "httpd-directives.txt").read_text())
    refused = refused_contexts((SPEC / "httpd-contexts.txt").read_text())
    identifiers = dict.fromkeys(line.split()[0] for line in (SPEC / "httpd-modules.txt").read_text().splitlines())
    lines = [json.dumps(row, separators=(",", ":"), ensure_ascii=True) for row in rows(facts, help_of, refused)]
    head = json.dumps(list(identifiers))
    body = ",\n".join(lines)
    return f'{{"identifiers":{head},\n"directives":[\n{body}\n]}}\n'


if __name__ == "__main__":
    text = generate()
    if "--check" in sys.argv:
        sys.exit(0 if TARGET.read_text() == text else f"{TARGET.name} is not what the facts give")
    TARGET.write_text(text)

"""Who may import whom (DES-1): the house's import directions, read from the source and kept as a table."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "apacheconf"

GROUND = {"source", "diagnostics", "ledger"}
READ = GROUND | {"syntax", "expand", "modules"}
MEANT = READ | {"model", "program"}

#: room -> the rooms it may import from, besides itself
MAY_IMPORT: dict[str, set[str]] = {
    "__init__": set(),
    "__main__": {"cli"},
    "source": set(),
    "diagnostics": {"source"},
    "ledger": {"source", "diagnostics"},
    "syntax": GROUND,
    "modules": GROUND | {"syntax"},
    "expand": GROUND | {"syntax", "modules"},
    "model": READ,
    "program": READ | {"model"},
    "runtime": GROUND | {"modules", "program"},
    "targets": GROUND | {"modules", "program"},
    "lint": MEANT,
    "explain": MEANT,
    "engines": GROUND,
    "origins": GROUND,
    "prove": MEANT | {"runtime", "targets", "engines", "origins"},
    "cli": MEANT | {"runtime", "targets", "lint", "explain", "prove", "engines", "origins"},
}

#: library -> where it may be imported
LIBRARIES: dict[str, set[str]] = {
    "lark": {"syntax"},
    "rich": {"cli"},
    "typer": {"cli"},
    "asyncio": {"runtime", "origins", "prove"},
    "uvloop": {"runtime", "origins", "prove"},
    "httptools": {"runtime"},
}


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Every module that a file imports, with the line, relative ones made absolute."""
    here = ("apacheconf", *path.relative_to(PACKAGE).with_suffix("").parts)
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = [*here[: -node.level], *filter(None, [node.module])] if node.level else [node.module or ""]
            if base == ["apacheconf"]:
                yield from ((node.lineno, f"apacheconf.{alias.name}") for alias in node.names)
            else:
                yield node.lineno, ".".join(base)


def refusal(room: str, name: str) -> str | None:
    """Why ``room`` may not import the module ``name``; None if it may."""
    top, _, rest = name.partition(".")
    if top == "apacheconf":
        other = rest.partition(".")[0]
        allowed = MAY_IMPORT[room] | {room, "__version__", ""}  # the package itself holds its version and its folder
        return None if other in allowed else f"{room} may not import {other}"
    if room not in LIBRARIES.get(top, {room}):
        return f"{top} is used only in {', '.join(sorted(LIBRARIES[top]))}"
    return None


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_follow_the_house(path: Path) -> None:
    room = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    assert room in MAY_IMPORT, f"a new room: say in MAY_IMPORT what {room} may import"
    wrong = [f"{path}:{line}: {why}" for line, name in imports(path) if (why := refusal(room, name))]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    ("room", "name", "allowed"),
    [
        ("runtime", "apacheconf.model.types", False),
        ("targets", "apacheconf.model", False),
        ("lint", "apacheconf.model.types", True),
        ("explain", "apacheconf.lint", False),
        ("cli", "rich.console", True),
        ("lint", "rich", False),
        ("expand", "lark", False),
        ("cli", "apacheconf.__version__", True),
    ],
)
def test_the_table_says_no(room: str, name: str, allowed: bool) -> None:
    assert (refusal(room, name) is None) is allowed

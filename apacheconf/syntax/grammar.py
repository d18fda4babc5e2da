"""The one door to Lark: opens a grammar of the folder ``grammars`` by name.

In a source checkout that folder stands beside the package, in a wheel within it. Nothing is cached on disk.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lark import Lark

_PACKAGE = Path(__file__).resolve().parent.parent


def folder() -> Path:
    """The folder that holds the grammars."""
    packaged = _PACKAGE / "grammars"
    return packaged if packaged.is_dir() else _PACKAGE.parent / "grammars"


@cache
def open_grammar(name: str, lexer: str = "basic", start: str = "start") -> Lark:
    """The LALR parser of ``grammars/NAME.lark``; Lark is imported at the first call only (0.08 s)."""
    from lark import Lark

    text = (folder() / f"{name}.lark").read_text("utf-8")
    options: dict[str, Any] = {"parser": "lalr", "lexer": lexer, "start": start}
    return Lark(text, **options)

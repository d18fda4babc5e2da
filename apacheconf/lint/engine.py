"""Runs the rules over a configuration. The folder ``rules`` is the list: no rule is registered anywhere."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from apacheconf.diagnostics import Diagnostic, UsageError
from apacheconf.lint.rule import Rule
from apacheconf.lint.view import View
from apacheconf.model.types import Model
from apacheconf.program.program import Program

RULES = Path(__file__).with_name("rules")


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of the folder: the rule, its check and its documentation."""

    rule: Rule
    check: Callable[[View], Iterator[Diagnostic]]
    doc: str

    @property
    def summary(self) -> str:
        """The documentation's first sentence."""
        return self.doc.split("\n", 1)[0]


@cache
def rules() -> tuple[Entry, ...]:
    """Every rule, by name."""
    names = sorted(file.stem for file in RULES.glob("*.py") if file.stem != "__init__")
    return tuple(_entry(import_module(f"apacheconf.lint.rules.{name}")) for name in names)


def _entry(module: Any) -> Entry:
    return Entry(module.RULE, module.check, inspect.cleandoc(module.__doc__))


def explain_rule(name: str) -> str:
    """The documentation of the rule ``name``. Raises UsageError with the nearest names for an unknown one."""
    known = {entry.rule.name: entry for entry in rules()}
    if name not in known:
        from difflib import get_close_matches

        near = get_close_matches(name, known) or sorted(known)
        raise UsageError(f"there is no lint rule called {name}", help=f"did you mean {', '.join(near)}?")
    entry = known[name]
    return f"{name} ({entry.rule.level.name.lower()})\n\n{entry.doc}\n"


def lint(model: Model, program: Program | None = None) -> tuple[Diagnostic, ...]:
    """All findings of all rules, sorted by file, line and column.

    ``program`` may be None when the configuration has errors. A line that is read several times (an Include
    or a macro used twice) is reported once per message.
    """
    view = View(model, program)
    found = {_key(finding): finding for entry in rules() for finding in entry.check(view)}
    return tuple(found[key] for key in sorted(found))


def _key(finding: Diagnostic) -> tuple[str, int, int, str, str]:
    where = finding.where
    if where is None:
        return ("", 0, 0, finding.name, finding.message)
    return (where.file.name, where.line, where.column, finding.name, finding.message)

"""Bound directives: every node of the expanded tree with its declaration, its words and its value."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from apacheconf.diagnostics import Diagnostic
from apacheconf.expand.tree import Expanded, Node
from apacheconf.modules.declare import Context, Spec


class Directive(NamedTuple):
    """One bound node.

    ``spec`` is None for a name nobody knows, ``words`` the arguments after quoting (LEX-30), ``value`` what the
    declaration's parse made of them (None without one, or where it refused). ``children`` are None unless it is
    a section.
    """

    node: Node
    spec: Spec | None
    words: tuple[str, ...]
    context: Context
    value: Any
    children: tuple[Directive, ...] | None


@dataclass(frozen=True, slots=True, eq=False)
class Bound:
    """The bound tree and what was wrong with it, in the order in which httpd would meet it."""

    expanded: Expanded
    directives: tuple[Directive, ...]
    diagnostics: tuple[Diagnostic, ...] = field(default=())

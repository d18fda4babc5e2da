"""Declarations whose name, argument shape and contexts are the facts' own (``directives.json``).

A module file that adds nothing but values to what httpd's tables say declares its directives with ``listed``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from apacheconf.modules.declare import Args, Fate, Parse, Spec, on_or_off
from apacheconf.modules.fates import fate_of_undeclared
from apacheconf.modules.registry import row


def listed(name: str, parse: Parse | None = None, **more: Any) -> Spec:
    """The row of a directive as the facts have it, with a value. ``more`` are further fields of the Spec.

    Its fate in ``serve`` is that of a directive which nobody declares, unless ``more`` says another.
    """
    facts = row(name)
    assert facts is not None and facts.args is not None, name
    args = Args(facts.args)
    if parse is None and "parse_in" not in more and args is Args.FLAG:
        parse = on_or_off
    module = "mpm_common" if facts.modules[0] in ("event", "worker", "prefork") else facts.modules[0]
    more.setdefault("fate", fate_of_undeclared(facts.spelling, module))
    return Spec(facts.spelling, args, facts.contexts, parse=parse, **more)


def flags(names: str, **more: Any) -> list[Spec]:
    """FLAG directives that nobody reads yet: checked, and filling nothing."""
    return [listed(name, **more) for name in names.split()]


def served(directives: Sequence[Spec]) -> list[Spec]:
    """Directives that ``serve`` does, though their steps may name others: how one is asked who it is."""
    return [replace(each, fate=Fate.SERVED) for each in directives]

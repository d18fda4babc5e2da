"""What holds of Require lines for one request, as sections within each other (MRG-20, STR-17).

AuthMerging makes a group of what two sections require. Nobody has written that group as a section, so it is shown as
one, said by the AuthMerging.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from apacheconf.ledger import Written
from apacheconf.modules.declare import Methods, Setting
from apacheconf.modules.mod_authz_core import RequireGroup, Requirement

Entry = Requirement | RequireGroup


class Shown(NamedTuple):
    """A line, or a group under the name of its section (``RequireAll``); ``methods`` says for which requests."""

    said_by: Written
    section: str
    entries: tuple[Shown, ...]
    methods: str


def shown(requires: Setting[tuple[Entry, ...]]) -> Iterator[Shown]:
    """The lines and groups of ``requires``, any one of which is enough."""
    for entry, said_by in zip(requires.value, requires.said_by, strict=True):
        yield _shown(entry, said_by)


def _shown(entry: Entry, said_by: Written) -> Shown:
    if isinstance(entry, Requirement):
        return Shown(said_by, "", (), _methods(entry.methods))
    if len(entry.entries) == 1 and said_by.name == "AuthMerging" and entry.kind == "any":
        return _shown(entry.entries[0], entry.said_by[0])
    inside = tuple(map(_shown, entry.entries, entry.said_by))
    return Shown(said_by, f"Require{entry.kind.capitalize()}", inside, _methods(entry.methods))


def _methods(methods: Methods) -> str:
    names = " ".join(sorted(methods.names))
    if not methods.all_but:
        return f"for {names}"
    return f"for every method but {names}" if names else ""

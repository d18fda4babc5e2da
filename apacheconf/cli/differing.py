"""What a translation makes differ, and the refusal of it: ``translate --strict`` and ``serve --engine``."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from apacheconf.cli.draw import near
from apacheconf.diagnostics import StrictError
from apacheconf.ledger import Outcome

if TYPE_CHECKING:
    from apacheconf.targets import Translation


def refuse(translation: Translation, accepted: Collection[str], why: str) -> None:
    """Raises StrictError for directives that are approximated or unsupported and not ``accepted``, in any case.

    An accepted name is a directive's or a caveat's. What differs whatever the configuration says is no directive's
    outcome: the report announces it every time.
    """
    taken = frozenset(name.lower() for name in accepted)
    found = [
        (row, answer)
        for row in translation.rows
        for answer in row.answers
        if answer.outcome >= Outcome.APPROXIMATED and not {row.name.lower(), answer.key.lower()} & taken
    ]
    if found:
        told = (
            f"  {near(row.place)}: {row.name} {answer.outcome.words}: {answer.caveat}"
            + (f" [{answer.key}]" if answer.key else "")
            for row, answer in found
        )
        listed = "\n".join([*dict.fromkeys(told), *_strangers(translation, accepted)])
        flags = " ".join(f"--accept {name}" for name in dict.fromkeys(row.name for row, _ in found))
        raise StrictError(f"{why}\n{listed}\n  help: change the configuration, or accept what is named: {flags}")


def _strangers(translation: Translation, accepted: Collection[str]) -> Iterator[str]:
    """Accepted names that are of nothing here: a typo is found where something is refused in spite of it."""
    known = {row.name.lower() for row in translation.rows}
    known |= {answer.key.lower() for row in translation.rows for answer in row.answers}
    yield from (f"  --accept {name}: no directive and no caveat here has this name" for name in accepted
                if name.lower() not in known)  # fmt: skip

"""Claims: what an emitted node says about the directives it came from, until its line is known.

A target builds its whole output tree first and prints it once. Only then does a node have a line, so the
nodes carry claims, and printing turns each claim into an answer of the ledger with ``file:line``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from apacheconf.ledger import Ledger, Outcome, Written


@dataclass(frozen=True, slots=True)
class Claim:
    """These directives went here, with this outcome; see ``ledger.Answer`` for the words."""

    said_by: tuple[Written, ...]
    outcome: Outcome
    caveat: str = ""
    key: str = ""


#: What becomes of AllowEncodedSlashes NoDecode where a section applies (PU-4).
IN_SECTIONS = "where a section applies httpd sends %2F as %252F; here it goes on as it came"


def exact(said_by: Iterable[Written]) -> Claim:
    """No request tells the difference (DES-5)."""
    return Claim(tuple(said_by), Outcome.EXACT)


def equivalent(said_by: Iterable[Written], caveat: str, key: str) -> Claim:
    """It differs in ways that the protocol calls the same (DES-5)."""
    return Claim(tuple(said_by), Outcome.EQUIVALENT, caveat, key)


def approximated(said_by: Iterable[Written], caveat: str, key: str) -> Claim:
    """It differs for the requests that ``caveat`` names (DES-5)."""
    return Claim(tuple(said_by), Outcome.APPROXIMATED, caveat, key)


def unsupported(said_by: Iterable[Written], caveat: str, key: str) -> Claim:
    """Nothing stands in the output for it (DES-5)."""
    return Claim(tuple(said_by), Outcome.UNSUPPORTED, caveat, key)


def settle(claims: Iterable[tuple[int, Claim]], file: str, ledger: Ledger) -> None:
    """Give the claims, each with the line it was printed at, to the ledger."""
    for line, claim in claims:
        ledger.carry(claim.said_by, claim.outcome, claim.caveat, f"{file}:{line}", claim.key)

"""mod_mime in nginx: media types, which only files that nginx itself serves have."""

from __future__ import annotations

from collections.abc import Iterable

from apacheconf.ledger import Outcome
from apacheconf.targets.claims import Claim
from apacheconf.targets.fates import FILES
from apacheconf.targets.nginx.lowering import Lowering

_NOTHING = "no file is asked for: origins say the type of what they send"


def settle_types(low: Lowering, claims: Iterable[Claim]) -> None:
    """TypesConfig, once everything else is written: it says nothing where all answers come from origins.

    Where a folder should have been served the loss of its types is told with it.
    """
    named = tuple(low.scopes.named("typesconfig"))
    serves = any(each.caveat == FILES and each.said_by for each in (*claims, *low.dropped))
    if named and not serves:
        low.dropped.append(Claim(named, Outcome.NO_EFFECT, _NOTHING))

"""How much of the sites is carried: of the directives with an effect, those that come out exact or equivalent (DES-5).

The floors only ever rise. What each site lacks is in its report: ``apacheconf translate --to nginx PATH``.
"""

from __future__ import annotations

from collections import Counter

import pytest

from apacheconf.engines import Sandbox, find
from apacheconf.ledger import Outcome
from apacheconf.program import load
from apacheconf.targets import translate
from tests import sites

#: Target -> the least share of rows, over all sites together.
FLOORS = {"nginx": 0.9, "haproxy": 0.77}
CARRIED = {Outcome.EXACT, Outcome.EQUIVALENT}
EFFECT = CARRIED | {Outcome.APPROXIMATED, Outcome.UNSUPPORTED}


@pytest.mark.parametrize("target", FLOORS)
def test_the_share_that_is_carried(target: str) -> None:
    found: Counter[Outcome] = Counter()
    for name in sites.names():
        with Sandbox("coverage") as box:
            program = load([], sites.lay_out(name, box, find("httpd")).options()).require()
            found.update(row.outcome for row in translate(program, target).rows)
    effect = sum(found[each] for each in EFFECT)
    share = sum(found[each] for each in CARRIED) / effect
    assert share >= FLOORS[target], f"{share:.3f} of {effect} rows"

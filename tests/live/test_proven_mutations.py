"""Those of the mutation check, translated or served, differ from httpd only where it was announced (DIF-1).

The check itself (DIF-13) compares a translation with what is left of it, and so would find a wrong line as good as a
right one.
"""

from __future__ import annotations

import pytest

from apacheconf.prove.run import compare_fronts
from apacheconf.prove.side import Front
from tests.live.mutations import CONFIGS, laid_out
from tests.live.test_prove import AGAINST, needed, say


@pytest.mark.live
@pytest.mark.prove_all
@pytest.mark.parametrize("against", AGAINST)
@pytest.mark.parametrize("name", CONFIGS)
def test_no_unannounced_difference(name: str, against: str) -> None:
    needed(against)
    with laid_out(name) as loaded:
        report = compare_fronts(loaded, Front.find("httpd"), Front.find(against), lambda _: None)
    assert report.asked >= 200
    assert not report.unannounced, say(report)

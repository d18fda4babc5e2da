"""Every site, translated or served, asked the same as httpd: no difference but those that are announced (DIF-1)."""

from __future__ import annotations

import pytest

from apacheconf.engines import Sandbox
from apacheconf.program import load
from apacheconf.prove import Report
from apacheconf.prove.report import Result
from apacheconf.prove.run import compare_fronts
from apacheconf.prove.side import Front
from tests import sites
from tests.engines.real import need
from tests.live.proof_table import BUSY, BY_CHANCE, OPEN


def _proven(name: str, target: str) -> Report:
    httpd = need("httpd")
    if target != "serve":
        need(target)
    with Sandbox("site") as box:
        loaded = load([], sites.lay_out(name, box, httpd).options())
        return compare_fronts(loaded, Front.find("httpd"), Front.find(target), lambda _: None)


def _is_turn(result: Result) -> bool:
    """Whether another member was asked, and that is all."""
    which = {"origin: which", "origin: header Host", "header X-Origin", "how often each member was asked"}
    return all(aspect.what in which for aspect in result.comparison.aspects)


@pytest.mark.live
@pytest.mark.prove_all
@pytest.mark.parametrize("target", sorted(OPEN))
@pytest.mark.parametrize("name", sites.names())
def test_a_site_differs_only_where_it_was_announced(name: str, target: str) -> None:
    report = _proven(name, target)
    assert report.results, report.notes
    differing = [each for each in report.unannounced if not (target == "serve" and name in BUSY and _is_turn(each))]
    found = [f"{each.scenario} / {each.probe}: {each.comparison.aspects[0]}" for each in differing]
    if name in OPEN[target]:
        assert found or name in BY_CHANCE, f"nothing differs any more: take {name} out of the table"
    else:
        assert not found, f"{len(found)} differences, such as " + "\n".join(found[:5])


def test_the_table_names_sites() -> None:
    assert all(names <= set(sites.names()) for names in OPEN.values())

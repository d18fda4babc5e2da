"""Whoever takes a line out of a translation is noticed by a probe, or the line is listed as unprobed (DIF-13)."""

from __future__ import annotations

import re

import pytest

from apacheconf.engines import Sandbox, find
from apacheconf.program import load
from apacheconf.prove import client
from tests import record, sites
from tests.engines.real import need
from tests.live.mutations import unnoticed
from tests.live.unprobed import UNPROBED

#: What is tried, and for how many seconds: between them the constructs of the specification's sections 1 and 2.
SITES = {"reverse-proxy": 110.0, "load-balancer": 110.0}


@pytest.mark.live
@pytest.mark.prove_all
@pytest.mark.parametrize("target", UNPROBED)
@pytest.mark.parametrize("site", SITES)
def test_every_line_is_missed_by_a_probe(site: str, target: str, monkeypatch: pytest.MonkeyPatch) -> None:
    need("httpd")
    need(target)
    monkeypatch.setattr(client, "PATIENCE", client.PATIENCE)
    with Sandbox("site") as box:
        if site in record.SITES:
            loaded = load([str(record.ROOT / record.SITES[site])])
        else:
            loaded = load([], sites.lay_out(site, box, find("httpd")).options())
        missed, tried, _ = unnoticed(loaded, target, SITES[site])
    assert tried >= 20
    found = [line for line in missed if not any(re.fullmatch(pattern, line) for pattern in UNPROBED[target])]
    assert not found, f"{len(found)} of {tried} lines:\n" + "\n".join(found)


def test_every_pattern_has_its_reason() -> None:
    for patterns in UNPROBED.values():
        for pattern, reason in patterns.items():
            re.compile(pattern)
            assert reason

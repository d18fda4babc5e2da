"""httpd's recorded answers, replayed against our engine: the first ring, which needs no httpd (DIF-1)."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest

from apacheconf.prove.compare import compare
from apacheconf.prove.normalise import rules_for
from apacheconf.prove.observe import Observation
from apacheconf.prove.side import Front, observe
from tests import record

Seen = dict[str, Observation]
SCENARIOS = {
    "reverse-proxy": ("all up", "all down"),
    "load-balancer": ("all up", "sequence of members", "one member down", "all down"),
}
FAMILIES = ("host", "path", "method", "body", "header", "version", "connection", "origin", "last", "down", "sequence")


@pytest.fixture(scope="module")
def served() -> Callable[[str, str], Seen]:
    """What our engine answers to a scenario of a site; each is asked once."""

    @cache
    def ask(site: str, name: str) -> Seen:
        loaded = record.load_site(site)
        target, scenario = next(pair for pair in record.scenarios_of(loaded) if pair[1].name == name)
        return observe(loaded, target, scenario, Front.find("serve"), lambda probe: None)[0]

    return ask


CASES = [
    pytest.param(site, scenario, family, id=f"{site}, {scenario}: {family}")
    for site, names in SCENARIOS.items()
    for scenario in names
    for family in FAMILIES
    if any(probe.startswith(f"{family}:") for probe in record.read(site)[1][scenario])
]


@pytest.mark.live
@pytest.mark.parametrize(("site", "scenario", "family"), CASES)
def test_answers_as_httpd_was_seen_to(
    site: str, scenario: str, family: str, served: Callable[[str, str], Seen]
) -> None:
    recorded = record.read(site)[1][scenario]
    ours = served(site, scenario)
    different = [
        f"{name}\n    {aspect.what}: httpd {aspect.reference!r}, serve {aspect.other!r}"
        for name, httpd in recorded.items()
        if name.startswith(f"{family}:")
        for aspect in compare(httpd, ours[name], rules_for("serve")).aspects
    ]
    assert not different, "\n" + "\n".join(different)


def test_everything_that_is_asked_was_recorded() -> None:
    for site in SCENARIOS:
        asked = {pair[1].name: {p.name for p in pair[1].probes} for pair in record.scenarios_of(record.load_site(site))}
        recorded = {scenario: set(probes) for scenario, probes in record.read(site)[1].items()}
        assert asked == recorded, f"{site}: run `make record`"


def test_enough_is_asked() -> None:
    """At least 40 requests for each configuration, as the first road demands."""
    for site in SCENARIOS:
        assert len(record.read(site)[1]["all up"]) >= 40

"""Live comparisons on loopback: httpd against our engine, nginx and HAProxy, on the sites of the first road.

The fixed sample runs in ``make test``; the sites in the layouts of distributions and the other versions of
nginx and HAProxy run in ``make prove-all``.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from apacheconf.engines import Engine
from apacheconf.program.loading import load
from apacheconf.prove import Report, prove
from apacheconf.prove.run import compare_fronts
from apacheconf.prove.side import Front, observe
from tests import record
from tests.engines.real import need

AGAINST = ("serve", "nginx", "haproxy")
TREES = {"debian": "fixtures/sites/debian", "redhat": "fixtures/sites/redhat"}


def needed(against: str) -> None:
    need("httpd")
    if against != "serve":
        need(against)


def say(report: Report) -> str:
    """Every unannounced difference in two lines."""
    lines = [f"{report.reference} against {report.other}: {len(report.unannounced)} of {report.asked}"]
    for result in report.unannounced:
        lines.append(f"{result.scenario} / {result.probe}   [{result.cause}]")
        lines += [f"    {a.what}: {a.reference!r} / {a.other!r}" for a in result.comparison.aspects]
    return "\n".join(lines)


@pytest.mark.live
@pytest.mark.parametrize("against", AGAINST)
@pytest.mark.parametrize("site", record.SITES)
def test_no_unannounced_difference(site: str, against: str) -> None:
    needed(against)
    report = prove([str(record.ROOT / record.SITES[site])], against=against, reference="httpd")
    assert report.asked >= 40
    assert report.exit_code == 0, say(report)


@pytest.mark.live
@pytest.mark.parametrize("site", record.SITES)
def test_httpd_still_answers_as_recorded(site: str) -> None:
    """A recording is of one version; another one is re-recorded with ``make record``, never tolerated."""
    engine, (version, recorded) = need("httpd"), record.read(site)
    if engine.version != version:
        pytest.skip(f"recorded from httpd {version}, and this is {engine.version}: run `make record`")
    loaded = record.load_site(site)
    for target, scenario in record.scenarios_of(loaded):
        seen, _ = observe(loaded, target, scenario, Front.find("httpd"), lambda probe: None)
        for name, observation in seen.items():
            assert observation == recorded[scenario.name][name], name


@pytest.mark.live
@pytest.mark.prove_all
@pytest.mark.parametrize("against", AGAINST)
@pytest.mark.parametrize("tree", TREES)
def test_trees_of_distributions(tree: str, against: str) -> None:
    needed(against)
    report = prove([str(record.ROOT / TREES[tree])], against=against, reference="httpd")
    assert report.exit_code == 0, say(report)


TWO_HOSTS = """\
Listen 8081
<VirtualHost *:8081>
    ServerName a.test
    <Location /app>
        ProxyPass http://app.internal:9000/base
        ProxyPassReverse http://app.internal:9000/base
    </Location>
    ProxyPass /img/ http://img.internal/
</VirtualHost>
<VirtualHost *:8081>
    ServerName b.test
    ServerAlias *.b.test www.b2.test
    ProxyPass /x http://b.internal:9000/y
</VirtualHost>
"""


@pytest.mark.live
@pytest.mark.prove_all
@pytest.mark.parametrize("against", AGAINST)
def test_hosts_and_mappings_below_a_path(against: str, tmp_path: Path) -> None:
    """Two hosts, a mapping in a section, paths that nothing maps, and origins whose names resolve nowhere."""
    needed(against)
    (tmp_path / "site.conf").write_text(TWO_HOSTS)
    report = prove([str(tmp_path)], against=against, reference="httpd")
    assert {result.host for result in report.results} == {"a.test", "b.test"}
    assert report.exit_code == 0, say(report)


@pytest.mark.live
@pytest.mark.prove_all
@pytest.mark.parametrize(("name", "version"), [("nginx", "1.31"), ("haproxy", "2.8")])
@pytest.mark.parametrize("site", record.SITES)
def test_other_versions(site: str, name: str, version: str) -> None:
    need("httpd")
    engine: Engine = need(name, version)
    loaded = load([str(record.ROOT / record.SITES[site])])
    report = compare_fronts(loaded, Front.find("httpd"), Front(name, engine), lambda probe: None)
    assert report.exit_code == 0, say(report)

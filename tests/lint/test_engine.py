"""The engine: order, repetition, pages of rules."""

from __future__ import annotations

from pathlib import Path

import pytest

from apacheconf.diagnostics import Level, UsageError
from apacheconf.lint.engine import explain_rule
from tests.lint.cases import findings

SITES = Path(__file__).parents[2] / "fixtures" / "sites"


def test_findings_are_sorted_by_file_line_and_column(tmp_path: Path):
    (tmp_path / "b.conf").write_text('ProxyPass "/b/" "http://10.0.0.1/b"\nProxyPass "/a/" "http://10.0.0.2/a"\n')
    (tmp_path / "a.conf").write_text('<VirtualHost *:80>\nProxyPass "/c/" "http://10.0.0.3/c"\n</VirtualHost>\n')
    places = [(Path(f.where.file.name).name, f.where.line, f.where.column) for f in findings(tmp_path) if f.where]
    assert places == sorted(places)
    assert {place[0] for place in places} == {"a.conf", "b.conf"}


def test_a_line_that_is_read_twice_is_reported_once(tmp_path: Path):
    site = tmp_path / "site.conf"
    site.write_text(
        "<Macro site $name>\n<VirtualHost *:80>\nServerName $name\n"
        'ProxyPass "/c/" "http://10.0.0.1/b"\n</VirtualHost>\n</Macro>\n'
        "Use site a.example\nUse site b.example\n"
    )
    found = [finding for finding in findings(site) if finding.name == "trailing-slash-mismatch"]
    assert [finding.where.line for finding in found if finding.where] == [4]


def test_a_continued_line_is_pointed_at_where_the_word_stands(tmp_path: Path):  # LEX-9
    site = tmp_path / "site.conf"
    site.write_text('ProxyPass "/c/" \\\n    "http://10.0.0.1/b" \\\n    timeout=5\n')
    (found,) = [finding for finding in findings(site) if finding.name == "trailing-slash-mismatch"]
    assert found.where is not None
    assert (found.where.line, found.where.column, found.where.text) == (2, 5, '"http://10.0.0.1/b"')


def test_a_word_with_a_variable_is_pointed_at(tmp_path: Path):  # VAR
    site = tmp_path / "site.conf"
    site.write_text('Define ORIGIN 10.0.0.1:8080\nProxyPass "/c/" "http://${ORIGIN}/b"\n')
    (found,) = [finding for finding in findings(site) if finding.name == "trailing-slash-mismatch"]
    assert found.where is not None
    assert found.where.text == '"http://${ORIGIN}/b"'
    assert "10.0.0.1:8080" in (found.help or "")


@pytest.mark.parametrize("site", ["reverse-proxy/conf.d", "load-balancer/conf.d", "debian", "redhat"])
def test_the_sites_of_the_first_road_are_free_of_warnings(site: str):
    assert [str(f) for f in findings(SITES / site) if f.level >= Level.WARNING] == []


def test_the_page_of_a_rule_begins_with_its_name():
    assert explain_rule("overlapping-hosts").startswith("overlapping-hosts (warning)\n\nA name that")


def test_an_unknown_rule_is_answered_with_the_nearest():
    with pytest.raises(UsageError) as caught:
        explain_rule("overlaping-hosts")
    assert "overlapping-hosts" in (caught.value.help or "")

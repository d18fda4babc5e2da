"""The translations of the sites in fixtures/sites, whole, and what holds for all of them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from apacheconf.engines import Verdict, check
from apacheconf.expand.tree import Node
from apacheconf.ledger import Outcome, Written
from apacheconf.program import load
from apacheconf.targets import TARGETS, translate
from tests.engines.real import need
from tests.targets.golden import PATHS, SITES, VERSIONS, expected_files, expected_versions, translation_of

_BOTH = [(site, target) for site in PATHS for target in TARGETS]


@pytest.mark.parametrize("site", PATHS)
def test_the_files_beside_a_site_are_what_is_written(site: str) -> None:
    for path, text in expected_files(site).items():
        assert path.read_text(encoding="latin-1") == text, f"{path}: rewrite with python -m tests.targets.golden"


@pytest.mark.parametrize(("site", "target"), _BOTH)
def test_every_directive_as_written_has_one_row(site: str, target: str) -> None:
    """DES-6: counted from the expanded tree, not from the ledger."""
    loaded = load([str(SITES / site / PATHS[site])])
    written: list[Written] = [*loaded.expanded.walk(), *loaded.expanded.absent]
    spans = {(each.place.span.file.name, each.place.span.start) for each in written}
    rows = translate(loaded.require(), target).rows
    assert len(rows) == len(spans)
    assert {(row.place.span.file.name, row.place.span.start) for row in rows} == spans


@pytest.mark.parametrize(("site", "target"), _BOTH)
def test_a_row_that_says_where_points_to_a_line_that_is_there(site: str, target: str) -> None:
    translation = translation_of(site, target)
    for row in translation.rows:
        for answer in row.answers:
            if answer.at:
                name, _, line = answer.at.rpartition(":")
                assert translation.files[name].splitlines()[int(line) - 1].strip()
            assert answer.outcome <= Outcome.EXACT or (answer.caveat and answer.key), row


@pytest.mark.live
@pytest.mark.parametrize(("site", "target"), _BOTH)
def test_the_target_takes_it_without_a_warning(site: str, target: str) -> None:
    """NGX-16, HAP-3; NGX-3: a server that has loaded none of the modules that are no part of it."""
    files = translation_of(site, target).files
    assert not any("load_module" in each for each in files.values())
    result = check(target, files)
    assert result.verdict is Verdict.VALID, result.output


def test_the_files_of_each_version_are_what_is_written() -> None:
    for path, text in expected_versions().items():
        assert path.read_text(encoding="latin-1") == text, f"{path}: rewrite with python -m tests.targets.golden"


@pytest.mark.parametrize("target", TARGETS)
def test_versions_differ_in_more_than_their_number(target: str) -> None:
    texts = [(VERSIONS / "expected" / f"{target}-{each}.cfg").read_text("latin-1") for each in TARGETS[target]]
    assert len({text.partition("\n")[2] for text in texts}) == len(texts)


@pytest.mark.live
@pytest.mark.parametrize(("target", "version"), [(target, each) for target, found in TARGETS.items() for each in found])
def test_each_version_is_taken_by_its_server(target: str, version: str) -> None:
    """NGX-1, HAP-3, DES-17: by a server of that version, be it from PyPI."""
    program = load([str(VERSIONS / "site.conf")]).require()
    result = check(need(target, version), translate(program, target, version).files)
    assert result.verdict is Verdict.VALID, result.output


@pytest.mark.live
@pytest.mark.parametrize("site", PATHS)
@pytest.mark.parametrize(("target", "version"), [(target, found[-1]) for target, found in TARGETS.items()])
def test_the_newest_takes_every_site(site: str, target: str, version: str) -> None:
    result = check(need(target, version), translation_of(site, target, version).files)
    assert result.verdict is Verdict.VALID, result.output


@pytest.mark.parametrize("target", TARGETS)
def test_the_output_depends_on_neither_folder_nor_hash_seed(target: str, tmp_path: Path) -> None:
    """DES-12."""
    site = tmp_path / "somewhere" / "conf.d"
    site.mkdir(parents=True)
    source = SITES / "load-balancer" / "conf.d" / "example.com.conf"
    (site / source.name).write_bytes(source.read_bytes())
    program = (
        "import sys; from apacheconf.program import load; from apacheconf.targets import translate;"
        "sys.stdout.write(translate(load([sys.argv[1]]).require(), sys.argv[2]).text)"
    )
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(SITES.parents[1])}
        run = subprocess.run(
            [sys.executable, "-c", program, str(site), target],
            capture_output=True,
            text=True,
            env=environment,
            check=True,
        )
        assert run.stdout == translation_of("load-balancer", target).text


def test_lines_lead_from_a_directive_to_the_output() -> None:
    loaded = load([str(SITES / "load-balancer" / "conf.d")])
    translation = translate(loaded.require(), "nginx")
    mapping = next(node for node in loaded.expanded.walk() if isinstance(node, Node) and node.name == "ProxyPass")
    (at,) = (answer.at for answer in translation.ledger.answers_of(mapping))
    assert "proxy_pass http://mycluster;" in translation.text.splitlines()[int(at.rpartition(":")[2]) - 1]

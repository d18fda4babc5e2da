"""Sets of rules through ``decide``: it comes to what httpd was seen to do.

RW-1, RW-2, RW-4 to RW-6, RW-8 to RW-16, RW-20 to RW-35, RW-40 to RW-43, INH-8, INH-9, LOC-20, PP-21, PP-24, AL-7,
SEM-3, SEM-4, SEM-28 to SEM-31, WK-4, TL-8.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from apacheconf.program import Program, load
from tests.rewriting import FILES, RuleSet, Stage, decided, parse_request, read, recorded, write_files

RECORDED = recorded()
CASES = [(file, each, line) for file in FILES for each in read(file) for line in each.requests]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    root: Path = tmp_path_factory.mktemp("site") / "www"
    authorities = {"{o}": "127.0.0.1:18001", "{p}": "127.0.0.1:18002"}
    write_files(root, authorities)
    return Stage(18000, authorities, root)


@pytest.fixture(scope="module")
def programs(stage: Stage, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Program]:
    folder = tmp_path_factory.mktemp("programs")
    loaded = {}
    for file in FILES:
        path = folder / f"{file}.conf"
        path.write_text(stage.config(file))
        loaded[file] = load([str(path)]).require()
    return loaded


@pytest.mark.parametrize(("file", "rules", "line"), CASES, ids=[f"{each.title}: {line}" for _, each, line in CASES])
def test_rules_do_what_httpd_does(
    programs: dict[str, Program], stage: Stage, file: str, rules: RuleSet, line: str
) -> None:
    request = parse_request(line, rules, stage)
    assert decided(programs[file], request, stage) == RECORDED[rules.title][line]

"""The read phase against what the real httpd said (fixtures/reading, fixtures/errors), and against httpd itself.

The fixtures' names begin with the statement that they show, such as lex-09 for LEX-9.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from apacheconf.diagnostics import Level
from apacheconf.expand import Expanded, Options, expand, find
from tests.engines.real import need
from tests.expand import fixture

READING = list(fixture.every(fixture.FIXTURES / "reading"))
ERRORS = list(fixture.every(fixture.FIXTURES / "errors"))


def read(path: Path, root: Path) -> Expanded:
    main = fixture.load(path).lay_out(root)
    loads = tuple(f"LoadModule {name}_module modules/mod_{name}.so" for name in fixture.MODULES)
    options = Options(file=str(main), server_root=str(root), before=loads, environ={"HOME_PAGE": "from env"})
    return expand(find([], options), options)


@pytest.mark.parametrize("path", READING, ids=lambda path: path.stem)
def test_reads_what_httpd_reads(path: Path, tmp_path: Path) -> None:
    """The same tree, and the same warnings.

    Lines: LEX-3, LEX-4, LEX-7 to LEX-20, LEX-22, LEX-23, LEX-42, LEX-50 to LEX-53, PIT-1 to PIT-4, PIT-10 to PIT-13,
    PIT-22, PIT-23, PIT-26, PIT-40, PIT-41, PIT-64. Variables: VAR-1 to VAR-11. Includes: INC-1 to INC-7, INC-10,
    INC-11, INC-13, PIT-36. Conditions: COND-1 to COND-5, COND-7 to COND-16, COND-18, PIT-17, PIT-19, PIT-20, PIT-24,
    PIT-25, PIT-53, PIT-54. Macros: MAC-1 to MAC-6, MAC-8 to MAC-11, PIT-39. MOD-1, MOD-2, CLI-10, CLI-23.
    """
    expanded = read(path, tmp_path)
    says = fixture.load(path).says
    warned = [line for line in says.splitlines() if line.startswith("[")]
    tree = "".join(line for line in says.splitlines(keepends=True) if not line.startswith("["))
    assert fixture.dump(expanded, tmp_path) == tree
    ours = [d.httpd.replace(str(tmp_path), "ROOT") for d in expanded.diagnostics if d.httpd and d.level]
    assert ours == [line.partition("] ")[2] for line in warned]
    assert not [d for d in expanded.diagnostics if d.level is Level.ERROR]


@pytest.mark.parametrize("path", ERRORS, ids=lambda path: path.stem)
def test_refuses_in_the_words_of_httpd(path: Path, tmp_path: Path) -> None:
    """MOD-3, MOD-4, MOD-7 to MOD-9: the first error is the one that httpd reports, at the same line.

    LEX-2, LEX-7, LEX-24, LEX-54, LEX-56 to LEX-60, PIT-27, PIT-28, VAR-12, INC-1, INC-3, INC-8, INC-9, INC-10,
    INC-12, INC-14, COND-3 to COND-8, COND-17, COND-19, MAC-2, MAC-3, MAC-7, MAC-9, MAC-10, STR-40, CLI-2, PIT-30.
    """
    errors = [d for d in read(path, tmp_path).diagnostics if d.level is Level.ERROR]
    said = [line for line in fixture.load(path).says.splitlines() if not line.startswith("[")]
    assert [str(errors[0].httpd).replace(str(tmp_path), "ROOT")] == said
    assert errors[0].where is not None


@pytest.mark.live
@pytest.mark.parametrize("path", READING + ERRORS, ids=lambda path: path.stem)
def test_httpd_still_says_so(path: Path) -> None:
    engine = need("httpd")
    recorded = fixture.load(path)
    with TemporaryDirectory() as name:  # a short one: httpd cuts its message of 128 nested files at 8 KiB
        says = fixture.ask_httpd(engine.path, fixture.modules_folder(), recorded, Path(name).resolve())
    assert says == recorded.says


def test_what_is_one_reading_leads_to_no_line_by_another(tmp_path: Path) -> None:
    found = set()
    for number, path in enumerate(READING):
        expanded = read(path, tmp_path / str(number))
        led = any(node.place.via is not None for node in expanded.walk())
        found.add((expanded.is_one_reading, led))
    assert {(True, False), (False, True)} <= found <= {(True, False), (False, True), (False, False)}

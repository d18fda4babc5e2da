"""The read phase against what the real httpd said (fixtures/reading, fixtures/errors), and against httpd itself.

The fixtures' names begin with the statement that they show, such as lex-09 for LEX-9.
"""

from __future__ import annotations

from pathlib import Path

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
    expanded = read(path, tmp_path)
    says = fixture.load(path).says
    warned = [line for line in says.splitlines() if line.startswith("[")]
    tree = "".join(line for line in says.splitlines(keepends=True) if not line.startswith("["))
    assert fixture.dump(expanded, tmp_path) == tree
    ours = [d.httpd.replace(str(tmp_path), "ROOT") for d in expanded.diagnostics if d.httpd]
    assert ours == [line.partition("] ")[2] for line in warned]
    assert not [d for d in expanded.diagnostics if d.level is Level.ERROR]


@pytest.mark.parametrize("path", ERRORS, ids=lambda path: path.stem)
def test_refuses_in_the_words_of_httpd(path: Path, tmp_path: Path) -> None:
    """MOD-4, MOD-7, MOD-8: the first error is the one that httpd reports."""
    errors = [d for d in read(path, tmp_path).diagnostics if d.level is Level.ERROR]
    said = [line for line in fixture.load(path).says.splitlines() if not line.startswith("[")]
    assert [str(errors[0].httpd).replace(str(tmp_path), "ROOT")] == said
    assert errors[0].where is not None


@pytest.mark.live
@pytest.mark.parametrize("path", READING + ERRORS, ids=lambda path: path.stem)
def test_httpd_still_says_so(path: Path, tmp_path: Path) -> None:
    engine = need("httpd")
    recorded = fixture.load(path)
    assert fixture.ask_httpd(engine.path, fixture.modules_folder(), recorded, tmp_path) == recorded.says

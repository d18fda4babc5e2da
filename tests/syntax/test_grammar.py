"""The door to Lark."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from apacheconf.syntax import grammar


def test_reading_does_not_wait_for_lark() -> None:
    """The tree is made when it is looked at: a command that only reads never pays for the import."""
    program = (
        "import sys\n"
        "from apacheconf.expand import Input, Options, expand\n"
        "from apacheconf.source import SourceFile\n"
        "expand(Input((SourceFile('f', '<A>\\nB c\\n</A>\\n'),), '/'), Options())\n"
        "assert 'lark' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def test_the_wheel_carries_the_grammars(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (grammar.folder() / "httpd.lark").is_file()
    (tmp_path / "grammars").mkdir()
    monkeypatch.setattr(grammar, "_PACKAGE", tmp_path)
    assert grammar.folder() == tmp_path / "grammars"


def test_the_grammar_knows_no_names() -> None:
    text = (grammar.folder() / "httpd.lark").read_text()
    rules = "".join(line for line in text.splitlines() if not line.startswith("//"))
    assert not {"VirtualHost", "IfModule", "Macro", "Include"} & set(rules.replace("<", " ").split())

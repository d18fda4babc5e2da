"""What README.md shows is what one gets: its files are written out, its commands run, its excerpts compared.

A line ``...`` of an excerpt stands for any lines. Numbers of versions are those of the servers that are here.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from apacheconf.cli.main import app
from tests.conftest import ROOT
from tests.engines.real import need

TEXT = (ROOT / "README.md").read_text()
_ELIDED = "..."


@dataclass(frozen=True)
class Shown:
    """One command of a console block with the lines below it."""

    command: str
    lines: tuple[str, ...]

    @property
    def words(self) -> list[str]:
        return shlex.split(self.command)


def _blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)


def _shown() -> Iterator[Shown]:
    for block in _blocks("console"):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, *lines = part.splitlines()
            yield Shown(command, tuple(lines))


COMMANDS = [each for each in _shown() if each.words[0] == "apacheconf"]
FILES = {each.words[1]: "\n".join(each.lines) + "\n" for each in _shown() if each.words[0] == "cat"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What a reader has typed off: the site of the first block, and each file that is shown by ``cat``."""
    [site] = _blocks("apache")
    for name, text in {"example.com.conf": site, **FILES}.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def _ring(shown: Shown) -> tuple[pytest.MarkDecorator, ...]:
    if "prove" in shown.words:
        return pytest.mark.live, pytest.mark.prove_all
    return (pytest.mark.live,) if "--check" in shown.words else ()


@pytest.mark.parametrize("shown", [pytest.param(each, marks=_ring(each), id=each.words[1]) for each in COMMANDS])
def test_each_command_says_what_is_shown(shown: Shown, folder: Path) -> None:
    lines = [_of_here(line) for line in shown.lines]
    done = subprocess.run(
        [sys.executable, "-m", *shown.words], cwd=folder, env=_environ(), text=True, timeout=300,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    said = done.stdout.splitlines()
    assert "Traceback" not in done.stdout
    pattern = "".join(r"(?:.*\n)*?" if line == _ELIDED else re.escape(line) + r"\n" for line in lines)
    assert re.fullmatch(pattern, "".join(f"{line}\n" for line in said)), _first_missing(lines, said)


def _of_here(line: str) -> str:
    """The line with the version of each server that says it: ``valid by nginx 1.22.1``, ``httpd 2.4.71 against``."""
    return re.sub(r"\b(httpd|nginx) \d+\.\d+\.\d+", lambda found: need(found[1]).title, line)


def _environ() -> dict[str, str]:
    return {**os.environ, "COLUMNS": "100", "PYTHONPATH": str(ROOT)}


def _first_missing(lines: list[str], said: list[str]) -> str:
    """For people: the line of the excerpt that nobody says, or that their order isn't this."""
    missing = [line for line in lines if line != _ELIDED and line not in said]
    return f"not said: {missing[0]!r}" if missing else "said in another order, or with other lines between"


def test_the_list_of_commands_is_that_of_the_command() -> None:
    told = re.search(r"^## Commands\n\n(.*?)\n\n[^ ]", TEXT, re.MULTILINE | re.DOTALL)
    assert told
    names = [word for line in told[1].splitlines() for word in re.split(r"  |\[|URL", line.strip())[0].split()[1:]]
    assert {name for name in names if name != "|"} == {command.name for command in app.registered_commands}


def test_every_room_of_the_map_is_there_and_every_room_is_on_it() -> None:
    rows = re.findall(r"^\| (`[^|]*) \|", TEXT, re.MULTILINE)
    told = {name.rstrip("/") for row in rows for name in re.findall(r"`([^`]+)`", row)}
    rooms = {each.name for each in (ROOT / "apacheconf").iterdir() if (each / "__init__.py").exists()} | {"grammars"}
    assert rooms <= {name.removesuffix(".py") for name in told}
    assert all((ROOT / name).exists() or (ROOT / "apacheconf" / name).exists() for name in told)


def test_every_target_of_make_is_there() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    told = re.search(r"`make help` lists the rest: (.*)\.", TEXT)
    assert told
    assert {*re.findall(r"`([a-z-]+)`", told[1]), *re.findall(r"\bmake ([a-z-]+)", TEXT)} <= targets

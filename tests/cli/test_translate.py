"""``apacheconf translate`` at a terminal: what it refuses and why, and how the report calls things."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import Command
from tests.engines.real import need

_LOST = """\
<VirtualHost *:80>
    ServerName a.test
    ProxyPass / http://10.0.0.1/
    <Location /admin>
        Require host build.example.org
    </Location>
</VirtualHost>
"""


@pytest.fixture
def lost(tmp_path: Path) -> Path:
    """A configuration that no target can have: names of clients are looked up."""
    file = tmp_path / "lost.conf"
    file.write_text(_LOST)
    return file


def test_strict_says_each_reason_once(lost: Path, command: Command) -> None:
    """DES-9."""
    done = command("translate", lost, "--to", "nginx", "--strict")
    told = [line for line in done.stderr.splitlines() if line.startswith(f"  {lost}:")]
    assert done.returncode == 3 and not done.stdout
    assert len(told) == len(set(told)) == 2


def test_a_name_that_nothing_has_is_named(lost: Path, command: Command) -> None:
    done = command("translate", lost, "--to", "nginx", "--strict", "--accept", "Requier", "--accept", "proxypass")
    assert done.returncode == 3
    assert "  --accept Requier: no directive and no caveat here has this name\n" in done.stderr
    assert "ProxyPass unsupported" not in done.stderr


def test_nothing_is_accepted_where_nothing_is_refused(lost: Path, command: Command) -> None:
    done = command("translate", lost, "--to", "nginx", "--accept", "Require")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.endswith("--accept says what --strict lets pass\n  help: --strict --accept Require\n")


@pytest.mark.parametrize(("output", "called"), [("own.conf", "own.conf:"), ("new/", "hosts/a.test.conf:")])
def test_the_report_calls_files_as_they_are_written(
    output: str, called: str, lost: Path, command: Command, tmp_path: Path
) -> None:
    """DES-10, DES-14: each line that is named is there."""
    done = command("translate", lost, "--to", "nginx", "-o", f"{tmp_path}/{output}")
    row = next(line for line in done.stderr.splitlines() if "ProxyPass /" in line)
    name, _, line = row.partition("-> ")[2].partition(",")[0].rpartition(":")
    assert f"{name}:".endswith(called)
    written = tmp_path / output / name if output.endswith("/") else Path(name)
    assert len(written.read_text().splitlines()) >= int(line)


def test_nothing_is_told_of_nothing(command: Command, tmp_path: Path) -> None:
    (tmp_path / "empty.conf").write_text("")
    done = command("translate", tmp_path / "empty.conf", "--to", "haproxy")
    assert done.returncode == 0
    assert "haproxy 2.6: 0 directives\n" in done.stderr


@pytest.mark.parametrize("more", [[], ["-o", "-"]])
def test_a_result_is_not_mixed_with_its_report(more: list[str], lost: Path, command: Command) -> None:
    done = command("translate", lost, "--to", "nginx", "--report", "-", *more)
    assert (done.returncode, done.stdout) == (2, "")
    assert "can't both go to standard output" in done.stderr


@pytest.mark.live
def test_the_report_tells_what_the_checker_warns_of(command: Command, tmp_path: Path) -> None:
    need("haproxy")
    (tmp_path / "site.conf").write_text("ProxyPass / http://a.invalid/\n")
    done = command("translate", tmp_path / "site.conf", "--to", "haproxy", "--check")
    _, _, said = done.stderr.partition("haproxy says: ")
    first, *more = said.splitlines()
    assert first.startswith("valid, with warnings by haproxy ")
    assert len(more) == 1 and "could not resolve address 'a.invalid'" in more[0]

"""What httpd's own command line says, and what ours says to the same question (section 10 of config-language.md)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from apacheconf.engines import Sandbox
from apacheconf.engines import httpd as sandboxed
from tests.engines.real import need

GOOD = "ServerName a.example\nListen 127.0.0.1:1\n<VirtualHost *:1>\nServerName b.example\n</VirtualHost>\n"


def ours(*arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "apacheconf", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, timeout=60, stdin=subprocess.DEVNULL)


@pytest.fixture(scope="module")
def asked():
    """Asks httpd: a function from arguments to its answer, for a main file ``httpd.conf`` in a sandbox."""
    engine = need("httpd")
    with Sandbox("views") as box:
        box.write("httpd.conf", sandboxed.preamble(engine, box, ["authz_core_module"]) + "\n" + GOOD)

        def ask(*arguments: str) -> subprocess.CompletedProcess[str]:
            command = [engine.path, "-d", str(box.path), *arguments]
            return subprocess.run(command, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)

        ask.root = box.path
        yield ask


@pytest.mark.live
def test_a_good_configuration_is_said_on_stderr(asked):  # CLI-1
    theirs = asked("-f", "httpd.conf", "-t")
    we = ours("check", asked.root, cwd=asked.root)
    assert (theirs.returncode, theirs.stdout, theirs.stderr) == (0, "", "Syntax OK\n")
    assert (we.returncode, we.stdout, we.stderr.splitlines()[-1]) == (0, "", "Syntax OK")


@pytest.mark.live
def test_a_missing_file_is_named(asked):  # CLI-3, CLI-13
    theirs = asked("-f", "nowhere.conf", "-t")
    we = ours("check", "-d", asked.root, "-f", "nowhere.conf", cwd=asked.root)
    assert theirs.returncode == 1 and we.returncode == 2  # a file that can't be read is 2 everywhere here
    assert we.stderr.splitlines()[0].partition(": ")[2] == theirs.stderr.splitlines()[0].partition(": ")[2]


@pytest.mark.live
def test_lines_of_the_command_line_need_a_file_all_the_same(asked):  # CLI-15
    empty = asked.root / "run"
    line = "ServerName c.example"
    assert asked("-d", str(empty), "-f", str(empty / "x.conf"), "-C", line, "-t").returncode == 1
    we = ours("check", "-d", empty, "-f", empty / "x.conf", "-C", line, cwd=empty)
    assert (we.returncode, "Could not open configuration file" in we.stderr) == (2, True)


@pytest.mark.live
def test_views_do_not_say_syntax_ok(asked):  # CLI-8, CLI-9, CLI-12
    for flags, command in ((("-S",), ("vhosts",)), (("-t", "-D", "DUMP_INCLUDES"), ("dump", "--includes"))):
        theirs = asked("-f", "httpd.conf", *flags)
        we = ours(*command, asked.root, cwd=asked.root)
        assert (theirs.returncode, we.returncode) == (0, 0)
        assert "Syntax OK" not in theirs.stdout + theirs.stderr + we.stdout + we.stderr
        assert we.stdout.splitlines()[0] == theirs.stdout.splitlines()[0]


def test_d_says_where_the_main_file_must_be(tmp_path: Path):  # CLI-13
    we = ours("check", "-d", tmp_path, cwd=tmp_path)
    assert we.returncode == 2
    assert "no configuration found" in we.stderr and str(tmp_path / "httpd.conf") in we.stderr

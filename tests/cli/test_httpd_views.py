"""What httpd's own command line says, and what ours says to the same question (section 10 of config-language.md)."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from apacheconf.engines import Sandbox
from apacheconf.engines import httpd as sandboxed
from apacheconf.engines.httpd import build_of
from apacheconf.expand.known import COMPILED_IN
from apacheconf.modules import registry
from tests.engines.real import need
from tests.model.refusals import SHARED

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


@pytest.mark.live
def test_the_version_is_two_lines(asked):  # CLI-4
    theirs = asked("-v")
    first, second = theirs.stdout.splitlines()
    assert theirs.returncode == 0
    assert first.startswith(f"Server version: Apache/{need('httpd').version} ")
    assert second.startswith("Server built:   ")


@pytest.mark.live
def test_the_build_reads_the_configuration_too(asked):  # CLI-5
    good, bad = asked("-f", "httpd.conf", "-V"), asked("-f", "/dev/null", "-V")
    assert (good.returncode, bad.returncode) == (0, 1)
    assert bad.stderr == f"AH00534: {need('httpd').path.name}: Configuration error: No MPM loaded.\n"
    root = next(line for line in good.stdout.splitlines() if "HTTPD_ROOT" in line)
    assert root in bad.stdout
    assert "Server MPM:     event" in good.stdout


@pytest.mark.live
def test_what_is_compiled_in_always_counts_as_loaded(asked):  # CLI-6
    header, *lines = asked("-l").stdout.splitlines()
    assert header == "Compiled in modules:"
    identifiers = [registry.identifier(line.removeprefix("  ").removesuffix(".c")) for line in lines]
    assert set(identifiers) <= set(COMPILED_IN)
    assert registry.identifier("http_core") in identifiers


PLACES = {
    "oi": "anywhere",
    "o": "only outside <Directory>, <Files>, <Location>, or <If>",
    "i": "only inside <Directory>, <Files>, <Location>, or <If>",
}


@pytest.mark.live
def test_the_list_of_directives_is_what_we_know(asked):  # CLI-11
    """Each directive's name, help and contexts are those of the binary's own tables."""
    folder = build_of(need("httpd")).module_dir
    loads = "".join(f"LoadModule {name} {folder}/mod_{name.removesuffix('_module')}.so\n" for name in SHARED)
    (asked.root / "all.conf").write_text(loads)
    listed = asked("-f", "all.conf", "-L").stdout
    entries = re.findall(r"^(\S+) \((\w+)\.c\)\n(.*?\n\tAllowed in [^\n]*\n)", listed, re.MULTILINE | re.DOTALL)
    assert len(entries) > 600
    for name, module, text in entries:
        row = registry.row(f"{name}>" if name.startswith("<") else name)
        assert row is not None and row.spelling.removesuffix(">") == name
        assert module in row.modules
        help, _, allowed = text.replace("\t", "").partition("Allowed in *.conf ")
        words = PLACES[row.allowed.replace("h", "")] + (" and in .htaccess" if "h" in row.allowed else "")
        assert allowed.replace(" [no per-dir config]", "").split("\n")[0] == words, name
        assert len(row.modules) > 1 or " ".join(row.help.split()) == " ".join(help.split()), name


@pytest.mark.live
def test_the_addresses_of_a_name_are_not_looked_up_here(asked):  # VH-15
    """httpd lists every address that the name has; we resolve nothing and keep the name."""
    text = asked.root.joinpath("httpd.conf").read_text().replace("<VirtualHost *:1>", "<VirtualHost localhost:1>")
    (asked.root / "named.conf").write_text(text)
    found = {entry[4][0] for entry in socket.getaddrinfo("localhost", 1, type=socket.SOCK_STREAM)}
    listed = asked("-f", "named.conf", "-S").stdout
    assert all(f"{f'[{address}]' if ':' in address else address}:1 " in listed for address in found)
    assert "localhost:1 " in ours("vhosts", "-d", asked.root, "-f", "named.conf", cwd=asked.root).stdout

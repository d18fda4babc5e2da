"""What would never end, or fill the memory, is an error that says so; httpd would go on."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from apacheconf.diagnostics import Diagnostic, Level, UsageError
from apacheconf.expand import Expanded, Input, Options, expand, find, include
from apacheconf.expand import reading as limits
from apacheconf.model import bind, build
from apacheconf.source import SourceFile


@pytest.fixture(autouse=True)
def low_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundredth of what is allowed, so that the tests are quick."""
    monkeypatch.setattr(limits, "MOST_LINES", 30_000)
    monkeypatch.setattr(limits, "MOST_BYTES", 2_500_000)


def read(text: str, root: str = "/nowhere") -> Expanded:
    options = Options(environ={}, before=("LoadModule macro_module x.so",))
    return expand(Input((SourceFile("site.conf", text),), root, "site.conf"), options)


def errors(expanded: Expanded) -> list[Diagnostic]:
    return [each for each in expanded.diagnostics if each.level is Level.ERROR]


def test_macros_that_double() -> None:
    text = "<Macro M0 $x>\nServerSignature $x\n</Macro>\n"
    text += "".join(f"<Macro M{n} $x>\nUse M{n - 1} $x\nUse M{n - 1} $x\n</Macro>\n" for n in range(1, 40))
    (error,) = errors(read(text + "Use M39 On\n"))
    assert error.name == "too-much"
    assert error.where is not None and error.help


def test_macros_whose_arguments_double() -> None:
    text = "<Macro M0 $x>\nServerSignature $x\n</Macro>\n"
    text += "".join(f'<Macro M{n} $x>\nUse M{n - 1} "$x$x"\n</Macro>\n' for n in range(1, 40))
    assert [each.name for each in errors(read(text + "Use M39 On\n"))] == ["too-much"]


def test_macros_that_use_each_other() -> None:
    """MAC-7: told once, at the use within."""
    text = "<Macro A>\nUse B\n</Macro>\n<Macro B>\nUse A\n</Macro>\nUse A\n"
    assert [each.message for each in errors(read(text))] == ["recursive use of macro 'a' is invalid"]


def test_variables_that_double() -> None:
    text = "Define a xxxxxxxx\n" + "Define a ${a}${a}\n" * 60 + "ServerName ${a}\n"
    assert [each.name for each in errors(read(text))] == ["too-much"]


def test_a_line_that_is_too_long_by_its_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MOST_BYTES", 1 << 40)
    text = "Define a xxxxxxxx\n" + "Define a ${a}${a}\n" * 60
    assert [each.name for each in errors(read(text))] == ["line-too-long"]


def test_includes_that_double(tmp_path: Path) -> None:
    for n in range(40):
        (tmp_path / f"{n}.conf").write_text(f"Include {n + 1}.conf\n" * 2)
    (tmp_path / "40.conf").write_text("ServerSignature On\n")
    assert [each.name for each in errors(read("Include 0.conf\n", str(tmp_path)))] == ["too-much"]


def test_includes_of_each_other(tmp_path: Path) -> None:
    """INC-12: three files that include all three end at the first depth of 128, not after 3 to the 128th."""
    for name in "abc":
        (tmp_path / f"{name}.conf").write_text("IncludeOptional *.conf\n")
    (error,) = errors(read("Include a.conf\n", str(tmp_path)))
    assert error.message.startswith("Exceeded maximum include depth of 128")


def test_a_folder_within_itself(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    for name in "ab":
        (tmp_path / "d" / name).symlink_to(tmp_path / "d")
    found = errors(read("Include d\n", str(tmp_path)))
    assert found[0].message.startswith(("Directory", "Could not open"))


def test_bytes_that_are_no_text() -> None:
    """LEX-1, LEX-8: NUL ends a line's text; anything else is kept."""
    noise = bytes(range(256)).decode("latin-1") * 3
    expanded = read(f"ServerName x\0 y\n{noise}\nServerTokens Prod\n")
    found = [(node.name, node.args) for node in expanded.nodes]
    assert found[0] == ("ServerName", "x")
    assert found[-1] == ("ServerTokens", "Prod")
    assert build(bind(expanded)).all_diagnostics


def test_guesses_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looking for what was meant costs 2 ms: a text of another kind must not cost that for each line."""
    expanded = read("".join(f"ServerNam{n} x\n" for n in range(150)))
    found = build(bind(expanded)).all_diagnostics
    helps = [each.help for each in found if each.name == "unknown-directive"]
    assert len(helps) == 150
    assert helps[0] and "did you mean" in helps[0]
    assert helps[149] is None


@pytest.mark.parametrize("kind", ["fifo", "folder", "unreadable"])
def test_what_is_no_file(kind: str, tmp_path: Path, command) -> None:
    """A clear error at once, also where the first thing named is none."""
    import os

    path = tmp_path / "x.conf"
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to("x.conf")
    done = command("check", path)
    assert done.returncode == 2
    assert done.stderr.startswith("apacheconf: ") and "Traceback" not in done.stderr
    for line in ("Include", "IncludeOptional"):
        (tmp_path / "main").write_text(f"{line} {tmp_path}/x.*\n")
        assert command("check", tmp_path / "main").returncode == (0 if kind == "folder" else 1)


def test_reading_does_not_run_or_connect(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs, hosts and modules that a configuration names stay what they are: names."""
    import socket
    import subprocess

    def never(*_: object, **__: object) -> None:
        raise AssertionError("reading a configuration must not do this")

    monkeypatch.setattr(socket.socket, "connect", never)
    monkeypatch.setattr(socket, "getaddrinfo", never)
    monkeypatch.setattr(subprocess.Popen, "__init__", never)
    site = tmp_path / "site.conf"
    site.write_text(
        'CustomLog "|/bin/sh -c false" common\nRewriteMap m prg:/bin/false\nLoadModule x_module /x.so\n'
        "<VirtualHost a.example:80>\nServerName a.example\nProxyPass / http://b.example/\n</VirtualHost>\n"
    )
    options = Options(environ={})
    assert build(bind(expand(find([str(site)], options), options))).hosts


def test_folders_that_may_not_be_looked_into(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """INC-10: httpd's words, also for IncludeOptional, and a usage error where such a folder is what we shall read."""

    def refuse(folder: str) -> list[str]:
        raise PermissionError(errno.EACCES, "Permission denied", folder)

    (tmp_path / "d").mkdir()
    monkeypatch.setattr("apacheconf.expand.include.os.listdir", refuse)
    for line in ("Include d", "Include d/*.conf", "IncludeOptional d/*.conf", "IncludeOptional d/*/x.conf"):
        (error,) = expand(Input((SourceFile("f.conf", f"{line}\n"),), str(tmp_path)), Options(environ={})).diagnostics
        assert error.message == f"Include/IncludeOptional: Could not open directory {tmp_path}/d: Permission denied"
    with pytest.raises(UsageError, match=r"Could not open directory .*/d: Permission denied"):
        include.conf_files(str(tmp_path / "d"))

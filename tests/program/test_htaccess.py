"""``.htaccess`` files at request time: what is kept of them, and when it is made anew.

What httpd says of such files is recorded in ``fixtures/wire/htaccess``.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from apacheconf.program import Decision, Program, Request, decide, load
from apacheconf.program.steps import EditHeader
from apacheconf.program.values import Literal

OLD = 1_600_000_000


def program_in(folder: Path, override: str = "All") -> Program:
    (folder / "html" / "sub").mkdir(parents=True)
    (folder / "html" / "sub" / "a.txt").write_text("a")
    file = folder / "site.conf"
    file.write_text(
        f"<VirtualHost *:80>\nServerName a.example\nDocumentRoot {folder}/html\n"
        f"<Directory {folder}/html>\nAllowOverride {override}\nRequire all granted\n</Directory>\n</VirtualHost>\n"
    )
    return load([str(file)]).require()


def ask(program: Program, target: str = "/sub/a.txt") -> Decision:
    return decide(program, Request("GET", target, (("Host", "a.example"),)))


def values(decision: Decision) -> list[str]:
    """The values of the Header lines that the answer meets."""
    actions = [step.action for step in decision.response_headers]
    return [each.value.text for each in actions if isinstance(each, EditHeader) and isinstance(each.value, Literal)]


def write(folder: Path, text: str, when: int = OLD) -> Path:
    file = folder / "html" / "sub" / ".htaccess"
    file.write_text(text)
    os.utime(file, (when, when))
    return file


def test_a_file_is_made_once_until_it_changes(tmp_path: Path):
    """STR-30"""
    program = program_in(tmp_path)
    write(tmp_path, "Header set X one\n")
    assert values(ask(program)) == ["one"]
    (shelf,) = program.shelves.values()
    (made,) = shelf.made.values()
    assert values(ask(program)) == ["one"]
    assert list(shelf.made.values()) == [made]
    write(tmp_path, "Header set X two\n", OLD + 1)
    assert values(ask(program)) == ["two"]
    write(tmp_path, "Header set X other\n", OLD + 1)  # the time stays, the size doesn't
    assert values(ask(program)) == ["other"]
    (tmp_path / "html/sub/.htaccess").unlink()
    assert values(ask(program)) == []


def test_files_that_change_on_and_on_are_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Memory is bounded, and what is made then is right."""
    monkeypatch.setattr("apacheconf.program.htaccess._MOST_DIRECTIVES", 20)
    program = program_in(tmp_path)
    for number in range(30):
        write(tmp_path, f"Header set X value{number}\n", OLD + number)
        decision = ask(program)
        assert values(decision) == [f"value{number}"]
    host = program.hosts[1]
    assert host.builder is not None
    assert host.builder.linker.count < len(host.directives) + 25
    assert [each.args for each in host.said_by(decision.response_headers[0])] == ["set X value29"]


def test_a_file_that_was_just_written_is_read_again(tmp_path: Path):
    """It may change within the grain of the clock, its size staying the same."""
    program = program_in(tmp_path)
    file = write(tmp_path, "Header set X one\n")
    os.utime(file)
    ask(program)
    assert not next(iter(program.shelves.values())).made


def test_what_was_wrong_is_right_again_when_it_is_mended(tmp_path: Path):
    """STR-30"""
    program = program_in(tmp_path)
    write(tmp_path, "Heder set X one\n")
    refused = ask(program)
    assert (refused.status, [each.level for each in refused.messages]) == (500, ["alert"])
    assert "Invalid command 'Heder'" in refused.messages[0].text
    write(tmp_path, "Header set X one\n", OLD + 1)
    assert (ask(program).status, values(ask(program))) == (None, ["one"])


def test_a_step_of_a_file_knows_its_line(tmp_path: Path):
    program = program_in(tmp_path)
    write(tmp_path, "# first\nHeader set X one\n")
    decision = ask(program)
    assert decision.host is not None
    ((said_by,),) = [decision.host.said_by(step) for step in decision.response_headers]
    assert (said_by.place.name, said_by.place.line) == (str(tmp_path / "html/sub/.htaccess"), 2)


@pytest.mark.parametrize(("override", "seen"), [("None", []), ("FileInfo", ["one"]), ("Options", None)])
def test_what_is_granted_decides(tmp_path: Path, override: str, seen: list[str] | None):
    """STR-2, STR-30"""
    program = program_in(tmp_path, override)
    write(tmp_path, "Header set X one\n")
    decision = ask(program)
    assert decision.status == (500 if seen is None else None)
    assert values(decision) == (seen or [])


def test_files_of_two_hosts_are_kept_apart(tmp_path: Path):
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "a.txt").write_text("a")
    file = tmp_path / "site.conf"
    hosts = "".join(
        f"<VirtualHost *:80>\nServerName {name}.example\nDocumentRoot {tmp_path}/x\nDefine NAME {name}\n"
        f"RewriteMap m int:{function}\n</VirtualHost>\n"
        for name, function in (("a", "tolower"), ("b", "toupper"))
    )
    file.write_text(f"{hosts}<Directory {tmp_path}>\nAllowOverride All\nRequire all granted\n</Directory>\n")
    htaccess = tmp_path / "x" / ".htaccess"
    htaccess.write_text("RewriteEngine On\nRewriteRule ^(.*)$ /${m:MiXed} [R,L]\n")
    os.utime(htaccess, (OLD, OLD))
    program = load([str(file)]).require()
    found = [
        decide(program, Request("GET", "/a.txt", (("Host", f"{name}.example"),))).location for name in ("a", "b", "a")
    ]
    assert found == ["http://a.example/mixed", "http://b.example/MIXED", "http://a.example/mixed"]

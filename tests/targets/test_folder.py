"""``-o DIR/``: nginx as a folder with a file for each virtual host says what the one file says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from apacheconf.engines import Sandbox, Verdict, check, find
from apacheconf.program import load
from apacheconf.targets import Translation, translate
from tests import sites


def _both(name: str) -> tuple[Translation, Translation]:
    with Sandbox("folder") as box:
        program = load([], sites.lay_out(name, box, find("httpd")).options()).require()
        return translate(program, "nginx"), translate(program, "nginx", folder=True)


def _joined(folder: Translation) -> list[str]:
    """The main file with what it includes in the place of each include, without indents and what stands between."""
    lines: list[str] = []
    for line in folder.text.splitlines():
        named = re.fullmatch(r"\s*include (hosts/\S+|mime.types);", line)
        lines += folder.files[named[1]].splitlines() if named else [line]
    return [line.strip() for line in lines if line.strip() and not line.strip().startswith("# Virtual hosts, in")]


@pytest.mark.parametrize("name", sites.names())
def test_a_folder_says_what_the_one_file_says(name: str) -> None:
    one, folder = _both(name)
    assert _joined(folder) == [line.strip() for line in one.text.splitlines() if line.strip()]
    assert [(row.args, row.outcome) for row in folder.rows] == [(row.args, row.outcome) for row in one.rows]
    for row in folder.rows:
        for answer in row.answers:
            file, _, line = answer.at.rpartition(":")
            assert not answer.at or folder.files[file].splitlines()[int(line) - 1].strip(), row


@pytest.mark.live
@pytest.mark.parametrize("name", sites.names())
def test_nginx_takes_the_folder(name: str) -> None:
    """NGX-16: addresses of several files are moved by one table, or two hosts would meet on one socket."""
    _, folder = _both(name)
    result = check("nginx", folder.files)
    assert result.verdict in (Verdict.VALID, Verdict.WARNED), result.output


def test_files_are_called_as_their_hosts(tmp_path: Path) -> None:
    conf = tmp_path / "site.conf"
    hosts = (("80", "www.example.com"), ("443", "www.example.com"), ("8080", ""))
    written = [f"<VirtualHost *:{p}>\n{f'ServerName {n}' if n else ''}\n</VirtualHost>\n" for p, n in hosts]
    conf.write_text("ServerName own.example.com\n" + "".join(written))
    files = list(translate(load([str(conf)]).require(), "nginx", folder=True).files)
    assert files[0] == "nginx.conf"
    assert "hosts/www.example.com.conf" in files and "hosts/www.example.com-443.conf" in files

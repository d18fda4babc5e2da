"""``dump --effective``: from host and path to the settings that hold, each with its origin."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from apacheconf.program import Request, load
from apacheconf.program.effective import Effective, as_json, as_text, effective

TEXT = """\
ServerName main.example
ServerAdmin root@main.example
ProxyTimeout 7
XBitHack on
<Location /x>
    ProxyPreserveHost On
    BufferSize 7
</Location>
<VirtualHost *:80>
    ServerName a.example
    ProxyPass / http://h/
    ProxyTimeout 9
    <Directory /srv>
        Require all denied
    </Directory>
    <Proxy http://h/>
        Require ip 10.0.0.0/8
    </Proxy>
    <Location /x>
        <If "%{QUERY_STRING} == 'no'">
            Require all denied
        </If>
    </Location>
    <Location /y>
        ProxyPreserveHost On
    </Location>
</VirtualHost>
<VirtualHost *:80>
    ServerName b.example
    DocumentRoot /srv
    <Directory /srv>
        Require all denied
    </Directory>
</VirtualHost>
"""


@pytest.fixture(scope="module")
def file(tmp_path_factory) -> Path:
    file: Path = tmp_path_factory.mktemp("effective") / "site.conf"
    file.write_text(TEXT)
    return file


def ask(file: Path, host: str, target: str) -> Effective:
    loaded = load([str(file)])
    return effective(loaded.model, loaded.require(), Request("GET", target, (("Host", host),), local=("10.0.0.9", 80)))


def lines(found: Effective) -> dict[str, list[int]]:
    """The lines of the directives behind each setting."""
    return {name: [each.place.line for each in setting.said_by] for _, name, setting in found.settings()}


def test_a_host_below_a_section(file: Path) -> None:
    """MRG-1, MRG-4, MRG-6, INH-12, INH-14: main's section before the host's, If last, Proxy in Directory's place."""
    found = ask(file, "a.example", "/x/1?no")
    assert [each.section.node.place.line for each in found.sections] == [16, 5, 19, 20]
    said = lines(found)
    assert (said["server_admin"], said["timeout"], said["preserve_host"]) == ([2], [12], [6])
    assert said["requires"] == [21]
    assert [node.name for node in found.unmerged] == ["XBitHack", "BufferSize"]


def test_the_branch_that_does_not_hold(file: Path) -> None:
    found = ask(file, "a.example", "/x/1?yes")
    assert [each.section.node.place.line for each in found.sections] == [16, 5, 19]
    assert lines(found)["requires"] == [17]


def test_files_of_its_own(file: Path) -> None:
    """INH-14, MRG-4: a Directory applies where nothing is mapped, a Proxy section does not."""
    found = ask(file, "b.example", "/z")
    assert [each.section.node.place.line for each in found.sections] == [31]
    assert (lines(found)["timeout"], lines(found)["document_root"]) == ([3], [30])


def test_as_text(file: Path) -> None:
    text = as_text(ask(file, "a.example", "/y"))
    assert text.startswith(
        f"# the virtual host a.example answers ({file}:9)\n# <Proxy http://h/> applies ({file}:16)\n"
    )
    assert f"# {file}:12\nProxyTimeout 9\n" in text
    assert "ProxyTimeout 7" not in text
    assert text.endswith(f"# as written: these are not merged here\n# {file}:4\nXBitHack on\n")


def test_as_json(file: Path) -> None:
    """The schema that the docstring promises."""
    document = json.loads(as_json(ask(file, "a.example", "/y")))
    assert list(document) == ["schema", "host", "sections", "settings", "required", "unmerged", "unasked"]
    assert document["schema"] == "apacheconf-effective/1"
    assert document["host"] == {"name": "a.example", "file": str(file), "line": 9}
    timeout = {"name": "ProxyTimeout", "arguments": "9", "file": str(file), "line": 12, "column": 5}
    wanted = {"module": "mod_proxy", "setting": "timeout", "directives": [timeout]}
    assert wanted in document["settings"]


def test_the_command(command, file: Path) -> None:
    done = command("dump", file, "--effective", "http://a.example/y")
    assert done.returncode == 0
    assert f"# {file}:25\nProxyPreserveHost On\n" in done.stdout
    assert command("dump", file, "--effective", "http://a.example/", "--includes").returncode == 2


MERGED = """\
<VirtualHost *:80>
ServerName a.example
<Location />
Require ip 10.0.0.0/8
Require ip 192.168.0.0/16
</Location>
<Location /a>
AuthMerging And
Require method GET
</Location>
<Location /a/b>
AuthMerging Or
<RequireAll>
Require host x.example
Require not ip 1.2.3.4
</RequireAll>
</Location>
<Location /a/off>
AuthMerging Off
</Location>
<Location /a/alone>
Require all denied
</Location>
<Location /limit>
<LimitExcept GET>
Require all granted
</LimitExcept>
</Location>
</VirtualHost>
"""


def required(file: Path, path: str) -> str:
    """What ``--effective`` shows of Require lines, without the comments."""
    text = as_text(ask(file, "a.example", path)).partition("# mod_authz_core\n")[2].partition("\n\n")[0]
    lines = (line.strip() for line in text.splitlines() if not line.strip().startswith("# "))
    return " ".join(line for line in lines if not line.startswith("AuthMerging"))


@pytest.mark.parametrize(
    ("path", "holds"),
    [
        ("/", "Require ip 10.0.0.0/8 Require ip 192.168.0.0/16"),
        (
            "/a",
            "<RequireAll> <RequireAny> Require ip 10.0.0.0/8 Require ip 192.168.0.0/16 </RequireAny>"
            " Require method GET </RequireAll>",
        ),
        (
            "/a/b",
            "<RequireAny> <RequireAll> <RequireAny> Require ip 10.0.0.0/8 Require ip 192.168.0.0/16 </RequireAny>"
            " Require method GET </RequireAll>"
            " <RequireAll> Require host x.example Require not ip 1.2.3.4 </RequireAll> </RequireAny>",
        ),
        ("/a/off", ""),
        ("/a/alone", "Require all denied"),
        ("/limit", "Require all granted"),
    ],
)
def test_what_is_required_after_merging(tmp_path: Path, path: str, holds: str) -> None:
    """MRG-20, STR-17: AuthMerging combines what the sections say, and is for its own section only."""
    file = tmp_path / "site.conf"
    file.write_text(MERGED)
    assert required(file, path) == holds


def test_required_as_json(tmp_path: Path) -> None:
    file = tmp_path / "site.conf"
    file.write_text(MERGED)
    (group,) = json.loads(as_json(ask(file, "a.example", "/a")))["required"]
    assert (group["name"], group["section"], group["line"]) == ("AuthMerging", "RequireAll", 8)
    assert [(each["section"], each["line"]) for each in group["entries"]] == [("RequireAny", 8), ("", 9)]
    (line,) = json.loads(as_json(ask(file, "a.example", "/limit")))["required"]
    assert line["methods"] == "for every method but GET"

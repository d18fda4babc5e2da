"""Files that are not a whole configuration: --context, and .htaccess by its name (issue: fragments)."""

from __future__ import annotations

from pathlib import Path

import pytest

from apacheconf.diagnostics import UsageError
from apacheconf.expand import Options, expand, find
from apacheconf.model import Model, bind, build
from apacheconf.model.views import dump_config
from apacheconf.program import Request, load
from apacheconf.program.effective import effective


def read(file: Path, context: str | None = None) -> Model:
    options = Options(context=context, environ={})
    return build(bind(expand(find([str(file)], options), options)))


def messages(model: Model) -> list[str]:
    return [each.httpd or each.message for each in model.all_diagnostics]


@pytest.fixture
def part(tmp_path: Path) -> Path:
    return tmp_path / "part.conf"


@pytest.mark.parametrize(
    ("context", "text", "said"),
    [
        (None, "Listen 80\nServerAlias x\n", "ServerAlias only used in <VirtualHost>"),
        ("server", "Listen 80\nRequire all denied\n", "Require not allowed here"),
        ("vhost", "ServerAlias x\nListen 80\n", "Listen cannot occur within <VirtualHost> section"),
        ("vhost", "ServerAlias x\nRequire all denied\n", "Require not allowed in <VirtualHost> context"),
        ("directory", "Options None\nServerAlias x\n", "ServerAlias not allowed in <Directory> context"),
        (
            "directory:/srv",
            "Options None\n<Location /x>\n</Location>\n",
            "<Location not allowed in <Directory> context",
        ),
    ],
)
def test_as_within_the_section(part: Path, context: str | None, text: str, said: str) -> None:
    """What httpd says when such a section includes the file (STR-3 to STR-6, INC-11)."""
    part.write_text(text)
    assert messages(read(part, context)) == [f"AH00526: Syntax error on line 2 of {part}:\n{said}"]


def test_a_virtual_host_around(part: Path) -> None:
    part.write_text("ServerName a.example\nProxyPass / http://h/\n")
    model = read(part, "vhost")
    assert [str(address) for host in model.hosts for address in host.addresses] == ["*:*"]
    assert dump_config(model.expanded).splitlines()[2] == "<VirtualHost *>"


def test_htaccess_by_name(tmp_path: Path) -> None:
    """STR-30, LEX-6: the file alone stands before the message; conditions and macros work (COND-18, MAC-11)."""
    file = tmp_path / ".htaccess"
    file.write_text("<IfModule mod_headers.c>\nHeader set A b\n</IfModule>\nInclude x\nListen 80\nFoo\n")
    model = read(file)
    unknown = (
        "Invalid command 'Foo', perhaps misspelled or defined by a module not included in the server configuration"
    )
    assert messages(model) == [
        f"{file}: {said}" for said in ("Include not allowed here", "Listen not allowed here", unknown)
    ]
    assert dump_config(model.expanded).splitlines()[:3] == [f"# In file: {file}", "#   2:", "Header set A b"]


def test_htaccess_is_a_layer(tmp_path: Path) -> None:
    """MRG-1: a .htaccess file applies after the directory it lies in, before those below it."""
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x").write_text("")
    (tmp_path / ".htaccess").write_text("Require all denied\n<Files x>\nRequire all granted\n</Files>\n")
    site = tmp_path / "site.conf"
    site.write_text(
        f"DocumentRoot {tmp_path}\n<Directory {tmp_path}>\nRequire ip 10.0.0.0/8\n</Directory>\n"
        f"<Directory {tmp_path}/a>\nRequire method GET\n</Directory>\n"
    )
    loaded = load([str(site), str(tmp_path / ".htaccess")])
    found = effective(loaded.model, loaded.require(), Request("GET", "/a/x", (("Host", "h"),)))
    places = [(each.section.kind, each.section.node.place.line) for each in found.sections]
    assert places == [("Directory", 2), (".htaccess", 1), ("Directory", 5), ("Files", 2)]


def test_wrong_words(part: Path) -> None:
    part.write_text("")
    for context in ("foo", "vhost:/x", "server:", "htaccess:"):
        with pytest.raises(UsageError, match="is no such place"):
            read(part, context)
    with pytest.raises(UsageError, match="not a whole configuration"):
        find([], Options(context="vhost"))


def test_the_commands(command, tmp_path: Path) -> None:
    """check, lint, dump and translate take it."""
    file = tmp_path / ".htaccess"
    file.write_text("Define a b\n")
    done = command("check", "--httpd", file)
    assert (done.returncode, done.stderr) == (1, f"{file}: Define not allowed here\n")
    file.write_text("Options -Indexes\n")
    assert command("check", "--context", "htaccess:/srv", file).returncode == 0
    assert command("check", "--context", "vhost", file).returncode == 0
    assert command("lint", file).returncode == 0
    assert command("dump", file, "--json").returncode == 0
    assert command("translate", "--to", "nginx", file).returncode == 0
    assert command("check", "--context", "nowhere", file).returncode == 2

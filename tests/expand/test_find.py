"""Which configuration PATH means, main file or fragment, envvars, the command line's lines."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

import pytest

from apacheconf.diagnostics import Level, UsageError
from apacheconf.expand import Absence, Expanded, Input, Options, expand, find
from apacheconf.source import SourceFile
from tests.conftest import SITES


def options(**given: object) -> Options:
    return Options(**{"environ": {}, **given})  # type: ignore[arg-type]


def read(*paths: object, **given: object) -> Expanded:
    chosen = options(**given)
    return expand(find([str(path) for path in paths], chosen), chosen)


def names(found: Input) -> list[str]:
    return [Path(str(source)).name for source in found.sources]


def lay(root: Path, **files: str) -> Path:
    for name, text in files.items():
        path = root / name.replace("__", "/").replace("_conf", ".conf")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def test_a_folder_with_a_main_file_means_that_file(tmp_path: Path) -> None:
    lay(tmp_path, conf__httpd_conf="ServerAdmin a@b\n", other_conf="Nope\n")
    found = find([str(tmp_path)], options())
    assert found.main == str(tmp_path / "conf" / "httpd.conf")
    assert found.server_root == str(tmp_path)
    assert not found.fragment
    assert found.notes == (f"reading {tmp_path}/conf/httpd.conf",)


def test_apache2_conf_is_looked_for_first(tmp_path: Path) -> None:
    lay(tmp_path, httpd_conf="", apache2_conf="", conf__httpd_conf="")
    assert find([str(tmp_path)], options()).main == str(tmp_path / "apache2.conf")


def test_a_folder_without_one_means_its_conf_files_in_byte_order(tmp_path: Path) -> None:
    """INC-5, INC-7: as IncludeOptional DIR/*.conf reads them."""
    lay(tmp_path, b_conf="", B_conf="", a_conf="", x_txt="")
    (tmp_path / ".hidden.conf").write_text("")
    (tmp_path / "10.conf").write_text("")
    (tmp_path / "9.conf").write_text("")
    found = find([str(tmp_path)], options())
    assert names(found) == ["10.conf", "9.conf", "B.conf", "a.conf", "b.conf"]
    assert found.fragment
    assert "fragment" in found.notes[0]


def test_a_single_file_is_a_fragment_and_knows_every_module(tmp_path: Path) -> None:
    file = tmp_path / "site.conf"
    file.write_text("<IfModule mod_ssl.c>\nSSLEngine on\n</IfModule>\n<IfModule mod_nope.c>\nA b\n</IfModule>\n")
    expanded = read(file)
    assert expanded.fragment
    assert [node.name for node in expanded.nodes] == ["SSLEngine"]
    assert expanded.server_root == str(tmp_path)


def test_a_main_file_knows_what_is_loaded(tmp_path: Path) -> None:
    """COND-10."""
    file = tmp_path / "httpd.conf"
    file.write_text(
        "<IfModule mod_ssl.c>\nA b\n</IfModule>\nLoadModule ssl_module modules/mod_ssl.so\n"
        "<IfModule ssl_module>\nC d\n</IfModule>\n"
    )
    expanded = read(file)
    assert not expanded.fragment
    assert [node.name for node in expanded.nodes] == ["C"]
    assert expanded.modules[0] == "core_module"
    assert expanded.modules[-1] == "ssl_module"


def test_loading_what_is_compiled_in_is_skipped() -> None:
    """STR-40: Red Hat's configuration loads modules that Debian compiles in."""
    expanded = read(SITES / "redhat")
    assert expanded.modules.count("log_config_module") == 1
    assert not [d for d in expanded.diagnostics if d.level > Level.NOTE]
    skipped = [absent for absent in expanded.absent if absent.note == "compiled in; skipped"]
    assert any(absent.args.startswith("log_config_module") for absent in skipped)


def test_loading_twice_is_httpds_warning() -> None:
    """STR-40."""
    twice = ("LoadModule echo_module a.so", "LoadModule echo_module b.so")
    (warning,) = [d for d in read(SITES / "redhat", before=twice).diagnostics if d.level is Level.WARNING]
    assert warning.httpd == "AH01574: module echo_module is already loaded, skipping"


def test_a_fragment_knows_the_main_file_that_includes_it() -> None:
    fragment = SITES / "debian" / "sites-enabled"
    found = find([str(fragment)], options())
    assert found.server_root == str(SITES / "debian")
    assert found.fragment
    assert f"{SITES}/debian/apache2.conf includes it" in found.notes[1]
    assert found.environ["APACHE_LOG_DIR"] == "/var/log/apache2"


def test_a_fragment_that_the_main_file_leaves_out_is_not_said_to_be_included() -> None:
    found = find([str(SITES / "debian" / "envvars")], options())
    assert len(found.notes) == 1


def test_standard_input_is_a_fragment(monkeypatch: pytest.MonkeyPatch) -> None:
    class Stdin:
        buffer = io.BytesIO(b"ServerAdmin \xe9@b\n")

    monkeypatch.setattr(sys, "stdin", Stdin)
    expanded = read("-")
    assert [(node.args, node.place.name) for node in expanded.nodes] == [("\xe9@b", "standard input")]


def test_without_path_the_current_folder_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(lay(tmp_path, site_conf="A b\n"))
    assert names(find([], options())) == ["site.conf"]
    lay(tmp_path, httpd_conf="A b\n")
    assert find([], options()).main == str(tmp_path / "httpd.conf")


def test_without_path_the_installed_httpd_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    main = lay(tmp_path, etc__my_conf="A b\n") / "etc" / "my.conf"
    empty = tmp_path / "empty"
    empty.mkdir()
    binary = tmp_path / "httpd"
    binary.write_text(
        f"#!/bin/sh\necho ' -D HTTPD_ROOT=\"{tmp_path}/etc\"'\necho ' -D SERVER_CONFIG_FILE=\"my.conf\"'\nexit 1\n"
    )
    binary.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("apacheconf.expand.installed._BINARIES", ("httpd",))
    monkeypatch.chdir(empty)
    found = find([], options())
    assert found.main == str(main)
    assert found.server_root == str(tmp_path / "etc")
    assert "the installed httpd's" in found.notes[0]


def test_nothing_found_says_what_was_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("apacheconf.expand.finding.installed", lambda: [("/nowhere", "/nowhere/httpd.conf")])
    with pytest.raises(UsageError, match="no configuration found") as raised:
        find([], options())
    assert "./apache2.conf" in str(raised.value.help)
    assert "/nowhere/httpd.conf" in str(raised.value.help)


@pytest.mark.parametrize(
    ("paths", "message"),
    [
        (["nope.conf"], "Could not open configuration file nope.conf: No such file or directory"),
        (["empty"], "empty holds no configuration"),
        (["httpd.conf", "other.conf"], "httpd.conf is a main file and stands alone"),
    ],
)
def test_wrong_paths(paths: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(lay(tmp_path, httpd_conf="", other_conf=""))
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match=message):
        find(paths, options())


def test_f_and_d(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """CLI-13: -f is relative to -d, -d to the current folder; -f is strict."""
    lay(tmp_path, root__my_conf="Include inc.conf\n", root__inc_conf="A b\n")
    monkeypatch.chdir(tmp_path)
    expanded = read(file="my.conf", server_root="root")
    assert not expanded.fragment
    assert [node.name for node in expanded.nodes] == ["A"]
    with pytest.raises(UsageError, match="exclude each other"):
        find(["root"], options(file="my.conf"))


def test_lines_before_and_after(tmp_path: Path) -> None:
    """CLI-14, VAR-14."""
    file = lay(tmp_path, site_conf="A ${x}\n<IfDefine N=v>\nB c\n</IfDefine>\n") / "site.conf"
    expanded = read(file, defines=("N=v",), before=("Define x y", "C d"), after=("<Location /x>", "</Location>"))
    assert [(node.name, node.args) for node in expanded.nodes] == [
        ("C", "d"),
        ("A", "y"),
        ("B", "c"),
        ("Location", "/x"),
    ]
    assert [node.place.name for node in expanded.nodes][::3] == ["-c/-C directives"] * 2
    assert expanded.defines == {"N=v": "", "x": "y"}


def test_errors_in_lines_of_the_command_line(tmp_path: Path) -> None:
    """CLI-14."""
    file = lay(tmp_path, site_conf="A b\n", bad_conf="\nDefine\n") / "site.conf"
    expanded = read(file, before=("Define a b c", "Include bad.conf"), after=("<Location /x>",))
    help = (
        "Define takes 1-2 arguments, Define a variable, optionally to a value.  Same as passing -D to the command line."
    )
    assert [d.httpd for d in expanded.diagnostics] == [
        f"{{argv0}}: Syntax error in -C/-c directive: {help}",
        f"{{argv0}}: Syntax error in -C/-c directive: Syntax error on line 2 of {tmp_path}/bad.conf: {help}",
        "{argv0}: Syntax error in -C/-c directive: -c/-C directives:1: <Location> was not closed.",
    ]


def test_envvars_are_read_and_never_run(tmp_path: Path) -> None:
    lay(tmp_path, apache2_conf='A "${APACHE_LOG_DIR}" ${APACHE_X} ${FROM_OUTSIDE} ${TOUCHED} ${APACHE_Y}\n')
    (tmp_path / "envvars").write_text(
        f"SUFFIX=\nexport APACHE_LOG_DIR=\"/var/log/apache2$SUFFIX\"\nexport APACHE_X='$x' # why\n"
        f"APACHE_Y=${{APACHE_X}}z\n"
        f"#export APACHE_X=no\ntouch {tmp_path}/ran\nTOUCHED=$(touch {tmp_path}/ran)\n"
    )
    expanded = read(tmp_path, environ={"FROM_OUTSIDE": "here"})
    assert expanded.nodes[0].args.startswith('"/var/log/apache2" $x here')
    assert expanded.nodes[0].args.endswith("${TOUCHED} $xz")
    assert not (tmp_path / "ran").exists()


def test_every_written_directive_is_accounted_for() -> None:
    """Nodes and absent ones together are all directives of all files that were read."""
    from apacheconf.syntax import Directive, Section, parse

    for site in ("debian", "redhat", "load-balancer/conf.d"):
        expanded = read(SITES / site)
        answered = {(d.place.span.file.name, d.place.line) for d in (*expanded.walk(), *expanded.absent)}
        written = set()
        for file in expanded.files:
            for item in parse(file).walk():
                if isinstance(item, Directive):
                    written.add((file.name, item.span.end_line))
                elif isinstance(item, Section):
                    written.add((file.name, item.opening.span.end_line))
        assert answered == written


def test_what_is_not_read_says_why(tmp_path: Path) -> None:
    """COND-5, MAC-1."""
    text = "<IfDefine NOPE>\nA b\n<Location /x>\nC d\n</Location>\n</IfDefine>\n<Macro m>\nE f\n</Macro>\nDefine x y\n"
    expanded = read(lay(tmp_path, site_conf=text) / "site.conf")
    assert [(a.name, a.args, a.why) for a in expanded.absent] == [
        ("IfDefine", "NOPE", Absence.EXECUTED),
        ("A", "b", Absence.FALSE_CONDITION),
        ("Location", "/x", Absence.FALSE_CONDITION),
        ("C", "d", Absence.FALSE_CONDITION),
        ("Macro", "m", Absence.EXECUTED),
        ("Define", "x y", Absence.EXECUTED),
        ("E", "f", Absence.UNUSED_MACRO),
    ]
    assert expanded.absent[0].note == "false"


def test_a_missing_server_root_is_a_note(tmp_path: Path) -> None:
    """STR-42: configurations are read on laptops too."""
    file = lay(tmp_path, httpd_conf='ServerRoot "/nowhere/httpd"\nInclude a.conf\n', a_conf="A b\n") / "httpd.conf"
    expanded = read(file)
    assert [node.name for node in expanded.nodes] == ["A"]
    assert [d.level for d in expanded.diagnostics] == [Level.NOTE]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_unreadable_file(tmp_path: Path) -> None:
    lay(tmp_path, httpd_conf="Include a.conf\n", a_conf="A b\n")
    (tmp_path / "a.conf").chmod(0)
    (error,) = read(tmp_path).diagnostics
    assert error.message == f"Could not open configuration file {tmp_path}/a.conf: Permission denied"


def test_a_name_may_become_a_command_later(tmp_path: Path) -> None:
    """MOD-5, MAC-12: Use is a plain directive until mod_macro is loaded."""
    text = "Use x\n<Macro m>\n</Macro>\nLoadModule macro_module m.so\n<Macro m>\nA b\n</Macro>\nUse m\n"
    expanded = read(lay(tmp_path, httpd_conf=text))
    assert [node.name for node in expanded.nodes] == ["Use", "Macro", "A"]


def test_deep_nesting_is_an_error() -> None:
    """Never a traceback: our limit stands before Python's."""
    for tag in ("Location /x", "IfModule core.c", "If true"):
        name = tag.split()[0]
        text = f"<{tag}>\n" * 3000 + "A b\n" + f"</{name}>\n" * 3000
        chosen = options()
        errors = expand(Input((SourceFile("f.conf", text),), "/"), chosen).diagnostics
        assert errors[0].name == "nested-too-deep"


def test_a_fifo_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    """INC-14."""
    os.mkfifo(tmp_path / "x.conf")
    (error,) = read(lay(tmp_path, httpd_conf="Include x.conf\n")).diagnostics
    assert error.message == f"Could not open configuration file {tmp_path}/x.conf: Bad file descriptor"


def test_a_folder_named_like_a_file(tmp_path: Path) -> None:
    """INC-4, INC-6."""
    lay(tmp_path, site__x_conf__a="A b\n", site__y_conf="C d\n")
    (tmp_path / "site" / "x.conf").mkdir(exist_ok=True, parents=True)
    (tmp_path / "site" / "x.conf" / "a").write_text("A b\n")
    expanded = read(tmp_path / "site")
    assert [node.name for node in expanded.nodes] == ["A", "C"]


def test_a_line_of_16_mebibytes(tmp_path: Path) -> None:
    """LEX-5: httpd names the directive that it executed last."""
    long = "x" * (1 << 24)
    lay(tmp_path, httpd_conf=f"Define a b\nSetEnv c {long}\nSetEnv d e\n")
    (error,) = read(tmp_path).diagnostics
    main = tmp_path / "httpd.conf"
    assert error.httpd == (
        f"{{argv0}}: Syntax error on line 1 of {main}: Error reading {main} at line 2: Line too long"
    )


def test_the_last_line_after_use(tmp_path: Path) -> None:
    """LEX-20: httpd loses it, we read it and say so."""
    expanded = read(lay(tmp_path, site_conf="<Macro m>\nA b\n</Macro>\nUse m\nC d") / "site.conf")
    assert [node.name for node in expanded.nodes] == ["A", "C"]
    assert [d.name for d in expanded.diagnostics] == ["lost-last-line"]


def test_a_true_condition_left_open(tmp_path: Path) -> None:
    """COND-8: accepted, and said."""
    expanded = read(lay(tmp_path, site_conf="<IfModule core.c>\n<Location /x>\nA b\n") / "site.conf")
    assert [node.name for node in expanded.walk()] == ["Location", "A"]
    assert [(d.level, d.place and d.place.line) for d in expanded.diagnostics] == [
        (Level.WARNING, 1),
        (Level.WARNING, 2),
    ]


def test_lua_is_not_configuration(tmp_path: Path) -> None:
    """STR-1: the body isn't read; a node stays, because what it does isn't done."""
    text = '<LuaHookFixups "f">\nif a < b then "\n</Location>\n</LuaHookFixups>\nA b\n'
    expanded = read(lay(tmp_path, site_conf=text) / "site.conf")
    assert [(node.name, node.children) for node in expanded.nodes] == [("LuaHookFixups", ()), ("A", None)]

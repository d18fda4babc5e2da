"""Header and RequestHeader: their phases, their tables and their operations; seen on httpd 2.4.71 (tests/live)."""

from __future__ import annotations

from pathlib import Path

import pytest

from apacheconf.program import Decision, Program, Request, decide, load
from apacheconf.program.conditions import Regex
from apacheconf.program.editing import edit
from apacheconf.program.headers import HeaderTable
from apacheconf.program.request import Headers
from apacheconf.program.response import answer_fields, settled_fields, settled_text
from apacheconf.program.steps import EditHeader, Table
from apacheconf.program.values import Literal

TEXT = """
Header append X-Order main
RequestHeader append X-Order main
<VirtualHost *:80>
    ServerName a.example
    ProxyPass / http://h/
    Header append X-Order host
    Header always set X-Always 1
    Header set X-Status "expr=%{REQUEST_STATUS}"
    Header set X-Bad 1 "expr=%{REQUEST_STATUS} -ge 400"
    Header set X-Origin "expr=%{resp:X-From}"
    Header always set X-Early 1 early
    Header always append X-Early 2
    RequestHeader append X-Order host
    RequestHeader set X-Early yes early
    SetEnvIf X-Early ^(.+)$ SEEN=$1
    RequestHeader set X-Seen "%{SEEN}e %{NOTHING}e"
    SetEnvIf X-Order . TOO_SOON=1
    RequestHeader set X-Late 1 env=TOO_SOON
    <Location /in>
        Header append X-Order section
        RequestHeader append X-Order section
        RequestHeader set X-Early no early
        Header unset X-Gone
    </Location>
    <Location /no>
        Require all denied
    </Location>
</VirtualHost>
"""


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Program:
    file: Path = tmp_path_factory.mktemp("headers") / "site.conf"
    file.write_text(TEXT)
    return load([str(file)]).require()


def ask(program: Program, path: str) -> Decision:
    return decide(program, Request("GET", path, (("Host", "a.example"),)))


def test_the_request_on_its_way(program: Program) -> None:
    """HD-5, HD-7, INH-5, MRG-21, OR-5: early lines are seen by SetEnvIf, the others come last."""
    sent = dict(ask(program, "/in/x").headers)
    assert sent["X-Order"] == "main, host, section"
    assert (sent["X-Early"], sent["X-Seen"]) == ("yes", "yes (null)")
    assert "X-Late" not in sent


def test_a_line_that_is_early_in_a_section_never_acts(program: Program) -> None:
    """HD-7."""
    assert [(directive.args, reason.split(",")[0]) for directive, reason in program.left_out] == [
        ("set X-Early no early", "early acts before the sections are known")
    ]


def test_the_answer_of_an_origin(program: Program) -> None:
    """HD-1, HD-2, HD-6, HD-8: both tables, the one called always first."""
    given: Headers = (("X-From", "o"), ("X-Gone", "1"), ("X-Always", "theirs"))
    assert answer_fields(ask(program, "/in"), 404, given, completed=True) == (
        ("X-Early", "1, 2"),
        ("X-Always", "1"),
        ("X-From", "o"),
        ("X-Always", "theirs"),
        ("X-Order", "main, host, section"),
        ("X-Status", "404"),
        ("X-Bad", "1"),
        ("X-Origin", "o"),
    )


def test_an_answer_made_here(program: Program) -> None:
    """HD-2: the table called always only, after what the error itself brings is out of its reach."""
    decision = ask(program, "/no")
    assert decision.status == 403
    assert answer_fields(decision, 403, (("Allow", "GET"),), completed=False) == (
        ("X-Always", "1"),
        ("X-Early", "2"),
        ("X-Early", "1"),
        ("Allow", "GET"),
    )


def test_a_request_that_was_refused_at_once(program: Program) -> None:
    """HD-2: the lines of the host act on its 400 too."""
    decision = ask(program, "/%zz")
    assert decision.status == 400
    assert answer_fields(decision, 400, (), completed=False)[0] == ("X-Always", "1")


LINES: Headers = (("X-A", "a, b"), ("x-a", "c"), ("X-Z", "z"))


def line(operation: str, name: str, value: str = "", match: str = "") -> EditHeader:
    regex = Regex(match) if match else None
    literal = Literal(value)
    return EditHeader(Table.ONSUCCESS, operation, name, None if regex else literal, literal if regex else None, regex)


@pytest.mark.parametrize(
    ("done", "left"),
    [
        (line("set", "x-a", "n"), (("X-A", "n"), ("X-Z", "z"))),
        (line("set", "X-N", "n"), (*LINES, ("X-N", "n"))),
        (line("add", "X-A", "n"), (*LINES, ("X-A", "n"))),
        (line("append", "X-A", "n"), (("X-A", "a, b, n"), *LINES[1:])),
        (line("append", "X-N", "n"), (*LINES, ("X-N", "n"))),
        (line("merge", "X-A", "b"), LINES),
        (line("merge", "X-A", "c"), (("X-A", "a, b, c"), *LINES[1:])),
        (line("setifempty", "X-A", "n"), LINES),
        (line("setifempty", "X-N", "n"), (*LINES, ("X-N", "n"))),
        (line("unset", "x-A"), (("X-Z", "z"),)),
        (line("note", "X-A", "n"), LINES),
        (line("edit", "X-A", "[$0]", "[abc]"), (("X-Z", "z"), ("X-A", "[a], b"), ("x-a", "[c]"))),
        (line("edit*", "X-A", "[$0]", "[abc]"), (("X-Z", "z"), ("X-A", "[a], [b]"), ("x-a", "[c]"))),
        (line("edit", "X-N", "n", "n"), LINES),
    ],
    ids=lambda each: f"{each.operation} {each.name}" if isinstance(each, EditHeader) else "",
)
def test_operations(done: EditHeader, left: Headers) -> None:
    """HD-3, HD-4."""
    table = HeaderTable.of(LINES)
    edit(table, done, settled_text)
    assert table.lines() == left


@pytest.mark.parametrize(
    ("value", "match", "replacement", "every", "edited"),
    [
        ("aaa", "a", "b", False, "baa"),
        ("aaab", "^a", "X", True, "XXXb"),  # each rest is matched anew
        ("pq", "(.)(.)", r"$2\$1&$1", False, "q$1&p"),
        ("ab", "x*", "-", True, "-ab"),  # httpd's child ends here: an empty match never comes to an end
    ],
)
def test_edit(value: str, match: str, replacement: str, every: bool, edited: str) -> None:
    """HD-3."""
    table = HeaderTable.of((("X", value),))
    edit(table, line("edit*" if every else "edit", "X", replacement, match), settled_text)
    assert table.lines() == (("X", edited),)


@pytest.mark.parametrize(("match", "edited"), [("^", "-bab"), ("x*", "-bab"), ("$", "bab-")])
def test_the_empty_text_is_replaced_once(match: str, edited: str) -> None:
    """HD-12: edit* of httpd never gets to an end with it."""
    table = HeaderTable.of((("X", "bab"),))
    edit(table, line("edit*", "X", "-", match), settled_text)
    assert table.lines() == (("X", edited),)


@pytest.mark.parametrize("value", ["expr=%{REQUEST_URI}", r"a\nb"])
def test_no_line_is_split(tmp_path: Path, value: str) -> None:
    """HD-12: what httpd would send as two lines is refused."""
    file = tmp_path / "site.conf"
    file.write_text(f'<VirtualHost *:80>\nProxyPass / http://h/\nRequestHeader set X "{value}"\n</VirtualHost>\n')
    request = Request("GET", "/%0aX-Injected:%201", (("Host", "a"),))
    assert decide(load([str(file)]).require(), request).status == 400


def test_echo() -> None:
    """HD-3: fields of the request whose names match."""
    table = HeaderTable()
    request = HeaderTable.of((("X-One", "1"), ("Y", "2"), ("x-two", "3")))
    edit(table, EditHeader(Table.ONSUCCESS, "echo", "^X-", regex=Regex("^X-")), settled_text, request)
    assert table.lines() == (("X-One", "1"),)


@pytest.mark.parametrize(
    ("edits", "left"),
    [
        ([line("set", "Content-Type", "b")], (("Content-Type", "b"),)),
        ([line("unset", "Content-Type")], ()),
        ([line("edit", "Content-Type", "b", "a")], (("Content-Type", "b"),)),
        ([line("append", "Content-Type", "b")], (("Content-Type", "a"),)),  # httpd keeps the type beside the table
        ([line("set", "Content-Length", "7"), line("unset", "Connection")], (("Content-Type", "a"),)),
    ],
)
def test_fields_that_httpd_keeps_to_itself(edits: list[EditHeader], left: Headers) -> None:
    """HD-10: one Content-Type; the framing of a message is never edited."""
    assert settled_fields(edits, (("Content-Type", "a"),), completed=True) == left

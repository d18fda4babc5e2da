"""How diagnostics look without a terminal: stable text, a caret under the span, and no control bytes."""

from __future__ import annotations

import io
import re

import pytest

from apacheconf.cli.draw import draw, is_terminal, print_all, print_lines, shown, summary
from apacheconf.diagnostics import Diagnostic, Level
from apacheconf.source import Place, SourceFile, Span


def diagnostic(text: str, word: str, name: str = "site.conf", **fields: object) -> Diagnostic:
    """An error at ``word`` of ``text``."""
    file = SourceFile(name, text)
    start = text.index(word)
    span = Span(file, start, start + len(word))
    return Diagnostic(Level.ERROR, "some-name", "what is wrong", span=span, **fields)  # type: ignore[arg-type]


def drawn(found: Diagnostic) -> str:
    return "\n".join("".join(text for _, text in line) for line in draw(found))


def test_caret_stands_under_the_word() -> None:
    assert drawn(diagnostic("Listen 80\n    ProxyPas / http://a/\n", "ProxyPas", help="write ProxyPass")) == (
        "site.conf:2:5: error: what is wrong [some-name]\n"
        "  |\n"
        "2 |     ProxyPas / http://a/\n"
        "  |     ^^^^^^^^\n"
        "  = help: write ProxyPass"
    )


def test_tabs_are_widened_for_text_and_caret_alike() -> None:
    assert "1 |     ServerName x\n  |                ^" in drawn(diagnostic("\tServerName x\n", "x"))


def test_utf8_counts_as_one_column_on_screen() -> None:
    text = 'ServerAdmin "é" x\n'.encode().decode("latin-1")
    assert '1 | ServerAdmin "é" x\n  |                 ^' in drawn(diagnostic(text, "x"))


def test_control_bytes_never_reach_the_terminal() -> None:
    assert shown("a\x1b[31m\x07") == "a\\x1b[31m\\x07"
    assert "\x1b" not in drawn(diagnostic("Define a \x1b]0;x\n", "a"))


def test_long_lines_are_cut_around_the_caret() -> None:
    text = "RewriteRule " + "a" * 500 + " HERE " + "b" * 500 + "\n"
    lines = drawn(diagnostic(text, "HERE")).splitlines()
    assert len(lines[2]) < 180
    assert lines[2][lines[3].index("^") :].startswith("HERE b")


def test_caret_of_a_continued_directive_stays_on_its_first_line() -> None:
    assert drawn(diagnostic("ProxyPass / \\\n http://a/\n", "/ \\\n http")).endswith(
        "1 | ProxyPass / \\\n  |           ^^^"
    )


def test_the_chain_of_includes_is_told() -> None:
    main, part = SourceFile("main.conf", "\n  Include part.conf\n"), SourceFile("part.conf", "Bad x\n")
    via = Place(Span(main, 3, 20), "main.conf", 2)
    found = Diagnostic(Level.ERROR, "n", "m", Place(Span(part, 0, 5), "part.conf", 1, via))
    assert drawn(found).splitlines()[-1] == "  = included at main.conf:2"


def test_a_summary_counts_by_level() -> None:
    stream = io.StringIO()
    error = diagnostic("Bad\n", "Bad")
    print_all([error, error, Diagnostic(Level.WARNING, "w", "careful")], stream)
    assert stream.getvalue().endswith("warning: careful [w]\n\n2 errors, 1 warning\n")
    assert summary([]) == "nothing found"


def test_a_flood_is_cut_and_counted() -> None:
    stream = io.StringIO()
    print_all([Diagnostic(Level.ERROR, "n", f"number {n}") for n in range(30)], stream, most=20)
    assert "number 19" in stream.getvalue() and "number 20" not in stream.getvalue()
    assert stream.getvalue().endswith("... and 10 more\n\n30 errors\n")


def test_a_stream_without_a_terminal_has_no_colours() -> None:
    stream = io.StringIO()
    assert not is_terminal(stream)


def test_a_loop_of_includes_is_told_in_one_line() -> None:
    span = Span(SourceFile("main.conf", "Include main.conf\n"), 0, 17)
    place = Place(span, "main.conf", 1)
    for _ in range(3):
        place = Place(span, "main.conf", 1, place)
    told = Diagnostic(Level.ERROR, "some-name", "deep", place)
    assert drawn(told).splitlines()[-1] == "  = included at main.conf:1 (3 times)"


def test_what_can_not_be_shown_is_told_by_its_bytes() -> None:
    """LEX-2: a byte order mark is three bytes, as httpd says; what is no UTF-8 is a byte each."""
    assert shown("\xef\xbb\xbfServerName") == r"\xef\xbb\xbfServerName"
    assert shown("\x80\xe9") == r"\x80é"


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_on_a_terminal_long_lines_wrap_between_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """Below their own beginning, whatever the width; elsewhere a line stays one."""
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    words = "one two three four five six seven eight nine ten"
    for wrap, expected in (
        (True, ["    one two three four five six seven", "      eight nine ten"]), (False, [f"    {words}"]),
    ):  # fmt: skip
        terminal = _Terminal()
        print_lines([[("", "    "), ("bold", words[:7]), ("", words[7:])]], terminal, wrap)
        assert re.sub(r"\x1b\[[0-9;]*m", "", terminal.getvalue()).splitlines() == expected
    plain = io.StringIO()
    print_lines([[("", f"    {words}")]], plain, True)
    assert plain.getvalue() == f"    {words}\n"


def test_whoever_wants_no_colours_has_a_width_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("COLUMNS", "40"), ("TERM", "xterm"), ("NO_COLOR", "1")):
        monkeypatch.setenv(name, value)
    terminal = _Terminal()
    print_lines([[("bold", "one two three four"), ("", " five six seven eight nine ten")]], terminal, wrap=True)
    assert terminal.getvalue() == "one two three four five six seven\n  eight nine ten\n"

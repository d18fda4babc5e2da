"""Words as httpd's getword splits them, against the specification and a reference written another way."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apacheconf.syntax.words import BLANKS, first_word, split, split_with_offsets


@pytest.mark.parametrize(
    ("text", "words"),
    [
        # LEX-30, LEX-31, PIT-4: an unclosed quote runs to the end
        ('set X "max-age=9; x', ["set", "X", "max-age=9; x"]),
        # LEX-32: only the quote and the backslash are escaped
        (r'"x\ny" "a\.b" "x\'y" "a \"b\" c"', [r"x\ny", r"a\.b", r"x\'y", 'a "b" c']),
        (r"'a \'b\' \"c'", [r"a 'b' \"c"]),
        # LEX-33, PIT-9: not outside quotes
        (r"x\ y \"a b\" c\\d", ["x\\", "y", r"\"a", 'b\\"', r"c\d"]),
        # LEX-34
        ('a"b c"d x"y', ['a"b', 'c"d', 'x"y']),
        # LEX-35, PIT-6
        ('"a"b "/m""http://h/" "a","b"', ["a", "b", "/m", "http://h/", "a", ',"b"']),
        ("'it''s'", ["it", "s"]),
        # LEX-36
        ('a "" b', ["a", "", "b"]),
        # LEX-37, PIT-63
        (r'"C:\path\" x', [r'C:\path" x']),
        (r'"C:\path\\" x', ["C:\\path\\", "x"]),
        # LEX-38, LEX-39
        ("{a b} a=b=c <a> a#b $x %{y}", ["{a", "b}", "a=b=c", "<a>", "a#b", "$x", "%{y}"]),
        # LEX-17: what separates words
        ("a\tb\x0bc\x0cd\re\xa0f\x85g\x1ch", ["a", "b", "c", "d", "e\xa0f\x85g\x1ch"]),
        # PIT-15, PIT-14, PIT-45
        (r'"%h \"%r\" %>s" c', ['%h "%r" %>s', "c"]),
        ("""set P https expr=(%{HTTP:V}='{"s":"h"}')""", ["set", "P", "https", """expr=(%{HTTP:V}='{"s":"h"}')"""]),
        (r'"|/bin/x \"a b\"" c', ['|/bin/x "a b"', "c"]),
        # PIT-46, PIT-59, PIT-62
        ("edit Set-Cookie ^(.*)$ $1;Secure", ["edit", "Set-Cookie", "^(.*)$", "$1;Secure"]),
        ('301 / "https://x/a b"', ["301", "/", "https://x/a b"]),
        ("", []),
        ("  ", []),
    ],
)
def test_split(text: str, words: list[str]) -> None:
    assert split(text) == words


def reference(text: str) -> list[str]:
    """getword character by character."""
    words, at = [], 0
    while True:
        while at < len(text) and text[at] in BLANKS:
            at += 1
        if at == len(text):
            return words
        quote = text[at] if text[at] in "\"'" else ""
        at += bool(quote)
        word = ""
        while at < len(text) and not (text[at] == quote if quote else text[at] in BLANKS):
            if text[at] == "\\" and text[at + 1 : at + 2] in ("\\", quote or "\\"):
                at += 1
            word += text[at]
            at += 1
        at += bool(quote) and at < len(text)
        words.append(word)


@given(st.text(st.sampled_from("ab\\\\\"' \t\xa0<>")))
def test_split_is_getword(text: str) -> None:
    """LEX-30 to LEX-39."""
    assert split(text) == reference(text)
    assert [word.value for word in split_with_offsets(text)] == reference(text)


@given(st.text(st.sampled_from("ab\\\"' \t")))
def test_offsets_cover_all_but_blanks(text: str) -> None:
    words = split_with_offsets(text)
    gaps = zip([0, *(word.end for word in words)], [*(word.start for word in words), len(text)], strict=True)
    assert all(not text[start:end].strip() for start, end in gaps)


def test_first_word_keeps_the_rest_raw() -> None:
    """LEX-23, LEX-42."""
    assert first_word('Header   set A   "b  c"') == ("Header", 'set A   "b  c"')
    assert first_word('"<Location" /x>') == ("<Location", "/x>")

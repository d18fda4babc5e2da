"""The subset of patterns that run in ``re`` means there what it means in PCRE2, which reads bytes as httpd does."""

from __future__ import annotations

import pcre2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apacheconf.program.conditions import Regex
from apacheconf.runtime.compiled.regexes import literal_prefixes, searcher, shared

#: httpd's own: a dot matches line ends, $ the very end alone.
_ALWAYS = pcre2.DOTALL | 0x10

ATOMS = st.sampled_from(
    ["a", "b", "/", r"\.", ".", "[ab]", "[^a]", "[a-c/]", "[-a]", "[a-]", r"[\d.]", r"\d", r"\w", r"\S", "-", " ", "1"]
)
TIMES = st.sampled_from(["", "", "", "?", "*", "+", "*?", "+?", "??", "{2}", "{1,3}", "{0,2}?", "{2,}"])
PIECES = st.builds(lambda atom, times: atom + times, ATOMS, TIMES) | st.sampled_from(["^", "$", r"\b"])
PATTERNS = st.recursive(
    st.lists(PIECES, max_size=4).map("".join),
    lambda inner: (
        st.builds(
            lambda parts, group, times: f"{group}{'|'.join(parts)}){times}",
            st.lists(inner, min_size=1, max_size=3),
            st.sampled_from(["(", "(?:"]),
            st.sampled_from(["", "", "?", "??"]),
        )
        | st.lists(inner, min_size=1, max_size=3).map("".join)
    ),
    max_leaves=6,
)
TEXTS = st.text(alphabet="ab1/.- \n\xe9\xb2A\x85", max_size=12)


def in_pcre2(regex: Regex, text: str) -> tuple[str | None, ...] | None:
    """What PCRE2 finds, byte by byte."""
    options = _ALWAYS | (pcre2.IGNORECASE if regex.ignore_case else 0)
    found = pcre2.compile(regex.pattern.encode("latin-1"), options, jit=False).search(text.encode("latin-1"))
    if found is None:
        return None
    groups = (found.group(0), *found.groups())
    return tuple(None if group is None else group.decode("latin-1") for group in groups)


@settings(max_examples=1500)
@given(PATTERNS, st.booleans(), st.lists(TEXTS, min_size=1, max_size=6))
def test_means_the_same_in_both(pattern: str, ignore_case: bool, texts: list[str]) -> None:
    if shared(pattern) is None:
        return
    regex = Regex(pattern, ignore_case)
    for text in texts:
        assert searcher(regex)(text) == in_pcre2(regex, text), (pattern, text)


@pytest.mark.parametrize(
    "pattern",
    [
        r"(a+)+$", r"(?:a|b)*c", r"(a)\1", r"a++", r"(?=a)", r"(?i)a", r"(?<n>a)", r"[[:alpha:]]", r"\x41", r"\Qa\E",
        "é", r"a{,2}", r"[a-\d]", r"\Ra", "a**", "(a", "a)", "*a", r"[]a]", r"(*UTF)a", r"[a&&b]",
    ],
)  # fmt: skip
def test_leaves_other_patterns_to_pcre2(pattern: str) -> None:
    assert shared(pattern) is None


@pytest.mark.parametrize(
    ("pattern", "prefixes"),
    [
        (r"^/old/(.*)$", ("/old/",)),
        (r"^/?wp-(a|b)", ("/wp-", "wp-")),
        (r"^/a\.b+", ("/a.",)),
        (r"^/a|^/b", ()),
        (r"/a", ()),
        (r"^/ab?c?", ("/ab", "/a")),
        (r"^.*", ()),
    ],
)
def test_knows_what_a_match_begins_with(pattern: str, prefixes: tuple[str, ...]) -> None:
    assert literal_prefixes(Regex(pattern)) == prefixes
    assert literal_prefixes(Regex(pattern, ignore_case=True)) == ()


def test_leaves_long_texts_to_pcre2() -> None:
    """Three repeats in a long text would try too many ways; PCRE2 has a limit for that, and it counts as no match."""
    assert searcher(Regex("^(a*)(a*)(a*)b$"))("a" * 3000) is None

"""Groups by number and by name match what they matched before."""

from __future__ import annotations

import pytest

from apacheconf.program.conditions import Regex
from apacheconf.program.regexes import search
from apacheconf.targets.groups import by_name, by_number, refers_back

_TEXTS = ("abab", "abba", "aa", "ab1", "b", "<n>a", "")


@pytest.mark.parametrize(
    ("pattern", "numbers"),
    [
        (r"^(?<args>a)(?P<host>b)(?'uri'a)\k<host>$", r"^(a)(b)(a)\g{2}$"),
        (r"(?<=a)(?<!x)(?<n>b)(?P=n)?", r"(?<=a)(?<!x)(b)\g{1}?"),
        (r"(?<n>a|b)(?&n)(?P>n)\g<n>", r"(a|b)(?1)(?1)(?1)"),
        (r"(a)(?<n>b)1", "(a)(b)1"),
        (r"(?<n>a)?(?(<n>)b|c)", "(a)?(?(1)b|c)"),
        (r"[(?<n>]+\(?<n>", r"[(?<n>]+\(?<n>"),
    ],
)
def test_names_become_numbers(pattern: str, numbers: str) -> None:
    assert by_number(Regex(pattern)) == numbers
    for text in _TEXTS:
        assert search(Regex(numbers), text) == search(Regex(pattern), text)


@pytest.mark.parametrize("pattern", [r"^(\w)(\w)\2\1$", r"(?:a|(b))[\1]\\1(a)\g{2}", r"(a)(b)1", r"(a)\g1"])
def test_what_is_referred_to_has_a_name(pattern: str) -> None:
    named = by_name(pattern) or ""
    assert ("(?<g1>" in named) == refers_back(pattern)
    for text in _TEXTS:
        assert search(Regex(named), text) == search(Regex(pattern), text)


@pytest.mark.parametrize("pattern", [r"(a)\g{-1}", r"(a)(?1)", "(a)(?R)?", r"(a)?(?(1)b|c)"])
def test_what_refers_back_oddly_is_left_to_others(pattern: str) -> None:
    assert refers_back(pattern)
    assert by_name(pattern) is None

"""What the targets' printers write reads back as the same tree (DES-13, NGX-195, HAP-5)."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from apacheconf.targets.haproxy.tree import Section
from apacheconf.targets.haproxy.tree import print_tree as print_haproxy
from apacheconf.targets.nginx.tree import Block, Directive, glued
from apacheconf.targets.nginx.tree import print_tree as print_nginx
from tests.targets.languages import read_haproxy, read_nginx

_NAMES = st.sampled_from(["server", "location", "set", "proxy_pass", "rewrite"])
_TEXT = st.text(st.characters(min_codepoint=1, exclude_categories=["Cs"]), max_size=12)
_TRICKY = st.sampled_from(
    [
        "",
        "a b",
        '"',
        "\\",
        "\\.",
        '\\"',
        "{",
        "}",
        ";",
        "#",
        "$x",
        "${x}",
        "'",
        "a\\",
        "\\n",
        "\n",
        "a\r\nb",
        "\\\n",
        "~^/a{2};$",
        "'; x",
        "é",
        "${",
        "$",
        "}'",
    ]
)
_WORDS = st.lists(st.one_of(_TEXT, _TRICKY), max_size=4).map(tuple)


def _blocks(inner: st.SearchStrategy[Block]) -> st.SearchStrategy[Block]:
    directive = st.builds(Directive, _NAMES, _WORDS, st.one_of(st.none(), inner), st.just("from a.conf:1 (x)"))
    return st.lists(st.one_of(directive, st.none(), st.just("a comment")), max_size=4).map(Block)


def _as_data(block: Block) -> list[object]:
    return [
        [each.name, *each.words] if each.block is None else [[each.name, *each.words], _as_data(each.block)]
        for each in block.directives()
    ]


@given(st.recursive(st.just(Block()), _blocks, max_leaves=6))
@settings(max_examples=200)
def test_nginx_reads_back_what_was_printed(root: Block) -> None:
    assert read_nginx(print_nginx(root)[0]) == _as_data(root)


@given(st.lists(st.lists(st.one_of(_TEXT, _TRICKY), min_size=1, max_size=5), max_size=5))
@settings(max_examples=200)
def test_haproxy_reads_back_what_was_printed(lines: list[list[str]]) -> None:
    section = Section("backend", "b")
    for words in lines:
        section.add(*words, comment="from a.conf:1 (x)")
    assert read_haproxy(print_haproxy([section], ["a head"])[0]) == [("backend b", lines)]


def test_a_condition_stands_in_parentheses() -> None:
    root = Block()
    root.open("if", "$request_uri", "~*", "^[^?]*%2f;").add("return", "404")
    assert print_nginx(root)[0].splitlines()[0] == 'if ($request_uri ~* "^[^?]*%2f;") {'


def test_a_variable_ends_where_its_word_does() -> None:
    """``$hostname`` is another variable than ``$host``; ``$1`` is one sign."""
    assert glued(["$host", "name", "$uri", "/a", "$1", "0", "$args"]) == "${host}name$uri/a$10$args"
    assert glued(["${a}", "b"]) == "${a}b"

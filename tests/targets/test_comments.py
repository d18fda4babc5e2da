"""Comments of the output, and what was not read: no text of a configuration can break either (DES-11, DES-19)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from apacheconf.engines import Verdict, check
from apacheconf.targets import TARGETS
from tests.targets.configs import host, outcomes, translated

_ODD = host(
    'ProxyPass "/a\\\nb" "http://10.0.0.1/x#y"',
    'ProxyPass "/t\x07ab" "http://10.0.0.1/z"',
    'Header set X-A "one \\\n  two"',
    '<Location "/l{};#\'">\nRequire all denied\n</Location>',
    'SetEnvIf X-B "^[{};#]\\"$" b=1',
    'RequestHeader set X-B "%{b}e"',
    "ProxyPass / http://10.0.0.2/",
)


@pytest.mark.live
@pytest.mark.parametrize("target", TARGETS)
def test_comments_hold_places_and_names_only(target: str, tmp_path: Path) -> None:
    """DES-11: a line each, of characters that can be read, and it says where it is from."""
    made = translated(tmp_path, _ODD, target)
    comments = [line.strip() for line in made.text.splitlines() if line.strip().startswith("#")]
    assert all(line.isprintable() for line in comments)
    places = [line for line in comments if line.startswith("# from ")]
    assert len(places) >= 3
    assert all(re.fullmatch(r"# from site\.conf:\d+ \(\w+ [\w/*:?-]+( [\w/*:?.-]+)?\)(, .*)?", line) for line in places)
    result = check(target, made.files)
    assert result.verdict is Verdict.VALID, result.output


@pytest.mark.parametrize("target", TARGETS)
def test_what_was_not_read_is_a_row(target: str, tmp_path: Path) -> None:
    """DES-19: each choice that reading made, with its reason."""
    text = (
        "Define here 1\n<IfDefine ELSEWHERE>\nHeader set X-A 1\n</IfDefine>\n<IfDefine here>\nHeader set X-B 1\n"
        "</IfDefine>\n<IfModule mod_strange.c>\nStrangeThing On\n</IfModule>\n<IfVersion < 2.4>\nTimeout 5\n"
        "</IfVersion>\n" + host("ProxyPass / http://10.0.0.1/")
    )
    rows = translated(tmp_path, text, target).rows
    told = {(row.name, row.args): (row.outcome.words, row.caveats) for row in rows}
    why = ("not read: the condition around it is false",)
    for line in (("Header", "set X-A 1"), ("StrangeThing", "On"), ("Timeout", "5")):
        assert told[line] == ("not read", why), line
    assert [told[name][0] for name in (("IfDefine", "ELSEWHERE"), ("IfModule", "mod_strange.c"))] == ["absorbed"] * 2
    assert told["Header", "set X-B 1"][0] in ("exact", "equivalent")


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("line", ["SecRuleEngine On", "SetOutputFilter RATE_LIMIT", "ExtFilterDefine x cmd=/bin/cat"])
def test_what_no_target_knows_is_not_passed_over(line: str, target: str, tmp_path: Path) -> None:
    """DES-4: what nobody speaks for is unsupported, and nothing of it is written."""
    made = translated(tmp_path, host(line, "ProxyPass / http://10.0.0.1/"), target)
    assert outcomes(made)[line.split()[0]] == "unsupported"
    without = translated(tmp_path, host("", "ProxyPass / http://10.0.0.1/"), target).text
    assert _without_comments(made.text) == _without_comments(without)
    assert re.search(rf"# (not translated: )?from site\.conf:3 \({line.split()[0]}", made.text)


def _without_comments(text: str) -> list[str]:
    """What the server reads; a place that would be as all others has lines of its own if it has a comment to make."""
    return [line.strip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]


@pytest.mark.parametrize("target", TARGETS)
def test_what_is_lost_is_named_at_the_end(target: str, tmp_path: Path) -> None:
    """Lines that no place of the output is about: in their order, and counted where there are many."""
    few = host("SecRuleEngine On", "ProxyPass / http://10.0.0.1/", 'SecRule ARGS "@rx a" deny')
    end = "\n# not translated:\n# from site.conf:3 (SecRuleEngine On)\n# from site.conf:5 (SecRule ARGS)\n"
    assert translated(tmp_path, few, target).text.endswith(end)
    many = host(*["SecRuleEngine On"] * 70, "ProxyPass / http://10.0.0.1/")
    text = translated(tmp_path, many, target).text
    assert text.count("(SecRuleEngine On)") == 50
    assert text.endswith("\n# and 20 more, which the report names\n")
    assert "not translated" not in translated(tmp_path, host("ProxyPass / http://10.0.0.1/"), target).text

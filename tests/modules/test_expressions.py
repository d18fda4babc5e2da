"""Expressions, judged by httpd: what it accepts we accept, what it refuses we refuse in its words.

``fixtures/expressions/conditions.txt`` holds one expression a line; ``httpd.json`` beside it what httpd said of
each when it stood in ``<If>``. ``make record`` asks httpd again. Bison's list of what it would have expected
is left out of the comparison: it depends on the parser's tables and not on the language.
"""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from apacheconf.engines import Sandbox, find
from apacheconf.engines import httpd as sandboxed
from apacheconf.modules.declare import ValueRefused
from apacheconf.modules.expressions import check_condition

FOLDER = Path(__file__).parents[2] / "fixtures" / "expressions"
CONDITIONS = (FOLDER / "conditions.txt").read_text().splitlines()
RECORDED = FOLDER / "httpd.json"


def ours(text: str) -> str:
    try:
        check_condition(text, "", ssl=False)
    except ValueRefused as refused:
        return str(refused)
    return "OK"


def theirs(text: str) -> str:
    """What ``httpd -t`` says of the expression in an If section."""
    engine = find("httpd")
    assert engine is not None, "httpd is needed to record what it says"
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    with Sandbox("expressions") as box:
        before = sandboxed.preamble(engine, box, ["authz_core_module"])
        file = box.write("httpd.conf", f'{before}\nServerName a\nListen 127.0.0.1:1\n<If "{escaped}">\n</If>\n')
        command = [engine.path, "-t", "-d", box.path, "-f", file]
        said = subprocess.run(command, capture_output=True, text=True, timeout=20).stderr
    found = re.search(r"Cannot parse condition clause: (.*)", said)
    return re.sub(r", expecting .*?(?=: |$)", "", found.group(1)) if found else "OK"


def record() -> None:
    RECORDED.write_text(json.dumps({text: theirs(text) for text in CONDITIONS}, indent=1) + "\n")


@pytest.mark.parametrize("text", CONDITIONS)
def test_an_expression_is_judged_as_httpd_judges_it(text: str):  # EXPR-1 to EXPR-13, EXPR-20 to EXPR-29, EXPR-40
    assert ours(text) == json.loads(RECORDED.read_text())[text]


@pytest.mark.live
@pytest.mark.parametrize("text", CONDITIONS[::9])
def test_httpd_still_says_so(text: str):
    assert theirs(text) == json.loads(RECORDED.read_text())[text]


_LONG = {
    "'{}' == 'a'": "String too long",
    "%{{tolower:{}}} == 'a'": "String too long",
    "'a' =~ m#{}#": "syntax error, unexpected T_ERROR: Regexp too long",
}


@pytest.mark.parametrize(("form", "said"), _LONG.items())
def test_texts_have_8191_bytes_at_most(form: str, said: str) -> None:  # EXPR-9
    assert ours(form.format("x" * 8192)) == said
    assert ours(form.format("x" * 8191)) == "OK"


@pytest.mark.live
@pytest.mark.parametrize(("form", "said"), _LONG.items())
def test_httpd_takes_as_much(form: str, said: str) -> None:  # EXPR-9
    assert theirs(form.format("x" * 8192)) == said
    assert theirs(form.format("x" * 8191)) == "OK"


@pytest.mark.parametrize("text", ["!" * 5000 + "true", "!(" * 2000 + "true" + ")" * 2000])
def test_what_is_nested_too_deeply_is_refused(text: str) -> None:
    """httpd says so too, of more."""
    assert ours(text) == "memory exhausted"


if __name__ == "__main__":
    record()

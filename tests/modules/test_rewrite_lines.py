"""Lines of mod_rewrite, judged by httpd: what it accepts we accept, what it refuses we refuse in its words.

``fixtures/rewrite/lines.txt`` holds one line each; ``httpd.json`` beside it what ``httpd -t`` said of it outside
sections. ``python -m tests.modules.test_rewrite_lines`` asks httpd again.
"""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from apacheconf.engines import Sandbox, find
from apacheconf.engines import httpd as sandboxed
from apacheconf.model.arguments import WrongArguments, shape
from apacheconf.modules import registry
from apacheconf.modules.declare import Context, Scope, ValueRefused
from apacheconf.modules.rewrite_rules import RewriteCond, RewriteRule, rewrite_cond, rewrite_rule
from apacheconf.syntax.rewrite import Group, MapCall, Name, Text, parse_text, split_arguments, split_flags
from apacheconf.syntax.words import split

FOLDER = Path(__file__).parents[2] / "fixtures" / "rewrite"
LINES = (FOLDER / "lines.txt").read_text().splitlines()
RECORDED = FOLDER / "httpd.json"
SERVER = Scope(Context.SERVER, "", lambda module: module in ("mod_rewrite", "mod_authz_core"))


def ours(line: str) -> str:
    name, _, args = line.partition(" ")
    spec = registry.spec(name)
    assert spec is not None
    try:
        words = shape(spec.args, split(args))
        if spec.parse_in is not None:
            spec.parse_in([args.strip()] if spec.raw else words, SERVER)
        elif spec.parse is not None:
            spec.parse(words)
    except WrongArguments as wrong:
        return f"{name} {wrong}" + (f", {spec.help}" if wrong.with_help else "")
    except ValueRefused as refused:
        return str(refused)
    return "OK"


def theirs(line: str) -> str:
    """What ``httpd -t`` says of the line, without its warnings."""
    engine = find("httpd")
    assert engine is not None, "httpd is needed to record what it says"
    with Sandbox("rewrite") as box:
        before = sandboxed.preamble(engine, box, ["authz_core_module", "rewrite_module"])
        file = box.write("httpd.conf", f"{before}\nServerName a\nListen 127.0.0.1:1\n{line}\n")
        command = [engine.path, "-t", "-d", box.path, "-f", file]
        said = subprocess.run(command, capture_output=True, text=True, timeout=20).stderr
    left = [each for each in said.splitlines() if "AH00526" not in each and ":warn]" not in each]
    # The log doubles backslashes; Bison's list of what it would have expected depends on its tables.
    return "OK" if left == ["Syntax OK"] else re.sub(r", expecting .*$", "", "\n".join(left).replace("\\\\", "\\"))


def record() -> None:
    RECORDED.write_text(json.dumps({line: theirs(line) for line in LINES}, indent=1) + "\n")


@pytest.mark.parametrize("line", LINES)
def test_a_line_is_judged_as_httpd_judges_it(line: str):
    """LEX-40, LEX-41, RW-20 to RW-35, RW-40 to RW-44, PIT-8 to PIT-13, EXPR-45."""
    assert ours(line) == json.loads(RECORDED.read_text())[line]


@pytest.mark.live
@pytest.mark.parametrize("line", LINES[::11])
def test_httpd_still_says_so(line: str):
    assert theirs(line) == json.loads(RECORDED.read_text())[line]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (r"%{THE_REQUEST} ^[A-Z]{3,9}\ /x/?\ HTTP/ [NC]", ["%{THE_REQUEST}", r"^[A-Z]{3,9}\ /x/?\ HTTP/", "[NC]"]),
        (r"\.css\.gz$ - [T=text/css,E=no-gzip:1]", [r"\.css\.gz$", "-", "[T=text/css,E=no-gzip:1]"]),  # PIT-10
        ('${m:%{HTTP_HOST}} !=""', ["${m:%{HTTP_HOST}}", '!=""']),  # PIT-11
        ('^a" http://b/', ['^a"', "http://b/"]),  # PIT-13
        ("\"a b\" 'c d' [L] more", ["a b", "c d", "[L]"]),
        ("only", []),
    ],
)
def test_arguments_are_split_as_httpd_splits_them(text: str, words: list[str]):  # LEX-40
    assert [word.value for word in split_arguments(text)] == words


def test_flags_know_their_place():
    flags = split_flags("[R=301, NC,L]")
    assert flags is not None
    assert [(flag.name, flag.value, flag.at) for flag in flags] == [("R", "301", 1), ("NC", "", 8), ("L", "", 11)]


@pytest.mark.parametrize(
    ("line", "wrong"),
    [("^/a /b [R=301,LX,NC]", "LX"), ('^/a /b "[NC, R=999]"', "R=999"), ("^/a /b [Q]", "Q")],
)
def test_a_wrong_flag_is_pointed_at(line: str, wrong: str):
    with pytest.raises(ValueRefused) as caught:
        rewrite_rule(line)
    assert caught.value.within is not None
    assert line[slice(*caught.value.within)] == wrong


def test_references_are_found_in_texts():  # RW-40
    assert parse_text(r"a\$1$2%3${m:$1x|%{ENV:e}}%{HTTP_HOST}$%{") == (
        Text("a$1"),
        Group(False, 2, 4),
        Group(True, 3, 6),
        MapCall("m", (Group(False, 1, 0), Text("x")), (Name("ENV:e", 0),), 8),
        Name("HTTP_HOST", 25),
        Text("$%{"),
    )


def test_flags_of_a_rule():  # RW-29, RW-33, RW-34
    rule = rewrite_rule("!^/a b [R=permanent,NC,S=2,E=x:$1,E=!y,N=7,QSA]")
    assert rule == RewriteRule(
        "^/a", (Text("b"),), "b", negated=True, ignore_case=True, redirects=True, code=301, skip=2,
        env=("x:$1", "!y"), rounds=7, query_appended=True,
    )  # fmt: skip
    assert rewrite_rule("^ - [R=404]").ends


@pytest.mark.parametrize(
    ("pattern", "operator", "operand", "negated"),
    [
        ("!-f", "-f", "", True),
        ("-h", "-L", "", False),
        ("-ne5", "-eq", "5", True),
        ("!-ne5", "-eq", "5", False),
        (">=b", ">=", "b", False),
        ('=""', "=", "", False),
        ("=", "regex", "=", False),
        ("!", "regex", "", True),
    ],
)
def test_patterns_of_conditions(pattern: str, operator: str, operand: str, negated: bool):  # RW-42
    assert rewrite_cond(f"x {pattern}", SERVER) == RewriteCond(operator, operand, (Text("x"),), "x", negated)


if __name__ == "__main__":
    record()

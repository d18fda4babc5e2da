"""Findings for machines: JSON, SARIF, GitHub."""

from __future__ import annotations

import json
import re

from apacheconf.diagnostics import Diagnostic, Level
from apacheconf.lint.engine import rules
from apacheconf.lint.formats import as_github, as_json, as_sarif
from apacheconf.source import Place, SourceFile, Span

#: The third line holds two bytes of UTF-8 before the word that is pointed at.
TEXT = "# a\nServerName a\nServerAlias caf\u00e9 b:c,d%\n".encode().decode("latin-1")
FILE = SourceFile("conf.d/my site.conf", TEXT)


def finding(message: str = "it smells", help: str | None = "write b") -> Diagnostic:
    start = TEXT.index("b:c")
    line = TEXT.index("ServerAlias")
    include = Place(Span(FILE, 4, 16), FILE.name, 2)
    place = Place(Span(FILE, line, start + 6), FILE.name, 3, include)
    return Diagnostic(Level.WARNING, "overlapping-hosts", message, place, Span(FILE, start, start + 6), help)


def test_json_counts_bytes_and_tells_the_chain():
    data = json.loads(as_json([finding()]))
    assert data["version"] == "1.0"
    assert data["findings"] == [
        {
            "level": "warning",
            "name": "overlapping-hosts",
            "message": "it smells",
            "help": "write b",
            "file": "conf.d/my site.conf",
            "line": 3,
            "column": 19,
            "end_line": 3,
            "end_column": 25,
            "via": [{"file": "conf.d/my site.conf", "line": 2}],
        }
    ]


def test_text_of_the_file_is_shown_as_utf8():
    message = "caf\u00e9".encode().decode("latin-1") + " is double"
    assert json.loads(as_json([finding(message)]))["findings"][0]["message"] == "caf\u00e9 is double"


def test_sarif_describes_every_rule_and_counts_utf16_units():
    log = json.loads(as_sarif([finding()]))
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    driver = run["tool"]["driver"]
    assert [rule["id"] for rule in driver["rules"]] == [entry.rule.name for entry in rules()]
    (result,) = run["results"]
    assert result["ruleId"] == "overlapping-hosts"
    assert result["level"] == "warning"
    location = result["locations"][0]["physicalLocation"]
    assert location["artifactLocation"]["uri"] == "conf.d/my%20site.conf"
    assert location["region"] == {"startLine": 3, "startColumn": 18, "endLine": 3, "endColumn": 24}


def test_github_annotations_escape_what_would_end_them():
    text = as_github([finding("50% of it:\nbad")])
    assert text == (
        "::warning file=conf.d/my site.conf,line=3,endLine=3,col=18,endColumn=24,title=overlapping-hosts"
        "::50%25 of it:%0Abad%0Awrite b\n"
    )
    assert re.fullmatch(r"::\w+ .*::.*\n", text)


def test_a_finding_without_a_place_is_a_finding_of_the_whole():
    lost = Diagnostic(Level.ERROR, "no-file", "nothing was read")
    assert json.loads(as_json([lost]))["findings"][0]["file"] is None
    assert "locations" not in json.loads(as_sarif([lost]))["runs"][0]["results"][0]
    assert as_github([lost]) == "::error title=no-file::nothing was read\n"

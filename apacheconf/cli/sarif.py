"""The report of a translation as SARIF 2.1.0: what code review and editors show at the line that it is about (DES-10).

A result is one directive that isn't carried exactly, and why; its rule is the caveat's key.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from apacheconf import __version__
from apacheconf.cli.draw import shown
from apacheconf.ledger import Answer, Outcome, Row
from apacheconf.lint.formats import SARIF_SCHEMA, utf16_column
from apacheconf.source import ENCODING
from apacheconf.targets.advice import advice_for

if TYPE_CHECKING:
    from apacheconf.targets import Translation

#: Outcome -> SARIF's level; what is not named here is carried, or has no effect, and is no result.
LEVELS = {Outcome.UNSUPPORTED: "error", Outcome.APPROXIMATED: "warning", Outcome.EQUIVALENT: "note"}


def as_sarif(translation: Translation) -> str:
    """One run with a result for each directive that is unsupported, approximated or equivalent with a caveat."""
    results = list(_results(translation))
    whatever = {each.key: each.what for each in translation.differences}
    rules = dict.fromkeys([*(result["ruleId"] for result in results), *whatever])
    driver = {
        "name": "apacheconf",
        "version": __version__,
        "rules": [{"id": key, "shortDescription": {"text": whatever.get(key, key.replace("-", " "))}} for key in rules],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "utf16CodeUnits",
        "results": results,
        "properties": {"target": translation.target, "targetVersion": translation.version},
    }
    return json.dumps({"$schema": SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _results(translation: Translation) -> Iterator[dict[str, Any]]:
    for row in translation.rows:
        for answer in row.answers:
            if answer.outcome in LEVELS:
                yield _result(translation, row, answer)


def _result(translation: Translation, row: Row, answer: Answer) -> dict[str, Any]:
    span = row.place.span
    region = {
        "startLine": span.line,
        "startColumn": utf16_column(span.file, span.start),
        "endLine": span.end_line,
        "endColumn": utf16_column(span.file, span.end),
    }
    result: dict[str, Any] = {
        "ruleId": answer.key or answer.outcome.words.replace(" ", "-"),
        "level": LEVELS[answer.outcome],
        "message": {"text": _message(translation.target, row, answer)},
        "locations": [_location(span.file.name, region)],
    }
    file, colon, line = answer.at.rpartition(":")
    if colon and line.isdecimal():
        result["relatedLocations"] = [_location(file, {"startLine": int(line)})]
    return result


def _message(target: str, row: Row, answer: Answer) -> str:
    """What became of the directive, why, and what to do about it."""
    said = f"{row.name} {answer.outcome.words} in {target}: {shown(answer.caveat)}"
    advice = advice_for(answer)
    return f"{said}. What to do: {advice.help}." if advice else said


def _location(file: str, region: dict[str, int]) -> dict[str, Any]:
    uri = quote(file.encode(ENCODING, "replace"))
    return {"physicalLocation": {"artifactLocation": {"uri": uri}, "region": region}}

"""Findings as machines read them: JSON, SARIF 2.1.0 and GitHub's annotations. Pure functions over data.

Configuration text is latin-1 inside this program (one character is one byte); here it becomes what a reader
of the file sees, and columns count the units each format asks for. Files are named relative to the current
directory, as GitHub and editors want them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from apacheconf import __version__
from apacheconf.diagnostics import Diagnostic, Level
from apacheconf.lint.engine import rules
from apacheconf.lint.rule import shown_name
from apacheconf.source import ENCODING, Place, SourceFile

#: Version of the JSON below: the first number changes when a reader must change.
JSON_VERSION = "1.0"
SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_SARIF_LEVELS = {Level.NOTE: "note", Level.INFO: "note", Level.WARNING: "warning", Level.ERROR: "error"}
_GITHUB_LEVELS = {Level.NOTE: "notice", Level.INFO: "notice", Level.WARNING: "warning", Level.ERROR: "error"}


def as_json(findings: Iterable[Diagnostic]) -> str:
    """``{"version", "findings": [{level, name, message, help, file, line, column, end_line, end_column, via}]}``.

    Lines and columns count from 1, columns in bytes; ``end_column`` is the first one after the span. ``via`` is
    the chain of Include and Use lines that led to the directive, the innermost first.
    """
    data = {"version": JSON_VERSION, "findings": [_finding(finding) for finding in findings]}
    return json.dumps(data, indent=2) + "\n"


def _finding(finding: Diagnostic) -> dict[str, Any]:
    where = finding.where
    position: dict[str, Any] = {"file": None}
    if where is not None:
        position = {
            "file": shown_name(where.file.name),
            "line": where.line,
            "column": where.column,
            "end_line": where.end_line,
            "end_column": where.file.column_at(where.end),
        }
    return {
        "level": finding.level.name.lower(),
        "name": finding.name,
        "message": readable(finding.message),
        "help": readable(finding.help or ""),
        **position,
        "via": [{"file": shown_name(place.span.file.name), "line": place.span.line} for place in _chain(finding.place)],
    }


def _chain(place: Place | None) -> list[Place]:
    chain: list[Place] = []
    while place is not None and place.via is not None:
        place = place.via
        chain.append(place)
    return chain


def as_sarif(findings: Iterable[Diagnostic]) -> str:
    """A SARIF 2.1.0 log with one run. Every rule is described, whether it found something or not."""
    driver = {
        "name": "apacheconf",
        "version": __version__,
        "rules": [
            {
                "id": entry.rule.name,
                "shortDescription": {"text": entry.summary},
                "fullDescription": {"text": entry.doc},
                "defaultConfiguration": {"level": _SARIF_LEVELS[entry.rule.level]},
            }
            for entry in rules()
        ],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "utf16CodeUnits",
        "results": [_result(finding) for finding in findings],
    }
    return json.dumps({"$schema": SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _result(finding: Diagnostic) -> dict[str, Any]:
    message = readable(finding.message + (f". {finding.help}" if finding.help else ""))
    result: dict[str, Any] = {
        "ruleId": finding.name,
        "level": _SARIF_LEVELS[finding.level],
        "message": {"text": message},
    }
    where = finding.where
    if where is not None:
        region = {
            "startLine": where.line,
            "startColumn": utf16_column(where.file, where.start),
            "endLine": where.end_line,
            "endColumn": utf16_column(where.file, where.end),
        }
        physical = {
            "artifactLocation": {"uri": quote(shown_name(where.file.name).encode(ENCODING, "replace"))},
            "region": region,
        }
        result["locations"] = [{"physicalLocation": physical}]
    return result


def as_github(findings: Iterable[Diagnostic]) -> str:
    """Workflow commands that GitHub shows beside the lines of a change."""
    return "".join(_annotation(finding) for finding in findings)


def _annotation(finding: Diagnostic) -> str:
    where = finding.where
    fields = {"title": finding.name}
    if where is not None:
        fields = {
            "file": shown_name(where.file.name),
            "line": str(where.line),
            "endLine": str(where.end_line),
            "col": str(utf16_column(where.file, where.start)),
            **({"endColumn": str(utf16_column(where.file, where.end))} if where.line == where.end_line else {}),
            **fields,
        }
    message = readable(finding.message + (f"\n{finding.help}" if finding.help else ""))
    listed = ",".join(f"{key}={_property(value)}" for key, value in fields.items())
    return f"::{_GITHUB_LEVELS[finding.level]} {listed}::{_data(message)}\n"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def readable(text: str) -> str:
    """Configuration text as its author sees it: UTF-8 where it is UTF-8, else latin-1."""
    try:
        return text.encode(ENCODING).decode()
    except UnicodeError:
        return text


def utf16_column(file: SourceFile, offset: int) -> int:
    """The column of ``offset`` from 1, in UTF-16 code units."""
    before = file.text[offset - file.column_at(offset) + 1 : offset]
    return len(readable(before).encode("utf-16-le", "surrogatepass")) // 2 + 1

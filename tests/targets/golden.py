"""The expected translations, in the folder expected of each site; ``python -m tests.targets.golden`` rewrites them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from apacheconf.program import load
from apacheconf.targets import TARGETS, Translation, translate
from apacheconf.targets.sources import Sources

SITES = Path(__file__).parents[2] / "fixtures" / "sites"
#: The site and the path in it that is given to the command.
PATHS = {"reverse-proxy": "conf.d", "load-balancer": "conf.d", "debian": ".", "redhat": "."}
#: What a target says in another way from one version to the next; beside it, for each version.
VERSIONS = SITES.parent / "versions"
_TYPES = re.compile(r"^( *)(types \{\n)(?:.*\n)*?\1\}\n", re.MULTILINE)


def translation_of(site: str, target: str, version: str | None = None) -> Translation:
    """The site, translated."""
    return translate(load([str(SITES / site / PATHS[site])]).require(), target, version)


def report_of(translation: Translation) -> list[list[Any]]:
    """Each row as ``[file:line, name, outcome, where it went, caveat keys]``."""
    sources = Sources(translation.rows)
    return [
        [
            sources.at(row.place),
            row.name,
            row.outcome.words,
            sorted({answer.at for answer in row.answers if answer.at}),
            sorted({answer.key for answer in row.answers if answer.key}),
        ]
        for row in translation.rows
    ]


def expected_files(site: str) -> dict[Path, str]:
    """Every expected file of a site, as it should be now."""
    found = {target: translation_of(site, target) for target in TARGETS}
    made = ((name, text) for each in found.values() for name, text in each.files.items())
    files = {SITES / site / "expected" / name: without_types(text) for name, text in made}
    lines = (f'  "{target}": [\n' + _rows(report_of(each)) + "\n  ]" for target, each in found.items())
    files[SITES / site / "expected" / "report.json"] = "{\n" + ",\n".join(lines) + "\n}\n"
    return files


def expected_versions() -> dict[Path, str]:
    """The translation of VERSIONS for each version that is written for, and what became of its lines."""
    program, files = load([str(VERSIONS / "site.conf")]).require(), {}
    for target, versions in TARGETS.items():
        for version in versions:
            found = translate(program, target, version)
            files[VERSIONS / "expected" / f"{target}-{version}.cfg"] = without_types(found.text)
            report = "[\n" + _rows(report_of(found)) + "\n]\n"
            files[VERSIONS / "expected" / f"{target}-{version}.json"] = report
    return files


def without_types(text: str) -> str:
    """The text without the table of media types, which is that of the machine it was written on."""
    return _TYPES.sub(r"\g<1>\g<2>\g<1>    # those of TypesConfig\n\g<1>}\n", text)


def _rows(rows: list[list[Any]]) -> str:
    return ",\n".join(f"    {json.dumps(row)}" for row in rows)


if __name__ == "__main__":
    for files in (*map(expected_files, PATHS), expected_versions()):
        for path, text in files.items():
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="latin-1")

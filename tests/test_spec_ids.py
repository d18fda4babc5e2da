"""Which statements of the specification do tests cite?

A statement is defined by its ID at the start of a line of ``tests/spec/*.md``. Tests cite it in a name, a
comment or a docstring (``LEX-9``, ``PP-6c``). A citation of a statement that doesn't exist fails; what no
test cites yet is listed, with the count per family (``pytest -s tests/test_spec_ids.py``).
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

TESTS = Path(__file__).resolve().parent
FIXTURES = TESTS.parent / "fixtures"
SPEC = TESTS / "spec"

ID = re.compile(r"\b([A-Z]{2,5})-(\d+)([a-z]?)\b")
#: An ID where a statement is defined: bold, or first cell of a table row.
DEFINED = re.compile(r"(?:\*\*|^\|\s*|^- )([A-Z]{2,5})-(\d+)([a-z]?)(?:\*\*|\b)", re.MULTILINE)
#: Ranges such as "VH-30 to VH-36" or "LEX-30..39" cite what lies between.
RANGE = re.compile(r"\b([A-Z]{2,5})-(\d+)\s*(?:to|–|\.\.)\s*(?:\1-)?(\d+)\b")


def defined() -> set[str]:
    """Every statement of the specification."""
    return {"{}-{}{}".format(*match) for path in SPEC.glob("*.md") for match in DEFINED.findall(path.read_text())}


def cited_in(text: str) -> set[str]:
    """The IDs that a text cites, ranges spelled out."""
    single = {"{}-{}{}".format(*match) for match in ID.findall(text)}
    spans = {f"{family}-{n}" for family, a, b in RANGE.findall(text) for n in range(int(a), int(b) + 1)}
    return single | spans


def citations() -> dict[str, set[str]]:
    """Which test files and fixtures cite which IDs."""
    files = [p for p in TESTS.rglob("*.py") if p != Path(__file__).resolve()]
    files += [p for p in FIXTURES.rglob("*") if p.is_file() and not p.is_relative_to(FIXTURES / "sites")]
    return {str(p.relative_to(TESTS.parent)): cited_in(p.read_text("latin-1")) for p in files}


def runs(numbers: list[int]) -> str:
    """Sorted numbers, neighbours joined: ``1-3 7``."""
    parts: list[list[int]] = []
    for number in numbers:
        if parts and number <= parts[-1][-1] + 1:
            parts[-1][1:] = [number]
        else:
            parts.append([number])
    return " ".join("-".join(map(str, part)) for part in parts)


def test_cited_statements_exist() -> None:
    statements = defined()
    families = {name.partition("-")[0] for name in statements}
    unknown = [
        f"{path} cites {name}, which tests/spec does not define"
        for path, names in citations().items()
        for name in sorted(names)
        if name.partition("-")[0] in families and name not in statements and name.rstrip("abcdefgh") not in statements
    ]
    assert not unknown, "\n".join(unknown)


def test_list_statements_without_a_test() -> None:
    statements = defined()
    assert {"LEX-9", "PP-6", "NGX-31", "HAP-10", "DIF-9", "MRG-24", "OR-1"} <= statements
    cited = set().union(*citations().values())
    missing = {name for name in statements if name not in cited}
    total = Counter(name.partition("-")[0] for name in statements)
    gaps = Counter(name.partition("-")[0] for name in missing)
    for family in sorted(total):
        numbers = sorted(int(ID.fullmatch(name)[2]) for name in missing if name.startswith(f"{family}-"))  # type: ignore[index]
        print(f"{family:5} {total[family] - gaps[family]:4} of {total[family]:4} cited, not: {runs(numbers)}")
    print(f"\n{len(missing)} of {len(statements)} statements are not cited by any test yet")


def test_ranges_cite_what_lies_between() -> None:
    assert {"LEX-30", "LEX-31", "LEX-32"} <= cited_in("see LEX-30..32")
    assert cited_in("PP-6c and (VH-30 to VH-31)") == {"PP-6c", "VH-30", "VH-31"}

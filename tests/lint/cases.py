"""The fixtures of the rules: ``fixtures/lint/<rule>/fires*`` beside its ``.expected``, and ``silent*``.

A case is a file or a folder that is read as a user would name it. ``python -m tests.lint.cases`` writes the
expectations anew; look at the difference before you keep it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from apacheconf.diagnostics import Diagnostic
from apacheconf.expand import Options
from apacheconf.lint import lint
from apacheconf.program.loading import load

FIXTURES = Path(__file__).parents[2] / "fixtures" / "lint"


@dataclass(frozen=True)
class Case:
    rule: str
    path: Path

    @property
    def expected(self) -> Path:
        return self.path.with_name(self.path.name.removesuffix(".conf") + ".expected")

    def __str__(self) -> str:
        return f"{self.rule}/{self.path.name}"


def cases(kind: str) -> Iterator[Case]:
    """The cases of one kind, ``fires`` or ``silent``, of all rules."""
    for folder in sorted(FIXTURES.iterdir()):
        for path in sorted(folder.glob(f"{kind}*")):
            if path.suffix != ".expected":
                yield Case(folder.name, path)


def findings(path: Path) -> tuple[Diagnostic, ...]:
    """What lint finds; the configuration must be free of errors."""
    loaded = load([str(path)], Options(environ={}))
    assert not loaded.errors, "\n".join(map(str, loaded.errors))
    return lint(loaded.model, loaded.program)


def rendered(case: Case) -> str:
    """The findings of the case's own rule, as the expectations hold them."""
    return "".join(_render(finding) for finding in findings(case.path) if finding.name == case.rule)


def _render(finding: Diagnostic) -> str:
    where = finding.where
    assert where is not None
    name = Path(where.file.name).name
    word = where.text.replace("\n", "\\n")
    head = f"{name}:{where.line}:{where.column}: {finding.level.name.lower()}: {finding.message}\n"
    return f"{head}    at: {word}\n    help: {finding.help}\n"


if __name__ == "__main__":
    for case in cases("fires"):
        case.expected.write_text(rendered(case).replace(str(FIXTURES) + "/", ""))

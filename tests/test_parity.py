"""Which layers have a file of the same name for an Apache module? The gaps are listed, not refused.

``modules/mod_x.py`` declares; ``program/mod_x.py``, ``runtime/mod_x.py`` and the targets' ``mod_x.py`` are the
layers' answers. A layer's file for a module that nobody declares is a fault.
"""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent / "apacheconf"
DECLARED = PACKAGE / "modules"


def layers() -> dict[str, set[str]]:
    """Folder -> the module files in it, for every folder that has some besides ``modules``."""
    found: dict[str, set[str]] = {}
    for path in PACKAGE.rglob("mod_*.py"):
        if path.parent != DECLARED:
            found.setdefault(str(path.parent.relative_to(PACKAGE)), set()).add(path.stem)
    return found


def test_layers_answer_declared_modules_only() -> None:
    declared = {path.stem for path in DECLARED.glob("mod_*.py")}
    strangers = {folder: sorted(names - declared) for folder, names in layers().items() if names - declared}
    assert not strangers, f"no declaration in modules/: {strangers}"


def test_list_the_gaps() -> None:
    declared = sorted(path.stem for path in DECLARED.glob("mod_*.py"))
    columns = layers()
    print(f"{'module':28}" + " ".join(f"{folder:>16}" for folder in columns))
    for name in declared:
        marks = " ".join(f"{'yes' if name in names else '.':>16}" for names in columns.values())
        print(f"{name:28}{marks}")

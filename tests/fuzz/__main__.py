"""Coverage-guided fuzzing of the front end: ``nice python -m tests.fuzz [--seconds N]``.

The seeds are all fixtures of text. What is found is written to ``fixtures/fuzz`` under its hash, where
``test_found`` replays it from then on. Needs atheris (``pip install atheris``), which is no dependency.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
FOUND = FIXTURES / "fuzz"
#: Longest text, seconds for one, and megabytes of the process.
LENGTH, TIMEOUT, MEMORY = 4096, 30, 1500


def seeds(folder: Path) -> None:
    """One file per fixture, or per case of a fixture that holds many."""
    texts = [path.read_bytes() for path in FIXTURES.rglob("*.conf") if path.is_file()]
    for path in FIXTURES.rglob("*.txt"):
        texts += path.read_bytes().split(b"\n\n")
    for number, text in enumerate(texts):
        (folder / str(number)).write_bytes(text[:LENGTH])


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--corpus", type=Path, help="a folder that keeps what was learnt")
    chosen = parser.parse_args()
    try:
        import atheris
    except ImportError:
        sys.exit("atheris is not installed: pip install atheris")
    with atheris.instrument_imports(
        include=["apacheconf.syntax", "apacheconf.expand", "apacheconf.model", "apacheconf.modules"]
    ):
        from tests.fuzz.target import look_at, names

        words = names()
    with tempfile.TemporaryDirectory(prefix="apacheconf-seeds-") as folder:
        (texts := Path(folder, "seeds")).mkdir()
        seeds(texts)
        dictionary = Path(folder, "names")
        dictionary.write_text("".join(f'"{word}"\n' for word in words))
        learnt = [str(chosen.corpus)] if chosen.corpus else []
        limits = [f"-max_len={LENGTH}", f"-timeout={TIMEOUT}", f"-rss_limit_mb={MEMORY}"]
        options = [*limits, f"-max_total_time={chosen.seconds}", f"-artifact_prefix={FOUND}/", f"-dict={dictionary}"]
        atheris.Setup([sys.argv[0], *options, *learnt, str(texts)], look_at)
        atheris.Fuzz()


if __name__ == "__main__":
    main()

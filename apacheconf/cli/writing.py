"""Where results go: standard output, a file or a folder; nothing is overwritten without ``--force``."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from apacheconf.diagnostics import UsageError
from apacheconf.source import ENCODING

#: Characters that are encoded at once.
_BIT = 1 << 18


@dataclass(frozen=True, slots=True)
class Places:
    """``output`` is the argument of -o: None or ``-`` for standard output, an existing folder or a name with a final
    slash for a folder, else a file. All raise UsageError for what can't be written."""

    output: str | None
    force: bool = False

    @property
    def is_standard(self) -> bool:
        """Whether the result is asked for on standard output."""
        return self.output in (None, "-")

    @property
    def is_folder(self) -> bool:
        """Whether the result is asked for as a folder."""
        return self.output is not None and (self.output.endswith("/") or Path(self.output).is_dir())

    def write(self, files: Mapping[str, str]) -> None:
        """Write all ``files`` (name to text, latin-1 as configuration text is), or none if one is in the way."""
        if self.is_standard:
            if len(files) > 1:
                raise UsageError(f"the result has {len(files)} files", "say where to write them: -o DIR")
            to_standard_output(next(iter(files.values())))
            return
        folder = Path(str(self.output))
        if len(files) > 1 and folder.suffix and not self.is_folder:
            raise UsageError(f"the result has {len(files)} files: {', '.join(sorted(files))}",
                             f"name a folder: -o {folder.with_suffix('')}/")  # fmt: skip
        if len(files) > 1 or self.is_folder:
            self._refuse_strangers(folder, files)
            self._write({folder / name: text for name, text in files.items()})
        else:
            self._write({folder: next(iter(files.values()))})

    def check_one(self) -> None:
        """Say now that the one file of this place is in the way, before anything else is written."""
        if not self.is_standard:
            self._refuse_what_is_there([Path(str(self.output))])

    def write_one(self, text: str) -> None:
        """Write one text; ``-`` is standard output."""
        if self.is_standard:
            to_standard_output(text)
        else:
            self._write({Path(str(self.output)): text})

    def _write(self, files: Mapping[Path, str]) -> None:
        self._refuse_what_is_there(files)
        above = Path(str(self.output)).parent
        if not above.exists():
            raise UsageError(f"cannot write {self.output}: there is no folder {above}", f"mkdir -p {above}")
        for path, text in files.items():
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                _write_text(path, text)
            except OSError as error:
                raise UsageError(f"cannot write {path}: {error.strerror}") from error

    def _refuse_strangers(self, folder: Path, files: Mapping[str, str]) -> None:
        """A folder that holds something is somebody's: a typo must not strew files into it."""
        if self.force or not folder.is_dir():
            return
        there = sorted(path.name for path in folder.iterdir())
        if there and not files.keys() & set(there):
            more = f" and {len(there) - 1} more" if len(there) > 1 else ""
            raise UsageError(
                f"the folder {folder} isn't empty: it holds {there[0]}{more}",
                "name a new folder, or --force writes beside what is there",
            )

    def _refuse_what_is_there(self, paths: Iterable[Path]) -> None:
        in_the_way = [path for path in paths if path.exists() and not self.force]
        if in_the_way:
            raise UsageError(f"{in_the_way[0]} exists", "--force overwrites it")


def _write_text(path: Path, text: str) -> None:
    """Write a text bit by bit where that comes to the same: 30 MB of it at once are 30 MB more of memory."""
    size = _BIT if text.isascii() else max(len(text), 1)
    with path.open("wb") as file:
        for at in range(0, len(text), size):
            file.write(_encoded(text[at : at + size]))


def to_standard_output(text: str) -> None:
    """Write configuration text: the bytes that it was read from."""
    sys.stdout.flush()
    sys.stdout.buffer.write(_encoded(text))
    sys.stdout.buffer.flush()


def _encoded(text: str) -> bytes:
    """Configuration text is bytes seen as latin-1; text of ours that isn't becomes UTF-8."""
    try:
        return text.encode(ENCODING)
    except UnicodeEncodeError:
        return text.encode()

"""``.htaccess`` files of a target that serves no files: what each of their lines loses, and who let them speak."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from apacheconf.ledger import Answer, Ledger, Outcome, Written
from apacheconf.program.hosts import LayerKind
from apacheconf.program.program import Program
from apacheconf.targets.fates import of_no_folder
from apacheconf.targets.restrictions import words_in
from apacheconf.targets.scopes import Scopes, children_of

_KEY = "htaccess-lost"
#: So many lines of a file are named in the row of the AllowOverride that lets it speak.
_MOST = 12


def lines_in_files(program: Program, with_files: Program) -> tuple[Written, ...]:
    """The lines of the files, which ``with_files`` has and ``program`` has not."""
    return tuple(
        each
        for each in with_files.directives[len(program.directives) :]
        if each.name.lower() != LayerKind.HTACCESS.value
    )


def settle_lost_files(lines: Iterable[Written], with_files: Program, scopes: Scopes, ledger: Ledger) -> None:
    """Say what becomes of each line, and where AllowOverride lets them speak which of them are lost."""
    lost: dict[str, list[Written]] = defaultdict(list)
    for line in lines:
        answer = of_no_folder(line)
        if answer is None:
            lost[line.place.span.file.name].append(line)
            answer = Answer(Outcome.UNSUPPORTED, "no .htaccess is read: the line is lost", key=_KEY)
        ledger.give([line], answer)
    wrong = [each for each in with_files.inlined if each.wrong]
    for folder, override in overrides_in(scopes.everywhere("directory")):
        said = [*_said(folder, lost)]
        said += [f"{each.path}, which is wrong: {each.wrong}" for each in wrong if is_below(each.path, folder)]
        if said:
            ledger.drop([override], f"no .htaccess is read; lost: {'; '.join(said)}", key=_KEY)


def _said(folder: str, lost: Mapping[str, list[Written]]) -> Iterator[str]:
    """The lines of each file below a folder."""
    for path, lines in lost.items():
        if is_below(path, folder):
            named = ", ".join(f"{each.place.first_line} {each.name}" for each in lines[:_MOST])
            more = f" and {len(lines) - _MOST} more" if len(lines) > _MOST else ""
            yield f"{path}: {named}{more}"


def is_below(path: str, folder: str) -> bool:
    """Whether a file lies in a folder, or below it."""
    return path.startswith(f"{folder.rstrip('/')}/")


def overrides_in(sections: Iterable[Written]) -> Iterator[tuple[str, Written]]:
    """Each AllowOverride that allows anything, with the folder of its section."""
    for section in sections:
        if section.args.strip():
            for line in children_of(section):
                if line.name.lower() in ("allowoverride", "allowoverridelist") and line.args.strip().lower() != "none":
                    yield words_in(section.args)[0], line

"""The report of a translation, as lines for people and as JSON for programs.

Every directive as written is in it once. What differs has lines of its own; what is carried as it was is listed
in short, per file.
"""

from __future__ import annotations

import json
import shutil
import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from apacheconf.cli.draw import Line, near, shown
from apacheconf.ledger import Alike, Answer, Outcome, Row, Written
from apacheconf.targets.advice import advice_for

if TYPE_CHECKING:
    from apacheconf.engines import CheckResult
    from apacheconf.targets import Translation

JSON_VERSION = "1.1"
STYLES = {
    Outcome.UNSUPPORTED: "bold red",
    Outcome.APPROXIMATED: "bold yellow",
    Outcome.EQUIVALENT: "bold cyan",
    Outcome.EXACT: "bold green",
}
#: More rows of which the same is said are counted, and so are more that are told in short, and more places of one.
_ALIKE, _LISTED, _PLACES = 20, 1000, 6
_FIRST = itemgetter(0)
#: From here on a row is told with its caveats.
TOLD = Outcome.EQUIVALENT


def text(translation: Translation, verdict: CheckResult | None, written: str | None = None) -> Iterator[Line]:
    """The report for people, what matters most first; ``written`` is what the one file of the result is called."""
    found: dict[Outcome, list[Alike]] = {}
    for alike in translation.summary():
        found.setdefault(alike.outcome, []).append(alike)
    counts = {outcome: sum(len(each.members) for each in listed) for outcome, listed in found.items()}
    listed = ", ".join(f"{counts[outcome]} {outcome.words}" for outcome in sorted(counts, reverse=True))
    head = f"{translation.target} {translation.version}"
    total = sum(counts.values())
    yield [("bold", head), ("", f": {total} directive{'s' if total != 1 else ''}{f': {listed}' if listed else ''}")]
    for outcome in sorted(counts, reverse=True):
        yield from _group(outcome, found[outcome], written)
    if translation.differences:
        yield from _differences(translation)
    for note in translation.notes:
        yield [("dim", f"note: {shown(note)}")]
    if verdict:
        yield [("bold", f"{translation.target} says: "), ("", str(verdict))]
        yield from ([("", f"  {shown(line)}")] for line in verdict.warnings)


def _group(outcome: Outcome, found: list[Alike], written: str | None) -> Iterator[Line]:
    yield []
    yield [(STYLES.get(outcome, "bold"), outcome.words)]
    if outcome < TOLD:
        yield from _in_short(found)
        return
    told = ((number, each) for each in found for number in _told_of(each))
    for number, alike in sorted(told, key=lambda each: each[0]):
        yield from _at_length(alike.row(number), written)
        if len(alike.members) > _ALIKE:
            yield [("dim", f"      and {len(alike.members) - 1} more {alike.name} lines to which the same happens")]


def _told_of(alike: Alike) -> list[int]:
    """The rows that are told of those that are alike: all, or the first that stands for many."""
    return alike.members[:1] if len(alike.members) > _ALIKE else alike.members


def _at_length(row: Row, written: str | None) -> Iterator[Line]:
    places = list(dict.fromkeys(answer.at for answer in row.answers if answer.at))
    places = [f"{written}:{place.rpartition(':')[2]}" for place in places] if written else places
    at = _in_one(places[:_PLACES]) + (f" and {len(places) - _PLACES} more" if len(places) > _PLACES else "")
    yield [
        ("", f"  {near(row.place)}  "),
        ("bold", row.name),
        ("", f" {shown(_shortened(row.args))}" + (f" (x{row.instances})" if row.instances > 1 else "")),
        ("dim", f"  -> {at}" if at else ""),
    ]
    for caveat in row.caveats:
        yield [("", f"      {shown(caveat)}")]
    yield from _advice(row)


def _in_one(places: list[str]) -> str:
    """``FILE:1, 2, OTHER:3``: a file is named once for the lines in it that follow each other."""
    names = [place.rpartition(":")[0] for place in places]
    again = [name == before for name, before in zip(names, ("", *names), strict=False)]
    return ", ".join(place.rpartition(":")[2] if same else place for place, same in zip(places, again, strict=True))


def _advice(row: Row) -> Iterator[Line]:
    """What to do about a row that falls short, and a request that shows it: once for each kind of caveat."""
    answers = (answer for answer in row.answers if answer.outcome is row.outcome)
    for advice in dict.fromkeys(filter(None, map(advice_for, answers))):
        yield [("dim", f"      do: {advice.help}")]
        if advice.example:
            yield [("dim", f"      try: {advice.example}")]


def _shortened(args: str, width: int = 60) -> str:
    return args if len(args) <= width else args[: width - 3] + "..."


#: How many of a name there are, with the number of the first among all rows, and its line.
Stretch = tuple[int, str, int, Written]


def _in_short(found: Iterable[Alike]) -> Iterator[Line]:
    """``FILE: 2 ServerName, 3 ServerAlias``, wrapped; of very many how often each is there."""
    files: dict[str, list[Stretch]] = {}
    for each in found:
        for stretch in _stretches(each):
            files.setdefault(stretch[-1].place.span.file.name, []).append(stretch)
    for listed in files.values():
        listed.sort(key=_FIRST)
    width = max(60, shutil.get_terminal_size((100, 24)).columns)
    for name, listed in sorted(files.items(), key=lambda pair: pair[1][0][0]):
        if sum(count for _, _, count, _ in listed) > _LISTED:
            counts: Counter[str] = Counter()
            for _, directive, count, _ in listed:
                counts[directive] += count
            words = [f"{directive} x{count}" for directive, count in counts.items()]
        else:
            words = [f"{line.place.first_line} {directive}" for _, directive, _, line in listed]
        for text in textwrap.wrap(f"{near(name)}: " + ", ".join(words), width - 2, subsequent_indent="    "):
            yield [("", f"  {text}")]


def _stretches(alike: Alike) -> Iterator[Stretch]:
    """All at once where so many stand in one file that they are counted, else each by itself."""
    first, count = alike.members[0], len(alike.members)
    if count > _LISTED and alike.in_one_file():
        yield first, alike.name, count, alike.directive(first)
        return
    yield from ((number, alike.name, 1, alike.directive(number)) for number in alike.members)


def _differences(translation: Translation) -> Iterator[Line]:
    yield []
    yield [("bold", "differs whatever the configuration says")]
    for each in translation.differences:
        yield [("", f"  {each.what} ({each.outcome.words}) "), ("dim", f"[{each.key}]")]
        if each.example:
            yield [("dim", f"      e.g. {each.example}")]


def as_json(translation: Translation, verdict: CheckResult | None) -> str:
    """``{"version", "target", "target_version", "outcomes", "rows", "differences", "notes", "files", "check"}``.

    A row is ``{name, args, file, line, column, outcome, instances, answers: [{outcome, caveat, key, at, help,
    example}]}``. The schema is ``schemas/translation.schema.json``.
    """
    data = {
        "version": JSON_VERSION,
        "target": translation.target,
        "target_version": translation.version,
        "outcomes": {outcome.words: n for outcome, n in sorted(Counter(r.outcome for r in translation.rows).items())},
        "rows": [_row(row) for row in translation.rows],
        "differences": [
            {"key": each.key, "outcome": each.outcome.words, "what": each.what, "example": each.example}
            for each in translation.differences
        ],
        "notes": list(translation.notes),
        "files": list(translation.files),
        "check": str(verdict) if verdict else None,
    }
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def _row(row: Row) -> dict[str, Any]:
    span = row.place.span
    return {
        "name": row.name,
        "args": shown(row.args),
        "file": span.file.name,
        "line": row.place.first_line,
        "column": span.column,
        "outcome": row.outcome.words,
        "instances": row.instances,
        "answers": [_answer(each) for each in row.answers],
    }


def _answer(answer: Answer) -> dict[str, str]:
    advice = advice_for(answer)
    return {
        "outcome": answer.outcome.words,
        "caveat": shown(answer.caveat),
        "key": answer.key,
        "at": answer.at,
        "help": advice.help if advice else "",
        "example": advice.example if advice else "",
    }

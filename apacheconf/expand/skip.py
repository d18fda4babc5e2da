"""The body of a false condition: passed over by the first word of each line (COND-5)."""

from __future__ import annotations

from apacheconf.expand.reader import Line
from apacheconf.expand.reading import Reading
from apacheconf.expand.refused import Refused
from apacheconf.expand.tree import Absence, Absent
from apacheconf.syntax.words import first_word


def skip(reading: Reading, condition: Line) -> None:
    """Pass over all up to the close tag of ``condition``. Raises Refused as httpd does, at the opening line."""
    reader = condition.reader
    open_names = [condition.name]
    for line in reader:
        first, args = first_word(line.text)
        if not first or first[0] == "#":
            continue
        if first.startswith("</"):
            if first[2:-1].lower() != open_names[-1][1:].lower():
                raise Refused(f"Expected </{open_names[-1][1:]}> but saw {first[:-1]}>", "mismatched-close-tag")
            open_names.pop()
            if not open_names:
                return
            continue
        if first.startswith("<"):
            if not args:
                first = first.removesuffix(">")
            open_names.append(first)
            args = args.rpartition(">")[0] if ">" in args else args
        place = reader.place_of(line)
        reading.absent.append(Absent(first.lstrip("<"), args, place, Absence.FALSE_CONDITION))
    raise Refused(f"Expected </{open_names[-1][1:]}> before end of configuration", "unclosed-section")

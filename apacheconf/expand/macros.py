"""mod_macro: definitions and the text that a use of them gives (section 3.3 of the spec).

A macro is text; what its lines mean is decided where it is used. Warnings are those that httpd gives, except that
nobody is warned twice for one definition.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from apacheconf.expand.reader import Reader
from apacheconf.expand.refused import Refused
from apacheconf.source import Place, SourceFile
from apacheconf.syntax.lines import LONGEST_IN_MACRO, LogicalLine
from apacheconf.syntax.words import BLANKS, getword, skip_blanks, split

#: What a parameter's name should begin with; ``@`` ones are quoted where they are inserted (MAC-5).
PREFIXES = "$%@"
IGNORE_EMPTY, IGNORE_NESTING = FLAGS = ("/ignoreemptyargs", "/ignorebadnesting")


@dataclass
class Macro:
    """A definition: ``name`` lower-cased, ``parameters`` as written, ``body`` without its comments.

    ``flags`` stand before the parameters, ``tail`` after the tag's ``>``.
    """

    name: str
    parameters: tuple[str, ...]
    place: Place
    file: SourceFile
    flags: frozenset[str] = frozenset()
    tail: str = ""
    body: tuple[LogicalLine, ...] = ()
    used: bool = False

    @property
    def where(self) -> str:
        """``defined on line N of "F"``, as httpd's messages say it."""
        return f'defined on line {self.place.line} of "{self.place.name}"'

    def __str__(self) -> str:
        return f"macro '{self.name}' ({self.where})"

    def frame_name(self, use: Place) -> str:
        """The name of the text that this use gives, where httpd would name a file (MAC-10)."""
        return f'{self} used on line {use.line} of "{use.name}"'

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        # The leftmost match, and there the longest name (MAC-4).
        return re.compile("|".join(map(re.escape, sorted(self.parameters, key=len, reverse=True))))

    def lines(self, arguments: list[str]) -> Iterator[LogicalLine]:
        """The body with ``arguments`` put in; lines are numbered from 1 (MAC-10)."""
        inserted = {p: _quoted(a) if p[0] == "@" else a for p, a in zip(self.parameters, arguments, strict=True)}
        for number, line in enumerate(self.body, 1):
            text = self._pattern.sub(lambda match: inserted[match[0]], line.text) if inserted else line.text
            yield LogicalLine(text.strip(BLANKS), line.start, line.end, number, line.name_at)

    def unused_parameters(self) -> list[tuple[int, str]]:
        """Number (from 1) and name of the parameters that no line of the body holds."""
        if not self.parameters:
            return []
        found = {match[0] for line in self.body for match in self._pattern.finditer(line.text)}
        return [(n, p) for n, p in enumerate(self.parameters, 1) if p not in found]


def _quoted(argument: str) -> str:
    return '"' + re.sub(r'(["\\])', r"\\\1", argument) + '"'


def define(args: str, place: Place, file: SourceFile) -> Macro:
    """The macro that a ``<Macro`` line starts; ``args`` includes the closing ``>``. Raises Refused (MAC-7)."""
    if ">" not in args:
        raise Refused("<Macro> directive missing closing '>'", "missing-closing-bracket")
    inner, _, tail = args.rpartition(">")
    if not inner:
        raise Refused("<Macro macro definition: empty name", "macro-name")
    name = getword(inner)
    if name is None or not name.value:
        raise Refused("<Macro macro definition: name not found", "macro-name")
    rest = inner[skip_blanks(inner, name.end) :]
    flags, rest = _flags(rest)
    macro = Macro(name.value.lower(), tuple(split(rest)), place, file, flags, tail)
    _check_parameters(macro)
    return macro


def _flags(rest: str) -> tuple[frozenset[str], str]:
    """The flags before the parameters, lower-cased, unknown ones as written; and what follows them."""
    found: set[str] = set()
    while rest.startswith("/"):
        known = next((flag for flag in FLAGS if rest.lower().startswith(flag)), None)
        flag = known or rest.split(" ", 1)[0]
        found.add(flag)
        rest = rest[len(flag) :].lstrip(BLANKS)
    return frozenset(found), rest


def _check_parameters(macro: Macro) -> None:
    seen: dict[str, int] = {}
    for number, parameter in enumerate(macro.parameters, 1):
        if not parameter:
            raise Refused(f"{macro}: empty argument #{number} name", "macro-parameters")
        if parameter in seen:
            raise Refused(
                f"argument name conflict in {macro}: argument '{parameter}': #{seen[parameter]} and #{number}, "
                "change argument names!",
                "macro-parameters",
            )
        seen[parameter] = number


def read_body(macro: Macro, reader: Reader, ignore_nesting: bool) -> Iterator[str]:
    """Read the lines up to the macro's ``</Macro>`` into it and yield the warnings. Raises Refused (MAC-2)."""
    body: list[LogicalLine] = []
    depth = nesting = 1
    for line in reader:
        if len(line.text) >= LONGEST_IN_MACRO:
            break  # httpd stops reading the body here (LEX-7)
        if line.text.startswith("#"):
            continue
        word = getword(line.text)
        first = word.value.lower() if word else ""
        if first.startswith("<"):
            nesting += -1 if first.startswith("</") else 1
            if nesting < 0 and not ignore_nesting:
                yield f"AH02793: bad (negative) nesting on line {line.number - macro.place.line} of {macro}"
        if first == "</macro>":
            depth -= 1
            yield from _tail_warning(
                "AH02794", "directive closing", line.text.rpartition(">")[2], line.number, reader.name
            )
            if not depth:
                macro.body = tuple(body)
                yield from _body_warnings(macro, 0 if ignore_nesting else nesting)
                return
        elif first == "<macro":
            depth += 1
        body.append(line)
    raise Refused(f"{macro}\n\tcontents error: expected token not found: </Macro>", "unclosed-macro")


def warnings(macro: Macro) -> Iterator[str]:
    """What httpd warns about when the macro is defined (MAC-8)."""
    yield from _tail_warning("AH02801", "<Macro closing '>'", macro.tail, macro.place.line, macro.place.name)
    if macro.name[0] in PREFIXES:
        yield f"AH02803: {macro} better prefix a macro name with any of '{PREFIXES}'"
    for flag in sorted(macro.flags.difference(FLAGS)):
        yield f"AH02804: {macro}: unknown flag '{flag}'"
    for number, parameter in enumerate(macro.parameters, 1):
        if parameter[0] not in PREFIXES:
            yield (
                f"AH02796: {macro} argument name '{parameter}' (#{number}) without expected prefix, "
                f"better prefix argument names with one of '{PREFIXES}'."
            )
        if parameter.startswith("${"):
            yield (
                f"AH02805: {macro} argument name '{parameter}' (#{number}) clashes with 'Define' syntax '${{...}}', "
                "better use '$(...)'."
            )
        for other, longer in enumerate(macro.parameters[number:], number + 1):
            if parameter.startswith(longer) or longer.startswith(parameter):
                yield (
                    f"AH02797: {macro}: argument name prefix conflict ({parameter} #{number} and {longer} #{other}), "
                    "be careful about your macro definition!"
                )


def _tail_warning(code: str, after: str, tail: str, line: int, name: str) -> Iterator[str]:
    if tail.strip(" \t") and not tail.lstrip(" \t").startswith("#"):
        yield f"AH02989: {code}: non blank chars found after {after} on line {line} of {name}: {tail}"


def _body_warnings(macro: Macro, nesting: int) -> Iterator[str]:
    if nesting:
        yield f"AH02795: bad cumulated nesting ({nesting:+d}) in {macro}"
    if not macro.body:
        yield f"AH02799: {macro}: empty contents!"
    else:
        for number, parameter in macro.unused_parameters():
            yield f"AH02800: {macro}: argument '{parameter}' (#{number}) never used"

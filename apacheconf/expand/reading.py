"""httpd's read phase: lines become a tree, and what is executed while reading is executed (sections 0, 1.2, 3).

``Reading`` holds what changes while reading and builds the tree as httpd's ap_build_config does, line by line: the
text after ``${}`` decides what a line is, not the syntax tree. What the executed directives do stands in
``commands``. Where httpd would stop at an error we note it and go on.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NoReturn

from apacheconf.diagnostics import Diagnostic, Level
from apacheconf.expand import include
from apacheconf.expand.known import COMPILED_IN, spelling
from apacheconf.expand.macros import Macro
from apacheconf.expand.options import Input, Options
from apacheconf.expand.reader import Frame, Line, Reader
from apacheconf.expand.refused import Refused, Stopped
from apacheconf.expand.sections import OpenSection, Sections
from apacheconf.expand.surroundings import Surroundings
from apacheconf.expand.tree import Absence, Absent, Inclusion, Node
from apacheconf.expand.variables import Variables
from apacheconf.modules import registry
from apacheconf.source import ENCODING, Place, SourceFile, Span
from apacheconf.syntax import parse
from apacheconf.syntax.lines import LONGEST, LONGEST_IN_HTACCESS, LogicalLine
from apacheconf.syntax.words import BLANKS, first_word

#: The name of the text that -C and -c lines make (CLI-14).
COMMAND_LINE = "-c/-C directives"
#: Our limit for sections and conditions within each other; httpd's is its stack.
DEEPEST_NESTING = 100

#: Our limits for what macros, variables and repeated includes may make of a text, in lines and bytes; httpd's is its
#: memory. A hundred thousand virtual hosts of a macro are a million lines.
MOST_LINES, MOST_BYTES = 3_000_000, 256 * 1024 * 1024
#: What reading a file again costs besides its lines, as lines.
_COST_OF_A_FILE = 10

#: What executing a directive does; it may give nodes that stand in the directive's place.
Command = Callable[["Reading", Line], list[Node]]


@dataclass
class Reading:
    """The state of one read phase."""

    input: Input
    options: Options
    commands: dict[str, tuple[str, Command]]
    server_root: str = ""
    modules: dict[str, None] = field(default_factory=lambda: dict.fromkeys(COMPILED_IN))
    macros: dict[str, Macro] = field(default_factory=dict)
    all_macros: list[Macro] = field(default_factory=list)
    absent: list[Absent] = field(default_factory=list)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    depth: int = 0
    nesting: int = 0
    has_macros: bool = False
    macro_flags: frozenset[str] = frozenset()
    around: Surroundings | None = None
    lines_made: int = 0
    size_made: int = 0
    #: The line of the Include that was carried out last, which is what httpd shows beside a file (CLI-22).
    include_line: int | None = None
    has_failed: bool = False

    def __post_init__(self) -> None:
        self.server_root = self.input.server_root
        self.variables = Variables(self.options.defines, self.input.environ)
        self.files: dict[str, SourceFile] = {}
        self.inclusions: list[Inclusion] = []
        self.read_before: set[str] = set()
        self._plain: set[str] = set()

    # -- files

    def open_file(self, path: str) -> SourceFile:
        """The file at ``path``, read once. Raises Refused in httpd's words."""
        if path not in self.files:
            why = include.refuse_unreadable(path)
            if why:
                raise Refused(why, "include-not-found")
            try:
                self.files[path] = SourceFile.read(path)
            except OSError as error:
                raise Refused(
                    f"Could not open configuration file {path}: {error.strerror}", "include-not-found"
                ) from error
        return self.files[path]

    def read_source(self, source: SourceFile, via: Place | None = None) -> list[Node]:
        """All of one text, a level of its own (LEX-60); sections left open are errors (LEX-58)."""
        if via and source.name in self.read_before:
            self.spend(via, source.text.count("\n") + _COST_OF_A_FILE, len(source.text))
        self.read_before.add(source.name)
        self.files.setdefault(source.name, source)
        if source.name != COMMAND_LINE:
            line = self.include_line if via else self._line_before()
            self.inclusions.append(Inclusion(source.name, line, self.depth + 1, self.has_failed))
        lines = parse(source).lines()
        reader = Reader(Frame(source, source.name, lines, via), via)
        limit = LONGEST_IN_HTACCESS if self.in_htaccess else LONGEST
        if len(source.text) >= limit:
            reader.frames[0].lines = self._short_lines(lines, reader, limit)
        nodes, unclosed, _ = self._read(reader, None)
        self._report_unclosed(unclosed)
        if reader.used_macro and reader.line.end == len(source.text) and reader.line.text:
            message = "the last line has no line end; httpd loses it, because a macro was used in this file"
            self.report(Level.WARNING, "lost-last-line", message, reader.place)
        return nodes

    def _line_before(self) -> int | None:
        """The line that httpd shows for a main file: that of the last Include of a -C before it (CLI-22)."""
        if any(each.depth == 1 for each in self.inclusions):
            return None
        return next((each.line for each in reversed(self.inclusions) if each.depth == 2), None)

    def _short_lines(self, lines: Iterator[LogicalLine], reader: Reader, limit: int) -> Iterator[LogicalLine]:
        """The lines that aren't too long (LEX-5, LEX-6); httpd stops at the first that is."""
        for line in lines:
            if len(line.text) < limit:
                yield line
                continue
            place = reader.place_of(line)
            message = f"Error reading {place.name} at line {place.line}: Line too long"
            refused = Refused(message, "line-too-long", f"a line must be shorter than {limit} bytes")
            before = reader.executed or reader.included_by
            self.error(place, refused, None if self.in_htaccess else httpd_text(before, message))

    def read_body(self, line: Line) -> list[Node]:
        """Read the body of a true condition, to its exact close tag or the end of the text (COND-4, COND-8)."""
        if self.nesting >= DEEPEST_NESTING:
            raise Refused(f"conditions nested more than {DEEPEST_NESTING} deep", "nested-too-deep")
        self.nesting += 1
        nodes, unclosed, closed = self._read(line.reader, f"</{line.name[1:]}>".lower())
        self.nesting -= 1
        for open_line in () if closed else (line, *(section.line for section in unclosed)):
            message = f"{open_line.name}> was not closed; httpd takes it as closed at the end of the file"
            self.report(Level.WARNING, "unclosed-in-condition", message, open_line.place)
        return nodes

    # -- the loop

    def _read(self, reader: Reader, closing: str | None) -> tuple[list[Node], list[OpenSection], bool]:
        """A tree of its own, the sections left open in it, and whether ``closing`` was met."""
        sections = Sections()
        nodes = sections.nodes
        plain = self._plain
        make = tuple.__new__  # half the cost of a NamedTuple's own constructor
        for line in reader:
            text = line[0]
            if not text or text[0] == "#":
                continue
            if closing is not None and text[:2] == "</" and not sections.open_sections and text.lower() == closing:
                return sections.top, [], True
            if "${" in text:
                text = self._expand_variables(text, reader)
            first, _, args = text.partition(" ")
            if first not in plain:
                written, args = first_word(text)
                if not written or self._is_done(written, args, reader, sections):
                    nodes = sections.nodes
                    continue
                if written == first and not written.endswith(">") and written.lower() not in self.commands:
                    plain.add(first)
                first = _cut(written)
            place = make(Place, (make(Span, (reader.file, line[4], line[2])), reader.name, line[3], reader.via))
            nodes.append(make(Node, (first, args.lstrip(BLANKS), place, None, "")))
        unclosed = sections.finish()
        self.nesting -= len(unclosed)
        return sections.top, unclosed, False

    def _is_done(self, first: str, args: str, reader: Reader, sections: Sections) -> bool:
        """Whether the line is more than a plain directive, and then what it says has been done."""
        first = _cut(first)
        if first[:1] == "<" and not args and first[1:2] != "/":
            args = ">"
        command = self.commands.get(first.lower())
        if command and self.is_loaded(command[0]):
            sections.nodes += self._execute(command[1], Line(spelling(first), args, reader.place, reader))
            return True
        if first[:1] != "<":
            return False
        before = len(sections.open_sections)
        try:
            if first[1:2] == "/":
                sections.close(first)
            elif self.nesting < DEEPEST_NESTING:
                sections.open(spelling(first), Line(first, args, reader.place, reader))
            else:
                raise Refused(f"sections nested more than {DEEPEST_NESTING} deep", "nested-too-deep")
        except Refused as refused:
            self.error(reader.place, refused)
        self.nesting += len(sections.open_sections) - before
        return True

    def spend(self, place: Place, lines: int, size: int) -> None:
        """A macro, a variable or a file that was read before gave so much text. Raises Stopped when it is too much."""
        self.lines_made += lines
        self.size_made += size
        if self.lines_made > MOST_LINES or self.size_made > MOST_BYTES:
            much = f"{MOST_LINES:,} lines" if self.lines_made > MOST_LINES else f"{MOST_BYTES:,} bytes"
            message = f"macros, variables and repeated includes make more than {much} of this text"
            self.stop(place, Refused(message, "too-much", "something may hold itself twice at each level"))

    def stop(self, place: Place, refused: Refused) -> NoReturn:
        """An error after which nothing is read."""
        self.error(place, refused)
        raise Stopped

    def _execute(self, command: Command, line: Line) -> list[Node]:
        line.reader.executed = line.place
        try:
            if self.in_htaccess and not self._is_granted(line):
                return []
            return command(self, line)
        except Refused as refused:
            self.error(line.place, refused)
            return []

    def _is_granted(self, line: Line) -> bool:
        """Whether AllowOverride lets this be executed. Raises Refused where that is fatal (STR-31 to STR-33)."""
        row = registry.row(f"{line.name}>" if line.name.startswith("<") else line.name)
        assert row is not None and self.around is not None
        if self.around.grants(line.name, "h" in row.allowed, row.override):
            return True
        if "Override" not in self.around.nonfatal:
            raise Refused(f"{line.name} not allowed here", "wrong-context", "a .htaccess file can't hold it")
        message = f"{line.name} in .htaccess forbidden by AllowOverride"
        self.report(Level.WARNING, "forbidden-by-override", message, line.place, "AH02295")
        return False

    def _expand_variables(self, text: str, reader: Reader) -> str:
        def undefined(name: str) -> None:
            message = f"Config variable ${{{name}}} is not defined"
            self.report(Level.WARNING, "undefined-variable", message, reader.place, "AH00111")

        expanded = self.variables.expand(text, undefined)
        if len(expanded) > len(text):
            self.spend(reader.place, 0, len(expanded) - len(text))
        if len(expanded) >= LONGEST:
            self.stop(reader.place, Refused("Line too long", "line-too-long", "its variables make it so"))
        return expanded

    # -- what is known

    @property
    def in_htaccess(self) -> bool:
        return self.around is not None and self.around.is_htaccess

    def is_loaded(self, identifier: str) -> bool:
        """Whether the module counts as loaded at this point; in a fragment all that we know do."""
        return identifier in self.modules or self.input.fragment

    def relative(self, path: str) -> str:
        """``path`` as httpd makes it absolute: against the ServerRoot of this moment (INC-2)."""
        name = os.fsdecode(path.encode(ENCODING))  # the configuration's bytes are the file system's
        return os.path.normpath(os.path.join(self.server_root, name))

    # -- what is said

    def done(self, line: Line, note: str = "") -> None:
        """The directive was executed and leaves no node."""
        args = line.args.rpartition(">")[0] if line.name.startswith("<") else line.args
        self.absent.append(Absent(line.name.lstrip("<"), args, line.place, Absence.EXECUTED, note))

    def report(self, level: Level, name: str, message: str, place: Place, code: str = "") -> None:
        """A message that doesn't stop httpd; with ``code`` httpd logs it too."""
        httpd = f"{code}: {message}" if code else None
        self.diagnostics.append(Diagnostic(level, name, message, place, httpd=httpd))

    def note_here(self, line: Line, name: str, message: str, said: str) -> None:
        """What httpd would refuse on this machine alone, in its words ``said``."""
        httpd = self._httpd_text(line.place, said)
        self.diagnostics.append(Diagnostic(Level.NOTE, name, message, line.place, httpd=httpd))

    def error(self, place: Place, refused: Refused, httpd: str | None = None) -> None:
        """A read-phase error (MOD-7); ``httpd`` where its text isn't the usual one."""
        self.has_failed = True
        self.diagnostics.append(
            Diagnostic(
                Level.ERROR,
                refused.name,
                refused.message,
                place,
                help=refused.help,
                httpd=httpd or self._httpd_text(place, refused.message),
            )
        )

    def _httpd_text(self, place: Place, message: str) -> str:
        return htaccess_text(place, message) if self.in_htaccess else httpd_text(place, message)

    def _report_unclosed(self, unclosed: list[OpenSection]) -> None:
        """One diagnostic per section; httpd names all in one message, at the outermost (LEX-58)."""
        self.has_failed = self.has_failed or bool(unclosed)
        all_lines = "\n".join(
            f"{section.line.place.name}:{section.line.place.line}: {section.name}> was not closed."
            for section in reversed(unclosed)
        )
        for number, section in enumerate(unclosed):
            self.diagnostics.append(
                Diagnostic(
                    Level.ERROR,
                    "unclosed-section",
                    f"{section.name}> was not closed.",
                    section.line.place,
                    help=f"expected </{section.name[1:]}> before the end of {section.line.place.name}",
                    httpd=None if number else self._httpd_text(section.line.place, all_lines),
                )
            )


def _cut(first: str) -> str:
    """The first word of a line without the ``>`` of a tag; httpd cuts it of plain directives too (LEX-50)."""
    return first if first[1:2] == "/" else first.removesuffix(">")


def htaccess_text(place: Place, message: str) -> str:
    """What httpd logs about a .htaccess file: the file, and no line (STR-30)."""
    while place.via:
        place = place.via
    return f"{place.name}: {message}"


def httpd_text(place: Place | None, message: str) -> str:
    """The line httpd prints: one prefix per file that is being read, the outermost first (MOD-7, MOD-8)."""
    text = message.replace("\n", "\\n").replace("\t", "\\t")
    while place:
        if place.name == COMMAND_LINE:
            text = f"Syntax error in -C/-c directive: {text}"
            break
        text = f"Syntax error on line {place.line} of {place.name}: {text}"
        while place.name.startswith("macro '") and place.via:
            place = place.via
        place = place.via
    return f"{{argv0}}: {text}"

"""One Diagnostic for everyone (parse, expand, bind, lint, translate), and the exceptions.

ApacheconfError                 what cannot go on; ``exit_code`` is the command's
+-- ConfigError          (1)    the configuration has errors; carries its diagnostics
+-- UsageError           (2)    wrong usage, or a file that can't be read or written
+-- StrictError          (3)    --strict refused an outcome
+-- CheckerError         (4)    the target's own checker refused the output
+-- InternalError       (70)    a fault of ours
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from apacheconf.source import Place, Span


class Level(IntEnum):
    """How much it matters; lint and check fail from WARNING, or ERROR, upward."""

    NOTE = 0
    INFO = 1
    WARNING = 2
    ERROR = 3


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One message to a user.

    ``name`` is its stable kebab-case name (``unknown-directive``, a lint rule's name). ``message`` says what
    is wrong in httpd's words where httpd has some; ``help`` what was expected and what to write instead.
    ``span`` is where the caret goes (a word of the directive); ``place`` the directive and the chain of
    includes and macro uses to it. ``httpd`` is the complete text httpd itself would print, without the
    program's name, where ``{argv0}`` stands for it; None when httpd would say nothing.
    """

    level: Level
    name: str
    message: str
    place: Place | None = None
    span: Span | None = None
    help: str | None = None
    httpd: str | None = None

    @property
    def where(self) -> Span | None:
        """The span to point at: the narrow one, else the directive's."""
        return self.span or (self.place.span if self.place else None)

    def __str__(self) -> str:
        where = self.where
        return f"{where}: {self.message}" if where else self.message


class ApacheconfError(Exception):
    """Base of all errors this package raises on purpose; the CLI prints it and exits with ``exit_code``."""

    exit_code = 70


class ConfigError(ApacheconfError):
    """The configuration has errors; ``diagnostics`` holds all that were found, the first one first."""

    exit_code = 1

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__("\n".join(map(str, self.diagnostics)))


class UsageError(ApacheconfError):
    """Wrong usage, or a file that can't be read or written. ``help`` says what to do."""

    exit_code = 2

    def __init__(self, message: str, help: str | None = None) -> None:
        self.help = help
        super().__init__(message)


class StrictError(ApacheconfError):
    """``--strict`` refused an outcome."""

    exit_code = 3


class CheckerError(ApacheconfError):
    """The target's own checker refused what was written, and its output is the message; or it came to no end."""

    exit_code = 4


class InternalError(ApacheconfError):
    """A fault of ours, such as a directive without a row in the ledger."""

    exit_code = 70

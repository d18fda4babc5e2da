"""The whole front end in one call: paths in, program out, with everything on the way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from apacheconf.diagnostics import ConfigError, Diagnostic, Level
from apacheconf.expand import Options, expand, find
from apacheconf.expand.tree import Expanded
from apacheconf.model import Model, bind, build
from apacheconf.model.bound import Bound
from apacheconf.program.build import compile
from apacheconf.program.program import Program


@dataclass(frozen=True, slots=True)
class Loaded:
    """A configuration at every stage. ``program`` is None when ``diagnostics`` has errors."""

    expanded: Expanded
    bound: Bound
    model: Model
    program: Program | None
    diagnostics: tuple[Diagnostic, ...]

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        return tuple(each for each in self.diagnostics if each.level is Level.ERROR)

    def require(self) -> Program:
        """The program. Raises ConfigError with all errors if there are any."""
        if self.program is None:
            raise ConfigError(self.errors)
        return self.program


def load(paths: Sequence[str], options: Options | None = None) -> Loaded:
    """Read, bind, build and compile. Errors of the configuration are collected; raises UsageError for paths."""
    options = options or Options()
    expanded = expand(find(paths, options), options)
    bound = bind(expanded)
    model = build(bound)
    diagnostics = model.all_diagnostics
    broken = any(each.level is Level.ERROR for each in diagnostics)
    return Loaded(expanded, bound, model, None if broken else compile(model), diagnostics)

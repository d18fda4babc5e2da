"""The options that every command has, as in httpd: PATH..., -D, -d, -f, -C, -c, --context.

A command takes one parameter ``reading: Reading`` and is decorated with ``reads``, which spells it out for
typer. ``Reading`` then loads the configuration, says on stderr what was read and refuses errors.
"""

from __future__ import annotations

import gc
import inspect
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from apacheconf.diagnostics import ConfigError, Diagnostic, Level

if TYPE_CHECKING:
    from apacheconf.expand import Expanded, Options
    from apacheconf.model import Model
    from apacheconf.program import Program
    from apacheconf.program.loading import Loaded

T = TypeVar("T")

Paths = Annotated[
    list[str] | None,
    typer.Argument(metavar="PATH...", help="A file, a directory or - for standard input.", show_default=False),
]
Define = Annotated[list[str] | None, typer.Option("-D", metavar="NAME", help="Define NAME for <IfDefine>.")]
ServerRoot = Annotated[str | None, typer.Option("-d", metavar="SERVERROOT", help="Relative paths start here.")]
MainFile = Annotated[str | None, typer.Option("-f", metavar="FILE", help="The main configuration file.")]
Before = Annotated[list[str] | None, typer.Option("-C", metavar="LINE", help="Read LINE before the files.")]
After = Annotated[list[str] | None, typer.Option("-c", metavar="LINE", help="Read LINE after the files.")]

Context = Annotated[
    str | None,
    typer.Option("--context", metavar="WHERE", help="PATH is a part: server, vhost, directory[:DIR], htaccess[:DIR]."),
]

#: Parameter -> its annotation and default, in the order of ``--help``.
COMMON: dict[str, tuple[Any, Any]] = {
    "paths": (Paths, None),
    "define": (Define, None),
    "server_root": (ServerRoot, None),
    "main_file": (MainFile, None),
    "before": (Before, None),
    "after": (After, None),
    "context": (Context, None),
}
LISTS = ("paths", "define", "before", "after")


#: What commands have made of a configuration, to be kept until the process ends (``keep``).
_KEPT: list[object] = []


def keep(made: T) -> T:
    """``made``, which lives until the process ends: taking it apart costs 0.1 s for 10,000 virtual hosts.

    For commands that end when they have told what it comes to.
    """
    _KEPT.append(made)
    return made


@dataclass(frozen=True, slots=True)
class Reading:
    """Which configuration a command reads, and how."""

    paths: tuple[str, ...] = ()
    define: tuple[str, ...] = ()
    server_root: str | None = None
    main_file: str | None = None
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    context: str | None = None

    @property
    def options(self) -> Options:
        """The same in the words of ``expand``."""
        from apacheconf.expand import Options

        return Options(
            defines=self.define,
            server_root=self.server_root,
            file=self.main_file,
            before=self.before,
            after=self.after,
            context=self.context,
        )

    def load(self, quiet: bool = False) -> Loaded:
        """Read as far as the errors allow; one line per note on stderr unless ``quiet``. Raises UsageError."""
        from apacheconf.program.loading import load

        loaded = load(self.paths, self.options)
        if not quiet:
            _print_notes(loaded.expanded)
        return loaded

    def load_program(self) -> tuple[Loaded, Program]:
        """What ``load`` gives, and its program. Raises ConfigError with everything that is wrong."""
        loaded = self.load()
        return loaded, loaded.require()

    def load_expanded(self) -> Expanded:
        """The expanded tree alone. Raises ConfigError for errors of reading."""
        expanded = self.load_broken()
        return _valid(expanded, expanded.diagnostics)

    def load_broken(self) -> Expanded:
        """The expanded tree as far as it could be read."""
        from apacheconf.expand import expand, find

        expanded = expand(find(self.paths, self.options), self.options)
        _print_notes(expanded)
        return expanded

    def diagnose(self, quiet: bool = False, here: bool = False) -> tuple[Diagnostic, ...]:
        """All that is found on the way to the model, without making it; with ``here`` what this machine lacks too."""
        from apacheconf.expand import expand, find
        from apacheconf.model import bind, diagnose

        expanded = expand(find(self.paths, self.options), self.options)
        if not quiet:
            _print_notes(expanded)
        return diagnose(keep(bind(expanded)), here)

    def load_model(self) -> Model:
        """The model. Raises ConfigError with everything that is wrong."""
        from apacheconf.expand import expand, find
        from apacheconf.model import bind, build

        expanded = expand(find(self.paths, self.options), self.options)
        _print_notes(expanded)
        model = build(bind(expanded))
        return _valid(model, model.all_diagnostics)


def lives_on() -> None:
    """For a command that goes on after reading: what was read stays, and garbage is looked for from now on."""
    gc.freeze()  # without a look at it first: reading leaves next to nothing, and 10,000 hosts would cost 0.5 s
    gc.enable()


def _print_notes(expanded: Expanded) -> None:
    for note in expanded.notes:
        print(note, file=sys.stderr)


def refuse_errors(expanded: Expanded) -> None:
    """Raise ConfigError with all that is wrong with what was read."""
    from apacheconf.model import bind, diagnose

    _valid(expanded, diagnose(bind(expanded)))


def _valid(thing: T, diagnostics: Iterable[Diagnostic]) -> T:
    """``thing``, if nothing of this is an error."""
    errors = [found for found in diagnostics if found.level >= Level.ERROR]
    if errors:
        raise ConfigError(errors)
    return thing


def reads(command: Callable[..., None]) -> Callable[..., None]:
    """Spell the parameter ``reading`` of ``command`` out as the options that all commands share."""
    signature = inspect.signature(command, eval_str=True)
    own = [p for p in signature.parameters.values() if p.name != "reading"]
    common = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=default)
        for name, (annotation, default) in COMMON.items()
    ]
    keyword_only = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in own]
    arguments = [p for p in keyword_only if p.default is inspect.Parameter.empty]
    others = [p for p in keyword_only if p.default is not inspect.Parameter.empty]

    @wraps(command)
    def run(**given: Any) -> None:
        shared: dict[str, Any] = {name: given.pop(name) for name in COMMON}
        for name in LISTS:
            shared[name] = tuple(shared[name] or ())
        command(reading=Reading(**shared), **given)

    run.__signature__ = signature.replace(  # type: ignore[attr-defined]
        parameters=[*arguments, common[0], *others, *common[1:]]
    )
    return run

"""``apacheconf serve``: answer requests as httpd would.

Here the words of the command line become ``ServeOptions``; the start-up summary is drawn when the sockets listen.
"""

from __future__ import annotations

import contextlib
import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from apacheconf.cli.options import Reading, lives_on, reads

if TYPE_CHECKING:
    from collections.abc import Callable

    from apacheconf.diagnostics import Diagnostic
    from apacheconf.program import Program
    from apacheconf.program.loading import Loaded
    from apacheconf.runtime import Ready, ServeOptions


class Engine(StrEnum):
    """The real servers that can serve in our place."""

    NGINX = "nginx"
    HAPROXY = "haproxy"


@reads
def run(
    reading: Reading,
    engine: Annotated[
        Engine | None,
        typer.Option("--engine", help="Serve with the real server: translate, check, run and reload it."),
    ] = None,
    listen: Annotated[
        list[str] | None,
        typer.Option("--listen", metavar="FROM=TO", help="Bind TO instead of FROM: 80=8080, 80=127.0.0.1:8080."),
    ] = None,
    origin: Annotated[
        list[str] | None,
        typer.Option("--origin", metavar="FROM=TO", help="Connect to TO instead of the origin FROM."),
    ] = None,
    stub_origins: Annotated[bool, typer.Option("--stub-origins", help="Answer for every origin from inside.")] = False,
    access_log: Annotated[
        str | None, typer.Option("--access-log", metavar="FILE|-", help="Log every request, in combined format.")
    ] = None,
    accept: Annotated[
        list[str] | None,
        typer.Option("--accept", metavar="NAME", help="Serve although this directive (or caveat) is not honoured."),
    ] = None,
) -> None:
    """Serve the configuration: the reverse proxy itself. Ctrl-C drains and ends."""
    from apacheconf.cli import moves
    from apacheconf.cli.standins import stand_ins
    from apacheconf.runtime import ServeOptions, serve

    options = ServeOptions(
        listen=moves.listens(listen or ()),
        origins=moves.origins(origin or ()),
        stub=_stub_origins() if stub_origins else None,
        access_log=_line_writer(access_log) if access_log else None,
        logs=_print_error if stub_origins else None,
        error_log=_print_error,
        accepted=frozenset(accept or ()),
    )
    if engine is not None:
        from apacheconf.cli.engine import serve as serve_with

        if access_log:
            raise _no_access_log(engine)
        serve_with(reading, engine.value, options)
        return
    loaded, program = reading.load_program()
    for note in moves.without_effect(program, options):
        print(note, file=sys.stderr)
    if stub_origins:
        for note in stand_ins(program.directives):
            print(note, file=sys.stderr)
    lives_on()
    serve(program, _announced(program, options, () if stub_origins else _missing(loaded)))


def _missing(loaded: Loaded) -> tuple[Diagnostic, ...]:
    """What httpd would refuse or warn of because it isn't on this machine."""
    from apacheconf.model.here import missing_folders

    noted = (each for each in loaded.diagnostics if each.name == "not-on-this-machine")
    return (*noted, *missing_folders(loaded.bound))


def _no_access_log(engine: Engine) -> Exception:
    from apacheconf.diagnostics import UsageError

    return UsageError(f"--access-log is of our engine: {engine.value} writes the logs that the configuration names",
                      "leave it out, or add a CustomLog")  # fmt: skip


def _announced(program: Program, options: ServeOptions, missing: tuple[Diagnostic, ...]) -> ServeOptions:
    """``options``, with the summary drawn on stderr as soon as the sockets listen."""
    from dataclasses import replace

    from apacheconf.cli.draw import print_lines
    from apacheconf.cli.summary import lines
    from apacheconf.runtime.summary import summarise

    def announce(ready: Ready) -> None:
        print_lines(lines(summarise(program, options), ready, options.stub is not None, missing), sys.stderr)
        sys.stderr.flush()

    return replace(options, on_ready=announce)


def _stub_origins() -> Callable[[str], Any]:
    """Gives a protocol per connection; each origin counts its own."""
    from apacheconf.origins import factory

    makers: dict[str, Callable[[], Any]] = {}

    def stub(authority: str) -> Any:
        return makers.setdefault(authority, factory(authority))()

    return stub


def _line_writer(name: str) -> Callable[[str], object]:
    """Writes lines to the file, or to standard output for ``-``. Raises UsageError."""
    from apacheconf.diagnostics import UsageError

    if name == "-":
        return _surely(lambda line: print(line, flush=True))
    try:
        file = open(name, "a", encoding="latin-1", buffering=1)  # noqa: SIM115, PTH123 -- lives as long as we serve
    except OSError as error:
        raise UsageError(f"cannot write the access log {name}: {error.strerror}") from error
    return _surely(lambda line: file.write(line + "\n"))


def _print_error(message: str) -> None:
    with contextlib.suppress(OSError):
        print(message, file=sys.stderr, flush=True)


def _surely(write: Callable[[str], object]) -> Callable[[str], object]:
    """A full disk or a reader that went away stops the log, not the server."""

    def written(line: str) -> None:
        with contextlib.suppress(OSError):
            write(line)

    return written

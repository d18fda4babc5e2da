"""The ``apacheconf`` command: its list of commands, and the one way out.

Exit codes, everywhere: 0 good; 1 the configuration has errors, or findings, or unannounced differences;
2 wrong usage, or a file that can't be read or written; 3 ``--strict`` refused an outcome; 4 the target's own
checker refused; 70 a fault of ours; 130 Ctrl-C; 141 nobody reads the output.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import os
import sys
from typing import Annotated, NoReturn

import typer

from apacheconf import __version__
from apacheconf.cli import check, dump, explain, lint, modules, prove, serve, translate, vhosts

app = typer.Typer(
    name="apacheconf",
    help="Understand an Apache httpd 2.4 reverse-proxy configuration: serve, translate, lint, explain, prove it.",
    epilog="PATH is a file, a directory or - ; without it, the configuration here or the installed httpd's is read.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (serve, translate, lint, explain, prove, check, vhosts, modules, dump):
    app.command(command.__name__.rpartition(".")[2])(command.run)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"apacheconf {__version__}")
        raise typer.Exit


@app.callback()
def _common(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.", callback=_print_version, is_eager=True)
    ] = False,
    debug: Annotated[
        bool, typer.Option("--debug", help="Show the traceback of a fault of ours.", envvar="APACHECONF_DEBUG")
    ] = False,
) -> None:
    if debug:
        os.environ["APACHECONF_DEBUG"] = "1"


def main() -> None:
    """Run the command line and leave the process with its exit code."""
    code = 0
    gc.disable()  # a command makes what stays until it ends; see ``lives_on``
    try:
        app(prog_name="apacheconf")
    except SystemExit as left:
        code = left.code if isinstance(left.code, int) else 0 if left.code is None else 2
        if isinstance(left.__context__, BrokenPipeError):  # typer says 1, which means errors and findings
            from apacheconf.cli.failures import PIPE_CLOSED

            code = PIPE_CLOSED
    except BaseException as error:
        from apacheconf.cli.failures import tell

        code = tell(error)
    _leave(_flush() or code)


def _leave(code: int) -> NoReturn:
    """End the process without taking apart what it made: 0.3 s for 10,000 virtual hosts."""
    atexit._run_exitfuncs()
    os._exit(code)


def _flush() -> int:
    """Write out what is left; the exit code of what stood in the way, or 0.

    A reader that went away (``| head``) after all was said is no reason to complain.
    """
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        return 0
    except OSError as error:
        from apacheconf.cli.failures import tell

        return tell(error)
    finally:
        with contextlib.suppress(OSError):
            sys.stderr.flush()
    return 0

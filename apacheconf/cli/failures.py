"""The one place that turns an exception into text on stderr and an exit code."""

from __future__ import annotations

import errno
import os
import sys

from apacheconf.diagnostics import ApacheconfError, ConfigError, UsageError

#: What the shell gives for a process that ended by SIGINT, and by SIGPIPE.
INTERRUPTED, PIPE_CLOSED = 130, 141
#: What stands in the way is told up to here; ``check`` tells all of it.
MOST = 20
#: What writing to a full or broken disk says; the error names no file then.
_OUTPUT_FAILS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})


def tell(error: BaseException) -> int:
    """Print ``error`` as a user should see it; gives the exit code of the process."""
    if os.environ.get("APACHECONF_DEBUG") and not isinstance(error, (KeyboardInterrupt, BrokenPipeError)):
        import traceback

        traceback.print_exception(error)
    match error:
        case KeyboardInterrupt():
            return INTERRUPTED
        case BrokenPipeError():
            sys.stdout = open(os.devnull, "w")  # noqa: SIM115, PTH123 -- lives as long as the process
            return PIPE_CLOSED
        case ConfigError(diagnostics=diagnostics) if diagnostics:
            from apacheconf.cli.draw import print_all

            print_all(diagnostics, sys.stderr, most=MOST)
            return error.exit_code
        case ApacheconfError() if error.exit_code != 70:
            _say(str(error), error.help if isinstance(error, UsageError) else None)
            return error.exit_code
        case OSError(filename=str() | bytes() as name, strerror=str() as reason):
            _say(f"{os.fsdecode(name)}: {reason}")
            return UsageError.exit_code
        case OSError(filename=None, errno=number, strerror=str() as reason) if number in _OUTPUT_FAILS:
            sys.stdout = open(os.devnull, "w")  # noqa: SIM115, PTH123 -- what is left in it can't be written either
            _say(f"cannot write the output: {reason}")
            return UsageError.exit_code
        case _:
            what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
            _say(
                f"internal error: {what}",
                "this is a fault of apacheconf, not of the configuration; please report it with the output of "
                "APACHECONF_DEBUG=1",
            )
            return 70


def _say(message: str, help: str | None = None) -> None:
    print(f"apacheconf: {message}", file=sys.stderr)
    if help:
        print(f"  help: {help}", file=sys.stderr)

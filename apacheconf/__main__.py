"""The ``apacheconf`` command, which is ``python -m apacheconf`` too."""

from __future__ import annotations

import signal


def main() -> None:
    """Run the command line. While it is being imported Ctrl-C ends the process in silence: nobody could catch it."""
    hears = signal.getsignal(signal.SIGINT) is signal.default_int_handler  # not in the background of a script
    if hears:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from apacheconf.cli.main import main as run

    if hears:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    run()


if __name__ == "__main__":
    main()

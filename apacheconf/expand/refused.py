"""The exceptions of the read phase; they never leave ``expand``."""

from __future__ import annotations


class Refused(Exception):
    """httpd would refuse the directive that is being executed; the message is httpd's.

    ``name`` is the diagnostic's name, ``help`` what to do about it.
    """

    def __init__(self, message: str, name: str = "read-phase", help: str | None = None) -> None:
        self.message, self.name, self.help = message, name, help
        super().__init__(message)


class Stopped(Exception):
    """An error was reported, and nothing more is read: it might come again, twice as often at each level."""

"""The access log of serve's own ``--access-log``: combined format, one line per answer."""

from __future__ import annotations

from collections.abc import Callable

from apacheconf.program.conditions import ALWAYS
from apacheconf.program.mod_log_config import items_of
from apacheconf.program.steps import Log
from apacheconf.runtime.logs import Logger, logger_of

COMBINED = '%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i"'


def access_logger(write: Callable[[str], object]) -> Logger:
    """A logger that gives each line (without its end) to ``write``."""
    return logger_of(Log(0, items_of(COMBINED)), ALWAYS, write)

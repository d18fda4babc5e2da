"""mod_actions: CGI scripts for handlers, content types and methods."""

from __future__ import annotations

from collections.abc import Sequence

from apacheconf.modules.declare import Fate, Module
from apacheconf.modules.facts import listed
from apacheconf.modules.values import one_of


def _action(words: Sequence[str]) -> tuple[str, str, bool]:
    """Handler or content type, script, and whether the script also answers for files that are not there."""
    if len(words) > 2:
        one_of(words[2], ("virtual",), "unrecognized option '%s'", 2)
    return words[0], words[1], len(words) > 2


MODULE = Module("mod_actions", fate=Fate.REFUSED, directives=[listed("Action", _action), listed("Script", tuple)])

"""mod_suexec: as whom scripts run. No scripts run here; where httpd's helper is missing that is a note."""

from __future__ import annotations

from collections.abc import Sequence

from apacheconf.modules.declare import Module
from apacheconf.modules.facts import listed
from apacheconf.modules.fates import fate_of_module
from apacheconf.modules.mod_unixd import look_for_suexec


def _user_and_group(words: Sequence[str]) -> tuple[str, str]:
    found = words[0], words[1]
    look_for_suexec("SuexecUserGroup configured, but suEXEC is disabled: {}", found)
    return found


MODULE = Module(
    "mod_suexec", fate=fate_of_module("mod_suexec"), directives=[listed("SuexecUserGroup", _user_and_group)]
)

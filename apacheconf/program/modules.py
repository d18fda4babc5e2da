"""Which Apache modules make steps of a section's settings, in the order in which httpd runs them in a phase."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from apacheconf.modules.declare import Conf
from apacheconf.program import mod_proxy
from apacheconf.program.steps import Step

#: Module name -> what its effective settings make a request meet.
DIR_STEPS: dict[str, Callable[[Conf], Iterable[Step]]] = {
    "mod_proxy": mod_proxy.steps,
}

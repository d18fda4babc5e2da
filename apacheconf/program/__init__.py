"""The program: what a request will meet, as immutable data with many readers. See ``program.program``."""

from apacheconf.program.decide import decide
from apacheconf.program.program import Program
from apacheconf.program.request import Decision, Request

__all__ = ["Decision", "Program", "Request", "decide"]

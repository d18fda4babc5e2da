"""The program: what a request will meet, as immutable data with many readers. See ``program.program``."""

from apacheconf.program.build import compile
from apacheconf.program.decide import decide
from apacheconf.program.loading import Loaded, load
from apacheconf.program.program import Program
from apacheconf.program.request import Decision, Request

__all__ = ["Decision", "Loaded", "Program", "Request", "compile", "decide", "load"]

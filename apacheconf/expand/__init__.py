"""Finding and reading a configuration: what is left is httpd's tree after its read phase (MOD-1)."""

from apacheconf.expand.expanding import expand, expand_htaccess
from apacheconf.expand.finding import find
from apacheconf.expand.options import Input, Options
from apacheconf.expand.surroundings import Surroundings
from apacheconf.expand.tree import Absence, Absent, Expanded, Node

__all__ = [
    "Absence",
    "Absent",
    "Expanded",
    "Input",
    "Node",
    "Options",
    "Surroundings",
    "expand",
    "expand_htaccess",
    "find",
]

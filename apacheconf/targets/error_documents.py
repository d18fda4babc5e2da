"""What targets share of ErrorDocument: whose lines they are, and what can be said without the request."""

from __future__ import annotations

import re

from apacheconf.ledger import Written
from apacheconf.program.hosts import Host
from apacheconf.program.steps import SetErrorDocument, Step

#: What makes a text one that depends on the request: httpd reads it as an expression.
DEPENDS = re.compile(r"%\{|\$[0-9]")
#: The type of a text, whatever it looks like.
TYPE = "text/html; charset=iso-8859-1"


def lines_of(host: Host, step: Step) -> tuple[Written, ...]:
    """The directives of a step; of ErrorDocument lines, which merge as one setting, those of its status."""
    said_by = host.said_by(step)
    if not isinstance(step.action, SetErrorDocument):
        return said_by
    status = str(step.action.status)
    return tuple(each for each in said_by if each.args.split(maxsplit=1)[:1] == [status]) or said_by

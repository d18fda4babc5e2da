"""mod_autoindex in nginx, whose list of a folder has a page of its own (NGX-151)."""

from __future__ import annotations

from apacheconf.ledger import Outcome
from apacheconf.program.handling import FileRules
from apacheconf.program.steps import Step
from apacheconf.targets.claims import Claim, approximated
from apacheconf.targets.nginx.lowering import Lowering
from apacheconf.targets.nginx.tree import Block
from apacheconf.targets.routes import Route


def emit_rules(low: Lowering, route: Route, step: Step, location: Block) -> list[Claim]:
    """How a list looks is nothing that nginx can be told."""
    said_by = route.host.said_by(step)
    rules = [each.action for each in route.others if isinstance(each.action, FileRules)]
    if "autoindex_module" in low.program.modules and any("indexes" in each.options for each in rules):
        return [approximated(said_by, "the list of a folder is nginx's own page", "autoindex")]
    return [Claim(tuple(said_by), Outcome.NO_EFFECT, "no folder is listed here", "no-list")]

"""What fails closed: access rules that can't be asked here, and what serve says of them.

Such a restriction isn't lost: where it is asked the answer is 500, and the error log says why. So it doesn't stop
serve; the summary at start-up names it.
"""

from __future__ import annotations

from apacheconf.ledger import Answer, Outcome, Row, Written
from apacheconf.modules import registry
from apacheconf.program.admission import Admit, cannot_ask
from apacheconf.program.steps import Step

#: The caveat's key of what fails closed.
KEY = "answers-500"
#: Modules that know users or ask for them in ways that serve has not.
_MODULES = frozenset(
    {
        "mod_authnz_ldap", "util_ldap", "mod_authn_dbd", "mod_authz_dbd", "mod_dbd", "mod_auth_form", "mod_authnz_fcgi",
        "mod_auth_openidc", "mod_auth_mellon", "mod_auth_gssapi", "mod_auth_kerb", "mod_auth_cas",
    }
)  # fmt: skip


def closed_by(step: Step) -> str:
    """Why requests that meet the step may be answered with 500; empty if nothing of it is missing here."""
    if not isinstance(step.action, Admit):
        return ""
    return "; ".join(
        dict.fromkeys(f"{why}: where it is asked, the answer is 500" for _, why in cannot_ask(step.action))
    )


def of_closed_module(directive: Written) -> Answer | None:
    """The answer for a directive of a module that serve has not: what needs it fails closed."""
    facts = registry.row(directive.name)
    if facts is None or _MODULES.isdisjoint(facts.modules):
        return None
    return Answer(Outcome.UNSUPPORTED, f"{facts.modules[0]} is not served: what needs it answers 500", key=KEY)


def is_closed(row: Row) -> bool:
    """Whether nothing of the directive is lost but what fails closed."""
    return all(answer.key == KEY for answer in row.answers if answer.outcome is Outcome.UNSUPPORTED)

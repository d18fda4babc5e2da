"""Steps that HAProxy has no words for yet: a comment at their place, and a row (DES-11)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from apacheconf.ledger import Outcome
from apacheconf.program.admission import Admit
from apacheconf.program.handling import ExpiryRules, Told
from apacheconf.program.steps import (
    AddFilter,
    BeginRewriting,
    EditHeader,
    ExportTls,
    NameUser,
    OverrideErrors,
    Rewrite,
    SecureOrigin,
    SetEnv,
    SetErrorDocument,
    Step,
    Table,
)
from apacheconf.targets.claims import Claim, exact, unsupported
from apacheconf.targets.fates import FILES
from apacheconf.targets.haproxy.lowering import Lowering
from apacheconf.targets.haproxy.mod_authz_core import can_say
from apacheconf.targets.haproxy.tree import Section
from apacheconf.targets.routes import Route

#: What answers for itself elsewhere, whether it is certain or not.
DONE = EditHeader | SetEnv | SecureOrigin | ExpiryRules | SetErrorDocument | OverrideErrors | ExportTls | NameUser
_NO_FILES = "it is about answers made here, and this is an origin's"


def report_unsure(
    low: Lowering, route: Route, backend: Section | None = None, spoken_for: Collection[Step] = ()
) -> None:
    """Report what is not lowered, but for steps that are ``spoken_for``; with a backend, say so there."""
    environment = low.environments[route.host.number]
    if backend is None and route.file and not route.answer:
        about = [step for step, _ in route.met if _is_about_content(step)]
        low.dropped += [Claim(route.host.said_by(step), Outcome.NO_EFFECT, FILES, "files") for step in about]
        route = replace(route, unsure=[step for step in route.unsure if step not in about],
                        others=[step for step in route.others if step not in about])  # fmt: skip
    steps = [step for step in (*route.admits, *route.unsure, *route.others)
             if not isinstance(step.action, DONE) and step not in spoken_for]  # fmt: skip
    steps = [step for step in steps if not (isinstance(step.action, Admit) and can_say(step, environment))]
    about_files = [step for step in steps if isinstance(step.action, Told) and step.action.of_files]
    low.dropped += [Claim(route.host.said_by(step), Outcome.NO_EFFECT, _NO_FILES, "files") for step in about_files]
    setting = [step for step in steps if _only_sets(step) and _is_said(low, route, step)]
    low.dropped += [exact(route.host.said_by(step)) for step in setting]
    steps = [step for step in steps if step not in (*about_files, *setting)]
    steps = [step for step in steps if not isinstance(step.action, BeginRewriting)]  # its rules speak for themselves
    said_by = [each for step in steps for each in route.host.said_by(step)]
    if said_by:
        low.dropped.append(unsupported(said_by, "not supported yet for haproxy", "not-yet"))
    if said_by and backend is not None:
        backend.say(f"not translated: {low.sources.comment(said_by)}")


def _is_about_content(step: Step) -> bool:
    """Whether it concerns a file that is sent, or the request for an origin, and no page of an error."""
    action = step.action
    if isinstance(action, EditHeader):
        return action.table is not Table.ALWAYS
    return isinstance(action, ExpiryRules | AddFilter)


def _only_sets(step: Step) -> bool:
    """Whether it is a rule that leaves the URL alone."""
    action = step.action
    return isinstance(action, Rewrite) and action.target is None and not action.answers


def _is_said(low: Lowering, route: Route, step: Step) -> bool:
    """Whether what it sets is told by rules of its own, or is in the words of those that ask."""
    assert isinstance(step.action, Rewrite)
    names = {each.name for each in step.action.sets if isinstance(each, SetEnv)}
    if len(names) < len(step.action.sets):
        return False
    return route.host.number in low.spelt_out or names <= low.environments[route.host.number].known

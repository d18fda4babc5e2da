"""mod_alias in nginx: redirects (NGX-130, NGX-131)."""

from __future__ import annotations

from apacheconf.program.conditions import Regex
from apacheconf.program.steps import Redirect, Step
from apacheconf.program.values import Capture, Joined, Literal, Value
from apacheconf.targets.claims import exact, unsupported
from apacheconf.targets.nginx.lowering import Lowering
from apacheconf.targets.nginx.mod_proxy import self_authority
from apacheconf.targets.nginx.tree import Block, literal
from apacheconf.targets.patterns import escape
from apacheconf.targets.questions import pcre
from apacheconf.targets.routes import Route, regex_of

_FLAGS = {301: "permanent", 302: "redirect"}


def emit_redirect(low: Lowering, route: Route, step: Step, location: Block) -> None:
    """A redirect keeps what follows its prefix, escaped anew by ``rewrite``; other statuses go by way of ``return``."""
    assert isinstance(step.action, Redirect)
    said_by = route.host.said_by(step)
    target = _target(low, route, step.action)
    if target is None:
        why = "its target can't be said in nginx, so 503 is answered"
        location.add("return", "503", claims=(unsupported(said_by, why, "redirect-target"),))
        return
    regex = regex_of(step)
    claims = (exact(said_by),)
    flag = _FLAGS.get(step.action.status)
    pattern = _pattern(step.action, regex)
    if flag is not None:
        location.add("rewrite", pattern, target, flag, claims=claims)
    elif "$" not in target:
        location.add("return", str(step.action.status), target, claims=claims)
    else:
        why = f"only 301 and 302 keep a part of the path in nginx: {step.action.status} comes as 302"
        location.add("return", "503", claims=(unsupported(said_by, why, "redirect-status"),))


def _pattern(action: Redirect, regex: Regex | None) -> str:
    if action.prefix:
        return f"(?s)^{escape(action.prefix)}(.*)$"
    return ("(?i)" if regex and regex.ignore_case else "") + pcre(regex) if regex else "^"


def _target(low: Lowering, route: Route, action: Redirect) -> str | None:
    """The target as nginx's replacement; a path becomes a URL of this server."""
    parts = action.location.parts if isinstance(action.location, Joined) else (action.location,)
    texts = [_part(each) for each in parts]
    if None in texts:
        return None
    target = "".join(each for each in texts if each is not None) + ("$1" if action.prefix else "")
    if target.startswith("/"):
        target = f"{route.host.scheme or 'http'}://{self_authority(low, route.host)}{target}"
    return f"{target}?" if "?" in target else target


def _part(value: Value) -> str | None:
    match value:
        case Literal(text):
            return literal(text)
        case Capture(_, group):
            return f"${group}"
        case _:
            return None

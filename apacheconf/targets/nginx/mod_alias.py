"""mod_alias in nginx: redirects (NGX-130, NGX-131)."""

from __future__ import annotations

import re

from apacheconf.ledger import Written
from apacheconf.program.steps import Redirect, Step
from apacheconf.program.values import Call, Capture, Literal, Value, Variable
from apacheconf.targets.claims import approximated, equivalent, exact, unsupported
from apacheconf.targets.hostnames import own_scheme
from apacheconf.targets.nginx.lowering import Lowering
from apacheconf.targets.nginx.mod_proxy import self_authority
from apacheconf.targets.nginx.tree import Block, literal
from apacheconf.targets.patterns import escape
from apacheconf.targets.questions import CannotAsk, pcre
from apacheconf.targets.rewrites import parts_of
from apacheconf.targets.routes import Route, regex_of

_VARIABLES = {"HTTP_HOST": "$http_host", "SERVER_NAME": "$host"}
_ESCAPING = "other characters of the path are escaped in Location"
_FLAGS = {301: "permanent", 302: "redirect"}


def emit_redirect(low: Lowering, route: Route, step: Step, location: Block) -> None:
    """A redirect keeps what follows its prefix, escaped anew by ``rewrite``; other statuses go by way of ``return``."""
    assert isinstance(step.action, Redirect)
    said_by = route.host.said_by(step)
    action = step.action
    try:
        pattern, target = _rewriting(low, route, step, action)
    except CannotAsk as missing:
        why = f"its target uses {missing}, which can't be said in nginx, so 503 is answered"
        location.add("return", "503", claims=(unsupported(said_by, why, "redirect-target"),))
        return
    flag = _FLAGS.get(action.status)
    whole = re.search(r"\$\d", target) is None
    if flag is not None and (not whole or "?" in target or pattern != "^"):
        claim = exact(said_by) if whole else equivalent(said_by, _ESCAPING, "location-escaping")
        location.add("rewrite", pattern, target, flag, claims=(claim,))
    elif whole and "?" not in target:
        location.add("return", str(action.status), f"{target}$is_args$args", claims=(exact(said_by),))
    elif action.prefix:
        _emit_raw(action, target.removesuffix("?"), said_by, location)
    else:
        why = f"nginx keeps parts of a path for 301 and 302 only, so 503 is answered instead of {action.status}"
        location.add("return", "503", claims=(unsupported(said_by, why, "redirect-status"),))


def _emit_raw(action: Redirect, target: str, said_by: tuple[Written, ...], location: Block) -> None:
    """Other statuses keep the rest of the path as the client wrote it, which can hold no line end."""
    claim = approximated(said_by, "the rest of the path stays as the client wrote it", "redirect-spelling")
    asked = location.open("if", "$request_uri", "~", f"^{escape(action.prefix)}(?<rest>[^?]*)", claims=(claim,))
    asked.add("return", str(action.status), f"{target.removesuffix('$1')}$rest$is_args$args")
    location.add("return", "503")


def _rewriting(low: Lowering, route: Route, step: Step, action: Redirect) -> tuple[str, str]:
    """Pattern and replacement; a path becomes a URL of this server. Raises CannotAsk."""
    value = action.location.argument if isinstance(action.location, Call) else action.location
    parts = parts_of(value)
    regex = regex_of(step)
    pattern = "^"
    if action.prefix:
        pattern = f"(?s)^{escape(action.prefix)}(.*)$"
    elif any(isinstance(each, Variable) and each.name == "REQUEST_URI" for each in parts):
        pattern = "(?s)^(.*)$"
    elif any(isinstance(each, Capture) for each in parts) and regex is not None:
        pattern = ("(?i)" if regex.ignore_case else "") + pcre(regex)
    target = "".join(map(_part, parts)) + ("$1" if action.prefix else "")
    if target.startswith("/") and not action.relative:
        target = f"{own_scheme(route.host)}://{self_authority(low, route.host)}{target}"
    return pattern, f"{target}?" if "?" in target else target


def _part(value: Value) -> str:
    match value:
        case Literal(text):
            return literal(text)
        case Capture("rule" | "section", group) if group:
            return f"${group}"
        case Variable("REQUEST_URI"):
            return "$1"
        case Variable(name) if name in _VARIABLES:
            return _VARIABLES[name]
        case _:
            raise CannotAsk("more than text and captures")

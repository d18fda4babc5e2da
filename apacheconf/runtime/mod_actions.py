"""mod_actions: an internal redirect to the path that answers for a handler, a content type or a method.

The path of the request is appended to it. What answers there knows the handler as REDIRECT_HANDLER.
"""

from __future__ import annotations

from dataclasses import replace

from apacheconf.program.decide import decide_again
from apacheconf.program.handling import ActionRules, FileRules
from apacheconf.program.media import Media
from apacheconf.program.program import Program
from apacheconf.program.request import Decision
from apacheconf.program.uri import escape_path


def acted(program: Program, decision: Decision, media: Media) -> Decision | None:
    """What an action leads to; None where there is none. A refusal has its status in the decision."""
    rules, state = decision.rules(ActionRules), decision.state
    if state is None or not (rules.actions or rules.scripts):
        return None
    script = _script_of_method(rules, decision)
    name = decision.handler or media.handler or media.type.partition(";")[0]
    found = next((each for each in rules.actions if each[0] == name.lower()), None)
    env: dict[str, str] = {}
    if found is not None:
        script, env = found[1], {"HANDLER": name}
        if not found[2] and (decision.located is None or decision.located.found is None):
            return replace(decision, status=404, messages=())
    if not script:
        return None
    query = "" if decision.query is None else f"?{decision.query}"
    led = decide_again(program, decision, f"{script}{escape_path(decision.path)}{query}", env)
    return replace(led, told={**led.told, FileRules: replace(led.rules(FileRules), type_before=media.type)})


def _script_of_method(rules: ActionRules, decision: Decision) -> str:
    """Script's path; GET is answered so with a query only, and nothing that was redirected twice."""
    assert decision.state is not None
    method = decision.state.request.method
    method = "GET" if method == "HEAD" else method
    asks = method != "GET" or bool(decision.query)
    return dict(rules.scripts).get(method, "") if asks and decision.rounds < 2 else ""

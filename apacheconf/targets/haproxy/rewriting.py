"""New paths made with a regex's captures: decode, substitute, escape anew as httpd does (HAP-29, PU-1)."""

from __future__ import annotations

from collections.abc import Iterable

from apacheconf.program.conditions import Regex
from apacheconf.program.values import Capture, Literal, Value, Variable
from apacheconf.targets.captures import parts_of
from apacheconf.targets.haproxy.conditions import Terms
from apacheconf.targets.haproxy.core import ESCAPED_ANEW
from apacheconf.targets.haproxy.samples import KEPT_PATH, Environment
from apacheconf.targets.haproxy.tree import Section
from apacheconf.targets.questions import CannotAsk, as_group, pcre
from apacheconf.targets.routes import Route


def emit_refused(route: Route, terms: Terms, backend: Section) -> None:
    """SEM-30, RW-11: what a client has escaped and rules would put into a URL as it is. Raises CannotAsk."""
    for condition in route.refused:
        backend.add("http-request", "deny", "deny_status", "403", "if", *terms.of(condition))


def can_follow(route: Route, environment: Environment) -> bool:
    """Whether HAProxy has words for all that rules have made of the URL."""
    terms = Terms(environment=environment)
    mapped = parts_of(route.map.value) if route.map else ()
    made = [each for each in (route.path, route.query) if each is not None and not isinstance(each, Literal)]
    of_environment = [each for each in mapped if isinstance(each, Variable) and each.name == "ENV"]  # sent as written
    made += [each for each in mapped if not isinstance(each, Literal | Capture) and each not in of_environment]
    try:
        for condition in route.refused:
            terms.of(condition)
        for value in made:
            terms.fetch(value)
    except CannotAsk:
        return False
    return True


def substituted(regex: Regex, made: Iterable[Value], path: str, escapes: bool = True) -> str:
    """A sample: the decoded path with the value in its place where the regex matches somewhere. Raises CannotAsk.

    Without ``escapes`` it stays decoded (NE). ``path`` is the sample of the decoded path.
    """
    case = "i" if regex.ignore_case else ""
    pattern = rf"(?s{case})^.*?(?:{pcre(regex)}).*\z"
    shift = 0
    if any(isinstance(each, Capture) and each.group == 0 for each in made):
        pattern, shift = rf"(?s{case})^.*?{as_group(pcre(regex))}.*\z", 1
    replacement = "".join(_part(each, shift) for each in made)
    sample = f'{path},regsub("{inner(pattern)}","{inner(replacement)}")'
    anew = f'{ESCAPED_ANEW},regsub("%25(2[Ff])","%\\\\1",g)' if path == KEPT_PATH else ESCAPED_ANEW
    return f"{sample},{anew}" if escapes else sample


def _part(value: Value, shift: int) -> str:
    match value:
        case Literal(text):
            return text.replace("\\", "\\\\")
        case Capture("rule" | "section", group):
            return f"\\{group + shift}"
        case _:
            raise CannotAsk("a value that is no capture")


def inner(text: str) -> str:
    """Text between the double quotes of an argument."""
    return text.replace("\\", "\\\\").replace('"', '\\"')

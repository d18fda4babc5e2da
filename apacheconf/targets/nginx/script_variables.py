"""What a script is told in nginx, and the lines of ProxyFCGISetEnvIf, which have the last word (FC-8).

They ask what was told so far. Of SCRIPT_FILENAME they see what httpd writes in front of the file's name, and FPM takes
off again, so that nginx doesn't send it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from os.path import commonpath

from apacheconf.program.conditions import ALWAYS, NEVER, AllOf, Condition, Matches, all_of
from apacheconf.program.handling import FcgiRules
from apacheconf.program.mod_proxy_fcgi import script_name
from apacheconf.program.regexes import search
from apacheconf.program.steps import Step
from apacheconf.program.values import Literal, Variable
from apacheconf.program.workers import Origin
from apacheconf.targets.claims import Claim, exact, unsupported
from apacheconf.targets.environments import mentions
from apacheconf.targets.nginx.core_files import lines_named
from apacheconf.targets.nginx.texts import Texts
from apacheconf.targets.nginx.tree import Block, literal
from apacheconf.targets.patterns import literal_start
from apacheconf.targets.questions import CannotAsk
from apacheconf.targets.routes import Route, members
from apacheconf.targets.spoken import words_of

_FILE = "SCRIPT_FILENAME"


@dataclass
class Params:
    """What a script is told, in order: name, value, and whether only where that isn't empty."""

    lines: dict[str, tuple[str, bool]] = field(default_factory=dict)
    claims: list[Claim] = field(default_factory=list)

    def tell(self, name: str, value: str, if_given: bool = False) -> None:
        """Set a variable; what was said of it before counts no longer."""
        self.lines.pop(name, None)
        self.lines[name] = (value, if_given)

    def withhold(self, name: str) -> None:
        """A header that becomes no variable."""
        self.tell(name, "", True)

    def emit(self, kind: str, location: Block) -> None:
        """The lines of a location; ``kind`` is what their directive begins with."""
        for name, (value, if_given) in self.lines.items():
            location.add(f"{kind}_param", name, value, *(("if_not_empty",) if if_given else ()))


def tell(route: Route, step: Step, rules: FcgiRules, origin: Origin, texts: Texts, params: Params) -> None:
    """Each line in its order: the script is told what it says, where it holds."""
    said_by = route.host.said_by(step)
    params.claims.append(exact(lines_named(route, step, "proxyfcgibackendtype")))
    lines = [each for each in said_by if each.name.lower() == "proxyfcgisetenvif"]
    prefixes = [script_name(each, "", rules) for each in members(origin)]
    texts.told = {name: word for name, (word, _) in params.lines.items()}
    file = texts.told.pop(_FILE, "")
    if len(set(prefixes)) == 1:
        texts.told[_FILE] = f"{literal(prefixes[0])}{file}"
    for number, variable in enumerate(rules.variables):
        line = lines[number : number + 1] if len(lines) == len(rules.variables) else lines
        condition = _asked(variable.condition, prefixes if _FILE not in texts.written else None)
        if condition == NEVER:
            params.claims.append(exact(line))
            continue
        try:
            if mentions(condition, _FILE) and _FILE not in texts.told:
                raise CannotAsk("a question about a file's name that each member is told with its own")
            before, if_given = params.lines.get(variable.name, ("", True))
            title = f"param_{words_of(variable.name)}"
            word = texts.where(title, condition, variable.value or Literal(""), before)
        except CannotAsk as missing:
            params.claims.append(unsupported(line, f"{missing} can't be said here in nginx", "environment"))
            continue
        params.tell(variable.name, word, if_given or condition != ALWAYS or variable.value in (None, Literal("")))
        texts.told[variable.name] = word
        texts.written.add(variable.name)
        params.claims.append(exact(line))


def _asked(condition: Condition, prefixes: list[str] | None) -> Condition:
    """The condition, or NEVER where it asks for another beginning of the file's name than all members are told; what
    holds in any case is left out."""
    match condition:
        case AllOf(parts):
            return all_of(_asked(each, prefixes) for each in parts)
        case Matches(Literal(text), regex) if search(regex, text) is not None:
            return ALWAYS
        case Matches(Variable("ENV", name), regex) if name == _FILE and prefixes:
            begins, start = commonpath(prefixes), literal_start(regex) or ""
            return condition if start.startswith(begins) or begins.startswith(start) else NEVER
        case _:
            return condition

"""mod_proxy_fcgi in the program: what a FastCGI responder is told of a request (FC-4 to FC-9)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from apacheconf.ledger import Written
from apacheconf.modules.declare import Conf, Setting
from apacheconf.modules.mod_proxy_fcgi import FcgiDirConf
from apacheconf.modules.mod_proxy_fcgi import FcgiVariable as Line
from apacheconf.program.evaluate import State, holds, text_of
from apacheconf.program.expressions import NotEvaluated, condition_of, value_of
from apacheconf.program.handling import FcgiRules, FcgiVariable
from apacheconf.program.link import LeaveOut, Linker
from apacheconf.program.steps import Step
from apacheconf.program.telling import settings_of, tell
from apacheconf.program.workers import DEFAULT_PORTS, Balancer, Origin, Worker
from apacheconf.syntax.expr import parse_string

SCHEME = "fcgi"
#: The variable that says how a trailing path is split off (FC-7).
PATH_INFO = "proxy-fcgi-pathinfo"


def is_fcgi(origin: Origin | None) -> bool:
    """Whether FastCGI is spoken with the origin."""
    if isinstance(origin, Balancer):
        return any(member.scheme == SCHEME for member in origin.members)
    return origin is not None and origin.scheme == SCHEME


def layer(conf: FcgiDirConf, linker: Linker, left_out: LeaveOut) -> FcgiDirConf:
    """A section's settings, linked; ``left_out`` hears of variables whose condition can't be evaluated."""
    kept: list[Line] = []
    said: list[Written] = []
    for line, directive in zip(conf.variables.value, conf.variables.said_by, strict=False):
        try:
            _variable(line)
        except NotEvaluated as missing:
            left_out(directive, f"it uses {missing}, which is not evaluated yet")
            continue
        kept.append(line)
        said.append(directive)
    linked: dict[str, Setting[Any]] = {}
    if conf.backend_type.is_set:
        linked["backend_type"] = Setting(conf.backend_type.value, linker.numbers(conf.backend_type.said_by))
    if kept:
        linked["variables"] = Setting(tuple(kept), linker.numbers(said))
    return FcgiDirConf.of(linked)


def steps(conf: Conf) -> Iterator[Step]:
    assert isinstance(conf, FcgiDirConf)
    if conf.is_set:
        rules = FcgiRules(conf.backend_type.value == "GENERIC", tuple(map(_variable, conf.variables.value)))
        yield tell(rules, settings_of(conf))


def _variable(line: Line) -> FcgiVariable:
    """Raises NotEvaluated."""
    value = None if line.value is None else value_of(parse_string(line.value), grouped=True)
    return FcgiVariable(condition_of(line.condition, groups_matter=True), line.name, value)


def path_info_of(state: State, path: str, late: str | None = None) -> tuple[str, str]:
    """What the target's ``path`` is split into: the file of ``full`` (else empty) and the trailing path (FC-7).

    ``late`` is what SetEnv says of the variable, too late to be heard.
    """
    how = state.env.get(PATH_INFO)
    if how is None or how == late:
        return "", state.path_info  # that of a folder whose rule has led here (P)
    how = how.lower()
    if how == "full":
        return _on_disk(_unescaped(path))
    if how in ("first-dot", "last-dot"):
        dot = path.find(".") if how == "first-dot" else path.rfind(".")
        slash = path.find("/", dot) if dot >= 0 else -1
        return "", _unescaped(path[slash:]) if slash >= 0 else ""
    return "", _unescaped(path) if how == "unescape" else path


def _unescaped(path: str) -> str:
    return unquote(path, "latin-1")


def _on_disk(path: str) -> tuple[str, str]:
    """The longest part of a path that is a file, and the rest; both empty where none is."""
    end = len(path)
    while end > 0:
        if Path(path[:end]).is_file():
            return path[:end], path[end:]
        end = path.rfind("/", 0, end)
    return "", ""


def script_name(worker: Worker, path: str, rules: FcgiRules) -> str:
    """SCRIPT_FILENAME of a target's path: FPM takes off what GENERIC doesn't get (FC-4)."""
    if rules.generic:
        return path
    port = "" if worker.port == DEFAULT_PORTS[SCHEME] else f":{worker.port}"
    host = f"[{worker.host}]" if ":" in worker.host else worker.host
    return f"proxy:{SCHEME}://{host}{port}{path}"


def apply(rules: FcgiRules, state: State, variables: dict[str, str]) -> dict[str, str]:
    """The variables after the lines of ProxyFCGISetEnvIf, which see those before them (FC-8)."""
    found = dict(variables)
    state.env.update(found)
    for each in rules.variables:
        if not holds(each.condition, state):
            continue
        if each.value is None:
            found.pop(each.name, None)
            state.env.pop(each.name, None)
        else:
            found[each.name] = state.env[each.name] = text_of(each.value, state)
    return found

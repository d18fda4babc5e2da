"""mod_log_config in HAProxy: a ``log-format`` for each frontend, written to standard output (HAP-113, LOG-1 ff.).

HAProxy opens no files: who runs it (systemd, a container) keeps what it says, in the file that httpd had where there
was one for all hosts, as a note says. An item that it can't say is written
``-``, as httpd writes what is unset, and the report names it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field

from apacheconf.ledger import Outcome
from apacheconf.program.conditions import Always
from apacheconf.program.hosts import Host
from apacheconf.program.steps import Log, LogItem, Step
from apacheconf.program.values import Literal, Value, Variable
from apacheconf.targets.claims import Claim, approximated, equivalent
from apacheconf.targets.haproxy.conditions import Terms, negated
from apacheconf.targets.haproxy.lowering import Lowering
from apacheconf.targets.haproxy.samples import SERVER_NAME, header_name, variable_of
from apacheconf.targets.haproxy.tree import Section, plain
from apacheconf.targets.questions import CannotAsk
from apacheconf.targets.restrictions import words_in

_OWN_WORDS = "HAProxy says in its own words what goes wrong, on standard error"
_NO_FILES = "the line is written to standard output, not to the file"
_APPENDED = "it is written to standard output, which the note appends to the file"
_ERRORS_APPENDED = "messages are HAProxy's own, on standard error, which the note appends to the file"
_NOTE = ("HAProxy opens no logs: start it with its standard {stream} appended to {file} (under systemd: "
         "Standard{word}=append:{file})")  # fmt: skip
#: What each variable of a format is in HAProxy.
_VARIABLES = {
    "REMOTE_ADDR": "%ci", "REMOTE_HOST": "%ci", "SERVER_ADDR": "%fi", "REMOTE_IDENT": "-", "REQUEST_METHOD": "%HM",
    "BYTES_OUT": "%B", "BYTES_IN": "%U", "PID": "%pid", "THE_REQUEST": "%{+E}r", "REQUEST_STATUS": "%ST",
    "SERVER_PROTOCOL": "%HV", "QUERY": "%HQ", "REMOTE_USER": "%{+E}[var(txn.user)]",
}  # fmt: skip
_PORTS = {"": "%fp", "canonical": "%fp", "local": "%fp", "remote": "%cp"}
_TIMES = {("DURATION_USEC", ""): "%Ta%[str(000)]", ("DURATION", "us"): "%Ta%[str(000)]", ("DURATION", "ms"): "%Ta"}
#: Samples that are kept in a variable until the line is written: of the request, and of the answer.
_KEPT = {"REQUEST_URI": "path,url_dec"}
_LEVELS = {"emerg": "emerg", "alert": "alert", "crit": "crit", "error": "err", "warn": "warning", "notice": "notice"}


@dataclass
class _Format:
    """A line as HAProxy writes it, the variables that it needs, and the items that it lacks."""

    several: bool
    host: str
    words: str = ""
    request: dict[str, str] = field(default_factory=dict)
    answer: dict[str, str] = field(default_factory=dict)
    lacking: list[str] = field(default_factory=list)


def emit_global(low: Lowering, section: Section) -> None:
    """Where logs go: ErrorLog and LogLevel for what goes wrong, CustomLog for requests."""
    named = low.scopes.everywhere("errorlog", "loglevel")
    level = next((each.args.split()[-1].lower() for each in low.scopes.named("loglevel") if each.args), "warn")
    file = _one_of([each.args for each in named if each.name.lower() == "errorlog"])
    claims = (equivalent(named, _ERRORS_APPENDED, "error-log-words") if file else
              approximated(named, _OWN_WORDS, "error-log"),)  # fmt: skip
    if file:
        low.note(_NOTE.format(stream="error", word="Error", file=file))
    section.rule(f"log stderr format raw daemon {_LEVELS.get(level.rpartition(':')[2], 'notice')}",
                 comment=low.sources.comment(named[:1]), claims=claims)  # fmt: skip
    shapes = {id(host.form): host.form for host in low.program.hosts}
    if any(isinstance(step.action, Log) for shape in shapes.values() for step in shape.server):
        section.rule("log stdout format raw local0 info info")
    formats = low.scopes.everywhere("logformat")
    low.dropped.append(Claim(tuple(formats), Outcome.ABSORBED, "it stands in the logs that use it"))


def _one_of(files: Iterable[str]) -> str:
    """The file where all these lines go; empty for several, and for a program or syslog."""
    found = {next(iter(words_in(each)), "") for each in files}
    file = found.pop() if len(found) == 1 else ""
    return "" if file.startswith(("|", "syslog")) else file


def emit_log(low: Lowering, hosts: list[Host], terms: Terms, frontend: Section) -> None:
    """The line of a frontend: the first host's that has one. Hosts without a log are silent."""
    logs = [(host, step) for host in hosts for step in host.shape.server if isinstance(step.action, Log)]
    if not logs:
        frontend.rule("no log")
        return
    several = len(hosts) > 1
    file = _file_of_all(low)
    if file:
        low.note(_NOTE.format(stream="output", word="Output", file=file))
    shown = _format(*logs[0], several)
    asked = {host.number: _is_asked(low, host, several, terms, frontend) for host in hosts
             if any(host is one for one, _ in logs)}  # fmt: skip
    claims = tuple(_claim(host, step, shown, asked[host.number], file) for host, step in logs)
    frontend.space()
    said_by = [each for host, step in logs for each in host.said_by(step)]
    frontend.add("log-format", shown.words, comment=low.sources.comment(said_by), claims=claims)
    for name, sample in shown.request.items():
        frontend.add("http-request", f"set-var(txn.{name})", sample)
    for name, sample in shown.answer.items():
        frontend.add("http-after-response", f"set-var(txn.{name})", sample)
    for host in hosts:
        if not any(host is one for one, _ in logs):
            frontend.add("http-request", "set-log-level", "silent", "if", *low.is_host(host))


def _is_asked(low: Lowering, host: Host, several: bool, terms: Terms, frontend: Section) -> bool:
    """Silence what no log of the host wants; False where their conditions can't be asked."""
    wanted = [step.when for step in host.shape.server if isinstance(step.action, Log)]
    if any(isinstance(each, Always) for each in wanted):
        return True
    terms.environment = low.environments[host.number]
    try:
        unwanted = [word for each in wanted for word in negated(terms.of(each))]
    except CannotAsk:
        return False
    frontend.add("http-request", "set-log-level", "silent", "if", *(low.is_host(host) if several else ()), *unwanted)
    return True


def _file_of_all(low: Lowering) -> str:
    """The file where all hosts log their requests, if it is one."""
    forms = {id(host.form): host.form for host in low.program.hosts}
    logs = {
        key: [step.action.to for step in form.server if isinstance(step.action, Log)] for key, form in forms.items()
    }
    return _one_of(f'"{host.texts[to]}"' for host in low.program.hosts for to in logs[id(host.form)])


def _claim(host: Host, step: Step, shown: _Format, asked: bool, file: str) -> Claim:
    said_by = host.said_by(step)
    own = _format(host, step, shown.several)
    if own.words != shown.words:
        return approximated(said_by, "an address has one format in HAProxy: its first log's", "one-format")
    if not asked:
        return approximated(said_by, "the condition is not asked: every request is logged", "log-condition")
    if own.lacking:
        missing = ", ".join(dict.fromkeys(own.lacking))
        return approximated(said_by, f"HAProxy can't say {missing}: a dash or the nearest is written", "log-item")
    return equivalent(said_by, _APPENDED, "log-file") if file else approximated(said_by, _NO_FILES, "log-to-stdout")


def _format(host: Host, step: Step, several: bool) -> _Format:
    assert isinstance(step.action, Log)
    made = _Format(several, host.name)
    made.words = "".join(_part(item, made) for item in step.action.line)
    return made


def _part(item: Value | LogItem, made: _Format) -> str:
    value = item.value if isinstance(item, LogItem) else item
    if isinstance(value, Literal):
        return plain(value.text)
    if not isinstance(value, Variable):
        made.lacking.append("a value")
        return "-"
    found = _variable(value, made)
    if not found or (isinstance(item, LogItem) and item.statuses):
        made.lacking.append(f"%{{{value.argument}}}{value.name}" if value.argument else value.name)
    return found or "-"


def _variable(variable: Variable, made: _Format) -> str:
    """HAProxy's words for a variable; empty if it has none."""
    name, argument = variable.name, variable.argument
    if (name, argument) in _TIMES:
        return _TIMES[name, argument]
    with suppress(CannotAsk):
        return _by_name(name, argument, made)
    return ""


def _by_name(name: str, argument: str, made: _Format) -> str:
    """Raises CannotAsk for a name that HAProxy can't be asked for."""
    match name:
        case "PORT":
            return _PORTS.get(argument, "")
        case "TIME":
            return "" if argument else "[%trl]"
        case "BODY_BYTES" | "BODY_BYTES_OR_0":
            made.lacking.append("the length of a body that Content-Length doesn't tell")
            return _keep(made.answer, "length", "res.fhdr(content-length)")
        case "HTTP":
            return _keep(made.request, f"asked_{_word(argument)}", f"req.fhdr({header_name(argument)})")
        case "COOKIE":
            return _keep(made.request, f"cookie_{_word(argument)}", f"req.cook({_cookie_name(argument)})")
        case "RESP":
            return _keep(made.answer, f"told_{_word(argument)}", f"res.fhdr({header_name(argument)})")
        case "ENV":
            return f"%{{+E}}[var({variable_of(argument)})]"
        case "SERVER_NAME":
            return "%[var(txn.host)]" if made.several else plain(made.host)
        case "HOST_NAME":
            return f"%[var({SERVER_NAME})]"
        case _ if name in _KEPT:
            return _keep(made.request, f"log_{_word(name)}", _KEPT[name])
        case _:
            return _VARIABLES.get(name, "") if not argument or name == "REMOTE_ADDR" else ""


def _cookie_name(name: str) -> str:
    header_name(name)
    return name


def _word(text: str) -> str:
    return re.sub("[^a-z0-9]", "_", text.lower())


def _keep(where: dict[str, str], name: str, sample: str) -> str:
    while where.setdefault(name, sample) != sample:
        name += "_"
    return f"%{{+E}}[var(txn.{name})]"

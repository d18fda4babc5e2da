"""What serve makes of each directive: through the ledger, as a translator would (nothing in silence).

Answers come, in this order, from the steps (each kind of action is done here or is not), from what the program
could not hold, and from the table of fates. A directive that takes something away from clients and isn't
honoured stops serve, until the user accepts it by name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from apacheconf.diagnostics import ConfigError, Diagnostic, Level
from apacheconf.ledger import Answer, Ledger, Outcome, Row, Written
from apacheconf.modules import registry
from apacheconf.modules.declare import Fate
from apacheconf.modules.rewrite_rules import OF_RULES, refuses
from apacheconf.program.by_handler import is_proxy
from apacheconf.program.fold import steps_for
from apacheconf.program.handling import HandlerRules, InputRules, SuffixFilters
from apacheconf.program.hosts import Host, Shape
from apacheconf.program.mod_headers import TOO_EARLY
from apacheconf.program.program import Program
from apacheconf.program.steps import (
    AddFilter,
    AskCertificate,
    EditHeader,
    ExportTls,
    SecureOrigin,
    SetEnv,
    SetHandler,
    Step,
)
from apacheconf.program.tls import unlike_httpd
from apacheconf.program.workers import Balancer, Origin, Worker
from apacheconf.runtime import mod_env, mod_headers, tls_honesty
from apacheconf.runtime.closed import KEY, closed_by, is_closed, of_closed_module
from apacheconf.runtime.fates import (
    BY_NAME,
    DEFAULTS,
    FILE_HANDLERS,
    FILTERS,
    HANDLERS,
    INPUT_FILTERS,
    KEYS,
    NOT_DONE,
    NOT_YET,
    READ,
)
from apacheconf.runtime.health import can_check
from apacheconf.runtime.lbmethods import METHODS
from apacheconf.runtime.protocols import PROTOCOLS


def account(program: Program) -> tuple[Row, ...]:
    """One row per directive as written: what serve makes of it. A program written by hand has none."""
    if not program.directives:
        return ()
    return _ledger(program).rows(fallback_for(program))


def _ledger(program: Program) -> Ledger:
    ledger = Ledger((*program.directives, *program.absent))
    answer(program, ledger)
    return ledger


def answer(program: Program, ledger: Ledger) -> None:
    """Say what became of the directives that steps, listeners and origins were made of."""
    answers_of: dict[int, tuple[tuple[Step, Answer], ...]] = {}
    for host in program.hosts:
        shape = host.shape
        if id(shape) not in answers_of:
            answers_of[id(shape)] = tuple((step, _answer_of(step)) for step in _steps(shape))
        for step, made in answers_of[id(shape)]:
            ledger.give(host.said_by(step), made)
    tls_honesty.answer(program, ledger)
    for listener in program.listeners:
        ledger.carry(listener.said_by, Outcome.EXACT)
    for origin in program.origins:
        _answer_origin(origin, ledger)
    _settle_left_out(program, ledger)


def _answer_of(step: Step) -> Answer:
    if closed := closed_by(step):
        return Answer(Outcome.UNSUPPORTED, closed, key=KEY)
    why = _not_done(step)
    return (
        Answer(Outcome.UNSUPPORTED, why, key="handler" if why == HANDLERS else "") if why else Answer(*_how_well(step))
    )


def _settle_left_out(program: Program, ledger: Ledger) -> None:
    """What the program does not hold is not honoured, though a step closes its place: a Require that denies all."""
    told = {id(each) for each, answers in ledger.answers() if all(answer.key != KEY for answer in answers)}
    for directive, why in program.left_out:
        if id(directive) in told:
            ledger.drop([directive], why)


def _how_well(step: Step) -> tuple[Outcome, str]:
    if isinstance(step.action, SecureOrigin) and (caveat := unlike_httpd(step.action.tls)):
        return Outcome.APPROXIMATED, caveat
    if isinstance(step.action, AskCertificate):
        return Outcome.APPROXIMATED, tls_honesty.ASKED_LATER
    if isinstance(step.action, ExportTls) and step.action.old_names:
        return Outcome.APPROXIMATED, "names of certificates are written as RFC 2253 has them"
    return Outcome.EXACT, ""


def _steps(shape: Shape) -> set[Step]:
    """Every step that the server or one of its sections makes."""
    return {step for each in _alone(shape) for step in steps_for(shape, each)} | set(shape.server)


def _alone(shape: Shape) -> Iterator[tuple[int, ...]]:
    """Each layer by itself; rules run in it where the server's engine does (RW-1)."""
    for number, layer in enumerate(shape.layers):
        with_server = number and any(module == "mod_rewrite" for module, _ in layer.confs)
        yield (0, number) if with_server else (number,)


def _is_handler(name: str) -> bool:
    """Whether serve answers for a handler: by files, or by an origin that it can speak with."""
    scheme = name.rpartition("|")[2].removeprefix("proxy:").partition("://")[0]
    return name in FILE_HANDLERS or (is_proxy(name) and scheme.lower() in PROTOCOLS)


def _not_done(step: Step) -> str:
    if isinstance(step.action, EditHeader):
        return mod_headers.not_done(step.action)
    if isinstance(step.action, SetEnv):
        return mod_env.not_done(step.action)
    if isinstance(step.action, SetHandler):
        return "" if step.action.value is not None or _is_handler(step.action.name) else HANDLERS
    if isinstance(step.action, HandlerRules):
        return "" if all(_is_handler(name) for _, name in step.action.handlers if name) else HANDLERS
    if isinstance(step.action, AddFilter):
        return _lacking([step.action.name])
    if isinstance(step.action, InputRules):
        return "" if set(step.action.names) <= {"deflate", "none"} else INPUT_FILTERS
    if isinstance(step.action, SuffixFilters):
        return INPUT_FILTERS if step.action.names and step.action.of_requests else _lacking(step.action.names)
    return NOT_DONE.get(type(step.action), "")


def _lacking(filters: Iterable[str]) -> str:
    lacking = dict.fromkeys(name.upper() for name in filters if name and name not in FILTERS)
    return ", ".join(f"{name} is a filter that serve lacks" for name in lacking)


def _place_of(host: Host, program: Program) -> tuple[str, int]:
    """An address and port at which the host answers."""
    for each in program.index.sets:
        if host.number in each.hosts:
            return each.address or "127.0.0.1", each.port or 80
    return "127.0.0.1", host.port or 80


def _answer_origin(origin: Origin, ledger: Ledger) -> None:
    if isinstance(origin, Balancer):
        if origin.lbmethod in METHODS or origin.lbmethod == "heartbeat":
            ledger.carry(origin.said_by, Outcome.EXACT)
        else:
            ledger.carry(origin.said_by, Outcome.APPROXIMATED, f"lbmethod={origin.lbmethod} is served as byrequests")
        for member in origin.members:
            _answer_worker(member, ledger)
    else:
        _answer_worker(origin, ledger)


def _answer_worker(worker: Worker, ledger: Ledger) -> None:
    if worker.scheme not in PROTOCOLS:
        why = f"origins by {worker.scheme}: are not served yet; requests for it answer 500"
        ledger.drop(worker.said_by, why, key="closed")
    elif worker.check is not None and not can_check(worker.check):
        ledger.drop(worker.said_by, worker.check.unknown or f"hcmethod={worker.check.method} is not served yet")
    else:
        ledger.carry(worker.said_by, Outcome.EXACT)


def fallback_for(program: Program) -> Callable[[Written], Answer | None]:
    """The answer for what neither a step nor an origin was made of."""
    absent = {id(each): _absent(each.why.name, each.note or each.why.value) for each in program.absent}
    left_out = {id(directive): reason for directive, reason in program.left_out}
    dead = {id(each): why for each, why in program.lines_without_effect()}
    of_tls = tls_honesty.fallback_for(program)

    def fallback(directive: Written) -> Answer | None:
        if id(directive) in absent:
            return absent[id(directive)]
        if id(directive) in dead:
            return Answer(Outcome.DEAD_IN_SOURCE, dead[id(directive)])
        if id(directive) in left_out and directive.name.lower() in OF_RULES:  # they lead away from files
            return Answer(Outcome.UNSUPPORTED, left_out[id(directive)])
        if left_out.get(id(directive)) == TOO_EARLY:
            return Answer(Outcome.NO_EFFECT, TOO_EARLY)
        if id(directive) in left_out:
            return Answer(Outcome.UNSUPPORTED, left_out[id(directive)])
        return (
            BY_NAME.get(directive.name.lower())
            or of_tls(directive)
            or of_closed_module(directive)
            or _by_fate(directive)
        )

    return fallback


def _absent(why: str, note: str) -> Answer:
    return Answer(Outcome.ABSORBED if why == "EXECUTED" else Outcome.NOT_READ, note)


def _by_fate(directive: Written) -> Answer:
    section = getattr(directive, "children", None) is not None
    spec = registry.spec(directive.name, section)
    fate = Fate.REFUSED if spec is None else registry.fate(spec)
    if section and (spec is None or not spec.restricts):
        return Answer(Outcome.ABSORBED, "what it holds is accounted for line by line")
    if directive.name.lower() in READ or (fate is Fate.SERVED and _says_the_default(directive)):
        return Answer(Outcome.ABSORBED)
    if directive.name.lower() == "protocols" and "h2" in directive.args.lower():
        return Answer(Outcome.APPROXIMATED, "HTTP/2 is not offered: clients are served in HTTP/1.1")
    if directive.name.lower() == "httpprotocoloptions" and set(directive.args.lower().split()) <= _LENIENT:
        return Answer(Outcome.APPROXIMATED, "requests are read strictly; names of hosts alone are taken as they are")
    if fate is Fate.NO_EFFECT:
        return Answer(Outcome.NO_EFFECT, "it has no effect in a single process that serves no files")
    name = directive.name.lower()
    return Answer(Outcome.UNSUPPORTED, NOT_YET.get(name, "not served yet"), key=KEYS.get(name, ""))


#: What lets more through than serve does.
_LENIENT = frozenset({"unsafe", "allow0.9", "lenientmethods"})


def _says_the_default(directive: Written) -> bool:
    """Whether it only says what serve does anyway."""
    return set(directive.args.lower().split()) <= DEFAULTS.get(directive.name.lower(), set())


def named_at_start(program: Program) -> tuple[Row, ...]:
    """What the start-up summary names: what isn't honoured, and what of TLS is honoured in part alone."""
    if not _NAMED or _NAMED[0][0] is not program:
        rows = _ledger(program).rows_from(Outcome.APPROXIMATED, fallback_for(program)) if program.directives else ()
        named = tuple(row for row in rows if row.outcome is Outcome.UNSUPPORTED or tls_honesty.is_in_part(row))
        _NAMED[:] = [(program, named)]
    return _NAMED[0][1]


#: What was named of the program that was asked about last: a start asks twice, and the rows of 10,000 hosts are many.
_NAMED: list[tuple[Program, tuple[Row, ...]]] = []


def dishonoured(program: Program) -> tuple[Row, ...]:
    """The rows of directives that serve doesn't honour, for the start-up summary."""
    return tuple(row for row in named_at_start(program) if row.outcome is Outcome.UNSUPPORTED)


def refuse_dishonoured(program: Program, accepted: frozenset[str]) -> None:
    """Stop where a restriction would be lost. Raises ConfigError that names each, with file and line."""
    wanted = {name.lower() for name in accepted}
    lost = [row for row in dishonoured(program) if _restricts(row) and row.name.lower() not in wanted]
    lost = [row for row in lost if not is_closed(row)]
    if lost:
        raise ConfigError(_refusal(row) for row in lost)


def _restricts(row: Row) -> bool:
    if row.name.lower() == "rewriterule" and refuses(row.args):
        return True
    found = [registry.spec(row.name), registry.spec(row.name, section=True)]
    return any(spec is not None and spec.restricts for spec in found)


def _refusal(row: Row) -> Diagnostic:
    why = "; ".join(row.caveats) or "not served yet"
    return Diagnostic(
        Level.ERROR,
        "restriction-not-honoured",
        f"{row.name} takes something away from clients and is not honoured: {why}",
        place=row.place,
        help=f"serve it all the same with --accept {row.name}",
    )

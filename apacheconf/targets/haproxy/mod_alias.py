"""mod_alias in HAProxy: redirects (HAP-100)."""

from __future__ import annotations

from collections.abc import Iterable

from apacheconf.program.conditions import Regex
from apacheconf.program.phases import Phase
from apacheconf.program.steps import Redirect, Step
from apacheconf.program.uri import canonical
from apacheconf.program.values import Call, Capture, Literal, Value, Variable
from apacheconf.targets.captures import parts_of
from apacheconf.targets.claims import exact, unsupported
from apacheconf.targets.haproxy.conditions import Term, Terms
from apacheconf.targets.haproxy.core import ESCAPED_ANEW
from apacheconf.targets.haproxy.lowering import Lowering
from apacheconf.targets.haproxy.mod_authz_core import admissions, emit_admission
from apacheconf.targets.haproxy.mod_proxy import emit_self
from apacheconf.targets.haproxy.rewriting import emit_question_mark, substituted
from apacheconf.targets.haproxy.tree import Section, plain
from apacheconf.targets.hostnames import own_scheme
from apacheconf.targets.questions import CannotAsk
from apacheconf.targets.routes import Route, regex_of

_VARIABLES = {"REQUEST_URI": "var(txn.path)", "HTTP_HOST": "req.fhdr(host)",
              "SERVER_NAME": r"req.fhdr(host),lower,regsub(:[0-9]+$,),regsub(\.$,)"}  # fmt: skip
#: The hexadecimal digits of escapes in small letters.
_SMALL_DIGITS = ",".join(
    [*(f"regsub(%{digit},%{digit.lower()},g)" for digit in "ABCDEF"),
     *(f'regsub("(%[0-9a-f]){digit}","\\\\1{digit.lower()}",g)' for digit in "ABCDEF")]
)  # fmt: skip
#: What follows the path of a RedirectMatch's result.
_MORE = "var(txn.more)"
_CODES = frozenset({301, 302, 303, 307, 308})


def backend_for(low: Lowering, route: Route, step: Step) -> str:
    """The name of the backend that redirects."""
    guards = tuple(each for each, _ in admissions(route)) if step.phase > Phase.AUTHN else ()
    key = ("redirects", route.host.number, step.action, step.said_by, guards)
    if key not in low.bodies:
        said_by = route.host.said_by(step)
        backend = Section("backend", low.names.of(key, f"redirect-{route.host.name}"), low.sources.comment(said_by))
        low.bodies[key] = backend
        low.backends.append(backend)
        if guards:
            emit_admission(low, route, Terms("held", low.environments[route.host.number]), backend)
        emit_question_mark(route, step, backend)
        try:
            _fill(low, route, step, backend)
            backend.claims = (exact(said_by),)
        except CannotAsk as missing:
            backend.lines.clear()
            backend.rule("http-request deny deny_status 503")
            why = f"its target uses {missing}, which can't be said in HAProxy, so 503 is answered"
            backend.claims = (unsupported(said_by, why, "redirect-target"),)
    return low.bodies[key].name


def _fill(low: Lowering, route: Route, step: Step, backend: Section) -> None:
    """Raises CannotAsk."""
    assert isinstance(step.action, Redirect)
    action = step.action
    if action.status not in _CODES:
        raise CannotAsk(f"status {action.status}")
    parts = parts_of(action.location.argument if isinstance(action.location, Call) else action.location)
    escapes = not route.unescaped
    target = _target(step, action, parts, escapes, backend)
    if target.startswith("/") and not action.relative:
        emit_self(low, route.host, backend)
        target = f"{own_scheme(route.host)}://%[var(txn.self)]{target}"
    code = str(action.status)
    if not any(isinstance(each, Literal) and "?" in each.text for each in parts):
        asked: Term = ("{", "query", "-m", "len", "gt", "0", "}")
        asked += ("!{", _MORE, "-m", "sub", "?", "}") if _MORE in target else ()
        backend.add("http-request", "redirect", "location", f"{target}?%[query]", "code", code, "if", *asked)
    backend.rule("http-request redirect location ? code ?", target, code)


#: What no header may hold: httpd answers 500 where NE brings it into Location (seen on 2.4.71).
_NOT_IN_A_HEADER = r"[\x00-\x08\x0a-\x1f\x7f]"


def _target(step: Step, action: Redirect, parts: tuple[Value, ...], escapes: bool, backend: Section) -> str:
    """The target as a log format: what follows the prefix, or what the captures make of the path."""
    regex = regex_of(step)
    if not escapes:
        backend.add("http-request", "set-var(txn.path)", "path,url_dec")
        backend.rule("http-request deny deny_status 500 if { var(txn.path) -m reg ? }", _NOT_IN_A_HEADER)
    elif action.prefix or any(isinstance(each, Variable) for each in parts):
        _emit_small_digits(backend)
    if not any(isinstance(each, Capture) for each in parts):
        text = "".join(_part(each) for each in parts)
        if not action.prefix:
            return text
        backend.rule("http-request set-var(txn.rest) ?", f"var(txn.path),bytes({len(canonical(action.prefix))})")
        return f"{text}%[var(txn.rest)]"
    head = parts[0].text if isinstance(parts[0], Literal) else ""
    if regex is None:
        raise CannotAsk("captures of something else")
    if isinstance(action.location, Call):
        _emit_matched(regex, parts[1:] if head else parts, backend)
        return f"{plain(head)}%[var(txn.rest)]%[{_MORE}]"
    if any(isinstance(each, Variable) for each in parts):
        return "".join(_part_or_capture(each, regex, escapes, backend) for each in parts)
    _emit_substituted("txn.rest", regex, parts[1:] if head else parts, escapes, backend)
    return f"{plain(head)}%[var(txn.rest)]"


def _emit_matched(regex: Regex, made: Iterable[Value], backend: Section) -> None:
    """AL-8: RedirectMatch escapes the path of its result, and neither its query nor its fragment."""
    backend.add("http-request", "set-var(txn.made)", substituted(regex, made, escapes=False))
    backend.add("http-request", "set-var(txn.more)", 'var(txn.made),regsub("(?s)^[^?#]*","")')
    backend.rule("http-request deny deny_status 500 if { var(txn.more) -m reg ? }", _NOT_IN_A_HEADER)
    rest = 'var(txn.made),regsub("(?s)[?#].*","")'
    backend.add("http-request", "set-var(txn.rest)", f"{rest},{ESCAPED_ANEW},{_SMALL_DIGITS}")


def _emit_substituted(name: str, regex: Regex, made: Iterable[Value], escapes: bool, backend: Section) -> None:
    backend.add("http-request", f"set-var({name})", substituted(regex, made, escapes))
    if escapes:
        backend.add("http-request", f"set-var({name})", f"var({name}),{_SMALL_DIGITS}", "if",
                    "{", f"var({name})", "-m", "sub", "%", "}")  # fmt: skip


def _emit_small_digits(backend: Section) -> None:
    """httpd escapes a Location in small letters, and a path for origins in large ones."""
    backend.add("http-request", "set-var(txn.path)", "path")
    backend.add("http-request", "set-var(txn.path)", f"path,{_SMALL_DIGITS}", "if", "{", "path", "-m", "sub", "%", "}")


def _part_or_capture(value: Value, regex: Regex, escapes: bool, backend: Section) -> str:
    """A part as a log format, a capture in a variable of its own."""
    if not isinstance(value, Capture):
        return _part(value)
    _emit_substituted(f"txn.part_{value.group}", regex, (value,), escapes, backend)
    return f"%[var(txn.part_{value.group})]"


def _part(value: Value) -> str:
    match value:
        case Literal(text):
            return plain(text)
        case Variable(name) if name in _VARIABLES:
            return f"%[{_VARIABLES[name]}]"
        case _:
            raise CannotAsk("more than text and captures")

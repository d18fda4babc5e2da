"""mod_alias in HAProxy: redirects (HAP-100)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from apacheconf.program.conditions import Regex
from apacheconf.program.handling import ExpiryRules
from apacheconf.program.phases import Phase
from apacheconf.program.steps import EditHeader, Redirect, Step
from apacheconf.program.uri import canonical
from apacheconf.program.values import REQUEST_URI, Call, Capture, Literal, Value, Variable
from apacheconf.targets.captures import parts_of_target, replaced
from apacheconf.targets.claims import exact, unsupported
from apacheconf.targets.environments import variables_in
from apacheconf.targets.haproxy import mod_expires
from apacheconf.targets.haproxy.always_table import always_table
from apacheconf.targets.haproxy.backend_names import redirect_backend
from apacheconf.targets.haproxy.conditions import Term, Terms
from apacheconf.targets.haproxy.core import ESCAPED_ANEW
from apacheconf.targets.haproxy.documents import documents_of, emit_documents
from apacheconf.targets.haproxy.lowering import Lowering
from apacheconf.targets.haproxy.mod_authz_core import admissions, emit_admission
from apacheconf.targets.haproxy.mod_headers import Headers
from apacheconf.targets.haproxy.own_urls import location_of_kind
from apacheconf.targets.haproxy.rewriting import emit_refused, substituted
from apacheconf.targets.haproxy.samples import SERVER_NAME
from apacheconf.targets.haproxy.texts import SMALL_DIGITS
from apacheconf.targets.haproxy.tree import Section, plain
from apacheconf.targets.haproxy.way_back import emit_self
from apacheconf.targets.hostnames import own_scheme
from apacheconf.targets.known import worked_out
from apacheconf.targets.questions import CannotAsk
from apacheconf.targets.routes import Route, regex_of

_VARIABLES = {"REQUEST_URI": "var(txn.path)", "HTTP_HOST": "req.fhdr(host)",
              "SERVER_NAME": f"var({SERVER_NAME})"}  # fmt: skip
#: What a redirect's page is in httpd.
_TYPE, _PAGE = Variable("CONTENT_TYPE"), Literal("text/html; charset=iso-8859-1")
#: What begins with a slash although it isn't written.
_PATH = "%[var(txn.path)"
#: What follows the path of a RedirectMatch's result.
_MORE = "var(txn.more)"
_CODES = frozenset({301, 302, 303, 307, 308})


def backend_for(low: Lowering, route: Route, step: Step) -> str:
    """The name of the backend that redirects."""
    guards = tuple(each for each, _ in admissions(route)) if step.phase > Phase.AUTHN else ()
    always = tuple(each for each in always_table(route).fields if not low.is_in_front(route.host, each))
    expiring = tuple(each.action for each in route.others if isinstance(each.action, ExpiryRules))
    made = step.when, route.query, route.refused, route.unescaped, always, expiring, *documents_of(low, route).values()
    key = ("redirects", route.host.number, step.action, step.said_by, guards, *made)
    if key not in low.bodies:
        said_by = route.host.said_by(step)
        kind = low.kinds.get(route.host.number)
        whose = low.kind_name(kind) if kind else route.host.name
        name = low.names.of(key, redirect_backend(route, step, whose))
        backend = Section("backend", name, low.sources.comment(said_by))
        low.bodies[key] = backend
        low.backends.append(backend)
        if guards:
            emit_admission(low, route, Terms("held", low.environments[route.host.number]), backend)
        try:
            _Redirecting(low, route, step, backend).fill()
            backend.claims = (exact(said_by),)
            mod_expires.emit_of_redirect(low, route, backend)
            if always:
                _emit_always(low, route, backend)
            if any(line.words[1:4] == ("deny", "deny_status", "403") for line in backend.lines):
                emit_documents(low, route, backend, only=403)
        except CannotAsk as missing:
            backend.lines.clear()
            backend.rule("http-request deny deny_status 503")
            why = f"its target uses {missing}, which can't be said in HAProxy, so 503 is answered"
            backend.claims = (unsupported(said_by, why, "redirect-target"),)
    return low.bodies[key].name


def _emit_always(low: Lowering, route: Route, backend: Section) -> None:
    """The headers of the table always, which a redirect has, too."""
    terms = Terms("held", low.environments[route.host.number])
    route = replace(route, met=[(_of_page(step), certain) for step, certain in route.met])
    Headers(low, route, backend, terms).emit_always()
    backend.lines[:0] = terms.rules.lines


def _of_page(step: Step) -> Step:
    """A Header line that knows the type of the page, which HAProxy sends none with."""
    if not isinstance(step.action, EditHeader) or _TYPE not in variables_in(step.when):
        return step
    return replace(step, when=worked_out(replaced(step.when, lambda value: _PAGE if value == _TYPE else None)))


#: What no header may hold: httpd answers 500 where NE brings it into Location (seen on 2.4.71).
_NOT_IN_A_HEADER = r"[\x00-\x08\x0a-\x1f\x7f]"


class _Redirecting:
    """The rules of a backend that redirects."""

    def __init__(self, low: Lowering, route: Route, step: Step, backend: Section) -> None:
        assert isinstance(step.action, Redirect)
        self._low, self._route, self._step, self._action, self._backend = low, route, step, step.action, backend
        self._escapes = not route.unescaped
        self._terms = Terms("made", low.environments[route.host.number])
        self._count = 0
        self._by_rule = any(each.name.lower() == "rewriterule" for each in route.host.said_by(step))

    def fill(self) -> None:
        """Raises CannotAsk."""
        action, backend = self._action, self._backend
        if action.status not in _CODES:
            raise CannotAsk(f"status {action.status}")
        parts = parts_of_target(action.location)
        begin = len(backend.lines)
        emit_refused(self._route, self._terms, backend)
        target = self._target(parts)
        if target.startswith(("/", _PATH)) and not action.relative:
            emit_self(self._low, self._route.host, backend)
            target = f"{own_scheme(self._route.host)}://%[var(txn.self)]{target}"
        code = str(action.status)
        keeps_query = self._route.query is None
        if keeps_query and not any(isinstance(each, Literal) and "?" in each.text for each in parts):
            asked: Term = ("{", "pathq", "-m", "sub", "?", "}")  # an empty query stays one
            asked += ("!{", _MORE, "-m", "sub", "?", "}") if _MORE in target else ()
            backend.add("http-request", "redirect", "location", f"{target}?%[query]", "code", code, "if", *asked)
        backend.rule("http-request redirect location ? code ?", target, code)
        backend.lines[begin:begin] = self._terms.rules.lines

    def _target(self, parts: tuple[Value, ...]) -> str:
        """The target as a log format: what follows the prefix, or what the captures make of the path."""
        action, backend, regex = self._action, self._backend, regex_of(self._step)
        if not self._escapes:
            backend.add("http-request", "set-var(txn.path)", self._terms.fetch(REQUEST_URI))
            backend.rule("http-request deny deny_status 500 if { var(txn.path) -m reg ? }", _NOT_IN_A_HEADER)
        elif action.prefix or any(isinstance(each, Variable) for each in parts):
            _emit_small_digits(backend, self._terms.environment.keeps_slashes)
        if not any(isinstance(each, Capture) for each in parts):
            text = self._parts(parts, None)
            if not action.prefix:
                return text
            backend.rule("http-request set-var(txn.rest) ?", f"var(txn.path),bytes({len(canonical(action.prefix))})")
            return f"{text}%[var(txn.rest)]"
        head = parts[0].text if isinstance(parts[0], Literal) else ""
        if regex is None:
            raise CannotAsk("captures of something else")
        made = parts[1:] if head else parts
        if isinstance(action.location, Call) and not {"?", "#"} & set(head):  # nothing is escaped behind them
            _emit_matched(self._substituted(regex, made), backend)
            return f"{plain(head)}%[var(txn.rest)]%[{_MORE}]"
        if all(isinstance(each, Literal | Capture) for each in parts) and "?" not in head + _texts(parts):
            _emit_substituted("txn.rest", self._substituted(regex, made), self._escapes, backend)
            return f"{plain(head)}%[var(txn.rest)]"
        return self._parts(parts, regex)

    def _parts(self, parts: tuple[Value, ...], regex: Regex | None) -> str:
        """Each part by itself. A query that rules have made is escaped, too, as if the client's were not (RW-14)."""
        texts = [self._part(each, regex) for each in parts]
        if not self._by_rule:  # a query takes a captured ? as it is (AL-8)
            begins = next(
                (at for at, each in enumerate(parts) if isinstance(each, Literal) and "?" in each.text), len(parts)
            )
            for at in range(begins, len(parts)):
                if isinstance(parts[at], Capture):
                    texts[at] = f"{texts[at].removesuffix(']')},regsub(%3f,?,g)]"
        in_query = any(isinstance(each, Literal) and "?" in each.text for each in parts[:-1])
        if in_query and not isinstance(parts[-1], Literal):  # its last & goes (RW-8)
            name = texts[-1].removeprefix("%[").removesuffix("]")
            texts[-1] = f'%[{name},regsub("&$","")]'
        return "".join(texts)

    def _part(self, value: Value, regex: Regex | None) -> str:
        match value:
            case Literal(text) if self._route.host.number in self._low.kinds:
                return location_of_kind(self._route, self._step, text)
            case Literal(text):
                return plain(text)
            case Variable("QUERY_STRING") if not self._by_rule:
                return "%[query]"
            case Variable("REQUEST_URI") if not self._by_rule:  # an expression leaves these two as they are (seen)
                return "%[var(txn.path),regsub(%3f,?,g),regsub(%23,#,g)]"
            case Variable(name) if name in _VARIABLES:
                return f"%[{_VARIABLES[name]}]"
            case Capture() if regex is not None:
                return self._kept(self._substituted(regex, (value,)))
            case _:
                return self._kept(self._terms.fetch(value))

    def _substituted(self, regex: Regex, made: Iterable[Value]) -> str:
        return substituted(regex, made, self._terms.fetch(REQUEST_URI), escapes=False)

    def _kept(self, sample: str) -> str:
        """A part in a variable of its own, escaped as httpd escapes a Location."""
        self._count += 1
        name = f"txn.part_{self._count}"
        made = f"{sample},{ESCAPED_ANEW},{SMALL_DIGITS}" if self._escapes else sample
        self._backend.add("http-request", f"set-var({name})", made)
        if not self._escapes:
            self._backend.rule(f"http-request deny deny_status 500 if {{ var({name}) -m reg ? }}", _NOT_IN_A_HEADER)
        return f"%[var({name})]"


def _texts(parts: tuple[Value, ...]) -> str:
    return "".join(each.text for each in parts if isinstance(each, Literal))


def _emit_matched(made: str, backend: Section) -> None:
    """AL-8: RedirectMatch escapes the path of its result, and neither its query nor its fragment."""
    backend.add("http-request", "set-var(txn.made)", made)
    backend.add("http-request", "set-var(txn.more)", 'var(txn.made),regsub("(?s)^[^?#]*","")')
    backend.rule("http-request deny deny_status 500 if { var(txn.more) -m reg ? }", _NOT_IN_A_HEADER)
    rest = 'var(txn.made),regsub("(?s)[?#].*","")'
    backend.add("http-request", "set-var(txn.rest)", f"{rest},{ESCAPED_ANEW},{SMALL_DIGITS}")


def _emit_substituted(name: str, made: str, escapes: bool, backend: Section) -> None:
    backend.add("http-request", f"set-var({name})", f"{made},{ESCAPED_ANEW}" if escapes else made)
    if escapes:
        backend.add("http-request", f"set-var({name})", f"var({name}),{SMALL_DIGITS}", "if",
                    "{", f"var({name})", "-m", "sub", "%", "}")  # fmt: skip


def _emit_small_digits(backend: Section, keeps_slashes: bool) -> None:
    """httpd escapes a Location in small letters, and a path for origins in large ones; a slash that is still encoded
    in the path is escaped once more."""
    path = r'path,regsub("%(2[Ff])","%25\\1",g)' if keeps_slashes else "path"
    backend.add("http-request", "set-var(txn.path)", path)
    backend.add("http-request", "set-var(txn.path)", f"{path},{SMALL_DIGITS}", "if",
                "{", "path", "-m", "sub", "%", "}")  # fmt: skip

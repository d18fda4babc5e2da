"""mod_headers in HAProxy: its rules run in order, as httpd's lines do (HAP-46, HAP-60, HAP-61)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from apacheconf.ledger import Written
from apacheconf.program.conditions import ALWAYS, AllOf, AnyOf, Condition, Not, Regex
from apacheconf.program.hosts import Host
from apacheconf.program.steps import EditHeader, Step, Table
from apacheconf.program.values import Capture, Joined, Literal, Value, Variable
from apacheconf.targets.captures import joined, parts_of
from apacheconf.targets.claims import Claim, approximated, equivalent, exact, unsupported
from apacheconf.targets.environments import variables_in
from apacheconf.targets.field_checks import refuse_broken
from apacheconf.targets.groups import refers_back
from apacheconf.targets.haproxy.always_table import FRAMING, AlwaysTable, always_table, name_of_field
from apacheconf.targets.haproxy.conditions import Term, Terms, every_of, negated
from apacheconf.targets.haproxy.lowering import Lowering
from apacheconf.targets.haproxy.rewriting import inner
from apacheconf.targets.haproxy.samples import NOTHING_SET, Environment, fetch_of, is_of_answer
from apacheconf.targets.haproxy.sessions import ALWAYS_TOLD, NOTHING_TOLD, Told
from apacheconf.targets.haproxy.tree import Section, plain
from apacheconf.targets.naming import Names
from apacheconf.targets.questions import CannotAsk, pcre
from apacheconf.targets.routes import Route
from apacheconf.targets.spoken import name_of, name_of_value

_ONE_MORE_LINE = "where the header has several lines, the value is a line of its own and not joined to the last"
_NOT_SAID = "{} can't be said here in HAProxy: the header stays as it is"
_OTHER_ID = "it is an identifier of HAProxy's making, in another form"
_UNCHOSEN = "answers that HAProxy makes before it has chosen a backend go without"
_UNREAD = "what HAProxy refuses while it reads a request goes without"
#: OPTIONS * is about no path, and its answer has no headers of any.
_NOT_STAR = ("!{", "var(txn.star)", "-m", "bool", "}")
#: HAProxy's own pages carry a Cache-Control that httpd's don't.
OWN_CACHE_CONTROL = "http-after-response del-header Cache-Control unless { var(txn.answered) -m bool }"
#: Most groups that a replacement of HAProxy can name.
_GROUPS = 9
Rule = tuple[str, ...]
#: Gives the sample of a value, or raises CannotAsk.
Fetch = Callable[[Value], str]
_SIGNS = re.compile(r"\$(\d)|\\(.)|[%\\]")


class Headers:
    """The lines of one backend. Conditions about the request are asked before any of its headers changes, and what an
    answer says of the request is kept; ``told`` is known of the member when it comes.
    """

    def __init__(self, low: Lowering, route: Route, backend: Section, terms: Terms, told: Told = NOTHING_TOLD) -> None:
        self._low, self._route, self._backend, self._terms = low, route, backend, terms
        self._asked_of_answers = 0
        self._told = told
        self._held: dict[Value, str] = {}
        self._names = Names()

    def emit(self, table: Table) -> None:
        """The lines of RequestHeader, or those of the table onsuccess."""
        kind, fetch = ("http-request", "req") if table is Table.REQUEST else ("http-response", "res")
        for step, action in edits(self._route, table):
            self._emit(step, _rules(action, fetch), kind)

    def emit_always(self) -> None:
        """The table always starts empty, whatever the origin sends: its lines are added to every answer."""
        fields = always_table(self._route).fields
        if any(name_of_field(each) == "cache-control" for each in fields):
            self._backend.rule(OWN_CACHE_CONTROL)  # the frontend's rule for it comes later
            self._backend.rule("http-after-response set-var(txn.cleaned) bool(true)")
        environment = self._terms.environment
        self._terms.environment = replace(environment, certain=frozenset())  # some answers come before any origin's
        for step in fields:
            if not self._low.is_in_front(self._route.host, step):
                self._emit(step, _added(step), "http-after-response")
        self._terms.environment = environment

    def _emit(self, step: Step, rules: Iterable[tuple[Rule, Value | None, Term]], kind: str) -> None:
        said_by = self._route.host.said_by(step)
        try:
            sure, fetch = self._terms.environment, self._in_request
            if kind != "http-request":
                sure, fetch = self._of_member(), self._in_answer
            made = list(_with_values(rules, fetch, sure))
            only = self._asked(step, kind)
        except CannotAsk as missing:
            why = _NOT_SAID.format(missing)
            self._low.dropped.append(unsupported(said_by, why, "header-edit"))
            return
        lines = [(words, asked) for words, term in made if (asked := every_of(only, term)) != ("FALSE",)]
        claim = _claim(step, said_by)
        if not lines:
            self._low.dropped.append(claim)
        comment = self._low.sources.comment(said_by)
        claims: tuple[Claim, ...] = (claim,)
        for words, asked in lines:
            self._backend.add(kind, *words, *_if(asked), comment=comment, claims=claims)
            comment, claims = "", ()

    def _of_member(self) -> Environment:
        """The environment where an answer is known, and with it who gave it."""
        known = self._terms.environment.learnt(self._told.set)
        return replace(known, certain=known.certain | (self._told.set & ALWAYS_TOLD), never=self._told.never)

    def _in_request(self, value: Value) -> str:
        """The sample of a value for the origin: the path is another one by now. Raises CannotAsk."""
        about_path = any(each.name in ("REQUEST_URI", "QUERY_STRING") for each in variables_in(value))
        return self._hold(value) if about_path else self._terms.fetch(value)

    def _in_answer(self, value: Value) -> str:
        """The sample of a value for the client. Raises CannotAsk."""
        if value == Variable("DURATION_USEC"):
            self._hold(Variable("REQUEST_TIME_USEC"), "txn.began")
            return "date(0,us),sub(txn.began)"
        of_environment = isinstance(value, Variable) and value.name == "ENV"
        if isinstance(value, Literal) or of_environment or is_of_answer(value):
            return fetch_of(value, self._of_member())
        return self._hold(value)

    def _hold(self, value: Value, name: str = "") -> str:
        """The sample of a value as it is when the backend gets the request. Raises CannotAsk."""
        if value not in self._held:
            name = name or f"txn.kept_{self._names.of(value, name_of_value(value)).replace('-', '_')}"
            self._terms.rules.add("http-request", f"set-var({name})", self._terms.fetch(value))
            self._held[value] = f"var({name})"
        return self._held[value]

    def _asked(self, step: Step, kind: str) -> Term:
        """Raises CannotAsk."""
        if kind == "http-request":
            if is_of_answer(step.when):
                raise CannotAsk("a condition on the answer")
            return self._terms.of(step.when)
        self._asked_of_answers += 1
        answers = Terms(f"told_{self._asked_of_answers}", self._of_member(), kind)
        term = self._of_answer(step.when, answers)
        self._backend.lines += answers.rules.lines
        return term

    def _of_answer(self, condition: Condition, answers: Terms) -> Term:
        """The term where the answer is known: what is about the request was kept. Raises CannotAsk."""
        if not is_of_answer(condition):
            term = self._terms.of(condition)
            return term if term in (("TRUE",), ("FALSE",)) else self._terms.kept(condition)
        match condition:
            case Not(inner_one):
                return negated(self._of_answer(inner_one, answers))
            case AllOf(parts):
                every = tuple(word for part in parts for word in self._of_answer(part, answers))
                return answers.any_of([every], name_of(condition))
            case AnyOf(parts):
                return answers.any_of([self._of_answer(part, answers) for part in parts], name_of(condition))
            case _:
                return answers.of(condition)


def edits(route: Route, table: Table) -> Iterator[tuple[Step, EditHeader]]:
    """The lines of a table in order, whether they are certain or not."""
    for step, _ in route.met:
        if isinstance(step.action, EditHeader) and step.action.table is table:
            yield step, step.action


def _rules(action: EditHeader, fetch: str) -> Iterator[tuple[Rule, Value | None, Term]]:
    """Each rule without its value, the value, and when it holds. Raises CannotAsk."""
    refuse_broken(action)
    name, value = action.name, action.value
    there = ("{", f"{fetch}.fhdr({name})", "-m", "found", "}")
    if name.lower() in FRAMING:
        raise CannotAsk(f"an edit of {name}")
    match action.operation:
        case "set":
            yield ("set-header", name), value, ()
        case "unset":
            yield ("del-header", name), None, ()
        case "add":
            yield ("add-header", name), value, ()
        case "append" if value is not None:
            yield from _joined(name, value, fetch, ())
        case "merge" if isinstance(value, Literal) and value.text != "}":
            yield from _joined(name, value, fetch, ("!{", f"{fetch}.hdr({name})", "-m", "str", "--", value.text, "}"))
        case "setifempty":
            yield ("set-header", name), value, (f"!{there[0]}", *there[1:])
        case "edit" if action.regex is not None and action.replacement is not None:
            pattern, shift = _whole(action.regex)
            yield (
                ("replace-header", name, pattern, r"\1" + _replacement(action.replacement, 1) + rf"\{shift}"),
                None,
                (),
            )
        case "edit*" if action.regex is not None and action.replacement is not None:
            case = "(?i)" if action.regex.ignore_case else ""
            made = _replacement(action.replacement, 0)
            sample = f'{fetch}.fhdr({name.lower()}),regsub("{inner(case + pcre(action.regex))}","{inner(made)}",g)'
            yield ("set-header", name, f"%[{sample}]"), None, there
        case _:
            raise CannotAsk(action.operation)


def _added(step: Step) -> Iterator[tuple[Rule, Value | None, Term]]:
    """The rule of a field of the table always. Raises CannotAsk."""
    assert isinstance(step.action, EditHeader)
    refuse_broken(step.action)
    yield ("add-header", step.action.name), step.action.value, ()


def _joined(name: str, value: Value, fetch: str, only: Term) -> Iterator[tuple[Rule, Value | None, Term]]:
    """Behind the value of the one line that is there; where none or several are, in a line of its own."""
    one = ("{", f"{fetch}.fhdr_cnt({name})", "1", "}")
    there = Variable("HTTP" if fetch == "req" else "RESP", name)
    yield ("set-header", name), Joined((there, Literal(", "), *parts_of(value))), (*only, *one)
    yield ("add-header", name), value, (*only, f"!{one[0]}", *one[1:])


def _with_values(
    rules: Iterable[tuple[Rule, Value | None, Term]], fetch: Fetch, sure: Environment = NOTHING_SET
) -> Iterator[tuple[Rule, Term]]:
    """Each rule with its value, and when it holds; what is ``sure`` of variables is not asked."""
    for words, value, only in rules:
        if value is None:
            yield words, only
            continue
        value = joined(tuple(_as_far_as_known(each, sure) for each in parts_of(value)))
        missing = [each for each in parts_of(value) if isinstance(each, Variable) and each.missing]
        if not missing:
            yield (*words, log_format(value, fetch)), only
            continue
        if len(missing) > 1 or only:
            yield from _with_several(words, value, only, fetch)
            continue
        there = ("{", fetch(missing[0]), "-m", "found", "}")
        yield (*words, log_format(value, fetch)), there
        without = Joined(tuple(Literal(missing[0].missing) if each is missing[0] else each for each in parts_of(value)))
        yield (*words, log_format(without, fetch)), (f"!{there[0]}", *there[1:])


def _as_far_as_known(value: Value, sure: Environment) -> Value:
    """A variable that nobody sets as what httpd writes for it, and one that is always there without that."""
    if not isinstance(value, Variable) or not value.missing:
        return value
    return Literal(value.missing) if sure.is_never_set(value) else (
        replace(value, missing="") if sure.is_certain(value) else value
    )  # fmt: skip


def _with_several(words: Rule, value: Value, only: Term, fetch: Fetch) -> Iterator[tuple[Rule, Term]]:
    """The same with variables in which each part is what it is, or what httpd writes if it isn't there."""
    text = ""
    for number, each in enumerate(parts_of(value), 1):
        if not isinstance(each, Variable) or not each.missing:
            text += log_format(each, fetch)
            continue
        sample = fetch(each)
        yield (f"set-var-fmt(txn.part_{number})", plain(each.missing)), ()
        yield (f"set-var(txn.part_{number})", sample), ("{", sample, "-m", "found", "}")
        text += f"%[var(txn.part_{number})]"
    yield (*words, text), only


def _whole(regex: Regex) -> tuple[str, int]:
    """A pattern of the whole value whose first group is what stands before the match, and the number of the last."""
    pattern = pcre(regex)
    if refers_back(pattern):
        raise CannotAsk("a regex that refers to its own groups")
    groups = len(re.findall(r"(?<!\\)\((?!\?)", re.sub(r"\[[^\]]*\]", "", pattern)))
    if groups + 2 > _GROUPS:
        raise CannotAsk("a regex of many groups")
    return f"(?s{'i' if regex.ignore_case else ''})^(.*?)(?:{pattern})(.*)$", groups + 2


def _replacement(value: Value, shift: int) -> str:
    made = ""
    for each in parts_of(value):
        match each:
            case Literal(text):
                made += _SIGNS.sub(lambda found: _written(found, shift), text)
            case Capture(_, group) if group and group + shift <= _GROUPS:
                made += f"\\{group + shift}"
            case _:
                raise CannotAsk("a replacement of more than text and captures")
    return made


def _written(found: re.Match[str], shift: int) -> str:
    """A piece of a replacement: ``$1``, an escaped character, or a sign that HAProxy reads as its own."""
    if found[1]:
        return f"\\{int(found[1]) + shift}" if found[1] != "0" or not shift else "\\0"
    return {"\\": "\\\\", "%": "%%"}.get(text := found[2] or found[0], text)


def log_format(value: Value, fetch: Fetch = fetch_of) -> str:
    """The value as a log format. Raises CannotAsk."""
    match value:
        case Literal(text):
            return plain(text) or "%[str()]"  # HAProxy takes an empty word for a missing one
        case Joined(parts):
            return "".join(log_format(part, fetch) for part in parts)
        case _:
            return f"%[{fetch(value)}]"


def _if(words: Term) -> tuple[str, ...]:
    return ("if", *words) if words else ()


def _claim(step: Step, said_by: tuple[Written, ...]) -> Claim:
    assert isinstance(step.action, EditHeader)
    match step.action.operation:
        case _ if any(each.argument == "UNIQUE_ID" for each in variables_in(step.action.value)):
            return equivalent(said_by, _OTHER_ID, "unique-id")
        case "append" | "merge" if step.action.table is not Table.REQUEST:
            return equivalent(said_by, _ONE_MORE_LINE, "header-lines")
        case "edit*" if step.action.table is not Table.REQUEST:
            why = "of several lines of the header only the last is edited, and the others go"
            return approximated(said_by, why, "edit-all")
        case _:
            return exact(said_by)


def _everywhere(value: Value) -> str:
    """Nothing is kept for answers that are made before a backend is chosen: what asks the request can't be said."""
    if not isinstance(value, Literal):
        raise CannotAsk("a value of the request")
    return fetch_of(value)


def emit_in_front(low: Lowering, host: Host, found: list[Route], of_host: tuple[str, ...], frontend: Section) -> None:
    """Lines of the table always that hold for all that a host answers, also for what is refused before any backend."""
    tables = [always_table(route) for route in found]
    _report(low, host, tables)
    for step in tables[0].fields if tables else ():
        name = name_of_field(step)
        alike = tables[0].of(name)
        if any(each.when != ALWAYS for each in alike) or any(table.of(name) != alike for table in tables):
            continue
        try:
            lines = list(_with_values(_added(step), _everywhere))
        except CannotAsk:
            low.dropped.append(approximated(host.said_by(step), _UNCHOSEN, "always"))
            continue
        low.in_front.add((host.number, step.said_by, step.action))
        said_by = host.said_by(step)
        claims = (equivalent(said_by, _UNREAD, "always"),)
        for words, only in lines:
            frontend.add("http-after-response", *words, *_if(every_of(of_host, _NOT_STAR, only)),
                         comment=low.sources.comment(said_by), claims=claims)  # fmt: skip


def _report(low: Lowering, host: Host, tables: Iterable[AlwaysTable]) -> None:
    """The lines that leave nothing behind, and those that can't be said."""
    quiet = dict.fromkeys(each.said_by for table in tables for each in table.quiet)
    lacking = dict.fromkeys((each.said_by, why) for table in tables for each, why in table.lacking)
    low.dropped += [exact(host.written(said_by)) for said_by in quiet]
    low.dropped += [
        unsupported(host.written(said_by), _NOT_SAID.format(why), "header-edit") for said_by, why in lacking
    ]

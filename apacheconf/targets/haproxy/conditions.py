"""Conditions in HAProxy: each an ACL in braces; what one can't say is a variable that a rule sets first (HAP-6)."""

from __future__ import annotations

from apacheconf.program.conditions import (
    AllOf,
    Always,
    AnyOf,
    Compare,
    Condition,
    InNetwork,
    Never,
    Not,
    Operator,
    Test,
)
from apacheconf.program.values import Value, Variable
from apacheconf.targets.haproxy.tree import Section
from apacheconf.targets.questions import ADDRESSES, CannotAsk, as_match, matches_empty, variable_title

#: httpd's variables as sample fetches.
_FETCHES = {
    "REQUEST_URI": "path,url_dec", "REQUEST_METHOD": "method", "QUERY_STRING": "query",
    "HTTP_HOST": "req.fhdr(host)", "HTTP_USER_AGENT": "req.fhdr(user-agent)", "HTTP_REFERER": "req.fhdr(referer)",
    "HTTP_COOKIE": "req.fhdr(cookie)", "HTTP_ACCEPT": "req.fhdr(accept)", "REMOTE_ADDR": "src", "SERVER_ADDR": "dst",
    "HTTPS": "ssl_fc,iif(on,off)", "REQUEST_SCHEME": "ssl_fc,iif(https,http)",
}  # fmt: skip
Term = tuple[str, ...]


def fetch_of(value: Value) -> str:
    """The sample that holds the value. Raises CannotAsk."""
    match value:
        case Variable("HTTP", name):
            return f"req.fhdr({name.lower()})"
        case Variable(name) if name in _FETCHES:
            return _FETCHES[name]
        case Variable():
            raise CannotAsk(variable_title(value))
        case _:
            raise CannotAsk("a value of several parts")


class Terms:
    """Conditions as terms of rules in one frontend; ``rules`` collects the lines that set their variables."""

    def __init__(self) -> None:
        self.rules = Section("rules")
        self._made: dict[Condition, Term] = {}

    def of(self, condition: Condition) -> Term:
        """The term that is true where the condition holds. Raises CannotAsk."""
        if condition not in self._made:
            self._made[condition] = self._make(condition)
        return self._made[condition]

    def _make(self, condition: Condition) -> Term:
        found = as_match(condition)
        if found is not None:
            value, pattern, ignore_case = found
            term = ("{", fetch_of(value), "-m", "reg", *(["-i"] if ignore_case else []), "--", pattern, "}")
            # What isn't there matches nothing in HAProxy, and is empty in httpd.
            return (
                self._variable([term, ("!{", fetch_of(value), "-m", "found", "}")]) if matches_empty(pattern) else term
            )
        match condition:
            case Always():
                return ("TRUE",)
            case Never():
                return ("FALSE",)
            case Not(inner):
                return negated(self.of(inner))
            case AllOf(parts):
                return self._variable([tuple(word for part in parts for word in self.of(part))])
            case AnyOf(parts):
                return self._variable([self.of(part) for part in parts])
            case Compare(Variable(one), Operator.SAME, Variable(other)) if {one, other} <= ADDRESSES:
                self.rules.add("http-request", "set-var-fmt(txn.address)", f"%[{_FETCHES[other]}]")
                return self._variable([("{", f"{_FETCHES[one]},strcmp(txn.address)", "eq", "0", "}")])
            case Compare(left, Operator.DIFFERENT, right):
                return negated(self.of(Compare(left, Operator.SAME, right)))
            case Test("n", value):
                return ("{", fetch_of(value), "-m", "len", "gt", "0", "}")
            case Test("z", value):
                return negated(self.of(Test("n", value)))
            case InNetwork(Variable("REMOTE_ADDR"), networks):
                return ("{", "src", *networks, "}")
            case _:
                raise CannotAsk(type(condition).__name__)

    def _variable(self, alternatives: list[Term]) -> Term:
        name = f"txn.asked_{sum(bool(line.words) for line in self.rules.lines) + 1}"
        for each in alternatives:
            self.rules.add("http-request", f"set-var({name})", "bool(true)", "if", *each)
        return ("{", f"var({name})", "-m", "bool", "}")


def negated(term: Term) -> Term:
    """The term that is true where this one is false."""
    return (term[0][1:], *term[1:]) if term[0].startswith("!") else (f"!{term[0]}", *term[1:])


def can_ask(condition: Condition) -> bool:
    """Whether HAProxy has words for it."""
    try:
        Terms().of(condition)
    except CannotAsk:
        return False
    return True

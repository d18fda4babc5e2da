"""Conditions in HAProxy: each an ACL in braces; what one can't say is a variable that a rule sets first (HAP-6)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from apacheconf.program.conditions import (
    AllOf,
    Always,
    AnyOf,
    Compare,
    Condition,
    InNetwork,
    IsSet,
    Never,
    Not,
    Operator,
    Test,
)
from apacheconf.program.values import (
    REQUEST_URI,
    Call,
    Chosen,
    Escaped,
    Joined,
    Literal,
    Lookup,
    Made,
    Matched,
    Value,
    Variable,
)
from apacheconf.targets.captures import parts_in
from apacheconf.targets.environments import variables_in
from apacheconf.targets.haproxy.samples import FETCHES, LATER, NOTHING_SET, Environment, digits_of, fetch_of
from apacheconf.targets.haproxy.texts import Words, matching, rules_of
from apacheconf.targets.haproxy.tree import Section
from apacheconf.targets.naming import Names
from apacheconf.targets.questions import (
    ADDRESSES,
    CannotAsk,
    as_match,
    matches_all,
    matches_all_paths,
    matches_empty,
)
from apacheconf.targets.spoken import name_of, name_of_value

#: Comparisons of texts that are those of numbers where all texts are digits, and of one length.
_OF_TEXTS = {
    Operator.BEFORE: Operator.LT, Operator.BEFORE_OR_SAME: Operator.LE, Operator.AFTER: Operator.GT,
    Operator.AFTER_OR_SAME: Operator.GE, Operator.LENGTH_LT: Operator.LT, Operator.LENGTH_LE: Operator.LE,
    Operator.LENGTH_GT: Operator.GT, Operator.LENGTH_GE: Operator.GE,
}  # fmt: skip
#: Most networks of one term; HAProxy takes 64 words in a line.
_MOST_NETWORKS = 40
#: Longest condition of a line, in words, besides what else stands there.
_MOST_WORDS = 48
_OPPOSITES = {Operator.DIFFERENT: Operator.SAME, Operator.NE: Operator.EQ}
_NUMBERS = {Operator.EQ: "eq", Operator.LT: "lt", Operator.LE: "le", Operator.GT: "gt", Operator.GE: "ge"}
Term = tuple[str, ...]
_TRUE, _FALSE = ("TRUE",), ("FALSE",)


class Terms:
    """Conditions as terms of rules; ``rules`` collects the lines that set their variables.

    ``name`` begins the names of these, so that several places of one request don't disturb each other.
    """

    def __init__(self, name: str = "asked", environment: Environment = NOTHING_SET, kind: str = "http-request") -> None:
        self.rules = Section("rules")
        self.environment = environment
        self._name, self._kind, self._names = name, kind, Names()
        self._made: dict[tuple[Condition, Environment], Term] = {}
        self._texts: dict[tuple[Value, Environment], str] = {}

    def of(self, condition: Condition) -> Term:
        """The term that is true where the condition holds. Raises CannotAsk."""
        key = condition, self.environment
        if key not in self._made:
            self._made[key] = self._make(condition)
        return self._made[key]

    def kept(self, condition: Condition) -> Term:
        """The same in a variable, which is there when the answer comes."""
        term = self.of(condition)
        return term if term[1:2] and term[1].startswith("var(txn.") else self.any_of([term], name_of(condition))

    def fetch(self, value: Value) -> str:
        """The sample that holds the value; one of several parts is a variable. Raises CannotAsk."""
        match value:
            case Call("tolower" | "toupper" as function, argument):
                return f"{self.fetch(argument)},{function.removeprefix('to')}"
            case Lookup(key=key, kind="int", source="tolower" | "toupper" as function):
                return f"{self.fetch(key)},{function.removeprefix('to')}"
            case Matched() | Joined() | Chosen() | Escaped() | Lookup() | Made():
                return self._text(value)
            case _:
                return fetch_of(value, self.environment)

    def _text(self, value: Value) -> str:
        key = value, self.environment
        if key not in self._texts:
            for each in (*reversed(list(parts_in(value, Made))), value):  # what was made first goes first
                if (each, self.environment) not in self._texts:
                    self._texts[each, self.environment] = self._new_text(each)
        return self._texts[key]

    def _new_text(self, value: Value) -> str:
        name = self._variable(name_of_value(value))
        for rule in rules_of(value, name, Words(self.fetch, self.of, self.environment.maps)):
            self.rules.add(self._kind, *rule)
        return f"var({name})"

    def _make(self, condition: Condition) -> Term:
        """Raises CannotAsk."""
        found = as_match(condition)
        if found is not None:
            return self._match(condition, *found)
        return _MAKERS.get(type(condition), _unknown)(self, condition)

    def _match(self, condition: Condition, value: Value, pattern: str, ignore_case: bool) -> Term:
        fetch = self.fetch(value)
        if (matches_all_paths if value == REQUEST_URI else matches_all)(pattern):
            return _TRUE
        term = matching(fetch, pattern, ignore_case)
        # What isn't there matches nothing in HAProxy, and is empty in httpd.
        missing = ("!{", fetch, "-m", "found", "}")
        return self.any_of([term, missing], name_of(condition)) if matches_empty(pattern) else term

    def _not(self, condition: Not) -> Term:
        return negated(self.of(condition.condition))

    def _all(self, condition: AllOf) -> Term:
        terms = [term for part in condition.conditions if (term := self.of(part)) != _TRUE]
        if len(terms) < 2 or _FALSE in terms:
            return _FALSE if _FALSE in terms else terms[0] if terms else _TRUE
        return self.any_of([tuple(word for term in terms for word in term)], name_of(condition))

    def _any(self, condition: AnyOf) -> Term:
        parts = condition.conditions
        if len(parts) > 1 and (networks := _networks(parts)):
            return ("{", self.fetch(networks.value), "-m", "ip", *networks.networks, "}")
        terms = [term for part in parts if (term := self.of(part)) != _FALSE]
        if len(terms) < 2 or _TRUE in terms:
            return _TRUE if _TRUE in terms else terms[0] if terms else _FALSE
        return self.any_of(terms, name_of(condition))

    def _compare(self, condition: Compare) -> Term:
        match condition:
            case Compare(Variable(one), Operator.SAME, Variable(other)) if {one, other} <= ADDRESSES:
                self.rules.add("http-request", "set-var-fmt(txn.address)", f"%[{FETCHES[other]}]")
                same = ("{", f"{FETCHES[one]},strcmp(txn.address)", "eq", "0", "}")
                return self.any_of([same], name_of(condition))
            case Compare(left, Operator.DIFFERENT | Operator.NE as operator, right):
                return negated(self.of(Compare(left, _OPPOSITES[operator], right)))
            case Compare(left, operator, Literal(text)) if operator in _NUMBERS and _is_number(text):
                return self._compared(condition, self.fetch(left), operator, int(text))
            case Compare(left, operator, Literal(text)) if (
                operator in _OF_TEXTS and len(text) == digits_of(left) and _is_number(text)
            ):  # texts of one length compare as numbers do (RW-42)
                return self._compared(condition, self.fetch(left), _OF_TEXTS[operator], int(text))
            case Compare(left, Operator.SAME, right) if not isinstance(right, Literal):
                return self._same(condition, self.fetch(left), self.fetch(right))
            case _:
                return _unknown(self, condition)

    def _same(self, condition: Condition, one: str, other: str) -> Term:
        """Whether two samples hold one text; what is missing is an empty one."""
        held = self._variable("other")
        self.rules.add(self._kind, f"set-var-fmt({held})", f"%[{other}]")
        both = ("!{", one, "-m", "len", "gt", "0", "}", "!{", f"var({held})", "-m", "len", "gt", "0", "}")
        return self.any_of([("{", f"{one},strcmp({held})", "eq", "0", "}"), both], name_of(condition))

    def _test(self, condition: Test) -> Term:
        if condition.letter == "z":
            return negated(self.of(Test("n", condition.value)))
        if condition.letter != "n":
            return _unknown(self, condition)
        return ("{", self.fetch(condition.value), "-m", "len", "gt", "0", "}")

    def _is_set(self, condition: IsSet) -> Term:
        variable = condition.variable
        if variable.name != "ENV":
            return ("{", self.fetch(variable), "-m", "found", "}")
        if self.environment.is_certain(variable):
            return _TRUE
        sample = self.environment.sample(variable.argument)
        return ("{", sample, "-m", "found", "}") if sample else _FALSE

    def _in_network(self, condition: InNetwork) -> Term:
        match condition:
            case InNetwork(Variable("REMOTE_ADDR"), networks):
                return ("{", "src", *networks, "}")
            case InNetwork(Variable("CONN_REMOTE_ADDR") as peer, networks):
                return ("{", self.fetch(peer), "-m", "ip", *networks, "}")
            case _:
                return _unknown(self, condition)

    def _compared(self, condition: Condition, fetch: str, operator: Operator, number: int) -> Term:
        """A comparison of numbers; a text that is none counts as 0 (EXPR-4)."""
        term = ("{", f"{fetch},add(0)", _NUMBERS[operator], str(number), "}")
        holds = {"eq": number == 0, "lt": number > 0, "le": number >= 0, "gt": number < 0, "ge": number <= 0}
        missing = ("!{", f"{fetch},add(0)", "-m", "found", "}")
        return self.any_of([term, missing], name_of(condition)) if holds[term[2]] else term

    def _variable(self, words: str) -> str:
        """One more variable, called by what it holds."""
        return f"txn.{self._name}_{self._names.of(object(), words).replace('-', '_')}"

    def any_of(self, alternatives: list[Term], words: str) -> Term:
        """A variable that is true where one of the terms is; ``words`` say what is asked."""
        alternatives = [self.shortened(each, words) for each in alternatives]
        name = self._variable(words)
        for each in alternatives:
            self.rules.add(self._kind, f"set-var({name})", "bool(true)", "if", *each)
        return ("{", f"var({name})", "-m", "bool", "}")

    def shortened(self, term: Term, words: str) -> Term:
        """The same term, what has no room in a line in variables."""
        line: Term = ()
        for each in split_terms(term):
            if line and len(line) + len(each) > _MOST_WORDS:
                line = self.any_of([line], words)
            line += each
        return line


def _unknown(_: Terms, condition: Condition) -> Term:
    raise CannotAsk(type(condition).__name__)


#: How each kind of condition becomes a term; what has no line here can't be asked.
_MAKERS: Mapping[type[Condition], Callable[[Terms, Any], Term]] = {
    Always: lambda terms, condition: _TRUE,
    Never: lambda terms, condition: _FALSE,
    Not: Terms._not,
    AllOf: Terms._all,
    AnyOf: Terms._any,
    Compare: Terms._compare,
    Test: Terms._test,
    IsSet: Terms._is_set,
    InNetwork: Terms._in_network,
}


def every_of(*terms: Term) -> Term:
    """The term that is true where all of them are, each said once."""
    asked = dict.fromkeys(each for term in terms for each in split_terms(term) if each != _TRUE)
    never = _FALSE in asked or any((f"!{each[0]}", *each[1:]) in asked for each in asked)
    return _FALSE if never else tuple(word for each in asked for word in each)


def split_terms(words: tuple[str, ...]) -> Iterator[Term]:
    """The terms of a rule: words such as ``METH_GET``, or from a brace to the one that ends it."""
    at = 0
    while at < len(words):
        end = words.index("}", at) + 1 if words[at] in ("{", "!{") else at + 1
        yield words[at:end]
        at = end


def _networks(parts: tuple[Condition, ...]) -> InNetwork | None:
    """The networks of conditions that ask for nothing but these of one address, as far as one term can hold them."""
    found = [each for each in parts if isinstance(each, InNetwork)]
    values = {each.value for each in found}
    networks = tuple(network for each in found for network in each.networks)
    if len(found) < len(parts) or len(values) > 1 or len(networks) > _MOST_NETWORKS:
        return None
    value = values.pop()
    return InNetwork(value, networks) if isinstance(value, Variable) and value.name in ADDRESSES else None


def _is_number(text: str) -> bool:
    return re.fullmatch(r"-?\d{1,15}", text) is not None


def negated(term: Term) -> Term:
    """The term that is true where this one is false."""
    if term in (_TRUE, _FALSE):
        return _FALSE if term == _TRUE else _TRUE
    return (term[0][1:], *term[1:]) if term[0].startswith("!") else (f"!{term[0]}", *term[1:])


def can_ask(condition: Condition, environment: Environment = NOTHING_SET) -> bool:
    """Whether HAProxy has words for it before an origin is asked."""
    try:
        Terms(environment=environment).of(condition)
    except CannotAsk:
        return False
    return not any(each.name in LATER for each in variables_in(condition))

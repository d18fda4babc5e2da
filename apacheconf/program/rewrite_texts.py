"""The references of mod_rewrite in the program's terms: texts become values, conditions conditions (RW-40 to RW-43).

What can't be evaluated is refused by name, as ``expressions`` does.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from apacheconf.modules.mod_rewrite import RewriteMap
from apacheconf.modules.rewrite_rules import Escape, RewriteCond
from apacheconf.program import expressions
from apacheconf.program.conditions import Compare, Condition, Matches, Not, Operator, Regex, Test
from apacheconf.program.expressions import API_VERSION, FIELDS_OF_NAMES, NotEvaluated
from apacheconf.program.files import FILE_TESTS
from apacheconf.program.rewrite_maps import KINDS, lower
from apacheconf.program.values import (
    REWRITTEN,
    Call,
    Capture,
    Escaped,
    Joined,
    Literal,
    LookAhead,
    Lookup,
    Value,
    Variable,
)
from apacheconf.syntax.rewrite import Group, MapCall, Name, Part, Text, parse_text


def _variables(text: str) -> dict[str, Value]:
    return {name: Variable(name) for name in text.split()}


#: Whose a file is that isn't known.
_NOBODY = "<unknown>"
#: Names, in any case; what is not among them is empty, as httpd has it (RW-41).
_NAMES: dict[str, Value] = {
    **_variables(
        """
        HTTP_ACCEPT HTTP_COOKIE HTTP_HOST HTTP_REFERER HTTP_USER_AGENT REMOTE_ADDR CONN_REMOTE_ADDR
        REMOTE_IDENT REQUEST_METHOD SERVER_SOFTWARE
        REQUEST_SCHEME REQUEST_URI THE_REQUEST QUERY_STRING SERVER_ADDR SERVER_ADMIN SERVER_NAME SERVER_PORT
        SERVER_PROTOCOL HTTPS IPV6 IS_SUBREQ TIME TIME_YEAR TIME_MON TIME_DAY TIME_HOUR TIME_MIN TIME_SEC TIME_WDAY
        """
    ),
    "HTTP_FORWARDED": Variable("HTTP", "Forwarded"),
    "HTTP_PROXY_CONNECTION": Variable("HTTP", "Proxy-Connection"),
    "API_VERSION": Literal(f"{API_VERSION}:142"),
    "SCRIPT_USER": Variable("SCRIPT_USER", missing=_NOBODY),
    "SCRIPT_GROUP": Variable("SCRIPT_GROUP", missing=_NOBODY),
    "REMOTE_HOST": Variable("CONN_REMOTE_ADDR"),
    "REMOTE_PORT": Variable("CLIENT_PORT"),
    "REQUEST_FILENAME": REWRITTEN,
    "SCRIPT_FILENAME": REWRITTEN,
    #: Not known yet when a server's rules run.
    **dict.fromkeys(("REMOTE_USER", "AUTH_TYPE", "PATH_INFO", "CONTEXT_PREFIX"), Literal("")),
}
#: What is known only when a section's rules run; REQUEST_FILENAME is the file that the rules have made so far.
_IN_SECTIONS: dict[str, Value] = {
    **_variables("REMOTE_USER AUTH_TYPE PATH_INFO DOCUMENT_ROOT CONTEXT_PREFIX CONTEXT_DOCUMENT_ROOT"),
    "REQUEST_FILENAME": Variable("FILE_SO_FAR"),
    "SCRIPT_FILENAME": Variable("FILE_SO_FAR"),
}
_ROOTS = frozenset({"DOCUMENT_ROOT", "CONTEXT_DOCUMENT_ROOT"})


@dataclass(frozen=True, slots=True)
class Texts:
    """Reads the texts of one server: its maps, its DocumentRoot, and whether its connections are TLS.

    The groups of an ``unconditional`` rule's conditions are empty.
    """

    maps: dict[str, RewriteMap]
    root: str
    tls: bool = False
    in_section: bool = False
    unconditional: bool = False

    def parsed(self, text: str) -> Value:
        """The value of a text that wasn't read yet. Raises NotEvaluated."""
        return self.value(parse_text(text))

    def value(self, parts: Iterable[Part], escape: Escape | None = None) -> Value:
        """The value of a text. Raises NotEvaluated."""
        values = tuple(self._part(part, escape) for part in parts)
        return values[0] if len(values) == 1 else Joined(values) if values else Literal("")

    def _part(self, part: Part, escape: Escape | None) -> Value:
        match part:
            case Text(text):
                return Literal(text)
            case Group(True) if self.unconditional:
                return Literal("")
            case Group(of_condition, number):
                found = Capture("cond" if of_condition else "rule", number)
                return found if escape is None else Escaped(found, *dataclasses.astuple(escape))
            case Name(name):
                return self._name(name)
            case MapCall(name, key, default):
                return self._lookup(name, self.value(key, escape), self.value(default, escape))

    def _lookup(self, name: str, key: Value, default: Value) -> Lookup:
        found = self.maps.get(name)
        if found is None:
            return Lookup(name, key, default)
        if found.kind not in KINDS:
            raise NotEvaluated(f"a RewriteMap of type {found.kind}")
        return Lookup(name, key, default, found.kind, found.source, found.dbm)

    def _name(self, name: str) -> Value:
        family, colon, argument = name.partition(":")
        if colon:
            return self._of_family(family.upper(), argument)
        name = name.upper()
        if self.in_section and name in _IN_SECTIONS:
            return _IN_SECTIONS[name]
        return Literal(self.root) if name in _ROOTS else _NAMES.get(name, Literal(""))

    def _of_family(self, family: str, argument: str) -> Value:
        if family in ("LA-U", "LA-F"):
            return LookAhead(dataclasses.replace(self, in_section=True)._name(argument), family == "LA-F")
        return Variable(family, argument) if family in ("HTTP", "ENV", "SSL") else Literal("")


# --- conditions ----------------------------------------------------------------------------------------------

_COMPARISONS = {
    "=": Operator.SAME,
    "<": Operator.LENGTH_LT,
    "<=": Operator.LENGTH_LE,
    ">": Operator.LENGTH_GT,
    ">=": Operator.LENGTH_GE,
    **{letters: Operator(letters) for letters in ("-lt", "-le", "-gt", "-ge", "-eq")},
}
#: With NC a text's length doesn't count (RW-42).
_IGNORING_CASE = {
    Operator.SAME: Operator.SAME,
    Operator.LENGTH_LT: Operator.BEFORE,
    Operator.LENGTH_LE: Operator.BEFORE_OR_SAME,
    Operator.LENGTH_GT: Operator.AFTER,
    Operator.LENGTH_GE: Operator.AFTER_OR_SAME,
}


def header_fields(cond: RewriteCond) -> tuple[str, ...]:
    """The header fields that a condition asks; none with NV."""
    if cond.no_vary:
        return ()
    names = [part.name for part in cond.test if isinstance(part, Name)]
    found = (FIELDS_OF_NAMES.get(n.upper()) or (n[5:] if n[:5].upper() == "HTTP:" else "") for n in names)
    return tuple(name for name in found if name)


def condition_of(cond: RewriteCond, texts: Texts) -> Condition:
    """The condition of a RewriteCond (RW-42). Raises NotEvaluated."""
    found = _positive(cond, texts)
    return Not(found) if cond.negated else found


def _positive(cond: RewriteCond, texts: Texts) -> Condition:
    if cond.operator == "expr":
        found: Condition = _of_rule(expressions.condition_of(cond.operand), cond.no_vary)
        return found
    value = texts.value(cond.test)
    if cond.operator == "regex":
        return Matches(value, Regex(cond.operand, cond.ignore_case), "" if cond.negated else "cond")
    if cond.operator in _COMPARISONS:
        return _compared(value, cond)
    letter = cond.operator[1:]
    if letter not in FILE_TESTS and letter not in ("F", "U"):
        raise NotEvaluated(f"the test {cond.operator}")
    return Test(letter, value)


def _compared(value: Value, cond: RewriteCond) -> Compare:
    operator = _COMPARISONS[cond.operator]
    if cond.ignore_case and operator in _IGNORING_CASE:
        return Compare(Call("tolower", value), _IGNORING_CASE[operator], Literal(lower(cond.operand)))
    return Compare(value, operator, Literal(cond.operand))


def _of_rule(node: Any, no_vary: bool) -> Any:
    """An expression's captures are the condition's (``%1`` in the rule, ``$1`` in it); with NV it names no fields."""
    if isinstance(node, tuple):
        return tuple(_of_rule(each, no_vary) for each in node)
    if not dataclasses.is_dataclass(node) or isinstance(node, type):
        return node
    changed = {each.name: _of_rule(getattr(node, each.name), no_vary) for each in dataclasses.fields(node)}
    if isinstance(node, Matches) and node.captures:
        changed["captures"] = "cond"
    if isinstance(node, Capture):
        changed["match"] = "cond"
    if isinstance(node, Variable) and no_vary:
        changed["varies"] = ""
    return dataclasses.replace(node, **changed)

"""An escape such as ``%20`` in the target of a RewriteRule.

A percent sign and a digit stand for what a group of a RewriteCond has captured (RW-4): ``%20`` is its second group,
here nothing, and a zero.

Example:

    RewriteRule "^/old$" "/new%20page" [R]

Write instead: the character itself, which httpd escapes; or a backslash in front, and NE so that it stays.

    RewriteRule "^/old$" "/new page" [R]
    RewriteRule "^/old$" "/new\\%20page" [R,NE]
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from apacheconf.diagnostics import Diagnostic, Level
from apacheconf.ledger import Written
from apacheconf.lint.rule import Rule, word_span
from apacheconf.lint.view import View, sections
from apacheconf.model.types import Section, Server
from apacheconf.modules.mod_rewrite import Line, RewriteDirConf
from apacheconf.modules.rewrite_rules import RewriteCond, RewriteRule
from apacheconf.program.conditions import Regex
from apacheconf.program.regexes import count_groups
from apacheconf.source import Span
from apacheconf.syntax.rewrite import Group

RULE = Rule("escape-in-rewrite-target", Level.WARNING)
_ESCAPE = re.compile(r"%[0-9][0-9A-Fa-f]")
#: As many groups as there can be references to: what an expression captures isn't counted.
_ANY = 9
#: What stands for another part of the URL where it isn't escaped.
_SEPARATORS = frozenset("/?#%&=+;")


def check(view: View) -> Iterator[Diagnostic]:
    told: set[int] = set()
    for server in view.model.servers:
        places: list[Server | Section] = [server, *sections(server)]
        for place in places:
            for rule, node, conditions in _rules(place):
                if id(node) not in told:
                    told.add(id(node))
                    yield from _findings(rule, node, conditions)


def _rules(place: Server | Section) -> Iterator[tuple[RewriteRule, Written, list[RewriteCond]]]:
    """Each rule of a place with the conditions that belong to it."""
    conf = place.dir_conf(RewriteDirConf) if isinstance(place, Server) else place.conf(RewriteDirConf)
    conditions: list[RewriteCond] = []
    lines: Iterator[tuple[Line, Written]] = zip(conf.lines.value, conf.lines.said_by, strict=True)
    for line, node in lines:
        if isinstance(line, RewriteCond):
            conditions.append(line)
        else:
            yield line, node, conditions
            conditions = []


def _findings(rule: RewriteRule, node: Written, conditions: Sequence[RewriteCond]) -> Iterator[Diagnostic]:
    most = max(map(_groups, conditions), default=-1)
    for part in rule.substitution or ():
        found = _ESCAPE.match(rule.text, part.at) if isinstance(part, Group) and part.of_condition else None
        if found and int(found[0][1]) > most:
            yield RULE.finding_in(node, _span(node, found[0]), _message(found[0]), _way_out(found[0]))
            return


def _groups(condition: RewriteCond) -> int:
    if condition.operator != "regex":
        return _ANY if condition.operator == "expr" else 0
    return count_groups(Regex(condition.operand, condition.ignore_case))


def _span(node: Written, escape: str) -> Span:
    """Where the escape stands in the target as it is written."""
    whole = word_span(node, 1)
    at = whole.text.find(escape)
    return Span(whole.file, whole.start + at, whole.start + at + len(escape)) if at >= 0 else whole


def _message(escape: str) -> str:
    left = escape[2]
    return f"{escape} is no escape here: {escape[:2]} is a group of a RewriteCond, and none has it, so {left} is left"


def _way_out(escape: str) -> str:
    kept = f"\\{escape} with the flag NE"
    sign = chr(int(escape[1:], 16))
    plain = sign.isascii() and sign.isprintable() and sign not in _SEPARATORS
    return f'write the character itself, in quotes: "{sign}"; or {kept}' if plain else f"write {kept}"

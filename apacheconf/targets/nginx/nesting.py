"""Questions about the names of files as locations in a location (NGX-33, NGX-38), the way that nginx asks them itself.

Whoever an inner location takes is asked nothing by the outer one: refusals that stand further out are repeated in it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

from apacheconf.program.conditions import (
    ALWAYS,
    NEVER,
    AllOf,
    AnyOf,
    Compare,
    Condition,
    Matches,
    Not,
    Operator,
    Regex,
    Test,
)
from apacheconf.program.hosts import Cell, Reach
from apacheconf.program.mod_proxy_fcgi import is_fcgi
from apacheconf.program.steps import EditHeader, Redirect, Respond, SetUri, Table
from apacheconf.program.values import REQUEST_URI, Joined, Matched, Value
from apacheconf.targets.answers import Answers, Given, residual
from apacheconf.targets.captures import parts_in
from apacheconf.targets.choices import Ask, Closed, Tree, leaves
from apacheconf.targets.claims import exact
from apacheconf.targets.mapped import any_segment, one_name
from apacheconf.targets.nginx import mod_alias, mod_dir, mod_proxy_fcgi, rewriting, static
from apacheconf.targets.nginx.conditions import can_ask, flag_of
from apacheconf.targets.nginx.lowering import Lowering
from apacheconf.targets.nginx.names_below import is_every_name
from apacheconf.targets.nginx.tree import Block
from apacheconf.targets.patterns import escape
from apacheconf.targets.questions import CannotAsk, as_match
from apacheconf.targets.routes import Route, kept_in_mind

#: So many questions more than a tree has ends, and those besides, may be asked where names are asked by themselves.
_MORE, _MOST_ASKED = 8, 500
Fill = Callable[[Route | Closed, Block], None]
#: What a location can't take back that the one around it says, and the word that does.
_TAKEN_BACK = {"autoindex": "off", "charset": "off", "expires": "off", "etag": "on", "disable_symlinks": "off",
               "auth_basic": "off", "ssi": "off"}  # fmt: skip


@dataclass(frozen=True)
class Guard:
    """Requests for which ``condition`` holds get what ``end`` answers, a status or a redirect; or ``refused`` a 403."""

    condition: Condition
    end: Route
    refused: bool = False

    @classmethod
    def of(cls, condition: Condition, end: Route) -> list[Guard]:
        """Those of an end: what it refuses comes first (SEM-30)."""
        found = [cls(condition, end)]
        if isinstance(end.answer and end.answer.action, Redirect) and end.refused:
            found.insert(0, cls(AllOf((condition, AnyOf(end.refused))), end, refused=True))
        return found

    def emit(self, low: Lowering, location: Block) -> None:
        """The guard in a location: ``if`` may return or rewrite, and nothing else."""
        assert self.end.answer is not None
        flag = flag_of(low.maps, self.condition)
        block = Block() if flag == "0" else location if flag == "1" else location.open("if", flag)
        if self.refused:
            block.add("return", "403")
        elif isinstance(self.end.answer.action, Redirect):
            mod_alias.emit_redirect(low, self.end, self.end.answer, block)
        else:
            block.add("return", str(_status(self.end)), claims=(exact(self.end.host.said_by(self.end.answer)),))


def spread(tree: Tree, cell: Cell) -> Tree:
    """The tree with questions about names asked by themselves, before what else must hold with them; as it is where it
    would become too large."""
    found = tree
    with suppress(_TooMany):
        found = _Spreader(cell, _MORE * sum(1 for _ in leaves(tree)) + _MOST_ASKED).spread(tree, Given({}))
    return _known(_turned(found), Given({}))


def _turned(tree: Tree) -> Tree:
    """The tree that asks whether a file is missing, where another path is asked for in its place."""
    if not isinstance(tree, Ask):
        return tree
    yes, no = _turned(tree.yes), _turned(tree.no)
    parts = tree.condition.conditions if isinstance(tree.condition, AnyOf) else (tree.condition,)
    answer = no.answer.action if isinstance(no, Route) and no.answer else None
    if isinstance(answer, SetUri) and all(isinstance(each, Test) and each.letter in "fde" for each in parts):
        missing = tuple(map(Not, parts))
        return Ask(missing[0] if len(missing) == 1 else AllOf(missing), no, yes)
    return Ask(tree.condition, yes, no)


def _known(tree: Tree, answers: Given) -> Tree:
    """The tree without questions that those above them have answered."""
    if not isinstance(tree, Ask):
        return tree
    left = residual(tree.condition, answers)
    if left in (ALWAYS, NEVER):
        return _known(tree.yes if left == ALWAYS else tree.no, answers)
    parts = left.conditions if isinstance(left, AllOf) else (left,)
    holds, fails = answers, answers
    for each in parts:
        asked, held = (each.condition, False) if isinstance(each, Not) else (each, True)
        holds, fails = holds.told(asked, held), answers.told(asked, not held) if len(parts) == 1 else answers
    yes, no = _known(tree.yes, holds), _known(tree.no, fails)
    return no if yes == no else Ask(left, yes, no)


class _TooMany(Exception):
    pass


@dataclass
class _Spreader:
    """Asks questions about names by themselves in a cell; ``left`` is how many more may be asked."""

    cell: Cell
    left: int

    def spread(self, tree: Tree, answers: Given) -> Tree:
        """The tree where these answers were given. Raises _TooMany."""
        if not isinstance(tree, Ask):
            return tree
        known = residual(tree.condition, answers)
        if known in (ALWAYS, NEVER):
            return self.spread(tree.yes if known == ALWAYS else tree.no, answers)
        self.left -= 1
        if self.left < 0:
            raise _TooMany
        parts = tuple(map(_plain, tree.condition.conditions)) if isinstance(tree.condition, AllOf) else ()
        for part in parts:
            asked = part.condition if isinstance(part, Not) else part
            if _names(asked, self.cell) is None:
                continue
            others = tuple(each for each in parts if each is not part)
            rest: Tree = Ask(others[0] if len(others) == 1 else AllOf(others), tree.yes, tree.no)
            if isinstance(part, Not) or not is_every_name(asked, others, self.cell.path):
                yes, no = (tree.no, rest) if isinstance(part, Not) else (rest, tree.no)
                rest = Ask(asked, yes, no)
            return self.spread(rest, answers)
        yes = self.spread(tree.yes, answers.told(tree.condition, True))
        no = self.spread(tree.no, answers.told(tree.condition, False))
        return _in_order(tree.condition, yes, no, self.cell)


def _plain(condition: Condition) -> Condition:
    """What is different is not the same."""
    if isinstance(condition, Compare) and condition.operator is Operator.DIFFERENT:
        return Not(replace(condition, operator=Operator.SAME))
    return condition


def _in_order(condition: Condition, yes: Tree, no: Tree, cell: Cell) -> Tree:
    """The question, below those about names that its ends begin with."""
    if yes == no or _serve_alike(condition, yes, no):
        return no
    for end in (yes, no) if _names(condition, cell) is None else ():
        if isinstance(end, Ask) and _names(end.condition, cell) is not None:
            of_yes, of_no = _branches(yes, end.condition), _branches(no, end.condition)
            ends = (_in_order(condition, one, other, cell) for one, other in zip(of_yes, of_no, strict=True))
            return Ask(end.condition, *ends)
    return Ask(condition, yes, no)


def _serve_alike(condition: Condition, yes: Tree, no: Tree) -> bool:
    """Whether both ends serve the same files, and rules were about what isn't there."""
    if not (isinstance(yes, Route) and isinstance(no, Route) and static.is_served(yes) and static.is_served(no)):
        return False
    asked = any(_is_mapped(each.value) for each in parts_in(condition, Test))
    plain = [replace(each, rewriting=[], query=None, refused=(), unescaped=False) for each in (yes, no)]
    return asked and plain[0] == plain[1]


def _branches(tree: Tree, condition: Condition) -> tuple[Tree, Tree]:
    """What comes of a tree where a condition holds, and where it doesn't."""
    return (tree.yes, tree.no) if isinstance(tree, Ask) and tree.condition == condition else (tree, tree)


#: Regexes for paths that can't go on behind what they name.
_ONE_PATH = re.compile(r"\^/(?:[\w/()|:-]|\?:|\\[^\w\s])*(?:\\z|\$)")


def is_one_path(answers: Answers) -> bool:
    """Whether the path is known to be one of a few, so that nothing follows the name of a script."""
    held = (as_match(each) for each, answer in answers.items() if answer)
    return any(each is not None and each[0] == REQUEST_URI and _ONE_PATH.fullmatch(each[1]) for each in held)


def may_be_nested(low: Lowering, tree: Tree) -> bool:
    """Whether some end serves files, and no other one asks an origin: else there is nothing to nest in."""
    ends = [end for _, end in leaves(tree) if isinstance(end, Route)]
    return any(map(static.is_served, ends)) and not any(_asks_origin(low, each) for each in ends)


def _asks_origin(low: Lowering, end: Route) -> bool:
    return end.mapping is not None and not is_fcgi(end.origin(low.program))


def in_one_folder(low: Lowering, tree: Tree, cell: Cell) -> Route | None:
    """An end that serves files, if the tree can be nested: all files lie in the same folder."""
    ends = [end for _, end in leaves(tree)]
    served = [end for end in ends if isinstance(end, Route) and static.is_served(end)]
    others = [end for end in ends if isinstance(end, Route) and _asks_origin(low, end)]
    folders = {static.mapped_file(each) for each in served}
    alike = len(folders) == 1 and None not in folders
    return served[0] if alike and not others and _can_nest(low, tree, cell) else None


def _can_nest(low: Lowering, tree: Tree, cell: Cell) -> bool:
    if not isinstance(tree, Ask):
        return True
    if not (_can_nest(low, tree.yes, cell) and _can_nest(low, tree.no, cell)):
        return False
    if _names(tree.condition, cell) is not None or _asks_script(tree):
        return True
    if _unless_there(tree):
        return isinstance(tree.yes, Route) and rewriting.can_ask_anew(low, tree.yes)
    return can_ask(tree.condition) and (_guards(low, tree.yes) or _guards(low, tree.no))


def _guards(low: Lowering, tree: Tree) -> bool:
    """Whether the end is nothing but a status or a redirect."""
    if not isinstance(tree, Route) or tree.answer is None or tree.admits:
        return False
    if not isinstance(tree.answer.action, Redirect):
        return _status(tree) is not None
    always = [
        step for step in tree.headers if isinstance(step.action, EditHeader) and step.action.table is Table.ALWAYS
    ]
    made = Block()
    try:
        needs_more = mod_alias.emit_redirect(low, tree, tree.answer, made)
    except CannotAsk:
        return False
    needs_more = needs_more or any(each.block is not None or each.name == "error_page" for each in made.directives())
    return not needs_more and not always


def _unless_there(tree: Ask) -> str:
    """The tests of ``f`` and ``d`` which both fail where another path is asked for in place of a file; else empty."""
    parts = tree.condition.conditions if isinstance(tree.condition, AllOf) else (tree.condition,)
    tests = [each.condition for each in parts if isinstance(each, Not) and isinstance(each.condition, Test)]
    letters = "".join(sorted({each.letter for each in tests})) if all(_is_mapped(each.value) for each in tests) else ""
    letters = "df" if letters == "e" else letters
    answer = tree.yes.answer.action if isinstance(tree.yes, Route) and tree.yes.answer else None
    anew = isinstance(answer, SetUri) and isinstance(tree.no, Route) and static.is_served(tree.no)
    return letters if anew and len(tests) == len(parts) and letters in ("f", "df") else ""


#: The regex of what follows the prefix of an Alias (``mapped.file_of``).
_BELOW_ALIAS = re.compile(r"\^(?:/(?:[\w-]|\\[^\w\s])+)+\(\.\*\)\$")


def _is_mapped(value: Value) -> bool:
    """Whether it is the file that the path itself is mapped to."""
    match value.parts[-1] if isinstance(value, Joined) else None:
        case Matched(inner, Regex(pattern), 1):
            return inner == REQUEST_URI and _BELOW_ALIAS.fullmatch(pattern) is not None
        case last:
            return last == REQUEST_URI


def _asks_script(tree: Ask) -> bool:
    """Whether a file is asked for only if it is there, and else nothing but files in its place."""
    match tree.condition:
        case Test("f", value) if _is_mapped(value):
            return isinstance(tree.no, Route) and static.is_served(tree.no) and static.handler_of(tree.no) is None
        case _:
            return False


def _names(condition: Condition, cell: Cell) -> tuple[str, str] | None:
    """The words of a location for a question about the path; nothing can stand in that of one path."""
    if cell.reach is Reach.BARE:
        return None
    found = as_match(condition)
    if found is None or found[0] != REQUEST_URI:
        return None
    return "~*" if found[2] else "~", found[1]


def _script(low: Lowering, tree: Ask, cell: Cell) -> tuple[str, str] | None:
    """The words of a location for scripts whose names a section asks: its regex tells the script from what follows."""
    ends = [end for _, end in leaves(tree.yes) if isinstance(end, Route)]
    asked = [end for end in ends if static.is_served(end) and mod_proxy_fcgi.script_origin(low, end)]
    if not asked or not isinstance(tree.condition, Matches) or not low.tells_trails:
        return None
    name, alone = any_segment(tree.condition.regex.pattern), one_name(tree.condition.regex)
    if name is None or alone is None:
        return None
    if low.script_names != (alone,):  # what is in front of it may be another script
        scripts = "|".join(low.script_names)
        name = f"(?:/(?!(?:{scripts})/)[^/]*)*/{alone}"
    mapped = static.mapped_file(asked[0])
    prefix = escape(mapped.prefix) if mapped else ""
    inside = f"{prefix}(?<in_folder>{name})" if prefix else name
    return "~*" if tree.condition.regex.ignore_case else "~", f"^(?<script>{inside})(?<trail>/.*)?$"


def _status(tree: Tree) -> int | None:
    """The status of an end that only refuses."""
    if isinstance(tree, Closed):
        return None
    answer = tree.answer.action if isinstance(tree, Route) and tree.answer else None
    if not isinstance(answer, Respond) or answer.body is not None or answer.status < 400:
        return None
    headers = [step.action for step in tree.headers] if isinstance(tree, Route) else []
    said = any(isinstance(each, EditHeader) and each.table is Table.ALWAYS for each in headers)
    return None if said else answer.status


def emit_nested(
    low: Lowering, tree: Tree, cell: Cell, location: Block, fill: Fill, guards: tuple[Guard, ...] = ()
) -> None:
    """The tree of a cell in a location that has its folder already."""
    for guard in guards:
        guard.emit(low, location)
    _emit_behind(low, tree, cell, location, fill, guards)


def _emit_behind(low: Lowering, tree: Tree, cell: Cell, location: Block, fill: Fill, guards: tuple[Guard, ...]) -> None:
    """The same in a location where the guards stand already."""
    if not isinstance(tree, Ask):
        fill(tree, location)
        return
    names = _names(tree.condition, cell)
    file = "$script" if low.script else "$uri"
    if _asks_script(tree):
        location.add("try_files", file, mod_dir.when_missing(low, tree.no))
        _emit_behind(low, tree.yes, cell, location, fill, guards)
        return
    if names is None and _unless_there(tree):
        _emit_unless_there(low, tree, file, location)
        _emit_behind(low, tree.no, cell, location, fill, guards)
        return
    if names is None:
        on_yes = _guards(low, tree.yes)
        end, rest = (tree.yes, tree.no) if on_yes else (tree.no, tree.yes)
        assert isinstance(end, Route)
        own = Guard.of(tree.condition if on_yes else Not(tree.condition), end)
        for guard in own:
            guard.emit(low, location)
        low.dropped += kept_in_mind(end)
        _emit_behind(low, rest, cell, location, fill, (*guards, *own))
        return
    inner, known, whole = Block(), low.script, low.one_path
    low.one_path = whole or _ONE_PATH.fullmatch(names[1] if names else "") is not None
    script = None if known else _script(low, tree, cell)
    low.script = known or script is not None
    emit_nested(low, tree.yes, cell, inner, fill, guards)
    low.script, low.one_path = known, whole
    outer = Block()
    _emit_behind(low, tree.no, cell, outer, fill, guards)
    _take_back(inner, outer)
    location.open("location", *(script or names), comment=_comment(low, tree.yes)).entries += inner.entries
    location.entries += outer.entries


def _comment(low: Lowering, tree: Tree) -> str:
    """What stands behind a location that only answers."""
    answer = tree.answer if isinstance(tree, Route) else None
    return low.sources.comment(tree.host.said_by(answer)) if answer and isinstance(tree, Route) else ""


def _emit_unless_there(low: Lowering, tree: Ask, file: str, location: Block) -> None:
    """``try_files``: what is there stays here, else another path is asked for."""
    assert isinstance(tree.yes, Route)
    assert tree.yes.answer is not None
    said_by = tree.yes.host.said_by(tree.yes.answer)
    words = (file, f"{file}/") if "d" in _unless_there(tree) else (file,)
    target = rewriting.asked_anew(low, tree.yes)
    target = low.beyond(static.mapped_file(tree.no) if isinstance(tree.no, Route) else None, target)
    location.add("try_files", *words, target, comment=low.sources.comment(said_by), claims=(exact(said_by),))
    low.dropped += kept_in_mind(tree.yes)


def _take_back(inner: Block, outer: Block) -> None:
    """What the outer location says and the inner one doesn't would hold there too (NGX-30)."""
    said = {each.name for each in inner.directives()}
    if "return" in said:
        return
    for name in dict.fromkeys(each.name for each in outer.directives()):
        if name in _TAKEN_BACK and name not in said:
            inner.add(name, _TAKEN_BACK[name])
    if "add_header" not in said and any(each.name == "add_header" for each in outer.directives()):
        inner.add("add_header", "X-None", "", comment="no header of the location around it")

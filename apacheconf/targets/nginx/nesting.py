"""Questions about the names of files as locations in a location (NGX-33, NGX-38), the way that nginx asks them itself.

Whoever an inner location takes is asked nothing by the outer one: refusals that stand further out are repeated in it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from apacheconf.program.conditions import Condition, Matches, Not, Regex, Test, Under
from apacheconf.program.hosts import Cell, Reach
from apacheconf.program.mod_proxy_fcgi import is_fcgi
from apacheconf.program.steps import EditHeader, Respond, Table
from apacheconf.program.values import REQUEST_URI, Joined
from apacheconf.targets.choices import Ask, Closed, Tree, leaves
from apacheconf.targets.claims import exact
from apacheconf.targets.mapped import any_segment
from apacheconf.targets.nginx import mod_dir, mod_proxy_fcgi, static
from apacheconf.targets.nginx.conditions import can_ask, flag_of
from apacheconf.targets.nginx.lowering import Lowering
from apacheconf.targets.nginx.tree import Block
from apacheconf.targets.patterns import escape, prefix_regex
from apacheconf.targets.questions import pcre
from apacheconf.targets.routes import Route

Fill = Callable[[Route | Closed, Block], None]
#: What a location can't take back that the one around it says, and the word that does.
_TAKEN_BACK = {"autoindex": "off", "charset": "off", "expires": "off", "etag": "on", "disable_symlinks": "off",
               "auth_basic": "off"}  # fmt: skip


@dataclass(frozen=True)
class Guard:
    """Requests for which ``condition`` holds get ``status``."""

    condition: Condition
    status: int


def in_one_folder(low: Lowering, tree: Tree, cell: Cell) -> Route | None:
    """An end that serves files, if the tree can be nested: all files lie in the same folder."""
    ends = [end for _, end in leaves(tree)]
    served = [end for end in ends if isinstance(end, Route) and static.is_served(end)]
    others = [end for end in ends if isinstance(end, Route) and end.mapping and not is_fcgi(end.origin(low.program))]
    folders = {static.mapped_file(each) for each in served}
    alike = len(folders) == 1 and None not in folders
    return served[0] if alike and not others and _can_nest(tree, cell) else None


def _can_nest(tree: Tree, cell: Cell) -> bool:
    if not isinstance(tree, Ask):
        return True
    if not (_can_nest(tree.yes, cell) and _can_nest(tree.no, cell)):
        return False
    return (
        _names(tree.condition, cell) is not None
        or _asks_script(tree)
        or (can_ask(tree.condition) and (_status(tree.yes) is not None or _status(tree.no) is not None))
    )


def _asks_script(tree: Ask) -> bool:
    """Whether a file is asked for only if it is there, and else nothing but files in its place."""
    match tree.condition:
        case Test("f", value) if isinstance(value, Joined) and value.parts[-1:] == (REQUEST_URI,):
            return isinstance(tree.no, Route) and static.is_served(tree.no) and static.handler_of(tree.no) is None
        case _:
            return False


def _names(condition: Condition, cell: Cell) -> tuple[str, str] | None:
    """The words of a location for a question about the path; nothing can stand in that of one path."""
    if cell.reach is Reach.BARE:
        return None
    match condition:
        case Matches(value, regex) if value == REQUEST_URI:
            return "~*" if regex.ignore_case else "~", pcre(regex)
        case Under(prefix, value) if value == REQUEST_URI:
            return "~", pcre(Regex(prefix_regex(prefix)))
        case _:
            return None


def _script(low: Lowering, tree: Ask, cell: Cell) -> tuple[str, str] | None:
    """The words of a location for scripts whose names a section asks: its regex tells the script from what follows."""
    ends = [end for _, end in leaves(tree.yes) if isinstance(end, Route)]
    asked = [end for end in ends if static.is_served(end) and mod_proxy_fcgi.script_origin(low, end)]
    if not asked or not isinstance(tree.condition, Matches):
        return None
    name = any_segment(tree.condition.regex.pattern)
    if name is None:
        return None
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
        location.open("if", flag_of(low.maps, guard.condition)).add("return", str(guard.status))
    if not isinstance(tree, Ask):
        fill(tree, location)
        return
    names = _names(tree.condition, cell)
    if _asks_script(tree):
        location.add("try_files", "$script" if low.script else "$uri", mod_dir.when_missing(low, tree.no))
        _continue(low, tree.yes, cell, location, fill, guards)
        return
    if names is None:
        guard, rest = _guard_of(tree)
        _claim_refusal(low, tree)
        location.open("if", flag_of(low.maps, guard.condition)).add("return", str(guard.status))
        _continue(low, rest, cell, location, fill, (*guards, guard))
        return
    inner, known = Block(), low.script
    script = None if known else _script(low, tree, cell)
    low.script = known or script is not None
    emit_nested(low, tree.yes, cell, inner, fill, guards)
    low.script = known
    outer = Block()
    _continue(low, tree.no, cell, outer, fill, guards)
    _take_back(inner, outer)
    location.open("location", *(script or names), comment=_comment(low, tree.yes)).entries += inner.entries
    location.entries += outer.entries


def _comment(low: Lowering, tree: Tree) -> str:
    """What stands behind a location that only answers."""
    answer = tree.answer if isinstance(tree, Route) else None
    return low.sources.comment(tree.host.said_by(answer)) if answer and isinstance(tree, Route) else ""


def _continue(low: Lowering, tree: Tree, cell: Cell, location: Block, fill: Fill, guards: tuple[Guard, ...]) -> None:
    """Go on in the same location, where the guards stand already."""
    inner = Block()
    emit_nested(low, tree, cell, inner, fill, guards)
    location.entries += inner.entries[len(guards) :]


def _guard_of(tree: Ask) -> tuple[Guard, Tree]:
    refused = _status(tree.yes)
    if refused is not None:
        return Guard(tree.condition, refused), tree.no
    status = _status(tree.no)
    assert status is not None
    return Guard(Not(tree.condition), status), tree.yes


def _claim_refusal(low: Lowering, tree: Ask) -> None:
    end = tree.yes if _status(tree.yes) is not None else tree.no
    assert isinstance(end, Route)
    assert end.answer is not None
    low.dropped.append(exact(end.host.said_by(end.answer)))


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

"""Questions about the names of files as locations in a location (NGX-33, NGX-38), the way that nginx asks them itself.

Whoever an inner location takes is asked nothing by the outer one: refusals that stand further out are repeated in it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from apacheconf.program.conditions import Condition, Matches, Not, Regex, Under
from apacheconf.program.steps import EditHeader, MapToFile, Respond, Table
from apacheconf.program.values import REQUEST_URI
from apacheconf.targets.choices import Ask, Closed, Tree, leaves
from apacheconf.targets.claims import exact
from apacheconf.targets.nginx import static
from apacheconf.targets.nginx.conditions import can_ask, flag_of
from apacheconf.targets.nginx.lowering import Lowering
from apacheconf.targets.nginx.tree import Block
from apacheconf.targets.patterns import prefix_regex
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


def folder_of(tree: Tree) -> MapToFile | None:
    """The folder that all files of the tree lie in, if it can be nested: at least one end serves files of it."""
    ends = [end for _, end in leaves(tree)]
    served = [static.mapped_file(end) for end in ends if isinstance(end, Route) and static.is_served(end)]
    others = [end for end in ends if isinstance(end, Route) and end.mapping]
    first = served[0] if served else None
    alike = first is not None and all(each == first for each in served)
    return first if alike and not others and _can_nest(tree) else None


def _can_nest(tree: Tree) -> bool:
    if not isinstance(tree, Ask):
        return True
    if not (_can_nest(tree.yes) and _can_nest(tree.no)):
        return False
    return _names(tree.condition) is not None or (
        can_ask(tree.condition) and (_status(tree.yes) is not None or _status(tree.no) is not None)
    )


def _names(condition: Condition) -> tuple[str, str] | None:
    """The words of a location for a question about the path."""
    match condition:
        case Matches(value, regex) if value == REQUEST_URI:
            return "~*" if regex.ignore_case else "~", pcre(regex)
        case Under(prefix, value) if value == REQUEST_URI:
            return "~", pcre(Regex(prefix_regex(prefix)))
        case _:
            return None


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


def emit_nested(low: Lowering, tree: Tree, location: Block, fill: Fill, guards: tuple[Guard, ...] = ()) -> None:
    """The tree in a location that has its folder already."""
    for guard in guards:
        location.open("if", flag_of(low.maps, guard.condition)).add("return", str(guard.status))
    if not isinstance(tree, Ask):
        fill(tree, location)
        return
    names = _names(tree.condition)
    if names is None:
        guard, rest = _guard_of(tree)
        _claim_refusal(low, tree)
        location.open("if", flag_of(low.maps, guard.condition)).add("return", str(guard.status))
        _continue(low, rest, location, fill, (*guards, guard))
        return
    inner = Block()
    emit_nested(low, tree.yes, inner, fill, guards)
    outer = Block()
    _continue(low, tree.no, outer, fill, guards)
    _take_back(inner, outer)
    location.open("location", *names).entries += inner.entries
    location.entries += outer.entries


def _continue(low: Lowering, tree: Tree, location: Block, fill: Fill, guards: tuple[Guard, ...]) -> None:
    """Go on in the same location, where the guards stand already."""
    inner = Block()
    emit_nested(low, tree, inner, fill, guards)
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

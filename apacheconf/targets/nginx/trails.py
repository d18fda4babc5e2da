"""Paths that go on behind the name of a script (FC-5): sections are about that name, and not about the last one.

nginx matches its regexes with whole paths, so that ``/config.php/x`` would pass what ``<Files config.php>`` says. Where
a cell has scripts, questions about a file's name are therefore asked of the first name in the path that a script has
and that something follows, else of the last one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from apacheconf.program.conditions import AllOf, AnyOf, Condition, Matches, Not, Regex, Test
from apacheconf.program.regexes import search
from apacheconf.program.values import REQUEST_URI, Matched
from apacheconf.targets.answers import Answers
from apacheconf.targets.captures import parts_in, replaced
from apacheconf.targets.choices import Ask, Tree, leaves
from apacheconf.targets.known import OfFile
from apacheconf.targets.mapped import OfName, one_name
from apacheconf.targets.nginx import mod_proxy_fcgi, static
from apacheconf.targets.nginx.lowering import Lowering
from apacheconf.targets.nginx.maps import Map
from apacheconf.targets.routes import Route

_SUFFIX = re.compile(r"(\\\.(?:\w+|\w*\(\?:[\w|]+\)))(?:\(\?=/\|\\z\)\[\^/\]\*)?\Z")
_PLAIN = re.compile(r"(?:[\w-]|\\[^\w\s])+")


def script_names(low: Lowering, tree: Tree) -> tuple[str, ...]:
    """The patterns of names that scripts of a tree have, those left out that another one says, too."""
    found = list(dict.fromkeys(_like(name) for name in map(one_name, _regexes_of_scripts(low, tree)) if name))
    return tuple(each for each in found if not any(other != each and _is_one_of(each, other) for other in found))


def _like(name: str) -> str:
    """All names with the suffix of the script's: what is refused elsewhere is a script, too."""
    suffix = _SUFFIX.search(name)
    return f"[^/]*?{suffix[1]}" if suffix else name


def can_tell(tree: Tree) -> bool:
    """Whether all questions about names of files can be asked of scripts that something follows."""
    conditions = {asked for answers, _ in leaves(tree) for asked in answers}
    return all(one_name(each) is not None for asked in conditions for each in parts_in(asked, OfName))


def of_files(low: Lowering, tree: Tree) -> Tree:
    """The tree for locations in one another, where those of scripts tell a script from what follows it: whoever comes
    past them names none."""
    names = script_names(low, tree)
    if not isinstance(tree, Ask) or not names:
        return tree
    if asks_script(low, tree):
        return Ask(tree.condition, _asked(tree.yes, names), of_files(low, tree.no))
    yes, no = of_files(low, tree.yes), of_files(low, tree.no)
    return Ask(_of_file(tree.condition, any_of_names(names)), yes, no)


def of_all_files(low: Lowering, tree: Ask) -> tuple[Ask, Scripts | None]:
    """The tree for locations that variables pick, with all of its questions asked of files; and its scripts."""
    names = script_names(low, tree)
    if not names or not can_tell(tree):
        return tree, None
    scripts = any_of_names(names)
    questions = frozenset(_of_file(each.condition, scripts, True) for each in _asks(low, tree))
    made = _asked(tree, names, True)
    assert isinstance(made, Ask)
    return made, Scripts(scripts, questions)


@dataclass(frozen=True, slots=True)
class Scripts:
    """What tells a script from what follows it: the pattern of its name, and the questions that are about that."""

    name: str
    questions: frozenset[Condition]

    def words(self, low: Lowering, answers: Answers) -> tuple[str, str] | None:
        """The words for the script and for what follows, where the answers name one."""
        if not any(answers.get(each) for each in self.questions):
            return None
        before = f"{first_of(self.name)}{self.name}"
        script = Map("$uri", ((rf"~^(?<script_part>{before})(?:/|\z)", "$script_part"), ("default", "$uri")), "")
        trail = Map("$uri", ((rf"~(?s)^{before}(?<trail_part>/.*)\z", "$trail_part"), ("default", "")), "")
        return low.maps.make("script_of_path", script), low.maps.make("trail_of_path", trail)


def _asked(tree: Tree, names: tuple[str, ...], tests: bool = False) -> Tree:
    """The tree with all of its questions about names asked of files, and those about the files themselves."""
    if not isinstance(tree, Ask):
        return tree
    yes, no = _asked(tree.yes, names, tests), _asked(tree.no, names, tests)
    return Ask(_of_file(tree.condition, any_of_names(names), tests), yes, no)


def asks_script(low: Lowering, tree: Ask) -> bool:
    """Whether the question is for the name of a script, and a script answers if it holds."""
    ends = [end for _, end in leaves(tree.yes) if isinstance(end, Route)]
    named = any(isinstance(each, Matches) and isinstance(each.regex, OfName) for each in _parts(tree.condition))
    return named and any(static.is_served(end) and mod_proxy_fcgi.script_origin(low, end) for end in ends)


def _parts(condition: Condition) -> tuple[Condition, ...]:
    return condition.conditions if isinstance(condition, AllOf) else (condition,)


def _asks(low: Lowering, tree: Tree) -> Iterator[Ask]:
    """The questions for scripts."""
    if isinstance(tree, Ask):
        if asks_script(low, tree):
            yield tree
        yield from _asks(low, tree.yes)
        yield from _asks(low, tree.no)


def _regexes_of_scripts(low: Lowering, tree: Tree) -> Iterator[Regex]:
    if not isinstance(tree, Ask):
        return
    if _runs(low, tree.yes):
        yield from (part.regex for part in _parts(tree.condition)
                    if isinstance(part, Matches) and isinstance(part.regex, OfName))  # fmt: skip
    yield from _regexes_of_scripts(low, tree.yes)
    yield from _regexes_of_scripts(low, tree.no)


def _runs(low: Lowering, tree: Tree) -> bool:
    """Whether all files are scripts to whoever is not refused."""
    return _kinds(low, tree) == {True}


def _kinds(low: Lowering, tree: Tree) -> set[bool]:
    """Whether what answers is a script, for each end that is no refusal."""
    if isinstance(tree, Ask):
        yes, no = _kinds(low, tree.yes), _kinds(low, tree.no)
        if isinstance(tree.condition, Test) and tree.condition.letter == "f":
            return yes
        named = next(parts_in(tree.condition, OfName), None) is not None
        return yes | no if named or True not in yes | no else {True}
    if not isinstance(tree, Route):
        return set()
    is_script = mod_proxy_fcgi.script_origin(low, tree) is not None
    return {is_script} if is_script or tree.answer is None else set()


def any_of_names(names: tuple[str, ...]) -> str:
    return names[0] if len(names) == 1 else f"(?:{'|'.join(names)})"


def _of_file(condition: Condition, scripts: str, tests: bool = False) -> Condition:
    match condition:
        case Not(inner):
            return Not(_of_file(inner, scripts, tests))
        case AllOf(parts) | AnyOf(parts):
            return type(condition)(tuple(_of_file(each, scripts, tests) for each in parts))
        case Matches(_, OfName() as regex) if (name := one_name(regex)) is not None:
            return replace(condition, regex=Regex(_of_first(name, scripts), regex.ignore_case))
        case Test(letter, OfFile() as value) if tests:
            part = Matched(REQUEST_URI, Regex(f"^({first_of(scripts)}{scripts}(?=/)|(?s:.*))"), 1)
            return Test(letter, replaced(value, lambda each: part if each == REQUEST_URI else None))
        case _:
            return condition


def _of_first(name: str, scripts: str) -> str:
    """A pattern for paths whose file has such a name: no name before it is a script's."""
    before = f"^{first_of(scripts)}"
    if _PLAIN.fullmatch(name):
        return f"{before}{name}{'(?=/|$)' if _is_one_of(name, scripts) else '$'}"
    return rf"{before}(?=[^/]*$|{scripts}/){name}(?=/|$)"


def first_of(scripts: str) -> str:
    """A pattern for what is in front of the first name of a script, or of the last name where no script is."""
    return rf"(?:/(?!{scripts}/)[^/]*)*/"


def _is_one_of(name: str, others: str) -> bool:
    """Whether a pattern is for one name, which another pattern is for, too."""
    plain = re.sub(r"\\(.)", r"\1", name)
    return _PLAIN.fullmatch(name) is not None and search(Regex(rf"^(?:{others})\z"), plain) is not None

"""The table always on answers that no location makes: those of the guards, of failed origins, of error documents.

They have the headers of the server. Where a location has others, it says so in a variable, which those of the server
look at.
"""

from __future__ import annotations

from apacheconf.program.hosts import Host
from apacheconf.targets.nginx.lowering import Lowering
from apacheconf.targets.nginx.maps import Map
from apacheconf.targets.nginx.mod_headers import HeaderLines
from apacheconf.targets.nginx.texts import steps_outside
from apacheconf.targets.nginx.tree import Block, Directive
from apacheconf.targets.routes import Route
from apacheconf.targets.spoken import words_of

_WHERE = "$failing_in"
Always = tuple[tuple[str, str], ...]


def begin_failures(low: Lowering, host: Host, server: Block) -> None:
    """The lines outside sections, which every such answer has."""
    low.failing.clear()
    root = next((cell for cell in host.shape.cells if not cell.path), None)
    if root is None:
        return
    met = [(step, False) for step in steps_outside(host)]
    lines = HeaderLines(low, Route(host, root, met=met), None)
    lines.emit_always(server)
    low.always = lines.always()


def mark_failures(low: Lowering, lines: HeaderLines, location: Block) -> None:
    """A location with other lines than its server names them."""
    always = lines.always()
    if always != low.always:
        number = low.failing.setdefault(always, len(low.failing) + 1)
        location.entries.insert(0, Directive("set", (_WHERE, str(number))))  # before a rewrite that ends the settings


def finish_failures(low: Lowering, server: Block) -> None:
    """The server's lines, where some location has others."""
    if not low.failing:
        return
    at = next(n for n, each in enumerate(server.entries) if isinstance(each, Directive) and each.words[:1] == (_IS,))
    server.entries.insert(at + 1, Directive("set", (_WHERE, "0")))
    known = [(each.words[0].lower(), each) for each in server.directives() if each.name == "add_header"]
    server.entries = [each for each in server.entries if not isinstance(each, Directive) or each.name != "add_header"]
    before = dict(reversed(known))
    for name in dict.fromkeys(name for always in (low.always, *low.failing) for name, _ in always):
        old = before.get(name.lower(), Directive("add_header"))
        for count, word in enumerate(_words(low, name)):
            comment, claims = ("", ()) if count else (old.comment, old.claims)
            server.add("add_header", name, word, "always", comment=comment, claims=claims)


_IS = "$server_is"


def _words(low: Lowering, name: str) -> list[str]:
    """The words of a header, one for each of its lines."""
    of_server, others = _of(low.always, name), {n: _of(always, name) for always, n in low.failing.items()}
    most = max(map(len, (of_server, *others.values())))
    filled = {n: [*words, *([""] * (most - len(words)))] for n, words in {0: of_server, **others}.items()}
    return [_word(low, name, {n: words[count] for n, words in filled.items()}) for count in range(most)]


def _word(low: Lowering, name: str, words: dict[int, str]) -> str:
    default = words[0]
    others = tuple((str(n), word) for n, word in words.items() if word != default)
    made = Map(_WHERE, (*others, ("default", default)), "")
    return low.maps.make(f"header_{words_of(name)}_of_failure", made) if others else default


def _of(always: Always, name: str) -> list[str]:
    return [word for each, word in always if each.lower() == name.lower()]

"""Maps that hosts share: each a variable, what it is made of, and why. Only those that are used are written."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from apacheconf.program.own_words import named_in
from apacheconf.program.values import Variable
from apacheconf.targets.nginx.own_names import is_of_nginx
from apacheconf.targets.nginx.tree import Block
from apacheconf.targets.own_words import OwnName
from apacheconf.targets.patterns import GOOD_HOST
from apacheconf.targets.spoken import MOST, TESTS, words_of

_VARIABLE = re.compile(r"\$\{?(\w+)")


@dataclass(frozen=True, slots=True)
class Map:
    """``map source $name { entries }``, or ``geo``; ``needs`` are the maps that its values use."""

    source: str
    entries: tuple[tuple[str, str], ...]
    why: str
    needs: tuple[str, ...] = ()
    kind: str = "map"


#: In the order in which they are written.
SHARED: dict[str, Map] = {
    "asked_host": Map(
        "$request",
        ((r"~^\S+ \w+://[^/?# ]+?(?<absolute_port>:\d+)?[/?# ]", "$host$absolute_port"), ("default", "$http_host")),
        "the Host that httpd goes by: the authority of an absolute target, in small letters, wins over the header",
    ),
    "redirect_status": Map(
        "$uri $request_uri",
        ((r"~(?s)^(.+) (?:\w+://[^/?]+)?\1(?:\?.*)?$", ""), ("default", "200")),
        "%{ENV:REDIRECT_STATUS}: empty as long as the path is the one that was asked for",
    ),
    "bad_request": Map(
        "$asked_host $request_uri",
        ((rf"~^(?:{GOOD_HOST})? [^#]*$", ""), ("default", "1")),
        "httpd answers 400 to a Host that is no host name, and to a raw # in the target",
        ("asked_host",),
    ),
    "nameless": Map(
        "$ssl_server_name:$asked_host",
        (("~.:$", "1"), ("default", "")),
        "httpd answers 400 to a request without a Host after a handshake that named one",
        ("asked_host",),
    ),
    "kept_host": Map(
        "$asked_host",
        (("", "$server_is"), ("default", "$asked_host")),
        "the Host that an origin gets under ProxyPreserveHost",
        ("asked_host",),
    ),
    "self_port": Map(
        "$scheme:$asked_host",
        (
            (r"~^(?:http:.*:0*80|https:.*:0*443)$", ""),
            (r"~^\w+:.*(?<asked_port>:\d+)$", "$asked_port"),
            ("default", ""),
        ),
        "",
        ("asked_host",),
    ),
    "self": Map(
        "$asked_host",
        (("", "$server_is"), ("default", "$host$self_port")),
        "the authority of URLs that point to this server, as httpd writes them",
        ("asked_host", "self_port"),
    ),
    "joined_host": Map(
        "$http_x_forwarded_host",
        (("", "$asked_host"), ("default", "$http_x_forwarded_host, $asked_host")),
        "",
        ("asked_host",),
    ),
    "forwarded_host": Map(
        "$asked_host",
        (("", "$http_x_forwarded_host"), ("default", "$joined_host")),
        "X-Forwarded-Host and -Server: what came in, then our own",
        ("asked_host", "joined_host"),
    ),
    "forwarded_server": Map(
        "$http_x_forwarded_server",
        (("", "$server_is"), ("default", "$http_x_forwarded_server, $server_is")),
        "",
    ),
    "gateway_status": Map(
        "$upstream_connect_time",
        (("~^-(?:, -)*$", "503"),),
        "httpd answers 503 when no origin could be reached, and 502 when one failed to answer",
    ),
    "origin_answers": Map(
        "$upstream_status $upstream_header_time",
        ((r"~(?<status_of_origin>\d+) (?:.*, )?[0-9.]+$", "$status_of_origin"), ("default", "")),
        "the status that an origin says itself",
    ),
}
#: Where hosts are called by a name with www. that their lines say without it.
_BARE_NAME = Map("$server_is", ((r"~^www\.(.*)$", "$1"), ("default", "$server_is")), "its name without www.")


@dataclass
class Maps:
    """The maps in use, and those that one cell made for itself.

    ``asked`` are the tests of files that the server being written needs, each with its variable; ``asks_path`` says
    whether it needs the path that was asked for, which a ``rewrite`` would change.
    """

    used: set[str] = field(default_factory=set)
    shared: dict[str, Map] = field(default_factory=lambda: dict(SHARED))
    #: By what each was to be called: what two headers have alike is no reason to call one after the other.
    own: dict[tuple[str, Map], str] = field(default_factory=dict)
    #: The same by the variable of each.
    made: dict[str, Map] = field(default_factory=dict)
    taken: set[str] = field(default_factory=lambda: set(_TAKEN))
    #: The last number of each wish for a name, for no name is ever free again.
    last: dict[str, int] = field(default_factory=dict)
    #: The words of variables that only a route knows (``texts``): None for the others.
    word: Callable[[Variable], str | None] = field(default=lambda _: None)
    tests: dict[tuple[str, str], str] = field(default_factory=dict)
    asked: dict[tuple[str, str], str] = field(default_factory=dict)
    asks_path: bool = False
    #: What stands for words of hosts' own is looked for; how they are called; and whether a map says one all the same.
    of_many: bool = False
    own_name: OwnName | None = None
    says_own: bool = False

    def use(self, name: str) -> str:
        """The variable of a shared map."""
        if name not in self.used:
            self.used.add(name)
            for needed in SHARED[name].needs:
                self.use(needed)
        return f"${name}"

    def make(self, wish: str, made: Map) -> str:
        """The variable of a map of one's own, called as is wished, with a number where another one is called so; equal
        ones are made once."""
        if self.of_many and _names(made):
            made = made if self.own_name is None else self._of_whoever(made, self.own_name)
            self.says_own = self.says_own or _names(made)
        if (wish, made) not in self.own:
            self.own[wish, made] = self._name(wish)
            self.made[f"${self.own[wish, made]}"] = made
        return f"${self.own[wish, made]}"

    def leave_out(self, variables: Collection[str]) -> None:
        """Take back maps that nobody asks."""
        self.own = {key: name for key, name in self.own.items() if f"${name}" not in variables}

    def _name(self, wish: str) -> str:
        """A name that nobody has, which is none of nginx's own."""
        wish = words_of(f"the_{wish}" if is_of_nginx(wish) else wish, MOST)
        number = self.last.get(wish, 0)
        name = ""
        while not name or name in self.taken:
            number += 1
            name = wish if number == 1 else f"{words_of(wish, MOST - len(str(number)) - 1)}_{number}"
        self.last[wish] = number
        self.taken.add(name)
        return name

    @contextmanager
    def of_hosts(self, name: OwnName | None, have_own: bool) -> Iterator[None]:
        """Make maps for hosts that are alike and may say words of their own; ``says_own`` tells whether any did."""
        self.of_many, self.own_name, self.says_own = have_own, name, False
        yield
        self.of_many, self.own_name = False, None

    def _of_whoever(self, made: Map, name: OwnName) -> Map:
        """A map that names its host as one for all that are like it, which say their names; itself if there is none."""
        called = self.make("bare_name", _BARE_NAME) if name.without_www else "$server_is"
        source = name.in_text(made.source, called)
        if any(named_in(pattern) for pattern, _ in made.entries):
            if any("$" in value for _, value in made.entries):
                return made
            source = f"{source}|$server_is"
            entries = [_asked_of_whoever(pattern, name) for pattern, _ in made.entries]
        else:
            entries = [pattern for pattern, _ in made.entries]
        if None in entries or not all(name.is_all_in(text) for text in _words_of(made) if named_in(text)):
            return made
        values = (name.in_text(value, called) for _, value in made.entries)
        known = (each or "" for each in entries)
        return replace(made, source=source, entries=tuple(zip(known, values, strict=True)))

    def path(self) -> str:
        """The variable that holds the path that was asked for, decoded."""
        self.asks_path = True
        return PATH

    def test(self, letter: str, file: str) -> str:
        """The variable that is ``1`` where nginx's test of a file succeeds, else ``0``."""
        if (letter, file) not in self.tests:
            folder = words_of(file.partition("$")[0].rstrip("/").rpartition("/")[2])
            self.tests[letter, file] = self._name(f"{TESTS[letter]}_in_{folder}" if folder else TESTS[letter])
        self.asked[letter, file] = f"${self.tests[letter, file]}"
        return self.asked[letter, file]

    def take_settings(self) -> Block:
        """The lines that a server needs before any map is asked; the next server begins anew."""
        found = Block()
        if self.asks_path:
            found.add("set", PATH, "$uri", comment="the path that was asked for")
        for (letter, file), variable in self.asked.items():
            emit_test(letter, file, variable, found)
        self.asks_path, self.asked = False, {}
        return found

    def emit(self, http: Block, words: Iterable[str]) -> None:
        """Write those that ``words`` ask for, and what these ask for in turn."""
        self._drop_unasked(words)
        changing = {each.strip("$") for each in (PATH, KEPT, ROUND, PAGE, USER, FIRST, SCRIPT_URL)}
        changing |= {"uri", "args", "status", *self.tests.values()}
        common = [(made, name) for name, made in self.shared.items() if name in self.used]
        for made, name in (*common, *((made, name) for (_, made), name in self.own.items())):
            changes = any(not changing.isdisjoint(_VARIABLE.findall(text)) for text in _words_of(made))
            if changes:
                changing.add(name)
            _emit(name, made, changes and made.kind == "map", http)

    def words(self) -> Iterator[str]:
        """The words of the maps that cells made for themselves."""
        return (word for _, made in self.own for word in _words_of(made))

    def _drop_unasked(self, words: Iterable[str]) -> None:
        asked = {name for word in words for name in _VARIABLE.findall(word)}
        kept: dict[tuple[str, Map], str] = {}
        for (wish, made), name in reversed(self.own.items()):  # a map asks only for those that were made before it
            if name in asked:
                kept[wish, made] = name
                asked.update(found for word in _words_of(made) for found in _VARIABLE.findall(word))
        self.own = dict(reversed(kept.items()))


def emit_test(letter: str, file: str, variable: str, block: Block) -> None:
    """The lines that say in a variable what a test of a file comes to."""
    block.add("set", variable, "0")
    block.open("if", f"-{letter}", file).add("set", variable, "1")


def _words_of(made: Map) -> Iterator[str]:
    yield made.source
    yield from (value for _, value in made.entries)


def _names(made: Map) -> bool:
    """Whether anything in it stands for a word of a host's own."""
    return any(map(named_in, _words_of(made))) or any(named_in(pattern) for pattern, _ in made.entries)


def _asked_of_whoever(pattern: str, name: OwnName) -> str | None:
    """A pattern for a value with a bar and the name of the host behind it."""
    sign = re.match(r"~\*?", pattern)
    if pattern == "default":
        return pattern
    if not pattern:
        return r"~^\|[^|]*\z"
    asked = name.pattern(pattern[sign.end() :]) if sign else None
    return None if sign is None or asked is None else sign[0] + asked


#: An error's document and an index are other paths, and so are the answers to questions about it.
PATH = "$asked_path"
#: Whether a path with encoded slashes has been put back (``slashes``).
KEPT = "$slashes_kept"
#: A point for each time that a request has passed its server: for an error's document it does so again.
ROUND = "$round"
#: The path that was asked for first, which pages of errors are told, and the first one that rules would see.
FIRST, SCRIPT_URL = "$first_path", "$script_url"
#: Whether the file is there that is the page of an error.
PAGE = "$page_is_there"
#: Who has shown a password for a script, where one is asked for.
USER = "$script_user"
_TAKEN: frozenset[str] = frozenset({*SHARED, *(each.strip("$") for each in (PATH, PAGE, USER))})


def _emit(name: str, made: Map, changes: bool, http: Block) -> None:
    http.space()
    block = http.open(made.kind, made.source, f"${name}", comment=made.why)
    if changes:
        block.add("volatile")
    for pattern, value in made.entries:
        if (pattern, value) != ("default", "") or len(made.entries) == 1:  # empty is what it is anyhow
            block.add(pattern, value)

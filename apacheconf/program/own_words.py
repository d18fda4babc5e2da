"""The words of a host's own that stand in what it does: its names in rules and headers, its folders, its balancers.

Hosts that differ in no more than these words do alike, each in its own words. What they share is found by a key in
which the words are marked; what a target makes of them is found by a host with words that stand for all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from apacheconf.expand.tree import Node

#: Directives whose texts may hold a name of the host's own.
_TOLD = frozenset(
    {"rewritecond", "header", "requestheader", "setenv", "errordocument", "authname", "proxypassreversecookiedomain"}
)
#: Those that say files or folders of the host's own, and how many words of theirs come before the one that does.
_FOLDERS = {"documentroot": 0, "directory": 0, "alias": 1, "authuserfile": 0, "authgroupfile": 0}
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+")
_BALANCER = re.compile(r'\A"?balancer://([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)/?"?\Z')
_IN_BALANCER = re.compile(r"(?<=balancer://)[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?=[/\s\"]|\Z)")
_PATH = re.compile(r"(?:/(?!\.{1,2}(?:/|\Z))[\w.-]+)+/?", re.ASCII)
#: Folders that sites of many hosters share.
_USUAL = frozenset({
    "var", "www", "srv", "home", "usr", "opt", "data", "mnt", "web", "webs", "websites", "site", "sites",
    "vhosts", "virtual", "hosts", "domains", "customers", "clients", "users", "htdocs", "html", "httpdocs",
    "httpsdocs", "public", "public_html", "pub", "wwwroot", "webroot", "www-data", "local", "share", "lib",
    "app", "apps", "current", "releases", "shared", "static", "assets", "media", "files", "etc", "apache2",
    "httpd", "auth", "htpasswd", "passwd", "private", "conf", "config",
})  # fmt: skip
#: The flags of a rule that leads to an origin.
_PROXIES = re.compile(r"(?i)\[(?:[^\]]*,)?\s*(?:P|proxy)\s*(?:,[^\]]*)?\]\"?\s*\Z")
#: Directives in whose arguments such words are looked for.
MAY_HOLD_OWN = frozenset({*_TOLD, *_FOLDERS, "rewriterule", "proxy"})
#: A condition that asks which text comes first.
_IN_ORDER = re.compile(r"\s\"?!?[<>]")
_MARK = re.compile("\0([nfb][0-9]+)(\\\\?)\0")
#: What stands for a word of whoever it is; as a name, a folder and a part of a pattern it is like the word itself.
STAND_IN = re.compile(r"own(\\*)-([nfb][0-9]+)(\\*)\.invalid")


def stand_in(word: str) -> str:
    """What stands for a word: the one that it is called by."""
    return f"own-{word}.invalid"


def named_in(text: str) -> list[str]:
    """The words that something stands for in a text."""
    return [found[1] for found in STAND_IN.findall(text)]


def filled(text: str, words: dict[str, str]) -> str:
    """The text with the words of a host in the place of what stands for them, escaped as that is."""

    def own(found: re.Match[str]) -> str:
        return words[found[2]].replace("-", f"{found[1]}-").replace(".", f"{found[3]}.")

    return STAND_IN.sub(own, text)


def leads_to_origin(args: str) -> bool:
    """Whether a RewriteRule may make an origin, which is read more closely."""
    return _PROXIES.search(args) is not None


def unmarked(text: str, words: dict[str, str]) -> str:
    """A marked text in the words of a host."""
    return _MARK.sub(lambda found: words[found[1]].replace(".", f"{found[2]}."), text)


@dataclass(frozen=True)
class OwnWords:
    """The ``words`` of a host by what they are called, such as ``n0`` for its first name."""

    words: dict[str, str]
    _names: tuple[tuple[str, str], ...]
    _folders: dict[str, str]
    _balancers: dict[str, str]

    @classmethod
    def of(cls, lines: Iterable[Node]) -> OwnWords:
        """Those of a host with these lines."""
        names, folders, balancers = dict[str, None](), dict[str, None](), dict[str, None]()
        for each in lines:
            name = each.name.lower()
            if name == "servername" or name == "serveralias":
                names.update(dict.fromkeys(_names_in(each.args)))
            elif name == "documentroot":
                folders.update(dict.fromkeys(_folders_in(each.args)))
            elif name == "proxy" and (found := _BALANCER.match(each.args.strip())):
                balancers[found[1]] = None
        shortest = [each for each in names if not any(each.endswith(f".{other}") for other in names)]
        called = {each: f"n{number}" for number, each in enumerate(shortest)}
        inside = _numbered("f", folders, shortest)
        balanced = _numbered("b", balancers, shortest)
        words = {what: word for known in (called, inside, balanced) for word, what in known.items()}
        longest = sorted(called.items(), key=lambda each: -len(each[0]))
        return cls(words, tuple(longest), inside, balanced)

    def marked(self, name: str, args: str) -> str:
        """The arguments of a directive (in small letters) with its own words marked, where these are known for what
        they are.
        """
        if name in _TOLD:
            return args if _IN_ORDER.search(args) else self._mark_names(args)
        if name == "rewriterule":
            pattern, blank, rest = args.partition(" ")
            return args if '"' in pattern else f"{pattern}{blank}{self._mark_names(rest)}"
        if name in _FOLDERS:
            return self._mark_folder(args, _FOLDERS[name])
        return self.marked_balancers(args) if name == "proxy" else args

    def marked_balancers(self, args: str) -> str:
        """The same where its balancers may be named."""
        if "balancer://" not in args:
            return args

        def mark(found: re.Match[str]) -> str:
            name = self._balancers.get(found[0])
            return self._mark_names(found[0]) if name is None else f"\0{name}\0"

        return _IN_BALANCER.sub(mark, args)

    def with_stand_ins(self, name: str, args: str) -> str:
        """The arguments with what stands for its words; names wherever they are."""
        marked = self._mark_names(self.marked(name, self.marked_balancers(args)))
        return unmarked(marked, {word: stand_in(word) for word in self.words})

    def _mark_names(self, text: str) -> str:
        for name, word in self._names:
            if name in text:
                text = text.replace(name, f"\0{word}\0")
            escaped = name.replace(".", "\\.")
            if escaped in text:
                text = text.replace(escaped, f"\0{word}\\\0")
        return text

    def _mark_folder(self, args: str, before: int) -> str:
        words = args.split()
        if len(words) != before + 1 or not _PATH.fullmatch(words[-1].strip('"')):
            return args
        parts = self._mark_names(words[-1]).split("/")
        path = "/".join(self._marked_part(each) for each in parts)
        return " ".join([*words[:-1], path])

    def _marked_part(self, part: str) -> str:
        bare = part.strip('"')
        word = self._folders.get(bare)
        return part if word is None else part.replace(bare, f"\0{word}\0")


NO_WORDS = OwnWords({}, (), {}, {})


def _names_in(args: str) -> Iterator[str]:
    words = (word.strip('"') for word in args.split())
    return (word.removeprefix("www.") for word in words if _NAME.fullmatch(word))


def _folders_in(args: str) -> Iterator[str]:
    path = args.strip().strip('"')
    return (part for part in path.strip("/").split("/") if _PATH.fullmatch(path) and part not in _USUAL)


def _numbered(kind: str, words: Iterable[str], names: Sequence[str]) -> dict[str, str]:
    """What words are called that hold no name, by these."""
    others = (each for each in words if not any(name in each for name in names))
    return {each: f"{kind}{number}" for number, each in enumerate(others)}


def with_stand_ins(node: Node, change: Callable[[str, str], str]) -> Node:
    """The node and all below it with other arguments."""
    children = None if node.children is None else tuple(with_stand_ins(each, change) for each in node.children)
    return node._replace(args=change(node.name.lower(), node.args), children=children)


def is_marked(args: str) -> bool:
    """Whether a word of the host's own is marked in it."""
    return "\0" in args

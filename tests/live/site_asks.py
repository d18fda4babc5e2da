"""At least thirty requests for a site, made from what the site itself says.

Its paths, expressions, names of files, conditions on headers, cookies and queries, users and hosts become requests:
every path of every section with its boundaries, for every host at every port, and each kind of request at the paths
where an origin, a file or a section stands.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from re import _parser  # type: ignore[attr-defined]
from typing import Any

from apacheconf.expand.tree import Node
from apacheconf.program.program import Program
from apacheconf.syntax.words import split

#: The password of every user that a site names.
PASSWORD = "secret"
#: More paths than these aren't asked of each host.
MOST_PATHS = 120
_AT_PLACES = frozenset({"location", "proxypass", "alias", "scriptalias", "redirect", "redirectpermanent",
                        "redirecttemp", "errordocument", "fallbackresource"})  # fmt: skip
_AT_MATCHES = frozenset({"locationmatch", "proxypassmatch", "aliasmatch", "redirectmatch", "rewriterule"})
_AT_FILES = frozenset({"files", "filesmatch"})
_COMMON = ("/", "/index.html", "/a.txt", "/app.css", "/sub", "/sub/", "/img.png", "/missing", "/.htaccess", "/.env",
           "/index.php", "/index.php/x/y", "/a%20b", "/a%2Fb", "/%zz", "//a.txt", "/sub/../a.txt", "/x/y?z=1",
           "/?q=%22", "/../etc/passwd", "/favicon.ico", "/robots.txt", "/.well-known/acme-challenge/x",
           "/app.js",
           "/blocked.pl", "/page.shtml", "/data.sql", "/~root/", "/wp-login.php", "/icon.svg",
           "/sub/index.php")  # fmt: skip


@dataclass(frozen=True)
class Ask:
    """A request: ``source`` is the client's address, ``secure`` whether TLS is spoken, with ``host`` as its name.

    ``whole`` is sent in place of everything. ``digest`` are a user and a wrong password (or none) with which a digest's
    challenge is answered; ``certificate`` is what the client shows; ``late``: it may be asked after the handshake too.
    """

    address: str
    port: int
    host: str
    secure: bool
    line: str
    headers: tuple[str, ...] = ()
    body: str = ""
    source: str = "127.0.0.1"
    whole: str = ""
    digest: tuple[str, str] = ("", "")
    certificate: str = ""
    late: bool = False

    def by(self, **changes: Any) -> Ask:
        """The same by another client."""
        return replace(self, **changes)

    def data(self) -> bytes:
        if self.whole:
            return self.whole.encode("latin-1")
        ends = [] if any(each.startswith("Connection:") for each in self.headers) else ["Connection: close"]
        lines = [self.line, f"Host: {self.host}", *self.headers, *ends, "X-Ask: 1"]
        return ("\r\n".join(lines) + "\r\n\r\n" + self.body).encode("latin-1")


def paths(nodes: Iterable[Node]) -> list[str]:
    """Paths that lie in, at and beside what the site names."""
    found: dict[str, None] = {}
    for node in (each for top in nodes for each in top.walk()):
        for path in _of(node):
            found.setdefault(path if path.startswith("/") else f"/{path}")
    return list(found)[:MOST_PATHS] + [each for each in _COMMON if each not in found]


def _of(node: Node) -> Iterator[str]:
    name, words = node.name.lower(), [word for word in split(node.args) if word != "~"]
    if name in _AT_PLACES:
        for word in (each for each in words[:2] if each.startswith("/")):
            path = word.rstrip("/").replace(" ", "%20")
            yield from (f"{path}{end}" for end in ("", "/", "/x/y?z=1", "x", "/a.txt"))
            yield f"{path}/../other"
    elif name in _AT_MATCHES and words:
        yield from (each for each in samples(words[0]) if " " not in each)
    elif name in _AT_FILES and words:
        yield from (samples(words[0]) if name == "filesmatch" else [words[0]])


def samples(pattern: str) -> Iterator[str]:
    """Up to two strings that match a regular expression, by its first and by its last alternatives."""
    text = pattern.removeprefix("!").replace("(?<", "(?P<").replace("(?P<!", "(?<!").replace("(?P<=", "(?<=")
    try:
        tree = _parser.parse(text)
    except (re.error, OverflowError):
        return
    yield from dict.fromkeys(_sample(tree, last) for last in (0, -1))


def _sample(tree: Any, last: int) -> str:
    return "".join(_piece(str(kind), value, last) for kind, value in tree)


def _piece(kind: str, value: Any, last: int) -> str:
    match kind:
        case "LITERAL":
            return chr(value)
        case "NOT_LITERAL" | "ANY":
            return "x"
        case "IN":
            return _member(value)
        case "BRANCH":
            return _sample(value[1][last], last)
        case "SUBPATTERN":
            return _sample(value[3], last)
        case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
            low, high, inner = value
            return _sample(inner, last) * (low if last else min(int(high), low or 1))
    return ""


def _member(choices: Any) -> str:
    kind, value = str(choices[0][0]), choices[0][1]
    if kind == "NEGATE":
        return "x"
    if kind == "CATEGORY":
        return "7" if str(value) == "CATEGORY_DIGIT" else " " if str(value) == "CATEGORY_SPACE" else "w"
    return chr(value[0]) if kind == "RANGE" else chr(value)


def headers(text: str) -> list[tuple[str, ...]]:
    """Headers that the site's conditions and conditional settings ask about, one list for each request."""
    found: dict[tuple[str, ...], None] = {}
    asked = r"%\{(?:HTTP:|HTTP_)([\w-]+)\}\"?\s*(?:=~|!~|==|!=|=)?\s*([^\s\"]+)"
    for name, value in re.findall(asked, text):
        found.update(dict.fromkeys(_header(name, value)))
    for name, value in re.findall(r"(?im)^\s*SetEnvIf(?:NoCase)?\s+\"?\^?([\w-]+)\$?\"?\s+(\S+)", text):
        found.update(dict.fromkeys(_header(name, value)))
    return [each for each in found if each[0].partition(":")[0].lower() not in _NO_HEADERS]


_NO_HEADERS = frozenset(
    {"host", "connection", "upgrade", "request_uri", "remote_addr", "request-uri", "remote-addr", "request_method"}
)


def _header(name: str, value: str) -> Iterator[tuple[str, ...]]:
    value = re.sub(r"^(?:m?[/#])|[/#]i?$|^'|'$|^!?=", "", value)
    yield from ((f"{name.replace('_', '-').title()}: {each}",) for each in samples(value))


#: Each kind of request at a path: the method, headers and a body.
KINDS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("HEAD", (), ""),
    ("POST", ("Content-Type: application/x-www-form-urlencoded", "Content-Length: 5"), "a=b&c"),
    ("POST", ("Content-Type: application/json", "Transfer-Encoding: chunked"), "3\r\nabc\r\n0\r\n\r\n"),
    ("PUT", ("Content-Length: 3",), "abc"),
    ("DELETE", (), ""),
    ("OPTIONS", ("Origin: https://www.example.com",), ""),
    ("PROPFIND", (), ""),
    ("TRACE", (), ""),
    ("GET", ("X-Want: 302",), ""),
    ("GET", ("X-Want: 404",), ""),
    ("GET", ("X-Want: 500",), ""),
    ("GET", ("X-Want: 503",), ""),
    ("GET", ("Accept-Encoding: gzip",), ""),
    ("GET", ("Range: bytes=0-4",), ""),
    ("GET", ("If-Modified-Since: Fri, 01 Jan 2038 00:00:00 GMT",), ""),
    ("GET", ("Cookie: JSESSIONID=x.node2; ROUTEID=.art-2; TABLE=t.n2; release=canary; dev=1",), ""),
    ("GET", ("Upgrade: websocket", "Connection: close, Upgrade", "Sec-WebSocket-Key: eA==",
             "Sec-WebSocket-Version: 13"), "hello"),
    ("GET", ("X-Forwarded-For: 203.0.113.9, 198.51.100.7", "X-Forwarded-Proto: https", "Forwarded: for=1.2.3.4"), ""),
    ("GET", ("User-Agent: Googlebot crawler", "Accept: text/html", "Accept-Language: fr, de;q=0.5"), ""),
)  # fmt: skip


def asks(
    program: Program, places: Iterable[tuple[str, int, int]], nodes: Iterable[Node], users: Iterable[str]
) -> Iterator[Ask]:
    """All requests; ``places`` are addresses, ports as configured and real ports."""
    nodes = list(nodes)
    text = "\n".join(f"{each.name} {each.args}" for top in nodes for each in top.walk())
    wanted, more = paths(nodes), headers(text)
    for address, port, real in places:
        chosen = program.index.set_for(address, port)
        for number in chosen.hosts if chosen else (program.index.main,):
            host = program.hosts[number]
            secure = host.front_tls is not None
            at = (address, real, host.name, secure)
            yield from (Ask(*at, f"GET {path} HTTP/1.1") for path in wanted)
            yield from _kinds(at, wanted, users)
            for header in more:
                yield from (Ask(*at, f"GET {path} HTTP/1.1", header) for path in wanted[:12])
            if not secure:  # another name than that of the handshake is another matter
                for name in (*_names(host.aliases), "unknown.test", f"{host.name}:99", host.name.upper()):
                    yield from (Ask(address, real, name, secure, f"GET {path} HTTP/1.1") for path in wanted[:6])


def _names(aliases: Iterable[str]) -> Iterator[str]:
    return (alias.replace("*", "any").replace("?", "q") for alias in list(aliases)[:3])


def _kinds(at: tuple[str, int, str, bool], wanted: list[str], users: Iterable[str]) -> Iterator[Ask]:
    step = max(1, len(wanted) // 12)
    for path in dict.fromkeys(["/", *wanted[::step]]):
        for method, lines, body in KINDS:
            yield Ask(*at, f"{method} {path} HTTP/1.1", lines, body)
    for path in wanted:
        yield Ask(*at, f"GET {path} HTTP/1.1", source="127.8.0.5")
        for user in (*list(users)[:3], "stranger"):
            coded = base64.b64encode(f"{user}:{PASSWORD}".encode()).decode()
            yield Ask(*at, f"GET {path} HTTP/1.1", (f"Authorization: Basic {coded}",))

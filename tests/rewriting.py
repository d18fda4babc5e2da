"""Sets of rules, and what httpd does with them: ``python -m tests.rewriting`` asks it again and writes it down.

``fixtures/rewrite/sets/*.txt`` hold the sets: a title behind ``###``, lines of a virtual host, and requests behind
``>``; what stands before the first set is for the main server. In them ``{o}`` and ``{p}`` are the authorities of two
origins, ``{host}`` is the host's name, ``{name}`` a name of its own, ``{port}`` where the front listens and ``{root}``
the DocumentRoot. All sets of a file run in one server, each in a host of its own.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from apacheconf.engines import Sandbox, Server, find, free_ports
from apacheconf.engines import httpd as sandboxed
from apacheconf.origins import Received
from apacheconf.program import Program, Request, decide
from apacheconf.program.workers import Balancer, Origin
from apacheconf.prove.client import Answer, Turn, exchange
from apacheconf.prove.threaded import Origins

FOLDER = Path(__file__).parents[1] / "fixtures" / "rewrite"
RECORDED = FOLDER / "sets.json"
FILES = sorted(path.stem for path in (FOLDER / "sets").glob("*.txt"))
MODULES = ("authz_core", "authz_host", "setenvif", "proxy", "proxy_http", "proxy_balancer", "slotmem_shm",
           "lbmethod_byrequests", "rewrite")  # fmt: skip
NAMES = {"{o}": "one.internal:80", "{p}": "two.internal:80"}


@dataclass(frozen=True, slots=True)
class RuleSet:
    """``requests`` are the lines behind ``>``, as written."""

    title: str
    lines: tuple[str, ...]
    requests: tuple[str, ...]

    @property
    def name(self) -> str:
        return re.sub(r"\W+", "-", self.title.lower()).strip("-")

    @property
    def host(self) -> str:
        return f"{self.name}.example"

    def filled(self, text: str) -> str:
        return text.replace("{host}", self.host).replace("{name}", self.name)


@dataclass(frozen=True, slots=True)
class Stage:
    """Where a file's sets run: the port of the front, the authorities behind ``{o}`` and ``{p}``, DocumentRoot."""

    port: int
    authorities: dict[str, str]
    root: Path

    def filled(self, text: str) -> str:
        for token, authority in {**self.authorities, "{root}": str(self.root), "{port}": str(self.port)}.items():
            text = text.replace(token, authority)
        return text

    def emptied(self, text: str) -> str:
        """``text`` without what differs from run to run."""
        for token, authority in {**self.authorities, "{root}": str(self.root)}.items():
            text = text.replace(authority, token)
        return re.sub(rf"\b{self.port}\b", "{port}", text)

    def config(self, file: str) -> str:
        lines = [f"ServerName main.example\nListen 127.0.0.1:{self.port}\nDocumentRoot {self.root}", main_lines(file)]
        for each in read(file):
            lines += [f"<VirtualHost *:{self.port}>", f"ServerName {each.host}", f"ServerAlias *.{each.host}"]
            lines += [f"DocumentRoot {self.root}", *map(each.filled, each.lines), "</VirtualHost>"]
        return self.filled("\n".join(lines)) + "\n"


def main_lines(file: str) -> str:
    """What stands before the first set: lines of the main server."""
    return _text(file).partition("### ")[0]


def _text(file: str) -> str:
    return (FOLDER / "sets" / f"{file}.txt").read_text()


def read(file: str) -> list[RuleSet]:
    text = _text(file)
    found = []
    for part in text.split("### ")[1:]:
        title, *lines = part.strip().splitlines()
        rules = tuple(line for line in lines if not line.startswith("> "))
        found.append(RuleSet(title, rules, tuple(line[2:] for line in lines if line.startswith("> "))))
    return found


def recorded() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = json.loads(RECORDED.read_text())
    return found


def write_files(root: Path, authorities: dict[str, str]) -> None:
    """The DocumentRoot that the sets speak of."""
    (root / "folder").mkdir(parents=True)
    for name, text in (("hello.txt", "hello\n"), ("maintenance.html", "back soon\n"), ("empty.txt", ""),
                       ("folder/inner.txt", "inner\n"), ("run", "x"),
                       ("map.txt", "# a comment\none 1\ntwo  2 and more\n#note 4\nthree\none again\n"),
                       ("hosts.txt", "alpha a/site\nbeta b/site\n")):  # fmt: skip
        (root / name).write_text(text)
    (root / "run").chmod(0o755)
    (root / "link").symlink_to("hello.txt")


# --- requests ------------------------------------------------------------------------------------------------


def parse_request(line: str, ruleset: RuleSet, stage: Stage) -> Request:
    """A request as it is written: ``METHOD target | Name: value | ...``."""
    first, *fields = stage.filled(ruleset.filled(line)).split(" | ")
    method, _, target = first.partition(" ")
    headers = [(name, value) for name, _, value in (field.partition(": ") for field in fields)]
    if not any(name == "Host" for name, _ in headers):
        headers.insert(0, ("Host", ruleset.host))
    return Request(method, target, tuple(headers), local=("127.0.0.1", stage.port), peer=("127.0.0.1", 40000))


def _bytes(request: Request) -> bytes:
    lines = [f"{request.method} {request.target} HTTP/1.1", *(f"{name}: {value}" for name, value in request.headers)]
    if request.method in ("POST", "PUT"):
        lines.append("Content-Length: 0")
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def seen(status: int, location: str = "", cookies: Iterable[str] = (), origin: str = "") -> str:
    """What is compared, in one line."""
    parts = [f"-> {origin}" if origin else str(status), location, *(f"[{cookie}]" for cookie in cookies)]
    return " ".join(filter(None, parts))


def _answered(answer: Answer, received: list[Received], stage: Stage) -> str:
    location = "".join(answer.values("location"))
    cookies = answer.values("set-cookie")
    origin = ""
    if received:
        one = received[-1]
        line = one.request_line.removesuffix(" HTTP/1.1")
        token = next(token for token, name in NAMES.items() if name == one.origin)
        origin = f"{token} {line} at {one.value('Host')}"
    return stage.emptied(seen(answer.status, location, cookies, origin))


def decided(program: Program, request: Request, stage: Stage) -> str:
    """What ``decide`` says, in the same words; a file that is there answers 200."""
    decision = decide(program, request)
    cookies = [value for name, value in decision.early_headers if name == "Set-Cookie"]
    if decision.origin is not None:
        authority = decision.host_header or next(iter(stage.authorities.values()))
        token = next(token for token, each in stage.authorities.items() if _leads(decision.origin, each))
        made = f"{token} {request.method} {_member_path(decision.origin)}{decision.uri} at {authority}"
        return stage.emptied(seen(200, "", cookies, made))
    status = decision.status or (200 if Path(decision.file).is_file() else 404)
    return stage.emptied(seen(status, decision.location, cookies))


def _member_path(origin: Origin) -> str:
    return origin.members[0].path if isinstance(origin, Balancer) else ""


def _leads(origin: Origin, authority: str) -> bool:
    workers = origin.members if isinstance(origin, Balancer) else (origin,)
    return any(authority in worker.name for worker in workers)


# --- servers -------------------------------------------------------------------------------------------------

Start = Callable[[Sandbox, str, int], Server]


def start_httpd(box: Sandbox, text: str, port: int) -> Server:
    engine = find("httpd")
    assert engine is not None, "httpd is needed to record what it says"
    before = sandboxed.preamble(engine, box, [f"{name}_module" for name in MODULES])
    return sandboxed.start(engine, box, f"{before}\nUseCanonicalName Off\n{text}", [("127.0.0.1", port)])


def start_serve(box: Sandbox, text: str, port: int) -> Server:
    before = sandboxed.preamble(None, box, [f"{name}_module" for name in MODULES])
    file = box.write("site.conf", f"{before}\n{text}")
    command: list[str | Path] = [sys.executable, "-m", "apacheconf", "serve", "-f", file]
    home = str(Path(__file__).parents[1])
    return Server("serve", command, [("127.0.0.1", port)], box.path / "logs" / "serve.out", {"PYTHONPATH": home})


@contextmanager
def staged(file: str, start: Start) -> Iterator[Callable[[RuleSet, str], str]]:
    """A running server; the function asks it one request of a set."""
    with Sandbox("rewrite") as box, Origins(NAMES.values()) as origins:
        origins.up(list(NAMES.values()))
        authorities = {token: f"127.0.0.1:{origins.ports[name]}" for token, name in NAMES.items()}
        stage = Stage(free_ports(1)[0], authorities, box.path / "www")
        write_files(stage.root, authorities)

        def ask(ruleset: RuleSet, line: str) -> str:
            request = parse_request(line, ruleset, stage)
            origins.take()
            (answer, *_) = exchange(("127.0.0.1", stage.port), (Turn(_bytes(request), (request.method,)),)).answers
            return _answered(answer, list(origins.take()), stage)

        with start(box, stage.config(file), stage.port):
            yield ask


def ask_all(file: str, start: Start) -> dict[str, dict[str, str]]:
    with staged(file, start) as ask:
        return {each.title: {line: ask(each, line) for line in each.requests} for each in read(file)}


def record() -> None:
    found: dict[str, dict[str, str]] = {}
    for file in FILES:
        found |= ask_all(file, start_httpd)
    RECORDED.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    record()

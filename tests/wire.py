"""Wire cases: files, a configuration, requests, and what httpd answered, all in one text file of ``fixtures/wire``.

::

    # what is asked, with the statements: AZ-2, AZ-3
    --- file html/open/a.txt            a file of the sandbox ({box}); mode=600 and mtime=1600000000 (or now) may follow
    hello
    --- link html/l a.txt               a symbolic link to a.txt; also: --- folder PATH, --- fifo PATH,
                                        and --- sdbm PATH with a key and its value in each line
    --- modules session_crypto_module   modules beside those that the configuration needs
    --- main                            lines outside the virtual host
    --- config                          lines of the virtual host example.com:{port}, DocumentRoot {box}/html
    ProxyPass /a http://{A}/
    --- show X-User                     headers that are told as the origin received them
    --- ask GET /open/a.txt             further header lines, an empty line and a body (\\r is a return) may follow
    --- ask same GET /b                 on the connection of the request before
    --- ask bare GET http://a/          without a Host header
    --- gone PATH                       before the next request this file, link or folder goes away
    --- now PATH                        or is written anew; it is a folder if that word follows
    --- answer                          recorded: made by ``python -m tests.wire [NAME]...``
    200 OK
    Content-Length: 6
    hello
    --- logged AH01630 AH01617          recorded: lines of the error log with these codes
    --- written logs/access.log         recorded: a file as it is in the end, without times and client's ports

``{A}`` to ``{C}`` are origins (``X-Ctl`` orders their answers), nobody listens at 127.0.0.1:{dead}, ``{box}`` is the
sandbox. Host: example.com is added where a request names none. Headers are sorted by name; Date and Server are left
out, and a page of httpd's own is told by its title and by what else went wrong (its length stands in Content-Length).
``python -m tests.wire --ours NAME...`` shows what serve says otherwise.
"""

from __future__ import annotations

import difflib
import gzip
import os
import re
import shutil
import struct
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from pathlib import Path

from apacheconf.engines import Engine, Sandbox, find, free_ports
from apacheconf.engines import httpd as engine_httpd
from apacheconf.model.views.modules import needed
from apacheconf.origins import Received
from apacheconf.program.loading import load
from apacheconf.prove.client import Answer, Turn, exchange
from apacheconf.prove.stage import LOADED_FIRST
from apacheconf.prove.threaded import Origins
from tests.runtime.responder import responding
from tests.runtime.served import Served

# Lists of folders show local times: those of the recordings are UTC.
os.environ["TZ"] = "UTC"
time.tzset()

FOLDER = Path(__file__).resolve().parents[1] / "fixtures" / "wire"
LETTERS = "ABC"
#: Every file is as old as this unless it says otherwise, so that ETag and Last-Modified can be recorded.
MTIME = 1577934245
#: The parts that are recorded, in the order in which they are made.
RECORDED = ("answer", "logged", "written")
#: Seconds that a server may be silent: a machine that is busy with other things is no other answer.
PATIENCE = 20.0
#: A longer body is told by its beginning and its length.
SHOWN = 3000
_LEFT_OUT = frozenset({"date", "server"})
_ENTRY = re.compile(r"^--- (\w+) ?(.*)\n((?:(?!--- ).*\n)*)", re.MULTILINE)
#: What a configuration of the sandbox always needs.
_MODULES = ("authz_core_module", "mime_module", "dir_module")


@dataclass(frozen=True)
class Part:
    """A part of a case: its ``kind``, the words behind it, and the text below."""

    kind: str
    words: str
    text: str

    def __str__(self) -> str:
        return f"--- {self.kind} {self.words}".rstrip() + f"\n{self.text}"


@dataclass(frozen=True)
class Case:
    """One file of ``fixtures/wire``."""

    path: Path
    head: str
    parts: tuple[Part, ...]

    @property
    def name(self) -> str:
        return str(self.path.relative_to(FOLDER).with_suffix(""))

    def of(self, kind: str) -> list[Part]:
        return [part for part in self.parts if part.kind == kind]

    def text(self, kind: str) -> str:
        return "".join(part.text for part in self.of(kind))

    def recorded(self) -> list[str]:
        """What httpd said, in order: answers, then what it logged."""
        return [part.text for kind in RECORDED for part in self.of(kind)]

    def with_recorded(self, told: Iterable[str]) -> Case:
        """The same case with other answers."""
        answers = iter(told)
        parts: list[Part] = []
        for part in (part for part in self.parts if part.kind not in RECORDED):
            parts += [part, Part("answer", "", next(answers))] if part.kind == "ask" else [part]
        parts += [Part(kind, part.words, next(answers)) for kind in RECORDED[1:] for part in self.of(kind)]
        return Case(self.path, self.head, tuple(parts))

    def __str__(self) -> str:
        return self.head + "".join(map(str, self.parts))


def read(path: Path) -> Case:
    text = path.read_text("utf-8")
    start = text.index("--- ")
    found = [Part(kind, words.strip(), below) for kind, words, below in _ENTRY.findall(text[start:])]
    return Case(path, text[:start], tuple(found))


def cases(names: Iterable[str] = ()) -> list[Case]:
    """All cases, or those whose name begins with one of ``names``."""
    wanted = tuple(names)
    found = [read(path) for path in sorted(FOLDER.rglob("*.txt"))]
    return [case for case in found if not wanted or case.name.startswith(wanted)]


@dataclass
class Scene:
    """A case set up: its sandbox, its port, its origins, and the configuration as it is run."""

    case: Case
    box: Sandbox
    port: int
    origins: Origins
    text: str = ""
    names: dict[str, str] = field(default_factory=dict)

    def fill(self, text: str) -> str:
        for name, value in self.names.items():
            text = text.replace(name, value)
        return text

    def hide(self, text: str) -> str:
        for name, value in self.names.items():
            before = r"(?<![\da-f])" if value[:1].isalnum() else ""
            text = re.sub(rf"{before}{re.escape(value)}(?![\da-f])", name, text)
        return text


@contextmanager
def scene(case: Case, engine: Engine | None) -> Iterator[Scene]:
    """The case's files and configuration. ``engine`` is the httpd whose modules are named."""
    port, dead = free_ports(2)
    with Sandbox("wire") as box, Origins(LETTERS) as origins, responding(box.path, str(case)) as responders:
        found = Scene(case, box, port, origins)
        at = {f"{{{letter}}}": f"127.0.0.1:{origins.ports[letter]}" for letter in LETTERS}
        found.names = {"{box}": str(box.path), "{port}": str(port), "{dead}": str(dead), **at, **responders}
        for part in case.parts:
            _lay_out(part, box.path, found)
        body = (
            f"{case.text('main')}<VirtualHost *:{port}>\nServerName example.com:{port}\n"
            f'DocumentRoot "{box.path}/html"\n{case.text("config")}</VirtualHost>\n'
        )
        found.text = _preamble(found, engine, found.fill(body))
        box.write("httpd.conf", found.text)
        origins.up(LETTERS)
        yield found


def _preamble(scene: Scene, engine: Engine | None, body: str) -> str:
    fragment = scene.box.write("fragment.conf", body)
    modules = {*_MODULES, *needed(load([str(fragment)]).expanded)}
    for part in scene.case.of("modules"):
        modules |= set(part.words.split())
    ordered = sorted(modules, key=lambda name: (name not in LOADED_FIRST, name))
    lines = engine_httpd.preamble(engine or find("httpd"), scene.box, ordered)
    listen = "" if re.search(r"(?im)^\s*Listen ", body) else f"\nListen 127.0.0.1:{scene.port}"
    return f"{lines}{listen}\nServerName main.example\n{body}"


def _lay_out(part: Part, root: Path, scene: Scene) -> None:
    """Put a file, link, folder or FIFO into the sandbox."""
    if part.kind not in ("file", "link", "folder", "fifo", "sdbm"):
        return
    name, *words = part.words.split()
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    options = dict(word.split("=", 1) for word in words if "=" in word)
    if part.kind == "link":
        path.symlink_to(scene.fill(words[0]))
        return
    if part.kind == "fifo":
        os.mkfifo(path)
    elif part.kind == "folder":
        path.mkdir(exist_ok=True)
    elif part.kind == "sdbm":
        path.with_name(f"{path.name}.dir").write_bytes(b"")
        path = path.with_name(f"{path.name}.pag")
        path.write_bytes(_sdbm(part.text))
    else:
        path.write_bytes(scene.fill(part.text).encode("latin-1"))
    if "mode" in options:
        path.chmod(int(options["mode"], 8))
    when = time.time() if options.get("mtime") == "now" else int(options.get("mtime", MTIME))
    os.utime(path, (when, when))


def _sdbm(text: str) -> bytes:
    """A page of SDBM: how many items, where each begins, and the items from the end on."""
    items = [item.encode("latin-1") for line in text.splitlines() for item in line.split(" ", 1)]
    offsets = [1024 - sum(map(len, items[: number + 1])) for number in range(len(items))]
    front = struct.pack(f"<{len(items) + 1}h", len(items), *offsets)
    return front + bytes(1024 - len(front) - sum(map(len, items))) + b"".join(reversed(items))


def _words(part: Part) -> str:
    """The request line of an ``ask``."""
    return part.words.removeprefix("same ").removeprefix("bare ")


def request_text(part: Part) -> str:
    """The request of an ``ask``, as latin-1 text."""
    words = _words(part)
    if not re.search(r" HTTP/\d\.\d$", words):
        words += " HTTP/1.1"
    head, _, body = part.text.partition("\n\n")
    lines = [words, *head.strip("\n").split("\n")] if head.strip("\n") else [words]
    bare = part.words.startswith("bare ") or words.endswith("/1.0")
    if not bare and not any(line.lower().startswith("host:") for line in lines[1:]):
        lines.insert(1, "Host: example.com")
    body = body.removesuffix("\n").replace("\\r", "\r")
    if body and not re.search(r"(?im)^(content-length|transfer-encoding):", head):
        lines.append(f"Content-Length: {len(body.encode('latin-1'))}")
    return "\r\n".join(lines) + f"\r\n\r\n{body}"


def play(case: Case, engine: Engine | None) -> list[str]:
    """What httpd says to a case, or serve without an engine, in the form of ``Case.recorded``."""
    with scene(case, engine) as found:
        if engine is None:
            with Served(found.box.path / "httpd.conf"):
                told = _told(found)
        else:
            with engine_httpd.start(engine, found.box, found.text, [("127.0.0.1", found.port)]):
                told = _told(found)
        return told + _logged(found)  # after the end, when everything is written


def _told(scene: Scene) -> list[str]:
    shown = [name for part in scene.case.of("show") for name in part.words.split()]
    told: list[str] = []
    written = scene.case.of("written")
    for changes, together in _connections(scene.case.parts):
        for change in changes:
            _change(change, scene)
        turns = tuple(Turn(scene.fill(request_text(p)).encode("latin-1"), (_method(p),)) for p in together)
        answers = exchange(("127.0.0.1", scene.port), turns, PATIENCE).answers
        if written:  # a line is written when its answer has been sent, by a thread that others may overtake
            time.sleep(0.05)
        arrived = scene.origins.take()
        for number in range(len(together)):
            text = _answer(answers[number]) if number < len(answers) else "(no answer)\n"
            if number == len(together) - 1:
                text += "".join(_arrival(each, shown) for each in arrived)
            told.append(_escaped(scene.hide(text)))
    return told


def _logged(scene: Scene) -> list[str]:
    """The lines of the error log that a case asks for, and the files that it wants to see."""
    told: list[str] = []
    if scene.case.of("written"):
        _wait_for_writers(scene.box.path)
    for part in (part for kind in ("logged", "written") for part in scene.case.of(kind)):
        is_file = part.kind == "written"
        log = scene.box.path / (part.words if is_file else "logs/error.log")
        lines = log.read_text("latin-1").splitlines() if log.exists() else ["(no such file)"] if is_file else []
        wanted = lines if is_file else [line for line in lines if _wanted(line, part.words)]
        told.append(_escaped(scene.hide("".join(f"{plain_line(line)}\n" for line in wanted))))
    return told


def _wait_for_writers(folder: Path) -> None:
    """Wait until no process has a file of this folder open: programs that read logs outlive the server."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and any(_has_open(folder, process) for process in Path("/proc").glob("[0-9]*")):
        time.sleep(0.02)


def _has_open(folder: Path, process: Path) -> bool:
    try:
        return any(str(each.readlink()).startswith(f"{folder}/") for each in (process / "fd").iterdir())
    except OSError:  # it has ended, or it isn't ours
        return False


def _connections(parts: Iterable[Part]) -> list[tuple[list[Part], list[Part]]]:
    """The requests of each connection, and what changes before it."""
    found: list[tuple[list[Part], list[Part]]] = []
    changes: list[Part] = []
    for part in parts:
        if part.kind in ("gone", "now"):
            changes.append(part)
        elif part.kind == "ask" and part.words.startswith("same "):
            found[-1][1].append(part)
        elif part.kind == "ask":
            found.append((changes, [part]))
            changes = []
    return found


def _change(part: Part, scene: Scene) -> None:
    """Take something away from the sandbox, or write it."""
    path = scene.box.path / part.words.split()[0]
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
    if part.kind == "now":
        name, *words = part.words.split()
        kind = "folder" if "folder" in words else "file"
        _lay_out(Part(kind, " ".join((name, "mtime=now", *words)), part.text), scene.box.path, scene)


def _method(part: Part) -> str:
    return _words(part).split()[0]


def _answer(answer: Answer) -> str:
    headers = sorted(((n, v) for n, v in answer.headers if n.lower() not in _LEFT_OUT), key=lambda h: h[0].lower())
    lines = [*(f"{status} (interim)" for status in answer.interims), f"{answer.status} {answer.reason}".rstrip()]
    named = {name.lower(): value for name, value in headers}
    boundary = named.get("content-type", "").partition("multipart/byteranges; boundary=")[2]
    if boundary:  # it is random, and so is its length
        size = int(named["content-length"]) + answer.body.count(boundary.encode()) * (16 - len(boundary))
        headers = [(n, str(size) if n.lower() == "content-length" else v) for n, v in headers]
    lines += [f"{name}: {_value(name, value, answer)}" for name, value in headers]
    body = _body(answer, named)
    if boundary:
        lines, body = [line.replace(boundary, "{boundary}") for line in lines], body.replace(boundary, "{boundary}")
    return "\n".join(lines) + "\n" + (f"\n{body}" if body else "") + ("" if answer.whole else "(broken off)\n")


def _value(name: str, value: str, answer: Answer) -> str:
    """Allow is a set, whose order varies in httpd; Expires and what has changed just now are told from the Date on."""
    if name.lower() == "allow":
        return ",".join(sorted(value.split(",")))
    if name.lower() == "expires" and (date := next((v for n, v in answer.headers if n.lower() == "date"), "")):
        with suppress(ValueError):
            return f"{(parsedate_to_datetime(value) - parsedate_to_datetime(date)).total_seconds():.0f} s after Date"
    if name.lower() == "last-modified" and abs(_seconds(value) - _seconds(dict(answer.headers).get("Date", ""))) < 5:
        return "as Date"
    return value


def _seconds(date: str) -> float:
    try:
        return parsedate_to_datetime(date).timestamp()
    except ValueError:
        return 0.0


def _body(answer: Answer, headers: Mapping[str, str]) -> str:
    body, note = answer.body, ""
    if headers.get("content-encoding") == "gzip" and body[:2] == b"\x1f\x8b":
        with suppress(EOFError):  # a part of it is told as it is
            body, note = gzip.decompress(body), "(gzip)\n"
    text = body.decode("latin-1")
    title = re.match(r"<!DOCTYPE HTML PUBLIC.*\n<html><head>\n<title>(\d{3} .*)</title>\n</head><body>\n<h1>", text)
    if title:
        second = re.search(r"Additionally, a (\d{3} .*)\nerror", text)
        return f"({title[1]}{f', and {second[1]}' if second else ''})\n"
    if len(text) > SHOWN:
        text = f"{text[:80]}... ({len(body)} bytes)"
    return note + text + ("" if not text or text.endswith("\n") else "(no newline)\n")


def _escaped(text: str) -> str:
    """A line of an answer never looks like the beginning of a part."""
    printable = re.sub(r"[^\n\t\x20-\x7e\xa0-\xff]", lambda found: f"\\x{ord(found[0]):02x}", text)
    return re.sub(r"(?m)^---", r"\\---", printable)


def _arrival(received: Received, shown: Iterable[str]) -> str:
    fields = "".join(f"  {name}: {v}\n" for name in shown for n, v in received.headers if n.lower() == name.lower())
    return f"> {received.origin} {received.request_line}\n{fields}"


def _wanted(line: str, codes: str) -> bool:
    return any(code in line for code in codes.split())


#: What a machine says that reaches no name server, and what one says that does.
_OFFLINE = "(EAI 3)Temporary failure in name resolution", "(EAI 2)Name or service not known"


def plain_line(line: str) -> str:
    """A line of a log without time, process, thread and client's port."""
    line = re.sub(r"^\[[A-Z][a-z]{2} [A-Z][a-z]{2} [^]]*\] ", "", line)
    line = re.sub(r"\[pid \d+(:tid \d+)?\] ", "", line)
    line = re.sub(r"\[\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\]", "[time]", line)
    line = line.replace(*_OFFLINE)
    return re.sub(r"\[client ([\d.]+|[\da-f:]+):\d+\]", r"[client \1]", line)


def record(names: Iterable[str] = ()) -> None:
    """Ask the installed httpd, and write its answers into the cases."""
    engine = find("httpd")
    assert engine is not None, "httpd is not installed"
    for case in cases(names):
        case.path.write_text(str(case.with_recorded(play(case, engine))), "utf-8")


def show_ours(names: Iterable[str]) -> int:
    """Print where serve says something else; the number of such cases."""
    different = 0
    for case in cases(names):
        theirs, ours = str(case), str(case.with_recorded(play(case, None)))
        different += ours != theirs
        told = difflib.unified_diff(theirs.splitlines(True), ours.splitlines(True), case.name, "serve")
        sys.stdout.writelines(told)
    return different


def main(words: list[str]) -> None:
    if words[:1] == ["--ours"]:
        sys.exit(min(show_ours(words[1:]), 1))
    record(words)


if __name__ == "__main__":
    main(sys.argv[1:])

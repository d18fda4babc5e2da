"""What httpd says to ``.htaccess`` files: ``fixtures/htaccess/*.txt``, made by ``python -m tests.model.htaccess``.

A case is the AllowOverride of its directory, the lines of the file, then ``=> OK``, or what the error log says of
it with the file as F; ``=> 500`` follows each text that made the request fail, a warning comes without. ``@N`` is a
comment line of N bytes.
"""

from __future__ import annotations

import re
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from apacheconf.diagnostics import Level
from apacheconf.engines import Sandbox, find, free_ports
from apacheconf.engines import httpd as engine_httpd
from apacheconf.engines.installed import Engine
from apacheconf.expand import Input, Options, Surroundings, expand
from apacheconf.model import bind, build
from apacheconf.source import SourceFile
from tests.model.refusals import SHARED

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "fixtures" / "htaccess"


class Case(NamedTuple):
    override: str
    text: str
    said: str

    def __str__(self) -> str:
        return f"{self.override}-{self.text[:60]!r}"


def read() -> Iterator[Case]:
    for path in sorted(FOLDER.glob("*.txt")):
        for block in path.read_text("utf-8").split("\n\n"):
            lines = [line for n, line in enumerate(block.split("\n"))]
            while lines and lines[0].startswith("#"):
                lines.pop(0)
            text, arrow, said = "\n".join(lines[1:]).strip("\n").partition("\n=> ")
            if arrow:
                yield Case(lines[0], text, said)


def contents(case: Case) -> str:
    return re.sub(r"^@(\d+)$", lambda match: "#" * int(match[1]), case.text, flags=re.MULTILINE) + "\n"


def ours(case: Case) -> str:
    """What we say to a case, in the fixture's form."""
    around = Surroundings.htaccess("/d", case.override)
    if not around.is_read:
        return "OK"
    source = SourceFile("F", contents(case))
    expanded = expand(Input((source,), "/", None), Options(context=around, environ={}))
    model = build(bind(expanded))
    shown: list[str] = []
    for each in model.all_diagnostics:
        if each.httpd and each.level:
            shown.append(each.httpd)
            if each.level is Level.ERROR:  # httpd stops here
                return _form(shown, True)
    return _form(shown, False)


def _form(said: Sequence[str], failed: bool) -> str:
    text = "\n".join(said) + ("\n500" if failed else "")
    return text.strip() or "OK"


def theirs(cases: Sequence[Case], engine: Engine) -> Iterator[str]:
    """What httpd says to each: one server, one directory per case."""
    port = free_ports(1)[0]
    with Sandbox("htaccess") as box:
        sections = []
        for number, case in enumerate(cases):
            box.write(f"html/{number}/.htaccess", contents(case))
            box.write(f"html/{number}/index.html", "x")
            override = case.override
            none = "AllowOverride None\n" if override.startswith("AllowOverrideList") else ""
            sections.append(f"<Directory {box.path}/html/{number}>\n{none}{override}\n</Directory>\n")
        text = engine_httpd.preamble(engine, box, SHARED)
        text += f"\nListen 127.0.0.1:{port}\nServerName x\nDocumentRoot {box.path}/html\n{''.join(sections)}"
        with engine_httpd.start(engine, box, text, [("127.0.0.1", port)]):
            log = box.path / "logs" / "error.log"
            for number in range(len(cases)):
                before = len(log.read_text("latin-1"))
                status = _status(f"http://127.0.0.1:{port}/{number}/index.html")
                logged = log.read_text("latin-1")[before:].splitlines()
                file = f"{box.path}/html/{number}/.htaccess"
                said = [
                    _message(line).replace(file, "F")
                    for line in logged
                    if re.search(r"AH0229|AH00111|\.htaccess", line)
                ]
                yield _form(said, status == 500).replace(str(box.path), "ROOT")


def _message(line: str) -> str:
    """What follows the time, module, process and client."""
    return re.sub(r"^(\[[^]]*\] )+", "", line)


def _status(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def record() -> None:
    """Ask the installed httpd every case and write its answers down."""
    engine = find("httpd")
    if engine is None:
        sys.exit("httpd is not installed")
    said = theirs(list(read()), engine)
    for path in sorted(FOLDER.glob("*.txt")):
        text = path.read_text("utf-8")
        path.write_text(re.sub(r"\n=> (?:.|\n)*?(?=\n\n|\n?\Z)", lambda _: f"\n=> {next(said)}", text), "utf-8")


if __name__ == "__main__":
    record()

"""What httpd says to small configurations: ``fixtures/refusals/*.txt``, made by ``python -m tests.model.refusals``.

A case is some lines, then ``=> 2: MESSAGE`` (httpd refused, and named that line of the case) or ``=> OK``. Cases
are separated by empty lines; ``#`` begins a line that says which statements the cases after it are about. All
modules of httpd's own are loaded. What only the recording machine lacks is a note of ours in the same words.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from apacheconf.diagnostics import Level
from apacheconf.engines import find
from apacheconf.engines.httpd import build_of
from apacheconf.expand import Input, Options, expand
from apacheconf.model import bind, build
from apacheconf.model.order import in_walk_order
from apacheconf.source import SourceFile

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "fixtures" / "refusals"

#: Loaded first, because others need their symbols.
_FIRST = ("proxy", "ldap", "slotmem_shm", "cache", "session", "dav", "xml2enc", "ssl", "dbd", "authn_core", "http2")
#: Left out: a second CGI or MPM, and a third party's, which brings defines of its own.
_LEFT_OUT = frozenset({"cgi_module", "security2_module", "mpm_worker_module", "mpm_prefork_module"})


class Case(NamedTuple):
    """``text`` and what httpd said of it: ``OK`` or ``LINE: MESSAGE``."""

    file: str
    text: str
    said: str

    def __str__(self) -> str:
        return f"{self.file}-{self.text!r}"


def read() -> Iterator[Case]:
    """All cases of all files."""
    for path in sorted(FOLDER.glob("*.txt")):
        for block in path.read_text("utf-8").split("\n\n"):
            text, arrow, said = block.strip("\n").partition("\n=> ")
            if arrow:
                yield Case(path.stem, text, said)


def _identifiers(available: Iterable[str]) -> list[str]:
    names = [name for name in available if name not in _LEFT_OUT]
    first = [f"{name}_module" for name in _FIRST if f"{name}_module" in names]
    return first + [name for name in names if name not in first]


#: Every module that httpd ships as a shared object on Debian, as facts of the project.
SHARED = _identifiers(
    line.split()[0]
    for line in (ROOT / "tests" / "spec" / "httpd-modules.txt").read_text().splitlines()
    if "(shared)" in line
)


def preamble(root: str, module_dir: str) -> str:
    loads = [f"LoadModule {name} {module_dir}/{_file_of(name)}" for name in SHARED]
    return "\n".join([f"ServerRoot {root}", "ServerName main.example", f"ErrorLog {root}/error.log", *loads]) + "\n"


def _file_of(identifier: str) -> str:
    return f"mod_{identifier.removesuffix('_module')}.so"


def ours(text: str) -> str:
    """What we say to a case, in the fixture's form."""
    root = tempfile.gettempdir()
    before = preamble(root, "modules")
    options = Options(environ={})
    expanded = expand(Input((SourceFile("case.conf", before + text + "\n"),), root, "case.conf"), options)
    bound = bind(expanded)
    found = in_walk_order(expanded, bound.diagnostics, build(bound).diagnostics)
    for diagnostic in (*expanded.diagnostics, *found):
        if diagnostic.level is Level.ERROR or diagnostic.name == "not-on-this-machine":
            return _form((diagnostic.httpd or "").replace("{argv0}", "apache2"), before.count("\n"))
    return "OK"


def theirs(text: str, binary: str, module_dir: str) -> str:
    """What httpd says."""
    with tempfile.TemporaryDirectory() as root:
        before = preamble(root, module_dir)
        Path(root, "logs").mkdir()
        file = Path(root, "case.conf")
        file.write_text(before + text + "\n", "latin-1")
        ran = subprocess.run([binary, "-t", "-f", str(file)], capture_output=True, text=True, timeout=30)
        return "OK" if ran.returncode == 0 else _form(ran.stderr, before.count("\n")).replace(root, "ROOT")


_WALK = re.compile(r"AH00526: Syntax error on line (\d+) of \S+:\n(.*)", re.DOTALL)
_READ = re.compile(r"\S+: Syntax error on line (\d+) of [^:]+: (.*)", re.DOTALL)


def _form(said: str, offset: int) -> str:
    found = _WALK.search(said) or _READ.search(said)
    if found is None:
        return said.strip()
    message = re.sub(r", expecting .*?(?=: |$)", "", found[2].strip())  # bison's tables, not the language (EXPR-13)
    return f"{int(found[1]) - offset}: {message}".replace("\n", "\\n")


def record(only_new: bool = False) -> None:
    """Ask the installed httpd every case, or those with ``=> ?``, and write its answers down."""
    engine = find("httpd")
    folder = engine and build_of(engine).module_dir
    if engine is None or folder is None:
        sys.exit("httpd is not installed")
    for path in sorted(FOLDER.glob("*.txt")):
        blocks = []
        for block in path.read_text("utf-8").strip().split("\n\n"):
            text, arrow, said = block.strip("\n").partition("\n=> ")
            if arrow and (said == "?" or not only_new):
                block = f"{text}\n=> {theirs(text, str(engine.path), str(folder))}"
            blocks.append(block)
        path.write_text("\n\n".join(blocks) + "\n", "utf-8")


if __name__ == "__main__":
    os.environ["LC_ALL"] = "C"
    record("--new" in sys.argv)

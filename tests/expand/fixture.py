"""Fixtures of the read phase: a small tree of files and what the real httpd says of it.

A fixture is one file: the text of ``main.conf``, further files after ``==== file NAME``, then ``==== httpd`` and what
httpd printed, with ROOT for the folder. `python -m tests.expand.fixture` asks the httpd of this machine again and
rewrites all expectations.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from apacheconf.expand import Expanded, Node
from apacheconf.expand.known import spelling

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
FOLDERS = (FIXTURES / "reading", FIXTURES / "errors")
_MARK = re.compile(rb"^==== (.+)\n", re.MULTILINE)
#: What a configuration must load before it can be tested at all; httpd's own copies, wherever it keeps them.
MODULES = ("mpm_event", "macro", "info", "headers", "authz_core", "alias", "setenvif", "env", "rewrite", "proxy")


@dataclass(frozen=True)
class Fixture:
    """``files`` by name (``main.conf`` first), ``says`` what httpd answers."""

    path: Path
    files: dict[str, bytes]
    says: str

    def lay_out(self, root: Path) -> Path:
        """Write the files below ``root``; gives the main file."""
        for name, text in self.files.items():
            file = root / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(text)
        (root / "logs").mkdir(exist_ok=True)
        return root / "main.conf"


def load(path: Path) -> Fixture:
    """Read the fixture at ``path``."""
    parts = _MARK.split(path.read_bytes())
    files, says = {"main.conf": parts[0]}, ""
    for mark, text in zip(parts[1::2], parts[2::2], strict=True):
        if mark == b"httpd":
            says = text.decode("latin-1")
        else:
            files[mark.decode().removeprefix("file ")] = _unescaped(text)
    return Fixture(path, {name: _unescaped(text) for name, text in files.items()}, says)


def _unescaped(text: bytes) -> bytes:
    """``<EOF>`` at the end takes the last line end away; ``<NUL>`` is that byte, which editors dislike."""
    return (
        text.removesuffix(b"\n").removesuffix(b"<EOF>") if text.endswith(b"<EOF>\n") else text.replace(b"<NUL>", b"\0")
    )


def every(folder: Path) -> Iterator[Path]:
    """All fixtures of a folder."""
    return iter(sorted(folder.glob("*.conf")))


def ask_httpd(binary: Path, modules: Path, fixture: Fixture, root: Path) -> str:
    """What httpd prints for ``-t -D DUMP_CONFIG``, without what comes from our own command line."""
    main = fixture.lay_out(root)
    loads = [f"LoadModule {name}_module {modules}/mod_{name}.so" for name in MODULES]
    words = [str(binary), "-t", "-D", "DUMP_CONFIG", "-d", str(root), "-f", str(main)]
    for line in [*loads, f"ServerRoot {root}"]:
        words += ["-C", line]
    words += ["-c", "ServerName localhost", "-c", "Listen 127.0.0.1:65000"]
    done = subprocess.run(words, capture_output=True, cwd=root, timeout=30, check=False, env={"HOME_PAGE": "from env"})
    return normalised((done.stdout + done.stderr).decode("latin-1"), root, binary.name)


def normalised(text: str, root: Path, argv0: str) -> str:
    """Without the folder's name, times, process numbers, and what isn't about this configuration."""
    text = text.replace(f"{root}/", "ROOT/").replace(str(root), "ROOT")
    text = re.sub(r"^\[[^]]*\] \[(\w+:\w+)\] \[pid [^]]*\] ", r"[\1] ", text, flags=re.MULTILINE)
    text = re.sub(rf"^{argv0}: |^\S*/{argv0}: ", "{argv0}: ", text, flags=re.MULTILINE)
    text = re.sub(r"(?ms)^# In file: -c/-C directives\n.*?(?=^# In file|^\[|^AH|^\{|^Syntax OK|\Z)", "", text)
    return re.sub(r"^Syntax OK\n", "", text, flags=re.MULTILINE)


def dump(expanded: Expanded, root: Path) -> str:
    """The tree as DUMP_CONFIG prints it (CLI-23): it omits the close tag of an empty section."""
    lines: list[str] = []
    file = ""
    for node in expanded.nodes:
        file = _dump(node, "", file, lines)
    return "".join(f"{line}\n" for line in lines).replace(f"{root}/", "ROOT/")


def _dump(node: Node, indent: str, file: str, lines: list[str]) -> str:
    file = _dump_file(node, file, lines)
    lines.append(f"{indent}#{node.place.line:4}:")
    if node.children is None:
        lines.append(f"{indent}{spelling(node.name)} {node.args}")
        return file
    name = spelling(f"<{node.name}")
    lines.append(f"{indent}{name} {node.args}{node.tail}")
    for child in node.children:
        file = _dump(child, indent + "  ", file, lines)
    if node.children:
        file = _dump_file(node, file, lines)
        lines.append(f"{indent}</{name[1:]}>")
    return file


def _dump_file(node: Node, file: str, lines: list[str]) -> str:
    if node.place.name != file:
        lines.append(f"# In file: {node.place.name}")
    return node.place.name


def record() -> None:
    """Rewrite the expectations of all fixtures by asking the httpd of this machine."""
    import tempfile

    from apacheconf.engines import find

    engine = find("httpd")
    if engine is None:
        raise SystemExit("httpd is not installed")
    for folder in FOLDERS:
        for path in every(folder):
            with tempfile.TemporaryDirectory() as name:
                says = ask_httpd(engine.path, modules_folder(), load(path), Path(name).resolve())
            written = path.read_bytes().partition(b"==== httpd\n")[0]
            path.write_bytes(written + b"==== httpd\n" + says.encode("latin-1"))


def modules_folder() -> Path:
    """Where httpd's shared modules are."""
    for folder in ("/usr/lib/apache2/modules", "/usr/lib64/httpd/modules", "/usr/local/apache2/modules"):
        if Path(folder).is_dir():
            return Path(folder)
    raise FileNotFoundError("httpd's modules")


if __name__ == "__main__":
    record()

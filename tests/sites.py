"""The sites of ``fixtures/sites`` made acceptable to a machine that isn't theirs, without editing them.

A site folder is a small overlay of a file system: ``*.conf`` at its top are what its administrator wrote, folders
such as ``etc/`` and ``var/`` hold what those lines name by absolute paths, ``.htaccess`` files included. ``lay_out``
copies it into a sandbox and points the paths in the copy there; certificates, keys, password files, maps and log
folders that it names and doesn't hold get stand-ins. httpd and we are given the same copy.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

from apacheconf.engines import Engine, Sandbox, httpd
from apacheconf.expand import Node, Options, expand, find
from apacheconf.expand.finding import MAIN_FILES
from apacheconf.syntax.words import split
from tests.conftest import SITES

#: Sites that other tests own: they hold more than a configuration.
OTHERS = frozenset({"reverse-proxy", "load-balancer", "debian", "redhat"})
#: Sites that are read with ``-D`` too: each set of names once.
DEFINES: dict[str, tuple[tuple[str, ...], ...]] = {
    "blue-green-by-define": ((), ("GREEN",), ("BLUE", "DRAIN")),
    "maintenance-switch": ((), ("MAINTENANCE",)),
}
#: Directives whose arguments are paths of this machine's files; what else begins with a slash is a URL path.
NAMING_PATHS = frozenset(
    {
        *(
            "serverroot",
            "documentroot",
            "<directory",
            "alias",
            "aliasmatch",
            "scriptalias",
            "scriptaliasmatch",
            "define",
            "use",
        ),
        *("include", "includeoptional", "<iffile", "virtualdocumentroot", "virtualscriptalias", "fallbackresource"),
        *("sslcertificatefile", "sslcertificatekeyfile", "sslcertificatechainfile", "sslcacertificatefile"),
        *("sslcacertificatepath", "sslcarevocationfile", "sslproxycacertificatefile", "sslproxymachinecertificatefile"),
        *("sslproxycarevocationfile", "authuserfile", "authgroupfile", "authdbmuserfile", "rewritemap"),
        *("remoteiptrustedproxylist", "remoteipinternalproxylist", "cacheroot", "davlockdb", "scriptsock"),
        *("errorlog", "customlog", "transferlog", "globallog", "forensiclog", "scriptlog"),
        *("secauditlog", "secdebuglog", "secauditlogstoragedir", "secdatadir", "sectmpdir", "secuploaddir"),
        *("secunicodemapfile", "sessioncryptopassphrasefile", "luapackagepath", "authldapbindpassword"),
    }
)
#: What httpd is asked for beside -S, and how each part of its answer after the first begins.
DUMPS = ("DUMP_CONFIG", "DUMP_MODULES", "DUMP_INCLUDES")
_PARTS = ("VirtualHost configuration:\n", "# In file: ", 'ServerRoot: "', "Loaded Modules:\n")
#: What must be a file that isn't empty before ``httpd -t`` is content.
NEEDED_FILES = {
    **dict.fromkeys(
        (
            *("sslcertificatefile", "sslcertificatekeyfile", "sslcertificatechainfile", "sslcacertificatefile"),
            *("sslcarevocationfile", "sslproxycacertificatefile", "sslproxymachinecertificatefile"),
        ),
        "certificate",
    ),
    **dict.fromkeys(("authuserfile", "authgroupfile"), "nobody:*\n"),
    **dict.fromkeys(("remoteiptrustedproxylist", "remoteipinternalproxylist"), "10.0.0.0/8\n"),
    "secunicodemapfile": "20127 (US-ASCII)\n",
    "rewritemap": "stand-in -\n",
    "sessioncryptopassphrasefile": "stand-in\n",
}
#: What needs its folder, or is one.
NEEDED_PARENTS = frozenset(
    {"errorlog", "customlog", "transferlog", "globallog", "forensiclog", "secauditlog", "secdebuglog", "davlockdb"}
)
NEEDED_FOLDERS = frozenset(
    {"documentroot", "cacheroot", "secdatadir", "sectmpdir", "secuploaddir", "secauditlogstoragedir"}
    | {"sslcacertificatepath", "directory"}
)
_ABSOLUTE = re.compile(r"""(?<=[\s"'|>])((?:txt:|rnd:|prg:|dbm:)?)(?=/(?:etc|var|srv|opt|home|usr|data)/)""")
#: When the files of a site were last changed.
_LONG_AGO = 1_640_995_200
_ACCOUNT = re.compile(r"(?im)^(\s*(?:User|Group)[ \t]+)[^\s#$]+")
_SHARED_OBJECT = re.compile(r"\.so\b")
_SUFFIX = re.compile(r"\.\w+$")
_KINDS_OF_MAPS = ("txt:", "rnd:", "dbm:", "prg:")
#: Modules that can't be loaded beside event, and modules that aren't Apache's own.
CLASHING = frozenset({"mod_mpm_prefork", "mod_mpm_worker", "mod_mpm_event"})
OTHERS_MODULES = frozenset({"mod_security2"})


def names() -> list[str]:
    """Every site folder that holds a configuration and nothing more."""
    return sorted(each.name for each in SITES.iterdir() if each.is_dir() and each.name not in OTHERS)


def files(name: str) -> list[Path]:
    """All files with Apache's directives of the site."""
    found = (each for each in (SITES / name).rglob("*") if each.is_file())
    return sorted(each for each in found if each.suffix in (".conf", ".load", ".vhost") or each.name == ".htaccess")


@dataclass(frozen=True)
class LaidOut:
    """``folder`` is the copy of the site, ``main`` the file that httpd is given."""

    folder: Path
    main: Path
    server_root: Path

    @property
    def is_whole(self) -> bool:
        """Does the site bring its own main file?"""
        return self.main.is_relative_to(self.folder)

    def options(self, defines: tuple[str, ...] = ()) -> Options:
        return Options(defines=defines, server_root=str(self.server_root), file=str(self.main), environ=self.environ)

    @property
    def environ(self) -> dict[str, str]:
        """What Debian's start script would set, pointing into the sandbox."""
        box = self.folder.parent
        return {"APACHE_LOG_DIR": f"{box}/logs", "APACHE_RUN_DIR": f"{box}/run"}


def lay_out(name: str, box: Sandbox, engine: Engine | None) -> LaidOut:
    """Copy the site into ``box`` and make it acceptable there, for httpd (``engine``) or for us alone (None)."""
    folder = box.path / "site"
    shutil.copytree(SITES / name, folder, symlinks=True)
    for original in files(name):
        copy = folder / original.relative_to(SITES / name)
        if not copy.is_symlink():
            copy.write_bytes(_moved(copy.read_bytes().decode("latin-1"), folder).encode("latin-1"))
    laid_out = _main(folder, box, engine)
    _stand_in(name, laid_out)
    for each in folder.rglob("*"):
        if each.is_file() and not each.is_symlink():
            os.utime(each, (_LONG_AGO, _LONG_AGO))  # a file of now has a weak ETag, and for a second only
    return laid_out


def _moved(text: str, folder: Path) -> str:
    """``text`` with its absolute paths below ``folder``, line by line, and with accounts that exist everywhere."""
    text = _ACCOUNT.sub(r"\g<1>#65534", text)
    lines, name = [], ""
    for line in text.splitlines(keepends=True):
        if not (lines and lines[-1].rstrip("\r\n").endswith("\\")):
            name = (line.split(maxsplit=1) or [""])[0].lower()
        moves = name in NAMING_PATHS and not _SHARED_OBJECT.search(line)
        lines.append(_ABSOLUTE.sub(rf"\g<1>{folder}", line) if moves else line)
    return "".join(lines)


def _main(folder: Path, box: Sandbox, engine: Engine | None) -> LaidOut:
    """The site's own main file, wherever its distribution has it, or one of ours that includes the site."""
    for root in (folder / each for each in ("etc/apache2", "etc/httpd", "usr/local/apache2")):
        for main in (root / each for each in MAIN_FILES):
            if main.exists():
                _link_modules(root, engine)
                return LaidOut(folder, main, root)
    text = "".join(each.read_text("latin-1") for each in sorted(folder.rglob("*.conf")))
    lines = [httpd.preamble(engine, box, _modules(engine, text), folder), "ServerName localhost"]
    lines += [f"Listen {port}" for port in _ports(text)]
    lines += [f"IncludeOptional {folder}/*.conf"]
    (box.path / "main").mkdir()
    return LaidOut(folder, box.write("main/httpd.conf", "\n".join(lines) + "\n"), folder)


def including(files: Iterable[Path], box: Sandbox, engine: Engine) -> LaidOut:
    """A main file that reads each of ``files`` in a <Directory> of its own."""
    lines = [httpd.preamble(engine, box, _modules(engine, ""), box.path), "ServerName localhost", "Listen 80"]
    for file in files:
        lines += [f'<Directory "{file.parent}">', f'Include "{file}"', "</Directory>"]
    return LaidOut(box.path / "site", box.write("main/httpd.conf", "\n".join(lines) + "\n"), box.path)


def _link_modules(root: Path, engine: Engine | None) -> None:
    """``modules/`` below a ServerRoot, as Red Hat's package has it."""
    modules = httpd.build_of(engine).module_dir if engine else None
    if modules and not (root / "modules").exists():
        (root / "modules").symlink_to(modules)


def _modules(engine: Engine | None, text: str) -> list[str]:
    """All that are installed, as identifiers, and of others' modules those that ``text`` speaks of: these leave
    traces (mod_security2 defines names). Without an engine the configuration is read as a fragment anyway.
    """
    folder = httpd.build_of(engine).module_dir if engine else None
    stems = sorted(each.stem for each in folder.glob("mod_*.so")) if folder else []
    unused = {each for each in OTHERS_MODULES if each not in text}
    return [f"{each.removeprefix('mod_')}_module" for each in stems if each not in CLASHING | unused]


def _ports(text: str) -> Iterator[str]:
    """The ports of virtual hosts for which the site has no Listen."""
    own = set(re.findall(r"(?im)^\s*Listen\s+(?:\S*:)?(\d+)", text))
    found = dict.fromkeys(
        port for words in re.findall(r"(?im)^\s*<VirtualHost\s+([^>]*)>", text) for port in re.findall(r":(\d+)", words)
    )
    return (port for port in (found or {"80": None}) if port not in own)


def _stand_in(name: str, laid_out: LaidOut) -> None:
    """Make what the configuration names and isn't there; nothing outside the copy."""
    for defines in DEFINES.get(name, ((),)):
        options = laid_out.options(defines)
        nodes = expand(find([], options), options).nodes
        for node in _walk(nodes):
            for word in split(node.args):
                _make(node.name.lower(), word, laid_out)
        _make_pages(nodes, laid_out)


def _walk(nodes: Iterable[Node]) -> Iterator[Node]:
    for node in nodes:
        yield node
        yield from _walk(node.children or ())


def _make(name: str, word: str, laid_out: LaidOut) -> None:
    for prefix in _KINDS_OF_MAPS:
        word = word.removeprefix(prefix)
    path = laid_out.server_root / word
    if name == "directory" and any(sign in word for sign in "*?[~$^"):
        return
    if not path.is_relative_to(laid_out.folder) or path.exists():
        return
    if name in NEEDED_FILES:
        path.parent.mkdir(parents=True, exist_ok=True)
        content = NEEDED_FILES[name]
        path.write_bytes(certificate() if content == "certificate" else content.encode())
    elif name in NEEDED_FOLDERS or name in NEEDED_PARENTS:
        (path if name in NEEDED_FOLDERS else path.parent).mkdir(parents=True, exist_ok=True)


def _make_pages(nodes: Iterable[Node], laid_out: LaidOut) -> None:
    """What a site surely has: the single files that it maps, and below its root the pages of its errors.

    A page whose being there is a switch, for a rule tests it, stays away: the site is at work.
    """
    own = [node for node in nodes if node.name.lower() != "virtualhost"]
    words = [(node.name.lower(), split(node.args)) for node in _walk(own)]
    roots = [found[0] for name, found in words if name == "documentroot"]
    paths = [found[1] for name, found in words if name == "alias" and _SUFFIX.search(found[-1])]
    pages = [found[1] for name, found in words if name == "errordocument" and found[1].startswith("/")]
    switches = [found[0] for name, found in words if name == "rewritecond" and found[1:2] == ["-f"]]
    pages = [each for each in pages if not any(switch.endswith(each) for switch in switches)]
    aliases = [found for name, found in words if name == "alias"]
    for page in pages:
        mapped = next((to + page[len(of) :] for of, to in aliases if page.startswith(of)), None)
        paths += [mapped or roots[-1] + page] if mapped or roots else []
    for path in map(Path, paths):
        if path.is_relative_to(laid_out.folder) and not path.exists() and "?" not in path.name:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("stand-in\n")
    for node in nodes:
        if node.name.lower() == "virtualhost":
            _make_pages(node.children or (), laid_out)


@cache
def certificate() -> bytes:
    """A self-signed certificate and its key in one file, good for all of mod_ssl's file directives."""
    openssl = shutil.which("openssl")
    if openssl is None:
        return b"stand-in\n"  # enough for httpd -t
    with tempfile.TemporaryDirectory() as folder:
        key, crt = Path(folder, "key"), Path(folder, "crt")
        words = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        words += ["-days", "30", "-subj", "/CN=stand-in.example.com", "-keyout", str(key), "-out", str(crt)]
        subprocess.run([openssl, *words], check=True, capture_output=True, timeout=30)
        return crt.read_bytes() + key.read_bytes()


@dataclass(frozen=True)
class Views:
    """What httpd prints for DUMP_INCLUDES, -S, DUMP_CONFIG and -M."""

    includes: str
    hosts: str
    config: str
    modules: str


def ask_httpd(engine: Engine, laid_out: LaidOut, defines: tuple[str, ...] = ()) -> Views:
    """All views from one run of httpd, which prints them in the order of ``Views``, but for the end of -S.

    Fails the test with httpd's words if it refuses the site: then the site isn't realistic.
    """
    words = [str(engine.path), "-S", "-d", str(laid_out.server_root), "-f", str(laid_out.main)]
    words += [word for name in (*DUMPS, *defines) for word in ("-D", name)]
    none, environ = subprocess.DEVNULL, laid_out.environ
    done = subprocess.run(words, capture_output=True, timeout=30, check=False, stdin=none, env=environ)
    assert done.returncode == 0, f"httpd refuses the site:\n{done.stderr.decode('latin-1')}"
    said = done.stdout.decode("latin-1")
    includes, hosts, config, run, modules = (
        said[start:end] for start, end in pairwise([0, *(said.index(mark) for mark in _PARTS), len(said)])
    )
    for name in DUMPS:
        run = run.replace(f"Define: {name}\n", "")
    return Views(includes, in_order(hosts + run), config, modules)


def in_order(hosts: str) -> str:
    """``hosts`` with its Mutex lines sorted: httpd walks a hash whose seed is new in every process (CLI-21)."""
    lines = hosts.splitlines(keepends=True)
    mutexes = iter(sorted(line for line in lines if line.startswith("Mutex ")))
    return "".join(next(mutexes) if line.startswith("Mutex ") else line for line in lines)

"""Requests for files that are there (DIF-6, DIF-8): one of each kind, folders, and what clients ask of a file.

Only the folders that a host maps paths to are looked into, and those in them: what lies deeper is of the same kinds.
A file that may be a program is asked for only where an origin answers instead: nobody's scripts are run.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from urllib.parse import quote

from apacheconf.program.by_handler import names_in
from apacheconf.program.conditions import Matches
from apacheconf.program.handling import UploadRules
from apacheconf.program.hosts import Host, Reach
from apacheconf.program.steps import MapToFile
from apacheconf.prove.client import Turn
from apacheconf.prove.members import matching
from apacheconf.prove.requests import Aim, Headers, Probe, request

#: More folders of one host, names in one, kinds of files, and folders asked for, are left alone.
MOST_ROOTS = 6
MOST_NAMES = 400
MOST_KINDS = 64
MOST_FOLDERS = 8
#: Limits beyond are those of nobody's configuration.
MOST_BYTES = 1 << 30
#: Files of text that are packed for who takes them so, from so many bytes on.
_TEXTS = frozenset({".css", ".htm", ".html", ".js", ".json", ".svg", ".txt", ".xml"})
_LARGE = 200
_PROGRAMS = frozenset(
    (".asp", ".cgi", ".fcgi", ".jsp", ".lua", ".phar", ".php", ".phtml", ".pl", ".py", ".rb", ".sh", ".shtml")
)


def generate(host: Host, aim: Aim) -> Iterator[Probe]:
    """The probes for ``host``: none where it serves no files, or none of them is here."""
    whole = replace(aim, prefix="/")
    found = {path: file for prefix, root in _roots(host) for path, file in _below(prefix, Path(root))
             if _is_served(host, path)}  # fmt: skip
    scripts = _scripts(host, found)
    kinds = _one_of_each({path: file for path, file in found.items() if path in scripts or _is_plain(file)})
    for path in kinds:
        yield _probe(whole, path)
    for path in _packed(found, kinds):
        yield _probe(whole, path, headers=[("Accept-Encoding", "gzip")])
    for path in _packed(found, kinds)[:1]:
        yield _probe(whole, path, headers=[("Accept-Encoding", "gzip"), ("Via", "1.1 proxy")])
        yield _probe(whole, path, headers=[("Accept-Encoding", "gzip")], version="HTTP/1.0")
    for path in [each for each in kinds if each not in scripts and "/." not in each][:1]:
        yield from _of_one(whole, path, found[path])
        for limit in _limits(host)[:1]:
            length = [("Content-Length", str(limit + 1))]  # an answer comes before the body would
            yield _named(f"POST {path}, longer than allowed", request(whole, "POST", path, length), "POST")
    for path in [each for each in kinds if each in scripts][:MOST_FOLDERS]:
        yield from (_probe(whole, asked) for asked in (f"{path}/x", f"{path}?q=1", f"{path}x"))
    folders = [each.rstrip("/") for each in found if found[each].is_dir()][:MOST_FOLDERS]
    for path in folders[:1]:  # which names the server in its redirect
        yield from (_probe(whole, path, host=f"{aim.host}:{port}") for port in (80, 443, 99))
        yield _probe(whole, path, host=None, version="HTTP/1.0")
    for path in folders:
        yield from (_probe(whole, asked) for asked in (path, f"{path}/", f"{path}?q=1", f"{path}/nothing-here"))


def _roots(host: Host) -> list[tuple[str, str]]:
    """The prefixes that lead to folders, and these."""
    steps = (step for cell in host.shape.cells for step in cell.steps)
    found = dict.fromkeys(
        (each.prefix, each.root)
        for each in (step.action for step in steps)
        if isinstance(each, MapToFile) and each.value is None and each.root
    )
    return list(found)[:MOST_ROOTS]


def _limits(host: Host) -> list[int]:
    """How long bodies may be, where that is said."""
    steps = (step.action for cell in host.shape.cells for step in cell.steps)
    return sorted({each.limit for each in steps if isinstance(each, UploadRules) and 0 < each.limit < MOST_BYTES})


def _is_served(host: Host, path: str) -> bool:
    """Whether the part of URL space that ``path`` lies in has files."""
    cells = [each for each in host.shape.cells if each.reach is Reach.BELOW and path.startswith(f"{each.path}/")]
    steps = max(cells, key=lambda cell: len(cell.path)).steps if cells else ()
    return any(isinstance(step.action, MapToFile) for step in steps)


def _below(prefix: str, root: Path) -> Iterator[tuple[str, Path]]:
    """The paths of what lies in ``root`` and in its folders, those with a slash at their end."""
    folder = prefix.rstrip("/") + "/"
    for file in _in(root):
        path = folder + quote(file.name)
        yield (path, file) if not file.is_dir() else (f"{path}/", file)
        if file.is_dir():
            yield from ((f"{path}/{quote(each.name)}", each) for each in _in(file) if each.is_file())


def _in(folder: Path) -> list[Path]:
    """What lies in a folder and can be read; nothing where it isn't there, or may not be looked into."""
    try:
        return [file for file in sorted(folder.iterdir())[:MOST_NAMES] if os.access(file, os.R_OK)]
    except OSError:
        return []


def _is_plain(file: Path) -> bool:
    """Whether no server would take it for a program."""
    return file.is_file() and not os.access(file, os.X_OK) and not _PROGRAMS & {each.lower() for each in file.suffixes}


def _scripts(host: Host, found: dict[str, Path]) -> frozenset[str]:
    """Paths of files that a handler hands to an origin."""
    matchers = [each.matcher for each in host.shape.layers if any(names_in(each))]
    regexes = [each.regex for each in matchers if isinstance(each, Matches)]
    return frozenset(path for regex in regexes for path in matching(regex, [p for p in found if found[p].is_file()]))


def _one_of_each(found: dict[str, Path]) -> Sequence[str]:
    """The first path of each suffix below each folder."""
    kinds: dict[tuple[str, str], str] = {}
    for path in sorted(found, key=lambda each: (each.count("/"), each)):
        kinds.setdefault((path.rpartition("/")[0], found[path].suffix.lower()), path)
    return list(kinds.values())[:MOST_KINDS]


def _of_one(aim: Aim, path: str, file: Path) -> Iterator[Probe]:
    """What a client asks of a file that it knows already, or wants a part of."""
    made = datetime.fromtimestamp(int(file.stat().st_mtime), UTC)
    later = min(made + timedelta(days=1), datetime.now(UTC).replace(microsecond=0))
    times = {"when it was made": made, "later": later, "before": made - timedelta(days=1)}
    for words, time in times.items():
        since = [("If-Modified-Since", format_datetime(time, usegmt=True))]
        yield _named(f"GET {path}, If-Modified-Since {words}", request(aim, path=path, headers=since))
    for header in (("If-None-Match", "*"), ("If-Match", '"nothing"')):
        yield _probe(aim, path, headers=[header])
    yield from (_probe(aim, path, method) for method in ("HEAD", "POST", "DELETE"))
    yield from (_probe(aim, asked) for asked in (f"{path}/x", f"{path}?q=1", f"{path}/"))


def _packed(found: dict[str, Path], kinds: Sequence[str]) -> list[str]:
    """The files that are large enough to be packed, and the smallest one."""
    plain = [each for each in kinds if found[each].suffix in _TEXTS]
    plain.sort(key=lambda path: found[path].stat().st_size)
    return [*(each for each in plain if found[each].stat().st_size >= _LARGE), *plain[:1]]


def _probe(
    aim: Aim,
    path: str,
    method: str = "GET",
    headers: Headers | None = None,
    host: str | None = "",
    version: str = "HTTP/1.1",
) -> Probe:
    said = [("Host", host)] if host else []
    told = "".join(f", {name}: {value}" for name, value in [*said, *(headers or [])])
    old = f", {version}" if version != "HTTP/1.1" else ""
    data = request(aim, method, path, headers, host=host, version=version)
    return _named(f"{method} {path}{told}{old}", data, method)


def _named(name: str, data: bytes, method: str = "GET") -> Probe:
    return Probe(f"file: {name}", "file", (Turn(data, (method,)),))

"""``.htaccess`` files, read when a request passes their folder: text to layers by the same way as the configuration.

What was made of a file is kept until it changes (its time of modification, size or number), as long as what
AllowOverride grants is the same. A file that is wrong answers 500, one that can't be read 403, and the error log says
why in httpd's words (STR-30 to STR-33).
"""

from __future__ import annotations

import errno
import os
import stat
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from apacheconf.diagnostics import Diagnostic, Level
from apacheconf.expand import Surroundings, expand_htaccess
from apacheconf.expand.options import Known
from apacheconf.expand.tree import Expanded
from apacheconf.modules import registry
from apacheconf.modules.regex_options import NAMED
from apacheconf.program.hosts import Host, Layer
from apacheconf.program.messages import not_regular
from apacheconf.source import SourceFile

if TYPE_CHECKING:
    from apacheconf.program.course import Course
    from apacheconf.program.layers import LayerBuilder
    from apacheconf.program.program import Program

#: Files kept per server, and directives of files that have changed meanwhile; all are forgotten when there are more.
_KEPT, _MOST_DIRECTIVES = 1024, 50_000
#: A file that was written less than so many nanoseconds ago may change again without its time telling.
_SETTLED = 50_000_000


@dataclass(frozen=True, slots=True)
class Granted:
    """What ``.htaccess`` files may hold: the words of AllowOverride, and the names of AllowOverrideList in lower case.

    Of those only the names that a module which is loaded has: httpd discards the others (AH00116). Without words
    nobody has said AllowOverride: the files are read, and whatever stands in them isn't allowed (STR-30).
    """

    override: tuple[str, ...]
    names: tuple[str, ...]

    @classmethod
    def of(cls, override: tuple[str, ...], names: tuple[str, ...], known: Known) -> Granted:
        """What the words come to where these modules are loaded."""
        return cls(override, tuple(name.lower() for name in names if _is_known(name, known)))

    @property
    def any(self) -> bool:
        """Whether the files are looked at at all."""
        return not self.override or self.around("/").is_read

    def around(self, folder: str) -> Surroundings:
        """What stands around a file in ``folder``."""
        found = Surroundings.htaccess(folder, " ".join(("AllowOverride", *self.override)))
        return replace(found, names=frozenset(self.names))


def _is_known(name: str, known: Known) -> bool:
    providers = [
        registry.identifier(module) for module in registry.providers(name, False) + registry.providers(name, True)
    ]
    return bool(providers) and (known.main is None or not set(known.modules).isdisjoint(providers))


@dataclass(frozen=True, slots=True)
class Made:
    """What became of one file: its layers, the first of them its own lines; or why not, then ``layers`` is empty.

    ``said`` are level and text for the error log.
    """

    stamp: tuple[int, ...]
    layers: tuple[Layer, ...]
    host: Host
    said: tuple[tuple[str, str], ...] = ()


class Shelf:
    """The files of one host. Their directives get numbers behind the host's own, in one table for all of them."""

    def __init__(self, host: Host, builder: LayerBuilder) -> None:
        self.host, self.builder = host, builder
        builder.linker.forget_after(len(host.directives))
        self.made: dict[tuple[str, Granted], Made] = {}

    @property
    def is_full(self) -> bool:
        """Whether it is time to begin anew."""
        later = self.builder.linker.count - len(self.host.directives)
        return len(self.made) >= _KEPT or later > _MOST_DIRECTIVES

    def extended(self) -> Host:
        """The host with the tables of all files that were read."""
        linker = self.builder.linker
        return replace(self.host, directives=linker.directives, origins=linker.origins, texts=linker.texts)


def read_htaccess(course: Course, folder: str, granted: Granted) -> tuple[Layer, ...]:
    """The layers of the file in ``folder`` (with its slash), none where there is no file or the request is refused."""
    state = course.state
    for name in state.host.access_names:
        path = f"{folder}{name}"
        try:
            found = os.stat(path.encode("latin-1"))  # noqa: PTH116 (names are bytes, and this is done in every folder)
            if not stat.S_ISREG(found.st_mode):
                course.messages.append(not_regular(path))
                raise OSError(errno.EBADF, "")
            stamp = (found.st_mtime_ns, found.st_size, found.st_ino, found.st_dev)
            made = _known(course, path, granted, stamp) or _made(course, path, granted)
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as fault:
            _unreadable(course, folder, path, fault)
            return ()
        for level, text in made.said:
            course.log(level, "core", text, bare=level == "warn")
        if not made.layers:
            course.refuse(500, "")
        state.host = made.host
        return made.layers
    return ()


def _unreadable(course: Course, folder: str, path: str, fault: OSError) -> None:
    course.refuse(403, "")
    course.note = "Server unable to read htaccess file, denying access to be safe"
    course.log(
        "crit",
        "core",
        f"AH00529: {path} pcfg_openfile: unable to check htaccess file, "
        f"ensure it is readable and that '{folder}' is executable",
        f"({fault.errno}){os.strerror(fault.errno or 0)}",
    )


#: By the number of the host in its program; a program of its own has shelves of its own.
def _shelf(course: Course) -> Shelf:
    shelves = course.program.shelves
    host = course.program.hosts[course.state.host.number]
    found = shelves.get(host.number)
    if found is None or found.is_full:
        assert host.builder is not None
        found = shelves[host.number] = Shelf(host, host.builder)
    return found


def _known(course: Course, path: str, granted: Granted, stamp: tuple[int, ...]) -> Made | None:
    found = _shelf(course).made.get((path, granted))
    if found is None or found.stamp != stamp:
        return None
    return found


def _made(course: Course, path: str, granted: Granted) -> Made:
    """Read the file and make its layers. Raises OSError."""
    with open(path.encode("latin-1"), "rb") as file:  # noqa: PTH123 (names are bytes)
        found = os.fstat(file.fileno())
        text = file.read()
    stamp, shelf = (found.st_mtime_ns, found.st_size, found.st_ino, found.st_dev), _shelf(course)
    made = _compiled(course, shelf, SourceFile(path, text.decode("latin-1")), granted, stamp)
    if time.time_ns() - found.st_mtime_ns > _SETTLED:
        shelf.made[path, granted] = made
    return made


def _compiled(course: Course, shelf: Shelf, source: SourceFile, granted: Granted, stamp: tuple[int, ...]) -> Made:
    reading = read_file(course.program, shelf.builder, source, granted, here=True)
    if reading.wrong is not None:
        return Made(stamp, (), shelf.host, (*reading.said, ("alert", reading.wrong)))
    return Made(stamp, reading.layers, shelf.extended(), reading.said)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file says: its layers, the first of them its own lines; or what is ``wrong`` with it, in httpd's words.

    ``said`` are level and text of its warnings.
    """

    expanded: Expanded
    layers: tuple[Layer, ...] = ()
    said: tuple[tuple[str, str], ...] = ()
    wrong: str | None = None


def read_file(
    program: Program, builder: LayerBuilder, source: SourceFile, granted: Granted, here: bool = False
) -> Reading:
    """Read a file's text as httpd does that has read ``program``; ``builder`` links it to a host.

    ``here``: what isn't on this machine is wrong, too.
    """
    from apacheconf.model import bind, build
    from apacheconf.model.refusals import NOT_HERE

    folder = source.name.rpartition("/")[0] or "/"
    expanded = expand_htaccess(source, granted.around(folder), program.known)
    model = build(bind(expanded, {NAMED: program.regex_options}))
    said: list[tuple[str, str]] = []
    for each in model.all_diagnostics:
        if each.level is Level.ERROR or (here and each.name == NOT_HERE):
            return Reading(expanded, (), tuple(said), _text(each))
        if each.httpd:
            said.append(("warn", each.httpd))
    return Reading(expanded, builder.of_htaccess(model.main.sections[0], source.name), tuple(said))


def _text(each: Diagnostic) -> str:
    return each.httpd or each.message

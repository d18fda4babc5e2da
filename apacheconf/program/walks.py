"""Which sections apply to a request: Location, Proxy and If by asking, Directory and ``.htaccess`` by walking (MRG-1).

The directory walk goes from the root to the file that a request is mapped to, one name after the other, as httpd does:
each folder's sections and ``.htaccess`` decide whether links may be followed in it. It ends at the first name that is
no folder; what follows is PATH_INFO (OR-1e).
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from apacheconf.expand.options import Known
from apacheconf.modules.core import CoreDirConf
from apacheconf.program import core
from apacheconf.program.conditions import Condition, Matches
from apacheconf.program.course import Course
from apacheconf.program.evaluate import State, named_groups
from apacheconf.program.files import Located, look_at, merged, same_owner
from apacheconf.program.fold import fold
from apacheconf.program.hosts import Layer, LayerKind, Shape
from apacheconf.program.htaccess import Granted, read_htaccess
from apacheconf.program.prefixes import one_slash
from apacheconf.program.trace import LayerAsked, Tracer

_FILES = frozenset({LayerKind.FILES})
#: Whether a layer's matcher holds for the request as it is now.
Holds = Callable[[Condition], bool]


def ask_layers(course: Course, kinds: frozenset[LayerKind], holds: Holds, tracer: Tracer) -> None:
    """Find anew which layers of these kinds apply; one that is nested counts only where its container does."""
    applied = [layer for layer in course.layers if layer.kind not in kinds]
    known = set(map(id, applied))
    for layer, container in _candidates(course):
        counts = layer.kind in kinds and (container is None or id(container) in known)
        if counts and _asked(course, layer, holds, tracer):
            applied.append(layer)
            known.add(id(layer))
    course.layers = _in_order(applied)


def _candidates(course: Course) -> Iterator[tuple[Layer, Layer | None]]:
    """Every layer of the host, then those of the ``.htaccess`` files on the way, each with its container."""
    for layers in (course.state.host.shape.layers, *course.htaccess):
        for layer in layers:
            yield layer, None if layer.container is None else layers[layer.container]


def _asked(course: Course, layer: Layer, holds: Holds, tracer: Tracer) -> bool:
    matcher = layer.matcher
    matched = holds(matcher)
    tracer(LayerAsked(layer, matched))
    if matched and isinstance(matcher, Matches) and matcher.captures == "section":
        course.state.env.update(named_groups(matcher.regex, course.state))
    return matched


def _in_order(layers: list[Layer]) -> tuple[Layer, ...]:
    return tuple(sorted(layers, key=lambda layer: layer.order))


# --- directories ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Access:
    """What the sections so far say of a folder: its Options, and what its ``.htaccess`` may hold."""

    options: frozenset[str]
    granted: Granted
    reads: bool


#: By the layers that apply, which are kept so that their ids stay theirs; emptied when full.
_ACCESS: dict[tuple[int, ...], tuple[tuple[Layer, ...], Access]] = {}
_ACCESS_SIZE = 4096


def access_of(layers: tuple[Layer, ...], known: Known) -> Access:
    """What these sections, in their order, say of a folder."""
    key = tuple(map(id, layers))
    found = _ACCESS.get(key)
    if found is None:
        if len(_ACCESS) >= _ACCESS_SIZE:
            _ACCESS.clear()
        conf = fold(layers).get("core") or CoreDirConf()
        assert isinstance(conf, CoreDirConf)
        said = conf.override.is_set or conf.override_list.is_set
        granted = Granted.of(conf.override.value if said else (), conf.override_list.value, known)
        access = Access(core.options_of(conf), granted, granted.any)
        found = _ACCESS[key] = layers, access
    return found[1]


def walk_directories(course: Course, holds: Holds, tracer: Tracer) -> None:
    """Merge what holds for each folder on the way, and find out what is there (OR-1e, DR-5, DR-7).

    ``course.located`` tells; a request that may not get there, or whose ``.htaccess`` is wrong, is refused.
    """
    state = course.state
    course.layers = tuple(layer for layer in course.layers if layer.kind not in (LayerKind.PROXY, *_OF_FILES))
    course.htaccess = ()
    course.walked, before = True, course.layers
    walk = _Walk(course, holds, tracer)
    located = walk.locate(_resolved(state.file))
    state.file, state.path_info, course.located = located.file, located.path_info, located
    if course.status is not None:  # what was merged on the way is forgotten
        course.layers = before
        return
    walk.ask_patterns()
    ask_layers(course, _FILES, holds, tracer)


def _resolved(file: str) -> str:
    """The path without ``..``, which rules may have made, and with single slashes, whatever MergeSlashes says."""
    below = merged(file) if "/." in file and file.startswith("/") else None
    return one_slash(file) if below is None else f"/{below}"


_OF_FILES = (LayerKind.DIRECTORY, LayerKind.HTACCESS, LayerKind.FILES)


#: By the shape of a host, which is kept so that its id stays its own; emptied when full.
_DIRECTORIES: dict[int, tuple[Shape, dict[int, list[Layer]], list[Layer]]] = {}


def _directories_of(shape: Shape) -> tuple[dict[int, list[Layer]], list[Layer]]:
    """The Directory sections of a host by their depth, and those that are regular expressions."""
    known = _DIRECTORIES.get(id(shape))
    if known is None:
        if len(_DIRECTORIES) >= _ACCESS_SIZE:
            _DIRECTORIES.clear()
        all_of_them = [each for each in shape.layers if each.kind is LayerKind.DIRECTORY]
        by_depth: dict[int, list[Layer]] = {}
        for each in all_of_them:
            if not each.order[1]:
                by_depth.setdefault(each.order[2], []).append(each)
        known = _DIRECTORIES[id(shape)] = shape, by_depth, [each for each in all_of_them if each.order[1]]
    return known[1], known[2]


def _is_beside_main(state: State) -> bool:
    """Whether a sub-request is for a file in its main request's folder, whose sections are known already."""
    return state.main_path is not None and state.main_path.rpartition("/")[0] == state.path.rpartition("/")[0]


class _Walk:
    """The walk of one request."""

    def __init__(self, course: Course, holds: Holds, tracer: Tracer) -> None:
        self.course, self.holds, self.tracer = course, holds, tracer
        self.by_depth, self.patterns = _directories_of(course.state.host.shape)
        self._access_for: tuple[tuple[Layer, ...], Access] | None = None

    @property
    def _access(self) -> Access:
        layers, known = self.course.layers, self._access_for
        if known is None or known[0] is not layers:
            known = self._access_for = layers, access_of(layers, self.course.program.known)
        return known[1]

    def locate(self, path: str) -> Located:
        """Walk to ``path``, which is absolute.

        What is at its end is known before: as long as links may be followed, no name on the way is looked at.
        """
        if not path.startswith("/") or "\0" in path:
            return Located(path)
        course, folder, depth, at = self.course, "/", 0, 1
        target = look_at(path)
        if target is not None and path.endswith("/") and not stat.S_ISDIR(target.st_mode):
            target = None
        self._enter(folder, depth)
        while course.status is None:
            while path[at : at + 1] == "/":
                at += 1
            if at >= len(path):
                return Located(path, found=look_at(folder))
            end = path.find("/", at)
            end = len(path) if end < 0 else end
            place = path[:end]
            if target is not None and "followsymlinks" in self._access.options:
                if end == len(path) and not stat.S_ISDIR(target.st_mode):
                    if not _is_beside_main(course.state):
                        self._merge(f"{place}/", depth + 1)  # httpd takes what it knows to be there for a folder
                    return self._ended(place, "", target)
                folder, depth, at = f"{place}/", depth + 1, end
                self._enter(folder, depth)
                continue
            found = self._look(place, path[end:])
            if isinstance(found, Located) and not found.status and course.state.request.imagined and end < len(path):
                folder, depth, at = f"{place}/", depth + 1, end
                self._enter(folder, depth)
                continue
            if not isinstance(found, os.stat_result):
                return found
            if not stat.S_ISDIR(found.st_mode):
                return self._ended(place, path[end:], found)
            folder, depth, at = f"{place}/", depth + 1, end
            self._enter(folder, depth)
        return Located(path, found=None)

    def _ended(self, place: str, rest: str, found: os.stat_result) -> Located:
        """At a name that is no folder."""
        if stat.S_ISREG(found.st_mode):
            return Located(place, rest, found)
        return self._refuse(place, rest, f"AH00038: Forbidden: {place} doesn't point to a file or directory")

    def _enter(self, folder: str, depth: int) -> None:
        """Merge the sections of a folder, then its ``.htaccess``."""
        self._merge(folder, depth)
        if self._access.reads and self.course.state.host.builder is not None:
            self._read(folder, self._access.granted)

    def _merge(self, folder: str, depth: int) -> None:
        course, state = self.course, self.course.state
        mapped, state.file = state.file, folder
        new = [layer for layer in self.by_depth.get(depth, ()) if _asked(self.course, layer, self.holds, self.tracer)]
        state.file = mapped
        if new:
            course.layers = _in_order([*course.layers, *new])

    def _read(self, folder: str, granted: Granted) -> None:
        """The first of the AccessFileNames that is there."""
        course = self.course
        found = read_htaccess(course, folder, granted)
        if found:
            course.htaccess = (*course.htaccess, found)
            course.layers = _in_order([*course.layers, found[0]])
            self.tracer(LayerAsked(found[0], True))

    def _look(self, place: str, rest: str) -> os.stat_result | Located:
        """What is at ``place``, seen through a link that may be followed; otherwise where the walk ends."""
        try:
            found = os.lstat(place.encode("latin-1"))
        except FileNotFoundError:
            return Located(place, rest)
        except OSError as fault:
            return self._unreachable(place, rest, fault)
        if not stat.S_ISLNK(found.st_mode):
            return found
        options, target = self._access.options, look_at(place)
        allowed = "symlinksifownermatch" in options and same_owner(found, target)
        if target is None or not ("followsymlinks" in options or allowed):
            return self._refuse(
                place, rest, f"AH00037: Symbolic link not allowed or link target not accessible: {place}"
            )
        return target

    def _unreachable(self, place: str, rest: str, fault: OSError) -> Located:
        uri = self.course.state.path
        if fault.errno == errno.EACCES:
            because = "because search permissions are missing on a component of the path"
            why = f"AH00035: access to {uri} denied (filesystem path '{place}') {because}"
        else:
            why = f"AH00036: access to {uri} failed (filesystem path '{place}')"
        return self._refuse(place, rest, why, f"({fault.errno}){os.strerror(fault.errno or 0)}")

    def _refuse(self, place: str, rest: str, why: str, system: str = "") -> Located:
        self.course.refuse(403, "")
        self.course.log("error", "core", why, system)
        return Located(place, rest, None, 403, why)

    def ask_patterns(self) -> None:
        """The sections whose directory is a regular expression."""
        new = [layer for layer in self.patterns if _asked(self.course, layer, self.holds, self.tracer)]
        if new:
            self.course.layers = _in_order([*self.course.layers, *new])

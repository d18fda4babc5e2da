"""A folder of its own for a server under test: nothing that it writes lands anywhere else.

The folder goes away with the ``with`` block, whatever happened in it. What stands in it is the same for every
engine: ``logs``, ``run``, ``tmp``, ``html`` (a stand-in document root) and ``mime.types``. It goes away with our
process, too, when that is killed.
"""

from __future__ import annotations

import errno
import os
import random
import shutil
import socket
import sys
import tempfile
from collections import deque
from collections.abc import Container
from pathlib import Path
from types import TracebackType

from apacheconf.engines import afterwards

MIME_TYPES = "text/html html htm\ntext/css css\ntext/plain txt\napplication/json json\nimage/png png\n"
#: When the stand-ins were last changed.
_LONG_AGO = 1_640_995_200


class Sandbox:
    """``with Sandbox("httpd") as box:`` gives the folder; ``box.path`` is absolute."""

    def __init__(self, purpose: str) -> None:
        self.path = Path(tempfile.mkdtemp(prefix=f"apacheconf-{purpose}-"))
        afterwards.made(self.path)
        self.path.chmod(0o755)  # a server started as root gives its children another user, who must get here
        for folder, mode in (("logs", 0o755), ("run", 0o755), ("tmp", 0o777), ("html", 0o755)):
            (self.path / folder).mkdir()
            (self.path / folder).chmod(mode)
        self.write("mime.types", MIME_TYPES)
        index = self.write("html/index.html", "<!DOCTYPE html><title>stand-in</title><p>stand-in document root\n")
        os.utime(index, (_LONG_AGO, _LONG_AGO))  # a file of now has a weak ETag, and another one in each run

    def write(self, name: str, text: str) -> Path:
        """Write ``text`` (latin-1, as all configuration text here) to the file ``name`` of the sandbox."""
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode("latin-1"))
        return path

    def log(self) -> str:
        """What the servers in here have logged: for messages when something went wrong."""
        logs = sorted((self.path / "logs").glob("*"))
        return "".join(log.read_text("latin-1") for log in logs if log.is_file())

    def remove(self) -> None:
        shutil.rmtree(self.path, ignore_errors=True)
        afterwards.removed(self.path)

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.remove()


#: Where servers under test listen: below the ports that systems give to connections that go out (RFC 6335, section 6),
#: so that none of those takes a port between the look and the server's start. All have five digits.
PORTS = range(10_000, 32_768)


def free_ports(count: int, address: str = "127.0.0.1", but: Container[int] = ()) -> list[int]:
    """``count`` different TCP ports that nobody listens on, all of five digits, and none of those in ``but``: what a
    configuration itself calls a port is not told from a stand-in for another. Raises OSError when there are none.

    On Linux nobody else who asks gets them before 128 others have been given away here; elsewhere they are free when
    asked, and a caller starts its server at once.
    """
    return [_find(address, but) for _ in range(count)]


#: Bound and never listening, with the leave to use the address again that every server takes: a server may listen
#: there all the same, while whoever looks for a port, here or in another process, finds it taken.
_HELD: deque[socket.socket] = deque(maxlen=128)


def _find(address: str, but: Container[int]) -> int:
    for port in random.sample(PORTS, 200):
        if port not in but and _is_free(address, port):
            return port
    raise OSError(errno.EADDRINUSE, f"no port of {address} is free")


def _is_free(address: str, port: int) -> bool:
    """Whether nobody has this port; where Linux allows it, it is held from then on."""
    asking = socket.socket()
    try:
        asking.bind((address, port))
    except OSError:
        asking.close()
        return False
    if sys.platform == "linux":
        asking.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # only now: nobody else may have had it
        _HELD.append(asking)
    else:  # no server could listen beside it there
        asking.close()
    return True


def is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0

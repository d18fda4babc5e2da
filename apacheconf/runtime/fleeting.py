"""A file for a library that wants names of files where all we have is bytes, a private key among them perhaps."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

#: What this process has open, by number.
_OPEN = Path("/proc/self/fd")


@contextlib.contextmanager
def file_of(content: bytes) -> Iterator[str]:
    """The name under which ``content`` can be read within the block, by this process.

    On Linux it is in memory and gone with the process, however that ends; elsewhere, or without /proc, it is a file.
    """
    if sys.platform == "linux" and _OPEN.exists():
        with os.fdopen(os.memfd_create("apacheconf"), "wb") as file:
            file.write(content)
            file.flush()
            yield str(_OPEN / str(file.fileno()))
        return
    with tempfile.NamedTemporaryFile(prefix="apacheconf-", suffix=".pem") as named:
        named.write(content)
        named.flush()
        yield named.name

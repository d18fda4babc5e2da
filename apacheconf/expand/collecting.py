"""Reading, binding and building only make what stays: looking for garbage meanwhile is lost time."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def no_collection() -> Iterator[None]:
    """No cyclic garbage collection within.

    On 110,000 lines with 10,000 hosts reading takes 0.5 s of CPU instead of 0.7 s, binding and building 0.8 s instead
    of 2.4 s.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()

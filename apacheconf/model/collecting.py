"""Binding and building only make what stays: looking for garbage meanwhile triples their time."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def no_collection() -> Iterator[None]:
    """No cyclic garbage collection within: 0.8 s instead of 2.4 s of CPU on 110,000 lines with 10,000 hosts."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()

"""Real servers in tests: where CI is true a missing one is a failure, elsewhere a loud line; never silence."""

from __future__ import annotations

import os
import sys

import pytest

from apacheconf.engines import Engine, find


def need(name: str, version: str | None = None) -> Engine:
    """The engine ``name``. Fails the test when CI=true and it is missing, else skips it and says so aloud."""
    engine = find(name, version)
    if engine is not None:
        return engine
    wanted = f"{name} {version}" if version else name
    message = f"{wanted} is not installed: NOT COMPARED with it (install it, or run `make test`, which does)"
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    print(f"\n*** {message}", file=sys.__stderr__, flush=True)
    pytest.skip(message)

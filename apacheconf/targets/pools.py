"""How many requests one process of httpd works on: as many connections as an origin has without ``max=`` ."""

from __future__ import annotations

from apacheconf.program.workers import Worker
from apacheconf.targets.scopes import Scopes

#: ThreadsPerChild of the event MPM.
_THREADS = 25


def is_limited(worker: Worker, scopes: Scopes) -> bool:
    """Whether ``max=`` says less than that."""
    lines = scopes.named("threadsperchild")
    word = lines[-1].args.strip() if lines else ""
    return worker.max_connections is not None and worker.max_connections < (int(word) if word.isdigit() else _THREADS)

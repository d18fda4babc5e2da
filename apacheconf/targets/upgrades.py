"""Origins that may switch protocols: which Upgrade a mapping hands on (WS-1, WS-3), and what a scheme means."""

from __future__ import annotations

from apacheconf.program.workers import Origin, Worker
from apacheconf.targets.patterns import escape
from apacheconf.targets.routes import members

#: The schemes that are translated, and whether TLS is spoken with the origin.
SECURE = {"http": False, "https": True, "ws": False, "wss": True}
#: Said where ``upgrades_differ``.
UPGRADES = "the members' upgrade= differ: the first one's counts for all"
_ANY = frozenset({"any", "*"})


def upgrade_regex(origin: Origin) -> str | None:
    """What an Upgrade begins with that is handed on, in any case of letters; None when none is.

    All members count as the first one: a target decides before it picks a member.
    """
    workers = members(origin)
    return _of_worker(workers[0]) if workers else None


def upgrades_differ(origin: Origin) -> bool:
    """Whether members take other upgrades than the first one."""
    return len({_of_worker(worker) for worker in members(origin)}) > 1


def _of_worker(worker: Worker) -> str | None:
    named = [each.lower() for each in worker.upgrade]
    if not named:
        return "^websocket$" if worker.scheme in ("ws", "wss") else None
    if _ANY.intersection(named):
        return "^."
    return f"^(?:{'|'.join(map(escape, named))})" if len(named) > 1 else f"^{escape(named[0])}"

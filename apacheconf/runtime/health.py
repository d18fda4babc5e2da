"""Health checks: when a member is asked, what it is asked, and what its answer means for it (HC-8 to HC-17). Pure.

The rules of httpd's counters, which a reader may not expect:

- failures add up until they take the member out, and successes in between forget none of them (HC-14);
- successes of a member that is out add up until they take it back, and failures in between forget none (HC-15);
- being taken back clears an error that live traffic found, too (HC-17).

The interval counts from the end of a check. ``checking`` asks, and tells what came.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from apacheconf.program.evaluate import State, holds
from apacheconf.program.headers import HeaderTable
from apacheconf.program.health import HealthCheck
from apacheconf.program.hosts import Host
from apacheconf.program.phases import Phase
from apacheconf.program.request import Headers, Request
from apacheconf.program.workers import Worker
from apacheconf.runtime.framing import response_length
from apacheconf.runtime.pool import Pool
from apacheconf.runtime.strict import Fields

#: Checks that serve can make (HC-1); CPING is AJP's.
METHODS = frozenset({"TCP", "OPTIONS", "HEAD", "GET", "OPTIONS11", "HEAD11", "GET11"})


@dataclass(slots=True, eq=False)
class Watched:
    """A member that is checked. ``since`` is the end of its last check, in seconds of the loop's clock."""

    pool: Pool
    check: HealthCheck
    since: float
    running: bool = False
    passed: int = 0
    failed: int = 0

    @property
    def is_out(self) -> bool:
        return bool(self.pool.cells.status & {"C", "E"})

    def is_due(self, now: float) -> bool:
        """Whether to ask it now; members that are stopped are left alone (HC-9)."""
        return not self.running and now > self.since + self.check.interval and "S" not in self.pool.cells.status

    def learn(self, healthy: bool, now: float) -> str:
        """Take a result into account; gives httpd's word for what it changed, empty for nothing."""
        self.running, self.since = False, now
        cells = self.pool.cells
        if self.is_out and healthy:
            self.passed += 1
            if self.passed >= self.check.passes:
                self.passed = 0
                cells.set_flags(cells.status - {"C", "E"})
                return "ENABLING"
        elif not self.is_out and not healthy:
            cells.error_time = now
            self.failed += 1
            if self.failed >= self.check.fails:
                self.failed = 0
                cells.set_flags(cells.status | {"C"})
                return "DISABLING"
        return ""


class Health:
    """All members that are checked. ``at_once`` is how many checks may be under way; nought counts as one."""

    def __init__(self, pools: Iterable[Pool], at_once: int, now: float) -> None:
        checked = [(pool, pool.worker.check) for pool in pools]
        self.watched = [Watched(pool, check, now) for pool, check in checked if check and can_check(check)]
        self._at_once = max(at_once, 1)

    def due(self, now: float) -> list[Watched]:
        """Whom to ask now; they count as running until they ``learn``."""
        free = self._at_once - sum(each.running for each in self.watched)
        chosen = [each for each in self.watched if each.is_due(now)][: max(free, 0)]
        for each in chosen:
            each.running = True
        return chosen


def can_check(check: HealthCheck) -> bool:
    return check.method in METHODS and not check.unknown


def request_for(worker: Worker, check: HealthCheck) -> bytes:
    """What a member is sent (HC-10, HC-11); nothing for TCP."""
    if check.method == "TCP":
        return b""
    method, new, _ = check.method.partition("11")
    uri = "*" if method == "OPTIONS" else "/".join(filter(None, (worker.path, check.uri)))
    host = f"[{worker.host}]" if ":" in worker.host else worker.host
    return f"{method} {uri} HTTP/1.{int(bool(new))}\r\nHost: {host}:{worker.port}\r\n\r\n".encode("latin-1")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a member said; ``length`` is the body's in bytes, or CHUNKED or UNTIL_CLOSE of ``framing``."""

    status: int
    fields: Headers
    length: int


def read_answer(head: bytes) -> Answer | None:
    """Read an answer as leniently as httpd reads those of checks; None when it has no status line."""
    first, *lines = head.decode("latin-1").split("\n")
    status = re.match(r"HTTP/\d\.\d (\d{3}) ?", first)
    if status is None:
        return None
    pairs = [(name, value.strip()) for name, colon, value in (line.partition(":") for line in lines) if colon]
    fields: Fields = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in pairs]
    return Answer(int(status[1]), tuple(pairs), response_length(fields, int(status[1]), False))


def is_healthy(check: HealthCheck, host: Host, answer: Answer, body: bytes) -> bool:
    """What an answer says: its status, or only the expression where one is named (HC-12)."""
    if check.condition is None:
        return 200 <= answer.status <= 399
    request = Request(check.method.partition("11")[0], check.uri)
    tables = (HeaderTable(answer.fields),)
    state = State(request, host, check.uri, None, None, phase=Phase.LOG, status=answer.status, answer=tables)
    state.env["HC_BODY"] = body.decode("latin-1")
    return holds(check.condition, state)

"""What access logs say of a few requests (LOG-1 ff.).

Lines are compared as a whole, for each log: a server writes a line when it has sent the answer, and another process
may be faster with the next one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice, zip_longest

from apacheconf.program.hosts import Host
from apacheconf.program.steps import Log
from apacheconf.prove.client import Turn
from apacheconf.prove.compare import Aspect
from apacheconf.prove.logs import Lines
from apacheconf.prove.requests import Aim, Headers, Probe, request
from apacheconf.prove.situations import IN_TWO_LINES

#: The scenario of these requests.
LOGS = "log lines"
#: More requests that others ask for than these are not asked here.
MOST = 24


def probes(host: Host, aim: Aim, others: Iterable[Probe] = ()) -> Iterator[Probe]:
    """A few requests, if ``host`` has a log: each with a path of its own; and some of the ``others``."""
    if not any(isinstance(step.action, Log) for step in host.shape.server):
        return
    asked: dict[str, tuple[str, Headers, bytes, int]] = {
        "a query": ("GET", [], b"", 200),
        "a name and whence": (
            "GET",
            [("User-Agent", "prover/1.0 (of logs)"), ("Referer", "http://a.test/b?c")],
            b"",
            200,
        ),
        "a head": ("HEAD", [], b"", 200),
        "a body": ("POST", [("Content-Length", "5")], b"hello", 201),
        "not found": ("GET", [], b"", 404),
        "nothing": ("GET", [], b"", 204),
        "not modified": ("GET", [], b"", 304),
        "cookies": ("GET", [("Cookie", "a=1; b=2"), ("X-Forwarded-For", "203.0.113.9")], b"", 200),
    }
    for number, (name, (method, headers, body, status)) in enumerate(asked.items()):
        path = f"{aim.leaf}?logged={number}"
        data = request(aim, method, path, headers, body, orders={"status": status})
        yield Probe(f"log: {name}", "log", (Turn(data, (method,)),))
    old = request(aim, path=f"{aim.leaf}?logged=old", version="HTTP/1.0")
    yield Probe("log: HTTP/1.0", "log", (Turn(old),))
    for each in islice((each for each in others if not each.name.endswith(IN_TWO_LINES)), MOST):
        yield replace(each, name=f"log: {each.name}", about="log")


def differences(reference: Lines, other: Lines, strict: bool = True) -> Iterator[tuple[str, tuple[Aspect, ...]]]:
    """Each log, and the lines in which it is not the same on both sides; an empty item is a dash but to the strict."""
    for name in dict.fromkeys((*reference, *other)):
        here, there = reference.get(name, ()), other.get(name, ())
        yield name, tuple(_lines(here, there) if strict else _lines(map(_undashed, here), map(_undashed, there)))


def _undashed(line: str) -> str:
    """An item without a value may be a dash, or empty."""
    return re.sub(r'(?<![^\s"])-(?![^\s"])', "", line)


def _lines(reference: Iterable[str], other: Iterable[str]) -> Iterator[Aspect]:
    for number, (here, there) in enumerate(zip_longest(reference, other, fillvalue="(none)"), 1):
        if here != there:
            yield Aspect(f"log line {number}", here, there)

"""What a server costs, seen from outside: CPU and memory of its process tree, and what wrk saw.

CPU comes from ``/proc/PID/stat`` (proc(5)): utime and stime, and those of children already waited for, so that
a child that ends between two readings is still counted. Memory is the sum of Pss.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0}


def _stat(pid: int) -> list[str]:
    """The fields of ``/proc/PID/stat`` after the name, which may hold spaces."""
    return Path(f"/proc/{pid}/stat").read_text("latin-1").rpartition(")")[2].split()


def tree_of(pid: int) -> Iterator[int]:
    """``pid`` and all its descendants that are alive."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                children.setdefault(int(_stat(int(entry.name))[1]), []).append(int(entry.name))
            except (OSError, IndexError):
                continue
    todo = [pid]
    while todo:
        at = todo.pop()
        yield at
        todo += children.get(at, ())


def cpu_seconds(pid: int) -> float:
    """Seconds of CPU that the tree of ``pid`` has used so far."""
    total = 0
    for one in tree_of(pid):
        try:
            total += sum(int(field) for field in _stat(one)[11:15])
        except OSError:
            continue
    return total / TICKS


def memory_bytes(pid: int) -> int:
    """Bytes of memory that the tree of ``pid`` holds (Pss: shared pages divided among their users)."""
    total = 0
    for one in tree_of(pid):
        try:
            text = Path(f"/proc/{one}/smaps_rollup").read_text()
        except OSError:
            continue
        found = re.search(r"^Pss:\s+(\d+) kB", text, re.MULTILINE)
        total += int(found[1]) * 1024 if found else 0
    return total


@dataclass(frozen=True)
class Load:
    """What wrk saw: ``requests`` answered, per ``second``, ``p99`` in seconds, ``errors`` of any kind."""

    requests: int
    per_second: float
    p99: float
    errors: int


def read_wrk(text: str) -> Load:
    """wrk's report (``--latency``) as numbers. Raises ValueError when it isn't one."""
    count = re.search(r"(\d+) requests in", text)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", text)
    late = re.search(r"^\s*99%\s+([\d.]+)(us|ms|s|m)", text, re.MULTILINE)
    if not (count and rate and late):
        raise ValueError(f"not a report of wrk:\n{text}")
    errors = sum(int(n) for n in re.findall(r"Non-2xx or 3xx responses: (\d+)", text))
    for line in re.findall(r"Socket errors: (.*)", text):
        errors += sum(int(n) for n in re.findall(r"\d+", line))
    return Load(int(count[1]), float(rate[1]), float(late[1]) * UNITS[late[2]], errors)


def wrk(url: str, seconds: int, connections: int, *headers: str, script: Path | None = None) -> Load:
    """Requests on ``connections`` connections for ``seconds``, from one thread; keep-alive GETs without a script."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency"]
    for header in headers:
        command += ["-H", header]
    if script is not None:
        command += ["-s", str(script)]
    done = subprocess.run([*command, url], capture_output=True, text=True, timeout=seconds + 30, check=True)
    return read_wrk(done.stdout)

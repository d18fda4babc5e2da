"""``make bench``: what a request costs here, in httpd, in nginx and in HAProxy, one after the other.

    python -m tests.bench [--seconds N] [--connections N] [--only NAME]...

Keep-alive clients ask the load-balancer site for a small answer of a fast origin. The figure that counts is CPU
per request of the whole process tree: it does not depend on how many cores wrk left over.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from apacheconf.engines import Sandbox, find, free_ports
from tests.bench import hosts
from tests.bench.contenders import CONTENDERS, ROOT, SITE, start_origin
from tests.bench.measure import Load, cpu_seconds, memory_bytes, wrk

HOST = "Host: example.com"


@dataclass(frozen=True)
class Result:
    """One contender: CPU seconds per request of its tree, memory in bytes, and what the clients saw."""

    title: str
    cpu: float
    memory: int
    load: Load


def measure(name: str, origins: list[int], seconds: int, connections: int) -> Result:
    """Start a contender, warm it up for a second, then load it."""
    port = free_ports(1)[0]
    with Sandbox("bench") as box, CONTENDERS[name](box, port, origins) as server:
        url = f"http://127.0.0.1:{port}/"
        wrk(url, 1, connections, HOST)
        before = cpu_seconds(server.pid)
        load = wrk(url, seconds, connections, HOST)
        cpu = cpu_seconds(server.pid) - before
        return Result(server.title, cpu / max(1, load.requests), memory_bytes(server.pid), load)


def requests_table(names: Sequence[str], seconds: int, connections: int) -> None:
    print(f"load-balancer site, keep-alive, {connections} connections, {seconds} s each, {os.cpu_count()} cores\n")
    print(f"{'':18}{'CPU/request':>12}{'of httpd':>10}{'requests/s':>12}{'p99':>10}{'memory':>10}{'errors':>8}")
    ports = free_ports(2)
    baseline: float | None = None
    with Sandbox("origin") as box, start_origin(box, ports):
        for name in names:
            result = measure(name, ports, seconds, connections)
            baseline = result.cpu if name == "httpd" else baseline
            ratio = f"{result.cpu / baseline:.2f}" if baseline else "-"
            print(
                f"{result.title:18}{result.cpu * 1e6:9.1f} us{ratio:>10}{result.load.per_second:12.0f}"
                f"{result.load.p99 * 1e3:7.2f} ms{result.memory / 1e6:7.1f} MB{result.load.errors:8}",
                flush=True,
            )


def wall(command: Sequence[str | Path], caches: str, times: int = 7) -> float:
    """The median wall time in seconds of a whole process, its bytecode in ``caches`` as after an installation."""
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environ["PYTHONPYCACHEPREFIX"] = caches
    taken = []
    for _ in range(times + 1):
        began = time.perf_counter()
        subprocess.run(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT, env=environ, check=False
        )
        taken.append(time.perf_counter() - began)
    return statistics.median(taken[1:])


def sixty_lines() -> str:
    """A configuration of about 60 lines: five copies of the load-balancer site under other names."""
    text = SITE.read_text()
    return "".join(text.replace("example.com", f"s{n}.example").replace("mycluster", f"c{n}") for n in range(5))


def start_up_table() -> None:
    ours = [sys.executable, "-m", "apacheconf"]
    print("\nwhole processes, median wall time\n")
    with tempfile.TemporaryDirectory(prefix="apacheconf-bench-") as folder:
        file = Path(folder) / "sixty.conf"
        file.write_text(sixty_lines())
        for title, words in {
            "python -c pass": [sys.executable, "-c", "pass"],
            "apacheconf --help": [*ours, "--help"],
            "apacheconf check (60 lines)": [*ours, "check", file],
            "apacheconf lint (60 lines)": [*ours, "lint", file],
        }.items():
            print(f"{title:30}{wall(words, f'{folder}/caches') * 1e3:8.0f} ms")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--only", action="append", choices=list(CONTENDERS))
    parser.add_argument("--hosts", type=int, action="append", help="virtual hosts to check; 1000, 10000, 100000")
    chosen = parser.parse_args()
    names = [name for name in CONTENDERS if name in (chosen.only or CONTENDERS)]
    installed = [name for name in names if name == "apacheconf" or find(name)]
    for name in sorted(set(names) - set(installed)):
        print(f"!! {name} is not installed: not measured", file=sys.stderr)
    requests_table(installed, chosen.seconds, chosen.connections)
    start_up_table()
    hosts.table(chosen.hosts or (1_000, 10_000, 100_000))


if __name__ == "__main__":
    main()

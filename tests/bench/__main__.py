"""``make bench``: what a request costs here, in httpd, in nginx and in HAProxy, side by side in one run.

    python -m tests.bench [--seconds N] [--connections N] [--only NAME]... [--row WORDS]... [--hosts N]...

A row is a configuration and what is asked of it (``rows``); its contenders run one after the other. ``--only`` chooses
contenders, ``--row`` the rows whose titles hold these words. The other tables are about starting.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from apacheconf.engines import Sandbox, find, free_ports, stopping_on_signals
from tests.bench import carried, hosts, ready
from tests.bench.contenders import CONTENDERS, ROOT, start_origin
from tests.bench.rows import ROWS, Measured, measure
from tests.bench.sites import SITE


def requests_table(names: Sequence[str], words: Sequence[str], seconds: int, connections: int) -> None:
    print(f"CPU per request in us, {connections} connections, {seconds} s each, {os.cpu_count()} cores\n")
    print(f"{'':32}{''.join(f'{name:>11}' for name in CONTENDERS)}   apacheconf's p99 and memory; ratio (at most)")
    known: dict[str, float] = {}
    with Sandbox("origin") as box, start_origin(box, ports := free_ports(2)):
        for row in ROWS:
            if not words or any(word in row.title for word in words):
                found = measure(row, names, tuple(ports), seconds, connections)
                known |= {name: result.cpu for name, result in found.results.items()}
                print(line(found, known), flush=True)
                if "apacheconf" in found.results:
                    known[row.title] = found.results["apacheconf"].cpu


def line(found: Measured, known: dict[str, float]) -> str:
    """A row of the table; ``known`` are the figures that goals speak of, in seconds."""
    cells = [f"{found.results[name].cpu * 1e6:11.1f}" if name in found.results else f"{'-':>11}" for name in CONTENDERS]
    ours = found.results.get("apacheconf")
    seen = f"{ours.load.p99 * 1e3:8.2f} ms{ours.memory / 1e6:6.0f} MB" if ours else ""
    errors = [f"{result.load.errors} errors of {name}" for name, result in found.results.items() if result.load.errors]
    failed = [f"{name} failed: {' '.join(why.split())[:200]}" for name, why in found.failed.items()]
    return f"{found.row.title:32}{''.join(cells)}  {seen}  {'; '.join([*_ratios(found, known), *errors, *failed])}"


def _ratios(found: Measured, known: dict[str, float]) -> Iterator[str]:
    ours = found.results.get("apacheconf")
    for goal in found.row.goals:
        of = found.results[goal.of].cpu if goal.of in found.results else known.get(goal.of)
        if ours and of and (goal.of in found.results or goal.of not in CONTENDERS):
            ratio = ours.cpu / of
            yield f"{ratio:.2f} of {goal.of} ({goal.most:.2f}{', MISSED' if ratio > goal.most else ''})"


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
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--only", action="append", choices=list(CONTENDERS))
    parser.add_argument("--row", action="append", default=[], help="measure the rows with these words only")
    parser.add_argument("--hosts", type=int, action="append", help="virtual hosts to check; 1000, 10000, 100000")
    chosen = parser.parse_args()
    names = [name for name in CONTENDERS if name in (chosen.only or CONTENDERS)]
    installed = [name for name in names if name == "apacheconf" or find(name)]
    for name in sorted(set(names) - set(installed)):
        print(f"!! {name} is not installed: not measured", file=sys.stderr)
    with stopping_on_signals():
        requests_table(installed, chosen.row, chosen.seconds, chosen.connections)
        if not chosen.row:
            with Sandbox("origin") as box, start_origin(box, ports := free_ports(2)):
                ready.table(installed, 10_000, tuple(ports))
            start_up_table()
            hosts.table(chosen.hosts or (1_000, 10_000, 100_000))
        if not chosen.row or chosen.row == ["carried"]:
            carried.table(10_000, chosen.seconds, chosen.connections)


if __name__ == "__main__":
    main()

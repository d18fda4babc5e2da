"""How long a server with many hosts takes from its start to its first answer, and what memory it holds then."""

from __future__ import annotations

import http.client
import time
from collections.abc import Sequence
from dataclasses import dataclass

from apacheconf.engines import EngineFailed, Sandbox, free_ports
from tests.bench import sites
from tests.bench.contenders import CONTENDERS
from tests.bench.measure import cpu_seconds, memory_bytes

MOST = 3.0


@dataclass(frozen=True)
class Started:
    """Seconds of wall time and CPU until the last host answered, and bytes of memory (Pss) then."""

    wall: float
    cpu: float
    memory: int


def started(name: str, hosts: int, origins: tuple[int, ...]) -> Started:
    port = free_ports(1)[0]
    with Sandbox("bench") as box:
        text = sites.many_hosts(hosts)(sites.Place(box, port, origins))
        began = time.perf_counter()
        with CONTENDERS[name](box, port, text, ("authz_host_module",)) as server:
            status = _ask(port, f"host{hosts - 1}.example.com")
            wall = time.perf_counter() - began
            assert status == 200, f"{name} answers {status}"
            return Started(wall, cpu_seconds(server.pid), memory_bytes(server.pid))


def _ask(port: int, host: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", "/", headers={"Host": host})
        return connection.getresponse().status
    finally:
        connection.close()


def table(names: Sequence[str], hosts: int, origins: tuple[int, ...], times: int = 3) -> None:
    """One line per server: the best of a few starts, as what else the machine does only adds."""
    print(f"\nfrom the start to the first answer of the last of {hosts} hosts, best of {times}\n")
    print(f"{'':18}{'wall':>10}{'CPU':>10}{'Pss':>11}{'of httpd':>10}{'at most':>9}")
    theirs: Started | None = None
    for name in [name for name in ("httpd", "apacheconf") if name in names]:
        try:
            runs = [started(name, hosts, origins) for _ in range(times)]
        except EngineFailed as failed:
            print(f"{name:18} did not start: {' '.join(str(failed).split())[:200]}", flush=True)
            continue
        best = Started(*(min(getattr(run, each) for run in runs) for each in ("wall", "cpu", "memory")))
        theirs = best if name == "httpd" else theirs
        ratio = f"{best.wall / theirs.wall:10.2f}{MOST:9.2f}" if theirs and name != "httpd" else ""
        heavier = " heavier than httpd" if theirs and best.memory > theirs.memory else ""
        print(f"{name:18}{best.wall:8.2f} s{best.cpu:8.2f} s{best.memory / 1e6:8.0f} MB{ratio}{heavier}", flush=True)

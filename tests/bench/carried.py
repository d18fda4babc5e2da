"""What translations of many hosts cost nginx and HAProxy: to be read and accepted, and for a request of the first and
of the last host. All figures are CPU, so that what else the machine does adds little."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from apacheconf.engines import Engine, EngineFailed, Sandbox, Server, find_all, free_ports
from apacheconf.engines import haproxy as haproxy_engine
from apacheconf.engines import nginx as nginx_engine
from tests.bench import sites
from tests.bench.contenders import ROOT, start_origin
from tests.bench.hosts import FORMAT
from tests.bench.measure import cpu_seconds, wrk

#: The last host may cost so many times what the first one does.
MOST = 1.1
#: Requests are measured in rounds, of which the cheapest counts.
ROUNDS = 3
MAIN = {"nginx": "nginx.conf", "haproxy": "haproxy.cfg"}


def uniform(count: int, place: sites.Place) -> str:
    return sites.many_hosts(count)(place)


def hosters(count: int, place: sites.Place) -> str:
    """Sites of two hosts each, with folders, balancers and rules of their own; the first and the last lead to the
    origin."""
    ends = {0, count // 2 - 1}
    written = (sites.full_site(n, place.origin if n in ends else "") for n in range(count // 2))
    text = "".join(written).replace("*:80>", f"*:{place.port}>").replace("*:443>", f"*:{place.tls}>")
    return f"Listen 127.0.0.1:{place.port}\nListen 127.0.0.1:{place.tls}\nServerName main.example\n{FORMAT}{text}"


@dataclass(frozen=True)
class Shape:
    """``last`` gives the last host's number among so many. Requests come without TLS, for wrk names no host in
    handshakes: those of hosters are redirected."""

    title: str
    write: Callable[[int, sites.Place], str]
    last: Callable[[int], int]


SHAPES = (
    Shape("hosts of 11 lines", uniform, lambda count: count - 1),
    Shape("sites as hosters write them", hosters, lambda count: count // 2 - 1),
)


@dataclass(frozen=True)
class Cost:
    """CPU seconds of the check, and of a request of the first and of the last host; wrk's errors."""

    check: float
    first: float
    last: float
    errors: int


def table(hosts: int, seconds: int, connections: int) -> None:
    """One line per shape and version of each server that is here."""
    for shape in SHAPES:
        print(f"\n{hosts} {shape.title} on the real servers, CPU\n")
        print(f"{'':18}{'check':>10}{'first host':>12}{'last host':>12}{'ratio':>8}{'at most':>9}")
        for engine in (each for name in MAIN for each in find_all(name)):
            try:
                found = measured(engine, shape, hosts, seconds, connections)
            except (EngineFailed, subprocess.CalledProcessError) as failed:
                print(f"{engine.title:18} failed: {' '.join(str(failed).split())[:200]}", flush=True)
                continue
            ratio, errors = found.last / found.first, f"  {found.errors} errors" if found.errors else ""
            print(
                f"{engine.title:18}{found.check:8.2f} s{found.first * 1e6:9.1f} us{found.last * 1e6:9.1f} us"
                f"{ratio:8.2f}{MOST:9.2f}{' MISSED' if ratio > MOST else ''}{errors}",
                flush=True,
            )


def measured(engine: Engine, shape: Shape, hosts: int, seconds: int, connections: int) -> Cost:
    """Raises EngineFailed where the server refuses the translation or does not answer."""
    with Sandbox("origin") as origin_box, Sandbox("bench") as box, start_origin(origin_box, origins := free_ports(1)):
        place = sites.Place(box, *free_ports(1), tuple(origins), *free_ports(1))
        _translate(engine, shape.write(hosts, place), box)
        check = _check(engine, box)
        with _started(engine, box, place.port) as server:
            url, numbers = f"http://127.0.0.1:{place.port}/", (0, shape.last(hosts))
            wrk(url, 1, connections, "Host: host0.example.com")
            rounds = [_round(server, url, f"host{number}.example.com", seconds, connections)
                      for _ in range(ROUNDS) for number in numbers]  # fmt: skip
    first, last = (min(cpu for cpu, _ in rounds[at::2]) for at in (0, 1))
    return Cost(check, first, last, sum(errors for _, errors in rounds))


def _translate(engine: Engine, text: str, box: Sandbox) -> None:
    """Our translation for that version, moved into the sandbox."""
    file, out = box.write("site.conf", text), box.path / "out"
    version = ".".join(engine.version.split(".")[:2])
    words = ["translate", file, "--to", engine.name, "--target-version", version, "-o", f"{out}/"]
    command = [sys.executable, "-m", "apacheconf", *map(str, words)]
    subprocess.run(command, capture_output=True, cwd=ROOT, timeout=300, check=True)
    sandboxed = nginx_engine.sandboxed if engine.name == "nginx" else haproxy_engine.sandboxed
    for each in _files(out):
        box.write(str(each.relative_to(out)), sandboxed(each.read_text("latin-1"), box))


def _files(folder: Path) -> Iterator[Path]:
    return (each for each in folder.rglob("*") if each.is_file())


def _command(engine: Engine, box: Sandbox, *flags: str) -> list[str]:
    command = nginx_engine.command if engine.name == "nginx" else haproxy_engine.command
    return command(engine, box, MAIN[engine.name], *flags)


def _check(engine: Engine, box: Sandbox) -> float:
    """CPU seconds of ``nginx -t`` or ``haproxy -c``. Raises EngineFailed with what it said."""
    said = box.path / "logs" / "check.out"
    with said.open("wb") as out:
        process = subprocess.Popen(
            _command(engine, box, "-t" if engine.name == "nginx" else "-c"), stdout=out, stderr=out, cwd=box.path
        )
        _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise EngineFailed(said.read_text("latin-1")[-300:], "")
    return used.ru_utime + used.ru_stime


def _started(engine: Engine, box: Sandbox, port: int) -> Server:
    flags = [] if engine.name == "nginx" else ["-db"]
    return Server(engine.title, _command(engine, box, *flags), [("127.0.0.1", port)], box.path / "logs" / "server.out")


def _round(server: Server, url: str, host: str, seconds: int, connections: int) -> tuple[float, int]:
    """CPU seconds per request of a host, and wrk's errors."""
    before = cpu_seconds(server.pid)
    load = wrk(url, seconds, connections, f"Host: {host}")
    return (cpu_seconds(server.pid) - before) / max(1, load.requests), load.errors

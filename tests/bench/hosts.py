"""How ``apacheconf check`` and translations grow with the virtual hosts, beside ``httpd -t`` on the same
file in the same run."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from apacheconf.engines import find
from apacheconf.engines.httpd import build_of
from tests.bench.sites import host

ROOT = Path(__file__).resolve().parents[2]
#: Modules that the hosts below need.
MODULES = ("mpm_event", "proxy", "proxy_http", "authz_core", "authz_host")


class Cost(NamedTuple):
    """Seconds of wall time and of CPU, and bytes of memory at most, of a whole process."""

    wall: float
    cpu: float
    memory: int


#: Translations of more hosts are not waited for.
MOST_TRANSLATED = 10_000


def _translation(target: str, file: Path, folder: Path) -> Cost:
    """HAProxy has files beside its own; nginx has one for each host in a folder, which is for people."""
    out = folder / target
    out.mkdir(exist_ok=True)
    where = f"{out}/" if target == "haproxy" else f"{out}/nginx.conf"
    words = ["translate", "-f", file, "--to", target, "-o", where, "--force"]
    return cost([sys.executable, "-m", "apacheconf", *map(str, words)])


def configuration(hosts: int, folder: Path, modules: Path | None) -> str:
    loads = "".join(f"LoadModule {name}_module {modules or 'modules'}/mod_{name}.so\n" for name in MODULES)
    head = f"ServerRoot {folder}\n{loads}ErrorLog {folder}/error.log\nPidFile {folder}/pid\nListen 8080\n"
    return f"{head}ServerName main.example\n{''.join(map(host, range(hosts)))}"


def cost(command: Sequence[str | Path], times: int = 3) -> Cost:
    """The least of a few runs: what else the machine does only adds."""
    return Cost(*map(min, zip(*(_once(command) for _ in range(times)), strict=True)))


def _once(command: Sequence[str | Path]) -> Cost:
    began = os.times()
    process = subprocess.Popen(list(map(str, command)), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, f"{command} failed"
    return Cost(os.times().elapsed - began.elapsed, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024)


def table(sizes: Sequence[int]) -> None:
    """One line per number of hosts; httpd's wall time is mostly spent on looking names up."""
    engine = find("httpd")
    print("\nvirtual hosts of 11 lines, whole processes, best of 3\n")
    print(
        f"{'hosts':>8}{'check':>10}{'per host':>11}{'CPU':>10}{'memory':>10}{'httpd -t':>11}{'ratio':>8}"
        f"{'haproxy':>12}{'of check':>10}{'nginx':>12}{'of check':>10}"
    )
    with tempfile.TemporaryDirectory(prefix="apacheconf-bench-") as name:
        folder = Path(name)
        for size in sizes:
            file = folder / "httpd.conf"
            file.write_text(configuration(size, folder, build_of(engine).module_dir if engine else None))
            ours = cost([sys.executable, "-m", "apacheconf", "check", "-f", file])
            theirs = cost([engine.path, "-t", "-f", file]) if engine else None
            shown = f"{theirs.wall:9.2f} s{ours.wall / theirs.wall:8.2f}" if theirs else f"{'-':>11}{'-':>8}"
            for target in ("haproxy", "nginx") if size <= MOST_TRANSLATED else ():
                translated = _translation(target, file, folder)
                shown += f"{translated.wall:10.2f} s{translated.wall / ours.wall:10.1f}"
            print(
                f"{size:8}{ours.wall:8.2f} s{ours.wall / size * 1e6:8.0f} us{ours.cpu:8.2f} s"
                f"{ours.memory / 1e6:7.0f} MB{shown}",
                flush=True,
            )

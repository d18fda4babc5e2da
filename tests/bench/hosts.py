"""How ``apacheconf check`` and translations grow with the virtual hosts, beside ``httpd -t`` on the same
file in the same run."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from apacheconf.engines import Engine, find
from apacheconf.engines.httpd import build_of
from tests.bench.sites import full_site, host, site

ROOT = Path(__file__).resolve().parents[2]
#: Modules that the hosts below need.
MODULES = ("mpm_event", "proxy", "proxy_http", "authz_core", "authz_host")
#: Those that sites need as hosters write them.
MORE = (
    *("alias", "headers", "log_config", "socache_shmcb", "ssl", "rewrite"),
    *("proxy_balancer", "slotmem_shm", "lbmethod_byrequests"),
)


class Cost(NamedTuple):
    """Seconds of wall time and of CPU, and bytes of memory at most, of a whole process."""

    wall: float
    cpu: float
    memory: int


FORMAT = 'LogFormat "%h %l %u %t \\"%r\\" %>s %O" combined\n'
#: Translations of more hosts are not waited for.
MOST_TRANSLATED = 10_000


def _translation(target: str, file: Path, folder: Path) -> Cost:
    """HAProxy has files beside its own; nginx has one for each host in a folder, which is for people."""
    out = folder / target
    out.mkdir(exist_ok=True)
    where = f"{out}/" if target == "haproxy" else f"{out}/nginx.conf"
    words = ["translate", "-f", file, "--to", target, "-o", where, "--force"]
    return cost([sys.executable, "-m", "apacheconf", *map(str, words)], folder)


def configuration(hosts: int, folder: Path, modules: Path | None) -> str:
    loads = "".join(f"LoadModule {name}_module {modules or 'modules'}/mod_{name}.so\n" for name in MODULES)
    head = f"ServerRoot {folder}\n{loads}ErrorLog {folder}/error.log\nPidFile {folder}/pid\nListen 8080\n"
    return f"{head}ServerName main.example\n{''.join(map(host, range(hosts)))}"


def sites(hosts: int, folder: Path, modules: Path | None, written: Callable[[int], str] = site) -> str:
    """The same with sites as hosters write them, of two hosts each."""
    loads = "".join(f"LoadModule {name}_module {modules or 'modules'}/mod_{name}.so\n" for name in MORE)
    head = configuration(0, folder, modules).replace("Listen 8080", "Listen 80\nListen 443")
    return f"{head}{loads}{FORMAT}{''.join(map(written, range(hosts // 2)))}"


def full_sites(hosts: int, folder: Path, modules: Path | None) -> str:
    """The same with folders, balancers and rules of their own."""
    return sites(hosts, folder, modules, full_site)


def cost(command: Sequence[str | Path], folder: Path, times: int = 3) -> Cost:
    """The least of a few runs: what else the machine does only adds. Bytecode is kept in ``folder``, as after an
    installation."""
    return Cost(*map(min, zip(*(_once(command, folder) for _ in range(times)), strict=True)))


def _once(command: Sequence[str | Path], folder: Path) -> Cost:
    began, quiet = os.times(), subprocess.DEVNULL
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environ["PYTHONPYCACHEPREFIX"] = f"{folder}/caches"
    process = subprocess.Popen(list(map(str, command)), stdout=quiet, stderr=quiet, cwd=ROOT, env=environ)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, f"{command} failed"
    return Cost(os.times().elapsed - began.elapsed, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024)


def table(sizes: Sequence[int]) -> None:
    """One line per number of hosts; httpd's wall time is mostly spent on looking names up. It is not asked about sites,
    for it wants to see their certificates."""
    _table("virtual hosts of 11 lines", sizes, configuration, find("httpd"))
    few = [size for size in sizes if size <= MOST_TRANSLATED]
    _table("sites as hosters write them", few, sites, None)
    _table("sites with folders, balancers and rules of their own", few, full_sites, None)


def _table(
    what: str, sizes: Sequence[int], text: Callable[[int, Path, Path | None], str], engine: Engine | None
) -> None:
    print(f"\n{what}, whole processes, best of 3\n")
    print(
        f"{'hosts':>8}{'check':>10}{'per host':>11}{'CPU':>10}{'memory':>10}{'httpd -t':>11}{'ratio':>8}"
        f"{'haproxy':>12}{'of check':>10}{'nginx':>12}{'of check':>10}"
    )
    with tempfile.TemporaryDirectory(prefix="apacheconf-bench-") as name:
        folder = Path(name)
        for size in sizes:
            file = folder / "httpd.conf"
            file.write_text(text(size, folder, build_of(engine).module_dir if engine else None))
            ours = cost([sys.executable, "-m", "apacheconf", "check", "-f", file], folder)
            theirs = cost([engine.path, "-t", "-f", file], folder) if engine else None
            shown = f"{theirs.wall:9.2f} s{ours.wall / theirs.wall:8.2f}" if theirs else f"{'-':>11}{'-':>8}"
            for target in ("haproxy", "nginx") if size <= MOST_TRANSLATED else ():
                translated = _translation(target, file, folder)
                shown += f"{translated.wall:10.2f} s{translated.wall / ours.wall:10.1f}"
            print(
                f"{size:8}{ours.wall:8.2f} s{ours.wall / size * 1e6:8.0f} us{ours.cpu:8.2f} s"
                f"{ours.memory / 1e6:7.0f} MB{shown}",
                flush=True,
            )

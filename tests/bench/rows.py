"""The rows of the table: what is asked of which configuration, and what it may cost.

CPU per request of the whole process tree is the figure: it does not depend on how many cores wrk left over.
"""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field

from apacheconf.engines import EngineFailed, Sandbox, free_ports
from tests.bench import sites
from tests.bench.contenders import CONTENDERS
from tests.bench.measure import Load, cpu_seconds, memory_bytes, wrk

ALL = ("httpd", "apacheconf", "nginx", "haproxy")
BOTH = ("httpd", "apacheconf")
OURS = ("apacheconf",)
TRANSLATED = ("apacheconf", "nginx", "haproxy")
#: wrk's script for a request with a body of 10 KB.
POST = """\
wrk.method = "POST"
wrk.body = string.rep("x", 10000)
wrk.headers["Content-Type"] = "application/octet-stream"
"""
#: wrk's script that never asks a URL twice, so that nothing that was asked before helps.
VARIED = """\
local at, run = 0, os.time()
request = function()
  at = at + 1
  return wrk.format(nil, string.format("/api/v1/thing-%d?run=%d", at, run))
end
"""


@dataclass(frozen=True)
class Goal:
    """At most so many times what ``of`` costs: another contender in this row, or ours in another row."""

    most: float
    of: str = "httpd"


@dataclass(frozen=True)
class Row:
    """``script`` is Lua for wrk; ``modules`` are httpd's besides those that all rows have."""

    title: str
    configure: sites.Configure
    goals: tuple[Goal, ...]
    contenders: tuple[str, ...] = BOTH
    path: str = "/"
    host: str = "example.com"
    headers: tuple[str, ...] = ()
    script: str = ""
    modules: tuple[str, ...] = ()
    scheme: str = "http"


@dataclass(frozen=True)
class Result:
    """CPU seconds per request of a contender's tree, memory in bytes, and what the clients saw."""

    cpu: float
    memory: int
    load: Load


@dataclass
class Measured:
    """A row's results by contender; ``failed`` says why a contender did not start."""

    row: Row
    results: dict[str, Result] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)


REWRITE = ("rewrite_module", "setenvif_module", "headers_module")
TLS = ("ssl_module", "socache_shmcb_module")
ROWS = (
    Row("keep-alive, small answer", sites.balancer, (Goal(0.40), Goal(1.6, "nginx")), ALL),
    Row("the same, combined log", sites.logged, (Goal(0.45),)),
    Row("POST of 10 KB", sites.balancer, (Goal(0.45),), ALL, script=POST),
    Row("TLS, keep-alive, small answer", sites.secure, (Goal(0.60),), modules=TLS, scheme="https"),
    Row("1 MB answers", sites.balancer, (Goal(1.0),), ALL, path="/big"),
    Row("a new connection each", sites.balancer, (Goal(0.60),), ALL, headers=("Connection: close",)),
    Row("one host", sites.many_hosts(1), (), TRANSLATED, host="host0.example.com"),
    Row(
        "last of 10,000 hosts", sites.many_hosts(10_000), (Goal(1.1, "one host"),), TRANSLATED,
        host="host9999.example.com",
    ),
    Row("10 rules, 2 SetEnvIf, 3 Header", sites.rules, (Goal(0.5),), modules=REWRITE),
    Row("the same, every URL new", sites.rules, (), script=VARIED, modules=REWRITE),
    Row("1,000 RewriteRules", sites.many_rules, (Goal(0.5),), modules=REWRITE),
    Row("the same, every URL new", sites.many_rules, (), script=VARIED, modules=REWRITE),
    Row(
        "Basic authentication by bcrypt", sites.guarded, (Goal(1.2, "keep-alive, small answer"),), OURS,
        headers=("Authorization: Basic YWxpY2U6cHc=",),
    ),
    Row("1,000 Redirects", sites.many_redirects, (Goal(0.5),)),
    Row("one of the 1,000 Redirects", sites.many_redirects, (), path="/moved777/x"),
    Row("100 KB static file", sites.files, (Goal(1.2),), path="/page.txt"),
)  # fmt: skip


def measure(row: Row, names: Sequence[str], origins: tuple[int, ...], seconds: int, connections: int) -> Measured:
    """Start the row's contenders one after the other, warm each up for a second, then load it."""
    found = Measured(row)
    for name in row.contenders:
        if name not in names:
            continue
        try:
            found.results[name] = _measure(row, name, origins, seconds, connections)
        except (EngineFailed, subprocess.CalledProcessError) as failed:
            found.failed[name] = str(failed)
    return found


def _measure(row: Row, name: str, origins: tuple[int, ...], seconds: int, connections: int) -> Result:
    port = free_ports(1)[0]
    with Sandbox("bench") as box:
        text = row.configure(sites.Place(box, port, origins))
        script = box.write("ask.lua", row.script) if row.script else None
        with CONTENDERS[name](box, port, text, row.modules) as server:
            url, headers = f"{row.scheme}://127.0.0.1:{port}{row.path}", (f"Host: {row.host}", *row.headers)
            wrk(url, 1, connections, *headers, script=script)
            before = cpu_seconds(server.pid)
            load = wrk(url, seconds, connections, *headers, script=script)
            cpu = cpu_seconds(server.pid) - before
            return Result(cpu / max(1, load.requests), memory_bytes(server.pid), load)

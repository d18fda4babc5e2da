"""Who is measured: our engine, httpd, nginx and HAProxy, each running the same configuration on loopback.

nginx and HAProxy run our own translation of the configuration, so that all are asked to do the same.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

from apacheconf.engines import Sandbox, Server, find
from apacheconf.engines import haproxy as haproxy_engine
from apacheconf.engines import httpd as httpd_engine
from apacheconf.engines import nginx as nginx_engine

ROOT = Path(__file__).resolve().parents[2]
#: What every configuration here needs of httpd; a row names what it needs besides.
MODULES = (
    *("authz_core_module", "log_config_module", "proxy_module", "proxy_http_module", "proxy_balancer_module"),
    *("lbmethod_byrequests_module", "slotmem_shm_module", "alias_module", "dir_module", "mime_module"),
)
#: The size of what the origin answers at ``/big``, in bytes.
BIG = 1_000_000
ORIGIN = """\
events {{ worker_connections 8192; }}
http {{
    keepalive_requests 1000000000;
    client_body_buffer_size 64k;
    sendfile on;
{servers}
}}
"""

#: Starts a contender in a sandbox, at a port, with a configuration and httpd's modules for it.
Start = Callable[[Sandbox, int, str, Sequence[str]], Server]


def start_origin(box: Sandbox, ports: list[int]) -> Server:
    """One nginx that answers at every port with a small text, as fast as it can, and with a megabyte at ``/big``."""
    engine = find("nginx")
    assert engine, "the benchmark needs nginx as its origin"
    box.write("html/big", "x" * BIG)
    servers = "\n".join(
        f'    server {{ listen 127.0.0.1:{port} backlog=4096; location / {{ return 200 "origin {port}\\n"; }}'
        f" location = /big {{ root {box.path}/html; }} }}"
        for port in ports
    )
    return nginx_engine.start(engine, box, ORIGIN.format(servers=servers), [("127.0.0.1", port) for port in ports])


def start_ours(box: Sandbox, port: int, text: str, _: Sequence[str] = ()) -> Server:
    file = box.write("site.conf", text)
    command = [sys.executable, "-m", "apacheconf", "serve", str(file)]
    environ = {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": _bytecode().name}
    return Server("apacheconf", command, [("127.0.0.1", port)], box.path / "logs" / "serve.out", environ)


@cache
def _bytecode() -> tempfile.TemporaryDirectory[str]:
    """Where bytecode is kept until the benchmark ends, as an installation keeps it."""
    return tempfile.TemporaryDirectory(prefix="apacheconf-bytecode-")


def start_httpd(box: Sandbox, port: int, text: str, modules: Sequence[str] = ()) -> Server:
    engine = find("httpd")
    assert engine
    # The sandbox's usual one small child would not be fair: the event MPM gets its own defaults.
    before = httpd_engine.preamble(engine, box, (*MODULES, *modules)).replace(httpd_engine.ONE_CHILD, "")
    return httpd_engine.start(engine, box, f"{before}\n{text}", [("127.0.0.1", port)])


def start_nginx(box: Sandbox, port: int, text: str, _: Sequence[str] = ()) -> Server:
    engine = find("nginx")
    assert engine
    return nginx_engine.start(engine, box, translated("nginx", text, box), [("127.0.0.1", port)])


def start_haproxy(box: Sandbox, port: int, text: str, _: Sequence[str] = ()) -> Server:
    engine = find("haproxy")
    assert engine
    return haproxy_engine.start(engine, box, translated("haproxy", text, box), [("127.0.0.1", port)])


def translated(target: str, text: str, box: Sandbox) -> str:
    """The main file of our translation of ``text``; those that it names stand beside it in ``box``."""
    file, folder = box.write("site.conf", text), box.path / target
    command = [sys.executable, "-m", "apacheconf", "translate", str(file), "--to", target, "-o", f"{folder}/"]
    subprocess.run(command, capture_output=True, cwd=ROOT, timeout=60, check=True)
    found = {str(each.relative_to(folder)): each.read_text() for each in folder.rglob("*") if each.is_file()}
    for name, content in found.items():
        box.write(name, content)
    return found[f"{target}.{'conf' if target == 'nginx' else 'cfg'}"]


#: httpd first: the others are shown in relation to it.
CONTENDERS: dict[str, Start] = {
    "httpd": start_httpd,
    "apacheconf": start_ours,
    "nginx": start_nginx,
    "haproxy": start_haproxy,
}

"""Who is measured: our engine, httpd, nginx and HAProxy, each running the load-balancer site on loopback.

The site's text is the fixture's with its ports and origin addresses moved; nginx and HAProxy run our own
translation of that text, so that all four are asked to do the same.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from apacheconf.engines import Sandbox, Server, find
from apacheconf.engines import haproxy as haproxy_engine
from apacheconf.engines import httpd as httpd_engine
from apacheconf.engines import nginx as nginx_engine

ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / "fixtures/sites/load-balancer/conf.d/example.com.conf"
MODULES = (
    *("authz_core_module", "log_config_module", "proxy_module", "proxy_http_module", "proxy_balancer_module"),
    *("lbmethod_byrequests_module", "slotmem_shm_module", "alias_module", "dir_module", "mime_module"),
)
ORIGIN = """\
events {{ worker_connections 1024; }}
http {{
    keepalive_requests 1000000000;
{servers}
}}
"""

Start = Callable[[Sandbox, int, list[int]], Server]


def site(port: int, origins: list[int]) -> str:
    """The load-balancer site on ``port``, its members at these ports of loopback."""
    text = SITE.read_text().replace("*:80>", f"*:{port}>")
    for number, origin in enumerate(origins, 1):
        text = text.replace(f"10.0.0.{number}:8080", f"127.0.0.1:{origin}")
    return f"Listen 127.0.0.1:{port}\n{text}"


def start_origin(box: Sandbox, ports: list[int]) -> Server:
    """One nginx that answers at every port with a small text, as fast as it can."""
    engine = find("nginx")
    assert engine, "the benchmark needs nginx as its origin"
    servers = "\n".join(
        f'    server {{ listen 127.0.0.1:{port}; location / {{ return 200 "origin {port}\\n"; }} }}' for port in ports
    )
    return nginx_engine.start(engine, box, ORIGIN.format(servers=servers), [("127.0.0.1", port) for port in ports])


def start_ours(box: Sandbox, port: int, origins: list[int]) -> Server:
    file = box.write("site.conf", site(port, origins))
    command = [sys.executable, "-m", "apacheconf", "serve", str(file)]
    log, environ = box.path / "logs" / "serve.out", {"PYTHONPATH": str(ROOT)}
    return Server("apacheconf", command, [("127.0.0.1", port)], log, environ)


def start_httpd(box: Sandbox, port: int, origins: list[int]) -> Server:
    engine = find("httpd")
    assert engine
    # The sandbox's usual one small child would not be fair: the event MPM gets its own defaults.
    before = httpd_engine.preamble(engine, box, MODULES).replace(httpd_engine.ONE_CHILD, "")
    return httpd_engine.start(engine, box, f"{before}\n{site(port, origins)}", [("127.0.0.1", port)])


def start_nginx(box: Sandbox, port: int, origins: list[int]) -> Server:
    engine = find("nginx")
    assert engine
    return nginx_engine.start(engine, box, translated("nginx", site(port, origins), box), [("127.0.0.1", port)])


def start_haproxy(box: Sandbox, port: int, origins: list[int]) -> Server:
    engine = find("haproxy")
    assert engine
    return haproxy_engine.start(engine, box, translated("haproxy", site(port, origins), box), [("127.0.0.1", port)])


def translated(target: str, text: str, box: Sandbox) -> str:
    """The main file of our translation of ``text``."""
    import subprocess

    file = box.write("site.conf", text)
    command = [sys.executable, "-m", "apacheconf", "translate", str(file), "--to", target]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=60, check=True)
    return done.stdout


#: httpd first: the others are shown in relation to it.
CONTENDERS: dict[str, Start] = {
    "httpd": start_httpd,
    "apacheconf": start_ours,
    "nginx": start_nginx,
    "haproxy": start_haproxy,
}

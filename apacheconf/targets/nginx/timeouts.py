"""How long nginx waits for origins: httpd's timeouts, written where they differ from those of most (NGX-78)."""

from __future__ import annotations

from apacheconf.program.hosts import Host
from apacheconf.program.workers import Worker
from apacheconf.targets.nginx.core import seconds
from apacheconf.targets.nginx.lowering import Lowering
from apacheconf.targets.nginx.tree import Block

#: How long to wait for the connection, and for each read or write. Seconds.
Timeouts = tuple[float, float]


def read_timeout(host: Host, worker: Worker) -> float:
    """WP-6, WP-30: the worker's own timeout, else ProxyTimeout, else Timeout. Seconds."""
    limits = host.shape.limits
    return worker.timeout or limits.proxy_timeout or limits.timeout


def timeouts(host: Host, worker: Worker) -> Timeouts:
    """Those of one origin."""
    wait = read_timeout(host, worker)
    return worker.connect_timeout or wait, wait


def common_timeouts(low: Lowering) -> Timeouts:
    """What most origins have: the main server's own."""
    limits = low.program.hosts[low.program.index.main].shape.limits
    wait = limits.proxy_timeout or limits.timeout
    return wait, wait


def emit_timeouts(own: Timeouts, block: Block) -> None:
    """Write them."""
    connect, wait = own
    block.add("proxy_connect_timeout", seconds(connect))
    block.add("proxy_send_timeout", seconds(wait))
    block.add("proxy_read_timeout", seconds(wait))

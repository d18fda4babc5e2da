"""The real servers: find httpd, nginx and HAProxy, run them in a sandbox on loopback, ask their checkers.

``find(name)`` says what is installed, ``httpd.start``, ``nginx.start`` and ``haproxy.start`` run a text and
give a Server that ends with its ``with`` block, ``check`` asks ``-t``. Used by prove, by ``translate
--check``, by tests and by the benchmark alike; nothing here knows what a configuration means.
"""

from apacheconf.engines.checking import CheckResult, Verdict, check
from apacheconf.engines.installed import Engine, find, find_all
from apacheconf.engines.process import EngineFailed, Server, stopping_on_signals
from apacheconf.engines.sandbox import Sandbox, free_ports

__all__ = [
    "CheckResult", "Engine", "EngineFailed", "Sandbox", "Server", "Verdict",
    "check", "find", "find_all", "free_ports", "stopping_on_signals",
]  # fmt: skip

"""A real php-fpm for the live tests: two pools in a sandbox, one at a port of loopback and one at a Unix socket."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from apacheconf.engines import Sandbox, Server, free_ports
from apacheconf.engines.sandbox import is_root

_NAMES = ("php-fpm", *(f"php-fpm8.{minor}" for minor in range(9, -1, -1)), "php-fpm7.4")
_PATH = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/sbin", "/usr/local/sbin"))
_POOL = """\
[{name}]
listen = {listen}
listen.mode = 0666
pm = static
pm.max_children = 2
catch_workers_output = no
php_admin_value[error_log] = /dev/stderr
php_admin_flag[log_errors] = on
php_admin_flag[display_errors] = off
php_admin_value[expose_php] = off
php_admin_value[upload_tmp_dir] = {box}/tmp
php_admin_value[session.save_path] = {box}/tmp
"""


def find_fpm() -> Path:
    """The installed php-fpm. Where CI is true a missing one is a failure, elsewhere a loud line."""
    for name in _NAMES:
        if found := shutil.which(name, path=_PATH):
            return Path(found)
    message = "php-fpm is not installed: NOT COMPARED with it (install it, or run `make test`, which does)"
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    print(f"\n*** {message}", file=sys.__stderr__, flush=True)
    pytest.skip(message)


@contextlib.contextmanager
def running(box: Sandbox) -> Iterator[tuple[int, Path]]:
    """php-fpm within the block; gives the port and the socket."""
    binary, (port,), sock = find_fpm(), free_ports(1), box.path / "run" / "php.sock"
    pools = [("tcp", f"127.0.0.1:{port}"), ("unix", str(sock))]
    account = f"user = {_nobody()}\n" if is_root() else ""
    text = f"[global]\nerror_log = {box.path}/logs/php-fpm.log\ndaemonize = no\n"
    text += "".join(_POOL.format(name=name, listen=listen, box=box.path) + account for name, listen in pools)
    file = box.write("php-fpm.conf", text)
    command: list[str | Path] = [binary, "-n", "-F", "-y", file]
    with Server("php-fpm", command, [("127.0.0.1", port)], box.path / "logs" / "php-fpm.out"):
        yield port, sock


def _nobody() -> str:
    for name in ("nobody", "www-data"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name).pw_name
    return "root"

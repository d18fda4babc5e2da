"""``make soak``: serve under trouble, for a bounded time, on loopback.

    python -m tests.soak [--only PART]... [--seconds N] [--slow N] [--requests N]

- *members*: members are killed, started again and slow to accept under load, answers end or are reset in their middle.
  Every answer is whole or visibly broken, and nobody hears of members that are down while another is up.
- *slow*: clients that send a byte a second and clients that don't read their megabyte. What others wait for (p99)
  stays under three times what it is without them, memory under 300 MB.
- *many*: two million requests for different URLs. Memory ends within a tenth of what it was after 100,000.

It prints what it saw and ends with 1 when something does not hold.
"""

from __future__ import annotations

import argparse
import contextlib
import resource
import socket
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

from apacheconf.engines import Sandbox, free_ports, stopping_on_signals
from apacheconf.engines.process import Server
from apacheconf.prove.threaded import Origins
from tests.bench.contenders import start_origin, start_ours
from tests.bench.measure import cpu_seconds, memory_bytes, wrk
from tests.bench.rows import VARIED
from tests.bench.sites import Place, balancer
from tests.soak.load import Load

ROOT = Path(__file__).resolve().parents[2]
MEMBERS = ("10.0.0.1:8080", "10.0.0.2:8080")
HOST = "Host: example.com"
MOST_MEMORY = 300_000_000
#: How much later than without trouble, and how much more memory than at first.
MOST_LATE, MOST_GROWN = 3.0, 1.1
FIRST = 100_000
CONNECTIONS = 16


@contextlib.contextmanager
def serving(origins: Origins) -> Iterator[tuple[Server, int]]:
    """serve on the load-balancer site, in a process of its own, in front of origins that obey orders."""
    port = free_ports(1)[0]
    moved = [word for name, at in origins.ports.items() for word in ("--origin", f"{name}=127.0.0.1:{at}")]
    site = ROOT / "fixtures/sites/load-balancer/conf.d"
    command = [sys.executable, "-m", "apacheconf", "serve", str(site), "--listen", f"80=127.0.0.1:{port}", *moved]
    with Sandbox("soak") as box:
        environ = {"PYTHONPATH": str(ROOT)}
        with Server("apacheconf serve", command, [("127.0.0.1", port)], box.path / "serve.out", environ) as server:
            yield server, port


@contextlib.contextmanager
def serving_fast() -> Iterator[tuple[Server, int]]:
    """The same in front of origins that answer at once."""
    ports, port = free_ports(2), free_ports(1)[0]
    with (
        Sandbox("origin") as origin,
        start_origin(origin, ports),
        Sandbox("soak") as box,
        start_ours(box, port, balancer(Place(box, port, tuple(ports)))) as server,
    ):
        yield server, port


def members(options: argparse.Namespace) -> list[str]:
    """Members come and go under load."""
    with Origins(MEMBERS) as origins, serving(origins) as (server, port):
        origins.up(MEMBERS)
        with Load(port, options.clients) as load:
            until, rounds = time.monotonic() + options.seconds, 0
            while time.monotonic() < until:
                for up in (MEMBERS, MEMBERS[:1], MEMBERS[1:], (), MEMBERS):
                    load.steady = 0
                    origins.up(up)
                    origins.freeze(0.2)  # slow to accept
                    time.sleep(0.5)
                    rounds += 1
                    load.steady = rounds if up else 0
                    time.sleep(options.seconds / 20)
        print("members coming and going:", dict(load.seen.most_common()))
        return [*load.wrong, *_bounded(server, memory_bytes(server.pid))]


def slow(options: argparse.Namespace) -> list[str]:
    """Others don't notice clients that hardly send and clients that don't read."""
    with serving_fast() as (server, port), contextlib.ExitStack() as stack:
        url, seconds = f"http://127.0.0.1:{port}/", max(2, int(options.seconds / 2))
        wrk(url, 1, CONNECTIONS, HOST)
        idle = wrk(url, seconds, CONNECTIONS, HOST)
        held = [_connected(port) for _ in range(2 * options.slow)]
        for each in held:
            stack.callback(each.close)
        for each in held[options.slow :]:
            each.sendall(b"GET /big HTTP/1.1\r\nHost: example.com\r\n\r\n")
        _settle(server)  # a gigabyte has to be moved before nothing more fits into the sockets
        most = 0
        with ThreadPoolExecutor(1) as beside:
            asked = beside.submit(wrk, url, seconds, CONNECTIONS, HOST)
            while not asked.done():
                for each in held[: options.slow]:
                    with contextlib.suppress(OSError):
                        each.sendall(b"G")
                most = max(most, memory_bytes(server.pid))
                wait((asked,), timeout=1)
        busy = asked.result()
        print(
            f"{2 * options.slow} slow clients: p99 of the others {idle.p99 * 1e3:.2f} ms before,"
            f" {busy.p99 * 1e3:.2f} ms beside them; memory {most / 1e6:.0f} MB"
        )
        wrong = [f"{busy.errors} errors beside slow clients"] if busy.errors or not busy.requests else []
        wrong += [f"p99 rose {busy.p99 / idle.p99:.1f} times"] if busy.p99 > MOST_LATE * idle.p99 else []
        return [*wrong, *_bounded(server, most)]


def _settle(server: Server, most: float = 60.0) -> None:
    """Wait until the server has nothing left to do; ``most`` is in seconds."""
    until = time.monotonic() + most
    while time.monotonic() < until:
        before = cpu_seconds(server.pid)
        time.sleep(1)
        if cpu_seconds(server.pid) - before < 0.1:
            return


def _connected(port: int) -> socket.socket:
    """A client with room for no more than a little of an answer."""
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    made.connect(("127.0.0.1", port))
    return made


def many(options: argparse.Namespace) -> list[str]:
    """Memory doesn't grow with the requests."""
    with serving_fast() as (server, port), Sandbox("ask") as box:
        script = box.write("ask.lua", VARIED.replace("return wrk", 'wrk.headers["X-At"] = at % 500\n  return wrk'))
        asked = errors = first = 0
        while asked < options.requests:
            load = wrk(f"http://127.0.0.1:{port}/", 2 if asked < FIRST else 10, CONNECTIONS, HOST, script=script)
            asked, errors = asked + load.requests, errors + load.errors
            if not first and asked >= min(FIRST, options.requests / 2):
                first, after = memory_bytes(server.pid), asked
        last = memory_bytes(server.pid)
        print(f"memory {first / 1e6:.1f} MB after {after} requests, {last / 1e6:.1f} MB after {asked}")
        wrong = [f"{errors} errors"] if errors else []
        wrong += [f"memory grew {last / first:.2f} times"] if last > MOST_GROWN * first else []
        return [*wrong, *_bounded(server, last)]


def _bounded(server: Server, memory: int) -> list[str]:
    wrong = [f"memory is {memory} bytes"] if memory > MOST_MEMORY else []
    return wrong + ([] if server.is_running else ["serve has ended"])


PARTS: dict[str, Callable[[argparse.Namespace], list[str]]] = {"members": members, "slow": slow, "many": many}


def main() -> int:
    parser = argparse.ArgumentParser(prog="make soak")
    parser.add_argument("--only", action="append", choices=list(PARTS))
    parser.add_argument(
        "--seconds", type=float, default=20.0, help="how long members come and go, and slow clients stay"
    )
    parser.add_argument("--clients", type=int, default=8, help="that ask while members come and go")
    parser.add_argument("--slow", type=int, default=1000, help="so many of each kind of slow client")
    parser.add_argument("--requests", type=int, default=2_000_000)
    options = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    wrong = []
    with stopping_on_signals():
        for name in options.only or PARTS:
            wrong += [f"{name}: {what}" for what in PARTS[name](options)]
    print("\n".join(wrong) or "everything holds")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

"""``make soak``: serve under trouble, for a bounded time, on loopback.

    python -m tests.soak [--seconds N] [--clients N]

Members are killed and started again under load, answers break in their middle, clients send a byte a second or read
nothing of a large answer. What must hold: every answer is whole or visibly broken, no other client waits for the
slow ones, and memory stays bounded. It prints what it saw and ends with 1 when something does not hold.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import random
import socket
import statistics
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from apacheconf.engines import Sandbox, free_ports
from apacheconf.engines.process import Server
from apacheconf.prove.client import Turn, exchange
from apacheconf.prove.threaded import Origins
from tests.bench.measure import memory_bytes

ROOT = Path(__file__).resolve().parents[2]
MEMBERS = ("10.0.0.1:8080", "10.0.0.2:8080")
MOST_MEMORY = 300_000_000
#: Orders for the origins: whole answers, and answers that break in each part.
ANSWERS: tuple[dict[str, object], ...] = (
    {}, {}, {"size": 100_000}, {"size": 20_000, "framing": "chunked"}, {"size": 5000, "cut": 700},
    {"size": 5000, "cut": 700, "framing": "chunked"}, {"close": True}, {"raw": "HTTP/1.1 200 OK\r\nX: half"},
    {"delay": 0.05},
)  # fmt: skip


@contextlib.contextmanager
def serving(origins: Origins) -> Iterator[tuple[Server, int]]:
    """serve on the load-balancer site, in a process of its own."""
    port = free_ports(1)[0]
    moved = [word for name, at in origins.ports.items() for word in ("--origin", f"{name}=127.0.0.1:{at}")]
    site = ROOT / "fixtures/sites/load-balancer/conf.d"
    command = [sys.executable, "-m", "apacheconf", "serve", str(site), "--listen", f"80=127.0.0.1:{port}", *moved]
    with Sandbox("soak") as box:
        environ = {"PYTHONPATH": str(ROOT)}
        with Server("apacheconf serve", command, [("127.0.0.1", port)], box.path / "serve.out", environ) as server:
            yield server, port


class Load:
    """Clients that ask until told to stop; ``seen`` counts how their answers ended."""

    def __init__(self, port: int, clients: int, hard: bool) -> None:
        self.port, self.hard = port, hard
        self.seen: Counter[str] = Counter()
        self.times: list[float] = []
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(number,), daemon=True) for number in range(clients)]

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(20)

    def _run(self, number: int) -> None:
        chosen = random.Random(number)
        while not self._over.is_set():
            orders = chosen.choice(ANSWERS) if self.hard else {}
            began = time.monotonic()
            self.seen[self._ask(orders)] += 1
            self.times.append(time.monotonic() - began)

    def _ask(self, orders: dict[str, object]) -> str:
        head = f"GET / HTTP/1.1\r\nHost: example.com\r\nX-Ctl: {json.dumps(orders)}\r\nConnection: close\r\n\r\n"
        try:
            answers = exchange(("127.0.0.1", self.port), (Turn(head.encode()),)).answers
        except OSError as error:
            return f"no connection: {error}"
        if not answers:
            return "nothing"
        answer = answers[0]
        broken = "cut" in orders and answer.status == 200
        if broken:
            return "LOOKS WHOLE BUT IS CUT" if answer.whole else "visibly broken"
        if answer.status == 200 and not answer.whole:
            return "CUT THOUGH THE ORIGIN SENT ALL"
        return str(answer.status)


def p99(times: list[float]) -> float:
    return statistics.quantiles(times, n=100)[98] if len(times) > 100 else max(times, default=0.0)


def trouble(origins: Origins, port: int, seconds: float, clients: int) -> list[str]:
    """Members come and go under load."""
    wrong: list[str] = []
    with Load(port, clients, hard=True) as load:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            for up in (MEMBERS, MEMBERS[:1], MEMBERS[1:], (), MEMBERS):
                origins.up(up)
                time.sleep(seconds / 20)
    print("members coming and going:", dict(load.seen.most_common()))
    wrong += [f"{count} x {what}" for what, count in load.seen.items() if what.isupper() or "CUT" in what]
    origins.up(MEMBERS)
    return wrong


def slow(port: int, seconds: float, count: int, clients: int) -> list[str]:
    """Clients that send a byte a second, and clients that don't read: the others don't notice."""
    with Load(port, clients, hard=False) as idle:
        time.sleep(seconds / 2)
    slow_ones = [socket.create_connection(("127.0.0.1", port), 5) for _ in range(2 * count)]
    big = b'GET / HTTP/1.1\r\nHost: example.com\r\nX-Ctl: {"size": 1000000}\r\n\r\n'
    for each in slow_ones[count:]:
        each.sendall(big)
    with Load(port, clients, hard=False) as busy:
        for _ in range(int(seconds)):
            time.sleep(1)
            for each in slow_ones[:count]:
                with contextlib.suppress(OSError):
                    each.sendall(b"G")
    for each in slow_ones:
        each.close()
    before, after = p99(idle.times), p99(busy.times)
    print(
        f"{2 * count} slow clients: p99 of the others {before * 1000:.1f} ms before, {after * 1000:.1f} ms beside them"
    )
    bad = [f"{n} x {what} beside slow clients" for what, n in busy.seen.items() if what != "200"]
    return bad + ([f"p99 rose from {before:.3f} s to {after:.3f} s"] if after > 3 * before + 0.05 else [])


def main() -> int:
    parser = argparse.ArgumentParser(prog="make soak")
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--slow", type=int, default=300, help="so many of each kind of slow client")
    options = parser.parse_args()
    with Origins(MEMBERS) as origins, serving(origins) as (server, port):
        origins.up(MEMBERS)
        wrong = trouble(origins, port, options.seconds, options.clients)
        time.sleep(0.5)
        wrong += slow(port, options.seconds / 2, options.slow, options.clients)
        memory = memory_bytes(server.pid)
        print(f"memory at the end: {memory / 1e6:.0f} MB")
        wrong += [f"memory is {memory} bytes"] if memory > MOST_MEMORY else []
        wrong += [] if server.is_running else ["serve has ended"]
    print("\n".join(wrong) or "everything holds")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

"""Clients that ask until told to stop, and how their answers ended: whole, visibly broken, or wrong."""

from __future__ import annotations

import json
import random
import threading
from collections import Counter

from apacheconf.prove.client import Turn, exchange

#: Orders for the origins: whole answers, and answers that break in each part.
ANSWERS: tuple[dict[str, object], ...] = (
    {}, {}, {"size": 100_000}, {"size": 20_000, "framing": "chunked"}, {"size": 5000, "cut": 700},
    {"size": 5000, "cut": 700, "framing": "chunked"}, {"close": True}, {"raw": "HTTP/1.1 200 OK\r\nX: half"},
    {"delay": 0.05}, {"close": True, "reset": True}, {"raw": "HTTP/1.1 200 OK\r\nX: half", "reset": True},
    {"size": 5000, "cut": 700, "reset": True}, {"size": 5000, "cut": 700, "framing": "chunked", "reset": True},
)  # fmt: skip
#: What makes an answer break.
_BREAKS = {"cut", "close", "raw"}
LOOKS_WHOLE = "LOOKS WHOLE BUT IS CUT"
CUT = "CUT THOUGH THE ORIGIN SENT ALL"
FAILED = "FAILED THOUGH A MEMBER WAS UP"


class Load:
    """``clients`` threads; ``seen`` counts how the answers ended, in a status or a word.

    ``steady`` is a number, another one for each time in which a member is up and nothing changes; 0 in between.
    """

    def __init__(self, port: int, clients: int) -> None:
        self.port = port
        self.seen: Counter[str] = Counter()
        self.steady = 0
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(number,), daemon=True) for number in range(clients)]

    @property
    def wrong(self) -> list[str]:
        """What may not happen, with how often it did."""
        return [f"{self.seen[what]} x {what}" for what in (LOOKS_WHOLE, CUT, FAILED) if self.seen[what]]

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
            orders, before = chosen.choice(ANSWERS), self.steady
            ended = self._ask(orders)
            self.seen[ended] += 1
            if before and before == self.steady and ended != "200" and not orders.keys() & _BREAKS:
                self.seen[FAILED] += 1

    def _ask(self, orders: dict[str, object]) -> str:
        head = f"GET / HTTP/1.1\r\nHost: example.com\r\nX-Ctl: {json.dumps(orders)}\r\nConnection: close\r\n\r\n"
        try:
            answers = exchange(("127.0.0.1", self.port), (Turn(head.encode()),)).answers
        except OSError as error:
            return f"no connection: {error}"
        if not answers:
            return "nothing"
        answer = answers[0]
        if "cut" in orders and answer.status == 200:
            return LOOKS_WHOLE if answer.whole else "visibly broken"
        if answer.status == 200 and not answer.whole:
            return CUT
        return str(answer.status)

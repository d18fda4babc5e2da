"""What an origin has received, and what it can be ordered to answer (DIF-2)."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, fields

Headers = tuple[tuple[str, str], ...]

CONTROL = "x-ctl"
#: In texts that X-Ctl orders it stands for the origin's own authority, as the configuration under test names it.
SELF = "%self%"


@dataclass(frozen=True, slots=True)
class Received:
    """A request as it arrived at ``origin``; text is latin-1, header names keep their spelling and order.

    ``framing`` is ``length``, ``chunked`` or empty for no body; ``broken`` says what was wrong with the bytes. Of
    FastCGI, uwsgi and SCGI the ``headers`` are the variables, and the line ends in that name.
    ``certificate`` says whether the other side has shown one.
    ``connection`` counts the connections to this origin from 1; it is 0 at a controlled one, whose answers must
    not depend on how a front pools.
    """

    origin: str
    connection: int
    request_line: str
    headers: Headers
    framing: str = ""
    length: int = 0
    sha256: str = ""
    broken: str = ""
    certificate: bool = False

    def value(self, name: str) -> str | None:
        """The first value of header ``name``, or of the variable that it is in FastCGI; None if absent."""
        names = name.lower(), f"http_{name.lower().replace('-', '_')}"
        return next((value for key, value in self.headers if key.lower() in names), None)


@dataclass(frozen=True, slots=True)
class Orders:
    """What X-Ctl can ask for. ``raw`` is sent in place of any other answer; ``cut`` closes after so many body bytes.

    ``framing`` is ``length``, ``chunked``, ``close`` (until the end of the connection) or ``none``. ``delay`` is
    in seconds. ``interim`` are 1xx answers that go before: ``[[103, [["Link", "</x>"]]]]``. ``early`` answers
    before the body was read, ``close`` closes without an answer, ``no_continue`` sends no 100. ``size`` adds so
    many bytes to the body, ``long`` a header of so many bytes. ``reset`` breaks the connection in place of closing it.
    A FastCGI responder sends ``raw`` as the output of its script; framing and interim answers are none of its affairs.
    """

    status: int = 200
    reason: str = "OK"
    headers: list[list[str]] = field(default_factory=list)
    body: str = ""
    size: int = 0
    long: int = 0
    framing: str = "length"
    delay: float = 0.0
    interim: list[tuple[int, list[list[str]]]] = field(default_factory=list)
    raw: str | None = None
    cut: int | None = None
    early: bool = False
    close: bool = False
    no_continue: bool = False
    reset: bool = False


def read_orders(text: str) -> Orders:
    """The orders in the value of X-Ctl. Raises ValueError when it is no JSON object of known keys."""
    asked = json.loads(text)
    known = {f.name for f in fields(Orders)}
    if not isinstance(asked, dict) or not asked.keys() <= known:
        raise ValueError(f"X-Ctl takes a JSON object with the keys {', '.join(sorted(known))}")
    return Orders(**asked)

"""What a caller of ``serve`` may say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

#: A listener's address (empty: all) and port.
Address = tuple[str, int]
#: Where to connect instead: host and port, or the path of a Unix socket.
Destination = tuple[str, int] | str
#: Makes the protocol that stands in for the origin with this authority: ``connection_made``, ``data_received``...
StubFactory = Callable[[str], Any]


class Place(Protocol):
    """What has a host and a port to connect to."""

    @property
    def host(self) -> str: ...
    @property
    def port(self) -> int: ...


def connect_authority(worker: Place) -> str:
    """``host:port`` of a worker as ``--origin`` names it, IPv6 in brackets; the port is always there."""
    host = f"[{worker.host}]" if ":" in worker.host else worker.host
    return f"{host}:{worker.port}"


@dataclass(frozen=True)
class Ready:
    """Told to ``on_ready`` when the sockets listen: each listener, and where it really listens."""

    listeners: tuple[tuple[Address, Address], ...]


@dataclass(frozen=True)
class ServeOptions:
    """Options of ``serve``.

    ``listen`` maps a listener (its address and port, or its port alone) to the address of the socket; the
    configuration still speaks of the listener (``--listen``). ``origins`` maps ``host:port`` of a worker to where
    to connect (``--origin``). ``stub`` answers for every origin from inside the process. ``access_log`` is
    called with each line in combined format, ``error_log`` with each message, ``logs`` with the lines of the
    configuration's own logs in place of their files. ``accepted`` names directives
    that may go unhonoured. ``grace`` is how long (seconds) a drain waits for requests in flight.
    """

    listen: dict[Address | int, Address] = field(default_factory=dict)
    origins: dict[str, Destination] = field(default_factory=dict)
    stub: StubFactory | None = None
    access_log: Callable[[str], object] | None = None
    logs: Callable[[str], object] | None = None
    error_log: Callable[[str], object] | None = None
    accepted: frozenset[str] = frozenset()
    on_ready: Callable[[Ready], object] | None = None
    grace: float = 10.0

"""A tunnel: after 101 Switching Protocols bytes go both ways unread, until both sides are done (WS-2, WS-7).

Each side is an ``End``, which takes the place of the connection it came from. When one side has no more to say
the other is told so and may go on (half-close). A tunnel through which nothing went for its timeout is closed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from apacheconf.runtime.exchange import Exchange
    from apacheconf.runtime.state import ServerState


class Tunnel:
    """Two ends. ``timeout`` is in seconds, ``on_end`` is called once when it is over."""

    def __init__(
        self, server: ServerState, client: Any, origin: Any, timeout: float, on_end: Callable[[Tunnel], object]
    ) -> None:
        self.server, self.timeout, self._on_end = server, timeout, on_end
        self.client, self.origin = End(self, client), End(self, origin)
        self.client.other, self.origin.other = self.origin, self.client
        self.deadline = server.now + timeout
        server.tunnels.add(self)
        for end in (self.client, self.origin):
            end.transport.set_protocol(end)
            end.transport.resume_reading()

    def overdue(self) -> None:
        self.abort()

    def abort(self) -> None:
        """End it now."""
        for end in (self.client, self.origin):
            end.transport.abort()

    def lost(self, end: End) -> None:
        """One side is gone: the other gets what is still on its way, and the end of it."""
        end.gone = True
        if not end.other.gone:
            end.other.transport.close()
        else:
            self.server.tunnels.discard(self)
            self._on_end(self)


class End:
    """One side: what it receives the other one sends. ``sent`` counts the bytes written to this side."""

    other: End

    def __init__(self, tunnel: Tunnel, transport: Any) -> None:
        self.tunnel, self.transport = tunnel, transport
        self.sent = 0
        self.ended = False
        self.gone = False

    def connection_made(self, transport: Any) -> None:
        """Never called: the connection was there before the tunnel."""

    def send(self, data: bytes) -> None:
        if data and not self.gone:
            self.sent += len(data)
            self.tunnel.deadline = self.tunnel.server.now + self.tunnel.timeout
            self.transport.write(data)

    def data_received(self, data: bytes) -> None:
        self.other.send(data)

    def eof_received(self) -> bool:
        """This side says no more; True keeps the other direction open."""
        self.ended = True
        if self.other.ended or self.other.gone:
            return False
        if self.other.transport.can_write_eof():  # over TLS one side alone can't be ended here: it stays open
            self.other.transport.write_eof()
        return True

    def connection_lost(self, _: BaseException | None) -> None:
        self.tunnel.lost(self)

    def pause_writing(self) -> None:
        self.other.transport.pause_reading()

    def resume_writing(self) -> None:
        self.other.transport.resume_reading()


def start_tunnel(exchange: Exchange, head: bytes) -> None:
    """Put a tunnel in the place of both connections; ``head`` is what the client gets first."""
    connection, client, pool = exchange.connection, exchange.client, exchange.pool
    assert connection is not None and pool is not None
    timeout = max(exchange.site.limits.timeout, client.server.origin_timeout(pool, exchange.site))
    transport, data, ended = client.hand_over()

    exchange.stay = False

    def over(_: Tunnel) -> None:
        pool.cells.busy -= 1
        pool.left()
        client.log(exchange)

    tunnel = Tunnel(client.server, transport, connection.hand_over(), timeout, over)
    tunnel.client.send(head)
    tunnel.origin.send(data)
    if ended:
        tunnel.client.eof_received()

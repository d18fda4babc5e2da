"""Certificates that clients are asked for after the handshake: TLS 1.3's post-handshake authentication (TL-5).

A section of a host demands a certificate when the host is known already, and the request too. httpd asks then; so does
serve, where the client can be asked: TLS 1.2 would have to negotiate anew, which Python's ssl doesn't do.
"""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Any

from apacheconf.program.authority import Pending
from apacheconf.program.fold import steps_for
from apacheconf.program.steps import AskCertificate

if TYPE_CHECKING:
    from collections.abc import Callable

    from apacheconf.program.hosts import Host

#: What stands in ``FrontTls.verify`` where sections ask: the second where none of them takes a client without one.
LATER, LATER_REQUIRED = "later", "later, required"
#: The last message of a handshake, and what handshakes come in: another kind of record has the first number, too.
_FINISHED, _HANDSHAKE = 20, 22


def later_demand(host: Host) -> str:
    """What the sections of a host ask of its clients; empty for nothing."""
    shape = host.shape
    asked = {
        step.action.required
        for number in range(len(shape.layers))
        for step in steps_for(shape, (number,))
        if isinstance(step.action, AskCertificate)
    }
    return "" if not asked else LATER_REQUIRED if asked == {True} else LATER


def prepare(context: ssl.SSLContext) -> None:
    """Have connections of ``context`` ask no certificate in their handshake, and count the handshakes that ended."""
    context.post_handshake_auth = True

    def hear(connection: Any, direction: str, version: Any, kind: Any, message: Any, data: bytes) -> None:
        if (direction, kind, message) == ("read", _HANDSHAKE, _FINISHED):
            connection.finished = getattr(connection, "finished", 0) + 1

    context._msg_callback = hear  # type: ignore[attr-defined]  # who sends no certificate is known by this alone


class CertificateAsked(Pending):
    """The client is being asked; ``when_shown`` calls back once it has answered."""

    def __init__(self, when_shown: Callable[[Callable[[BaseException | None], None]], None]) -> None:
        self.when_shown = when_shown
        super().__init__("a client's certificate")

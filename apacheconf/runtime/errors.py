"""Who broke HTTP: the two errors of the connection logic, kept apart because one is a 4xx and the other a 502.

ClientBroke    the client's message can't be read; it is answered with ``status`` and its connection closed
OriginBroke    the origin's can't; the client gets ``status`` with ``reason``, the origin's connection is closed
"""

from __future__ import annotations

from typing import ClassVar, NamedTuple


class Said(NamedTuple):
    """A message for the error log about an origin or a client, and ``system``, the system's word for what has failed.

    ``text`` may hold ``{uri}``, ``{method}`` and ``{origin}``. It names the client unless it is ``bare``, or about the
    ``remote`` end alone.
    """

    level: str
    module: str
    text: str
    system: str = ""
    bare: bool = False
    remote: bool = False


class ClientBroke(Exception):
    """The client broke HTTP. ``status`` is httpd's answer (RB-8, RB-10); ``note`` is the sentence in its page.

    ``measured`` is False where the page has no length. ``said`` is for the error log; ``system`` is the system's word
    for a body that can't be had. ``read`` are the fields that httpd's logs know where the header block is at fault,
    ``name`` is the host that answers where that is known all the same.
    """

    def __init__(
        self,
        status: int,
        why: str,
        note: str = "",
        measured: bool = True,
        said: tuple[Said, ...] = (),
        system: str = "",
    ) -> None:
        self.status = status
        self.note = note
        self.measured = measured
        self.said = said
        self.system = system
        self.read: list[tuple[bytes, bytes]] = []
        self.name = ""
        super().__init__(why)


class OriginBroke(Exception):
    """The origin broke HTTP, or could not be asked (section 4.1).

    ``reason`` is the reason phrase (FA-18): empty for the status's own, ``Proxy Error`` with ``note`` in the page.
    ``in_body``: the head was good, the body's framing is not; httpd then forbids to cache its page. ``said`` is for the
    error log, before the ``note``; ``system`` belongs to the note. ``unreached``: there was no connection at all.
    ``in_fields``: a field was bad, and the page that says so ends with the connection (RS-18). ``blames``: a member
    goes into the error state when no connection to it came about. ``unanswered``: the client gets no page.
    """

    unanswered: ClassVar[bool] = False

    def __init__(
        self,
        status: int,
        why: str,
        reason: str = "",
        note: str = "",
        in_body: bool = False,
        said: tuple[Said, ...] = (),
        system: str = "",
        unreached: bool = False,
        in_fields: bool = False,
        blames: bool = True,
    ) -> None:
        self.status = status
        self.reason = reason
        self.blames = blames
        self.in_body = in_body
        self.note = note
        self.said = said
        self.system = system
        self.unreached = unreached
        self.in_fields = in_fields
        super().__init__(why)


def proxy_error(
    status: int, note: str, said: tuple[Said, ...] = (), system: str = "", blames: bool = True
) -> OriginBroke:
    """The errors that mod_proxy explains in their page: their reason is ``Proxy Error`` (FA-18)."""
    return OriginBroke(status, note, "Proxy Error", note, said=said, system=system, blames=blames)

"""A client's connection over TLS: what stands between its socket and its ``ClientConnection`` (TL-1 to TL-3, TL-6).

Towards the socket it is a protocol, towards the connection a transport. Before the handshake it reads which host is
asked for, because that host chooses versions, ciphers and what is asked of the client. It never imports asyncio:
OpenSSL works on two memory buffers. A request costs one decryption and one encryption more than in plain text.
"""

from __future__ import annotations

import contextlib
import ssl
from typing import TYPE_CHECKING, Any

from apacheconf.program.names import choose_host
from apacheconf.program.steps import AskCertificate
from apacheconf.runtime.hello import is_plain_http, offers_13, server_name
from apacheconf.runtime.later_certificates import CertificateAsked
from apacheconf.runtime.reading import MAX_PIPELINED
from apacheconf.runtime.ssl_variables import SslVariables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from apacheconf.runtime.client import ClientConnection
    from apacheconf.runtime.state import Door, ServerState

#: Bytes that are decrypted at once; a record holds at most 16 KiB.
AT_ONCE = 65536
#: The client has ended its first handshake, and the one in which it showed its certificate.
_ENDED = 2
#: What the error log says of a client that shows no certificate where a section requires one (LG-9).
_MISSING = "AH02263: Re-negotiation handshake failed: Client certificate missing"


class Secured:
    """One client over TLS that came to ``door`` from ``peer``; its own door is the one of the host that it names.

    ``deadline`` is that of its handshake, 0 after it.
    """

    __slots__ = (
        "_asked", "_begun", "_closed", "_door", "_first", "_incoming", "_kept", "_name", "_outgoing", "_paused",
        "_peer", "_protocol", "_server", "_ssl", "_then", "deadline", "transport",
    )  # fmt: skip

    def __init__(self, server: ServerState, door: Door, peer: tuple[str, int]) -> None:
        self._server, self._door, self._peer = server, door, peer
        self.transport: Any = None
        self._protocol: Any = None
        self._ssl: ssl.SSLObject = None  # type: ignore[assignment]  # known when the client has named a host
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._first = b""
        self._name = ""
        self._begun = self._closed = self._paused = False
        self._asked: AskCertificate | None = None
        self._kept = b""
        self._then: Callable[[BaseException | None], None] | None = None
        limits = door.main.limits
        self.deadline = server.now + (limits.handshake.initial or limits.timeout)

    # --- towards the socket ----------------------------------------------------------------------------------

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self._server.handshakes.add(self)

    def data_received(self, data: bytes) -> None:
        if self._begun:
            self._incoming.write(data)
            if self._then is not None:
                self._hear(self._then)
            else:
                self._deliver()
        else:
            self._shake(data)

    def eof_received(self) -> bool:
        return bool(self._protocol.eof_received()) if self._begun else False

    def connection_lost(self, error: BaseException | None) -> None:
        self._server.handshakes.discard(self)
        self._closed = True
        if self._protocol is not None:
            self._protocol.connection_lost(error)

    def pause_writing(self) -> None:
        if self._begun:
            self._protocol.pause_writing()

    def resume_writing(self) -> None:
        if self._begun:
            self._protocol.resume_writing()

    # --- the handshake ---------------------------------------------------------------------------------------

    def _shake(self, data: bytes) -> None:
        if self._closed:
            return
        if self._ssl is None:
            self._first += data
            if is_plain_http(self._first):
                self._refuse_plain()
                return
            name = server_name(self._first)
            if name is None:
                return
            self._choose(name.lower(), offers_13(self._first))
            data, self._first = self._first, b""
        self._incoming.write(data)
        try:
            self._ssl.do_handshake()
        except ssl.SSLWantReadError:
            self._flush()
        except ssl.SSLError as error:
            self._flush()  # the alert that says why
            self._tell(error, self._server.arrive(self._door, self._peer))
            self.transport.close()
        else:
            tls = self._door.front_tls
            if tls is not None and _is_too_deep(self._ssl, tls.verify, tls.depth):
                self.abort()  # before its last words are sent, so that TLS up to 1.2 never comes up
                return
            self._flush()
            self._begin()

    def _tell(self, error: ssl.SSLError, client: ClientConnection) -> None:
        """Tell the error log what is wrong with a client's certificate, or that one is missing that was asked for."""
        wrong = isinstance(error, ssl.SSLCertVerificationError)
        required = self._asked is not None and self._asked.required
        host = self._door.main.host
        usual, code = ("info", "AH02276") if self._server.errors(host).wants("info", "ssl") else ("error", "AH02039")
        for level, text, holds in (
            (usual, f"{code}: Certificate Verification: Error {_problem(error)}", wrong),
            ("error", "AH02262: Re-negotiation handshake failed: Client verification failed", wrong and required),
            ("error", _MISSING, required and "DID_NOT_RETURN" in (error.reason or "")),
        ):
            if holds:
                self._server.log(level, "ssl", text, host=host, client=client)

    def _choose(self, name: str, is_13: bool) -> None:
        """The host that the client names, or the first of the address, sets all of TLS (VH-50)."""
        server = self._server
        address = self._door.address
        number = choose_host(server.program.index, *address, name or None).host
        self._name, self._door = name, server.door(address, "https", number, bool(name))
        context = server.context_of(self._door, is_13)
        self._ssl = context.wrap_bio(self._incoming, self._outgoing, server_side=True)

    def _begin(self) -> None:
        """The handshake is over: a ClientConnection takes it from here."""
        server, door = self._server, self._door
        server.handshakes.discard(self)
        self.deadline, self._begun = 0.0, True
        client = server.arrive(door, self._peer)
        client.tls = SslVariables(self._ssl, self._name, door.front_tls)
        client.ask_certificate = self._ask
        self._protocol = client
        client.connection_made(self)
        self._deliver()

    def _refuse_plain(self) -> None:
        """Plain HTTP where TLS is spoken: httpd explains it in plain HTTP (TL-6, VH-53)."""
        server = self._server
        server.handshakes.discard(self)
        client = server.arrive(self._door, self._peer)
        self.transport.set_protocol(client)
        client.connection_made(self.transport)
        client.refuse_plain()

    def overdue(self) -> None:
        """The handshake takes too long."""
        self.transport.abort()

    # --- a certificate after the handshake (TL-5) ------------------------------------------------------------

    def _ask(self, wanted: AskCertificate) -> int:
        """0 where what is known of the client is as strict, or nobody can be asked at all; else the refusal's status.

        Raises BodyWanted, then CertificateAsked, the first time.
        """
        tls = self._door.front_tls
        verify = tls.verify if tls is not None else "none"
        if self._ssl.version() != "TLSv1.3" or verify != "none":
            return 0
        if self._asked:
            return 0 if self._asked.required or not wanted.required else 403
        if refused := self._protocol.read_ahead(wanted.most):
            return int(refused)
        try:
            self._ssl.verify_client_post_handshake()
        except ssl.SSLError:
            return 403
        self._asked = wanted
        raise CertificateAsked(self._wait_for_certificate)

    def _wait_for_certificate(self, then: Callable[[BaseException | None], None]) -> None:
        """Deliver no more until the client has answered."""
        self._paused, self._then = True, then
        with contextlib.suppress(ssl.SSLWantReadError):
            self._ssl.do_handshake()
        self._flush()

    def _hear(self, then: Callable[[BaseException | None], None]) -> None:
        """More of the client's answer; what it has sent besides waits."""
        try:
            while not self._has_answered() and (data := self._ssl.read(AT_ONCE)):
                self._kept += data
                if len(self._kept) > MAX_PIPELINED:
                    self.abort()
                    return
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLError as error:
            self._flush()  # the alert that says why
            self._tell(error, self._protocol)
            self._closed = True
            self.transport.close()
            return
        self._flush()
        tls = self._door.front_tls
        if not self._has_answered():
            return
        if self._asked is not None and self._asked.required and self._ssl.getpeercert(binary_form=True) is None:
            # Where another section takes a client without one OpenSSL has let it pass.
            self._server.log("error", "ssl", _MISSING, host=self._door.main.host, client=self._protocol)
            self._closed = True
            self.transport.close()
            return
        own = self._asked.depth if self._asked is not None else None
        if tls is not None and _is_too_deep(self._ssl, "optional", tls.depth if own is None else own):
            self.abort()
            return
        self._then, self._protocol.tls = None, SslVariables(self._ssl, self._name, tls)
        self._paused = False
        then(None)
        kept, self._kept = self._kept, b""
        if kept and not self._closed:
            self._protocol.data_received(kept)
        self._deliver()

    def _has_answered(self) -> bool:
        """Whether the client has ended the handshake in which it was asked."""
        return getattr(self._ssl, "finished", 0) >= _ENDED

    # --- what is decrypted -----------------------------------------------------------------------------------

    def _deliver(self) -> None:
        """Give on what can be decrypted, as long as it is wanted."""
        incoming, decrypted = self._incoming, self._ssl
        while not self._paused and not self._closed and (incoming.pending or decrypted.pending()):
            try:
                data = decrypted.read(AT_ONCE)
            except ssl.SSLWantReadError:
                self._flush()
                return
            except ssl.SSLZeroReturnError:
                data = b""
            except ssl.SSLError:
                self._flush()
                self.abort()
                return
            if not data:
                if not self._protocol.eof_received():
                    self.close()
                return
            self._protocol.data_received(data)

    def _flush(self) -> None:
        if self._outgoing.pending:
            self.transport.write(self._outgoing.read())

    # --- towards the connection: a transport -----------------------------------------------------------------

    def writelines(self, parts: Iterable[bytes]) -> None:
        self.write(b"".join(parts))

    def write(self, data: bytes) -> None:
        if data and not self._closed:
            try:
                self._ssl.write(data)
            except ssl.SSLError:
                self.abort()
                return
            self.transport.write(self._outgoing.read())

    def close(self) -> None:
        """Say goodbye and close when all is sent."""
        if not self._closed:
            self._closed = True
            self._goodbye()
            self.transport.close()

    def abort(self) -> None:
        self._closed = True
        self.transport.abort()

    def get_write_buffer_size(self) -> int:
        return int(self.transport.get_write_buffer_size())

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        """Say goodbye; what the client still sends is read."""
        if not self._closed:
            self._goodbye()
            self.transport.write_eof()

    def _goodbye(self) -> None:
        with contextlib.suppress(ssl.SSLError):
            self._ssl.unwrap()
        self._flush()

    def pause_reading(self) -> None:
        self._paused = True
        self.transport.pause_reading()

    def resume_reading(self) -> None:
        self._paused = False
        if not self._closed:
            self.transport.resume_reading()
            if self._incoming.pending or self._ssl.pending():
                self._server.call_later(0, self._deliver)

    def set_protocol(self, protocol: Any) -> None:
        self._protocol = protocol

    def get_extra_info(self, name: str) -> Any:
        return self._ssl if name == "ssl_object" else self.transport.get_extra_info(name)


def _problem(error: ssl.SSLError) -> str:
    """OpenSSL's number and words for what is wrong with a certificate."""
    return f"({getattr(error, 'verify_code', 0)}): {getattr(error, 'verify_message', '')}"


def _is_too_deep(connected: Any, verify: str, depth: int) -> bool:
    """SSLVerifyDepth: how many certificates stand above the client's own, the trusted one included.

    A session that is resumed knows what the client sent alone, which lacks the trusted one; a client that was too deep
    must not come in by the session of its own failure. Tickets are given to no such client.
    """
    if verify == "none" or connected.getpeercert(binary_form=True) is None:
        return False
    verified = _chain(connected, "get_verified_chain")
    return len(verified or _chain(connected, "get_unverified_chain")) > depth + bool(verified)


def _chain(connected: Any, name: str) -> list[Any]:
    found = getattr(connected, name, None) or getattr(connected._sslobj, name)
    return [each for each in found() or () if each is not None]

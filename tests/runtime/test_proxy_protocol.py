"""RemoteIPProxyProtocol: a connection says first whose it is (RI-4, RI-5).

``TURNS`` are the first bytes, and whom httpd 2.4.71 then took for the client; None: it dropped the connection.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from apacheconf.engines import Engine
from apacheconf.engines import httpd as engine_httpd
from apacheconf.prove.client import Turn, exchange
from apacheconf.runtime.proxy_protocol import BadPreamble, read_preamble
from tests import wire
from tests.engines.real import need
from tests.runtime.served import Served

V2 = b"\r\n\r\n\x00\r\nQUIT\n"
_V4 = b"\x08\x08\x08\x08\x7f\x00\x00\x01\x15\xb3\x00\x50"
_V6 = bytes.fromhex("20010db8000000000000000000000001") + bytes(15) + b"\x01\x15\xb3\x00\x50"
TURNS: dict[str, tuple[bytes, str | None]] = {
    "version 1": (b"PROXY TCP4 8.8.8.8 127.0.0.1 5555 80\r\n", "8.8.8.8"),
    "version 1, IPv6": (b"PROXY TCP6 2001:db8::1 ::1 5555 80\r\n", "2001:db8::1"),
    "version 1, unknown": (b"PROXY UNKNOWN ff:: ff:: 1 2\r\n", "127.0.0.1"),
    "nothing": (b"", None),
    "another family": (b"PROXY UDP4 8.8.8.8 127.0.0.1 5555 80\r\n", None),
    "an address of another family": (b"PROXY TCP4 2001:db8::1 127.0.0.1 5555 80\r\n", None),
    "too few words": (b"PROXY TCP4 8.8.8.8\r\n", None),
    "too long": (b"PROXY TCP4 " + b"1" * 150 + b"\r\n", None),
    "version 2": (V2 + b"\x21\x11\x00\x0c" + _V4, "8.8.8.8"),
    "version 2 with more": (V2 + b"\x21\x11\x00\x0f" + _V4 + b"\x04\x00\x00", "8.8.8.8"),
    "version 2, IPv6": (V2 + b"\x21\x21\x00\x24" + _V6, "2001:db8::1"),
    "version 2, local": (V2 + b"\x20\x00\x00\x00", "127.0.0.1"),
    "version 2, UDP": (V2 + b"\x21\x12\x00\x0c" + _V4, None),
    "version 1 in version 2": (V2 + b"\x11\x11\x00\x0c" + _V4, None),
    "version 2, unspecified": (V2 + b"\x21\x00\x00\x00", None),
}
CONFIG = """RemoteIPProxyProtocol On
ProxyPass / http://{A}/
RequestHeader set X-Conn expr=%{CONN_REMOTE_ADDR}
<Location /in>
  Require ip 8.8.8.8
</Location>
"""
REQUEST = b"GET /x HTTP/1.1\r\nHost: example.com\r\n\r\n"


def case(config: str = CONFIG) -> wire.Case:
    return wire.Case(wire.FOLDER / "none.txt", "", (wire.Part("config", "", config),))


@contextmanager
def at_work(engine: Engine | None, config: str = CONFIG) -> Iterator[wire.Scene]:
    with wire.scene(case(config), engine) as found:
        if engine is None:
            with Served(found.box.path / "httpd.conf"):
                yield found
        else:
            with engine_httpd.start(engine, found.box, found.text, [("127.0.0.1", found.port)]):
                yield found


def client_of(scene: wire.Scene, sent: bytes) -> str | None:
    """Whom the origin is told of; None where nobody answers."""
    answers = exchange(("127.0.0.1", scene.port), (Turn(sent, ("GET",)),)).answers
    told = [dict(each.headers) for each in scene.origins.take()]
    if not answers:
        assert not told
        return None
    assert told[0]["X-Conn"] == "127.0.0.1"
    return told[0]["X-Forwarded-For"]


def test_serve_knows_the_client_as_httpd_did() -> None:
    with at_work(None) as scene:
        assert {n: client_of(scene, sent + REQUEST) for n, (sent, _) in TURNS.items()} == {
            n: c for n, (_, c) in TURNS.items()
        }
        asked = (
            TURNS["version 2"][0] + REQUEST.replace(b"/x", b"/in"),
            TURNS["version 1, IPv6"][0] + REQUEST.replace(b"/x", b"/in"),
        )
        statuses = [exchange(("127.0.0.1", scene.port), (Turn(each, ("GET",)),)).answers[0].status for each in asked]
        assert statuses == [200, 403]


def test_exceptions_speak_for_themselves() -> None:
    with at_work(None, f"RemoteIPProxyProtocolExceptions 127.0.0.0/8\n{CONFIG}") as scene:
        assert client_of(scene, REQUEST) == "127.0.0.1"


@pytest.mark.live
@pytest.mark.prove_all
def test_httpd_knows_the_client_so() -> None:
    with at_work(need("httpd")) as scene:
        assert {n: client_of(scene, sent + REQUEST) for n, (sent, _) in TURNS.items()} == {
            n: c for n, (_, c) in TURNS.items()
        }


@pytest.mark.parametrize("name", TURNS)
def test_it_is_the_same_byte_by_byte(name: str) -> None:
    sent = TURNS[name][0] + REQUEST

    def cut() -> tuple[object, int] | None:
        for end in range(1, len(sent)):
            found = read_preamble(sent[:end])
            if found is not None:
                return found
        return None

    try:
        whole = read_preamble(sent)
    except BadPreamble:
        with pytest.raises(BadPreamble):
            cut()
        return
    assert cut() == whole and whole is not None and whole[1] == len(TURNS[name][0])

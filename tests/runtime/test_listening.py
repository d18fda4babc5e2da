"""Listen in its forms: several addresses, IPv6, names (VH-2, VH-5)."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import pytest

from apacheconf.diagnostics import UsageError
from apacheconf.engines import free_ports
from apacheconf.program.loading import load
from apacheconf.runtime import ServeOptions
from apacheconf.runtime.listening import places
from apacheconf.runtime.server import Server
from tests.runtime.live import read_all
from tests.runtime.peers import has_ipv6

REQUEST = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"


def server(tmp_path: Path, listens: list[str], options: ServeOptions) -> Server:
    path = tmp_path / "site.conf"
    lines = [f"Listen{each}" if each.startswith("Backlog") else f"Listen {each}" for each in listens]
    path.write_text("\n".join([*lines, "ServerName a", "Redirect / http://elsewhere/", ""]))
    return Server(load([str(path)]).require(), options)


@pytest.mark.skipif(not has_ipv6(), reason="no IPv6 here")
def test_every_form_listens(tmp_path: Path) -> None:
    import asyncio

    one, two, three = free_ports(3)
    ready = threading.Event()
    of = server(
        tmp_path,
        [f"127.0.0.1:{one}", f"[::1]:{one}", str(two), f"localhost:{three}"],
        ServeOptions(on_ready=lambda _: ready.set()),
    )
    thread = threading.Thread(target=lambda: asyncio.run(of.run()), daemon=True)
    thread.start()
    try:
        assert ready.wait(20)
        for address in (("127.0.0.1", one), ("::1", one), ("127.0.0.1", two), ("::1", two), ("127.0.0.1", three)):
            with socket.create_connection(address, 10) as client:
                client.sendall(REQUEST)
                assert read_all(client).startswith(b"HTTP/1.1 302 Found\r\n"), address
    finally:
        of.loop.call_soon_threadsafe(of.stop)
        thread.join(20)


@pytest.mark.skipif(not has_ipv6(), reason="no IPv6 here")
def test_a_bare_port_and_its_ipv6_address_do_not_go_together(tmp_path: Path) -> None:
    """VH-5."""
    import asyncio

    (port,) = free_ports(1)
    of = server(tmp_path, [str(port), f"[::1]:{port}"], ServeOptions())
    with pytest.raises(UsageError) as refused:
        asyncio.run(of.run())
    assert "(98)Address already in use" in str(refused.value)


def test_a_name_is_heard_at_all_its_addresses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """VH-2, VH-30: the hosts are those of the address behind the name."""
    import asyncio

    (port,) = free_ports(1)

    def look_up(name: str, *_: object, **__: object) -> list[object]:
        assert name == "two.example"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in ("127.0.0.1", "127.0.0.2")]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    path = tmp_path / "site.conf"
    hosts = "".join(
        f"<VirtualHost 127.0.0.{number}:{port}>\nServerName h{number}\nRedirect / http://to-{number}/\n</VirtualHost>\n"
        for number in (1, 2)
    )
    path.write_text(f"Listen two.example:{port}\nServerName main\n{hosts}")
    ready = threading.Event()
    of = Server(load([str(path)]).require(), ServeOptions(on_ready=lambda _: ready.set()))
    thread = threading.Thread(target=lambda: asyncio.run(of.run()), daemon=True)
    thread.start()
    try:
        assert ready.wait(20)
        for number in (1, 2):
            with socket.socket() as client:
                client.connect((f"127.0.0.{number}", port))
                client.sendall(REQUEST)
                assert f"Location: http://to-{number}/".encode() in read_all(client)
    finally:
        of.loop.call_soon_threadsafe(of.stop)
        thread.join(20)


def test_a_name_without_addresses_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """VH-2: in httpd's words, with file and line."""
    import asyncio

    def look_up(*_: object, **__: object) -> list[object]:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    of = server(tmp_path, ["no.such.example:8080"], ServeOptions())
    with pytest.raises(UsageError) as refused:
        asyncio.run(of.run())
    said = "(EAI 2)Name or service not known: AH00077: alloc_listener: failed to set up sockaddr for no.such.example"
    assert str(refused.value).startswith(f"{tmp_path}/site.conf:1:1: {said}")


def test_the_backlog_is_the_one_that_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """ListenBacklog: what the system is told, when a socket is bound and when it is served."""
    import asyncio

    told: list[int] = []
    listen = socket.socket.listen
    monkeypatch.setattr(socket.socket, "listen", lambda self, backlog: (told.append(backlog), listen(self, backlog)))
    (port,) = free_ports(1)
    of = server(tmp_path, [f"127.0.0.1:{port}", "Backlog 7"], ServeOptions())
    assert of.program.backlog == 7
    of.stop()
    asyncio.run(of.run())
    assert set(told) == {7}


def test_a_listener_on_loopback_stays_there_when_its_port_is_moved(tmp_path: Path) -> None:
    """A laptop's port is not opened to its network by ``--listen 81=8081``."""
    moved = ServeOptions(listen={81: ("", 8081), 82: ("", 8082)})
    of = server(tmp_path, ["127.0.0.1:81", "10.0.0.5:82"], moved)
    found = [place for listener in of.program.listeners for place in places(listener, moved)]
    assert found == [(("127.0.0.1", 81), ("127.0.0.1", 8081)), (("10.0.0.5", 82), ("", 8082))]

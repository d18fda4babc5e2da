"""mod_remoteip in the program: whom a host believes about the client's address (``remote`` does it)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from apacheconf.ledger import Written
from apacheconf.model.types import Server
from apacheconf.modules.mod_authz_core import network
from apacheconf.modules.mod_remoteip import Proxies, RemoteIpServerConf
from apacheconf.program.link import LeaveOut
from apacheconf.program.remote import RemoteIp


def remote_ip(server: Server, server_root: str, left_out: LeaveOut) -> RemoteIp | None:
    """What a host believes; None where no RemoteIPHeader is set."""
    conf = server.server_conf(RemoteIpServerConf)
    if not conf.header.value:
        return None
    pairs = zip(conf.proxies.value, conf.proxies.said_by, strict=True)
    trusted = tuple(found for proxies, said_by in pairs for found in _trusted(proxies, said_by, server_root, left_out))
    return RemoteIp(conf.header.value, conf.proxies_header.value, trusted)


def preamble(server: Server) -> tuple[str, ...] | None:
    """RemoteIPProxyProtocol: the networks that are excepted, None where it is off."""
    conf = server.server_conf(RemoteIpServerConf)
    if not conf.proxy_protocol.value:
        return None
    found = map(network, conf.proxy_protocol_exceptions.value)
    return tuple(each for each in found if each is not None)


def _trusted(proxies: Proxies, said_by: Written, server_root: str, left_out: LeaveOut) -> Iterator[tuple[str, bool]]:
    for word in _words(proxies, server_root):
        found = network(word)
        if found is not None:
            yield found, proxies.internal
        else:
            left_out(said_by, f"the name {word} is not resolved here: who has it is not trusted")


def _words(proxies: Proxies, server_root: str) -> tuple[str, ...]:
    """The words of a line, or those of the file that it names."""
    if not proxies.file:
        return proxies.words
    try:
        text = Path(server_root, proxies.words[0]).read_text("latin-1")
    except OSError:
        return ()
    return tuple(word for line in text.splitlines() for word in line.partition("#")[0].split())

"""Where the connection arrives: the listener, and the local address that the configuration will see."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from apacheconf.explain.story import Chapter, Sentence, Tone, loses, says
from apacheconf.ledger import Written
from apacheconf.program.hosts import Listener
from apacheconf.program.names import HostRefused, parse_host
from apacheconf.program.program import Program
from apacheconf.program.request import Request
from apacheconf.syntax.words import split

ANY = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Arrival:
    """The request with its local address filled in; ``listener`` is None when nobody listens there.

    ``assumed`` is the address that the URL's name was taken to resolve to, empty when that doesn't matter.
    """

    request: Request
    listener: Listener | None
    assumed: str = ""

    @property
    def speaks_tls(self) -> bool:
        return self.listener is not None and self.listener.protocol == "https"


def arrive(program: Program, request: Request) -> Arrival:
    """Find the listener for a request. Names are not resolved: an address is taken from the virtual hosts."""
    address, port = request.local
    assumed = "" if address else _address_of_host(program, request)
    wanted = address or assumed
    fitting = [
        each
        for each in program.listeners
        if each.port == port and wanted in ("", wanted if each.is_everywhere else each.address)
    ]
    if not fitting:
        return Arrival(replace(request, local=(wanted or ANY, port)), None)
    # The kernel gives a connection to the socket that names its address, else to the one for all addresses.
    key = (lambda each: each.address != wanted) if wanted else (lambda each: not each.is_everywhere)
    listener = min(fitting, key=key)
    local = (wanted or ("" if listener.is_everywhere else listener.address) or ANY, port)
    return Arrival(replace(request, local=local), listener, assumed)


def _address_of_host(program: Program, request: Request) -> str:
    """The address of the virtual hosts that have the request's name, if all of those name one (VH-30)."""
    try:
        name = parse_host(request.header("Host") or "").name
    except HostRefused:
        return ""
    found = {
        each.address
        for each in program.index.sets
        if each.port in (None, request.local[1]) and each.position_of(name) is not None
    }
    return min((address for address in found if address), default="") if None not in found else ""


def chapter(program: Program, arrival: Arrival) -> Chapter:
    return Chapter("listener", "Where it arrives", tuple(_sentences(program, arrival)))


def _sentences(program: Program, arrival: Arrival) -> Iterator[Sentence]:
    address, port = arrival.request.local
    if arrival.assumed:
        host = arrival.request.header("Host")
        yield says(f"{host} is taken to resolve to {address}, the address of the virtual hosts with that name.")
    listener = arrival.listener
    if listener is None:
        yield says(f"Nothing listens on port {port}: the connection is refused, and httpd sees no request.",
                   tone=Tone.REFUSES)  # fmt: skip
        for each in program.listeners:
            yield loses(f"{_title(each)} is another socket.", _listens(program, each))
        return
    said_by = _listens(program, listener)
    if said_by:
        yield says(f"The connection arrives at {_title(listener)}.", said_by)
    else:
        yield says(f"The connection arrives at port {port}. No Listen was read; a virtual host names that port.")


def _listens(program: Program, listener: Listener) -> tuple[Written, ...]:
    """The Listen lines of a listener."""
    if listener.said_by:
        return listener.said_by
    found = [each for each in program.directives if each.name.lower() == "listen"]
    return tuple(each for each in found if _socket(each) == (listener.address, listener.port))


def _socket(listen: Written) -> tuple[str, int]:
    address, _, port = split(listen.args)[0].rpartition(":")
    return address.strip("[]").replace("*", ""), int(port)


def _title(listener: Listener) -> str:
    address = f"[{listener.address}]" if ":" in listener.address else listener.address
    return f"port {listener.port} of {address}" if address else f"port {listener.port}"

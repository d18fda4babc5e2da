"""What mod_proxy and its siblings say in the error log of an origin, in their words (FA, FO).

The reader that finds a fault raises ``OriginBroke`` with what is to be ``Said`` of it (``faults``); ``tell`` writes
that when the exchange learns of the fault, so that a fault is written once however it is answered.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from apacheconf.runtime.complaints import body_lost
from apacheconf.runtime.errors import ClientBroke, OriginBroke, Said
from apacheconf.runtime.log_texts import path_of

if TYPE_CHECKING:
    from apacheconf.program.files import Located
    from apacheconf.runtime.choosing import Choosing
    from apacheconf.runtime.exchange import Exchange
    from apacheconf.runtime.pool import Pool


def tell(exchange: Choosing, error: OriginBroke, with_note: bool = True) -> None:
    """Write what is to be said of a fault, and the reason that the client reads in its page (AH00898) if it does."""
    for said in error.said:
        _say(exchange, said)
    if error.note and with_note:
        _say(exchange, Said("error", "proxy", f"AH00898: {error.note} returned by {{uri}}", error.system))


def tell_said(exchange: Choosing, said: Said) -> None:
    """Write a message that no failure goes with."""
    _say(exchange, said)


def tell_not_connected(exchange: Choosing, pool: Pool, error: OriginBroke, disabled: bool) -> None:
    """No connection came about; ``disabled`` when that has put the member into the error state (FO-1)."""
    tell(exchange, error)
    worker = pool.worker
    if disabled and error.unreached:
        where = f"({worker.host}:{worker.port}) for {worker.retry:.0f}s"
        text = f"AH00959: ap_proxy_connect_backend disabling worker for {where}"
        _say(exchange, Said("error", "proxy", text, bare=True))
    if error.unreached:
        module, code = ("proxy_fcgi", "AH01079") if worker.scheme == "fcgi" else ("proxy_http", "AH01114: HTTP")
        text = f"{code}: failed to make connection to backend: {pool.host}"
        if exchange.client.server.errors(_exchange(exchange).site.host).for_people:
            text += "".join(f" ({worker.name} stands at {each.place})" for each in worker.said_by[:1])
        _say(exchange, Said("error", module, text))


def tell_nobody(exchange: Choosing, route: str = "") -> None:
    """No member of the balancer may be asked, or none of a session's route (FA-13, ST-9)."""
    service = exchange.plan.service
    assert service is not None
    if service.is_balancer:
        code, of_route = ("AH01167", f" for route ({route})") if route else ("AH01170", "")
        text = f"{code}: {service.name}: All workers are in error state{of_route}"
        if not service.pools:
            text = f"AH01171: {service.name}: No workers in balancer"
        _say(exchange, Said("error", "proxy_balancer", text))
    else:
        worker = service.pools[0].worker
        text = f"AH00940: {worker.scheme}: disabled connection for ({worker.host}:{worker.port})"
        _say(exchange, Said("error", "proxy", text, bare=True))


def tell_failed_by(exchange: Choosing, status: int = 0) -> None:
    """``failonstatus`` has put the member into the error state, or ``failontimeout`` without a ``status`` (FO-12)."""
    service, pool = exchange.plan.service, exchange.pool
    assert service is not None and pool is not None
    why = "AH02460", "due to timeout and 'failontimeout' parameter being set"
    if status:
        why = "AH01174", f"due to status code {status} matching 'failonstatus' balancer parameter"
    text = f"{why[0]}: {service.name}: Forcing worker ({pool.worker.name}) into error state {why[1]}"
    _say(exchange, Said("error", "proxy_balancer", text))


# --- of clients ----------------------------------------------------------------------------------------------


def tell_client(exchange: Exchange, broke: ClientBroke) -> None:
    """The client broke HTTP, or a limit, or took too long (RB-10, RB-11)."""
    for said in broke.said:
        _say(exchange, said)
    if broke.status == 417:
        text = f"AH00570: client sent an unrecognized expectation value of {broke.note}"
        _say(exchange, Said("info", "core", text))


def tell_body_lost(exchange: Choosing, pool: Pool, broke: ClientBroke) -> None:
    """The rest of a body for an origin won't come; ``pool`` is that of the member whose turn it was (LB-27)."""
    client = _exchange(exchange).client.peer_address[0]
    for said in body_lost(pool.worker.host, client, broke.system, _exchange(exchange).sent):
        _say(exchange, said._replace(text=said.text.replace("{origin}", _authority(pool))))


def tell_path(exchange: Exchange, status: int) -> None:
    """The path is refused before anything looks at it (LOC-2, PU-10)."""
    path = exchange.request_line.decode("latin-1").split(" ")[1]
    if status == 404:
        _say(exchange, Said("info", "core", f"AH00026: found %2f (encoded '/') in URI path ({path}), returning 404"))
    else:
        _say(exchange, Said("error", "core", f"AH10244: invalid URI path ({path})"))


def tell_missing(exchange: Exchange, located: Located) -> None:
    """There is no such file, it is a folder that nobody lists, or nothing can lie below it."""
    file, rest = located.file, located.path_info
    if located.is_folder:
        said = Said("info", "core", f"AH00129: Attempt to serve directory: {file}")
    else:
        code = "AH00130" if located.found is not None else "AH00128"
        said = Said("info", "core", f"{code}: File does not exist: {file}{rest}")
    _say(exchange, said)


def tell_unreadable(exchange: Exchange, file: str, fault: OSError) -> None:
    """A file that is there can't be opened."""
    system = f"({fault.errno}){os.strerror(fault.errno or 0)}"
    _say(exchange, Said("error", "core", f"AH00132: file permissions deny server access: {file}", system))


def tell_method(exchange: Exchange) -> None:
    """No file answers a method that nobody knows (501)."""
    line = exchange.request_line.decode("latin-1")
    _say(exchange, Said("error", "core", f"AH00135: Invalid method in request {line}"))


def _exchange(choosing: Choosing) -> Exchange:
    return choosing  # type: ignore[return-value]  # what chooses is an Exchange


def _authority(pool: Pool) -> str:
    return f"{pool.worker.host}:{pool.worker.port}"


def _say(choosing: Choosing, said: Said) -> None:
    exchange = _exchange(choosing)
    server, pool = exchange.client.server, exchange.pool
    origin = _authority(pool) if pool is not None else ""
    alone = said.bare or said.remote
    levels = None if alone else exchange.plan.levels  # what names no request asks the host alone
    if not server.errors(exchange.site.host).wants(said.level, said.module, levels):
        return
    text = said.text.replace("{method}", exchange.plan.method.decode("latin-1")).replace("{origin}", origin)
    if "{uri}" in text:
        text = text.replace("{uri}", path_of(exchange))
    server.log(
        said.level,
        said.module,
        text,
        exchange=None if alone else exchange,
        host=exchange.site.host,
        system=said.system,
        remote=origin if said.remote else "",
    )

"""Who answers a request that no origin takes: handlers by name, folders, and files (OR-1k).

A handler that httpd has and we don't answers 500 by its name, and never with the text of a file that it would
have run.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from apacheconf.program.by_handler import is_proxy, proxied
from apacheconf.program.handling import FileRules, Variant
from apacheconf.program.media import FOLDER_TYPE, Media
from apacheconf.program.request import Decision
from apacheconf.program.steps import AddFilter
from apacheconf.runtime.answer import header_block
from apacheconf.runtime.files import answer_file, answer_text
from apacheconf.runtime.folders import answer_folder
from apacheconf.runtime.forward import Lines
from apacheconf.runtime.heads import RequestHead
from apacheconf.runtime.mod_actions import acted
from apacheconf.runtime.multiviews import media_of
from apacheconf.runtime.negotiation import asked_coding
from apacheconf.runtime.resolving import as_folder, resolve
from apacheconf.runtime.switches import relays_expect

if TYPE_CHECKING:
    from apacheconf.runtime.client import ClientConnection
    from apacheconf.runtime.exchange import Exchange

Handler = Callable[["ClientConnection", "Exchange", RequestHead, Decision, Media], None]

HANDLERS: dict[str, Handler] = {
    **dict.fromkeys(("", "none", "default-handler"), answer_file),
    FOLDER_TYPE: answer_folder,
}
#: Statuses of handlers that exist in httpd and not here, where it isn't 500.
_MISSING = {"balancer-manager": 503}
#: Content types whose files are run by a module, where it is loaded.
_RUN = ("application/x-httpd-", "text/x-server-parsed-html")


def handle(client: ClientConnection, exchange: Exchange, head: RequestHead, decision: Decision) -> None:
    """Answer a request that was let through to its handler."""
    if decision.rules(Variant).body is not None:
        answer_text(exchange, decision.rules(Variant))
        return
    resolved = resolve(client.server.program, decision)
    if resolved is not decision:
        if resolved.messages is not decision.messages:
            client.server.log_decided(exchange, resolved)
        if exchange.first_status and resolved.status == 401:  # the error's page asks for nothing that an index does
            resolved = resolved.asking_nobody
        _go_on(client, exchange, head, resolved)
        return
    located = decision.located
    is_folder = located is not None and located.is_folder
    media = _of_folder(decision) if is_folder else media_of(client.server.program, decision)
    if media.encodings and "negotiation_module" in client.server.program.modules:
        media.encodings = [asked_coding(", ".join(media.encodings), exchange.field(b"accept-encoding"))]
    if media.filters:
        _add_filters(exchange, head, decision, media.filters)
    led = acted(client.server.program, decision, media)
    if led is not None:
        client.server.log_decided(exchange, led)
        _go_on(client, exchange, head, led)
        return
    name = decision.handler or media.handler
    if is_proxy(name):
        early = (*decision.early_headers, *decision.rules(Variant).fields)
        asked = replace(as_folder(decision) if is_folder else decision, early_headers=early)
        _go_on(client, exchange, head, proxied(client.server.program, asked, name))
        return
    handler = HANDLERS.get(FOLDER_TYPE if is_folder and not name else name)
    if handler is None or media.type.startswith(_RUN):
        client.refuse(exchange, _status_of_script(decision) if name == "cgi-script" else _MISSING.get(name, 500))
    else:
        handler(client, exchange, head, decision, media)


def _of_folder(decision: Decision) -> Media:
    """A folder's type, or the one that is forced upon it."""
    forced = decision.rules(FileRules).force_type.lower()
    return Media(FOLDER_TYPE if forced in ("", "none") else forced)


def _status_of_script(decision: Decision) -> int:
    """What is missing is no fault of ours, nor where nothing may be run; what is there isn't run here."""
    located = decision.located
    if not decision.handler and "execcgi" not in decision.rules(FileRules).options:  # by AddHandler
        return 403
    if located is None or located.found is None:
        return 404
    return 403 if located.is_folder else 500


def _add_filters(exchange: Exchange, head: RequestHead, decision: Decision, names: list[str]) -> None:
    """The filters that AddOutputFilter says by the extensions of the file's name."""
    assert decision.state is not None
    more = replace(decision, filters=(*decision.filters, *map(AddFilter, names)))
    exchange.plan = replace(exchange.site.plan_for(decision.state.request, more), method=head.method)


def _go_on(client: ClientConnection, exchange: Exchange, head: RequestHead, resolved: Decision) -> None:
    """Answer with what the request led to; nobody resolves it once more."""
    assert resolved.state is not None
    plan = exchange.site.plan_for(resolved.state.request, resolved)
    exchange.plan = replace(plan, method=head.method)
    if plan.service is not None:
        expect = [pair for pair in exchange.fields if pair[0].lower() == b"expect" and relays_expect(exchange)]
        exchange.lines = Lines(header_block([*(plan.fields or []), *expect]))
    client.go_on(exchange, head)

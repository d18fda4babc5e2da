"""What a request becomes once it is read: its site, its plan and its header lines (VH-30 to VH-42, RQ).

Functions over a connection and its exchange. What a request line and a header block became is remembered here, so
that the next ones like them take the short way through ``client``.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from apacheconf.program.forward import FORWARDS_SPENT
from apacheconf.program.handling import FolderRules
from apacheconf.program.headers import HeaderTable
from apacheconf.program.names import HostRefused
from apacheconf.program.program import Program
from apacheconf.program.reading import HostStranger, asked_name, check_known, names_itself
from apacheconf.program.request import Decision, Request
from apacheconf.program.uri import PathRefused, Target, parse_target
from apacheconf.runtime.answer import header_block
from apacheconf.runtime.compiled.asks import CHANGING
from apacheconf.runtime.compiled.walk import Decided, decide_compiled
from apacheconf.runtime.errors import ClientBroke, OriginBroke, Said
from apacheconf.runtime.forward import Lines, count_forwards, wants_to_stay, with_empty_body
from apacheconf.runtime.forwarding import Block, Plan
from apacheconf.runtime.heads import RequestHead
from apacheconf.runtime.proxy_protocol import balancer_of
from apacheconf.runtime.resolving import as_folder, resolve
from apacheconf.runtime.site import CHECKED_BY_DECIDE, Site
from apacheconf.runtime.strict import Fields, read_request_line
from apacheconf.runtime.switches import relays_expect

if TYPE_CHECKING:
    from apacheconf.runtime.client import ClientConnection
    from apacheconf.runtime.exchange import Exchange

#: A header block is remembered when it is at most this long (bytes).
MEMO_BLOCK = 2048
#: Fields that ask for more than to be sent on.
_SPECIAL = frozenset({b"max-forwards", b"content-length", b"range", b"upgrade"})


def find_site(client: ClientConnection, head: RequestHead) -> tuple[Target, bytes | None, Site]:
    """The target, the Host that counts and the site (VH-30 to VH-42, RB-8f). Raises ClientBroke(400)."""
    door, method = client.door, head.method.decode("latin-1")
    hosts = [value.decode("latin-1") for name, value in head.fields if name.lower() == b"host"]
    try:
        target = parse_target(method, head.target.decode("latin-1"))
        name = asked_name(hosts, head.version, method, target, door.own_scheme, door.strict_hosts)
        if door.main.limits.known_hosts_only:
            check_known(client.server.program, door.address, name)
    except HostStranger as stranger:
        said = (Said("warn", "core", f"AH10157: {stranger}"),)
        raise ClientBroke(400, str(stranger), said=said) from None
    except PathRefused as refused:
        raise ClientBroke(400, str(refused)) from None
    except HostRefused as refused:
        broke = ClientBroke(400, str(refused))
        broke.name = refused.asked.name if refused.asked else ""
        raise broke from None
    host = hosts[0].encode("latin-1") if hosts else None
    if host is not None and names_itself(method, target, door.own_scheme):
        # The target's authority takes the place of a Host header, and isn't one where there is none.
        host = target.authority.lower().encode("latin-1")
    return target, host, client.server.site_for(door.address, name.name if name else None, target.raw_path)


def plan_exchange(
    client: ClientConnection,
    exchange: Exchange,
    raw: bytes,
    head: RequestHead,
    target: Target,
    expects: bool,
    may_stay: bool,
) -> None:
    """Give the exchange its plan and its header lines; the connection ``may_stay`` if the request says so.

    Raises PathRefused, and OriginBroke for Max-Forwards.
    """
    special = _note_special(exchange, head)
    plan, decided = _find_plan(client, exchange.site, head, target)
    exchange.plan = plan
    exchange.plain = exchange.plain and not plan.switches
    if plan.decision is not None:
        client.server.log_decided(exchange, plan.decision)
    if plan.service is not None and plan.fields is None:
        _send_fields(client, exchange, raw, _may_last(exchange, special, expects, target))
        return
    learns = head.method == b"GET"
    if plan.fields is not None and plan.service is not None:
        _send_decided_fields(exchange, head, plan.fields)
        learns = head.method not in CHECKED_BY_DECIDE
    if plan.asked is not None and _asks_otherwise(exchange, plan.asked):
        _heed(exchange, plan.asked, may_stay)
    elif decided is not None and learns and _may_last(exchange, special, expects, target):
        block = _block(client, exchange, raw)
        if block is not None and (plan.service is not None or (block.stay and not block.length)):
            exchange.site.learn(block, exchange.request_line, client.peer, decided)


def _asks_otherwise(exchange: Exchange, asked: HeaderTable) -> bool:
    """Whether RequestHeader has changed what the request says of its connection."""
    return _stay_of(exchange, asked) != wants_to_stay(exchange.fields, exchange.version)


def _stay_of(exchange: Exchange, asked: HeaderTable) -> tuple[bool, bool]:
    return wants_to_stay([(b"Connection", (asked.get("Connection") or "").encode("latin-1"))], exchange.version)


def _heed(exchange: Exchange, asked: HeaderTable, may_stay: bool) -> None:
    """Do as the fields say that RequestHeader has left, which nobody remembers (HD-7)."""
    stay, exchange.announce = _stay_of(exchange, asked)
    exchange.stay = stay and may_stay
    exchange.plain = exchange.closes = False


def _note_special(exchange: Exchange, head: RequestHead) -> set[bytes]:
    """The names of fields that ask for more than to be sent on; the exchange knows what they ask for."""
    special = {key for name, _ in head.fields if (key := name.lower()) in _SPECIAL}
    if special:
        exchange.ranged = head.method != b"HEAD" and bool(exchange.field(b"range"))
        exchange.upgrade = exchange.field(b"upgrade")
        exchange.plain = exchange.plain and not exchange.ranged and not exchange.upgrade
    return special


def _find_plan(client: ClientConnection, site: Site, head: RequestHead, target: Target) -> tuple[Plan, Decided | None]:
    """The plan, and what was decided where the site has none at hand. Raises PathRefused."""
    try:
        plan = site.quick_plan(head, target)
    except PathRefused:
        plan = None  # decide refuses it too, and knows what the request has met before
    if plan is not None:
        return plan, None
    request = request_of(client, head)
    client.server.authority.begin()
    decided = _of_folder(client.server.program, decide_compiled(client.server.program, request))
    return site.plan_for(request, decided.decision), decided


def _of_folder(program: Program, decided: Decided) -> Decided:
    """A folder that a section's rules send to an origin is mod_dir's all the same, which comes behind them (DR-8)."""
    decision = decided.decision
    if decision.origin is None or decision.located is None or not decision.located.is_folder:
        return decided
    found = resolve(program, decision)
    if found.status is not None:
        found = replace(found, origin=None)
    elif found is decision and not decision.rules(FolderRules).check_handler:
        found = as_folder(found)
    return replace(decided, decision=found, asks=decided.asks | CHANGING)


def _send_decided_fields(exchange: Exchange, head: RequestHead, decided: Fields) -> None:
    """Expect goes where the client had it; decide leaves it out, as it depends on the connection (RQ-20, RQ-21)."""
    names = [name.lower() for name, _ in head.fields]
    if b"expect" in names and relays_expect(exchange):
        at = names.index(b"expect")
        before = [number for number, (name, _) in enumerate(decided, 1) if name.lower() in names[:at]]
        place = max(before, default=0)
        decided = [*decided[:place], *(pair for pair in [head.fields[at]] if pair[1]), *decided[place:]]
    exchange.lines = Lines(header_block(decided))
    exchange.ranged = head.method != b"HEAD" and bool(exchange.field(b"range"))  # as RequestHeader has left it
    if exchange.body_done:
        exchange.lines = with_empty_body(exchange.lines, head.fields)


def _send_fields(client: ClientConnection, exchange: Exchange, raw: bytes, lasts: bool) -> None:
    """The client's own fields, remembered with its block if that ``lasts``. Raises OriginBroke for Max-Forwards."""
    forwarding = exchange.plan.forwarding
    block = _block(client, exchange, raw) if lasts else None
    if block is not None:
        exchange.lines = block.lines_for(exchange.plan)
        exchange.site.remember(exchange.request_line, exchange.plan)
        return
    if lasts:
        exchange.lines = forwarding.lines(exchange.fields, exchange.host)
        return
    fields, forwards = count_forwards(exchange.fields)
    exchange.lines = forwarding.lines(fields, exchange.host)
    if exchange.body_done:
        exchange.lines = with_empty_body(exchange.lines, fields)
    if forwards == 0:
        raise OriginBroke(400, "Max-Forwards", "Proxy Error", FORWARDS_SPENT)


def _may_last(exchange: Exchange, special: set[bytes], expects: bool, target: Target) -> bool:
    """Whether the next request with the same bytes will get the same header lines; a body must say its length."""
    if expects or target.authority or exchange.ranged or exchange.upgrade or exchange.body_length < 0:
        return False
    return special == ({b"content-length"} if exchange.body_length else set())


def _block(client: ClientConnection, exchange: Exchange, raw: bytes) -> Block | None:
    """The block of a head that may be remembered, remembered now; None for others."""
    line_end = len(exchange.request_line)
    stays, asked = wants_to_stay(exchange.fields, exchange.version)
    usual = exchange.version >= (1, 1) and not exchange.head_only and not asked and not exchange.plan.switches
    if not usual or len(raw) - line_end > MEMO_BLOCK:
        return None
    exchange.closes = not exchange.stay
    block = client.blocks.get(raw[line_end:])
    if block is None:
        block = Block(exchange.site, exchange.fields, exchange.host, stays, exchange.body_length)
        client.server.memos.put(client.blocks, raw[line_end:], block)
    return block


def plan_of_line(client: ClientConnection, block: Block, line: bytes) -> Plan | None:
    """The plan of a request line that is new, under a header block that isn't; None for the long way."""
    site = block.site
    if block.plans:
        plan = block.plans.get(line) or block.plans.get(line + b"\n" + client.peer)
        if plan is not None and (plan.watch is None or plan.watch.holds()):
            return plan
    if not site.is_quick:
        return None
    try:
        method, target, version = read_request_line(line, client.door.main.limits)
        split = parse_target(method.decode("latin-1"), target.decode("latin-1"))
        if version != (1, 1) or method == b"HEAD" or split.authority:
            return None
        plan = site.quick_plan(RequestHead(method, target, version, []), split)
    except (ClientBroke, PathRefused):
        return None
    if plan is not None:
        site.remember(line, plan)
    return plan


def request_of(client: ClientConnection, head: RequestHead) -> Request:
    """The request as ``decide`` reads it."""
    return Request(
        head.method.decode("latin-1"),
        head.target.decode("latin-1"),
        tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in head.fields),
        head.version,
        client.door.address,
        client.peer_address,
        client.door.scheme,
        client.tls or {},
        authority=client.server.authority,
        connection_peer=balancer_of(client.peer_address),
        turn=(client.serial, client.requests),
        ask_certificate=client.ask_certificate,
        log_ids=client.exchange.log_ids if client.exchange is not None else None,
    )


#: The header lines and the plan of a request that nobody has decided about yet.
NO_LINES = Lines(b"")
NO_PLAN: Any = type(
    "NoPlan",
    (),
    {
        "method": b"GET",
        "service": None,
        "decision": Decision(host=None),
        "fields": None,
        "levels": None,
        "naming": None,
        "switches": {},
        "asked": None,
        "edits_requests": False,
    },
)()

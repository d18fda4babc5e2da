"""A host at work: which plan a request gets, from a settled cell, from ``decide`` or from one before."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol
from urllib.parse import unquote

from apacheconf.program.conditions import ALWAYS
from apacheconf.program.decide import decide_unread
from apacheconf.program.handling import FileRules, HandlerRules, MimeRules
from apacheconf.program.hosts import Host, Shape
from apacheconf.program.media import Types
from apacheconf.program.mod_proxy_fcgi import is_fcgi
from apacheconf.program.program import Program
from apacheconf.program.request import Decision, Request
from apacheconf.program.steps import EditHeader
from apacheconf.program.uri import Target, normalise
from apacheconf.program.values import Literal
from apacheconf.program.workers import Origin
from apacheconf.runtime.answer import header_block
from apacheconf.runtime.authority import FileAuthority
from apacheconf.runtime.compile import CompiledShape, Course, Policy
from apacheconf.runtime.compiled.asks import CHANGING, PEER, PLACES, USERS
from apacheconf.runtime.compiled.settled import settled_edits
from apacheconf.runtime.compiled.walk import Decided, decide_compiled
from apacheconf.runtime.errorlog import HostErrors
from apacheconf.runtime.forward import Lines
from apacheconf.runtime.forwarding import Block, Forwarding, Memos, Plan
from apacheconf.runtime.heads import RequestHead
from apacheconf.runtime.logs import Logger, asks_no_state
from apacheconf.runtime.mod_mime import Named, named
from apacheconf.runtime.patience import MOST_KEPT
from apacheconf.runtime.pool import Service
from apacheconf.runtime.strict import Fields
from apacheconf.runtime.switches import switches_for_fcgi, switches_in
from apacheconf.runtime.watching import FolderWatch


class Sites(Protocol):
    """What a site asks of the server."""

    program: Program
    memos: Memos
    types: Types
    authority: FileAuthority

    def compiled(self, shape: Shape) -> CompiledShape: ...
    def service(self, origin: Origin) -> Service: ...
    def errors(self, host: Host | None) -> HostErrors: ...
    def loggers(self, host: Host) -> tuple[Logger, ...]: ...


class Site:
    """One host at work."""

    __slots__ = (
        "_by_name", "_by_parts", "_compiled", "_forwardings", "_lasting_logs", "_seen", "_server", "_types",
        "_unread", "host", "is_quick",
        "limits", "logs", "most_kept", "plans",
    )  # fmt: skip

    def __init__(self, server: Sites, host: Host) -> None:
        self._server = server
        self.host: Host = host
        self.limits = host.shape.limits
        # httpd counts the answers that kept the connection: one request more is served.
        self.most_kept: int = (self.limits.max_keep_alive_requests or MOST_KEPT) if self.limits.keep_alive else 0
        self.plans: dict[bytes, Plan] = server.memos.make()
        self._compiled = server.compiled(host.shape)
        unsettled = host.shape.maps_early or host.remote_ip is not None or host.naming.by_dns
        self.is_quick = self._compiled.has_courses and not unsettled
        self._seen: set[int] = set()
        self._forwardings: dict[Policy, Forwarding] = {}
        self._by_parts: dict[tuple[object, ...], tuple[tuple[object, ...], Forwarding]] = {}
        self._unread: Plan | None = None
        self._types = server.types
        self._by_name: dict[tuple[int, Named], tuple[Course, Forwarding]] = {}
        self.logs: tuple[Logger, ...] = server.loggers(host)
        self._lasting_logs = all(map(asks_no_state, host.shape.server))

    def forwarding(self, policy: Policy) -> Forwarding:
        found = self._forwardings.get(policy)
        if found is None:
            if len(self._forwardings) >= _POLICIES:
                self._forwardings.clear()
            found = self._forwardings[policy] = Forwarding(policy, self.host, self._server.program, self._server.memos)
        return found

    def _forwarding_of(self, decision: Decision) -> Forwarding:
        """The forwarding of a decision's policy, found by what the policy is made of: to compare it costs 8 us more."""
        name, edits = self._named(decision), self._settled(decision)
        several = (
            decision.map_back, decision.map_back_cookies, decision.error_documents, decision.filters, edits or ()
        )  # fmt: skip
        told = tuple(decision.told.values())
        key = (
            decision.charset, decision.override_errors, edits is None, id(decision.tls), name,
            *[id(each) for those in (*several, told) for each in (*those, None)],
        )  # fmt: skip
        known = self._by_parts.get(key)
        if known is None:
            if len(self._by_parts) >= _POLICIES:
                self._by_parts.clear()
            # What the key names is kept beside it, so that no id is used again meanwhile.
            known = self._by_parts[key] = (
                (*several, told, decision.tls),
                self.forwarding(_policy_of(decision, name, edits)),
            )
        return known[1]

    def _settled(self, decision: Decision) -> tuple[EditHeader, ...] | None:
        """The lines of Header that an origin's answer meets, whatever it is; None where that isn't known before it.

        An origin gives many requests the same answer, and then it is made once, however the URLs differ.
        """
        if not decision.edits_answer:
            return ()
        if decision.origin is None or is_fcgi(decision.origin) or not self._lasting_logs:
            return None
        return settled_edits(decision)

    def _named(self, decision: Decision) -> Named | None:
        """What the name in the URL that goes to an origin says of the answer."""
        if decision.origin is None:
            return None
        mapped = (
            decision.state.file or decision.state.mapped
            if decision.state is not None
            else unquote(decision.uri.partition("?")[0], "latin-1")
        )
        rules = decision.rules(MimeRules), decision.rules(HandlerRules), decision.rules(FileRules)
        return named(mapped.rpartition("/")[2], rules, self._types)

    def quick_plan(self, head: RequestHead, target: Target) -> Plan | None:
        """The plan of a request whose cell is settled; None when ``decide`` must be asked.

        Raises PathRefused where the path is refused before any step.
        """
        if not self.is_quick or target.raw_path == "*" or target.authority or head.method in CHECKED_BY_DECIDE:
            return None
        path = normalise(target.raw_path, self.limits.encoded_slashes, self.limits.merge_slashes)
        if "//" in path:  # mappings may take more of its slashes than their prefix has (PP-5)
            return None
        course = self._compiled.course(path)
        made = course.make_path(target.raw_path, path) if course is not None else None
        if path != target.raw_path and self._compiled.is_early:
            return None
        if course is None or made is None or is_fcgi(self._server.program.origin(self.host, course.origin)):
            return None
        return self._plan_of(head.method, course, made, target.query)

    def _plan_of(self, method: bytes, course: Course, made: str, query: str | None) -> Plan:
        origin = self._server.program.origin(self.host, course.origin)
        uri = (made if query is None else f"{made}?{query}").encode("latin-1")
        return Plan(method, uri, self._server.service(origin), self._forwarding_in(course, made))

    def _forwarding_in(self, course: Course, made: str) -> Forwarding:
        """The forwarding of a settled cell's policy, for a path there."""
        name = made.rpartition("/")[2]
        said = named(unquote(name, "latin-1") if "%" in name else name, course.names, self._types)
        if said is None:
            return self.forwarding(course.policy)
        key = id(course), said
        known = self._by_name.get(key)
        if known is None:
            if len(self._by_name) >= _POLICIES:
                self._by_name.clear()
            known = self._by_name[key] = course, self.forwarding(replace(course.policy, named=said))
        return known[1]

    def remember(self, line: bytes, plan: Plan) -> None:
        plan.line = line
        self._server.memos.put(self.plans, line, plan)

    def learn(self, block: Block, line: bytes, peer: bytes, decided: Decided) -> None:
        """Remember what ``decide`` made of a request line under a block, if the next one will get the same.

        Only a line that comes again is worth it: where every URL is new, making plans to keep took 50 of 250 us.
        """
        seen = hash(line)
        if seen not in self._seen:
            if len(self._seen) >= _SEEN:
                self._seen.clear()
            self._seen.add(seen)
            return
        plan = self._lasting_plan(decided, peer)
        if plan is not None:
            plan.line = line
            by_peer = decided.asks & PEER or self.host.remote_ip is not None
            self._server.memos.put(block.plans, line + b"\n" + peer if by_peer else line, plan)

    def _lasting_plan(self, decided: Decided, peer: bytes) -> Plan | None:
        """The plan without anything that is of one request alone; None when it holds for this request only."""
        decision = decided.decision
        origins = self._server.program.origins
        if decided.asks & CHANGING or self._says(decision):
            return None
        is_file = _is_plain_file(decided)
        if not is_file and (decided.asks & PLACES or not any(decision.origin is each for each in origins)):
            return None
        documents = all(
            isinstance(each.text, Literal | None) and each.value is None for each in decision.error_documents
        )
        if any(each.when != ALWAYS for each in decision.filters):
            return None
        edits = settled_edits(decision)
        if edits is None or not documents or not self._lasting_logs:
            return None
        settled = replace(decision, response_headers=(), state=None)
        plan = self.plan_for(decision.state.request if decision.state else Request(), settled)
        if plan.switches:  # they matter to the exchange, which the short way doesn't ask
            return None
        plan.forwarding = self.forwarding(_policy_of(settled, self._named(decision), edits))
        plan.asked = decision.state.headers if decision.state is not None else None
        plan.lines = _lines_of(plan.fields or [], peer if decided.forwarded else None)
        if decided.asks & USERS:
            plan.watch = self._server.authority.watch()
        elif is_file and decision.located is not None:
            plan.watch = FolderWatch(decision.located.file, self.host.access_names)
            return plan if plan.watch.holds() else None
        return plan

    def _says(self, decision: Decision) -> bool:
        """Whether the error log gets to hear of the request."""
        wants = self._server.errors(self.host).wants
        return any(wants(each.level, each.module, decision.levels) for each in decision.messages)

    def unread_plan(self) -> Plan:
        """The plan of a request that could not be read: what the host does to the answers it makes itself."""
        if self._unread is None:
            decision = decide_unread(self._server.program, self.host)
            self._unread = Plan(
                b"GET", b"", None, self.forwarding(Policy(error_documents=decision.error_documents)), decision
            )
        return self._unread

    def decided_plan(self, request: Request) -> Plan:
        """The plan that ``decide`` makes; it holds for this request only."""
        return self.plan_for(request, decide_compiled(self._server.program, request).decision)

    def plan_for(self, request: Request, decision: Decision) -> Plan:
        """The plan of a request that ``decide`` has decided."""
        service = None if decision.origin is None else self._server.service(decision.origin)
        return Plan(
            request.method.encode("latin-1"),
            decision.uri.encode("latin-1"),
            service,
            self._forwarding_of(decision),
            decision,
            [(name.encode("latin-1"), value.encode("latin-1")) for name, value in decision.headers],
            None if decision.host_header is None else decision.host_header.encode("latin-1"),
            switches=(switches_for_fcgi if is_fcgi(decision.origin) else switches_in)(decision.env),
            asked=decision.state.headers if decision.state is not None else None,
        )


#: Request lines that a host has seen once, at most (by their hashes).
_SEEN = 1024
#: Policies of a host at most: conditions may make one for each way they can turn out.
_POLICIES = 256
#: Methods with rules of their own before the handler (RQ-17, RQ-18).
CHECKED_BY_DECIDE = frozenset({b"TRACE", b"CONNECT", b"OPTIONS"})


def _is_plain_file(decided: Decided) -> bool:
    """Whether a file, and nothing else, was found where the path leads."""
    decision, located = decided.decision, decided.decision.located
    if located is None or located.found is None or located.is_folder or decision.path_info or decision.status:
        return False
    return decision.origin is None and not decided.asks & USERS


def _lines_of(fields: Fields, peer: bytes | None) -> Lines:
    """The header lines of these fields, with a hole where X-Forwarded-For ends with the client's address (RQ-13)."""
    for at, (name, value) in enumerate(fields):
        if peer is not None and name.lower() == b"x-forwarded-for" and value.endswith(peer):
            front = header_block(fields[:at]) + b"%b: %b" % (name, value[: len(value) - len(peer)])
            return Lines(front, b"\r\n" + header_block(fields[at + 1 :]), hole=True)
    return Lines(header_block(fields))


def _policy_of(decision: Decision, name: Named | None, edits: tuple[EditHeader, ...] | None) -> Policy:
    """How a request that ``decide`` has decided is forwarded, and its answer mapped back and edited."""
    told = tuple(each for each in decision.told.values() if not each.of_files)
    return Policy(
        map_back=decision.map_back,
        map_back_cookies=decision.map_back_cookies,
        charset=decision.charset,
        error_documents=decision.error_documents,
        override_errors=decision.override_errors,
        tls=decision.tls,
        answer_edits=edits or (),
        per_request=bool(edits is None or decision.filters or told),
        filters=decision.filters,
        told=told,
        named=name,
    )

"""What origins say of themselves, mapped back: URLs and cookies in HAProxy (HAP-62, HAP-63, RV)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from apacheconf.program.hosts import Host
from apacheconf.program.steps import CookiePart, MapBack, MapBackCookie, Step
from apacheconf.targets.claims import exact
from apacheconf.targets.haproxy.copies import from_line, token
from apacheconf.targets.haproxy.core import HAS_HOST
from apacheconf.targets.haproxy.lowering import Lowering
from apacheconf.targets.haproxy.tree import Section, plain
from apacheconf.targets.haproxy.via import host_name, port_of
from apacheconf.targets.hostnames import own_scheme
from apacheconf.targets.likeness import Kind
from apacheconf.targets.patterns import escape, starting_with
from apacheconf.targets.routes import Route, reverse_of

_MAPPED_BACK = ("Location", "Content-Location", "URI", "Destination")
_SELF = r"req.fhdr(host),lower{},regsub(:0*{}$,),regsub(\.:,:),regsub(\.$,)"
#: A Host without a port gets ServerName's.
_WITH_PORT = r',concat(:{}),regsub("^((?:\\[[^\\]]*\\]|[^:\\[]*):[0-9]+).*$","\\1")'
#: URLs that need no quotes where a variable is set.
_PLAIN_URL = re.compile(r"https?://[\w.:/~-]+", re.ASCII)


def emit_self(low: Lowering, host: Host, backend: Section) -> None:
    """RV-4: what httpd calls this server in URLs that it makes."""
    usual = 443 if own_scheme(host) == "https" else 80
    own = host.title if host.port != usual else host.name
    title = "var(txn.host)" if host.number in low.kinds else f"str({own})"
    if host.canonical_name and not host.canonical_port:
        backend.rule("http-request set-var-fmt(txn.self) ?", f"{host_name(low, host)}{port_of(host, backend)}")
        return
    if host.canonical_name:
        backend.rule(f"http-request set-var(txn.self) {title}")
        if host.physical_port and host.port is None:
            backend.rule(f"http-request set-var-fmt(txn.self) {host.name}:%[dst_port] if !{{ dst_port {usual} }}")
        return
    named = _WITH_PORT.format(host.port) if host.port not in (None, usual) else ""
    backend.rule("http-request set-var(txn.self) ?", _SELF.format(named, usual))
    if low.may_be_nameless(host):
        backend.rule(f"http-request set-var(txn.self) {title} unless {HAS_HOST}")


def emit_way_back(low: Lowering, route: Route, backend: Section) -> None:
    """RV-1 to RV-8: one replace-header for each header and URL, in the order of the configuration.

    Those of a server are lines of each of its backends, so they are made once.
    """
    key = route.host.number, tuple(route.reverses)
    if key not in low.ways_back:
        low.ways_back[key] = made = Section("way-back")
        for step in route.reverses:
            _emit_step(low, route.host, step, made)
    backend.lines += map(replace, low.ways_back[key].lines)


def _emit_step(low: Lowering, host: Host, step: Step, backend: Section) -> None:
    assert isinstance(step.action, MapBack)
    said_by = host.said_by(step)
    reverse = reverse_of(low.program, host, step.action)
    pattern = "(?i)" + starting_with(reverse.urls, "(.*)", reverse.one_slash)
    begin = len(backend.lines)
    for name in _MAPPED_BACK:
        backend.add("http-response", "replace-header", name, pattern, _public(host, reverse.path) + r"\1")
    backend.lines[begin].comment, backend.lines[begin].claims = low.sources.comment(said_by), (exact(said_by),)


def _public(host: Host, path: str) -> str:
    """What takes the place of the origin's URL, as a log format."""
    return ("" if "://" in path else f"{own_scheme(host)}://%[var(txn.self)]") + plain(path)


@dataclass(frozen=True)
class WaysBack:
    """What hosts of a kind map back, said once: each says its URLs in variables, where these differ.

    ``own`` are the steps whose lines each host has for itself.
    """

    shared: tuple[tuple[Step, str], ...] = ()
    own: Sequence[Step] = ()

    def emit_shared(self, low: Lowering, host: Host, policy: Section) -> None:
        """The lines that all of them have; ``host`` stands for them.

        HAProxy's patterns hold no variables: the URL is set before each value, found there twice, and taken away.
        """
        for step, variable in self.shared:
            assert isinstance(step.action, MapBack)
            if not variable:
                _emit_step(low, host, step, policy)
                continue
            policy.space()
            policy.say(f"A value that begins with what {variable} holds is mapped back.")
            made = _public(host, step.action.path) + r"\2"
            for name in _MAPPED_BACK:
                policy.add("http-response", "replace-header", name, "^(.*)$", rf"<%[var({variable})]>\1")
                policy.add("http-response", "replace-header", name, r"(?i)^<([^>]*)>\1(.*)$", made)
                policy.add("http-response", "replace-header", name, "^<[^>]*>(.*)$", r"\1")

    def emit_model(self, kind: Kind, lines: Sequence[int], model: Section) -> None:
        """Those of one of them with tokens; ``lines`` are the numbers of theirs that say the URLs."""
        told = ((step, variable) for step, variable in self.shared if variable)
        for line, (step, variable) in zip(lines, told, strict=True):
            assert isinstance(step.action, MapBack)
            model.add("http-request", f"set-var({variable})", f"str({token('url', step.action.url)})",
                      comment=from_line(line), claims=(exact(kind.first.said_by(step)),))  # fmt: skip

    def emit_own(self, low: Lowering, host: Host, backend: Section) -> None:
        """The lines of one of them."""
        for step, variable in self.shared:
            if variable:
                assert isinstance(step.action, MapBack)
                said_by = host.said_by(step)
                backend.add("http-request", f"set-var({variable})", f"str({host.texts[step.action.url]})",
                            comment=low.sources.comment(said_by), claims=(exact(said_by),))  # fmt: skip
        for step in self.own:
            _emit_step(low, host, step, backend)


def ways_back(kind: Kind, route: Route) -> WaysBack:
    """Those of hosts of a kind: where a URL needs care in one of them, all have all their lines."""
    shared: list[tuple[Step, str]] = []
    number = 0
    for step in route.reverses:
        assert isinstance(step.action, MapBack)
        action = step.action
        texts = {host.texts[action.url] for host in kind.hosts}
        if action.origin is not None or not all(map(_PLAIN_URL.fullmatch, texts)):
            return WaysBack(own=route.reverses)
        number += len(texts) > 1
        variable = f"txn.mapped_back{f'_{number}' if number > 1 else ''}"
        shared.append((step, variable if len(texts) > 1 else ""))
    return WaysBack(tuple(shared))


#: Stands before what was mapped while later lines are tried; no origin writes it.
_DONE = "<mapped>"


def _says_what_follows(actions: Sequence[MapBackCookie]) -> bool:
    """Whether one of them maps back to what a later one asks for."""
    said = ""
    for action in actions:
        if action.internal.lower() in said:
            return True
        said += f"{action.public.lower()}\n"
    return False


def emit_cookies(low: Lowering, route: Route, backend: Section) -> None:
    """RV-12 to RV-14, HAP-63: the whole value of the attribute goes, by the first line that it begins as it says."""
    for part in CookiePart:
        steps = [(step, step.action) for step in route.cookies
                 if isinstance(step.action, MapBackCookie) and step.action.part is part]  # fmt: skip
        again = _says_what_follows([action for _, action in steps])
        name, case = ("Path", "") if part is CookiePart.PATH else ("Domain", "(?i)")
        attribute = rf"^((?:.*?;)?\s*(?i:{name})\s*=\s*)"
        for step, action in steps:
            said_by = route.host.said_by(step)
            pattern = f"{attribute}{case}{escape(action.internal)}[^;]*(.*)$"
            made = rf"\1{_DONE if again else ''}{plain(action.public)}\2"
            backend.add("http-response", "replace-header", "Set-Cookie", pattern, made,
                        comment=low.sources.comment(said_by), claims=(exact(said_by),))  # fmt: skip
        if again:
            backend.add("http-response", "replace-header", "Set-Cookie", rf"{attribute}{_DONE}(.*)$", r"\1\2")

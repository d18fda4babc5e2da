"""The start-up summary of serve: where it listens, who answers, where it goes, what isn't honoured, what to curl."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from apacheconf.cli.draw import Line, near, shown

if TYPE_CHECKING:
    from apacheconf.diagnostics import Diagnostic
    from apacheconf.ledger import Row
    from apacheconf.runtime import Ready
    from apacheconf.runtime.summary import HostLine, Summary

#: More hosts, members or rows than these are counted, not listed.
MOST = 20
Address = tuple[str, int]


def lines(summary: Summary, ready: Ready, stubs: bool, missing: Sequence[Diagnostic] = ()) -> Iterator[Line]:
    """The whole summary; ``stubs`` says that origins are answered for from inside, ``missing`` what isn't here."""
    yield from _listeners(ready)
    for host in summary.hosts[:MOST]:
        yield from _host(host, len(ready.listeners) > 1)
    yield from _more("host", len(summary.hosts))
    yield from _members(summary, stubs)
    yield from _not_honoured(summary)
    yield from _missing(missing)
    yield from _try(summary, ready)


def _listeners(ready: Ready) -> Iterator[Line]:
    for written, bound in ready.listeners:
        instead = "" if written[1] == bound[1] and written[0] in (bound[0], "") else f" for {_address(written)}"
        yield [("bold green", "listening"), ("", f" on {_address(bound)}{instead}")]


def _host(host: HostLine, several: bool) -> Iterator[Line]:
    """A host; where ``several`` sockets listen, with the ports at which it is asked."""
    aliases = f" ({', '.join(host.aliases)})" if host.aliases else ""
    at = f" at {', '.join(map(str, host.ports))}" if several else ""
    yield [("bold", f"host {shown(host.title)}"), ("", shown(aliases) + at), ("dim", f"  {_line(host.place)}")]
    for mapping in (each for each in host.mappings if each.place):  # without a place: httpd's default DocumentRoot
        yield [("", f"  {shown(mapping.path)} -> {shown(mapping.target)}"), ("dim", f"  {_line(mapping.place)}")]


def _members(summary: Summary, stubs: bool) -> Iterator[Line]:
    for balancer, members in groupby(summary.members[:MOST], key=lambda member: member.balancer):
        yield [("bold", shown(balancer) or "origins")]
        for member in members:
            moved = f" at {member.moved_to}" if member.moved_to else " (stub)" if stubs else ""
            factor = f"  loadfactor={member.loadfactor:g}" if member.loadfactor != 1 else ""
            yield [("", f"  {shown(member.name)}{moved}{factor}")]
    yield from _more("member", len(summary.members))


def _missing(notes: Sequence[Diagnostic]) -> Iterator[Line]:
    """What the configuration names and this machine lacks, in httpd's words."""
    if notes:
        yield [("bold yellow", "not on this machine")]
    for note in notes[:MOST]:
        yield [("", f"  {_line(str(note.place or ''))}: "), ("", shown(note.message))]
    yield from _more("line", len(notes))


def _not_honoured(summary: Summary) -> Iterator[Line]:
    """What isn't honoured; neighbours of one name and one reason are one line (``deflate.conf:2-6``)."""
    if not summary.not_honoured:
        return
    yield [("bold yellow", "not honoured")]
    groups = [list(rows) for _, rows in groupby(summary.not_honoured, key=_sameness)]
    for rows in groups[:MOST]:
        last = f"-{rows[-1].place.span.line}" if len(rows) > 1 else ""
        why = shown("; ".join(rows[0].caveats))
        yield [("", f"  {near(rows[0].place)}{last}: {rows[0].name}"), ("dim", f"  {why}")]
    yield from _more("directive", MOST + sum(map(len, groups[MOST:])))


def _sameness(row: Row) -> tuple[str, str, tuple[str, ...]]:
    return row.place.span.file.name, row.name, row.caveats


def _more(what: str, count: int) -> Iterator[Line]:
    if count > MOST:
        yield [("dim", f"  ... and {count - MOST} more {what}s")]


def _try(summary: Summary, ready: Ready) -> Iterator[Line]:
    """A curl that reaches the first mapping to an origin, or else to files."""
    mapped = [(host, each) for host in summary.hosts for each in host.mappings if each.target != "!"]
    mapped.sort(key=lambda pair: "://" not in pair[1].target or pair[1].target.startswith("ws"))
    if not mapped or not ready.listeners:
        return
    host, mapping = mapped[0]
    written, bound = next((each for each in ready.listeners if each[0][1] in host.ports), ready.listeners[0])
    name = host.title.rpartition(":")[0] or host.title
    port = "" if written[1] == (443 if host.secure else 80) else f":{written[1]}"
    reachable = ("127.0.0.1" if bound[0] in ("", "0.0.0.0", "::") else bound[0], bound[1])
    path = mapping.path if mapping.path.startswith("/") else "/"
    if host.secure:  # the name must be in the handshake too
        asked = f"curl -k --connect-to '::{_address(reachable)}' https://{shown(name)}{port}{shown(path)}"
    else:
        asked = f"curl -H 'Host: {shown(name)}{port}' http://{_address(reachable)}{shown(path)}"
    yield [("bold", "try"), ("", f"  {asked}")]


def _line(place: str) -> str:
    """``file:line`` of ``file:line:column``."""
    return near(place.rpartition(":")[0])


def _address(address: Address) -> str:
    host, port = address
    return f"[{host}]:{port}" if ":" in host else f"{host or '*'}:{port}"

"""mod_rewrite in HAProxy: what became of the maps that rules ask (RW-43). The rules themselves are in the routes."""

from __future__ import annotations

from collections.abc import Iterator

from apacheconf.ledger import Outcome, Written
from apacheconf.program.hosts import Host
from apacheconf.program.values import Lookup
from apacheconf.targets.asked_maps import maps_asked
from apacheconf.targets.claims import Claim, equivalent, exact, unsupported
from apacheconf.targets.haproxy.conditions import Terms
from apacheconf.targets.haproxy.lowering import Lowering
from apacheconf.targets.questions import CannotAsk

_AS_READ = "what stands in the file was read when this was written: translate anew when it changes"
_DRAWN = "one of the texts is drawn for every request, as often as httpd draws it, but not the same one"


def settle_maps(low: Lowering, host: Host) -> Iterator[Claim]:
    """Claims of the RewriteMap lines of a host: its rules say for themselves what could be said."""
    yield from (_claim(low, host, line, lookup) for line, lookup in maps_asked(low.scopes, host))


def _claim(low: Lowering, host: Host, line: Written, lookup: Lookup | None) -> Claim:
    if lookup is None:
        return Claim((line,), Outcome.NO_EFFECT, "no rule asks it", "unread-map")
    try:
        Terms(environment=low.environments[host.number]).fetch(lookup)
    except CannotAsk as missing:
        return unsupported((line,), f"HAProxy can't say {missing}: write the texts to a txt: map", "map-kind")
    if lookup.kind == "int":
        return exact((line,))
    if lookup.kind == "rnd":
        return equivalent((line,), _DRAWN, "map-drawn")
    return equivalent((line,), _AS_READ, "map-as-read")

"""mod_rewrite in nginx: what became of the maps that rules ask (NGX-127), and of conditions that find out where their
file lies. The rules themselves are in the routes.
"""

from __future__ import annotations

from apacheconf.ledger import Outcome, Written
from apacheconf.program.hosts import Host
from apacheconf.program.values import Lookup
from apacheconf.targets.asked_maps import maps_asked
from apacheconf.targets.claims import Claim, equivalent, exact, unsupported
from apacheconf.targets.nginx.lowering import Lowering
from apacheconf.targets.nginx.maps import Maps
from apacheconf.targets.nginx.values import text_of
from apacheconf.targets.own_folders import compares_with_itself
from apacheconf.targets.questions import CannotAsk
from apacheconf.targets.restrictions import words_in

_AS_READ = "what stands in the file was read when this was written: translate anew when it changes"
_FOLDER = (
    "the folder's URL is written down: httpd finds another one for a path that repeats itself behind the separator"
)
_DRAWN = "one of the texts is drawn for every request, as often as httpd draws it, but not the same one"


def settle_maps(low: Lowering, host: Host) -> list[Claim]:
    """Claims of the RewriteMap lines of a host: its rules say for themselves what could be said."""
    return [_claim(line, lookup) for line, lookup in maps_asked(low.scopes, host)]


def _claim(line: Written, lookup: Lookup | None) -> Claim:
    if lookup is None:
        return Claim((line,), Outcome.NO_EFFECT, "no rule asks it", "unread-map")
    if (lookup.kind, lookup.source) == ("int", "tolower"):
        return exact((line,))  # where it makes the key of another map; a rule says so where it doesn't
    try:
        text_of(Maps(), lookup)
    except CannotAsk as missing:
        return unsupported((line,), f"nginx can't say {missing}: write the texts to a txt: map", "map-kind")
    if lookup.kind == "rnd":
        return equivalent((line,), _DRAWN, "map-drawn")
    return equivalent((line,), _AS_READ, "map-as-read")


def settle_folders(low: Lowering) -> None:
    """What conditions that compare the path with its own end can't tell (NGX-205)."""
    lines = (each for each in low.scopes.everywhere("rewritecond") if "%{REQUEST_URI}" in each.args)
    compare = [each for each in lines if compares_with_itself((*words_in(each.args), "", "")[1])]
    low.dropped += [equivalent((each,), _FOLDER, "own-folder") for each in compare]

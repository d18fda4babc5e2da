"""AllowEncodedSlashes NoDecode in nginx, which decodes ``%2F`` before it looks for a location (NGX-47, LOC-9, PU-4).

Such a path is put back as it was written before the location is looked for, so that the slash separates nothing, and
goes on to an origin as it was written. What would be read in two ways is refused: a letter or digit that is escaped
beside such a slash, or a path that is not normal.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from apacheconf.ledger import Written
from apacheconf.program.conditions import Compare, Glob, Matches, OneOf, Under
from apacheconf.program.hosts import Host
from apacheconf.program.mapping import sections_lose_slashes
from apacheconf.program.mod_proxy_fcgi import is_fcgi
from apacheconf.program.values import REQUEST_URI, Variable
from apacheconf.targets.captures import parts_in
from apacheconf.targets.choices import Place, routes_in
from apacheconf.targets.claims import IN_SECTIONS, Claim, approximated, equivalent
from apacheconf.targets.nginx import mod_proxy_fcgi
from apacheconf.targets.nginx.lowering import Lowering
from apacheconf.targets.nginx.maps import KEPT, Map
from apacheconf.targets.nginx.tree import Block, literal
from apacheconf.targets.patterns import escape
from apacheconf.targets.routes import NewPath
from apacheconf.targets.spoken import words_of

_BESIDE = "beside an encoded slash other escapes in the path stay escapes"
_UNCLEAR = "beside an encoded slash a letter that is escaped without need, //, /./ and /../ are answered with 404"
_DECODED = "an encoded slash counts as a slash where a location is picked, and where the path is normalised"
_MADE_ANEW = "an encoded slash stays one in the path that a rule makes for an origin, which httpd decodes"
#: Regexes and names of paths that say nothing of signs which are escaped now and then.
_PLAIN = re.compile(r"[\w/.^$()|?*+\[\]\\{}:<>=!,-]*")
#: What every path matches.
_EVERY = frozenset({"", "^", "^/", ".*", "^.*", "(.*)", "^(.*)", "^(.*)$", "^/(.*)", "^/(.*)$", "^/.*"})
#: Those about how a path begins, or about signs that are escaped for a reason.
_BEGINS = re.compile(r"(?:\^(?:[\w/-]|\\[^\w\s])*)?(?:\(?\.\*\)?)?(?:\$|\(\?:/\|\$\))?|(?:\\[^\w\s._~-])+")
#: Escapes of letters, digits and ``-._~``, which nobody needs.
_NEEDLESS = "%(?:2[de]|3[0-9]|[46][1-9a-f]|[57][0-9a]|5f|7e)"


def keeps_slashes(host: Host) -> bool:
    """Whether encoded slashes of a host stay encoded."""
    return host.shape.limits.encoded_slashes.lower() == "nodecode"


def emit_kept(low: Lowering, host: Host, found: list[Place], server: Block) -> None:
    """Put such paths back, once: other paths that are asked for in their place go through the server's lines again."""
    if not keeps_slashes(host):
        return
    low.maps.make(KEPT.strip("$"), Map("", (("default", ""),), ""))
    other = "%(?!2f)[0-9a-f]" if not _is_plain(found) else _NEEDLESS
    twice = r"//|/(?:\.|%2e){1,2}(?:[/?]|$)"
    unclear = f"~*^(?=[^?]*%2f)[^?]*(?:{other}|{twice})"
    if all(map(_BEGINS.fullmatch, _patterns(found))):  # no question reaches beyond the slash
        unclear = f"~*^(?=[^?]*%2f)(?:(?:(?!%2f)[^?])*{other}|[^?]*(?:{twice}))"
    why, no = "an encoded slash in a path that could be read in two ways", ("default", "")
    refused = low.maps.make("unclear_slashes", Map(f"{KEPT}$request_uri", ((unclear, "1"), no), why))
    written = ("~*^(?<as_written>/[^?]*%2f[^?]*)", "$as_written")
    kept = low.maps.make("kept_slashes", Map(f"{KEPT}$request_uri", (written, no), "AllowEncodedSlashes NoDecode"))
    if _refuses(found):
        server.open("if", refused).add("return", "404")
    back = server.open("if", kept)
    back.add("rewrite", "^", kept)
    back.add("set", KEPT, "1")


def _refuses(found: list[Place]) -> bool:
    """Whether it matters to anybody how a path is read: else it goes to one origin as it came."""
    goes_on = all(route.map is not None and route.map.raw for route in routes_in(found))
    return len(found) > 1 or not goes_on or any(each not in _EVERY for each in _patterns(found))


def _patterns(found: Iterable[Place]) -> list[str]:
    """What is asked of paths, as patterns; a prefix and a whole path are how they begin."""
    trees = [place.tree for place in found]
    asked = [each for tree in trees for each in parts_in(tree, Matches)]
    patterns = [each.regex.pattern for each in asked if REQUEST_URI in parts_in(each.value, Variable)]
    globs = [each for tree in trees for each in parts_in(tree, Glob) if REQUEST_URI in parts_in(each.value, Variable)]
    wholes = [each for tree in trees for kind in (Under, Compare, OneOf) for each in parts_in(tree, kind)
              if each not in (Under("/"), Under("/", as_mapping=True))]  # fmt: skip
    begins = ["^/x" for each in wholes if REQUEST_URI in parts_in(each, Variable)]
    return [*patterns, *(each.pattern for each in globs), *begins]


def _is_plain(found: Iterable[Place]) -> bool:
    regexes = (each.regex.pattern for place in found for each in parts_in(place.tree, Matches))
    return all(_PLAIN.fullmatch(each) for each in (*regexes, *(place.cell.path for place in found)))


#: An escaped percent sign that httpd unescapes and can't escape again (PU-4).
_BROKEN = "^[^?]*%25(?![0-9a-f]{2})"


def emit_to_origin(low: Lowering, host: Host, path: NewPath, upstream: str, location: Block, raw: bool) -> None:
    """What an origin is asked for in place of a path with such slashes; a ``raw`` one goes on as it came."""
    if keeps_slashes(host) and not raw:
        location.open("if", "$request_uri", "~*", _BROKEN).add("return", "400")
    if not keeps_slashes(host) or path.made or not path.joins or path.whole is not None:
        return
    entries = ((f"~^{escape(path.cut)}(?<behind>/.*|)$" if path.cut else "~^(?<behind>.*)$", "$behind"),
               ("default", ""))  # fmt: skip
    rest = low.maps.make(
        f"kept_rest_of_{words_of(path.cut)}" if path.cut else "kept_path",
        Map("$uri", entries, "what follows the prefix of a path with encoded slashes"),
    )
    asked = location.open("if", KEPT)
    asked.add("break")
    asked.add("proxy_pass", f"{upstream}{literal(path.head)}{rest}$is_args$args")


def claim_of(low: Lowering, found: list[Place], line: Written) -> Claim:
    """What became of NoDecode: where a path is made anew, or a script is told it, the slash is decoded all the same."""
    for route in routes_in(found):
        if sections_lose_slashes(route.host):
            return approximated([line], IN_SECTIONS, "slashes-in-sections")
        asked = mod_proxy_fcgi.script_origin(low, route) or is_fcgi(route.origin(low.program))
        if asked or (route.mapping and route.path is not None and not route.unescaped):
            return approximated([line], _DECODED, "decoded-slashes")
        if route.map is not None and route.map.value is not None and not (route.map.raw or route.unescaped):
            return approximated([line], _MADE_ANEW, "decoded-slashes")
    if _refuses(found):
        return approximated([line], _UNCLEAR, "unclear-slashes")
    return equivalent([line], _BESIDE, "encoded-slashes")

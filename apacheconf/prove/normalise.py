"""The named normalisations (DIF-9): what may differ between two servers without anybody minding.

A rule takes an observation and gives it without what the rule excuses. Rules are applied only where two
observations differ, one after the other, and each one that was needed is counted in the report. What DIF-10
names is never touched: the origin, method, path, query and Host at the origin, X-Forwarded-*, credentials,
status, Set-Cookie, bodies.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from urllib.parse import unquote_to_bytes, urljoin

from apacheconf.origins import Headers
from apacheconf.prove.observe import STOCK, Arrival, Observation, Reply
from apacheconf.prove.requests import ORIGIN_DATE, ORIGIN_SERVER


@dataclass(frozen=True, slots=True)
class Rule:
    """``apply`` excuses what ``what`` says. ``strict`` rules hold for our own engine against httpd too."""

    name: str
    what: str
    apply: Callable[[Observation], Observation]
    strict: bool = False
    pair: Callable[[Observation, Observation], tuple[Observation, Observation]] | None = None

    def apply_to(self, one: Observation, two: Observation) -> tuple[Observation, Observation]:
        """Both without what the rule excuses; ``pair`` is for what can only be seen in both together."""
        one, two = self.apply(one), self.apply(two)
        return self.pair(one, two) if self.pair else (one, two)


def _each_reply(change: Callable[[Reply], Reply]) -> Callable[[Observation], Observation]:
    return lambda seen: replace(seen, replies=tuple(map(change, seen.replies)))


def in_each_arrival(change: Callable[[Arrival], Arrival]) -> Callable[[Observation], Observation]:
    return lambda seen: replace(seen, arrivals=tuple(map(change, seen.arrivals)))


def in_headers(change: Callable[[Headers], Headers]) -> Callable[[Observation], Observation]:
    """The same change to the headers of replies and of what arrived."""
    replies = _each_reply(lambda one: replace(one, headers=change(one.headers)))
    arrivals = in_each_arrival(lambda one: replace(one, headers=change(one.headers)))
    return lambda seen: arrivals(replies(seen))


def _without(names: Iterable[str], keep: frozenset[str] = frozenset()) -> Callable[[Headers], Headers]:
    dropped = frozenset(names)
    return lambda headers: tuple((n, v) for n, v in headers if n.lower() not in dropped or v in keep)


def _lower_names(headers: Headers) -> Headers:
    return tuple((name.lower(), value) for name, value in headers)


def _sorted_by_name(headers: Headers) -> Headers:
    """The order of equal names stays, that of Set-Cookie among them."""
    return tuple(sorted(headers, key=lambda header: header[0].lower()))


_NO_LISTS = frozenset({"set-cookie", "cookie", "authorization", "proxy-authorization", "www-authenticate", "host"})


def _joined(headers: Headers) -> Headers:
    """Repeated list headers as one line (RFC 9110, 5.3), except those that DIF-10 keeps as they are."""
    found: dict[str, list[tuple[str, str]]] = {}
    for name, value in headers:
        found.setdefault(name.lower(), []).append((name, value))
    joined: list[tuple[str, str]] = []
    for lower, same in found.items():
        joined += (
            same
            if lower in _NO_LISTS or lower.startswith("x-forwarded-")
            else [(same[0][0], ", ".join(value for _, value in same))]
        )
    return tuple(joined)


def _without_date_and_server(one: Reply) -> Reply:
    """Those that the front made itself; the origin's own must come through (RS-3)."""
    drop = _without({"date", "server"}, keep=frozenset({ORIGIN_DATE, ORIGIN_SERVER}))
    return replace(one, headers=drop(one.headers))


_FRAMING = ("connection", "keep-alive", "accept-ranges", "transfer-encoding", "content-length")


def _without_framing(seen: Observation) -> Observation:
    strip = _without(_FRAMING)
    replies = tuple(replace(one, headers=strip(one.headers)) for one in seen.replies)
    arrivals = tuple(
        replace(one, headers=(*strip(one.headers), *_upgrades(one.headers)), framing="") for one in seen.arrivals
    )
    return replace(seen, replies=replies, arrivals=arrivals, ended="" if seen.ended != "silent" else "silent")


def _upgrades(headers: Headers) -> Headers:
    """Connection, as far as it says that Upgrade is meant for the origin: that is no matter of framing."""
    said = any(name.lower() == "connection" and "upgrade" in value.lower() for name, value in headers)
    named = any(name.lower() == "upgrade" for name, _ in headers)
    return (("connection", "upgrade"),) if said and named else ()


def _until_one_closed(one: Observation, two: Observation) -> tuple[Observation, Observation]:
    """After an error the one closes and the other stays: what was asked next on that connection tells nothing. One that
    ErrorDocument sends elsewhere is a redirect of the front's own."""
    count = min(len(one.replies), len(two.replies))
    last = one.replies[count - 1] if count else None
    if last is not None and (last.status >= 400 or (last.status == 302 and _is_local(last))):
        return replace(one, replies=one.replies[:count]), replace(two, replies=two.replies[:count])
    return one, two


def _stock(one: Reply) -> Reply:
    """An error page's text is the server's own affair, its length and type too (ED-5)."""
    if one.status < 300 or one.body not in (STOCK, ""):
        return one
    if one.body == "" and not _is_local(one):
        return one
    strip = _without({"content-length", "content-type", "transfer-encoding"})
    return replace(one, body=STOCK, headers=strip(one.headers))


def _is_local(one: Reply) -> bool:
    """Made by the front: the ordinary answer of an origin says so in X-Origin."""
    return one.status >= 300 and not any(name.lower() == "x-origin" for name, _ in one.headers)


def _without_etag_of_file(one: Reply) -> Reply:
    """Each server makes ETags of its own from a file's time and length; that there is one is compared."""
    if any(name.lower() == "x-origin" for name, _ in one.headers):
        return one
    return replace(one, headers=tuple((n, "(of a file)" if n.lower() == "etag" else v) for n, v in one.headers))


def _in_location(change: Callable[[str], str]) -> Callable[[Reply], Reply]:
    return lambda one: replace(
        one, headers=tuple((n, change(v) if n.lower() == "location" else v) for n, v in one.headers)
    )


def _absolute(url: str) -> str:
    """A URL with an authority, as it is where it can't be read: a Redirect without a slash makes ``http://a[]/``."""
    try:
        return urljoin("http://front/", url)
    except ValueError:
        return url


#: Escapes that stand for a sign with a meaning of its own, or that could not be sent as they are.
_MEANT = frozenset("?#%/ ") | {chr(code) for code in (*range(0x20), 0x7F)}


def _plain_escapes(text: str) -> str:
    """A URL in which only what is meant is escaped, the digits as capitals (RFC 3986, 6.2.2)."""

    def plain(found: re.Match[str]) -> str:
        sign = chr(int(found[1], 16))
        return found[0].upper() if sign in _MEANT else sign

    return re.sub("%([0-9A-Fa-f]{2})", plain, text)


def _without_no_cache(one: Reply) -> Reply:
    if one.body != STOCK:
        return one
    return replace(one, headers=tuple(h for h in one.headers if (h[0].lower(), h[1]) != ("cache-control", "no-cache")))


def _decoded_path(one: Arrival) -> Arrival:
    method, _, rest = one.line.partition(" ")
    target, _, version = rest.rpartition(" ")
    path, question, query = target.partition("?")
    return replace(one, line=f"{method} {unquote_to_bytes(path).decode('latin-1')}{question}{query} {version}")


def _without_comments(headers: Headers) -> Headers:
    """Via says in a comment which software it is (RFC 9110, 7.6.3)."""
    return tuple((name, re.sub(r" \([^()]*\)", "", value) if name == "via" else value) for name, value in headers)


def _without_version(one: Arrival) -> Arrival:
    headers = (*_without({"connection", "keep-alive"})(one.headers), *_upgrades(one.headers))
    return replace(one, line=re.sub(r" HTTP/1\.[01]$", "", one.line), headers=headers)


def _is_told(one: Arrival) -> bool:
    """Whether it arrived by FastCGI or its like: its headers are a script's parameters."""
    return one.line.endswith((" FastCGI", " uwsgi", " SCGI"))


def _without_software(one: Arrival) -> Arrival:
    if not _is_told(one):
        return one
    named = set() if one.line.endswith(" FastCGI") else {"script_filename"}  # which is the URL of the origin
    strip = _without({"server_software", "server_signature", "path", *named})
    return replace(one, headers=strip(one.headers))


def _named_for_fpm(one: Arrival) -> Arrival:
    if not _is_told(one):
        return one
    prefix = re.compile(r"proxy:(?:fcgi|balancer)://(?:balancer://)?[^/]*/*(?=/)")
    pairs = ((n, prefix.sub("", v).partition("?")[0] if n.lower() == "script_filename" else v) for n, v in one.headers)
    return replace(one, headers=tuple(pairs))


def _without_authority(one: Arrival) -> Arrival:
    """A target in absolute form without its scheme and authority, which Host says too."""
    if not _is_told(one):
        return one
    cut = re.compile(r"^(\S+ )?[a-z]+://[^/ ]*(?=/)")
    pairs = tuple((n, cut.sub("", v) if n.lower() == "request_uri" else v) for n, v in one.headers)
    return replace(one, line=cut.sub(r"\1", one.line), headers=pairs)


def _local_reason(one: Reply) -> Reply:
    return replace(one, reason="") if _is_local(one) else one


#: A number that no other request has, of httpd, nginx and HAProxy.
_UNIQUE = re.compile(r"[A-Za-z0-9@_-]{27}|[0-9a-f]{32}|[0-9A-F]{8}:[0-9A-F]{4,}[0-9A-F_:]*")
#: What mod_auth_digest makes of the time and a secret of its own.
_NONCE = re.compile(r'(?<=\bnonce=")[A-Za-z0-9+/]{11}=[0-9a-f]{40}(?=")')


def _timed(value: str) -> str:
    """Microseconds of mod_headers: ``%t`` and ``%D``, unique numbers, and nonces of Digest."""
    if _UNIQUE.fullmatch(value):
        return "(unique)"
    value = _NONCE.sub("(nonce)", value)
    return re.sub(r"\bD=\d+", "D=(took)", re.sub(r"\bt=\d{16}\b", "t=(time)", value))


def _empty_reasons(one: Observation, two: Observation) -> tuple[Observation, Observation]:
    """An empty reason may be filled in: it says nothing either way (RFC 9112, 4)."""
    pairs = list(zip(one.replies, two.replies, strict=False))
    silent = {number for number, (here, there) in enumerate(pairs) if not (here.reason and there.reason)}

    def silenced(seen: Observation) -> Observation:
        replies = (replace(each, reason="") if n in silent else each for n, each in enumerate(seen.replies))
        return replace(seen, replies=tuple(replies))

    return silenced(one), silenced(two)


#: An age that is counted from a file's last change falls while both are asked: by no more seconds than this.
_ASKING = 120
_AGE = re.compile(r"(?<=max-age=)\d+")


def _same_age(one: Observation, two: Observation) -> tuple[Observation, Observation]:
    """What counts from a file's last change is a little less for who is asked later (EX-1)."""
    pairs = zip(one.replies, two.replies, strict=False)
    aged = [_aged(here, there) for here, there in pairs]
    return one, replace(two, replies=(*aged, *two.replies[len(aged) :]))


def _aged(here: Reply, there: Reply) -> Reply:
    """``there`` with the age and the Expires of ``here``, where seconds alone have passed between them."""
    ages = [_ages(each) for each in (here, there)]
    passed = ages[0][0] - ages[1][0] if len(ages[0]) == len(ages[1]) == 1 else 0
    if not 0 < abs(passed) <= _ASKING:
        return there
    own = {"expires": iter(_values(here, "expires")), "cache-control": iter(_values(here, "cache-control"))}
    headers = ((name, next(own.get(name.lower(), iter(())), value)) for name, value in there.headers)
    return replace(there, headers=tuple(headers))


def _ages(reply: Reply) -> list[int]:
    return [int(found[0]) for found in map(_AGE.search, _values(reply, "cache-control")) if found]


def _values(reply: Reply, name: str) -> list[str]:
    return [value for each, value in reply.headers if each.lower() == name]


RULES = (
    Rule("N2", "Date and Server that the front made itself", _each_reply(_without_date_and_server), strict=True),
    Rule("N3", "the text of stock error pages", _each_reply(_stock), strict=True),
    Rule("N7", "the order of headers, except of equal names", in_headers(_sorted_by_name), strict=True),
    Rule(
        "N19", "what a script is told of the server's software, and its PATH", in_each_arrival(_without_software), True
    ),
    Rule("N1", "upper and lower case in header names", in_headers(_lower_names)),
    Rule(
        "N2b",
        "Connection, Keep-Alive, Accept-Ranges, Content-Length or chunked",
        _without_framing,
        pair=_until_one_closed,
    ),
    Rule("N4", "the form of a file's ETag", _each_reply(_without_etag_of_file)),
    Rule("N5", "Location absolute or relative", _each_reply(_in_location(_absolute))),
    Rule("N18", "which characters of Location are escaped", _each_reply(_in_location(_plain_escapes))),
    Rule("N6", "list headers in one line or several", in_headers(_joined)),
    Rule("N8", "Cache-Control: no-cache on replies that HAProxy makes", _each_reply(_without_no_cache)),
    Rule("N10", "which characters of the path are escaped", in_each_arrival(_decoded_path)),
    Rule("N20", "what PHP-FPM takes off a file's name (FC-4)", in_each_arrival(_named_for_fpm)),
    Rule("N21", "the authority of an absolute target, as a script is told it", in_each_arrival(_without_authority)),
    Rule("N15", "comments in Via", in_headers(_without_comments)),
    Rule("N12", "the HTTP version towards the origin", in_each_arrival(_without_version)),
    Rule(
        "N13",
        "the reason phrase of replies that the front makes itself, or an empty one",
        _each_reply(_local_reason),
        pair=_empty_reasons,
    ),
    Rule(
        "N17",
        "what a clock said, and unique numbers",
        in_headers(lambda pairs: tuple((name, _timed(value)) for name, value in pairs)),
        strict=True,
        pair=_same_age,
    ),
)


def rules_for(front: str) -> tuple[Rule, ...]:
    """Our own engine is held to httpd's letter, targets to its meaning."""
    return tuple(rule for rule in RULES if rule.strict or front in ("nginx", "haproxy"))

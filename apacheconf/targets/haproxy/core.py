"""core in HAProxy: httpd's defaults written out, and the guards and the path that httpd has before any mapping
(HAP-14, HAP-20 to HAP-24, DEF)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from apacheconf.ledger import Outcome, Written
from apacheconf.program.hosts import Host, Limits
from apacheconf.program.mapping import sections_lose_slashes
from apacheconf.program.steps import AddCharset
from apacheconf.program.uri import canonical
from apacheconf.targets.claims import IN_SECTIONS, Claim, approximated, equivalent, exact, unsupported
from apacheconf.targets.haproxy.conditions import Term
from apacheconf.targets.haproxy.documents import refuse
from apacheconf.targets.haproxy.lowering import Lowering
from apacheconf.targets.haproxy.tree import Section, plain
from apacheconf.targets.patterns import GOOD_HOST
from apacheconf.targets.restrictions import words_in
from apacheconf.targets.routes import Route

#: What httpd leaves as it is in a path that it makes anew, beside letters, digits and ``-._~`` (PU-1). HAProxy's
#: ``url_enc`` escapes them all; odd ones are written as ``\\xhh``, which its regex replacement understands.
_LITERAL = {"%2F": "/", "%21": "!", "%24": "$", "%26": "&", "%27": r"\x27", "%28": r"\x28", "%29": r"\x29",
            "%2A": "*", "%2B": "+", "%2C": r"\x2c", "%3A": ":", "%3B": ";", "%3D": "=", "%40": "@"}  # fmt: skip
ESCAPED_ANEW = ",".join(["url_enc", *(f"regsub({code},{char},g)" for code, char in _LITERAL.items())])
CANONICAL = f"path,url_dec,{ESCAPED_ANEW}"


HAS_HOST = "{ req.fhdr(host) -m found }"
_IS_NAMED = "{ req.fhdr(host) -m len gt 0 }"
#: Of a target in absolute form, which counts more than Host (PV-5).
_AUTHORITY = "url,field(3,/),field(1,?),lower"
_BAD_ESCAPE = "%(?![0-9A-Fa-f]{2})"


def seconds(value: float) -> str:
    """A duration as HAProxy reads it: whole seconds, else milliseconds."""
    return f"{int(value)}s" if value == int(value) else f"{round(value * 1000)}ms"


def emit_global(low: Lowering, section: Section) -> None:
    """What the process needs for httpd's sizes and paths."""
    streams = low.scopes.everywhere("h2maxsessionstreams")
    if streams:
        claim = exact(streams)
        if len({each.args for each in streams}) > 1:
            claim = approximated(streams, "the first one says it for all hosts", "first-host")
        section.add("tune.h2.max-concurrent-streams", *words_in(streams[0].args),
                    comment=low.sources.comment(streams[:1]), claims=(claim,))  # fmt: skip
    section.add("expose-experimental-directives", comment="for normalize-uri: httpd maps the normalised path")
    section.add("tune.bufsize", "65536", comment="room for the headers that httpd takes")


def emit_defaults(low: Lowering, host: Host, section: Section) -> None:
    """Timeouts and connections, for all hosts (HAP-90)."""
    limits = host.shape.limits
    section.add("mode", "http")
    section.add("log", "global")
    section.add("option", "dontlognull")
    wait = limits.proxy_timeout or limits.timeout
    for name, value, sources in _timeouts(limits, wait):
        said_by = [each for source in sources for each in low.scopes.named(source)]
        section.add("timeout", name, seconds(value), comment=low.sources.comment(said_by), claims=_claims(said_by))
    low.dropped.append(equivalent(low.scopes.named("maxkeepaliverequests"), "HAProxy does not count the requests "
                                  "of a connection", "requests-per-connection"))  # fmt: skip
    if not limits.keep_alive:
        section.add("option", "httpclose")
    section.add("retry-on", "conn-failure")
    section.add("option", "redispatch", "1")


def _timeouts(limits: Limits, wait: float) -> list[tuple[str, float, tuple[str, ...]]]:
    return [
        ("connect", wait, ()),
        ("client", limits.timeout, ("timeout",)),
        ("server", wait, ("proxytimeout",)),
        ("http-request", limits.header_timeout, ("requestreadtimeout",)),
        ("http-keep-alive", limits.keep_alive_timeout, ("keepalive", "keepalivetimeout")),
        ("tunnel", wait, ()),
    ]


def _claims(said_by: list[Written]) -> tuple[Claim, ...]:
    return tuple(
        approximated([each], "HAProxy has no minimum rates", "minimum-rate")
        if each.name.lower() == "requestreadtimeout"
        else exact([each])
        for each in said_by
    )


_LIMITS = frozenset({"limitrequestline", "limitrequestfields", "limitrequestfieldsize"})
_OF_CONNECTIONS = _LIMITS | {"keepalive", "keepalivetimeout", "maxkeepaliverequests", "requestreadtimeout", "timeout"}


def emit_connections(low: Lowering, hosts: Sequence[Host], frontend: Section) -> None:
    """What the first host of an address says of its connections, where it differs from the main server."""
    first, main = hosts[0], low.program.hosts[low.program.index.main]
    limits, common = first.shape.limits, main.shape.limits
    given = {
        "client": (limits.timeout, common.timeout),
        "http-request": (limits.header_timeout, common.header_timeout),
        "http-keep-alive": (limits.keep_alive_timeout, common.keep_alive_timeout),
    }
    for name, (wanted, usual) in given.items():
        if wanted != usual:
            frontend.add("timeout", name, seconds(wanted))
    if not limits.keep_alive and common.keep_alive:
        frontend.add("option", "httpclose")
    for host in hosts:
        said_by = [each for each in low.scopes.own(host) if host.place and each.name.lower() in _OF_CONNECTIONS]
        low.dropped += [_of_connection(each, host is first) for each in said_by]


def _of_connection(line: Written, is_first: bool) -> Claim:
    match line.name.lower():
        case "requestreadtimeout":
            return approximated([line], "HAProxy has no minimum rates", "minimum-rate")
        case "maxkeepaliverequests":
            return equivalent([line], "HAProxy does not count the requests of a connection", "requests-per-connection")
        case _ if is_first:
            return exact([line])
        case name if name in _LIMITS:
            why = "the first host of the address says it of all its requests, in httpd too unless TLS names the host"
            return equivalent([line], why, "first-host-limits")
        case _:
            return approximated([line], "the first host of the address says it of all its connections", "first-host")


#: What is kept of a request before anything changes it; over HTTP/2 the target has an authority that nobody wrote.
_KEPT = {
    "txn.protocol": (("HTTP/%[req.ver]", ()),),
    "txn.the_request": (
        ("%[method] %[url] HTTP/%[req.ver]", ()),
        ("%[method] %[pathq] HTTP/%[req.ver]", ("if", "{", "req.ver", "-m", "beg", "2", "}", "!{", "url", "*", "}")),
    ),
}  # fmt: skip


def emit_kept(sections: Sequence[Section], at: int, frontend: Section) -> None:
    """What the request line was, before the line of the number ``at``, where anything in the sections asks for it."""
    words = [word for section in (*sections, frontend) for line in section.lines for word in line.words]
    kept = Section("kept")
    for variable, formats in _KEPT.items():
        if any(f"var({variable})" in word for word in words):
            for text, only in formats:
                kept.add("http-request", f"set-var-fmt({variable})", text, *only)
    frontend.lines[at:at] = kept.lines


def emit_guards(low: Lowering, host: Host, frontend: Section) -> None:
    """What httpd refuses before it maps anything, and the path that its mappings see."""
    limits = host.shape.limits
    frontend.say("httpd refuses these before it maps anything.")
    frontend.rule("http-request set-var(txn.star) bool(true) if METH_OPTIONS { url -m str * }")
    frontend.rule("http-request return status 200 if { var(txn.star) -m bool }")
    frontend.rule("http-request deny deny_status 400 if !{ url -m reg ? }", "^/|^(?i)https?://")
    frontend.rule("http-request deny deny_status 400 if { url -m sub # }")
    frontend.rule(f"http-request deny deny_status 400 if HTTP_1.1 !{_IS_NAMED}")
    frontend.rule("http-request set-header Host ? if { url -m reg ? }", f"%[{_AUTHORITY}]", "^[A-Za-z]+://[^/]")
    frontend.rule(f"http-request deny deny_status 400 if {_IS_NAMED} !{{ req.fhdr(host) -m reg ? }}", f"^{GOOD_HOST}$")
    longest = limits.request_line + 1 - len("GET  HTTP/1.1")  # RB-10: by one byte more than it says
    said = {name: _said_first(low, host, name) for name in ("requestline", "requestfields", "requestfieldsize")}
    frontend.rule(f"http-request return status 414 if {{ url,length gt {longest} }}",
                  claims=(exact(said["requestline"]),))  # fmt: skip
    if said["requestfields"] and limits.request_fields:
        _refuse(low, said["requestfields"], ("req.fhdr_cnt", "gt", str(limits.request_fields)), frontend)
    if said["requestfieldsize"]:
        longer = rf"[^\r\n]{{{limits.request_field_size + 2}}}"
        _refuse(low, said["requestfieldsize"], ("req.hdrs", "-m", "reg", longer), frontend)


def _refuse(low: Lowering, said_by: list[Written], asked: Term, frontend: Section) -> None:
    frontend.add("http-request", "deny", "deny_status", "400", "if", "{", *asked, "}",
                 comment=low.sources.comment(said_by), claims=(exact(said_by),))  # fmt: skip


def _said_first(low: Lowering, host: Host, limit: str) -> list[Written]:
    """The lines about a limit that the first host of an address has: httpd goes by them until it knows the host."""
    own = low.scopes.own(host) if host.place else ()
    return [*low.scopes.named(f"limit{limit}"), *(each for each in own if each.name.lower() == f"limit{limit}")]


def emit_path_guards(low: Lowering, hosts: Sequence[Host], frontend: Section) -> None:
    """What httpd refuses once it knows the host; the first one's limits hold for all."""
    frontend.space()
    refuse(low, hosts, 400, ("{", "path", "-m", "reg", _BAD_ESCAPE, "}"), frontend)
    expects = "{ req.fhdr(expect) -m found } !{ req.fhdr(expect) -m str -i 100-continue }"
    refuse(low, hosts, 417, tuple(expects.split()), frontend)
    _emit_trace(low, hosts, frontend)
    refuse(low, hosts, 404, ("{", "path", "-m", "sub", "%00", "}"), frontend)


def _emit_trace(low: Lowering, hosts: Sequence[Host], frontend: Section) -> None:
    """TraceEnable: HAProxy hands TRACE on, with a body or without, as httpd does."""
    shut = [each for each in hosts if not each.form.limits.trace]
    own = (each for host in hosts if host.place for each in low.scopes.own(host))
    said_by = [*low.scopes.named("traceenable"), *(each for each in own if each.name.lower() == "traceenable")]
    if not shut:
        low.dropped.append(exact([each for each in said_by if each.args.lower() != "on"]))
        return
    only = low.is_one_of(shut) if len(shut) < len(hosts) else ()
    line = refuse(low, shut, 405, ("METH_TRACE", *only), frontend)
    line.comment, line.claims = low.sources.comment(said_by), (exact(said_by),)


def emit_allowed(low: Lowering, hosts: Sequence[Host], frontend: Section) -> None:
    """Where TRACE may not be asked, an answer of this server that refuses a method allows none: no rule that answers
    can say so, for ``hdr`` leaves empty ones out."""
    shut = [each for each in hosts if not each.form.limits.trace]
    for status in (405, 501) if shut else ():
        only = low.is_one_of(shut) if len(shut) < len(hosts) else ()
        made_here = f"{{ status {status} }} !{{ var(txn.answered) -m bool }}"
        frontend.add("http-after-response", "set-header", "Allow", "%[str()]", "if", *made_here.split(), *only)


def emit_slashes(
    low: Lowering, hosts: Sequence[Host], is_one_of: Callable[[list[Host]], Term], out: Section
) -> Term | None:
    """AllowEncodedSlashes of each host: refused, decoded or kept (SEM-9, HAP-23, PU-4).

    The term that is true of those that keep them; None if none does.
    """
    refusing = [each for each in hosts if each.shape.limits.encoded_slashes == "Off"]
    if refusing:
        only = is_one_of(refusing) if len(refusing) < len(hosts) else ()
        refuse(low, refusing, 404, ("{", "path", "-m", "sub", "-i", "%2f", "}", *only), out)
    keeping = [each for each in hosts if each.shape.limits.encoded_slashes == "NoDecode"]
    only = is_one_of(keeping) if 0 < len(keeping) < len(hosts) else ()
    if keeping:
        slashes = ("{", "path", "-m", "sub", "-i", "%2f", "}")
        out.add("http-request", "set-path", r'%[path,regsub("%(2[Ff])","%25\\1",g)]', "if", *slashes, *only,
                comment="encoded slashes stay as they are")  # fmt: skip
    for host in hosts:
        said_by = [each for each in low.scopes.own(host) if each.name.lower() == "allowencodedslashes"]
        if sections_lose_slashes(host):
            low.dropped.append(approximated(said_by, IN_SECTIONS, "slashes-in-sections"))
        else:
            low.dropped.append(exact(said_by))
    return only if keeping else None


def emit_path(low: Lowering, hosts: Sequence[Host], keeps_slashes: Term | None, frontend: Section) -> None:
    """SEM-7: decode once, escape anew, then take out dots and double slashes, as httpd does."""
    frontend.space()
    frontend.say("The path as httpd maps it: decoded and escaped anew, without dot segments and double slashes.")
    frontend.rule("http-request set-uri %[pathq] if { url -m reg ? }", "^[A-Za-z]+://[^/]+/")
    frontend.rule("http-request set-uri /%[query] if { url -m reg ? }", "^[A-Za-z]+://")
    frontend.rule("http-request set-path ? if { path -m reg ? }", f"%[{CANONICAL}]", "[^A-Za-z0-9/._~-]")
    if keeps_slashes is not None:
        frontend.add("http-request", "set-path", r'%[path,regsub("%25(2[Ff])","%\\1",g)]', "if",
                     "{", "path", "-m", "sub", "-i", "%252f", "}", *keeps_slashes)  # fmt: skip
    frontend.rule("http-request normalize-uri path-merge-slashes")
    frontend.rule("http-request normalize-uri path-strip-dot")
    frontend.rule("http-request normalize-uri path-strip-dotdot")
    refuse(low, hosts, 400, ("{", "path", "-m", "reg", r"^/\.\.(?:/|$)", "}"), frontend)


def escaped(path: str) -> str:
    """A path of the configuration as it stands in the path that ``emit_path`` makes."""
    return canonical(path)


def emit_responses(frontend: Section) -> None:
    """SEM-23, HAP-64, RS-2: statuses of failures, and headers that end here."""
    frontend.space()
    frontend.say("Failures as httpd reports them: late answers are 502, and its own pages carry no Cache-Control.")
    frontend.rule("http-response set-var(txn.answered) bool(true)")
    for name in ("Keep-Alive", "Proxy-Authenticate", "Proxy-Connection", "TE", "Trailer"):
        frontend.rule(f"http-response del-header {name}")
    frontend.rule("http-response del-header Upgrade unless { status 101 } or { var(txn.upgrades) -m bool }")
    frontend.rule("http-after-response del-header Cache-Control unless { var(txn.answered) -m bool } or "
                  "{ var(txn.cleaned) -m bool }")  # fmt: skip
    frontend.rule("http-after-response set-status 502 if { status 504 } !{ var(txn.answered) -m bool }")


def emit_charset(low: Lowering, route: Route, backend: Section) -> None:
    """AddDefaultCharset: text without a charset gets it, but not in answers that have no body."""
    if route.charset is None or not isinstance(route.charset.action, AddCharset):
        return
    said_by = route.host.said_by(route.charset)
    backend.rule("http-response set-header Content-Type ? if { res.fhdr(content-type) -m sub -i text/plain text/html } "
                 "!{ res.fhdr(content-type) -m sub -i charset= } !{ status 204 304 }",
                 f"%[res.fhdr(content-type)]; charset={plain(route.charset.action.charset)}",
                 comment=low.sources.comment(said_by), claims=(exact(said_by),))  # fmt: skip


#: What SSLOptions may ask for that no origin and no condition here sees.
_OF_PROGRAMS = frozenset({"stdenvvars", "exportcertdata", "strictrequire", "optrenegotiate", "legacydnstringformat"})
_PUSHED = "nothing is sent ahead of the answer: clients ask for what they need"
_MERGED = "slashes are merged all the same, so that no guard is passed by writing two: an origin sees one"
_OFFERED = "HTTP/2 in plain text is spoken with whoever begins with it; no Upgrade offers it"
_FORWARDS = "HAProxy is no forward proxy: it takes requests for other servers as its own"
_SWITCHES = ("mergeslashes", "proxyrequests", "proxyaddheaders", "protocols", "h2push", "h2pushresource",
             "h2earlyhints", "sslproxyengine", "ssloptions")  # fmt: skip


def claims_of_switches(low: Lowering) -> Iterator[Claim]:
    """Lines that ask for nothing, or for what is not here."""
    secure = any(worker.scheme in ("https", "wss", "h2") for worker in low.program.workers())
    for line in low.scopes.everywhere(*_SWITCHES):
        words = line.args.lower().split()
        match line.name.lower():
            case "mergeslashes" if words == ["off"]:
                yield approximated((line,), _MERGED, "slashes-merged")
            case "proxyaddheaders" | "h2push" if words == ["off"]:
                yield exact((line,))
            case "proxyrequests" if words == ["on"]:
                yield unsupported((line,), _FORWARDS, "forward-proxy")
            case "protocols" if "h2c" in words:
                yield equivalent((line,), _OFFERED, "offer")
            case "h2push" | "h2pushresource" | "h2earlyhints":
                yield equivalent((line,), _PUSHED, "nothing-ahead")
            case "sslproxyengine" if not secure:
                yield Claim((line,), Outcome.NO_EFFECT, "no origin speaks TLS", "no-tls-origin")
            case "ssloptions" if all(word.lstrip("+-") in _OF_PROGRAMS for word in words):
                yield Claim((line,), Outcome.NO_EFFECT, "it is about programs and rules that httpd runs", "unread")

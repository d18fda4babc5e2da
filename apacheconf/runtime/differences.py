"""Where serve differs from httpd on purpose: every row is shown by a test, and ``modules --differences`` prints them.

A directive that isn't honoured is no difference of this kind: it is named when serve starts (``honesty``).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

#: The schema of ``as_json``; it grows by keys, and gets a new number when a key changes its meaning.
SCHEMA = "apacheconf-differences/1"


@dataclass(frozen=True, slots=True)
class Difference:
    """``statements`` are the IDs of ``tests/spec`` that it is about, ``httpd`` and ``ours`` what each does."""

    statements: tuple[str, ...]
    title: str
    httpd: str
    ours: str
    reason: str


DIFFERENCES = (
    Difference(
        ("RS-3",),
        "the Server header of answers made here",
        "names its version, its system and its modules",
        "says Apache/2.4 (apacheconf), or what ServerTokens leaves of it",
        "it is not httpd, and whoever looks should not be led to its errata",
    ),
    Difference(
        ("VH-41",),
        "several Host headers beside an absolute URL that names the host",
        "are passed over: the URL names it",
        "are a 400, as they are beside a path",
        "RFC 9112, section 3.2, demands it: whoever reads another of them is misled",
    ),
    Difference(
        ("RB-10",),
        "a line of a request that is too long",
        "is refused when its end has come",
        "is refused when too much of it has come",
        "memory stays bounded, and a client that never ends its line isn't waited for",
    ),
    Difference(
        ("RB-11", "FO-16"),
        "an answer that comes before the whole body was sent",
        "waits until the client has sent all of its body; if the origin has left by then, it is a 502",
        "reaches the client at once; what of the body comes after its end is dropped",
        "whoever sends a long body learns at once that it isn't wanted, and nobody waits for anybody for ever",
    ),
    Difference(
        ("WS-6",),
        "ProxyWebsocketFallbackToProxyHttp Off",
        "is mod_proxy_wstunnel: 404 without Upgrade, 426 for another protocol, any answer passed on raw",
        "is as with On, and the line is named at the start",
        "it was the way of the years before 2.4.47, and hands on what nobody has read",
    ),
    Difference(
        ("MI-2",),
        "a handler that no loaded module knows",
        "is passed over: the file is sent as it is",
        "is a 500 (403 for a CGI script without ExecCGI), and its line is named at the start",
        "the file may be a script, whose text is nobody's business",
    ),
    Difference(
        ("FC-14",),
        "a client of a script that says Expect: 100-continue",
        "hears 100 once the responder is connected",
        "hears 100 before the responder is asked, also where nobody answers there",
        "the body is put together first, so that the script learns its length",
    ),
    Difference(
        ("FC-11",),
        "an answer of a script that breaks off",
        "ends as if it were whole",
        "ends with the connection, without its last chunk",
        "half a page must not pass for a whole one",
    ),
    Difference(
        ("FC-11",),
        "a long body in chunks, for a script",
        "is told without its length beyond 16 KiB, as HTTP_TRANSFER_ENCODING says",
        "is told with its length",
        "a script reads as many bytes as CONTENT_LENGTH says, which is none there",
    ),
    Difference(
        ("FC-11", "FO-5"),
        "a body for the next member of a balancer, after a script that left without an answer",
        "is told with its length and not sent, because it is gone",
        "is sent again, all of it",
        "a script reads as many bytes as CONTENT_LENGTH says, and a form must not arrive empty",
    ),
    Difference(
        ("RQ-16",),
        "ProxyVia Full",
        "names its patch level: Apache/2.4.71",
        "says Apache/2.4",
        "it is not httpd, and whoever looks should not be led to its errata",
    ),
    Difference(
        ("RS-8",),
        "how an answer in chunks is cut",
        "is a chunk for each piece that is read: ProxyIOBufferSize at most, never of two chunks of the origin",
        "is a chunk for all that has come at once",
        "the body is the same, and a larger piece costs less",
    ),
    Difference(
        ("KP-1",),
        "a client that leaves before its answer is whole",
        "is noticed once it can't be written to; a short answer is read to its end, and its connection kept",
        "ends the connection to the origin at once",
        "an origin needn't go on for nobody",
    ),
    Difference(
        ("RQ-24", "RQ-20"),
        "an answer that comes in place of 100 Continue",
        "makes httpd ask the client for its body, unless the origin closes; then a 2xx is relayed, a 4xx becomes a 500",
        "reaches the client as it is, at once, and ends its connection",
        "the origin has said what it thinks before the body was sent, as Expect is there for",
    ),
    Difference(
        ("RQ-22",),
        "the connection of a client that is answered 417",
        "is closed, though the answer doesn't say so",
        "goes on",
        "RFC 9110, section 10.1.1, lets it ask again without Expect",
    ),
    Difference(
        ("RS-18", "RS-19"),
        "an interim answer with control characters in its fields",
        "reaches the client with them",
        "is left out",
        "they would be refused in any other answer",
    ),
    Difference(
        ("ED-2", "RS-31"),
        "a document of an error that fails as what it stands for did, by a bad chunk or length of its origin",
        "is asked for again and again, ten times",
        "is asked for once; then the page of the error is sent",
        "an origin that is in trouble isn't helped by ten more requests",
    ),
    Difference(
        ("RS-10",),
        "a second Content-Length of an origin's answer",
        "reaches the client, too",
        "does not, whatever it says",
        "no two readers of an answer may find two ends",
    ),
    Difference(
        ("RS-17",),
        "the head of an origin's answer",
        "is bounded line by line, the number of lines is not",
        "is 1 MiB at most; a longer one is a 502",
        "memory stays bounded",
    ),
    Difference(
        ("RS-14", "RQ-8"),
        "HEAD with Range, to an origin that answers by HTTP/0.9",
        "is a 206 or 416, as if the range counted",
        "is the 200 of a HEAD without Range",
        "RFC 9110, section 14.2, has ranges for GET alone, and other answers to HEAD keep to it",
    ),
    Difference(
        ("RI-5",),
        "PROXY UNKNOWN and nothing else before the end of its line, with the request behind it at once",
        "is dropped (AH03513): it is shorter than httpd's first read",
        "is the balancer's own request, as with anything else in the line",
        "it is the shortest line that the PROXY protocol has, and HAProxy writes it",
    ),
    Difference(
        ("HC-12",),
        "the body of an answer to a health check",
        "is read whole, however long",
        "is read up to 1 MiB",
        "memory stays bounded",
    ),
    Difference(
        ("RQ-18",),
        "the echo of a TRACE with a body (TraceEnable extended)",
        "ends with that body",
        "ends with the header; the body is read and left out",
        "nobody who looks for a fault needs it, and a body isn't kept in memory",
    ),
    Difference(
        ("LG-1",),
        "when a line of CustomLog is in its file",
        "at once, unless BufferedLogs is on",
        "at most a tenth of a second later; lines of the error log at once",
        "many lines cost one write",
    ),
    Difference(
        ("LG-2a",),
        "names of clients in logs (HostnameLookups)",
        "asks DNS for each client when it is on",
        "always writes the address",
        "a look-up would hold up every answer; logs are resolved afterwards",
    ),
    Difference(
        ("LG-5",),
        "the error log where no ErrorLog is written",
        "is logs/error_log below ServerRoot",
        "is standard error, and names file and line of an origin that can't be reached",
        "whoever tries a configuration sees what is wrong with it",
    ),
    Difference(
        ("LG-6",),
        "messages of the levels debug and trace",
        "tell of every step inside",
        "are not written",
        "they tell of the inside of httpd; apacheconf explain tells a request's story",
    ),
    Difference(
        ("LG-8",),
        "httpd's source files in the error log",
        "stand in messages from debug on and in %F",
        "are left out, as a field that has nothing to say",
        "there are no such files here",
    ),
    Difference(
        ("LG-9",),
        "notices of start and stop in the error log",
        "AH00489, AH00094, AH00491",
        "are not written; the start-up summary is on standard error",
        "they would name a server that isn't running",
    ),
    Difference(
        ("STR-40",),
        "LoadModule of a module that is compiled into Debian's httpd",
        "is an error",
        "is skipped with a note",
        "the line is right on systems where the module is a file",
    ),
    Difference(
        ("VH-16",),
        "the name of a virtual host at an address, where it has no ServerName",
        "is the one that DNS has for the address, or bogus_host_without_reverse_dns",
        "is the main server's, as for one at every address",
        "a configuration means the same on every machine",
    ),
    Difference(
        ("FW-9",),
        "NoProxy with an address or a network, and a client whose Host is a name",
        "looks the name up, and asks no proxy where it leads there",
        "takes a name for a name: it has no address",
        "clients shouldn't make a server ask DNS",
    ),
    Difference(
        ("TB-6",),
        "the ciphers of TLS 1.3 towards origins",
        "are those of SSLProxyCipherSuite TLSv1.3",
        "are OpenSSL's own",
        "Python's ssl can't be told",
    ),
    Difference(
        ("TB-4",),
        "SSLProxyVerify optional_no_ca",
        "lets pass an unknown authority and nothing else",
        "verifies nothing of the chain",
        "Python's ssl knows only all or nothing",
    ),
    Difference(
        ("TL-4", "TL-10"),
        "SSLVerifyClient optional_no_ca, for a host or in a section",
        "lets in who shows a certificate of an authority that nobody knows, and says so in SSL_CLIENT_VERIFY",
        "ends TLS with an alert; who shows none, or a known one, comes in",
        "Python's ssl knows only all or nothing: nobody is let in who should not be",
    ),
    Difference(
        ("TL-5", "AZ-10"),
        "Satisfy Any beside SSLRequireSSL or SSLRequire",
        "lets in whom they refuse and the rules beside them let in",
        "refuses with 403",
        "whoever demands TLS does not want it undone by a line about addresses",
    ),
    Difference(
        ("TL-10",),
        "SSLVerifyClient in a section, over TLS 1.2",
        "negotiates anew and asks for a certificate",
        "refuses who must show one with 403, and asks nobody else",
        "Python's ssl can't negotiate anew; over TLS 1.3 clients are asked after the handshake",
    ),
    Difference(
        ("TL-10",),
        "no certificate where one section of a host requires it and another doesn't; a chain that is too long",
        "ends TLS with an alert",
        "is a 403; the connection ends",
        "Python's ssl asks all sections of a host as strictly",
    ),
    Difference(
        ("TL-10",),
        "a client that sends its next request before it has shown the certificate that a section asks for",
        "is a 403, as one without a certificate, and so is the next request",
        "is waited for; 64 KiB of what it sends is kept meanwhile",
        "it has done nothing wrong: it hadn't read yet that it is asked",
    ),
    Difference(
        ("WP-2",),
        "max= of a worker",
        "bounds the connections of each child, at most its ThreadsPerChild",
        "bounds all connections to the worker",
        "serve is one child without threads",
    ),
    Difference(
        ("LB-13", "LB-22", "BP-11", "BP-12", "BP-19"),
        "the page of balancer-manager",
        "shows members and changes them; BalancerPersist keeps that, and errors, over a restart",
        "is answered with 503 or 500, and the line is named at the start",
        "it isn't there yet: members are as the configuration says",
    ),
    Difference(
        ("LB-21",),
        "beats of members where mod_heartmonitor is loaded",
        "are those that it has heard itself, unless HeartbeatMaxServers is 0",
        "are read from HeartbeatStorage",
        "nothing listens for beats here; a heartmonitor elsewhere may write the file",
    ),
    Difference(
        ("WK-6",),
        "the children that serve",
        "are several; they share the state of members, and each has connections of its own",
        "are one, whose state and connections all requests share",
        "several aren't there yet",
    ),
    Difference(
        ("AD-4",),
        "clients of mod_auth_digest with a number (AuthDigestNcCheck On, AuthDigestNonceLifetime 0)",
        "are forgotten when AuthDigestShmemSize is used up, after about 12 new ones by default",
        "are forgotten when 4096 newer ones have been told of",
        "who is forgotten has to ask once more; 4096 take less than 2 MiB",
    ),
    Difference(
        ("RW-43",),
        "a program of a RewriteMap that has ended, or says nothing",
        "is not started again: every value is empty; one that says nothing is waited for, with all who ask",
        "is started anew; after ten seconds without an answer the default is taken",
        "a program that crashes once doesn't break the site until somebody looks",
    ),
    Difference(
        ("DR-4",),
        "FIFOs and devices in place of files",
        "a FIFO is waited for, as a file of users too, for ever if nobody writes; a link to /dev/zero is an empty 200",
        "are a 403; where a file is read (.htaccess, users, groups) they are no regular file, as folders are",
        "no answer depends on what isn't a file",
    ),
    Difference(
        ("RW-14",),
        "a rule that redirects, without L, and a later one whose result is a file of the host after all",
        "are a 302 without Location that holds the file",
        "are a 200",
        "the last rule has the last word, and no client knows what to do with such a redirect",
    ),
    Difference(
        ("HP-2",),
        "HTTP/2",
        "is spoken where Protocols names h2 or h2c and mod_http2 is loaded",
        "is not offered, and its preface is a 400: clients go on in HTTP/1.1",
        "it isn't there yet",
    ),
    Difference(
        ("HD-12",),
        "the end of a line in a value of RequestHeader, or a control character in one of Header on an answer made here",
        "is sent to the origin as it is, so that one line becomes two; makes of an answer a bare 500",
        "is a 400; leaves the field out of the answer",
        "nobody should be able to write header lines by a path, and a page tells what was wrong",
    ),
    Difference(
        ("DF-4",),
        "a line that one Substitute has made empty, under a second one",
        "ends the child, and all that it was about to answer",
        "stays empty, unless the second one matches the empty text",
        "a pattern is no reason to break off other people's answers",
    ),
    Difference(
        ("HD-12",),
        "edit* of Header with a pattern that matches the empty text",
        "ends the child, and all that it was about to answer",
        "replaces one such match",
        "a pattern is no reason to break off other people's answers",
    ),
    Difference(
        ("WP-13", "WP-14"),
        "pieces of a FastCGI answer",
        "wait for each other, unless flushpackets is on or auto",
        "are sent on as they come, like those of HTTP",
        "whoever says a thing in pieces wants them to be seen, and nothing is gained by keeping them",
    ),
    Difference(
        ("EXPR-23",),
        "a name on the left of -ipmatch",
        "is looked up by DNS, while its thread waits",
        "is no address, so the condition is false",
        "often a client's header stands there, and clients shouldn't make a server ask DNS",
    ),
    Difference(
        ("EXPR-27", "RW-40"),
        "env() of an expression and %{ENV:} of a rule",
        "look into notes as well, and into the environment of the process",
        "know the variables of the request",
        "other processes have other environments; osenv() and note() say which one is meant",
    ),
    Difference(
        ("EV-3",),
        "$0 to $9 of a SetEnvIfExpr that captures nothing",
        "stay as they are written, or are what a line before has left there",
        "are empty",
        "nobody means another line's groups",
    ),
)


def as_json() -> dict[str, object]:
    """``{"schema": "apacheconf-differences/1", "differences": [row]}``, a row with the fields of ``Difference``."""
    return {"schema": SCHEMA, "differences": [asdict(each) for each in DIFFERENCES]}

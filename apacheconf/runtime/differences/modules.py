"""What single modules' directives come to, and how the configuration is read."""

from __future__ import annotations

from apacheconf.runtime.differences.difference import Difference

MODULES = (
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

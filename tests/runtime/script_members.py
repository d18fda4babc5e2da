"""Contests of balancers whose members speak FastCGI: what counts as their fault, and who is asked next."""

from __future__ import annotations

import json

from tests.runtime.contest import Ask, Contest, Pause, Up


def scripts(*members: str, settings: str = "") -> str:
    """A balancer of responders (``{A} retry=1``) and a mapping of everything to it."""
    lines = "\n".join(f"  BalancerMember fcgi://{member}" for member in members)
    proxyset = f"\n  ProxySet {settings}" if settings else ""
    return f"<Proxy balancer://c>\n{lines}{proxyset}\n</Proxy>\nProxyPass / balancer://c/w/\n"


_LEAVES = '{"close": true}'
_BREAKS = '{"close": true, "reset": true}'
_NO_HEAD = json.dumps({"raw": "HTTP/1.1 200 OK\nX: y\n\nhello\n"})
_TOLD = ("sent:CONTENT_LENGTH", "came")
_NAMED = ("sent:BALANCER_WORKER_NAME", "sent:SCRIPT_FILENAME", "sent:SCRIPT_NAME")
#: httpd and serve differ on purpose: see ``modules --differences``.
BODIES = Contest(
    "scripts: a body for the next one FC-11 FO-5",
    scripts("{A}", "{B}"),
    (
        Ask("POST /", ctl=_LEAVES, body="x" * 500, show=_TOLD),
        Ask("POST /", ctl=_LEAVES, body="x" * 100_000, show=_TOLD),
        Up("B"),
        Ask("POST /", 2, body="x" * 500, show=_TOLD),
    ),
)
SCRIPT_MEMBERS = (
    Contest(
        "scripts: who leaves without an answer is in error, and the next is asked FC-11 FO-1 FO-4",
        scripts("{A}", "{B}", "{C}", settings="maxattempts=1"),
        (Ask(ctl=_LEAVES, show=("reason",)), Ask(times=4)),
    ),
    Contest("scripts: all of them leave FC-11 FO-10", scripts("{A}", "{B}"), (Ask(ctl=_LEAVES, times=2), Ask(times=3))),
    Contest(
        "scripts: all of them leave, nobody recovers FC-11 FO-10",
        scripts("{A} retry=1", "{B} retry=1", settings="forcerecovery=Off"),
        (Ask(ctl=_LEAVES, times=2), Ask(times=2), Pause(1.3), Ask(times=3)),
    ),
    Contest("scripts: a connection that breaks FC-11 FO-1", scripts("{A}", "{B}"), (Ask(ctl=_BREAKS), Ask(times=2))),
    Contest(
        "scripts: one attempt FC-11 FO-8",
        scripts("{A}", "{B}", settings="maxattempts=0"),
        (Ask(ctl=_LEAVES), Ask(times=3)),
    ),
    Contest(
        "scripts: errors are ignored FC-11 FO-6",
        scripts("{A} status=+I", "{B} status=+I"),
        (Ask(ctl=_LEAVES, times=2), Ask(times=2)),
    ),
    Contest(
        "scripts: a lone one leaves FC-11 WP-31",
        "ProxyPass / fcgi://{A}/\n",
        (Ask(ctl=_LEAVES, times=2), Ask()),
    ),
    Contest(
        "scripts: what the next one is told FC-9 FO-4",
        scripts("{A}", "{B}"),
        (Ask("GET /a/b?q=1", ctl=_LEAVES, show=_NAMED),),
    ),
    Contest(
        "scripts: a large body for one that is there FO-5",
        scripts("{A}", "{B}"),
        (Up("B"), Ask("POST /", 2, body="x" * 100_000, show=_TOLD)),
    ),
    Contest(
        "scripts: a head that can't be read FC-10 FO-1",
        scripts("{A}", "{B}"),
        (Ask(ctl=_NO_HEAD), Ask(times=4)),
    ),
    Contest(
        "scripts: what a script says is no fault FA-15",
        scripts("{A}", "{B}"),
        tuple(Ask(ctl=json.dumps({"status": status}), times=2) for status in (500, 503, 504)),
    ),
    Contest(
        "scripts: silence is no fault FC-11 FA-8",
        scripts("{A} timeout=1", "{B} timeout=1"),
        (Ask(ctl='{"delay": 1.6}'), Pause(0.8), Ask(times=3)),
    ),
    Contest(
        "scripts: silence with failontimeout FC-11 FO-13",
        scripts("{A} timeout=1", "{B} timeout=1", settings="failontimeout=On"),
        (Ask(ctl='{"delay": 1.6}'), Pause(0.8), Ask(times=3)),
    ),
    Contest(
        "scripts: failonstatus FO-12 BP-8",
        scripts("{A}", "{B}", "{C}", settings="failonstatus=418,500,504"),
        (Ask(ctl='{"status": 418}'), Ask(times=3), Ask(ctl=_NO_HEAD), Ask(times=3)),
    ),
    Contest(
        "scripts: who answers half is no fault FC-11 FA-14",
        scripts("{A}", "{B}"),
        (Ask(ctl='{"size": 900, "cut": 10}', times=2), Ask(times=3)),
    ),
    Contest(
        "scripts: errors are overridden FC-11 RS-23",
        "ProxyErrorOverride On\nErrorDocument 503 later\n" + scripts("{A}", "{B}"),
        (Ask(ctl=_LEAVES, show=("body",)), Ask(times=2)),
    ),
)

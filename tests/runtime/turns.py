"""Contests about whose turn it is: factors, errors, slow requests, and what counts as a member's fault."""

from __future__ import annotations

import json
from collections.abc import Iterator

from tests.runtime.contest import Ask, Contest, Pause, Raw, Together, Up, cluster

_BUSY = json.dumps({"delay": 1.5})
_UNDECODABLE = "POST / HTTP/1.1\r\nHost: example.com\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"
_BAD_FIELD = json.dumps({"raw": "HTTP/1.1 200 OK\r\nX : y\r\nContent-Length: 0\r\n\r\n"})
_BAD_HEAD = json.dumps({"raw": "HTTP/2.0 200 OK\r\n\r\n"})
_FACTORS = ("{A}", "{B} loadfactor=2", "{C} loadfactor=3 retry=1")


def _one_by_one(times: int) -> Iterator[Ask | Pause]:
    """So many requests, each after httpd has counted the end of the one before, which it does behind the answer."""
    for _ in range(times):
        yield Pause(0.05)
        yield Ask()


TURNS = (
    Contest("method: three to one LB-16", cluster("{A} loadfactor=3", "{B}"), (Ask(times=12),)),
    Contest("method: one and a half LB-16 WP-19", cluster("{A} loadfactor=1.5", "{B}"), (Ask(times=15),)),
    Contest("method: equal factors LB-14", cluster("{A}", "{B}", "{C}"), (Ask(times=9),)),
    Contest(
        "method: who is in error gains nothing LB-17 FO-2",
        cluster(*_FACTORS),
        (Ask(times=4), Up("AB"), Ask(times=7), Up("ABC"), Ask(times=2), Pause(1.3), Ask(times=12)),
    ),
    Contest(
        "method: bytraffic, who is in error LB-17 LB-19",
        cluster(*_FACTORS, settings="lbmethod=bytraffic"),
        (Ask(times=4), Up("AB"), Ask(times=7), Up("ABC"), Ask(times=2), Pause(1.3), Ask(times=12)),
    ),
    Contest(
        "method: bybusyness while one is busy LB-20",
        cluster("{A}", "{B}", settings="lbmethod=bybusyness"),
        (Together((Ask(ctl=_BUSY), *(Ask() for _ in range(5))), 0.1, who=True), *_one_by_one(4)),
    ),
    Contest(
        "method: bybusyness, factors, while one is busy LB-20",
        cluster("{A}", "{B} loadfactor=2", "{C} loadfactor=3", settings="lbmethod=bybusyness"),
        (Together((Ask(ctl=_BUSY), *(Ask() for _ in range(8))), 0.1, who=True), *_one_by_one(6)),
    ),
    Contest(
        "method: byrequests while one is busy LB-20",
        cluster("{A}", "{B}"),
        (Together((Ask(ctl=_BUSY), *(Ask() for _ in range(5))), 0.1, who=True),),
    ),
    Contest(
        "fail: nobody in the balancer FA-13",
        "<Proxy balancer://c>\n</Proxy>\nProxyPass / balancer://c/\n",
        (Ask(times=2, show=("reason",)),),
    ),
    Contest(
        "fail: a balancer that nobody defines FA-13",
        "ProxyPass / balancer://none/\n",
        (Ask(times=2, show=("reason",)),),
    ),
    Contest(
        "fail: a name without an address FA-2 FO-1",
        cluster("no.such.host.invalid", "{B}", settings="forcerecovery=Off"),
        (Ask(times=4, show=("reason",)),),
    ),
    Contest(
        "fail: a lone name without an address FA-2",
        "ProxyPass / http://no.such.host.invalid/\n",
        (Ask(times=2, show=("reason",)),),
    ),
    Contest(
        "fail: no TLS switched on FA-3 FO-1",
        "SSLProxyVerify none\n<Proxy balancer://c>\nBalancerMember https://{A}\nBalancerMember http://{B}\n</Proxy>\n"
        "ProxyPass / balancer://c/\n",
        (Ask(times=4, show=("reason",)),),
    ),
    Contest(
        "fail: a body that can't be decoded FO-1 FO-17 RB-8c",
        cluster("{A}", "{B}"),
        (Ask(), Raw(_UNDECODABLE), Ask(times=4)),
    ),
    Contest("fail: a field that can't be FO-1 RS-18", cluster("{A}", "{B}"), (Ask(ctl=_BAD_FIELD), Ask(times=4))),
    Contest("fail: a head that can't be FA-10 FO-1", cluster("{A}", "{B}"), (Ask(ctl=_BAD_HEAD), Ask(times=4))),
    Contest(
        "fail: what an origin says is no fault FA-15",
        cluster("{A}", "{B}"),
        tuple(Ask(ctl=json.dumps({"status": status}), times=2) for status in (500, 502, 503, 504)),
    ),
    Contest(
        "fail: an early end is no fault FA-6 FA-14",
        cluster("{A}", "{B}"),
        (Ask(ctl='{"close": true}'), Ask(ctl='{"size": 900, "cut": 10}', times=2), Ask(times=4)),
    ),
    Contest(
        "fail: maxattempts beyond the members FO-8 BP-6",
        cluster("{A}", "{B}", settings="maxattempts=9"),
        (Up("B"), Ask(times=3), Up(""), Ask(times=2)),
    ),
    Contest(
        "sets: errors move up and come back LB-1 FO-2",
        cluster("{A} lbset=0 retry=1", "{B} lbset=1", "{C} lbset=2"),
        (Ask(), Up("BC"), Ask(times=2), Up("C"), Ask(times=2), Up("ABC"), Pause(1.3), Ask(times=2)),
    ),
    Contest(
        "spares: two of three are off LB-4",
        cluster("{A} status=+D", "{B} status=+S", "{C}", "{D} status=+R", "{E} status=+R", "{F} status=+R"),
        (Ask(times=6),),
    ),
    Contest(
        "standbys of two sets LB-1 LB-5",
        cluster("{A} lbset=0", "{B} lbset=0 status=+H", "{C} lbset=1"),
        (Ask(times=2), Up("BC"), Ask(times=3), Up("C"), Ask(times=2)),
    ),
)

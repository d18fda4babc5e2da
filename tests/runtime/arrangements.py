"""Contests about how balancers, workers and mappings are written; ``contests`` has those about what they do."""

from __future__ import annotations

from tests.runtime.contest import Ask, Contest, Talk, Up, cluster

_ABC = "<Proxy balancer://c>\n  BalancerMember http://{A} loadfactor=1\n  BalancerMember http://{B} loadfactor=2\n"
_ABC += "  BalancerMember http://{C} loadfactor=3\n"
_DENIED = "<Proxy {}>\nRequire all denied\n</Proxy>\n"
_PAIR = (
    "<Proxy balancer://{0}>\nBalancerMember http://{{A}}\nProxySet forcerecovery=Off\n</Proxy>\n"
    "ProxyPass /{0} balancer://{0}/\n"
)
_TWO_UP = (
    "RewriteEngine On\nRewriteCond %{HTTP:Upgrade} =websocket [NC]\nRewriteRule ^/(.*) ws://{W}/$1 [P]\n"
    "ProxyPass / http://{A}/\n"
)
_UPGRADE = "GET /echo/websocket HTTP/1.1\r\nHost: example.com\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
SETTINGS = (
    Contest(
        "balancer: defined after its mapping LB-25",
        "ProxyPass / balancer://c/\n<Proxy balancer://c>\nBalancerMember http://{A}\nBalancerMember http://{B}\n</Proxy>",
        (Ask(times=4),),
    ),
    Contest(
        "balancer: the last lbmethod counts LB-26 LB-19",
        f"{_ABC}  ProxySet lbmethod=byrequests\n</Proxy>\nProxyPass / balancer://c/ lbmethod=bytraffic\n",
        (Ask(times=6),),
    ),
    Contest(
        "balancer: the last lbmethod counts, the other way LB-26 LB-15",
        f"ProxyPass / balancer://c/ lbmethod=bytraffic\n{_ABC}  ProxySet lbmethod=byrequests\n</Proxy>\n",
        (Ask(times=6),),
    ),
    Contest(
        "balancer: denied in its section LB-24",
        cluster("{A}", "{B}", before=_DENIED.format("balancer://c/no*")),
        (Ask("GET /no"), Ask("GET /yes"), Ask("GET /not/a")),
    ),
    Contest(
        "balancer: a member's section is not asked LB-24",
        cluster("{A}", "{B}", before=_DENIED.format("http://{A}")),
        (Ask(times=3),),
    ),
    Contest(
        "fail: an error is the balancer's own FO-15",
        _PAIR.format("one") + _PAIR.format("two"),
        (Up(""), Ask("GET /one/"), Up("A"), Ask("GET /one/"), Ask("GET /two/")),
    ),
    Contest(
        "sticky: recovered before the route is asked LB-11 FO-10",
        cluster("{A} route=a", "{B} route=b", settings="stickysession=SID"),
        (Up(""), Ask(times=1), Up("B"), Ask(headers="Cookie: SID=x.b\r\n", times=2)),
    ),
    Contest(
        "flags: order of the visits LB-2 LB-8",
        cluster("{A} status=+N", "{B}", "{C} status=+R", "{D} status=+H"),
        (Ask(times=4), Up("ACD"), Ask(times=3), Up("AD"), Ask(times=3), Up("A"), Ask(times=2)),
    ),
    Contest(
        "message: a body beyond LimitRequestBody RB-9",
        "LimitRequestBody 10\nProxyPass / http://{A}/\n",
        (Ask("POST /", body="b" * 100),),
    ),
    Contest(
        "workers: captures and reuse WK-5",
        "ProxyPassMatch ^/a/(.*) http://{A}/$1\nProxyPassMatch ^/b/(.*) http://{B}/$1 enablereuse=on\n"
        "ProxyPassMatch ^/c http://{C}\n",
        tuple(Ask(f"GET /{letter}/longer/than/it", show=("sent:Connection", "target")) for letter in "abc"),
    ),
    Contest(
        "upgrade: a rule and a mapping side by side WS-8", _TWO_UP, (Talk(_UPGRADE, ("12345",)), Ask("GET /plain"))
    ),
)

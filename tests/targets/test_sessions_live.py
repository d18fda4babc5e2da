"""Sticky sessions, asked on httpd and on both targets: which member a session leads to (NGX-108, HAP-84)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from apacheconf.targets import TARGETS
from tests.targets.echoes import ask
from tests.targets.fronts import BALANCER, MODULES, Fronts, fronts

pytestmark = pytest.mark.live

_CONFIG = """
<Proxy balancer://kept>
    BalancerMember http://127.0.0.1:{one} route=a
    BalancerMember http://127.0.0.1:{two} route=b.c
    ProxySet stickysession=SID
</Proxy>
<Proxy balancer://jvm>
    BalancerMember http://127.0.0.1:{one} route=A
    BalancerMember http://127.0.0.1:{two} route=a
    ProxySet stickysession=JSESSIONID|jsessionid scolonpathdelim=On
</Proxy>
<Proxy balancer://dead>
    BalancerMember http://127.0.0.1:{none} route=x retry=600
    BalancerMember http://127.0.0.1:{two} route=y
    ProxySet stickysession=SID stickysessionsep=-
</Proxy>
<Proxy balancer://whole>
    BalancerMember http://127.0.0.1:{one} route=q
    BalancerMember http://127.0.0.1:{two} route=r
    ProxySet stickysession=S stickysessionsep=Off
</Proxy>
<Proxy balancer://fresh>
    BalancerMember http://127.0.0.1:{one} route=a
    BalancerMember http://127.0.0.1:{two} route=b.c
    ProxySet stickysession=SID
</Proxy>
<VirtualHost *:{port}>
    ServerName first.test
    ProxyPreserveHost On
    ProxyPass /fresh balancer://fresh
    ProxyPass /jvm balancer://jvm/app
    ProxyPass /dead balancer://dead/
    ProxyPass /whole balancer://whole
    ProxyPass / balancer://kept/
</VirtualHost>
"""
_ASKED = (
    ("/", "SID=1.a"), ("/", "SID=1.b.c"), ("/x", "q=1; SID=z.b.c; t=2"), ("/x?SID=1.b.c", "SID=1.a"),
    ("/x?y=1&SID=1.a&z", ""), ("/x?XSID=1.b.c", ""), ("/x;SID=1.a", ""), ("/x;SID=1.b.c?q", "SID=1.a"),
    ("/", "SID=.a"), ("/", "a=b,SID=1.b.c"), ("/?SID=&SID=1.a", ""), ("/", "SID = 1.b.c"),
    ("/jvm/p;jsessionid=1.a", ""), ("/jvm/p;jsessionid=1.A;z=1?q", ""), ("/jvm/", "JSESSIONID=w.A"),
    ("/jvm/", "JSESSIONID=w.a"), ("/dead/", "SID=1-x"), ("/dead/", "SID=1-y"), ("/dead/?SID=2-x", ""),
    ("/whole/", "S=r"), ("/whole/", "S=q"), ("/whole/?S=r", "S=q"),
)  # fmt: skip
#: What leads to no member: requests are balanced as if they carried nothing.
_LEADS_NOWHERE = ("SID=1.A", "SID=1.b", "SID=1.a.b", "XSID=1.a", "sid=1.a", 'SID="1.a"', "SID=a", "SID=1.")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronts]:
    modules = (*MODULES, *BALANCER)
    with fronts(_CONFIG, tmp_path_factory.mktemp("sessions"), modules) as found:
        yield found


@pytest.mark.parametrize("name", ["httpd", *TARGETS])
def test_a_session_stays_with_its_member(name: str, running: Fronts) -> None:
    """ST-1 to ST-6, ST-9: twice each, because turns could hide a missing route; httpd says which member."""
    for path, cookie in _ASKED:
        header = f"Cookie: {cookie}" if cookie else ""
        theirs = ask(running.at["httpd"], "first.test", path, header=header)
        assert [ask(running.at[name], "first.test", path, header=header) for _ in range(2)] == [theirs] * 2, path


@pytest.mark.parametrize("name", ["httpd", *TARGETS])
@pytest.mark.parametrize("cookie", _LEADS_NOWHERE)
def test_no_route_means_turns(cookie: str, name: str, running: Fronts) -> None:
    """SEM-45: asked of a balancer that no session has used."""
    told = {ask(running.at[name], "first.test", "/fresh/", header=f"Cookie: {cookie}")[2].split()[0] for _ in range(4)}
    assert told == {str(running.one), str(running.two)}

"""Parameters of workers and balancers: what ``httpd -t`` says of each value, and what we say (sections 1.3 and 1.4).

Every value is written on ProxyPass to a worker and to a balancer, on BalancerMember and on ProxySet: a range that
holds in one place and not in another is asked about in all of them.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from apacheconf.diagnostics import ConfigError
from apacheconf.engines import Sandbox, find
from apacheconf.engines import httpd as engine_httpd
from apacheconf.expand import Options
from apacheconf.model.views.modules import needed
from apacheconf.program.loading import load
from apacheconf.program.workers import Balancer as BalancerData
from apacheconf.prove.stage import LOADED_FIRST
from apacheconf.runtime.balancer import Balancer
from tests.engines.real import need
from tests.runtime.contest import Ask, Contest, Pause, Up, cluster, play

_LONG = "0123456789" * 7
_VALUES = f"""
    timeout=0 timeout=-1 timeout=1s timeout=1.5 timeout=100ms timeout=abc timeout= timeout=5=5
    connectiontimeout=0 connectiontimeout=50ms connectiontimeout=2 connectiontimeout=5us connectiontimeout=1min
    connectiontimeout=-5 retry=-1 retry=0 retry=10s retry=x min=5 min=-1 smax=-1 smax=0 max=0 max=-1 max=9999999999
    ttl=0 ttl=-1 ttl=1h acquire=0 acquire=1 acquire=5s acquire=100ms acquire=-1 ping=0 ping=1 ping=500ms ping=-1
    ping=2us loadfactor=0 loadfactor=0.5 loadfactor=101 loadfactor=100 loadfactor=1.255 loadfactor=x lbset=-1
    lbset=99 lbset=100 lbset=x route=a route= route={_LONG} redirect=b status=+X status=D-H status=DISABLE
    flushpackets=on flushpackets=maybe flushwait=0 flushwait=2000 iobuffersize=511 iobuffersize=512 iobuffersize=x
    receivebuffersize=511 responsefieldsize=8191 responsefieldsize=0 responsefieldsize=x keepalive=on keepalive=1
    disablereuse=yes enablereuse=on secret=abc secret={_LONG} upgrade=a upgrade= upgrade={_LONG} addressttl=-2
    addressttl=0 addressttl=1.5 hcmethod=GET hcmethod=POST hcmethod=get11 hcpasses=0 hcpasses=-1 hcfails=0
    hcinterval=0 hcinterval=1 hcinterval=100ms hcuri=/x hcexpr=none hctemplate=none stickysession=a lbmethod=x
    maxattempts=-1 failonstatus=500 failonstatus=5 failontimeout=on forcerecovery=x nofailover=1 growth=5
    scolonpathdelim=on stickysessionsep=off stickysessionsep=ab nonce=None bogus=1 novalue =x
""".split()
_PLACES = {
    "ProxyPass": "ProxyPass /x http://h/ {}",
    "ProxyPass to a balancer": "ProxyPass /x balancer://c/ {}",
    "BalancerMember": "<Proxy balancer://c>\nBalancerMember http://h {}\n</Proxy>",
    "ProxySet": "<Proxy balancer://c>\nBalancerMember http://h\nProxySet {}\n</Proxy>",
}


@pytest.mark.prove_all
@pytest.mark.parametrize("place", _PLACES)
def test_each_value_is_taken_or_refused_in_the_same_words(place: str) -> None:
    engine = find("httpd")
    if engine is None:
        pytest.skip("httpd is not installed")
    different = []
    with Sandbox("parameters") as box:
        always = "<Proxy balancer://c>\nBalancerMember http://h hcmethod=TCP\n</Proxy>"
        modules = {"authz_core_module", *needed(load([str(box.write("fragment.conf", always))]).expanded)}
        ordered = sorted(modules, key=lambda name: (name not in LOADED_FIRST, name))
        preamble = engine_httpd.preamble(engine, box, ordered)
        for value in _VALUES:
            text = f"{preamble}\nListen 127.0.0.1:1\nServerName x\n{_PLACES[place].format(value)}\n"
            file = str(box.write("httpd.conf", text))
            command = [str(engine.path), "-d", str(box.path), "-f", file, "-t"]
            said = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
            theirs = "" if said.returncode == 0 else said.stderr
            ours = _our_words(file)
            if bool(ours) != bool(theirs) or not all(each in theirs for each in ours):
                different.append((value, ours, theirs))
    assert not different


_UNLOADED = "<Proxy balancer://c>\nBalancerMember http://h\nProxySet lbmethod=bytraffic\n</Proxy>\n"


@pytest.mark.live
@pytest.mark.parametrize("module", ["lbmethod_byrequests_module", "lbmethod_bytraffic_module"])
def test_a_method_is_known_where_its_module_is_loaded(module: str) -> None:
    """BP-1."""
    engine = need("httpd")
    modules = ("authz_core_module", "proxy_module", "slotmem_shm_module", "proxy_balancer_module", module)
    with Sandbox("methods") as box:
        head = engine_httpd.preamble(engine, box, modules)
        file = str(box.write("httpd.conf", f"{head}\nListen 127.0.0.1:1\nServerName x\n{_UNLOADED}"))
        command = [str(engine.path), "-d", str(box.path), "-f", file, "-t"]
        said = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30).stderr
        assert ("unknown lbmethod" in said) is ("bytraffic" not in module)
        assert [word in said for word in _our_words(file)] == [True] * ("bytraffic" not in module)


@pytest.mark.prove_all
def test_a_member_in_error_is_left_alone_for_a_minute() -> None:
    """WP-8: so long is retry= where nobody says it."""
    asks = (Up(""), Ask(), Up("A"), Pause(55), Ask(), Pause(7), Ask())
    told = play(Contest("retry", cluster("{A}", settings="forcerecovery=Off"), asks), need("httpd"))
    assert told == ["- 503", "- 503", "A 200"]


def test_a_minute_is_a_minute(tmp_path: Path) -> None:
    """WP-8, FO-2: the same by our own clock."""
    file = tmp_path / "site.conf"
    file.write_text(cluster("10.0.0.1", settings="forcerecovery=Off"))
    (origin,) = load([str(file)]).require().origins
    assert isinstance(origin, BalancerData)
    balancer = Balancer(origin)
    balancer.cells[0].fail(1000.0)
    assert [balancer.choose(1000.0 + passed) is None for passed in (0, 55, 60, 62)] == [True, True, True, False]


def _our_words(file: str) -> list[str]:
    """What we say of a configuration that httpd refuses, without place and advice."""
    try:
        load([], Options(file=file)).require()
    except ConfigError as error:
        return [each.message for each in error.diagnostics]
    return []

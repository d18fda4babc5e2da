"""Parameters of workers and balancers: what ``httpd -t`` says of each value, and what we say (sections 1.3 and 1.4).

Every value is written on ProxyPass to a worker and to a balancer, on BalancerMember and on ProxySet: a range that
holds in one place and not in another is asked about in all of them.
"""

from __future__ import annotations

import subprocess

import pytest

from apacheconf.diagnostics import ConfigError
from apacheconf.engines import Sandbox, find
from apacheconf.engines import httpd as engine_httpd
from apacheconf.expand import Options
from apacheconf.model.views.modules import needed
from apacheconf.program.loading import load
from apacheconf.prove.stage import LOADED_FIRST

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


def _our_words(file: str) -> list[str]:
    """What we say of a configuration that httpd refuses, without place and advice."""
    try:
        load([], Options(file=file)).require()
    except ConfigError as error:
        return [each.message for each in error.diagnostics]
    return []

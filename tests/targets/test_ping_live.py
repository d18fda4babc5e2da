"""ping= of a member that takes connections and stays silent, on httpd and on both targets (HOLE-2)."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from apacheconf.engines.sandbox import free_ports
from apacheconf.targets import TARGETS
from tests.targets.configs import host, outcomes, translated
from tests.targets.echoes import exchange
from tests.targets.fronts import BALANCER, MODULES, Fronts, fronts

_MODULES = (*MODULES, *BALANCER)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronts]:
    (silent,) = free_ports(1)
    member = f"BalancerMember http://127.0.0.1:{silent} ping=1 timeout=2"
    lines = "<Proxy balancer://b>", member, "</Proxy>", "ProxyPass / balancer://b/"
    text, folder = host(*lines, address="*:{port}"), tmp_path_factory.mktemp("ping")
    nobody = closing(socket.create_server(("127.0.0.1", silent)))  # takes up no connection
    with nobody, fronts(text, folder, _MODULES) as found:
        yield found


@pytest.mark.live
@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(("method", "status"), [("GET", "502"), ("POST", "503")])
def test_a_silent_member_is_asked_before_a_body_is_sent(method: str, status: str, target: str, running: Fronts) -> None:
    """httpd gives up after ping=, and says that nobody is there; a target waits for an answer."""
    body = {"header": "Content-Length: 2", "sent": "ab"} if method == "POST" else {}
    theirs, ours = (
        exchange(running.at[each], "a.test", "/x", method=method, **body)[0][0].split()[1] for each in ("httpd", target)
    )
    assert (theirs, ours) == (status, "502")


@pytest.mark.parametrize("target", TARGETS)
def test_ping_is_told_as_approximated(target: str, tmp_path: Path) -> None:
    lines = "<Proxy balancer://b>", "BalancerMember http://10.0.0.1 ping=1", "</Proxy>", "ProxyPass / balancer://b/"
    assert outcomes(translated(tmp_path, host(*lines), target))["BalancerMember"] == "approximated"

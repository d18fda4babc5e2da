"""What members of a balancer are sent, on httpd and on HAProxy (HAP-40)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.targets.echoes import ask
from tests.targets.fronts import MODULES, fronts

_MODULES = (*MODULES, "proxy_balancer_module", "lbmethod_byrequests_module", "slotmem_shm_module")


@pytest.mark.live
def test_each_member_gets_its_own_host(tmp_path: Path) -> None:
    config = """
<Proxy balancer://two>
    BalancerMember http://127.0.0.1:{one}
    BalancerMember http://127.0.0.1:{two}
</Proxy>
<VirtualHost *:{port}>
    ServerName first.test
    ProxyPass / balancer://two/
</VirtualHost>
"""
    with fronts(config, tmp_path, _MODULES) as running:
        theirs, ours = (
            {ask(running.at[name], "first.test", "/x")[2].partition(" x-")[0] for _ in range(4)}
            for name in ("httpd", "haproxy")
        )
    assert theirs == {f"{port} /x host=127.0.0.1:{port}" for port in (running.one, running.two)}
    assert ours == theirs

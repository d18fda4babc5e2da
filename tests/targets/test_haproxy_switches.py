"""Variables that httpd's own modules read, said of each line that sets one for HAProxy (RQ-27)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.targets.configs import host, outcomes, translated

_SWITCHES = {
    "force-proxy-request-1.0": "unsupported", "proxy-sendextracrlf": "unsupported", "no-cache": "unsupported",
    "nokeepalive": "equivalent", "downgrade-1.0": "equivalent", "proxy-nokeepalive": "equivalent",
    "Proxy-SendCL": "equivalent", "proxy-chain-auth": "exact", "no-gzip": "no effect in target",
    "LAST": "no effect in target",
}  # fmt: skip


@pytest.mark.parametrize("line", ["SetEnv {} 1", "<Location /x>\nSetEnv {} 1\n</Location>", "SetEnvIf X-A 1 {}=1"])
@pytest.mark.parametrize("name", _SWITCHES)
def test_none_is_lost_in_silence(name: str, line: str, tmp_path: Path) -> None:
    """SetEnv asks whether its own variable is there, which doesn't make anybody read it."""
    made = translated(tmp_path, host(line.format(name), "ProxyPass / http://127.0.0.1:81/"), "haproxy")
    found = outcomes(made).get("SetEnv") or outcomes(made)["SetEnvIf"]
    chained = name == "proxy-chain-auth" and "SetEnvIf" in line  # it may be set for some only
    assert found == ("unsupported" if chained else _SWITCHES[name])
    assert "env_" not in made.text


@pytest.mark.parametrize("name", _SWITCHES)
def test_a_rule_that_sets_one_says_so(name: str, tmp_path: Path) -> None:
    lines = "RewriteEngine On", f"RewriteRule ^/x - [E={name}:1]", "ProxyPass / http://127.0.0.1:81/"
    wanted = {"no effect in target": "exact", "exact": "unsupported"}.get(_SWITCHES[name], _SWITCHES[name])
    assert outcomes(translated(tmp_path, host(*lines), "haproxy"))["RewriteRule"] == wanted

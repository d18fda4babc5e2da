"""AllowEncodedSlashes with and without nocanon, asked on httpd and on nginx (NGX-47, NGX-48, SEM-8, SEM-9)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.targets.configs import host, outcomes, translated
from tests.targets.echoes import ask
from tests.targets.fronts import fronts

_CONFIG = """
<VirtualHost *:{port}>
    ServerName raw.test
    AllowEncodedSlashes NoDecode
    Timeout 7
    ProxyPass / http://127.0.0.1:{one}/ nocanon
</VirtualHost>
<VirtualHost *:{port}>
    ServerName on.test
    AllowEncodedSlashes On
    ProxyPass /raw http://127.0.0.1:{one}/raw nocanon
    ProxyPass / http://127.0.0.1:{two}/
</VirtualHost>
<VirtualHost *:{port}>
    ServerName off.test
    AllowEncodedSlashes Off
    ProxyPass / http://127.0.0.1:{one}/ nocanon
</VirtualHost>
"""
_PATHS = (
    "/a%252Fb", "/%41", "/a%20b",
    "/", "/x", "/a%2Fb", "/a%2fb?q=%2F", "/%2F", "//x//y", "/a//b", "/a///", "/./x", "/x/../y", "/a%7Eb",
    "/raw/a%2Fb", "/raw/x", "/raw%2Fx", "/x?", "/a;b=c%2F", "/a%2F..%2Fb", "/%2e%2e/x", "/a%2F%2E%2E/c",
    "http://{name}/x%2Fy", "http://{name}/a//b",
)  # fmt: skip
#: path-spelling, nocanon-prefix and encoded-slashes: these differ, and the report says so.
_ANNOUNCED = (("on.test", "/x?"), ("on.test", "/raw%2Fx"), ("raw.test", "http://raw.test/a//b"))


@pytest.mark.live
@pytest.mark.parametrize("name", ["raw.test", "on.test", "off.test"])
def test_encoded_slashes(name: str, tmp_path: Path) -> None:
    with fronts(_CONFIG, tmp_path) as found:
        different = []
        for path in (each.replace("{name}", name) for each in _PATHS):
            theirs, ours = (ask(found.at[each], name, path) for each in ("httpd", "nginx"))
            if (name, path) in _ANNOUNCED:
                assert ours != theirs
            elif ours != theirs:
                different.append((path, theirs, ours))
        assert not different, "\n".join(map(str, different))


def test_what_is_told(tmp_path: Path) -> None:
    def told(*lines: str) -> dict[str, str]:
        return outcomes(translated(tmp_path, host(*lines), "nginx"))

    raw, plain = "ProxyPass / http://127.0.0.1:81/ nocanon", "ProxyPass / http://127.0.0.1:81/"
    below = "ProxyPass /x http://127.0.0.1:81/x nocanon"
    assert told("AllowEncodedSlashes On", plain)["AllowEncodedSlashes"] == "exact"
    assert told("AllowEncodedSlashes NoDecode", raw)["AllowEncodedSlashes"] == "approximated"
    assert told("AllowEncodedSlashes NoDecode", plain)["AllowEncodedSlashes"] == "approximated"
    assert told("AllowEncodedSlashes NoDecode", below)["AllowEncodedSlashes"] == "approximated"


def test_limits_of_a_host(tmp_path: Path) -> None:
    """Timeouts and connections of a virtual host stand at its server (DEF-13 to DEF-16)."""
    lines = "Timeout 7", "KeepAliveTimeout 3", "ProxyPass / http://127.0.0.1:81/"
    made = translated(tmp_path, host(*lines), "nginx")
    assert all(f"        {line}" in made.text for line in ("send_timeout 7s;", "keepalive_timeout 3s;"))
    assert outcomes(made)["Timeout"] == outcomes(made)["KeepAliveTimeout"] == "exact"

"""Lines of sections that others override everywhere: dead in the source, closing nothing (SEM-13, SEM-15, DES-8)."""

from __future__ import annotations

from pathlib import Path

import pytest

from apacheconf.targets import TARGETS
from tests.targets.configs import host, outcomes, translated

_BOTH = pytest.mark.parametrize("target", TARGETS)
_INNER = "ProxyPass http://10.0.0.2/\nProxyPreserveHost On\nRequire ip 10.0.0.0/8"
_OUTER = "ProxyPass http://10.0.0.3/\nProxyPreserveHost Off\nRequire all granted"


def _host(first: str, second: str, kind: str = "Location /a") -> str:
    return host(f"<{kind}/b>\n{first}\n</{kind.split()[0]}>", f"<Location /a>\n{second}\n</Location>")


@_BOTH
def test_a_longer_section_that_stands_first_is_overridden(target: str, tmp_path: Path) -> None:
    translation = translated(tmp_path, _host(_INNER, _OUTER), target)
    rows = {row.args: row.outcome.words for row in translation.rows}
    assert rows["http://10.0.0.2/"] == rows["On"] == "dead in source"
    assert "403" not in translation.text
    assert "10.0.0.2" not in translation.text


@_BOTH
@pytest.mark.parametrize(
    "second",
    ["ProxyPass http://10.0.0.3/", "ProxyPass http://10.0.0.3/\nAuthMerging And\nRequire all granted"],
)
def test_what_only_looks_so_is_kept(target: str, second: str, tmp_path: Path) -> None:
    translation = translated(tmp_path, _host(_INNER, second), target)
    assert {row.outcome.words for row in translation.rows if row.args == "ip 10.0.0.0/8"} == {"exact"}


@_BOTH
def test_what_holds_in_another_host_is_not_dead(target: str, tmp_path: Path) -> None:
    """The section stands outside the hosts, and one of them overrides it."""
    text = (
        "<Location /a/b>\nRequire host example.org\n</Location>\n"
        + host("ProxyPass / http://10.0.0.1/", "<Location /a>\nRequire all granted\n</Location>")
        + host("ProxyPass / http://10.0.0.1/", names="ServerName b.test")
    )
    translation = translated(tmp_path, text, target)
    assert outcomes(translation)["Require"] == "unsupported"
    assert "403" in translation.text

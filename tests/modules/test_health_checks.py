"""What a health check calls by name must be there, said in httpd's words (HC-6, HC-7; asked of 2.4.71)."""

from __future__ import annotations

from pathlib import Path

import pytest

from apacheconf.program.loading import load

CASES = [
    ("", "hcexpr=nope", "BalancerMember Unknown health check condition expr: nope"),
    ("", "hctemplate=nope", "BalancerMember Unknown ProxyHCTemplate name: nope"),
    ("ProxyHCTemplate T hcmethod=GET", "hctemplate=t", ""),
    ("ProxyHCExpr ok {true}", "hcexpr=OK", ""),
]


@pytest.mark.parametrize(("before", "parameters", "said"), CASES)
def test_names_of_templates_and_expressions(tmp_path: Path, before: str, parameters: str, said: str) -> None:
    file = tmp_path / "site.conf"
    file.write_text(f"{before}\n<Proxy balancer://c>\nBalancerMember http://a hcmethod=GET {parameters}\n</Proxy>\n")
    found = [each.message for each in load([str(file)]).diagnostics]
    assert found == ([said] if said else [])

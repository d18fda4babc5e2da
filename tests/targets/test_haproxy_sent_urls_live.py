"""The URL that an origin is asked for where rules stand before the mapping, on httpd and HAProxy (PU-5, SEM-30)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest

from apacheconf.engines import Verdict, check
from tests.engines.real import need
from tests.targets.configs import host, translated
from tests.targets.fronts import MODULES, Fronts, differing, fronts

pytestmark = pytest.mark.live
_RULES = {
    "none": (),
    "some": ("RewriteRule ^/r/(.*)$ /a/$1 [PT]",),
    "all": ("RewriteRule ^/(.*)$ /$1 [PT]",),
    "query": ("RewriteRule ^/(.*)$ /$1?x=1 [PT]",),
    "deeper": ("RewriteRule ^/?(.*)$ /a/$1 [PT]",),
}
_MAPPINGS = {
    "root": "ProxyPass / http://127.0.0.1:{one}/",
    "raw": "ProxyPass / http://127.0.0.1:{one}/ nocanon",
    "base": "ProxyPass / http://127.0.0.1:{one}/base/ nocanon",
    "below": "ProxyPass /a http://127.0.0.1:{one}/b nocanon",
    "slash": "ProxyPass /a/ http://127.0.0.1:{one}/b/ nocanon",
    "glued": "ProxyPass /a/ http://127.0.0.1:{one}/b nocanon",
    "bare": "ProxyPass /a http://127.0.0.1:{one} nocanon",
}
_PATHS = (
    "/", "/x", "//x", "//a/x", "/a", "/a?q", "/a/", "/a//", "/a//x", "/ax", "/a?", "/r/x?y", "/r//x", "//r/x", "/r/",
    "/a/x%20y", "/a/./%2e/x", "/r/x%3dy", "/a/x%3fy?z", "/%61/x",
)  # fmt: skip
_FILES = ("/api/x", "/api/x%3Fx", "/api/x%20x", "/own/x%3Fx", "/own/x%20x", "/mine/x", "/mine/x%3Fx", "/pt/a%3F")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronts]:
    hosts = [
        host("DocumentRoot /nowhere", "RewriteEngine On", *rules, line, names=f"ServerName {rule}-{mapping}.test",
             address="*:{port}")
        for (rule, rules), (mapping, line) in product(_RULES.items(), _MAPPINGS.items())
    ]  # fmt: skip
    to_files = (
        "RewriteRule ^/api/(.*)$ /files/$1 [L]",
        "RewriteRule ^/own/(.*)$ /files/x?$1 [L]",
        "RewriteRule ^/mine/(.*)$ /files/$1?y [L]",
        "RewriteRule ^/pt/(.*)$ /files/$1 [PT]",
        "ProxyPass /files !",
        "ProxyPass / http://127.0.0.1:{one}/",
    )
    hosts.append(host("DocumentRoot /nowhere", "RewriteEngine On", *to_files, names="ServerName files.test",
                      address="*:{port}"))  # fmt: skip
    modules = (*MODULES, "rewrite_module")
    with fronts("".join(hosts), tmp_path_factory.mktemp("urls"), modules, targets=("haproxy",)) as found:
        yield found


@pytest.mark.parametrize(("rule", "mapping"), list(product(_RULES, _MAPPINGS)))
def test_what_is_sent_as_it_was_written(rule: str, mapping: str, running: Fronts) -> None:
    """Of a query that rules have made nothing is left where the client's own path is sent."""
    assert not differing(running, f"{rule}-{mapping}.test", _PATHS)


@pytest.mark.parametrize("rule", _RULES)
def test_nginx_takes_a_path_that_is_empty(rule: str, tmp_path: Path) -> None:
    """What ``/a`` is at an origin without a path of its own: the slash, which nginx wants written."""
    lines = "RewriteEngine On", *_RULES[rule], _MAPPINGS["bare"].replace("{one}", "8001")
    need("nginx")
    assert check("nginx", translated(tmp_path, host(*lines), "nginx").files).verdict is Verdict.VALID


def test_what_leads_to_a_file_is_refused_as_well(running: Fronts) -> None:
    """An escaped question mark in what a rule puts into a path is 403, whether a file is there or not."""
    assert not differing(running, "files.test", _FILES)

"""Rules that put all of a path, with its slash, behind the authority: ``http://h:81$1`` (RW-12, WK-4, HAP-102).

The origin is certain, for what the group holds begins with a slash; httpd finds it anew for each request.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest

from apacheconf.targets import TARGETS
from tests.targets.configs import host, outcomes, translated
from tests.targets.echoes import ask
from tests.targets.fronts import BALANCER, MODULES, Fronts, fronts

#: The rules of each host.
_RULES = {
    "all": ("RewriteRule ^(.*)$ http://127.0.0.1:{one}$1 [P,L]",),
    "some": ("RewriteRule .? - [E=x:1]", "RewriteRule (.+) http://127.0.0.1:{one}$1 [P]"),
    "below": ("RewriteRule ^/api(/.*)$ http://127.0.0.1:{one}$1 [P]",
              "RewriteRule ^/v1(/[^/]*)/(.*)$ http://127.0.0.1:{two}$1/x/$2 [P]"),
    "named": ("RewriteRule ^(/dbl.*)$ http://127.0.0.1:{one}$1 [P]", "RewriteRule ^ - [F]"),
    "asked": ("RewriteCond %{QUERY_STRING} two", "RewriteRule ^(.*)$ http://127.0.0.1:{two}$1 [P]",
              "RewriteRule ^(.*)$ http://127.0.0.1:{one}$1?own=1 [P,QSA]"),
    "moved": ("RewriteRule ^/old/(.*)$ /new/$1", "RewriteRule ^(.*)$ http://127.0.0.1:{one}$1 [P]"),
    "kept": ("RewriteRule ^(/.+)$ http://127.0.0.1:{one}$1 [P,NE]",),
    "many": ("RewriteRule ^(.*)$ balancer://all$1 [P]",),
}  # fmt: skip
_CONFIG = "<Proxy balancer://all>\nBalancerMember http://127.0.0.1:{one}\n</Proxy>\n" + "".join(
    host("DocumentRoot /nowhere", "RewriteEngine On", *rules, names=f"ServerName {name}.test", address="*:{port}")
    for name, rules in _RULES.items()
)
_PATHS = (
    "/", "/x", "//x", "/x//y", "/x?y=1", "/x?two", "/a%20b", "/a%3Fb", "/a%25b", "/.//x", "/a/../x", "/api/x", "/api",
    "/api/", "/api//x", "/apix/y", "/v1/a/b/c", "/v1/b", "/dbl", "/dbl%20/x", "/old/x?y", "/%C3%A9", "/x@y:z",
)  # fmt: skip


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronts]:
    modules = (*MODULES, *BALANCER, "rewrite_module")
    with fronts(_CONFIG, tmp_path_factory.mktemp("captured"), modules) as found:
        yield found


@pytest.mark.live
@pytest.mark.parametrize(("name", "target"), list(product(_RULES, TARGETS)))
def test_where_the_rest_of_the_url_is_captured(name: str, target: str, running: Fronts) -> None:
    asked = {path: [ask(running.at[each], f"{name}.test", path) for each in ("httpd", target)] for path in _PATHS}
    assert {path: ours for path, (_, ours) in asked.items()} == {path: theirs for path, (theirs, _) in asked.items()}
    assert "200" in {theirs[0] for theirs, _ in asked.values()}


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(("rule", "carried"), [
    ("^(.*)$ http://h.test:81$1 [P]", True), ("^/a(/.+)$ http://h.test:81$1 [P]", True),
    ("^(.*)$ https://h.test$1 [P]", True),
    ("^/a(.*)$ http://h.test:81$1 [P]", False), ("^/a(/.*)?$ http://h.test:81$1 [P]", False),
    ("^/a(/.*|x)$ http://h.test:81$1 [P]", False), ("^(/?.*)$ http://h.test:81$1 [P]", False),
])  # fmt: skip
def test_what_may_begin_otherwise_names_no_origin(rule: str, carried: bool, target: str, tmp_path: Path) -> None:
    """``/a.evil.test`` must not ask ``h.test:81.evil.test``: it is not answered at all."""
    made = translated(tmp_path, host("RewriteEngine On", "SSLProxyEngine On", f"RewriteRule {rule}"), target)
    assert (outcomes(made)["RewriteRule"] != "unsupported") == carried

"""What comes first where several lines take a path: rules, mappings, redirects and who may (SEM-2 to SEM-5)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from apacheconf.targets import TARGETS
from tests.targets.configs import host, translated
from tests.targets.echoes import ask
from tests.targets.fronts import MODULES, Fronts, fronts

_SHUT = "<Location {path}>\nRequire all denied\n{more}</Location>"
_AUTH = "<Location /auth>\nAuthType Basic\nAuthName a\nAuthUserFile /dev/null\nRequire valid-user\n</Location>"
_LINES = (
    "RewriteEngine On",
    "RewriteRule ^/rule/(.*)$ http://new.test/rule/$1 [R,L]",
    "ProxyPass /rule http://127.0.0.1:{one}/map",
    "Redirect /redirect http://new.test/no",
    "ProxyPass /redirect http://127.0.0.1:{one}/map",
    "Redirect /gone http://new.test/no",
    "RewriteRule ^/gone - [G]",
    "RewriteRule ^/proxied/(.*)$ http://127.0.0.1:{two}/rule/$1 [P]",
    "ProxyPass /proxied http://127.0.0.1:{one}/map",
    "Redirect /shut-redirect http://new.test/shut",
    _SHUT.format(path="/shut-redirect", more=""),
    "RewriteRule ^/shut-rule http://new.test/shut [R,L]",
    _SHUT.format(path="/shut-rule", more=""),
    _SHUT.format(path="/shut-inside", more="Redirect / http://new.test/no\n"),
    "<Location /inside>\nRedirect /inside http://new.test/inside\n</Location>",
    "ProxyPass /inside http://127.0.0.1:{one}/map",
    "ProxyPass /shut-map http://127.0.0.1:{one}/map",
    _SHUT.format(path="/shut-map", more=""),
    _AUTH,
    "Redirect /auth/redirect http://new.test/auth",
    "ProxyPass /auth http://127.0.0.1:{one}/map",
    "ProxyPass /left !",
    "ProxyPass /left http://127.0.0.1:{one}/map",
    "Redirect /left http://new.test/left",
    r"RedirectMatch ^/first/(.*)\.x$ http://new.test/first/$1",
    "Redirect /first http://new.test/second",
    "RewriteCond %{HTTP:X-One} 1 [OR]",
    "RewriteCond %{HTTP:X-Two} 1",
    "RewriteCond %{HTTP:X-Three} 1",
    "RewriteRule ^/conditions - [G]",
    # what a rule makes is asked anew
    "RewriteRule ^/to-map/(.*)$ /mapped/$1 [PT]",
    "ProxyPass /mapped http://127.0.0.1:{one}/map",
    "RewriteRule ^/to-shut/(.*)$ /shut-map/$1 [PT]",
    "RewriteRule ^/to-redirect/(.*)$ /moved/$1 [PT]",
    "RewriteRule ^/to-one/(.*)$ /moved/one [PT]",
    "RewriteRule ^/to-own/(.*)$ /own/$1 [PT]",
    "RewriteRule ^/to-query/(.*)$ /moved/$1?new=1 [PT]",
    "RewriteRule ^/to-none/(.*)$ /moved/$1? [PT]",
    "RewriteRule ^/to-both/(.*)$ /moved/$1?new=1 [PT,QSA]",
    "RewriteRule ^/to-part/(.*)$ /moved/x?part=$1 [PT]",
    "RewriteRule ^/to-match/(.*)$ /match/$1?new=1 [PT]",
    "Redirect /moved http://new.test/moved",
    "Redirect /own /local",
    "RedirectMatch ^/match/(.*)$ http://new.test/match/$1",
)
_CONFIG = host(*_LINES, address="*:{port}")
_NEW = "http://new.test"
#: What httpd says: the status, and where it redirects or what the origin is asked for.
_ASKED = {
    "/rule/x": ("302", f"{_NEW}/rule/x"), "/rule": ("200", "/map"), "/redirect/x": ("200", "/map/x"),
    "/gone/x": ("410", ""), "/proxied/x": ("200", "/rule/x"), "/proxied": ("200", "/map"),
    "/shut-redirect/x": ("302", f"{_NEW}/shut/x"), "/shut-rule/x": ("302", f"{_NEW}/shut"),
    "/shut-inside/x": ("403", ""), "/inside/x": ("302", f"{_NEW}/inside/x"), "/shut-map/x": ("403", ""),
    "/auth/x": ("401", ""), "/auth/redirect/x": ("401", ""), "/left/x": ("302", f"{_NEW}/left/x"),
    "/first/a.x": ("302", f"{_NEW}/first/a"), "/first/a.y": ("302", f"{_NEW}/second/a.y"),
    "/to-map/x": ("200", "/map/x"), "/to-shut/x": ("403", ""), "/to-redirect/x": ("302", f"{_NEW}/moved/x"),
    "/to-redirect/": ("302", f"{_NEW}/moved/"), "/to-redirect/a%20b?q=1": ("302", f"{_NEW}/moved/a%20b?q=1"),
    "/to-redirect/a%3fb": ("403", ""), "/to-one/x?q": ("302", f"{_NEW}/moved/one?q"),
    "/to-own/x": ("302", "http://a.test/local/x"), "/to-query/x?old": ("302", f"{_NEW}/moved/x?new=1"),
    "/to-query/x": ("302", f"{_NEW}/moved/x?new=1"), "/to-none/x?old": ("302", f"{_NEW}/moved/x"),
}  # fmt: skip
#: What no target can put into a Location: closed, and said so.
_CLOSED = {
    "/to-both/x?old": ("302", f"{_NEW}/moved/x?new=1&old"), "/to-part/x": ("302", f"{_NEW}/moved/x?part=x"),
    "/to-match/x": ("302", f"{_NEW}/match/x?new=1"),
}  # fmt: skip


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronts]:
    modules = (*MODULES, "alias_module", "rewrite_module", "auth_basic_module", "authn_core_module",
               "authn_file_module", "authz_user_module")  # fmt: skip
    with fronts(_CONFIG, tmp_path_factory.mktemp("precedence"), modules) as found:
        yield found


def _answer(port: int, path: str) -> tuple[str, str]:
    status, location, body = ask(port, "a.test", path)
    return status, location or " ".join(body.split()[1:2])


@pytest.mark.live
@pytest.mark.parametrize("path", _ASKED)
def test_what_comes_first(path: str, running: Fronts) -> None:
    """HAP-101, NGX-130; RW-31: what a rule makes is mapped and redirected as if it had been asked for."""
    answers = {name: _answer(port, path) for name, port in running.at.items()}
    assert answers == dict.fromkeys(("httpd", *TARGETS), _ASKED[path])


@pytest.mark.live
@pytest.mark.parametrize("set_ones", range(8))
def test_or_binds_tighter_than_and(set_ones: int, running: Fronts) -> None:
    """HAP-6, SEM-28: for HAProxy it is the other way round."""
    names = [name for bit, name in enumerate(("X-One", "X-Two", "X-Three")) if set_ones >> bit & 1]
    header = "\r\n".join(f"{name}: 1" for name in names)
    gone = "X-Three" in names and len(names) > 1
    found = {name: ask(port, "a.test", "/conditions", header=header)[0] for name, port in running.at.items()}
    assert found == dict.fromkeys(("httpd", *TARGETS), "410" if gone else "404")


@pytest.mark.live
@pytest.mark.parametrize("path", _CLOSED)
def test_what_cannot_be_said_is_closed(path: str, running: Fronts) -> None:
    """DES-8."""
    answers = {name: _answer(port, path) for name, port in running.at.items()}
    assert answers == {"httpd": _CLOSED[path]} | dict.fromkeys(TARGETS, ("503", ""))


@pytest.mark.parametrize("target", TARGETS)
def test_what_cannot_be_said_is_told(target: str, tmp_path: Path) -> None:
    lines = [line.replace("{one}", "81").replace("{two}", "82") for line in _LINES]
    made = translated(tmp_path, host(*lines), target)
    told = {row.args.split()[0]: row.outcome.words for row in made.rows if row.name.startswith("Redirect")}
    assert {path for path, outcome in told.items() if outcome == "unsupported"} >= {"/moved", "^/match/(.*)$"}

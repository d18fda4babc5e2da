"""Questions that need care in HAProxy: encoded slashes, files, the time; asked on httpd, too (HAP-23, HAP-103)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.targets.configs import host, outcomes, translated
from tests.targets.echoes import ask
from tests.targets.fronts import MODULES, Fronts, fronts

_CONFIG = """
<VirtualHost *:{port}>
    ServerName kept.test
    AllowEncodedSlashes NoDecode
    RewriteEngine On
    RewriteRule ^/cut/([^/]+)$ http://127.0.0.1:{two}/one/$1 [P]
    RewriteRule ^/cut/(.*)$ http://127.0.0.1:{two}/many/$1 [P]
    RedirectMatch ^/away/([^/]+)$ http://x.test/$1
    ProxyPassMatch ^/match/([^/]*)/(.*)$ http://127.0.0.1:{one}/m/$2/$1
    <LocationMatch ^/shut/[^/]+$>
        Require all denied
    </LocationMatch>
    ProxyPass / http://127.0.0.1:{one}/
</VirtualHost>
<VirtualHost *:{port}>
    ServerName front.test
    DocumentRoot /nowhere
    RewriteEngine On
    RewriteCond %{DOCUMENT_ROOT}/DOWN -f
    RewriteRule ^ - [R=503,L]
    RewriteCond %{TIME_HOUR} <24
    RewriteCond %{TIME_MON}%{TIME_DAY} !=0000
    RewriteRule ^/always/ - [G]
    RewriteCond %{TIME_SEC} >=60
    RewriteRule ^/never/ - [G]
    RewriteCond %{DOCUMENT_ROOT}%{REQUEST_URI} !-f
    RewriteRule ^/(.*)$ http://127.0.0.1:{one}/app/$1 [P]
</VirtualHost>
"""
_KEPT = (
    "/cut/a", "/cut/a/b", "/cut/a%2Fb", "/cut/a%2fb%20c", "/away/a", "/away/a%2Fb", "/away/a/b", "/match/a/b",
    "/match/a%2Fb/c%2fd", "/shut/a", "/shut/a%2Fb", "/shut/a/b", "/x%2Fy", "/x%252Fy",
)  # fmt: skip


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronts]:
    modules = (*MODULES, "alias_module", "rewrite_module")
    with fronts(_CONFIG, tmp_path_factory.mktemp("odd"), modules) as found:
        yield found


@pytest.mark.live
@pytest.mark.parametrize("path", _KEPT)
def test_encoded_slashes_are_no_slashes(path: str, running: Fronts) -> None:
    theirs, ours = (ask(running.at[name], "kept.test", path) for name in ("httpd", "haproxy"))
    assert ours == theirs


@pytest.mark.live
@pytest.mark.parametrize("path", ["/", "/x?y=1", "/always/x", "/never/x"])
def test_no_file_is_there_and_the_time_is_told(path: str, running: Fronts) -> None:
    theirs, ours = (ask(running.at[name], "front.test", path) for name in ("httpd", "haproxy"))
    assert ours == theirs


def test_a_file_lets_nobody_in(tmp_path: Path) -> None:
    """DES-8: what decides who may is not assumed."""
    proxied = "ProxyPass / http://127.0.0.1:81/"
    lines = "RewriteEngine On", "RewriteCond /run/open !-f", "RewriteRule ^/secret - [F]", proxied
    made = translated(tmp_path, host(*lines), "haproxy")
    assert outcomes(made)["RewriteRule"] == "unsupported"
    assert "deny_status 403" in made.text
    lines = "RewriteEngine On", "RewriteCond /run/down -f", "RewriteRule ^ - [R=503]", proxied
    told = outcomes(translated(tmp_path, host(*lines), "haproxy"))
    assert (told["RewriteRule"], told["RewriteCond"], told["ProxyPass"]) == ("approximated", "approximated", "exact")


def test_logs_are_told_as_they_are(tmp_path: Path) -> None:
    """HAP-113: HAProxy opens no files. What went to one file goes there if whoever starts it sends it there."""
    lines = "ErrorLog /l/e.log", 'CustomLog /l/a.log "%h"', "LogLevel info", "ProxyPass / http://127.0.0.1:81/"
    made = translated(tmp_path, host(*lines), "haproxy")
    assert {outcomes(made)[name] for name in ("ErrorLog", "CustomLog", "LogLevel")} == {"equivalent"}
    assert [note.rpartition("=")[2] for note in made.notes] == ["append:/l/e.log)", "append:/l/a.log)"]


@pytest.mark.parametrize("lines", [
    ("ErrorLog /l/e.log", "ErrorLog /l/f.log", "CustomLog /l/a.log %h", "CustomLog /l/b.log %h"),
    ("ErrorLog |/bin/rotate", "CustomLog |/bin/rotate %h"),
    ("ErrorLog syslog:local1", "CustomLog /l/a.log %h", "CustomLog |/bin/rotate %h"),
])  # fmt: skip
def test_logs_of_several_files_are_not_told_apart(lines: tuple[str, ...], tmp_path: Path) -> None:
    """HAP-113."""
    made = translated(tmp_path, host(*lines, "ProxyPass / http://127.0.0.1:81/"), "haproxy")
    assert {outcomes(made)[name] for name in ("ErrorLog", "CustomLog")} == {"approximated"}
    assert not made.notes

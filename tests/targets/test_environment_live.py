"""Header lines, the environment and their conditions, asked on httpd and on HAProxy (HAP-46 ff., HAP-60, HAP-61)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.targets.echoes import exchange
from tests.targets.fronts import MODULES, Fronts, fronts

pytestmark = pytest.mark.live

_CONFIG = r"""
SetEnvIf Request_URI ^/quiet quiet !other kind=silent
SetEnvIf Origin "^(https?)://([a-z]+)\.test$" scheme=$1 who=$2
SetEnvIf quiet . louder
SetEnvIfExpr "%{REQUEST_METHOD} == 'PUT'" writing=yes
BrowserMatch MSIE old
SetEnv plain yes
<VirtualHost *:{port}>
    ServerName first.test
    RewriteEngine on
    RewriteRule ^/x/(.*) - [E=tail:$1,E=fixed:1]
    RewriteCond %{HTTP_HOST} ^([a-z]+)\.test$
    RewriteRule ^ - [E=label:%1]
    RequestHeader set X-Label %{label}e env=label
    RequestHeader set X-Tail %{tail}e env=tail
    RequestHeader set X-Plain %{plain}e
    RequestHeader set X-Who "%{who}e from %{scheme}e" env=who
    RequestHeader set X-Unknown %{nobody}e
    RequestHeader set X-Missing %{kind}e
    RequestHeader add X-Old 1 env=old
    RequestHeader append X-List last env=!old
    RequestHeader merge X-Merged here
    RequestHeader setifempty X-Empty filled
    RequestHeader edit X-Edit ^a(.)c "<$1>"
    RequestHeader edit X-Edit (?i)Q r
    RequestHeader edit* X-Every a.c z
    RequestHeader unset X-Gone "expr=%{HTTP:X-Number} -gt 3"
    Header set X-Quiet %{kind}e env=quiet
    Header set X-Loud 1 env=louder
    Header set X-Fine "expr=%{REQUEST_METHOD}" "expr=%{REQUEST_STATUS} -eq 200 && %{REQUEST_METHOD} != 'PUT'"
    Header set X-Moved 1 "expr=%{REQUEST_STATUS} == 302 || -n %{resp:X-Mark}"
    Header edit Set-Cookie ^(.*)$ "$1; Secure"
    Header unset X-Secret
    Header setifempty X-Mark none
    Header always set X-Always "a b"
    Header always set X-Written 1 env=writing
    <Location /deep>
        SetEnvIf User-Agent "^curl" deep
        Header set X-Deep yes env=deep
        Header always set X-Here 1
    </Location>
    ProxyPass /none http://127.0.0.1:{none}/
    ProxyPass / http://127.0.0.1:{one}/
</VirtualHost>
"""
_ASKED = (
    ("GET", "/x/a/b", ""), ("GET", "/quiet", ""), ("PUT", "/", ""), ("GET", "/", "Origin: https://me.test"),
    ("GET", "/", "User-Agent: MSIE"), ("GET", "/", "X-List: first"), ("GET", "/", "X-Merged: a, here"),
    ("GET", "/", "X-Merged: there"), ("GET", "/", "X-Empty: no"), ("GET", "/", "X-Edit: xabc"),
    ("GET", "/", "X-Edit: abcabcq"), ("GET", "/", "X-Every: aacabc"), ("GET", "/", "X-Number: 4\r\nX-Gone: 1"),
    ("GET", "/", "X-Number: 3\r\nX-Gone: 1"), ("GET", "/", "X-Gone: 1"), ("GET", "/", "X-Number: x\r\nX-Gone: 1"),
    ("GET", "/", "X-Location: /y"), ("GET", "/", "X-Reply: X-Mark: 1|X-Secret: 2"),
    ("GET", "/", "X-Reply: Set-Cookie: a=b|Set-Cookie: c=d"), ("GET", "/none/x", ""), ("GET", "/a%2Fb", ""),
    ("GET", "/deep/x", "User-Agent: curl/8"), ("GET", "/deep/x", "User-Agent: other"),
    ("GET", "/", "X-Reply: X-Always: 1"),
)  # fmt: skip


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronts]:
    modules = (*MODULES, "headers_module", "setenvif_module", "env_module", "rewrite_module")
    with fronts(_CONFIG, tmp_path_factory.mktemp("environment"), modules) as started:
        yield started


def _ask(port: int, method: str, path: str, header: str) -> tuple[str, list[str], list[str]]:
    lines, body = exchange(port, "first.test", path, method=method, header=header)
    own = sorted(line for line in map(_field, lines[1:]) if line.startswith(("x-", "set-cookie")))
    arrived = body.split(" ") if body[:1].isdigit() else []
    return lines[0].split()[1], own, sorted(each for each in arrived[1:] if not each.startswith("x-forwarded"))


def _field(line: str) -> str:
    name, _, value = line.partition(":")
    return f"{name.lower()}: {value.strip()}"


@pytest.mark.parametrize(("method", "path", "header"), _ASKED)
def test_haproxy_does_as_httpd(method: str, path: str, header: str, running: Fronts) -> None:
    theirs, ours = (_ask(running.at[name], method, path, header) for name in ("httpd", "haproxy"))
    assert ours == theirs

"""Variables of the environment and headers with conditions on httpd and on nginx, which has no such variables."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.targets.configs import host, translated
from tests.targets.echoes import exchange
from tests.targets.fronts import MODULES, Fronts, fronts

pytestmark = pytest.mark.live

_CONFIG = r"""
<VirtualHost *:{port}>
    ServerName first.test
    SetEnvIf X-Kind ^mobile kind=mobile seen
    SetEnvIf X-Kind ^desktop kind=desktop
    SetEnvIfNoCase X-Kind TABLET$ kind=tablet !seen
    BrowserMatch bot is_bot=yes
    SetEnvIf Request_URI ^/quiet quiet
    SetEnvIf X-Off ^1$ !is_bot
    RequestHeader set X-Seen 1 env=seen
    RequestHeader unset X-Kind env=seen
    Header set X-Bot yes env=is_bot
    Header always set X-Loud 1 env=!quiet
    Header set X-Kind desktop "expr=reqenv('kind') == 'desktop'"
    RequestHeader set X-Socket yes "expr=tolower(%{{HTTP:Upgrade}}) == 'websocket'"
    RewriteEngine On
    RewriteCond %{{HTTP:X-Lane}} =two
    RewriteRule ^ - [E=lane:two]
    RewriteCond %{{ENV:lane}} =two
    RewriteRule ^/(lane.*) http://127.0.0.1:{two}/$1 [P]
    <Location /forwarded>
        RequestHeader unset X-Forwarded-For
        RequestHeader set X-Forwarded-Host other.test
        RequestHeader set X-Forwarded-Server me
    </Location>
    <Location /numbers>
        Require expr %<<HTTP:X-Version>> -gt 0 && %<<HTTP:X-Version>> -lt 3
    </Location>
    <Location /large>
        Require expr %<<HTTP:X-Version>> -ge 289 && %<<HTTP:X-Version>> -le 1090
    </Location>
    <Location /guarded>
        <RequireAll>
            Require all granted
            Require not env is_bot
        </RequireAll>
    </Location>
    <Location /env>
        Require env seen
    </Location>
    SetEnvIf X-Kind (.*) any=$1
    SetEnvIf X-Kind ^(t.*) some=$1
    <Location /any>
        Require env any
    </Location>
    <Location /some>
        Require env some
    </Location>
    <Location /text>
        Require expr "%<<reqenv:some>> =~ /^t(.*)t$/"
        Require expr "%<<reqenv:any>> == 'mobile'"
    </Location>
    ProxyPass /down http://127.0.0.1:{none}/
    ProxyPass / http://127.0.0.1:{one}/
</VirtualHost>
""".replace("{{", "<<").replace("}}", ">>")
_MODULES = (*MODULES, "headers_module", "setenvif_module", "env_module", "rewrite_module", "authz_host_module")
_KINDS = ("", "X-Kind: mobile", "X-Kind: desktop", "X-Kind: mobile tablet", "X-Kind: Tablet", "User-Agent: a bot",
          "User-Agent: a bot\r\nX-Off: 1", "X-Lane: two", "Upgrade: WebSocket", "Upgrade: h2c",
          "X-Forwarded-For: 1.2.3.4\r\nX-Forwarded-Host: h\r\nX-Forwarded-Server: s")  # fmt: skip


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronts]:
    text = _CONFIG.replace("<<", "{").replace(">>", "}")
    with fronts(text, tmp_path_factory.mktemp("environments"), tuple(dict.fromkeys(_MODULES))) as found:
        yield found


def _ask(port: int, path: str, header: str) -> tuple[str, list[str], str]:
    head, body = exchange(port, "first.test", path, header=header)
    fields = [line for line in head[1:] if line.lower().startswith("x-")]
    return head[0].split()[1], sorted(fields), body if head[0].split()[1] == "200" else ""


@pytest.mark.parametrize("path", ["/x", "/quiet", "/guarded/x", "/env/x", "/any/x", "/some/x", "/text/x",
                                  "/lane/x", "/down/x",
                                  "/forwarded/x"])  # fmt: skip
@pytest.mark.parametrize("header", _KINDS)
def test_environments(header: str, path: str, running: Fronts) -> None:
    """EV-1 to EV-8, HD-3, SEM-19; NGX-39, NGX-67, NGX-123, NGX-142, NGX-192."""
    expected = _ask(running.at["httpd"], path, header)
    assert _ask(running.at["nginx"], path, header) == expected


@pytest.mark.parametrize("version", ["", "0", "1", "2", "3", "02", "+1", "-1", "10", "2x", "x2", "1.9", " 1"])
def test_numbers(version: str, running: Fronts) -> None:
    """EXPR-4: text is read as far as it is a number."""
    expected = _ask(running.at["httpd"], "/numbers/x", f"X-Version: {version}")
    assert _ask(running.at["nginx"], "/numbers/x", f"X-Version: {version}") == expected


@pytest.mark.parametrize(
    "version", ["288", "289", "290", "300", "99", "1089", "1090", "1091", "2000", "01000", "10000"]
)
def test_larger_numbers(version: str, running: Fronts) -> None:
    """EXPR-4."""
    expected = _ask(running.at["httpd"], "/large/x", f"X-Version: {version}")
    assert _ask(running.at["nginx"], "/large/x", f"X-Version: {version}") == expected


def test_a_variable_that_nginx_does_not_know_is_not_guessed(tmp_path_factory: pytest.TempPathFactory) -> None:
    """DES-8: modules of httpd set it, so a rule about it lets nobody in."""
    guard = ("<Location />", "Require expr reqenv('UNIQUE_ID') == 'x'", "</Location>")
    lines = ("ProxyPass / http://127.0.0.1:1/", *guard)
    found = translated(tmp_path_factory.mktemp("lost"), host(*lines), "nginx")
    text = found.files["nginx.conf"]
    assert "return 403;" in text
    assert "proxy_pass http" not in text

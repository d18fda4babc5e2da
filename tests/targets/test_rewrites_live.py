"""Rules that change the path, the query and the environment, asked on httpd and on nginx (NGX-120 to NGX-127)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.targets.echoes import exchange
from tests.targets.fronts import MODULES, Fronts, fronts

pytestmark = pytest.mark.live

_CONFIG = r"""
RewriteEngine Off
<VirtualHost *:{port}>
    ServerName first.test
    ServerAlias *.first.test
    UseCanonicalName Off
    DocumentRoot "FOLDER/root"
    RewriteEngine on
    RewriteMap pages "txt:FOLDER/pages.txt"
    RewriteMap lower int:tolower
    SetEnvIf X-Kind "^([a-z]+)-(\d+)$" kind=$1 number=$2
    SetEnv constant always
    RequestHeader set X-Kind-Is %{kind}e
    RequestHeader set X-Number %{number}e env=number
    RequestHeader set X-Tenant %{tenant}e
    RequestHeader set X-Constant %{constant}e
    RequestHeader set X-Nothing %{nothing}e
    RewriteCond %{HTTP_HOST} ^([a-z0-9-]+)\.first\.test(?::\d+)?$ [NC]
    RewriteRule ^ - [E=tenant:%1,E=port:%{SERVER_PORT}]

    # to another path for the mappings
    RewriteRule ^/(v1|v2)/(.*)$ /api/docker/$1/$2 [PT]
    RewriteRule ^/([^/'\":&]+)/bind$ /bind?room=$1 [PT,QSA]
    RewriteRule ^/fixed$ /api/fixed?a=b [PT]
    RewriteRule ^/emptied/(.*) /api/emptied/$1? [PT]
    RewriteRule ^/dropped/(.*) /api/dropped/$1 [PT,QSD]
    RewriteRule ^/twice/(.*) /once/$1
    RewriteRule ^/once/(.*)/x$ /api/$1/y [PT]
    RewriteRule ^/locked/(.*) /secret/$1 [PT]
    RewriteRule ^/anywhere/(.*) /$1 [PT]
    RewriteCond %{TIME_HOUR} >=24
    RewriteRule ^/never /api/never [PT]
    RewriteCond %{TIME_HOUR} <99
    RewriteRule ^/by-night/ /api/night [PT]

    # to an origin
    RewriteRule ^/p/(.*)/(.*)$ http://127.0.0.1:{two}/$2/$1?q=$1 [P]
    RewriteCond %{QUERY_STRING} (?:^|&)id=(\d+)
    RewriteRule ^/by-id$ http://127.0.0.1:{two}/of/%1 [P]
    RewriteRule ^/raw(/.*)$ http://127.0.0.1:{two}/raw$1 [P,NE]
    RewriteRule ^/raw-whole http://127.0.0.1:{two}%{REQUEST_URI} [P,QSA,NE]
    RewriteCond FOLDER/root%{REQUEST_URI} -f
    RewriteRule ^/files/ http://127.0.0.1:{two}/a-file [P]
    RewriteCond FOLDER/root%{REQUEST_URI} !-d
    RewriteRule ^/files/ http://127.0.0.1:{two}/no-folder [P]

    # away
    RewriteCond ${pages:${lower:%{REQUEST_URI}}} ^(.+)$
    RewriteRule ^ %1/found [R=301,L]
    RewriteRule ^/r301/(.*)$ http://elsewhere.test/x/$1 [R=301,L]
    RewriteRule ^/r303/(.*)$ http://elsewhere.test/x/$1 [R=303,L]
    RewriteRule ^/r308(.*)$ http://elsewhere.test$1 [R=308,L]
    RewriteRule ^/chain/(.*)$ /step/$1
    RewriteRule ^/step/(.*)$ /own/$1 [R,L]
    RewriteCond %{QUERY_STRING} ^(?:.*&)?id=(\d+)(?:&.*)?$
    RewriteRule ^/product\.asp$ http://new.test/p/%1 [R=301,QSD,NC,L]
    RewriteCond %{HTTP_HOST} ^www\.(.+)$ [NC]
    RewriteRule ^/www http://%1%{REQUEST_URI} [R=301,L]
    RewriteRule ^/ne/(.*)$ http://elsewhere.test/a#$1 [R,NE,L]
    RewriteRule ^/ask/(.*)$ /own?x=1 [R=302,L]
    RewriteRule ^/options - [R=204,L]
    RewriteCond %{HTTP_USER_AGENT} old [OR]
    RewriteCond %{HTTP:X-Also} =yes
    RewriteCond %{HTTP_ACCEPT} !html
    RewriteRule ^/vary(/.*) http://elsewhere.test$1 [R,L]
    RewriteCond %{HTTP_COOKIE} !a=b
    RewriteRule ^/vary-to - [F]
    RewriteCond %{ENV:kind} =gone
    RewriteRule ^/kinds - [G]
    RewriteCond %{ENV:kind} ^(a)b [OR]
    RewriteCond %{HTTP:X-Also} =yes
    RewriteRule ^/kinds - [F]
    RewriteRule ^/cookie - [CO=seen:yes:.first.test:0:/:secure:httponly]

    <Location /secret>
        Require method POST
    </Location>
    ProxyPass /api/docker http://127.0.0.1:{one}/docker/
    ProxyPass /api http://127.0.0.1:{one}/base
    ProxyPass /bind http://127.0.0.1:{one}/http-bind
    ProxyPass / http://127.0.0.1:{two}/rest/
</VirtualHost>
"""
_ASKED = (
    "/v1/x", "/v2/x/y%20z?q=1", "/v1/a%3Fb", "/v1/", "/r%20x/bind", "/room/bind?b=c", "/room/bind", "/a+b%2Cc/bind?x",
    "/ro%3Fom/bind", "/fixed", "/fixed?c=d", "/emptied/a?b=c", "/dropped/a%22b?b=c", "/twice/a/x", "/twice/a/b/x?q",
    "/locked/a", "/anywhere/api/x", "/anywhere/bind", "/anywhere/api", "/anywhere/apix", "/anywhere/secret/a",
    "/anywhere/", "/never", "/by-night/x", "/p/a/b", "/p/a%20b/c", "/p/a%26b/c?z", "/by-id?id=7", "/by-id?x&id=7&y",
    "/by-id?id=x", "/raw/a%22b%7Bc?q=%22", "/raw/a%20b", "/raw/a%25b", "/raw/a%0Ab", "/ne/a%25b",
    "/raw-whole/x%5By?q", "/raw/", "/files/there?q", "/files/folder", "/files/none", "/Old/Page", "/old/page?x=y",
    "/old/other", "/r301/a%20b%22;c?q=1", "/r303/a%20b?q=1", "/r308/x?y", "/r308", "/chain/a%20b",
    "/product.asp?id=12", "/PRODUCT.asp?a&id=3&b", "/product.asp?id=x", "/www/a?b", "/ne/x-y", "/ne/a%20b?q",
    "/ask/x?y=1", "/options", "/kinds", "/cookie/x", "/else", "/else?x",
)  # fmt: skip
_HEADERS = ("", "X-Kind: gone-1", "X-Kind: abc-22", "X-Also: yes", "X-Kind: ABC-1", "User-Agent: an old one",
            "X-Also: yes\r\nAccept: text/*", "User-Agent: old\r\nX-Also: yes")  # fmt: skip
_MODULES = (*MODULES, "rewrite_module", "headers_module", "setenvif_module", "env_module", "alias_module")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronts]:
    with TemporaryDirectory() as named:  # pytest closes its own folders to servers that run as somebody else
        folder = Path(named)
        _lay_out(folder)
        config = _CONFIG.replace("FOLDER", named)
        with fronts(config, tmp_path_factory.mktemp("rewrites"), _MODULES) as started:
            yield started


def _lay_out(folder: Path) -> None:
    (folder / "root/files/folder").mkdir(parents=True)
    (folder / "root/files/there").write_text("here")
    (folder / "pages.txt").write_text("/old/page /new/page\n/old/Other /never\n/old/other http://elsewhere.test/o\n")
    for each in (folder, *folder.rglob("*")):
        each.chmod(0o755)


def _ask(port: int, host: str, path: str, header: str) -> tuple[str, list[str], str]:
    head, body = exchange(port, host, path, header=header)
    kept = [line for line in head[1:] if line.lower().startswith(("location", "set-cookie", "vary"))]
    return head[0].split()[1], kept, body.splitlines()[0] if body[:1].isdigit() else ""


@pytest.mark.parametrize("path", _ASKED)
@pytest.mark.parametrize("host", ["first.test", "www.first.test:8080"])
def test_rules(host: str, path: str, running: Fronts) -> None:
    """RW-5 to RW-14, RW-40 to RW-43, SEM-3, SEM-4, SEM-28 to SEM-30, TRAP-19, TRAP-25 to TRAP-27."""
    expected = _normal(_ask(running.at["httpd"], host, path, ""), running.at["httpd"])
    found = _normal(_ask(running.at["nginx"], host, path, ""), running.at["nginx"])
    assert found == expected, f"{found}\n{expected}"


@pytest.mark.parametrize("header", _HEADERS)
@pytest.mark.parametrize("path", ["/kinds/x", "/else", "/v1/x", "/vary/x", "/vary-to"])
def test_variables(path: str, header: str, running: Fronts) -> None:
    """EV-1, SEM-20, NGX-69, NGX-88: variables in conditions and in headers."""
    expected = _ask(running.at["httpd"], "first.test", path, header)
    assert _ask(running.at["nginx"], "first.test", path, header) == expected


def _normal(found: tuple[str, list[str], str], port: int) -> tuple[str, list[str], str]:
    """The answer without the port of the server that gave it, Location with each escape that says nothing gone."""
    status, headers, body = found
    return status, [each.replace(f":{port}", ":PORT").replace("%3B", ";") for each in headers], body

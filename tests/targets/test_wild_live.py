"""Lines that stand in configurations of well-known applications, asked on httpd and on nginx."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from apacheconf.engines import Sandbox
from tests.targets.configs import host, outcomes, translated
from tests.targets.echoes import exchange
from tests.targets.fronts import BALANCER, MODULES, Fronts, fronts

_MODULES = (*MODULES, "alias_module", "rewrite_module", "headers_module", "setenvif_module", "proxy_wstunnel_module",
            *BALANCER, "autoindex_module",
            "expires_module")  # fmt: skip
_CONFIG = r"""
<Proxy balancer://two>
    BalancerMember http://127.0.0.1:{one} route=a
    BalancerMember http://127.0.0.1:{two} route=b
    ProxySet stickysession=SID
</Proxy>
<VirtualHost *:{port}>
    ServerName named.test
    ServerAlias www.named.test
    RewriteEngine On
    RewriteCond %{HTTP_HOST} ^www\.(.*)$ [NC]
    RewriteRule ^(.*)$ http://%1$1 [R=301,L]
    ProxyPass / http://127.0.0.1:{one}/
</VirtualHost>
<VirtualHost *:{port}>
    ServerName section.test
    ServerAlias *.section.test
    DocumentRoot "{files}"
    <Directory "{files}">
        RewriteEngine On
        RewriteCond %{HTTP:X-Safe} =yes
        RewriteRule ^ - [E=tail:s]
        RewriteCond %{HTTP_HOST} ^www\.(.+)$ [NC]
        RewriteRule ^ http%{ENV:tail}://%1%{REQUEST_URI} [R=301,L]
    </Directory>
</VirtualHost>
<VirtualHost *:{port}>
    ServerName sockets.test
    RewriteEngine On
    RewriteCond %{HTTP:Upgrade} websocket [NC]
    RewriteCond %{THE_REQUEST} "^[a-zA-Z]+ /(.*) HTTP/\d+(\.\d+)?$"
    RewriteRule .? "ws://127.0.0.1:{one}/%1" [P,L,UnsafeAllow3F]
    ProxyPass / http://127.0.0.1:{two}/ nocanon
</VirtualHost>
<VirtualHost *:{port}>
    ServerName tenant.test
    ServerAlias *.tenant.test
    SetEnvIf Host "^([^.]+)\.tenant\." SUB=$1
    SetEnvIfNoCase ^X-Letters$ "(.+)" LETTERS=$1
    RequestHeader set X-Sub "%{SUB}e" env=SUB
    RequestHeader set X-Told "%{LETTERS}e" env=LETTERS
    Header edit Set-Cookie ^(JS=.*)$ $1;SameSite=Lax
    Header add Set-Cookie "SID=.%{BALANCER_WORKER_ROUTE}e; path=/" env=BALANCER_ROUTE_CHANGED
    ProxyPass /static !
    Alias /static "{files}"
    <Directory "{files}/closed">
        DirectorySlash Off
    </Directory>
    <Directory "{files}">
        Header set X-File yes
    </Directory>
    ProxyPass / balancer://two/
</VirtualHost>
<VirtualHost *:{port}>
    ServerName assets.test
    DocumentRoot "{files}"
    ErrorDocument 503 /gone.html
    RewriteEngine On
    <LocationMatch "^/assets/">
        RewriteCond %{HTTP:Accept-Encoding} \bgzip\b
        RewriteCond %{REQUEST_FILENAME}.gz -f
        RewriteRule ^(.+) $1.gz [L]
    </LocationMatch>
    RewriteCond %{DOCUMENT_ROOT}%{REQUEST_FILENAME} !-f
    RewriteRule ^/(.*)$ http://127.0.0.1:{none}/$1 [P]
</VirtualHost>
"""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronts]:
    with Sandbox("wild") as box:
        for name in ("a.txt", "closed/a.txt", "open/index.html", "assets/a.js", "assets/a.js.gz", "assets/b.js"):
            box.write(f"files/{name}", name)
        config = _CONFIG.replace("{files}", f"{box.path}/files")
        config += f'<Directory "{box.path}/files">\nRequire all granted\n</Directory>\n'
        with fronts(config, tmp_path_factory.mktemp("wild"), _MODULES) as found:
            yield found


_KEPT = ("location:", "x-file:")


def _seen(running: Fronts, name: str, target: str, header: str) -> list[tuple[object, ...]]:
    """Of httpd and of nginx: the status, what matters of the fields, and the body of what is no page of theirs."""
    found = []
    for front in ("httpd", "nginx"):
        head, body = exchange(running.at[front], name, target, header=header)
        fields = sorted(line.lower() for line in head if line.lower().startswith(_KEPT))
        found.append((head[0].split()[1], fields, "" if body.lstrip().lower().startswith(("<html", "<!")) else body))
    return found


@pytest.mark.live
@pytest.mark.parametrize(("name", "target", "header"), [
    ("www.named.test", "/a/b?c=d", ""), ("www.named.test", "/a%20b", ""), ("named.test", "/x", ""),
    ("www.section.test", "/a.txt?q=1", ""), ("www.section.test", "/a.txt", "X-Safe: yes"),
    ("section.test", "/a.txt", "X-Safe: yes"),
    ("sockets.test", "/socket/x?a=b&c=%20", "Upgrade: websocket"), ("sockets.test", "/s%20p", "Upgrade: websocket"),
    ("sockets.test", "/", "Upgrade: websocket"), ("sockets.test", "/plain?x=1", ""),
    ("acme.tenant.test", "/static/a.txt", ""), ("acme.tenant.test", "/x", ""), ("tenant.test", "/static/a.txt", ""),
    ("tenant.test", "/x", "X-LETTERS: some"), ("tenant.test", "/x", "x-letters: some"), ("tenant.test", "/x", ""),
    ("tenant.test", "/static/closed", ""), ("tenant.test", "/static/open", ""), ("tenant.test", "/static/open/", ""),
    ("assets.test", "/assets/a.js", "Accept-Encoding: gzip"), ("assets.test", "/assets/a.js", ""),
    ("assets.test", "/assets/b.js", "Accept-Encoding: gzip"), ("assets.test", "/assets/c.js", "Accept-Encoding: gzip"),
    ("assets.test", "/a.txt", "Accept-Encoding: gzip"), ("assets.test", "/x", ""),
    ("tenant.test", "/static/closed/a.txt", ""), ("tenant.test", "/static/none", ""),
])  # fmt: skip
def test_they_answer_alike(name: str, target: str, header: str, running: Fronts) -> None:
    """RW-5, RW-11, RW-14, EV-1; NGX-44, NGX-110, NGX-123, NGX-130, NGX-151, NGX-192."""
    theirs, ours = _seen(running, name, target, header)
    assert ours == theirs


@pytest.mark.live
@pytest.mark.parametrize("cookie", ["JS=1; Path=/", "JS=1", "other=2; Path=/"])
def test_flags_of_cookies(cookie: str, running: Fronts) -> None:
    """NGX-87: the same attributes, however they are spelt."""
    found = []
    for front in ("httpd", "nginx"):
        head, _ = exchange(
            running.at[front], "tenant.test", "/x", header=f"Cookie: SID=1.a\r\nX-Reply: Set-Cookie: {cookie}"
        )
        lines = [line.partition(": ")[2] for line in head if line.lower().startswith("set-cookie")]
        found.append([sorted(each.strip().lower() for each in line.split(";")) for line in lines])
    assert found[0] == found[1]
    assert len(found[0]) == 1


def test_what_is_told_of_them(tmp_path_factory: pytest.TempPathFactory) -> None:
    """DES-5: what differs, and what nobody comes to."""
    lines = [
        "ProxyPassMatch ^/static/ !",
        "ProxyPass / http://10.0.0.1/",
        "RedirectMatch ^/$ /home/",
        "Header edit Set-Cookie ^(.*)$ $1;HttpOnly;Secure",
        "Header edit Set-Cookie ^(JS=.*)$ $1;SameSite=Lax",
    ]
    made = translated(tmp_path_factory.mktemp("told"), host(*lines), "nginx")
    assert outcomes(made)["RedirectMatch"] == "no effect in target"
    assert outcomes(made)["Header"] == "approximated"
    assert "proxy_cookie_flags JS httponly secure samesite=lax;" in made.text
    assert "proxy_cookie_flags ~ httponly secure;" in made.text


@pytest.mark.parametrize("rule", ["%{HTTP:X-Forwarded-Proto}://h.test/", "http%{HTTP:X-Tail}://h.test/"])
def test_a_scheme_that_a_client_says(rule: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    """DIF-10: it isn't told where it leads, so nobody is led anywhere."""
    lines = f'<Directory "/srv">\nRewriteEngine On\nRewriteRule ^a {rule} [R,L]\n</Directory>\n'
    made = translated(tmp_path_factory.mktemp("scheme"), lines + host("DocumentRoot /srv"), "nginx")
    assert outcomes(made)["RewriteRule"] == "unsupported"

"""The configurations that the benchmark's rows run: each a function of a ``Place``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from apacheconf.engines import Sandbox
from tests.bench.contenders import ROOT
from tests.runtime import certificates

SITE = ROOT / "fixtures/sites/load-balancer/conf.d/example.com.conf"
#: The format that Debian's httpd calls combined.
COMBINED = '"%h %l %u %t \\"%r\\" %>s %O \\"%{Referer}i\\" \\"%{User-Agent}i\\""'


@dataclass(frozen=True)
class Place:
    """Where a configuration runs: its sandbox, its port on loopback, the ports of the origins, and one for TLS."""

    box: Sandbox
    port: int
    origins: tuple[int, ...]
    tls: int = 0

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.origins[0]}/"


#: Makes the text of a configuration for a place, and the files that it names.
Configure = Callable[[Place], str]


def balancer(place: Place, inside: str = "") -> str:
    """The load-balancer site, moved to the place, with more lines ``inside`` its host."""
    text = SITE.read_text().replace("*:80>", f"*:{place.port}>")
    for number, origin in enumerate(place.origins, 1):
        text = text.replace(f"10.0.0.{number}:8080", f"127.0.0.1:{origin}")
    return f"Listen 127.0.0.1:{place.port}\n{text}".replace("</VirtualHost>", f"{inside}</VirtualHost>")


def logged(place: Place) -> str:
    log = f"    LogFormat {COMBINED} combined\n    CustomLog {place.box.path}/logs/access.log combined\n"
    return balancer(place, log)


def guarded(place: Place) -> str:
    """The load-balancer site for one user, alice, whose password is pw."""
    users = place.box.write("users", "alice:$2a$10$.CgSBxpR8gEr9CbWuhT9CuThkI30U/DfH4lqwgSgTM6JlrgCqoYDq\n")
    return balancer(
        place,
        "    <Location />\n        AuthType Basic\n        AuthName bench\n"
        f"        AuthUserFile {users}\n        Require valid-user\n    </Location>\n",
    )


def secure(place: Place) -> str:
    """The load-balancer site over TLS."""
    text = balancer(place, f"    SSLEngine on\n    SSLCertificateFile {certificates.folder()}/a.pem\n")
    return text.replace(f"Listen 127.0.0.1:{place.port}\n", f"Listen 127.0.0.1:{place.port} https\n")


def many_hosts(count: int) -> Configure:
    """``count`` hosts, of which the first and the last lead to the origin."""

    def text(place: Place) -> str:
        ends = {0: place.origin, count - 1: place.origin}
        hosts = (host(number, place.port, ends.get(number, "")) for number in range(count))
        return f"Listen 127.0.0.1:{place.port}\nServerName main.example\n{''.join(hosts)}"

    return text


def host(number: int, port: int = 8080, origin: str = "") -> str:
    """One virtual host of eleven lines."""
    origin = origin or f"http://10.{number >> 16}.{number >> 8 & 255}.{number & 255}:8080/"
    return (
        f"<VirtualHost *:{port}>\n    ServerName host{number}.example.com\n"
        f'    ServerAlias www.host{number}.example.com\n    ProxyPreserveHost On\n    ProxyPass "/static" "!"\n'
        f'    ProxyPass "/" "{origin}"\n    ProxyPassReverse "/" "{origin}"\n    <Location "/admin">\n'
        "        Require ip 10.0.0.0/8\n    </Location>\n</VirtualHost>\n"
    )


def site(number: int) -> str:
    """A site of two hosts as a hoster writes it: all is sent to TLS, where it has a certificate, logs and origins."""
    name, address = f"host{number}.example.com", f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"
    names = f"    ServerName {name}\n    ServerAlias www.{name}\n"
    logs = f"    ErrorLog logs/host{number}-error.log\n    CustomLog logs/host{number}-access.log combined\n"
    files = f"/etc/letsencrypt/live/{name}"
    origins = {"/api/": f"{address}:8081/api/", "/static/": f"{address}:8082/", "/": f"{address}:8080/"}
    mappings = "".join(
        f"    ProxyPass {path} http://{url}\n    ProxyPassReverse {path} http://{url}\n"
        for path, url in origins.items()
    )
    return (
        f"<VirtualHost *:80>\n{names}    Redirect permanent / https://{name}/\n{logs}</VirtualHost>\n"
        f"<VirtualHost *:443>\n{names}    ServerAdmin webmaster@{name}\n    SSLEngine on\n"
        f"    SSLCertificateFile {files}/fullchain.pem\n    SSLCertificateKeyFile {files}/privkey.pem\n{logs}"
        '    ProxyPreserveHost On\n    Header always set Strict-Transport-Security "max-age=63072000"\n'
        f"    ProxyPass /.well-known/ !\n{mappings}</VirtualHost>\n"
    )


def full_site(number: int, origin: str = "") -> str:
    """The same site with a folder, a balancer and rules of its own, which name it; it leads to the ``origin``, if one
    is given."""
    name, address = f"host{number}.example.com", f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"
    pattern, root = name.replace(".", r"\."), f"/var/www/{name}/public"
    folder = (
        f"    DocumentRoot {root}\n    <Directory {root}>\n        Options -Indexes +FollowSymLinks\n"
        "        AllowOverride None\n        Require all granted\n    </Directory>\n"
    )
    rules = (
        f"    RewriteEngine On\n    RewriteCond %{{HTTP_HOST}} ^www\\.{pattern}$ [NC]\n"
        f"    RewriteRule ^/(.*)$ https://{name}/$1 [R=301,L]\n"
        f'    Header set Access-Control-Allow-Origin "https://{name}"\n'
    )
    balancer = (
        f"    <Proxy balancer://host{number}>\n        BalancerMember http://{address}:8080\n"
        f"        BalancerMember http://{address}:8090\n    </Proxy>\n    ProxyPass /app/ balancer://host{number}/\n"
    )
    made = site(number).replace("    SSLEngine on\n", f"{folder}{rules}    SSLEngine on\n")
    made = made.replace("    ProxyPass /api/", f"{balancer}    ProxyPass /api/")
    return made.replace(f"http://{address}:8080/", origin) if origin else made


RULES = r"""
    RewriteEngine On
    RewriteCond %{HTTP_USER_AGENT} "^(BadBot|Scraper)/" [NC]
    RewriteRule ^ - [F]
    RewriteCond %{REQUEST_METHOD} ^(TRACE|TRACK)$
    RewriteRule .* - [F]
    RewriteRule ^/old/(.*)$ /new/$1 [R=301,L]
    RewriteRule ^/blog/([0-9]{4})/([0-9]{2})/([^/]+)/?$ /posts/$3?y=$1&m=$2 [QSA,PT,L]
    RewriteRule ^/feed/?$ /rss.xml [PT,L]
    RewriteRule \.php$ - [G]
    RewriteCond %{QUERY_STRING} (^|&)debug=1(&|$)
    RewriteRule ^ - [E=DEBUG:1]
    RewriteRule ^/~([a-z]+)/(.*)$ /users/$1/$2 [PT]
    RewriteRule ^/shop/item/([0-9]+)$ /item.cgi?id=$1 [PT,QSA]
    RewriteRule ^/api/v1/(.*)$ /api/v2/$1 [PT]
    SetEnvIf User-Agent "MSIE [2-6]" old_browser
    SetEnvIf Request_URI "\.(gif|jpe?g|png)$" image
    Header set X-Frame-Options "SAMEORIGIN"
    Header always set Strict-Transport-Security "max-age=63072000" env=!old_browser
    RequestHeader set X-Forwarded-Proto "http"
"""


def rules(place: Place) -> str:
    """Ten RewriteRules, two SetEnvIf and three Header lines."""
    return balancer(place, RULES)


def many_rules(place: Place) -> str:
    lines = "".join(f"    RewriteRule ^/section{n}/page-([0-9]+)$ /s/{n}/$1 [PT,L]\n" for n in range(1000))
    return balancer(place, f"    RewriteEngine On\n{lines}")


def many_redirects(place: Place) -> str:
    lines = "".join(f"    Redirect 301 /moved{n} http://elsewhere.example/place{n}\n" for n in range(1000))
    return balancer(place, lines)


def files(place: Place) -> str:
    """A folder with a file of 100 KB."""
    place.box.write("html/page.txt", "x" * 100_000)
    return (
        f"Listen 127.0.0.1:{place.port}\nServerName example.com\nDocumentRoot {place.box.path}/html\n"
        f"<Directory {place.box.path}/html>\n    Require all granted\n</Directory>\n"
    )

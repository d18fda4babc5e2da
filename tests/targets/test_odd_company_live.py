"""What goes wrong only where two features meet, found in configurations of strangers: httpd and HAProxy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.targets.configs import host, outcomes, translated
from tests.targets.echoes import ask, exchange
from tests.targets.fronts import MODULES, Fronts, fronts

_CONFIG = """
<VirtualHost *:{port}>
    ServerName guarded.test
    <Location />
        AuthType Basic
        AuthName "us"
        AuthUserFile {users}
        Require valid-user
    </Location>
    RewriteEngine On
    RewriteCond %{HTTP_HOST} ^guarded
    RewriteRule ^/moved/(.*)$ http://127.0.0.1:{two}/$1 [P,QSA]
    ProxyPass / http://127.0.0.1:{one}/
</VirtualHost>
<VirtualHost *:{port}>
    ServerName cloud.test
    AllowEncodedSlashes NoDecode
    RewriteEngine On
    RewriteRule ^/dav https://%{SERVER_NAME}/remote.php/dav/ [R=301,L]
    RewriteRule ^/known/(finger|node) /index.php/known/$1 [PT,L]
    ProxyPass / http://127.0.0.1:{one}/ nocanon
</VirtualHost>
<VirtualHost *:{port}>
    ServerName denied.test
    ErrorDocument 403 http://help.test/denied
    RewriteEngine On
    RewriteCond %{REQUEST_METHOD} !^(GET|HEAD)$
    RewriteRule .* - [R=405,L]
    RewriteCond %{TIME_HOUR}%{TIME_MIN} >=0000
    RewriteCond %{TIME_HOUR}%{TIME_MIN} <2360
    RewriteRule ^/always - [G]
    RewriteCond %{QUERY_STRING} (.*)(?:^|&)debug=1(.*)
    RewriteRule ^/app/(.*)$ /app/$1?%1%2 [R=302,L]
    ProxyPass / http://127.0.0.1:{one}/
</VirtualHost>
<VirtualHost *:{port}>
    ServerName api.test
    SetEnvIf Request_URI "^/api/" is_api
    Header always set X-Api "yes" env=is_api
    Redirect /api/old /api/new
    Header set X-Api-Fine "yes" "expr=%{REQUEST_STATUS} < 400"
    RewriteEngine On
    RewriteCond %{HTTP:X-Proto} http$
    RewriteRule ^ https://%{HTTP_HOST}%{REQUEST_URI} [R=308,L]
    ProxyPass / http://127.0.0.1:{one}/
</VirtualHost>
"""
_ASKED = (
    *(("guarded.test", path) for path in ("/moved/a", "/moved/a%3Fb", "/moved/a?b", "/x%3Fy", "/x")),
    *(("cloud.test", path) for path in ("/dav", "/dav%3Fx", "/dav?x", "/known/finger", "/known/finger%3Fx",
      "/known/node?q=1", "/known/other", "/a%2Fb")),
    *(("denied.test", path) for path in ("/always", "/app/x?c=d&debug=1", "/app/x%3Fy?debug=1&a=b", "/app/x")),
    *(("api.test", path) for path in ("/api/", "/api/x", "/x", "/api/old", "/other")),
)  # fmt: skip
_MODULES = (*MODULES, "auth_basic_module", "authn_core_module", "authn_file_module", "authz_user_module",
            "rewrite_module", "headers_module", "setenvif_module", "alias_module")  # fmt: skip


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronts]:
    folder = tmp_path_factory.mktemp("company")
    (folder / "users").write_text("nobody:*\n")
    with fronts(_CONFIG.replace("{users}", str(folder / "users")), folder, _MODULES) as found:
        yield found


@pytest.mark.live
@pytest.mark.parametrize("header", ["", "X-Proto: http", "X-Status: 404 Not Found"])
@pytest.mark.parametrize(("name", "path"), _ASKED)
def test_features_that_meet(name: str, path: str, header: str, running: Fronts) -> None:
    """SEM-3, SEM-30, PU-5, SEM-19: what refuses first, what goes on raw, and what redirects have, too."""

    def given(server: str) -> tuple[object, ...]:
        lines, _ = exchange(running.at[server], name, path, header=header)
        shown = sorted(line.lower() for line in lines if line.lower().startswith("x-api"))
        return *ask(running.at[server], name, path, header=header), shown

    assert given("haproxy") == given("httpd")


def test_members_that_idle_are_told_of(tmp_path: Path) -> None:
    """HAP-80: leastconn weighs busy members only."""
    members = ["BalancerMember http://10.0.0.1 loadfactor=1", "BalancerMember http://10.0.0.2 loadfactor=2"]
    balancer = (
        "<Proxy balancer://b>",
        *members,
        "ProxySet lbmethod=bybusyness",
        "</Proxy>",
        "ProxyPass / balancer://b/",
    )
    found = outcomes(translated(tmp_path, host(*balancer), "haproxy"))
    assert (found["ProxySet"], found["BalancerMember"]) == ("approximated", "equivalent")

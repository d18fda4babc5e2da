"""What frontends, and backends of a host, do alike stands in haproxy.cfg once, in a ``defaults`` (HAP-1)."""

from __future__ import annotations

import base64
import re
from pathlib import Path
from tempfile import gettempdir

import pytest

from apacheconf.engines import Verdict, check
from tests.targets.configs import host, translated
from tests.targets.echoes import ask
from tests.targets.fronts import MODULES, fronts

_TENANT = """
<VirtualHost {address}>
    ServerName {name}.test
    RequestHeader set X-Tenant {name}
    Header set X-Shown {name}
    Header always set X-Always {name}
    <Location /files/private>
        Require expr "-n %{{HTTP:X-Staff}}"
    </Location>
    ProxyPass /files {one}/files
    ProxyPassReverse /files {one}/files
    ProxyPass /app {two}/app
    ProxyPassReverse /app {two}/app
    Redirect permanent /old http://{name}.test/new
    Redirect /older http://{name}.test/newer
</VirtualHost>
"""
_ONE, _TWO = "http://127.0.0.1:8001", "http://127.0.0.1:8002"


def _tenants(address: str, one: str, two: str) -> str:
    return "".join(_TENANT.format(address=address, name=name, one=one, two=two) for name in ("first", "second"))


def _section(text: str, title: str) -> str:
    found = re.search(rf"^{re.escape(title)}.*?(?=\n\n(?:#|\S)|\Z)", text, re.MULTILINE | re.DOTALL)
    assert found is not None, text
    return found[0]


def test_what_a_hosts_backends_do_alike_stands_once(tmp_path: Path) -> None:
    found = translated(tmp_path, _tenants("*:80", _ONE, _TWO), "haproxy")
    text = found.text
    for line in ("set-header X-Tenant first", "http-response set-header X-Shown second"):
        assert text.count(line) == 1, line
    assert "set-header X-Tenant first" in _section(text, "defaults proxied-by-first.test from main")
    for own in re.findall(r"^backend .* from proxied-by-first\.test\n(?:\n?    .*\n)*", text, re.MULTILINE):
        assert [line.split()[0] for line in own.split("\n") if line] == ["backend", "http-request", "server"]
    assert text.count("from proxied-by-first.test\n") == 2
    assert check("haproxy", found.files).verdict is not Verdict.REFUSED


def test_lines_say_where_they_went(tmp_path: Path) -> None:
    """A directive whose line is shared is found there, under every name that leads to it."""
    found = translated(tmp_path, _tenants("*:80", _ONE, _TWO), "haproxy")
    lines = found.text.splitlines()
    row = next(each for each in found.rows if each.name == "RequestHeader")
    at = {int(answer.at.rpartition(":")[2]) for answer in row.answers if answer.at}
    assert [lines[number - 1].strip() for number in at] == ["http-request set-header X-Tenant first"]


def test_frontends_share_what_they_do_first(tmp_path: Path) -> None:
    both = host(f"ProxyPass / {_ONE}/") + host(f"ProxyPass / {_TWO}/", address="*:81")
    text = translated(tmp_path, both, "haproxy").text
    assert "normalize-uri" in _section(text, "defaults clients from main")
    assert "normalize-uri" not in _section(text, "frontend http-all-80 from clients")
    alone = translated(tmp_path, host(f"ProxyPass / {_ONE}/"), "haproxy").text
    assert re.findall("^defaults.*$", alone, re.MULTILINE) == ["defaults"]


@pytest.mark.live
def test_who_may_is_asked_once_for_a_host(tmp_path: Path) -> None:
    """HAProxy looks users up in defaults, too."""
    users = tmp_path / "users"
    users.write_text("joe:$5$abcdefgh$gruCpC7VkOTspMQTTSAR8mtlO9Upms.fwqE5y16JVM.\n")
    tmp_path.chmod(0o755)
    for above in tmp_path.parents:
        if above != Path(gettempdir()) and above.is_relative_to(gettempdir()):
            above.chmod(0o755)
    guard = (
        "<Location />",
        "AuthType Basic",
        "AuthName a",
        f"AuthUserFile {users}",
        "Require valid-user",
        "</Location>",
    )
    mapped = ("ProxyPass /a http://127.0.0.1:{one}/", "ProxyPass /b http://127.0.0.1:{two}/")
    config = host(*guard, 'RequestHeader set X-User "expr=%{REMOTE_USER}"', *mapped, address="*:{port}")
    text = translated(
        tmp_path, config.replace("{one}", "81").replace("{two}", "82").replace("{port}", "80"), "haproxy"
    ).text
    assert "http_auth" in _section(text, "defaults proxied from main")
    assert text.count("http-request auth realm") == 2  # and where no mapping leads
    modules = (*MODULES, "headers_module", "auth_basic_module", "authn_core_module", "authn_file_module",
               "authz_user_module")  # fmt: skip
    with fronts(config, tmp_path, modules) as found:
        for path in ("/a/x", "/b/x", "/c"):
            for password in ("", "secret", "wrong"):
                said = base64.b64encode(f"joe:{password}".encode()).decode()
                header = f"Authorization: Basic {said}" if password else ""
                theirs, ours = (ask(found.at[each], "a.test", path, header=header) for each in ("httpd", "haproxy"))
                assert ours == theirs, (path, password)


def test_what_the_address_says_is_not_asked(tmp_path: Path) -> None:
    """TLS is spoken at an address or it isn't."""
    rules = ("RewriteEngine On", "RewriteCond %{HTTPS} !=on", "RewriteRule ^ https://a.test%{REQUEST_URI} [R=301,L]")
    text = translated(tmp_path, host(*rules, f"ProxyPass / {_ONE}/"), "haproxy").text
    assert "ssl_fc" not in text
    assert "\n    default_backend redirect-a.test" in text
    assert "127.0.0.1-8001" not in text


@pytest.mark.live
def test_they_do_what_httpd_does(tmp_path: Path) -> None:
    config = _tenants("*:{port}", "http://127.0.0.1:{one}", "http://127.0.0.1:{two}")
    config = config.replace("127.0.0.1:{{", "127.0.0.1:{").replace("}}", "}")
    paths = ("/files/x", "/files/private/x", "/app/x", "/old/x", "/older", "/nowhere", "/a%2Fb", "/app/%zz")
    modules = (*MODULES, "headers_module", "alias_module")
    with fronts(config, tmp_path, modules) as found:
        for name in ("first.test", "second.test", "other.test"):
            for path in paths:
                for header in ("", "X-Staff: yes", "X-Tenant: me\r\nX-Forwarded-For: 9.9.9.9"):
                    theirs, ours = (ask(found.at[each], name, path, header=header) for each in ("httpd", "haproxy"))
                    assert ours == theirs, (name, path, header)

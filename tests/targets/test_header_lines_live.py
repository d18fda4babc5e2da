"""What each operation of Header and RequestHeader does, and what their values come to, on httpd and on nginx."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from apacheconf.targets import Translation
from tests.targets.configs import host, translated
from tests.targets.echoes import exchange
from tests.targets.fronts import MODULES, Fronts, fronts

pytestmark = pytest.mark.live

_CONFIG = r"""
<VirtualHost *:{port}>
    ServerName first.test
    SetEnvIf X-Tenant ^([a-z]+)-([0-9]+)$ tenant=$1 number=no-$2
    SetEnvIf X-Tenant ^none- !tenant
    SetEnvIf Host (.*) THE_HOST=$1
    SetEnvIf X-Empty . gone=1 empty=
    SetEnv fixed "a $ sign"
    RewriteEngine On
    RewriteCond %{HTTP_HOST} ^(\w+)\.
    RewriteCond %{HTTP:X-Lane} (.+)
    RewriteRule ^ - [E=lane:%1,E=aport:%{SERVER_PORT},E=scheme:%{REQUEST_SCHEME}]
    RequestHeader set X-Tenant "%{tenant}e / %{number}e"
    RequestHeader set X-Lane %{lane}e
    RequestHeader set X-Port "%{scheme}e:%{aport}e"
    RequestHeader set X-Fixed %{fixed}e
    RequestHeader set X-Unset %{nobody}e
    RequestHeader set X-Nothing ""
    RequestHeader set X-Maybe "%{empty}e" env=gone
    RequestHeader set X-Own-Host "https://%{THE_HOST}e"
    RequestHeader set X-Tls "%{HTTPS}s %{REMOTE_ADDR}s %{SSL_PROTOCOL}s"
    RequestHeader set X-Url "expr=http://%{HTTP_HOST}%{REQUEST_URI}?%{QUERY_STRING}"
    RequestHeader append X-List mine
    RequestHeader merge X-Merged mine
    RequestHeader add X-Added mine
    RequestHeader edit X-Edited ^(a)(.*)$ "$2-$1 \$"
    RequestHeader edit X-Edited "(?i)B" [$0] env=nobody
    RequestHeader edit X-Once o 0
    RequestHeader set X-Secure on env=HTTPS
    RequestHeader unset X-Early early
    RequestHeader set X-Late "%{tenant}e" env=tenant
    RequestHeader unset X-Late env=!tenant
    Header append Vary Accept
    Header merge X-Tokens two
    Header edit Location ^http://one/ https://two/
    Header edit X-Edited "o(.)" "0$1"
    Header set X-If-Created yes "expr=%{REQUEST_STATUS} == 201"
    Header set X-Not-Ok yes "expr=%{REQUEST_STATUS} -ne 200"
    Header set X-Reply-Seen "expr=%{resp:X-Reply-Kind}"
    Header always set X-Tenant "%{tenant}e" env=tenant
    Header always append X-Made one
    Header always append X-Made two
    Header always merge X-Made two
    Header always edit X-Made t T
    Header always edit* Set-Cookie a b
    Header always setifempty X-Made never
    Header always setifempty X-First always
    Header unset Server
    <Location /kept>
        ProxyPreserveHost On
        RequestHeader set Host "other.test:81"
    </Location>
    <Location /own>
        RequestHeader set Host "other.test:81"
    </Location>
    <Location /lists>
        RequestHeader set X-Forwarded-For "9.9.9.9" env=tenant
        RequestHeader append X-Forwarded-Host also.test
    </Location>
    ProxyPass / http://127.0.0.1:{one}/
</VirtualHost>
"""
_MODULES = (*MODULES, "headers_module", "setenvif_module", "env_module", "rewrite_module", "ssl_module")
_OF_SERVERS = ("date", "content-length", "connection", "content-type", "transfer-encoding", "accept-ranges")
_ASKED = (
    "",
    "X-Tenant: alpha-12",
    "X-Tenant: none-12",
    "X-Lane: left",
    "X-Empty: 1",
    "X-List: theirs\r\nX-Merged: a, mine\r\nX-Added: theirs\r\nX-Edited: aB\r\nX-Once: oo",
    "X-Merged: mine , a\r\nX-Edited: b\r\nX-Early: 1\r\nX-Late: theirs\r\nX-Secure: off",
    "X-Merged: a,  mine\r\nX-Forwarded-For: 1.1.1.1\r\nX-Forwarded-Host: h.test\r\nX-Tenant: b-1",
    "X-Reply: Vary: Origin|X-Tokens: one, two|X-Edited: foo|Location: http://one/x|X-Reply-Kind: 7|Server: theirs",
    "X-Reply: X-Tokens: one|X-Edited: none here|Location: /one|X-Made: origin|X-First: origin",
    "X-Location: http://one/elsewhere",
)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronts]:
    with fronts(_CONFIG, tmp_path_factory.mktemp("lines"), _MODULES) as found:
        yield found


def _ask(port: int, path: str, header: str) -> tuple[str, list[str], str]:
    """Status, the headers that count with the items of all their lines, and the body of the origin."""
    head, body = exchange(port, "first.test", path, header=header)
    lines: dict[str, list[str]] = {}
    for line in head[1:]:
        name, _, value = line.partition(":")
        if name.lower() not in (*_OF_SERVERS, "server"):
            lines.setdefault(name.lower(), []).append(value.strip())
    body = body.replace("=127.0.0.1", "=client").replace(str(port), "PORT")
    fields = [f"{name}: {sorted(', '.join(values).replace(', ', ',').split(','))}" for name, values in lines.items()]
    return head[0].split()[1], sorted(fields), re.sub(r"  +", " ", body) if body[:1].isdigit() else ""


@pytest.mark.parametrize("path", ["/x?a=b", "/kept/x", "/own/x", "/lists/x", "/a%2fb"])
@pytest.mark.parametrize("header", _ASKED)
def test_lines(header: str, path: str, running: Fronts) -> None:
    """HD-3 to HD-7, EV-1 to EV-8; NGX-67 to NGX-69, NGX-87, NGX-88, NGX-192."""
    expected = _ask(running.at["httpd"], path, header)
    assert expected[0] == ("404" if "%2f" in path else "302" if "X-Location" in header else "200")
    assert _ask(running.at["nginx"], path, header) == expected


@pytest.mark.parametrize("name", ["httpd", "nginx"])
def test_the_server_of_the_origin_is_gone(name: str, running: Fronts) -> None:
    """HD-4: who unsets Server gets that of the server in front."""
    head, _ = exchange(running.at[name], "first.test", "/x", header="X-Reply: Server: theirs")
    assert not any("theirs" in line for line in head)


@pytest.mark.parametrize("name", ["httpd", "nginx"])
def test_a_broken_body_is_no_answer_of_the_origin(name: str, running: Fronts) -> None:
    """SEM-19, NGX-84: lines of the table onsuccess don't come with what the server says by itself."""
    head = "POST /x HTTP/1.1\r\nHost: first.test\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"
    with socket.create_connection(("127.0.0.1", running.at[name]), timeout=5) as client:
        client.sendall(head.encode())
        answer = client.recv(65536).decode("latin-1")
    assert answer.split()[1] == "400"
    assert "X-First: always" in answer
    assert "X-Not-Ok" not in answer


def _told(folder: Path, *lines: str) -> Translation:
    return translated(folder, host(*lines, "ProxyPass / http://10.0.0.1/"), "nginx")


def test_a_header_that_can_not_be_said_is_withheld(tmp_path: Path) -> None:
    """DES-8: an origin that believes a header must not get the client's own."""
    found = _told(tmp_path, "RequestHeader set X-User %{AUTHENTICATE_NAME}e")
    row = next(row for row in found.rows if row.name == "RequestHeader")
    assert row.outcome.words == "unsupported"
    assert 'proxy_set_header X-User "";' in found.text


def test_several_lines_of_a_header(tmp_path: Path) -> None:
    """NGX-87: nginx reads all lines of a header from 1.23 on."""
    lines = host("RequestHeader append X-List mine", "ProxyPass / http://10.0.0.1/")
    outcomes = [
        next(
            row.outcome.words for row in translated(tmp_path, lines, "nginx", version).rows if row.args[:6] == "append"
        )
        for version in ("1.22", "1.31")
    ]
    assert outcomes == ["approximated", "equivalent"]

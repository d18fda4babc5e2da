"""Virtual hosts on the real httpd and on ours, with the same text and the same bytes: who answers, and what is refused.

Each host redirects to a name of its own.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.live.same import Asked, differences

pytestmark = pytest.mark.live

HOSTS = """
Redirect / http://main.answers/
<VirtualHost *:80>
    ServerName first.example:9999
    ServerAlias *.wild.example q?.example one.example, two.example
    ServerPath /sub
    ProxyPass /proxied http://10.0.0.1:8080/
    Redirect / http://first.answers/
</VirtualHost>
<VirtualHost *:80>
    ServerName SECOND.example
    ServerAlias x.wild.example first.example
    ServerPath /other
    Redirect / http://second.answers/
</VirtualHost>
<VirtualHost *:80>
    ServerName second.example
    ServerAlias third.example
    Redirect / http://third.answers/
</VirtualHost>
"""
ALONE = """
Redirect / http://main.answers/
<VirtualHost *:80>
    ServerName only.example
    ProxyPass /proxied http://10.0.0.1:8080/
    Redirect / http://only.answers/
</VirtualHost>
"""

#: VH-17, VH-21 to VH-23, VH-31, VH-32, VH-36: names without case, ports don't matter, the first that fits.
NAMES = (
    *("first.example", "FIRST.Example", "first.example.", "first.example:80", "first.example:9999"),
    *("second.example", "Second.EXAMPLE:1", "third.example", "x.wild.example", "a.b.wild.example", ".wild.example"),
    *("wild.example", "qq.example", "q.example", "qqq.example", "one.example", "two.example", "unknown.example"),
    *("127.0.0.1", "[::1]", "a_b", "-a"),
)
#: The table of 6.5: what is no Host header.
BAD = (
    *("", "a.example:", ":abc", "a.example:0", "a.example:65536", "a..b", "a.example..", "a/b", "a\\b", "a b", "a\tb"),
    *("a,b", "a@b", "a%b", "*", 'a"b', "a;b", "a#b", "a?b", "a&b", "\xe9", "123", "1.2.3", "01.2.3.4", "foo.1"),
    *("[::1", "[zz]", "::1"),
)


def get(host: str, target: str = "/") -> bytes:
    return f"GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode("latin-1")


#: VH-35: without a Host header the path may say who is meant.
WITHOUT_HOST: dict[str, Asked] = {
    f"{version} {path}": f"GET {path} HTTP/{version}\r\n{close}\r\n".encode()
    for version, close in (("1.0", ""), ("1.1", "Connection: close\r\n"))
    for path in ("/", "/sub", "/sub/x", "/subx", "/other/x")
}
#: VH-41, VH-42: targets that are no paths.
TARGETS: dict[str, Asked] = {
    "absolute": get("second.example", "http://first.example/"),
    "absolute with port": get("second.example", "http://first.example:81/x"),
    "absolute, bad host": get("a..b", "http://first.example/"),
    "another scheme": get("second.example", "https://first.example/"),
    "userinfo": get("second.example", "http://u@first.example/"),
    "absolute without host": b"GET http://first.example/ HTTP/1.1\r\nConnection: close\r\n\r\n",
    "no slash": get("first.example", "foo"),
    "two hosts": b"GET / HTTP/1.1\r\nHost: first.example\r\nHost: first.example\r\nConnection: close\r\n\r\n",
}


def test_names(tmp_path: Path) -> None:
    assert differences(tmp_path, HOSTS, {name: get(name) for name in NAMES}) == {}


def test_what_is_no_host_header(tmp_path: Path) -> None:
    assert differences(tmp_path, HOSTS, {name: get(name) for name in BAD}) == {}


def test_without_a_host_header(tmp_path: Path) -> None:
    assert differences(tmp_path, HOSTS, WITHOUT_HOST) == {}


def test_targets(tmp_path: Path) -> None:
    assert differences(tmp_path, HOSTS, TARGETS) == {}


def test_the_scheme_of_the_first_name_counts(tmp_path: Path) -> None:
    """VH-21, VH-41: it matters for absolute targets, if not for names."""
    text = HOSTS.replace("ServerName first.example:9999", "ServerName https://first.example:9999")
    assert differences(tmp_path, text, TARGETS) == {}


def test_a_set_with_one_host_serves_every_name(tmp_path: Path) -> None:
    """VH-33, VH-34: the main server never answers where a host has the address."""
    assert differences(tmp_path, ALONE, {name: get(name) for name in NAMES[-8:]}) == {}


@pytest.mark.parametrize("name", ["n.example", "n.example:99", "https://n.example", "https://n.example:8443"])
@pytest.mark.parametrize("canonical", ["Off", "On"])
def test_the_port_and_name_of_itself(tmp_path: Path, name: str, canonical: str) -> None:
    """VH-60 and the table of 6.7: in self-made URLs and in variables."""
    text = f"""
    <VirtualHost *:80>
        ServerName {name}
        UseCanonicalName {canonical}
        ProxyPass /proxied http://10.0.0.1:8080/
        RequestHeader set X-Itself "expr=%{{SERVER_NAME}} %{{SERVER_PORT}} %{{REQUEST_SCHEME}}"
        Redirect /x /y
    </VirtualHost>
    """
    hosts = ("a.example", "a.example:77", "n.example:99")
    asked: dict[str, Asked] = {f"{host}{path}": get(host, path) for host in hosts for path in ("/proxied", "/x")}
    assert differences(tmp_path, text, asked) == {}

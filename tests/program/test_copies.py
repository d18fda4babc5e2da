"""Hosts that say the same are compiled once: the program is the one that compiling each of them gives."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

import pytest

from apacheconf.program import build, load
from apacheconf.program.core import log_target
from apacheconf.program.hosts import Host
from apacheconf.program.own_words import filled
from apacheconf.program.program import Program

#: Lines of a host, in which ``N`` is its number: some may be copied, some must not.
_HOSTS = {
    "plain": 'ProxyPass "/" "http://10.0.0.N:8080/"\nProxyPassReverse "/" "http://10.0.0.N:8080/"',
    "without a port": "ProxyPass / http://hN.internal/app\nProxyPassReverse / http://hN.internal/app",
    "the usual port": "ProxyPass / http://hN.internal:80/\nProxyPassReverse / http://hN.internal/",
    "capitals": "ProxyPass / http://HN.internal/\nProxyPassReverse / http://hN.internal/",
    "two paths of one": "ProxyPass /a http://hN.internal/a timeout=3\nProxyPass / http://hN.internal/",
    "shared with a shorter one": "ProxyPass / http://hN.internal/\nProxyPass /a http://hN.internal/a timeout=3",
    "two origins": "ProxyPass /a http://aN.internal/\nProxyPass / http://bN.internal/",
    "the same one twice": "ProxyPass /a http://aN.internal/\nProxyPass / http://aN.internal/",
    "a balancer": "<Proxy balancer://bN>\nBalancerMember http://mN.internal\n</Proxy>\nProxyPass / balancer://bN/",
    "in a section": '<Location "/x">\nProxyPass http://hN.internal/\nRequire ip 10.0.0.0/8\n</Location>',
    "a redirect to itself": 'Redirect "/old" "https://hostN.test/"\nProxyPass / http://hN.internal/',
    "a socket": "ProxyPass / unix:/run/N.sock|http://hN.internal/",
    "captures": "ProxyPassMatch ^/(.*)$ http://hN.internal/$1",
    "over TLS": "SSLProxyEngine On\nProxyPass / https://hN.internal:8443/",
    "a log of its own": 'CustomLog logs/N.log combined\nProxyPass / http://hN.internal/',
    "two logs that are one": "ErrorLog logs/N.log\nCustomLog logs/N.log combined",
    "a log elsewhere": 'ErrorLog "/var/log/N.log"\nTransferLog logs/./N.log\nCustomLog "|logger N" combined',
    "a redirect to an origin": "Redirect /a http://hN.internal/\nProxyPass / http://hN.internal/\n"
    "ProxyPassReverse / http://hN.internal/",
    "an administrator": "ServerAdmin root@hostN.test\nProxyPass / http://hN.internal/",
    "a certificate": "SSLEngine on\nSSLCertificateFile /certs/N.pem\nSSLCertificateKeyFile /certs/N.key",
    "folders of its own": "DocumentRoot /var/www/hostN.test/public\n<Directory /var/www/hostN.test/public>\n"
    "Options -Indexes\nRequire all granted\n</Directory>\nAlias /x /var/www/hostN.test/x",
    "a folder that is not called as it is": "DocumentRoot /srv/www/webN/htdocs\n<Directory /srv/www/webN>\n"
    "Require all granted\n</Directory>",
    "the folders of another": "DocumentRoot /srv/www/webN/htdocs\n<Directory /srv/www/web1>\nRequire ip 10.0.0.N\n"
    "</Directory>",
    "rules that name it": "RewriteEngine On\nRewriteCond %{HTTP_HOST} ^www\\.hostN\\.test$ [NC]\n"
    "RewriteRule ^/(.*)$ https://hostN.test/$1 [R=301,L]",
    "what certbot writes": "RewriteEngine on\nRewriteCond %{SERVER_NAME} =www.hostN.test [OR]\n"
    "RewriteCond %{SERVER_NAME} =hostN.test\nRewriteRule ^ https://%{SERVER_NAME}%{REQUEST_URI} [END,NE,R=permanent]",
    "rules that lead to an origin": "RewriteEngine On\nRewriteRule ^/(.*)$ http://hN.internal/$1 [P]",
    "a name that comes after others": 'RewriteEngine On\nRewriteCond %{HTTP_HOST} ">hostN.test"\nRewriteRule ^ - [F]',
    "headers that name it": 'Header set Access-Control-Allow-Origin "https://hostN.test"\n'
    'ProxyPass / http://hN.internal/\nProxyPassReverseCookieDomain hN.internal hostN.test',
    "a balancer called as it is": "<Proxy balancer://hostN.test>\nBalancerMember http://mN.internal route=a\n"
    "BalancerMember http://nN.internal:8080/x loadfactor=2\nProxySet stickysession=ID\n</Proxy>\n"
    "ProxyPass / balancer://hostN.test/\nProxyPassReverse / balancer://hostN.test/",
    "a balancer that is guarded": "<Proxy balancer://bN>\nBalancerMember http://mN.internal\nRequire ip 10.0.0.0/8\n"
    "</Proxy>\nProxyPass / balancer://bN/",
    "a certificate of all": "SSLEngine on\nProxyPass / http://hN.internal/",
    "certificates by commands": "SSLEngine on\nSSLCertificateFile /certs/N.pem\nSSLOpenSSLConfCmd PrivateKey /k.pem",
    "two certificates": "SSLEngine on\nSSLCertificateFile /certs/N.pem\nSSLCertificateKeyFile /certs/N.key\n"
    "SSLCertificateFile /certs/N-ec.pem\nSSLCertificateKeyFile /certs/N-ec.key\nSSLProtocol -all +TLSv1.3",
    "a proxy": "<Proxy http://hN.internal/>\nRequire all denied\n</Proxy>\nProxyPass / http://hN.internal/",
}  # fmt: skip


def _compiled(folder: Path, text: str, few: int, monkeypatch: pytest.MonkeyPatch) -> Program:
    monkeypatch.setattr(build, "_FEW", few)
    (folder / "site.conf").write_text(text)
    return load([str(folder / "site.conf")]).require()


def _hosts(lines: str, count: int, first: str = "") -> str:
    names = "ServerName host{0}.test\nServerAlias www.host{0}.test *.host{0}.test"
    hosts = (
        f"<VirtualHost *:80>\n{names.format(n)}\n{re.sub('N(?![A-Z])', str(n), lines)}\n</VirtualHost>\n"
        for n in range(count)
    )
    return first + "".join(hosts)


def _same(one: Program, other: Program) -> None:
    """Two readings of a file: what was written is compared by where it stands."""
    assert one.origins == other.origins and one.index == other.index
    assert [_at(each.said_by) for each in one.origins] == [_at(each.said_by) for each in other.origins]
    assert [_at([each]) for each, _ in one.left_out] == [_at([each]) for each, _ in other.left_out]
    for copy, host in zip(one.hosts, other.hosts, strict=True):
        assert (copy.shape, copy.origins, copy.texts) == (host.shape, host.origins, host.texts)
        assert (copy.document_root, copy.server_path) == (host.document_root, host.server_path)
        assert (copy.name, copy.aliases, copy.port) == (host.name, host.aliases, host.port)
        assert (copy.errors, copy.admin, copy.front_tls) == (host.errors, host.admin, host.front_tls)
        assert [_at(each.front_tls.said_by) for each in (copy, host) if each.front_tls] in ([], [_tls_at(host)] * 2)
        assert _at(copy.directives) == _at(host.directives) and _at(copy.named_by) == _at(host.named_by)


def _tls_at(host: Host) -> list[tuple[str, int]]:
    return _at(host.front_tls.said_by) if host.front_tls else []


def _at(directives: object) -> list[tuple[str, int]]:
    return [(each.name, each.place.span.line) for each in directives]  # type: ignore[attr-defined]


@pytest.mark.parametrize("what", _HOSTS)
def test_a_copy_is_what_compiling_gives(tmp_path: Path, what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text = _hosts(_HOSTS[what], 5)
    _same(*(_compiled(tmp_path, text, few, monkeypatch) for few in (0, 100)))


def test_hosts_of_many_forms_stand_beside_each_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "".join(_hosts(lines, 3) for lines in _HOSTS.values()) * 2
    _same(*(_compiled(tmp_path, text, few, monkeypatch) for few in (0, 1000)))


def test_origins_of_the_main_server_are_met_by_every_host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = _hosts(_HOSTS["plain"], 4, "ProxyPass /main http://10.0.0.2:8080/\n")
    _same(*(_compiled(tmp_path, text, few, monkeypatch) for few in (0, 100)))


def test_a_log_of_the_main_server_is_no_hosts_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = _hosts(_HOSTS["a log of its own"], 4, "GlobalLog logs/0.log combined\nRedirect /x http://x.test/\n")
    _same(*(_compiled(tmp_path, text, few, monkeypatch) for few in (0, 100)))


def test_a_line_in_a_section_is_not_that_line_behind_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    section = '<Location "/x">\nRequire ip 10.0.0.0/8\n{}</Location>\n{}ProxyPass / http://hN.internal/'
    line = "Header set X-There yes\n"
    text = "".join(_hosts(section.format(*each), 5) for each in ((line, ""), ("", line)))
    _same(*(_compiled(tmp_path, text, few, monkeypatch) for few in (0, 100)))


#: How a hoster writes a site: all is sent to TLS, where the host has a certificate, logs and three origins of its own.
_SITE = """\
ServerAdmin webmaster@hostN.test
Redirect permanent / "https://hostN.test/"
ErrorLog logs/hostN-error.log
CustomLog logs/hostN-access.log combined
SSLEngine on
SSLCertificateFile /etc/letsencrypt/live/hostN.test/fullchain.pem
SSLCertificateKeyFile /etc/letsencrypt/live/hostN.test/privkey.pem
ProxyPass /api/ http://10.0.0.N:8081/api/
ProxyPass /static/ http://10.0.0.N:8082/
ProxyPass / http://10.0.0.N:8080/
"""


#: The same with folders, a balancer and rules that say words of its own.
_OWN_SITE = (
    _SITE
    + """\
DocumentRoot /var/www/hostN.test/public
<Directory /var/www/hostN.test/public>
    Require all granted
</Directory>
<Proxy balancer://hostN>
    BalancerMember http://10.0.1.N:8080
    BalancerMember http://10.0.2.N:8080
</Proxy>
ProxyPass /shop/ balancer://hostN/
RewriteEngine On
RewriteCond %{HTTP_HOST} !^hostN\\.test$
RewriteRule ^/(.*)$ https://hostN.test/$1 [R=301,L]
"""
)


@pytest.mark.parametrize("lines", [_HOSTS["plain"], _SITE, _OWN_SITE])
def test_only_the_first_of_them_is_compiled(lines: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[int] = []
    whole = build._Compiler._compiled
    monkeypatch.setattr(
        build._Compiler,
        "_compiled",
        lambda self, number, server: compiled.append(number) or whole(self, number, server),
    )
    program = _compiled(tmp_path, _hosts(lines, 20, "Listen 80\nListen 443\n"), 8, monkeypatch)
    assert compiled == [0, 1] and len({id(host.form) for host in program.hosts[1:]}) == 1
    last = program.hosts[-1]
    assert last.builder is last.builder and compiled == [0, 1, 20]  # what reads its .htaccess files
    assert last.builder is not None
    assert last.builder.linker.directives == last.directives
    assert sorted(last.builder.origins.numbers.values()) == sorted(last.origins)


def test_what_stands_for_own_words_is_what_each_host_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Filled in, the model of any of them is that host; models of two hosts are the same."""
    program = _compiled(tmp_path, _hosts(_OWN_SITE, 4, "Listen 80\nListen 443\n"), 0, monkeypatch)
    (alike,) = program.alike
    first, last = (alike.make_model(program.hosts[number]) for number in (alike.hosts[0], alike.hosts[-1]))
    assert first is not None and last is not None
    assert first.form == last.form != program.hosts[1].shape
    assert alike.own[-1] == {"n0": "host3.test", "b0": "host3"}
    assert first.document_root == "/var/www/own-n0.invalid/public"
    assert filled(first.document_root, alike.own[-1]) == program.hosts[-1].document_root
    assert first.directives == program.hosts[1].directives


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("own-n0.invalid/x", "a-b.test/x"),
        (r"^www\.own-n0\.invalid\z", r"^www\.a-b\.test\z"),
        (r"own\\-n0\\.invalid", r"a\\-b\\.test"),
        ("own-f0.invalid", "web"),
    ],
)
def test_words_are_filled_in_as_escaped_as_what_stands_for_them(text: str, expected: str) -> None:
    assert filled(text, {"n0": "a-b.test", "f0": "web"}) == expected


@pytest.mark.parametrize("root", ["/etc/apache2", "/", "conf", ""])
@pytest.mark.parametrize("written", [
    "logs/a.log", "/var/log/a.log", "./a.log", "/a//b", "a/", "/a/.hidden", "a/../b", "..", "/", "//x/y", "/a/./b",
])  # fmt: skip
def test_the_file_of_an_error_log_is_named_as_paths_are(root: str, written: str) -> None:
    assert log_target(written, root) == str(PurePosixPath(root, written))

"""Logs of httpd and of each target for the same requests: line for line (NGX-190, HAP-113, LOG-1 to LOG-22)."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from apacheconf.engines import Sandbox, haproxy, httpd, nginx
from apacheconf.engines.sandbox import free_ports
from tests.engines.real import need
from tests.runtime import certificates
from tests.targets.configs import host, translated
from tests.targets.echoes import ask, echo
from tests.targets.fronts import MODULES

_MODULES = (*MODULES, "log_config_module", "setenvif_module")
_CONFIG = r"""
LogFormat "%h %l %u %t \"%r\" %>s %b \"%{Referer}i\" \"%{User-Agent}i\"" combined
LogFormat "$1 %v %m %U%q %H %a %A %s %B %{X-Origin}o %{sid}C" other
<VirtualHost *:PORT>
    ServerName first.test
    CustomLog FOLDER/one.log combined
    CustomLog FOLDER/two.log other
    SetEnvIf Request_URI ^/here/x quiet
    SetEnvIf X-Loud . !quiet loud=yes
    SetEnvIf Cookie "sid=([0-9])" session=$1
    CustomLog FOLDER/asked.log "%U %{session}e" env=quiet
    CustomLog FOLDER/by-status.log "%U %!200,304{User-Agent}i %404,500{X-Loud}i %200{session}e %!404{nobody}e"
    CustomLog FOLDER/not-asked.log "%U %{loud}e %{nobody}e" env=!quiet
    CustomLog FOLDER/failed.log "%U %>s" "expr=%{REQUEST_STATUS} >= 400"
    CustomLog FOLDER/ports.log "%p %{canonical}p %q"
    CustomLog FOLDER/posts.log "%U %>s" "expr=%{REQUEST_METHOD} == 'POST' || -z reqenv('session')"
    ProxyPass /here http://127.0.0.1:ORIGIN/there
</VirtualHost>
"""
_ASKED = (
    ("/here/x?a=b", "Referer: http://a/"), ("/here/%41%20b", "User-Agent: me and you"), ("/other", ""),
    ("/other", "User-Agent: me"), ("/other/2", "X-Loud: 1"),
    ("/here", "Cookie: sid=7"), ("/here/y", "X-Reply: X-Origin: o"), ("/here//z/../q", ""),
    ("/here/x", "X-Loud: 1"), ("/here/y", "X-Loud: 1"), ("/here/x", "Cookie: sid=8"),
)  # fmt: skip


#: HAProxy has one format for an address, and no variables of cookies that it hasn't kept.
_ONE = r"""
LogFormat "%h %l %t \"%r\" %>s %b \"%{Referer}i\" \"%{User-Agent}i\" $1 %v %m %U%q %H %a %A %{X-Origin}o %{sid}C" all
<VirtualHost *:PORT>
    ServerName first.test
    CustomLog FOLDER/one.log all
    ProxyPass /here http://127.0.0.1:ORIGIN/there
</VirtualHost>
<VirtualHost *:PORT>
    ServerName second.test
    ProxyPass / http://127.0.0.1:ORIGIN/
</VirtualHost>
"""


def _lines(name: str, folder: Path, origin: int, config: str = _CONFIG) -> list[list[str]]:
    port, engine = free_ports(1)[0], need(name)
    with Sandbox("logs") as box:
        logs = box.path / "logs"
        text = config.replace("PORT", str(port)).replace("FOLDER", str(logs)).replace("ORIGIN", str(origin))
        if name == "httpd":
            text = f"{httpd.preamble(engine, box, _MODULES)}\nListen 127.0.0.1:{port}\n{text}"
        else:
            (folder / name).mkdir()
            text = translated(folder / name, text, name).text
        with {"httpd": httpd, "nginx": nginx, "haproxy": haproxy}[name].start(engine, box, text, [("127.0.0.1", port)]):
            for path, header in _ASKED:
                ask(port, "first.test", path, header=header)
            ask(port, "first.test:8443", "/here/x", header="Cookie: sid=7")
            ask(port, "second.test", "/")
        files = sorted(logs.glob("*.log" if name != "haproxy" else "haproxy.out"))
        written = [each.read_text("latin-1") for each in files if each.name != "error.log"]
    return [[_plain(line) for line in text.splitlines() if "first.test" in text or line] for text in written]


def _plain(line: str) -> str:
    """Without the time, and without the length of the server's own error page."""
    line = re.sub(r"\[[^]]+ [+-]\d{4}\]", "[time]", line)
    return re.sub(r"( 404) \d+", r"\1 size", line)


@pytest.mark.live
def test_the_same_lines(tmp_path: Path) -> None:
    """TRAP-95, DEF-46 to DEF-48: the servers have ended when their logs are read, so every line is there."""
    origin = free_ports(1)[0]
    with echo(origin):
        theirs, ours = (_lines(name, tmp_path, origin) for name in ("httpd", "nginx"))
    asked, by_status, failed, not_asked, one, ports, posts, two = theirs
    assert {each.split()[0] for each in ports} == {"80"}  # whatever the client named, and where it came in
    assert min(len(one), len(two)) >= len(_ASKED) > max(len(asked), len(not_asked), len(failed), len(posts))
    assert asked and failed and not_asked and posts and len(set(by_status)) > 4
    assert ours == theirs


_SECURE = r"""
<VirtualHost *:PORT>
    ServerName first.test
    SSLEngine on
    SSLCertificateFile FILES/good.pem
    SSLCACertificateFile FILES/ca.pem
    SSLVerifyClient optional
    CustomLog FOLDER/tls.log "%{SSL_PROTOCOL}x %{SSL_CIPHER}x %{SSL_CLIENT_VERIFY}x %{SSL_TLS_SNI}x"
    CustomLog FOLDER/who.log "%{SSL_CLIENT_S_DN}x|%{SSL_CLIENT_S_DN_CN}x|%{SSL_CLIENT_I_DN_CN}x|%{SSL_CLIENT_M_SERIAL}x"
    ProxyPass / http://127.0.0.1:ORIGIN/
</VirtualHost>
"""


def _secure_lines(name: str, folder: Path, origin: int) -> list[list[str]]:
    port, engine, files = free_ports(1)[0], need(name), certificates.folder()
    with Sandbox("logs") as box:
        text = _SECURE.replace("PORT", str(port)).replace("FOLDER", str(box.path / "logs"))
        text = f"Listen 127.0.0.1:{port} https\n{text}".replace("ORIGIN", str(origin)).replace("FILES", str(files))
        if name == "httpd":
            text = f"{httpd.preamble(engine, box, (*_MODULES, 'ssl_module', 'socache_shmcb_module'))}\n{text}"
        else:
            (folder / f"{name}-tls").mkdir()
            text = translated(folder / f"{name}-tls", text, name).text
        with {"httpd": httpd, "nginx": nginx}[name].start(engine, box, text, [("127.0.0.1", port)]):
            for words in (["--tls-max", "1.2"], ["--tlsv1.3"], ["--cert", str(files / "client.pem")]):
                to, url = f"first.test:{port}:127.0.0.1", f"https://first.test:{port}/x"
                command = ["curl", "-sk", "--http1.1", "-m", "9", "--resolve", to, *words, url]
                subprocess.run(command, capture_output=True, check=True)
        return [(box.path / "logs" / log).read_text().splitlines() for log in ("tls.log", "who.log")]


@pytest.mark.live
def test_what_is_said_of_tls(tmp_path: Path) -> None:
    """LOG-21, NGX-187."""
    origin = free_ports(1)[0]
    with echo(origin):
        theirs, ours = (_secure_lines(name, tmp_path, origin) for name in ("httpd", "nginx"))
    assert [each.split()[0] for each in theirs[0]] == ["TLSv1.2", "TLSv1.3", "TLSv1.3"]
    assert theirs[1][0] == "-|-|-|-" != theirs[1][2]
    assert ours == theirs


@pytest.mark.live
def test_what_haproxy_says(tmp_path: Path) -> None:
    """Of the first log only, and not of the host without one."""
    origin = free_ports(1)[0]
    with echo(origin):
        theirs, ours = (_lines(name, tmp_path, origin, _ONE) for name in ("httpd", "haproxy"))
    assert len(theirs[0]) == len(_ASKED) + 1
    assert [line for line in ours[0] if line.startswith("127.")] == theirs[0]


@pytest.mark.parametrize(
    ("lines", "silent"),
    [
        (('CustomLog a.log "%h" env=one',), ["if !{ var(txn.env_one) -m found }"]),
        (('CustomLog a.log "%h" env=!one',), ["if { var(txn.env_one) -m found }"]),
        (
            ('CustomLog a.log "%h" env=one', 'CustomLog b.log "%h" env=!two'),
            ["if !{ var(txn.env_one) -m found } { var(txn.env_two) -m found }"],
        ),
        (('CustomLog a.log "%h"', 'CustomLog b.log "%h" env=one'), []),
    ],
)
def test_haproxy_is_silent_where_no_log_wants_a_line(tmp_path: Path, lines: tuple[str, ...], silent: list[str]) -> None:
    """HAP-113: what one log leaves out another may want."""
    variables = "SetEnvIf X-One . one\nSetEnvIf X-Two . two"
    made = translated(tmp_path, host(variables, *lines, "ProxyPass / http://10.0.0.1/"), "haproxy").text
    assert re.findall(r"set-log-level silent (.*)", made) == silent

"""Error logs and limits of bodies: httpd and nginx on the same configuration (NGX-190, DEF-1)."""

from __future__ import annotations

from pathlib import Path

import pytest

from apacheconf.engines import Sandbox, httpd, nginx
from apacheconf.engines.sandbox import free_ports
from tests.engines.real import need
from tests.targets.configs import host, outcomes, translated
from tests.targets.echoes import ask
from tests.targets.fronts import MODULES, fronts

_CONFIG = r"""
ErrorLog FOLDER/main.log
LogLevel warn
<VirtualHost *:PORT>
    ServerName first.test
    ErrorLog FOLDER/first.log
    LogLevel LEVEL
    ProxyPass / http://127.0.0.1:NONE/
</VirtualHost>
<VirtualHost *:PORT>
    ServerName second.test
    ProxyPass / http://127.0.0.1:NONE/
</VirtualHost>
"""


def _read(log: Path) -> str:
    return log.read_text() if log.exists() else ""


def _complains(name: str, level: str, folder: Path) -> dict[str, bool]:
    """Which log tells of an origin that nobody listens at, for a request to each host."""
    port, none = free_ports(2)
    engine = need(name)
    with Sandbox("messages") as box:
        logs = box.path / "logs"
        text = _CONFIG.replace("PORT", str(port)).replace("FOLDER", str(logs)).replace("NONE", str(none))
        text = text.replace("LEVEL", level)
        if name == "httpd":
            text = f"{httpd.preamble(engine, box, MODULES)}\nListen 127.0.0.1:{port}\n{text}"
        else:
            text = translated(folder, text, name).text
        told: dict[str, bool] = {}
        with {"httpd": httpd, "nginx": nginx}[name].start(engine, box, text, [("127.0.0.1", port)]):
            for asked in ("first.test", "second.test"):
                before = {each: _read(logs / each) for each in ("main.log", "first.log")}
                assert ask(port, asked, "/x")[0] == "503"
                for each, text_before in before.items():
                    more = _read(logs / each).removeprefix(text_before)
                    told[f"{asked} in {each}"] = "Connection refused" in more
        return told


@pytest.mark.live
@pytest.mark.parametrize("level", ["warn", "error", "crit", "emerg"])
def test_the_same_log_tells_of_a_failure(level: str, tmp_path: Path) -> None:
    """Both servers say ``error`` of it, so the level decides in the same way."""
    theirs, ours = (_complains(name, level, tmp_path) for name in ("httpd", "nginx"))
    assert theirs["second.test in main.log"]
    assert theirs["first.test in first.log"] is (level in ("warn", "error"))
    assert ours == theirs


@pytest.mark.parametrize(
    ("line", "written"),
    [
        ("ErrorLog /var/log/a.log", "error_log /var/log/a.log warn;"),
        ("ErrorLog syslog", "error_log syslog:server=unix:/dev/log warn;"),
        ("ErrorLog syslog:local1:web", "error_log syslog:server=unix:/dev/log,facility=local1,tag=web warn;"),
        ("ErrorLog /a.log\nLogLevel trace4", "error_log /a.log debug;"),
    ],
)
def test_what_is_written(line: str, written: str, tmp_path: Path) -> None:
    made = translated(tmp_path, host(line, "ProxyPass / http://127.0.0.1:81/"), "nginx")
    assert written in made.text
    assert outcomes(made)["ErrorLog"] == "equivalent"


def test_what_nginx_cannot_do(tmp_path: Path) -> None:
    """NGX-190: no programs, and one level for all modules."""
    piped = host('ErrorLog "|/bin/rotate"', "LogLevel info", "ProxyPass / http://127.0.0.1:81/")
    assert outcomes(translated(tmp_path, piped, "nginx"))["ErrorLog"] == "unsupported"
    several = host("ErrorLog /a.log", "LogLevel warn proxy:info", "ProxyPass / http://127.0.0.1:81/")
    assert outcomes(translated(tmp_path, several, "nginx"))["LogLevel"] == "approximated"


_BODIES = """
LimitRequestBody 100
<VirtualHost *:{port}>
    ServerName inherits.test
    ProxyPass / http://127.0.0.1:{one}/
</VirtualHost>
<VirtualHost *:{port}>
    ServerName own.test
    LimitRequestBody 2048
    ProxyPass / http://127.0.0.1:{one}/
    <Location /in>
        LimitRequestBody 10
    </Location>
</VirtualHost>
"""


@pytest.mark.live
def test_bodies_for_origins_have_no_limit(tmp_path: Path) -> None:
    """DEF-1: httpd's filter asks LimitRequestBody only about what it answers itself; nginx has 1 MiB of its own."""
    with fronts(_BODIES, tmp_path) as found:
        for name, path in (("inherits.test", "/p"), ("own.test", "/p"), ("own.test", "/in/x")):
            for size in (100, 3000, 1_100_000):
                body = f"Content-Length: {size}\r\n\r\n{'x' * size}"
                answers = [
                    ask(found.at[each], name, path, method="POST", header=f"Connection: close\r\n{body}")
                    for each in ("httpd", "nginx")
                ]
                assert answers[0] == answers[1], (name, path, size)
                assert answers[0][0] == "200"


def test_what_becomes_of_limits_of_bodies(tmp_path: Path) -> None:
    lines = "LimitRequestBody 0", "ProxyPass / http://127.0.0.1:81/"
    made = translated(tmp_path, host(*lines), "nginx")
    assert "client_max_body_size 0;" in made.text
    assert outcomes(made)["LimitRequestBody"] == "no effect in target"


def test_types_matter_for_files_only(tmp_path: Path) -> None:
    """A configuration whose answers all come from origins loses nothing with its file of types."""
    types = "TypesConfig /etc/mime.types\n"
    proxied = host("ProxyPass / http://127.0.0.1:81/")
    assert outcomes(translated(tmp_path, types + proxied, "nginx"))["TypesConfig"] == "no effect in target"
    files = host("DocumentRoot /srv", "ProxyPass /app http://127.0.0.1:81/")
    assert outcomes(translated(tmp_path, types + files, "nginx"))["TypesConfig"] == "exact"

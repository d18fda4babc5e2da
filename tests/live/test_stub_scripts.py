"""``--stub-origins`` where scripts are asked in FastCGI: the stub shows what they would be told (FC-4, NGX-157)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from apacheconf.origins import factory
from apacheconf.program import load
from apacheconf.runtime.server import Server
from tests.conftest import Command
from tests.engines.real import need
from tests.live.test_serve_engine import accepting, serving
from tests.runtime.live import Serving
from tests.runtime.scripted import get

SITE = """\
Listen 18080
<VirtualHost *:18080>
    ServerName php.example
    ProxyPass /tcp/ fcgi://127.0.0.1:9000/srv/
    ProxyPass /unix/ unix:/run/php.sock|fcgi://php/srv/
    <Location /handled>
        SetHandler "proxy:fcgi://127.0.0.1:9001"
    </Location>
</VirtualHost>
"""


@pytest.mark.live
def test_nginx_asks_stubs_over_tcp_and_in_place_of_unix_sockets(tmp_path: Path, command: Command) -> None:
    need("nginx")
    site = tmp_path / "site.conf"
    site.write_text(SITE)
    with serving("nginx", site, *accepting("nginx", site, command), listen=18080) as running:
        for folder in ("tcp", "unix"):
            told = dict(running.get("php.example", f"/{folder}/a.php")["headers"])  # type: ignore[call-overload]
            assert (told["SCRIPT_FILENAME"], told["SCRIPT_NAME"]) == ("/srv/a.php", f"/{folder}/a.php")


@pytest.mark.parametrize("path", ["/tcp/a.php", "/unix/a.php", "/handled/a.php"])
def test_our_engine_does_too_also_for_origins_that_only_a_handler_names(tmp_path: Path, path: str) -> None:
    site = tmp_path / "site.conf"
    site.write_text(SITE)
    program = load([str(site)]).require()
    serving = Serving(program, {})
    options = replace(
        serving.server.options, listen={18080: ("127.0.0.1", 0)}, stub=lambda name: factory(name)(), error_log=None
    )
    serving.server = Server(program, options)
    with serving:
        answer = serving.ask(get(path, "Accept: application/json\r\n", last=True))
    assert f'"request_line": "GET {path} FastCGI"'.encode() in answer
    assert b'"SCRIPT_FILENAME"' in answer

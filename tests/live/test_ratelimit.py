"""RATE_LIMIT paces answers as httpd does: total times with wide margins (DF-5)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from apacheconf.engines import httpd
from apacheconf.prove.client import Turn, exchange
from tests import wire
from tests.engines.real import need
from tests.runtime.served import Served

CASE = """# one file of 40 KiB, and an origin's
--- file html/a.txt
{text}
--- modules ratelimit_module
--- config
<Location /slow>
SetOutputFilter RATE_LIMIT
SetEnv rate-limit 20
</Location>
<Location /burst>
SetOutputFilter RATE_LIMIT
SetEnv rate-limit 20
SetEnv rate-initial-burst 64
</Location>
Alias /slow {{box}}/html/a.txt
Alias /burst {{box}}/html/a.txt
ProxyPass /slow/origin http://{{A}}/
"""
SIZE = 40 * 1024


@contextmanager
def _serving(server: str, folder: Path) -> Iterator[int]:
    file = folder / "case.txt"
    file.write_text(CASE.format(text="x" * (SIZE - 1)))
    case = wire.read(file)
    engine = need("httpd") if server == "httpd" else None
    with wire.scene(case, engine) as found:
        if engine is None:
            with Served(found.box.path / "httpd.conf"):
                yield found.port
        else:
            with httpd.start(engine, found.box, found.text, [("127.0.0.1", found.port)]):
                yield found.port


def _seconds(port: int, path: str, more: str = "") -> tuple[float, int]:
    start = time.monotonic()
    asked = f"GET {path} HTTP/1.1\r\nHost: example.com\r\n{more}\r\n".encode()
    (answer,) = exchange(("127.0.0.1", port), (Turn(asked, ("GET",)),), 20.0).answers
    assert answer.status == 200 and answer.whole
    return time.monotonic() - start, len(answer.body)


@pytest.mark.live
@pytest.mark.parametrize("server", ["httpd", "serve"])
def test_an_answer_takes_the_time_that_its_rate_says(server: str, tmp_path: Path) -> None:
    with _serving(server, tmp_path) as port:
        slow, size = _seconds(port, "/slow")
        quick, burst = _seconds(port, "/burst")
        closed, _ = _seconds(port, "/slow", "Connection: close\r\n")
        ordered = f'X-Ctl: {{"body": "{"y" * 4000}"}}\r\n'
        origin, _ = _seconds(port, "/slow/origin", ordered)
    assert size == burst == SIZE
    assert 1.2 < slow < 5 and 1.2 < closed < 5  # 10 chunks of 4 KiB, 0.2 s between two
    assert quick < 0.8
    assert origin < 0.8  # 4,000 bytes are one chunk

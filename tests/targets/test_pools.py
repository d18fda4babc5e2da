"""max= and acquire= of workers: how many requests an origin is asked at once (HAP-89)."""

from __future__ import annotations

from pathlib import Path

import pytest

from apacheconf.engines import Verdict, check
from tests.targets.configs import host, translated


@pytest.mark.parametrize(
    ("said", "queue", "server"),
    [
        ("max=20 acquire=3000", "timeout queue 3s", "maxconn 20"),
        ("max=20", "timeout queue 3600s", "maxconn 20"),
        ("max=25", "", ""),
        ("", "", ""),
    ],
)
def test_how_many_at_once(said: str, queue: str, server: str, tmp_path: Path) -> None:
    """A limit that one process of httpd can't reach is none."""
    found = translated(tmp_path, host(f"ProxyPass / http://127.0.0.1:81/ {said}"), "haproxy")
    lines = [line.strip() for line in found.text.splitlines()]
    assert [line for line in lines if line.startswith("timeout queue")] == ([queue] if queue else [])
    assert ("server 127.0.0.1-81 127.0.0.1:81 " + server).strip() in lines
    row = next(each for each in found.rows if each.name == "ProxyPass")
    assert row.outcome.words == ("equivalent" if server else "exact")
    assert check("haproxy", found.files).verdict is not Verdict.REFUSED


def test_as_many_as_a_process_has_threads(tmp_path: Path) -> None:
    text = "ThreadsPerChild 64\n" + host("ProxyPass / http://127.0.0.1:81/ max=40")
    assert "maxconn 40" in translated(tmp_path, text, "haproxy").text

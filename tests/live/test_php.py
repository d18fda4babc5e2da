"""Sites with a real php-fpm: httpd and serve lead the same requests to the same scripts, and answer the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from apacheconf.engines import Sandbox
from tests import wire
from tests.conftest import FIXTURES
from tests.engines.real import need
from tests.live import php

pytestmark = pytest.mark.live

SITES = sorted((FIXTURES / "php").glob("*.txt"))


@pytest.mark.parametrize("path", SITES, ids=lambda path: path.stem)
def test_serve_and_httpd_show_the_same_of_php(path: Path, tmp_path: Path) -> None:
    """FC-3, FC-5, FC-10."""
    httpd = need("httpd")
    with Sandbox("php") as box, php.running(box) as (port, sock):
        text = path.read_text("utf-8").replace("{php.sock}", str(sock)).replace("{php}", str(port))
        case = wire.read(_written(tmp_path / path.name, text))
        theirs, ours = wire.play(case, httpd), wire.play(case, None)
    assert [_plain(each) for each in ours] == [_plain(each) for each in theirs]
    assert any("200 OK" in each for each in theirs)


def _written(path: Path, text: str) -> Path:
    path.write_text(text, "utf-8")
    return path


def _plain(told: str) -> str:
    """Without what PHP says of the moment."""
    told = re.sub(r"(?<=PHPSESSID=)[a-z\d]{26,}", "(new)", told)
    told = re.sub(r'ETag: W/"d-\w+"', "ETag: of an upload", told)
    told = re.sub(r"-\d{9,} s after Date", "long ago", told)
    return re.sub(r"\[\d\d-\w{3}-\d{4} [\d:]+ \w+\]", "[now]", told)

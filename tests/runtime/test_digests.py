"""mod_auth_digest as httpd was seen to do it (AD-1 to AD-3); `python -m tests.runtime.digests` asks it again."""

from __future__ import annotations

import json

import pytest

from tests.engines.real import need
from tests.runtime.digests import RECORDED, play


def test_serve_answers_as_httpd_did() -> None:
    assert play(None) == json.loads(RECORDED.read_text("utf-8"))


@pytest.mark.live
@pytest.mark.prove_all
def test_recordings_are_what_httpd_says() -> None:
    assert play(need("httpd")) == json.loads(RECORDED.read_text("utf-8"))

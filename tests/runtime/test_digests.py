"""mod_auth_digest as httpd was seen to do it (AD-1 to AD-5); `python -m tests.runtime.digests` and digest_uses ask."""

from __future__ import annotations

import json
from types import ModuleType

import pytest

from tests.engines.real import need
from tests.runtime import digest_uses, digests

CONVERSATIONS = pytest.mark.parametrize("played", (digests, digest_uses), ids=lambda played: str(played.RECORDED.stem))


@CONVERSATIONS
def test_serve_answers_as_httpd_did(played: ModuleType) -> None:
    assert played.play(None) == json.loads(played.RECORDED.read_text("utf-8"))


@pytest.mark.live
@pytest.mark.prove_all
@CONVERSATIONS
def test_recordings_are_what_httpd_says(played: ModuleType) -> None:
    assert played.play(need("httpd")) == json.loads(played.RECORDED.read_text("utf-8"))

"""What explain says of rules that ask who it is (AZ-5, AZ-6)."""

from __future__ import annotations

from pathlib import Path

import pytest

from apacheconf.explain import explain
from apacheconf.explain.story import Tone
from apacheconf.program import Program, Request, load

TEXT = """
<VirtualHost *:80>
    ServerName a.example
    ProxyPass / http://10.0.0.1/
    <Location /in>
        AuthType Basic
        AuthName x
        AuthBasicProvider file anon
        AuthUserFile /etc/users
        Require user alice
        Require ip 10.0.0.0/8
    </Location>
    <Location /odd>
        AuthType Odd
        Require valid-user
    </Location>
    <Location /any>
        AuthType Basic
        AuthName x
        AuthUserFile /etc/users
        Require valid-user
        Allow from 10.0.0.0/8
        Deny from all
        Satisfy Any
    </Location>
</VirtualHost>
"""
ALICE, BOB = "Basic YWxpY2U6cHc=", "Basic Ym9iOnB3"


@pytest.fixture(scope="module")
def program(tmp_path_factory) -> Program:
    file: Path = tmp_path_factory.mktemp("access") / "site.conf"
    file.write_text(TEXT)
    return load([str(file)]).require()


@pytest.mark.parametrize(
    ("path", "peer", "authorization", "status", "told"),
    [
        ("/in", "127.0.0.1", "", 401, "Nobody has said so: a client that knows a user asks again with Authorization."),
        (
            "/in",
            "127.0.0.1",
            "",
            401,
            "It has to be known who it is (Require user alice, Require ip 10.0.0.0/8): Basic asks",
        ),
        ("/in", "127.0.0.1", ALICE, None, "alice is taken at their word: no password is checked here."),
        ("/in", "127.0.0.1", BOB, 401, "bob is taken at their word (no password is checked here), but may not."),
        (
            "/in",
            "10.1.1.1",
            "",
            None,
            "It is let in without asking who it is (Require user alice, Require ip",
        ),
        ("/odd", "127.0.0.1", "", 500, "It isn't let in (Require valid-user): AuthType Odd is not served."),
        ("/any", "10.1.1.1", "", None, "Nobody is asked who it is: the request may come in as it is."),
        ("/any", "127.0.0.1", "", 401, "It has to be known who it is (Require valid-user)"),
    ],
)
def test_it_says_who_may(
    program: Program, path: str, peer: str, authorization: str, status: int | None, told: str
) -> None:
    headers = (("Host", "a.example"), *([("Authorization", authorization)] if authorization else []))
    story = explain(program, Request("GET", path, headers, peer=(peer, 1)))
    sentences = [each for chapter in story.chapters for each in chapter.sentences]
    assert any(each.text.startswith(told) for each in sentences)
    assert story.facts["status"] == status
    assert (status is not None) == any(each.tone is Tone.REFUSES for each in sentences)

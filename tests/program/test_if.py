"""If, ElseIf and Else: layers after all others, one branch per scope (MRG-1, MRG-6, STR-11)."""

from __future__ import annotations

from pathlib import Path

import pytest

from apacheconf.program import Program, Request, decide, load

TEXT = """
<VirtualHost *:80>
    ServerName a.example
    ProxyPass / http://h/
    <If "%{HTTP_USER_AGENT} =~ /bot(.*)/i">
        Require all denied
    </If>
    <ElseIf "%{REQUEST_URI} -strmatch '/x*'">
        ProxyPreserveHost On
    </ElseIf>
    <Else>
        Require ip 10.0.0.0/8
    </Else>
    <Location /deep>
        <If "%{QUERY_STRING} -fnmatch %{HTTP_COOKIE}">
            Require all denied
        </If>
        <If "%{QUERY_STRING} == 'no'">
            Require all denied
        </If>
    </Location>
</VirtualHost>
"""


@pytest.fixture(scope="module")
def program(tmp_path_factory) -> Program:
    file: Path = tmp_path_factory.mktemp("if") / "site.conf"
    file.write_text(TEXT)
    return load([str(file)]).require()


@pytest.mark.parametrize(
    ("target", "agent", "peer", "status", "host"),
    [
        ("/", "Robot 1", "10.0.0.1", 403, None),
        ("/x/y", "", "192.0.2.1", None, "a.example"),
        ("/y", "", "10.0.0.1", None, "h"),
        ("/y", "", "192.0.2.1", 403, None),
        ("/deep?no", "", "10.0.0.1", 403, None),
        ("/deep?yes", "", "10.0.0.1", None, "h"),
        ("/other?no", "", "10.0.0.1", None, "h"),
    ],
)
def test_one_branch_applies(program: Program, target: str, agent: str, peer: str, status: int | None, host: str | None):
    headers = (("Host", "a.example"), ("User-Agent", agent))
    decision = decide(program, Request("GET", target, headers, peer=(peer, 1)))
    assert (decision.status, decision.host_header) == (status, host)


def test_a_condition_that_is_not_evaluated_is_left_out_by_name(program: Program):
    assert [(directive.name, reason) for directive, reason in program.left_out] == [
        ("If", "its condition uses a pattern that depends on the request, which is not evaluated yet"),
        (
            "Require",
            "it stands in <If>: its condition uses a pattern that depends on the request, which is not evaluated yet",
        ),
    ]

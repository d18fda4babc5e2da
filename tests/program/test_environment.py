"""mod_env and mod_setenvif through ``decide``; what is expected here was seen on httpd 2.4.71 (tests/live)."""

from __future__ import annotations

from pathlib import Path

import pytest

from apacheconf.program import Decision, Program, Request, decide, load
from apacheconf.program.environment import Environment

TEXT = r"""
SetEnvIf Request_URI ^/ ORDER=main
SetEnv INHERITED main
SetEnv BOTH main
<VirtualHost *:80>
    ServerName a.example
    ProxyPass / http://h/
    SetEnvIf Request_URI ^/ ORDER=host
    SetEnv BOTH host
    SetEnvIf X-Lit abc LITERAL=$0 Spelt=1
    SetEnvIf X-Lit a(b)c REGEX=$0-$1-\$1
    SetEnvIf X-Lit a SPELT=2
    SetEnvIf ROW ^$ ROW=1
    SetEnvIf ROW 1 AFTER=1
    SetEnvIf Host . BETWEEN=1
    SetEnvIf ROW 1 LAST=1
    SetEnvIf X-Lit abc A=1 B=2 !A C=!x
    SetEnvIfExpr "%{REQUEST_URI} =~ m#^/(.)#" FIRST=$1
    SetEnv FIRST overruled
    SetEnv GONE 1
    <Location /in>
        UnsetEnv GONE REGEX
        SetEnv BOTH section
        SetEnvIf X-Lit a IN=1
    </Location>
    <Location /env>
        Require env IN_TIME
        SetEnvIf X-Lit abc IN_TIME=1
        SetEnv LATE 1
    </Location>
    <Location /late>
        Require env LATE
        SetEnv LATE 1
    </Location>
</VirtualHost>
"""


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Program:
    file: Path = tmp_path_factory.mktemp("env") / "site.conf"
    file.write_text(TEXT)
    return load([str(file)]).require()


def ask(program: Program, path: str, literal: str = "abc") -> Decision:
    return decide(program, Request("GET", path, (("Host", "a.example"), ("X-Lit", literal))))


def test_lines_outside_sections(program: Program) -> None:
    """EV-1, EV-4, EV-6 to EV-8, INH-6, INH-7."""
    assert dict(ask(program, "/x").env) == {
        "ORDER": "host",  # INH-6: the later line wins
        "LITERAL": "$0",  # EV-6: the pattern has no metacharacter
        "Spelt": "2",  # EV-7: the first spelling stays
        "REGEX": "abc-b-$1",
        "ROW": "1",
        "BETWEEN": "1",
        "LAST": "1",  # and no AFTER: EV-8
        "B": "2",
        "FIRST": "x",  # EV-4: SetEnv doesn't overrule it
        "INHERITED": "main",
        "BOTH": "host",  # INH-7
        "GONE": "1",
    }


def test_lines_in_a_section(program: Program) -> None:
    """MRG-22: UnsetEnv reaches what SetEnv said around it, and nothing that SetEnvIf did."""
    env = ask(program, "/in/x").env
    assert (env.get("BOTH"), env.get("GONE"), env.get("REGEX"), env.get("IN")) == ("section", None, "abc-b-$1", "1")


@pytest.mark.parametrize(
    ("path", "literal", "status"), [("/env", "abc", None), ("/env", "x", 403), ("/late", "abc", 403)]
)
def test_what_access_control_sees(program: Program, path: str, literal: str, status: int | None) -> None:
    """OR-3: SetEnv is too late for Require env, SetEnvIf in the same section is not."""
    assert ask(program, path, literal).status == status


def test_names_compare_without_case() -> None:
    """EV-7."""
    env = Environment()
    env["Foo"] = "1"
    env["FOO"] = "2"
    assert (dict(env), env.get("foo"), "fOO" in env, len(env)) == ({"Foo": "2"}, "2", True, 1)
    del env["foo"]
    assert dict(env) == {}

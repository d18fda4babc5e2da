"""``modules --differences`` and ``--support``: the tables for people and for programs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from apacheconf.cli import support
from apacheconf.cli.support import READERS, SCHEMA, Support
from apacheconf.ledger import Outcome
from apacheconf.lint.engine import rules
from apacheconf.modules import registry
from apacheconf.program.loading import load
from apacheconf.runtime.differences import DIFFERENCES
from tests.support import see

WORDS = {outcome.words for outcome in Outcome} | {"no effect", "not seen"}


def said(*arguments: str) -> str:
    """What the command writes to standard output."""
    command = [sys.executable, "-m", "apacheconf", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout


def test_the_differences_as_a_table_and_as_json() -> None:
    shown = said("modules", "--differences")
    assert shown.splitlines()[0].split() == ["statements", "what", "httpd", "serve", "why"]
    assert all(len(line) <= 120 for line in shown.splitlines())
    written = json.loads(said("modules", "--differences", "--json"))
    assert [row["title"] for row in written["differences"]] == [each.title for each in DIFFERENCES]


def test_the_support_table_has_every_directive() -> None:
    rows = json.loads(said("modules", "--support", "--json"))
    assert rows["schema"] == SCHEMA
    assert sorted(row["directive"] for row in rows["directives"]) == sorted(registry.names())
    known = {entry.rule.name for entry in rules()}
    for row in rows["directives"]:
        assert all(set(row[reader]) <= WORDS and row[reader] for reader in READERS), row
        assert set(row["lint"]) <= known, row


def test_the_support_table_for_people() -> None:
    lines = said("modules", "--support").splitlines()
    assert lines[0].split() == ["module", "directive", "serve", "nginx", "HAProxy", "lint"]
    assert any(line.split()[:3] == ["mod_proxy", "ProxyPass", "exact"] for line in lines)


@pytest.mark.parametrize(
    ("outcomes", "words"),
    [
        (("exact",), "exact"),
        (("exact", "approximated", "unsupported"), "exact to unsupported"),
        (("no effect in target",), "no effect"),
    ],
)
def test_outcomes_in_words(outcomes: tuple[str, ...], words: str) -> None:
    assert Support("m", "D", outcomes, (), (), ()).words("serve") == words


def test_the_ledgers_are_what_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "site.conf"
    path.write_text(
        "<VirtualHost *:80>\nServerName example.com\nProxyPass / http://10.0.0.1/\nEnableMMAP Off\n"
        "<Location /x>\nProxyErrorOverride On\n</Location>\n</VirtualHost>\n"
    )
    seen = see([load([str(path)])])
    assert seen["ProxyPass"]["serve"] == {"exact"}
    assert seen["ProxyPass"]["nginx"] == {"equivalent"}  # a member that failed is asked again at once
    assert seen["EnableMMAP"]["serve"] == {"no effect in target"}
    assert "<Location>" in seen


def test_what_nothing_was_seen_of_is_answered_by_its_fate() -> None:
    seen = json.loads(support.FILE.read_text("utf-8"))["directives"]
    rows = {row.directive: row for row in support.table()}
    assert not {"MaxMemFree", "CookieTracking"} & set(seen)
    assert rows["MaxMemFree"].serve == rows["MaxMemFree"].nginx == ("no effect",)
    assert rows["CookieTracking"].serve == rows["CookieTracking"].nginx == ("unsupported",)

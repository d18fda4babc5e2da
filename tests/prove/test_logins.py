"""Logged-in requests (DIF-8): a stage's password files know our users, and each place is asked with names."""

from __future__ import annotations

from pathlib import Path

import pytest

from apacheconf.engines import Sandbox
from apacheconf.program.loading import load
from apacheconf.prove import prove
from apacheconf.prove.logins import PROVER
from apacheconf.prove.stage import stage
from tests.engines.real import need

CONFIG = """\
Listen 80
<VirtualHost *:80>
    ServerName a.test
    <Location /members>
        AuthType Basic
        AuthName members
        AuthUserFile {folder}/users
        AuthGroupFile {folder}/groups
        Require valid-user
    </Location>
    <Location /members/boss>
        Require user ann "bob"
    </Location>
    <Location /staff>
        AuthType Basic
        AuthName staff
        AuthUserFile {folder}/users
        AuthGroupFile {folder}/groups
        Require group staff
    </Location>
    ProxyPass / http://b.test/
</VirtualHost>
"""


def written(folder: Path) -> str:
    (folder / "users").write_text("ann:$apr1$x$y\ncarl:secret\n")
    (folder / "groups").write_text("staff: carl\n")
    (folder / "site.conf").write_text(CONFIG.replace("{folder}", str(folder)))
    return str(folder / "site.conf")


def test_files_of_a_stage_know_our_users_and_their_own(tmp_path: Path) -> None:
    loaded = load([written(tmp_path)])
    with Sandbox("test") as box:
        lines = [line.split() for line in stage(loaded, box, {}, None).text.splitlines()]
        files = {
            name: Path(words[1].strip('"'))
            for words in lines
            if (name := words[0]) in ("AuthUserFile", "AuthGroupFile")
        }
        users = [line.partition(":")[0] for line in files["AuthUserFile"].read_text().splitlines()]
        groups = files["AuthGroupFile"].read_text().splitlines()
    assert users == ["ann", "bob", PROVER, "carl"]
    assert groups == ["staff: carl", f"staff: {PROVER}"]
    assert (tmp_path / "users").read_text() == "ann:$apr1$x$y\ncarl:secret\n"


@pytest.mark.live
@pytest.mark.parametrize("against", ["serve", "nginx", "haproxy"])
def test_who_logs_in_gets_where_httpd_lets_them(tmp_path: Path, against: str) -> None:
    need("httpd")
    if against != "serve":
        need(against)
    report = prove([written(tmp_path)], against=against, reference="httpd")
    found = {(each.probe.split(" ")[2].strip(","), each.reference.replies[0].status)
             for each in report.results if "Authorization" in each.probe}  # fmt: skip
    assert {("/members/x", 200), ("/members/x", 401), ("/members/boss/x", 200), ("/members/boss/x", 401),
            ("/staff/x", 200), ("/staff/x", 401), ("/x", 200)} <= found  # fmt: skip
    assert not report.unannounced, [(each.probe, each.comparison.aspects) for each in report.unannounced]

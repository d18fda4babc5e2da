"""``check --notes``: what is not on this machine is said when asked for, and never an error."""

from __future__ import annotations

from pathlib import Path

from tests.conftest import Command

TEXT = "SSLCertificateFile /no/such.pem\nUser no-such-user\n"
SAID = "SSLCertificateFile: file '/no/such.pem' does not exist or is empty"


def test_notes_are_said_when_asked_for(tmp_path: Path, command: Command) -> None:
    site = tmp_path / "site.conf"
    site.write_text(TEXT)
    quiet, told, httpd = (command("check", site, *words) for words in ((), ("--notes",), ("--httpd", "--notes")))
    assert [each.returncode for each in (quiet, told, httpd)] == [0, 0, 0]
    assert SAID not in quiet.stderr
    assert f"{site}:1:20: note: {SAID}" in told.stderr
    assert "bad user name no-such-user" in told.stderr
    assert httpd.stderr == "Syntax OK\n"

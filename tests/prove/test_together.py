"""Requests that meet several conditions at once (DIF-8)."""

from __future__ import annotations

from pathlib import Path

from apacheconf.program.loading import load
from apacheconf.prove.aims import find_targets
from apacheconf.prove.together import MOST, generate

_TWO = "SetEnvIf X-One ^1$ one\nSetEnvIf X-Two ^2$ two\nHeader set X-Both yes env=one\nHeader set X-B yes env=two\n"


def titles(folder: Path, text: str) -> list[str]:
    (folder / "site.conf").write_text(f"Listen 80\n<VirtualHost *:80>\nServerName a.test\n{text}\n</VirtualHost>\n")
    program = load([str(folder / "site.conf")]).require()
    (target,) = find_targets(program)
    return [each.name.removeprefix("condition: ") for each in generate(program, target.host, target.aim)]


def test_two_conditions_are_met_by_one_request(tmp_path: Path) -> None:
    assert titles(tmp_path, f"{_TWO}ProxyPass / http://10.0.0.1/") == ["GET /x, X-One: 1, X-Two: 2"]


def test_they_are_met_in_each_part_of_the_url_space(tmp_path: Path) -> None:
    found = titles(tmp_path, f"{_TWO}<Location /in>\nHeader set X-In yes\n</Location>\nProxyPass / http://10.0.0.1/")
    assert "GET /in/x, X-One: 1, X-Two: 2" in found


def test_one_header_can_not_be_two(tmp_path: Path) -> None:
    lines = "SetEnvIf X-One ^1$ one\nSetEnvIf X-One ^2$ two\nHeader set X-A yes env=one\nHeader set X-B yes env=two\n"
    assert not titles(tmp_path, f"{lines}ProxyPass / http://10.0.0.1/")


def test_many_conditions_make_no_more_requests_than_are_meant_to_be(tmp_path: Path) -> None:
    lines = "".join(f"SetEnvIf X-{n} ^1$ v{n}\nHeader set X-H{n} yes env=v{n}\n" for n in range(12))
    assert len(titles(tmp_path, f"{lines}ProxyPass / http://10.0.0.1/")) == MOST

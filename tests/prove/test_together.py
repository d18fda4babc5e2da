"""Requests that meet several conditions at once (DIF-8)."""

from __future__ import annotations

from pathlib import Path

from apacheconf.program.loading import load
from apacheconf.prove.aims import find_targets
from apacheconf.prove.together import MOST, generate, in_two_lines

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


def test_what_is_asked_stands_behind_and_before_something_else(tmp_path: Path) -> None:
    """Fields that lines edit are asked, too, and one that has one line at most isn't."""
    lines = f"{_TWO}RequestHeader append X-List a\nSetEnvIf Authorization . known\nHeader set X-K yes env=known\n"
    (tmp_path / "site.conf").write_text(
        f"Listen 80\n<VirtualHost *:80>\nServerName a.test\n{lines}ProxyPass / http://10.0.0.1/\n</VirtualHost>\n"
    )
    program = load([str(tmp_path / "site.conf")]).require()
    (target,) = find_targets(program)
    sent = [each.turns[0].send.decode().split("\r\n") for each in in_two_lines(program, target.host, target.aim)]
    said = [[line for line in each if line.startswith(("X-One", "X-Two", "X-List", "Auth"))] for each in sent]
    behind = ["X-One: other", "X-One: 1", "X-Two: other", "X-Two: 2", "X-List: other", "X-List: theirs"]
    assert said == [behind, [line for at in (0, 2, 4) for line in (behind[at + 1], behind[at])]]

"""Paths without their final slash in nginx: a location of their own where they need one (NGX-32)."""

from __future__ import annotations

from pathlib import Path

from tests.targets.configs import host, translated

_SECTION = '<Location "/in/">\nHeader set X-In yes\n</Location>'


def locations(folder: Path, *lines: str) -> list[str]:
    found = translated(folder, host(*lines), "nginx").text.splitlines()
    return [line.strip().removesuffix(" {") for line in found if line.strip().startswith("location ")]


def test_it_has_none_where_all_around_says_the_same(tmp_path: Path) -> None:
    said = locations(tmp_path, _SECTION, "Header set X-R yes env=r", "SetEnvIf X-R . r", "ProxyPass / http://10.0.0.1/")
    assert "location ^~ /in/" in said and "location = /in" not in said


def test_it_has_one_where_nginx_would_lead_it_to_a_slash(tmp_path: Path) -> None:
    said = locations(tmp_path, _SECTION, "ProxyPass / http://10.0.0.1/")
    assert {"location = /in", "location ^~ /in/"} <= set(said)


def test_it_has_one_where_all_around_does_something_else(tmp_path: Path) -> None:
    said = locations(tmp_path, '<Location "/in">\nRequire all denied\n</Location>', "ProxyPass / http://10.0.0.1/")
    assert {"location = /in", "location ^~ /in/"} <= set(said)

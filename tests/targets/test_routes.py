"""What a cell comes to for a target: paths (PP-6), reverses (RV-8), cells that need no place of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

from apacheconf.program.hosts import Reach
from apacheconf.targets.choices import routes_in
from apacheconf.targets.growing import places
from apacheconf.targets.routes import NewPath, new_path, reverse_of
from tests.targets.configs import host, program_of


def _paths(folder: Path, mapping: str) -> dict[tuple[str, Reach], NewPath]:
    program = program_of(folder, host(mapping))
    found = {}
    for route in routes_in(places(program, program.hosts[1])):
        origin = route.origin(program)
        if route.map and origin:
            found[route.cell.path, route.cell.reach] = new_path(route.map, route.cell, origin)
    return found


@pytest.mark.parametrize(
    ("mapping", "bare", "below"),
    [
        ("ProxyPass /app http://h/b", "/b", NewPath("/app", "/b")),  # PP-6a
        ("ProxyPass /app/ http://h/b/", None, NewPath("/app", "/b")),  # PP-6b
        ("ProxyPass /app/ http://h/b", None, NewPath("/app/", "/b")),  # PP-6c
        ("ProxyPass /app http://h/b/", "/b/", NewPath("/app", "/b/")),  # PP-6d
        ("ProxyPass /app http://h", "/", NewPath("/app", "")),
        ("ProxyPass /app/ http://h", None, NewPath("/app/", "", joins=False)),  # PP-6f
    ],
)
def test_the_new_path(mapping: str, bare: str | None, below: NewPath, tmp_path: Path) -> None:
    found = _paths(tmp_path, mapping)
    assert found["/app", Reach.BELOW] == below
    assert (found["/app", Reach.BARE].whole if ("/app", Reach.BARE) in found else None) == bare


def test_the_root_keeps_its_path(tmp_path: Path) -> None:
    assert _paths(tmp_path, "ProxyPass / http://h/") == {("", Reach.BELOW): NewPath("", "")}


def test_a_member_brings_its_own_path(tmp_path: Path) -> None:
    """NGX-101, TRAP-106."""
    text = "<Proxy balancer://c>\nBalancerMember http://h:1/app\n</Proxy>\nProxyPass /x/ balancer://c/"
    assert _paths(tmp_path, text)["/x", Reach.BELOW] == NewPath("/x", "/app")


def test_a_cell_like_the_one_around_it_has_no_route(tmp_path: Path) -> None:
    """A shadowed mapping makes cells, but nothing differs in them (TRAP-3)."""
    program = program_of(tmp_path, host("ProxyPass / http://one/", "ProxyPass /api http://two/"))
    assert len(program.hosts[1].shape.cells) == 3
    assert [route.cell.path for route in routes_in(places(program, program.hosts[1]))] == [""]


def test_a_balancer_maps_back_its_members(tmp_path: Path) -> None:
    """RV-8: a bare slash is no part of the members' URLs; with PATH / no slash is doubled."""
    text = "<Proxy balancer://c>\nBalancerMember http://h:1\nBalancerMember http://h:2\n</Proxy>\nProxyPass / balancer://c/"
    program = program_of(tmp_path, host(text, "ProxyPassReverse / balancer://c/"))
    (route,) = routes_in(places(program, program.hosts[1]))
    reverse = reverse_of(program, route.host, route.reverses[0].action)  # type: ignore[arg-type]
    assert (reverse.urls, reverse.path, reverse.one_slash) == (("http://h:1", "http://h:2"), "/", True)

"""Requests made from the program (DIF-6), and how many of them are asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from apacheconf.program.loading import load
from apacheconf.program.program import Program
from apacheconf.prove import Plan, generate, probes, prove
from apacheconf.prove.aims import find_targets
from tests.engines.real import need


def program_of(folder: Path, text: str) -> Program:
    file = folder / "site.conf"
    file.write_text(text)
    return load([str(file)]).require()


def names(program: Program, seed: int = 0) -> list[str]:
    target = find_targets(program)[0]
    return [probe.name for probe in generate.generate(target.host, target.aim, seed)[0]]


def test_every_path_is_asked_at_its_boundary_and_in_other_spellings(tmp_path: Path) -> None:
    """TRAP-1, TRAP-2, TRAP-58, TRAP-59: what a naive translation gets wrong is among what is asked."""
    text = "ProxyPass /foo http://b.test/bar\nRedirect /old http://n.test/new\n<Location /admin/>\nRequire all denied\n"
    found = names(program_of(tmp_path, text + "</Location>\n"))
    for path in ("/foo", "/old", "/admin"):
        stem = path[1:]
        wanted = (path, f"{path}?", f"{path}?q=%20",
                  f"{path}/", f"{path}/x", f"{path}x", f"{path};a=b", f"/{path}", f"/.{path}", f"/x/..{path}/x",
                  f"/%{ord(stem[0]):02x}{stem[1:]}/x", f"{path}%2Fx", f"/{stem.upper()}/x")  # fmt: skip
        assert {f"path: GET {each}" for each in wanted} <= set(found), path


def test_every_name_is_asked_in_its_spellings(tmp_path: Path) -> None:
    """DIF-5: and a host that nobody has, which the default one answers."""
    text = "Listen 80\n<VirtualHost *:80>\nServerName a.test\nServerAlias b.test *.c.test\nProxyPass / http://o.test/\n"
    (target,) = find_targets(program_of(tmp_path, text + "</VirtualHost>\n"))
    made = {each.name for each in (*probes.build(target.aim), *generate.generate(target.host, target.aim)[0])}
    fixed = ("as written", "upper case", "final dot", "with a port", "near miss", "missing", "empty", "unknown")
    instances = ("b.test", "B.TEST", "b.test.", "a.c.test", "a.b.c.test", ".c.test", "*.c.test")
    assert {f"host: {each}" for each in (*fixed, *instances)} <= made


def test_every_pattern_is_asked_for_what_it_nearly_matches(tmp_path: Path) -> None:
    """DIF-7, TRAP-4: a dot that is escaped, an end that is anchored; with a query, and a question mark escaped."""
    text = "ProxyPassMatch ^/img/(\\w+)\\.png$ http://b.test/$1\nRedirectMatch ^/v\\d$ http://n.test/\n"
    found = names(program_of(tmp_path, text))
    wanted = ("/img/x.png", "/img/x.pngx", "/img/x.pn", "/v1", "/v1x", "/v", "/v1?q=1", "/v1%3Fx")
    assert {f"path: GET {each}" for each in wanted} <= set(found), found


def test_the_seed_chooses_where_there_are_too_many(tmp_path: Path) -> None:
    text = "".join(f"ProxyPass /p{number} http://b.test/\n" for number in range(60))
    program = program_of(tmp_path, text)
    assert len(names(program)) == generate.MOST
    assert names(program) == names(program)
    assert names(program, seed=1) != names(program)


@pytest.mark.live
def test_what_a_budget_leaves_out_is_counted(sites: Path) -> None:
    need("httpd")
    planned: list[int] = []
    site = str(sites / "reverse-proxy/conf.d")
    report = prove([site], against="serve", reference="httpd", plan=Plan(budget=0, expect=planned.append))
    assert report.asked == 0 and report.exit_code == 1
    assert report.left_out * 2 == planned[0] > 400
    assert f"--budget 0 was used up: {report.left_out} requests were not asked; give it more seconds" in report.notes


@pytest.mark.parametrize("path", ["/", "/a", "/a/b"])
def test_spellings_are_all_different(path: str) -> None:
    found = list(generate.spellings(path))
    assert len(found) == len(set(found))

"""decide on hand-written programs: hosts, paths, mappings, headers and every named move of control."""

from __future__ import annotations

from pathlib import Path

import pytest

from apacheconf.program import Decision, Request, decide
from apacheconf.program.cells import find_cell
from apacheconf.program.fold import steps_for
from apacheconf.program.handling import TOLD, Told
from apacheconf.program.loading import load
from apacheconf.program.program import Program
from tests.program import examples


def ask(
    program: Program, target: str = "/", host: str = "example.com", method: str = "GET", **headers: str
) -> Decision:
    given = (("Host", host), *((name.replace("_", "-"), value) for name, value in headers.items()))
    return decide(program, Request(method, target, given))


def test_one_origin_gets_the_request_as_httpd_sends_it():
    decision = ask(examples.one_origin(), "/a%20b?x=1", User_Agent="t", Connection="X-Gone, close", X_Gone="1")
    assert decision.uri == "/a%20b?x=1"
    assert decision.host_header == "10.0.0.1"
    assert decision.headers == (
        ("User-Agent", "t"),
        ("X-Forwarded-For", "127.0.0.1"),
        ("X-Forwarded-Host", "example.com"),
        ("X-Forwarded-Server", "example.com"),
    )


def test_preserve_host_keeps_the_clients_host():
    decision = ask(examples.load_balancer(), host="WWW.Example.com:80")
    assert decision.host_header == "WWW.Example.com:80"
    assert decision.origin is not None and decision.origin.name == "balancer://mycluster"


@pytest.mark.parametrize(
    ("name", "number"),
    [("one.example", 0), ("two.example", 1), ("TWO.example.:99", 1), ("a.b.one.example", 0), ("nobody.example", 0)],
)
def test_the_first_host_whose_names_match_answers_else_the_first(name: str, number: int):  # VH-31, VH-32, VH-22
    decision = ask(examples.two_hosts(), "/app", host=name)
    assert decision.host is not None and decision.host.number == number


@pytest.mark.parametrize(
    ("target", "uri"),
    [("/app", "/b"), ("/app/", "/b/"), ("/app/x", "/b/x"), ("/ap%70/x", "/b/x"), ("//app/x", "/b/x"),
     ("/z/../app/x", "/b/x"), ("/appx", ""), ("/App/x", "")],
)  # fmt: skip
def test_a_prefix_maps_at_segment_boundaries_of_the_normalised_path(target: str, uri: str):  # PP-2, PP-3, PP-6a
    decision = ask(examples.two_hosts(), target, host="one.example")
    assert decision.uri == uri
    assert (decision.file != "") == (uri == "")


@pytest.mark.parametrize(
    ("target", "status"),
    [("/%zz", 400), ("/..", 400), ("/a/../../b", 400), ("/x%2Fy", 404), ("/%00", 404), ("/#a", 400)],
)
def test_paths_that_never_meet_a_step(target: str, status: int):  # SEM-8, PU-10, LOC-9
    assert ask(examples.one_origin(), target).status == status


@pytest.mark.parametrize(
    "host", ["", "a..b", "a b", "123", "01.2.3.4", "foo.1", "[::1", "a:0", "a:65536", "a/b", "a@b"]
)
def test_hosts_that_are_refused(host: str):  # VH-36, section 6.5
    decision = ask(examples.one_origin(), host=host)
    assert (decision.status, decision.keep_alive) == (400, False)


@pytest.mark.parametrize("make", [examples.one_origin, examples.load_balancer, examples.two_hosts])
@pytest.mark.parametrize("path", ["/", "/app", "/app/", "/app/x", "/appx", "/b"])
def test_cells_hold_the_steps_that_the_layers_give(make, path: str):  # NGX-31
    for host in make().hosts:
        cell = find_cell(host.shape.cells, path)
        full = [step.action for step in steps_for(host.shape, cell.layers)]
        assert [step.action for step in cell.steps] == [
            action for action in full if action in [s.action for s in cell.steps]
        ]


def test_every_kind_of_settings_is_met_on_the_way() -> None:
    kinds = {kind.__name__ for kind in Told.__subclasses__()}
    assert kinds - {kind.__name__ for kind in TOLD} == {"Variant"}  # which negotiation makes, and no step


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("http://example.com/x", None),
        ("http://elsewhere.example/x", 500),
        ("http://example.com:81/x", 500),
        ("https://example.com/x", 500),
        ("/x", None),
    ],
)
def test_what_a_forward_proxy_would_fetch_is_no_path_of_ours(tmp_path: Path, target: str, status: int | None) -> None:
    """FW-1: serve doesn't fetch it, and doesn't take it for its own either."""
    file = tmp_path / "site.conf"
    file.write_text("Listen 80\nServerName example.com\nProxyRequests On\n")
    assert ask(load([str(file)]).require(), target).status == status

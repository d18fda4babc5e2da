"""lbmethod=heartbeat: who is chosen by what the members said of themselves. httpd was given the same files."""

from __future__ import annotations

from collections import Counter
from itertools import cycle
from pathlib import Path

import pytest

from apacheconf.ledger import Outcome
from apacheconf.program.loading import load
from apacheconf.program.workers import Balancer as BalancerData
from apacheconf.program.workers import Member
from apacheconf.runtime.balancer import Balancer
from apacheconf.runtime.cells import Cells
from apacheconf.runtime.honesty import account
from apacheconf.runtime.lbmethods.heartbeat import Beat, Beats, find_best, read_beats

A, B = "10.0.0.1 &ready=10&busy=5&lastseen=1&port=80\n", "10.0.0.2 &ready=30&busy=5&lastseen=1&port=80\n"


def shares(folder: Path, beats: str | None, monkeypatch: pytest.MonkeyPatch, flags: str = "") -> dict[str, int]:
    """How many of the places each member has: every place is picked once."""
    path = folder / "site.conf"
    if beats is not None:
        (folder / "hb.dat").write_text(beats)
    path.write_text(
        f"ServerRoot {folder}\nHeartbeatStorage hb.dat\n<Proxy balancer://c>\nBalancerMember http://10.0.0.1 {flags}\n"
        "BalancerMember http://10.0.0.2\nProxySet lbmethod=heartbeat\n</Proxy>\nProxyPass / balancer://c/\n"
    )
    program = load([str(path)]).require()
    assert {row.outcome for row in account(program) if row.name in ("HeartbeatStorage", "ProxySet")} <= {
        Outcome.EXACT,
        Outcome.ABSORBED,
    }
    origin = program.origins[0]
    assert isinstance(origin, BalancerData)
    balancer = Balancer(origin)
    places = [0]
    turns = cycle(range(1000))

    def pick(first: int, last: int) -> int:
        places[0] = last + 1 - first
        return first + next(turns) % places[0]

    monkeypatch.setattr("random.randint", pick)
    balancer.choose(0.0)
    chosen: Counter[str] = Counter()
    turns = cycle(range(1000))
    for _ in range(places[0]):
        cells = balancer.choose(0.0)
        chosen["nobody" if cells is None else "ab"[cells.number]] += 1
    return dict(chosen)


@pytest.mark.parametrize(
    ("beats", "flags", "expected"),
    [
        (A + B, "", {"a": 10, "b": 31}),
        (A + "10.0.0.2 &ready=0&busy=5&lastseen=1\n", "", {"a": 10, "b": 1}),
        (A + "10.0.0.2 &ready=40&busy=0&lastseen=1\n", "", {"a": 10, "b": 11}),
        (A + "10.0.0.2 &ready=40&busy=5&lastseen=10\n", "", {"a": 11}),
        (A + "10.0.0.2 &ready=40&busy=5&lastseen=9\n", "", {"a": 10, "b": 41}),
        (A, "", {"a": 11}),
        ("# comment\n\n10.0.0.1   &ready=10&busy=5&lastseen=1\n", "", {"a": 11}),
        ("10.0.0.1 READY=10&Busy=1\n", "", {"a": 11}),
        ("10.0.0.1\t&ready=10&busy=5&lastseen=1\n" + B, "", {"b": 31}),
        ("10.0.0.1 ready=x\n" + B, "", {"b": 31}),
        ("10.0.0.1 &ready=3&busy=0&lastseen=1\n10.0.0.2 &ready=9&busy=9\n", "", {"b": 10}),
        (A + B, "status=+H", {"a": 10, "b": 31}),
        (A + B, "status=+R", {"a": 10, "b": 31}),
        (A + B, "status=+N", {"a": 10, "b": 31}),
        (A + B, "lbset=1", {"a": 10, "b": 31}),
        (A + B, "loadfactor=50", {"a": 10, "b": 31}),
        (A + B, "status=+D", {"b": 31}),
    ],
)
def test_places_are_shared_as_httpd_does(
    beats: str, flags: str, expected: dict[str, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """LB-21: of httpd the shares were seen in 20 to 80 requests each."""
    assert shares(tmp_path, beats, monkeypatch, flags) == expected


@pytest.mark.parametrize("beats", ["", None, " 10.0.0.1 &ready=10&busy=5\n", A.replace("10&busy", "0&busy")])
def test_nobody_is_chosen_where_nothing_was_heard(
    beats: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """LB-21, FA-13: the answer is a 503."""
    assert shares(tmp_path, beats, monkeypatch) == {}


def test_the_file_is_read_again_when_it_has_changed(tmp_path: Path) -> None:
    file = tmp_path / "hb.dat"
    beats = Beats(str(file))
    assert beats.of("10.0.0.1") is None
    file.write_text(A)
    assert beats.of("10.0.0.1") == Beat(10, 5, 1)
    file.write_text(A.replace("10&busy", "100&busy"))
    assert beats.of("10.0.0.1") == Beat(100, 5, 1)
    file.unlink()
    assert beats.of("10.0.0.1") is None


def test_find_best_is_pure() -> None:
    cells = Cells(0, Member())
    assert find_best([(cells, Beat(10, 1, 0))], lambda first, last: last) is cells
    assert find_best([], lambda first, last: first) is None
    assert cells.lbstatus == 0
    assert read_beats("nonsense\n") == {}

"""The choice of members: byrequests' arithmetic, error state, spares and standbys."""

from __future__ import annotations

from apacheconf.program.workers import Balancer as Data
from apacheconf.program.workers import Member, Worker
from apacheconf.runtime.balancer import Balancer
from apacheconf.runtime.cells import Cells
from apacheconf.runtime.lbmethods.byrequests import find_best

NAMES = "ABCDEF"


def balancer(*members: Member, force_recovery: bool = True, retry: float = 60.0) -> Balancer:
    workers = tuple(
        Worker(f"http://{name}", "http", name, 80, retry=retry, member=member)
        for name, member in zip(NAMES, members, strict=False)
    )
    return Balancer(Data("balancer://c", workers, force_recovery=force_recovery))


def turns(of: Balancer, count: int, now: float = 0.0) -> str:
    chosen = [of.choose(now) for _ in range(count)]
    return "".join("-" if cells is None else NAMES[cells.number] for cells in chosen)


def factors(*values: int) -> Balancer:
    return balancer(*(Member(loadfactor=value) for value in values))


def test_equal_factors_rotate() -> None:
    """LB-14."""
    assert turns(factors(100, 100, 100), 9) == "ABCABCABC"


def test_the_worked_example() -> None:
    """LB-12, LB-13, LB-15."""
    of = factors(100, 200, 300)
    assert turns(of, 12) == "CBACBC" * 2
    assert [cells.lbstatus for cells in of.cells] == [0, 0, 0]


def test_factors_three_to_one_and_fractions() -> None:
    """LB-16."""
    assert turns(factors(300, 100), 8) == "AABAAABA"
    assert turns(factors(150, 100), 10) == "ABABAABABA"


def test_find_best_is_pure_over_its_candidates() -> None:
    """LB-12: the sum of what is saved stays what it was."""
    cells = [Cells(number, Member(loadfactor=factor)) for number, factor in enumerate((100, 700, 250))]
    for _ in range(50):
        find_best(cells)
        assert sum(each.lbstatus for each in cells) == 0


def test_a_member_in_error_waits_for_its_retry_and_does_not_save() -> None:
    """FO-2, LB-17, LB-3."""
    of = balancer(Member(), Member(), retry=5.0)
    of.cells[0].fail(10.0)
    assert turns(of, 3, now=15.0) == "BBB"
    assert of.cells[0].lbstatus == 0
    assert turns(of, 2, now=15.1) == "AB" and of.cells[0].retries == 1


def test_forced_recovery() -> None:
    """FO-10: only when all are in error, and only unless it is off."""
    for forced, expected in ((True, "A"), (False, "-")):
        of = balancer(Member(), Member(), force_recovery=forced)
        for cells in of.cells:
            cells.fail(10.0)
        assert turns(of, 1, now=11.0) == expected
    of = balancer(Member(), Member(status=frozenset("D")))
    of.cells[0].fail(10.0)
    assert turns(of, 1, now=11.0) == "-"


def test_retry_zero_is_tried_every_time() -> None:
    """FO-9."""
    of = balancer(Member(), Member(), retry=0.0)
    of.cells[0].fail(10.0)
    assert turns(of, 1, now=10.5) == "A"


def test_members_that_ignore_errors_are_never_in_error() -> None:
    """FO-6, LB-9, FO-1."""
    of = balancer(Member(status=frozenset("I")), Member())
    of.cells[0].fail(10.0)
    assert of.cells[0].usable and turns(of, 2, now=10.1) == "AB"


def test_disabled_stopped_and_draining_members_get_nothing() -> None:
    """LB-7, LB-8."""
    for flag in "DSN":
        assert turns(balancer(Member(status=frozenset(flag)), Member()), 3) == "BBB"


def test_lower_sets_come_first() -> None:
    """LB-1."""
    of = balancer(Member(lbset=1), Member(lbset=0))
    assert turns(of, 2) == "BB"
    of.cells[1].fail(10.0)
    assert turns(of, 2, now=11.0) == "AA"


def test_spares_stand_in_and_standbys_come_last() -> None:
    """LB-4, LB-5, LB-6."""
    spare, standby = Member(status=frozenset("R")), Member(status=frozenset("H"))
    of = balancer(Member(), Member(), spare, standby)
    assert turns(of, 2) == "AB"
    of.cells[0].fail(10.0)
    assert set(turns(of, 4, now=11.0)) == {"B", "C"}
    of.cells[1].fail(10.0)
    assert set(turns(of, 4, now=11.0)) == {"C"}
    of.cells[2].fail(10.0)
    assert turns(of, 2, now=11.0) == "DD"


def test_an_empty_balancer_has_nobody() -> None:
    """FA-13, BP-15."""
    assert turns(balancer(), 1) == "-"

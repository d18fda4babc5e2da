"""Comparing is strict, each excuse has a name and is counted (DIF-9), and some things are never excused (DIF-10)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from apacheconf.prove.compare import compare, differences
from apacheconf.prove.normalise import RULES, rules_for
from apacheconf.prove.observe import STOCK, Arrival, Observation, Reply
from apacheconf.prove.requests import ORIGIN_DATE, ORIGIN_SERVER

REPLY = Reply(200, "OK", "1.1", (("Date", "(now)"), ("X-Origin", "10.0.0.1"), ("Content-Length", "2")), "hi")
ARRIVAL = Arrival(
    "10.0.0.1:80",
    "GET /a%20b?q HTTP/1.1",
    (("Host", "example.com"), ("X-Forwarded-For", "127.0.0.1"), ("Authorization", "Basic eDp5")),
    "2 bytes 8f434346648f6b96",
)
SEEN = Observation((REPLY,), "kept", (ARRIVAL,))


def with_reply(**changes: object) -> Observation:
    return replace(SEEN, replies=(replace(REPLY, **changes),))  # type: ignore[arg-type]


def with_arrival(**changes: object) -> Observation:
    return replace(SEEN, arrivals=(replace(ARRIVAL, **changes),))  # type: ignore[arg-type]


def with_file(tag: str) -> Observation:
    """An answer that no origin made."""
    return with_reply(headers=(("ETag", tag),))


def header(name: str, value: str, seen: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    return (*(pair for pair in seen if pair[0] != name), (name, value))


def test_equal_observations_need_no_excuse() -> None:
    compared = compare(SEEN, SEEN, RULES)
    assert compared.equal
    assert compared.excused == ()


NEVER = [
    with_reply(reason="Okay"),
    with_reply(status=201),
    with_reply(body="ho"),
    with_reply(whole=False),
    with_reply(interims=(103,)),
    with_reply(headers=(*REPLY.headers, ("Set-Cookie", "a=1"))),
    with_reply(headers=(*REPLY.headers, ("WWW-Authenticate", "Basic"))),
    with_reply(headers=(*REPLY.headers, ("Date", ORIGIN_DATE))),
    with_reply(headers=(*REPLY.headers, ("Server", ORIGIN_SERVER))),
    with_arrival(origin="10.0.0.2:80"),
    with_arrival(line="POST /a%20b?q HTTP/1.1"),
    with_arrival(line="GET /a%20c?q HTTP/1.1"),
    with_arrival(line="GET /a%20b?%71 HTTP/1.1"),
    with_arrival(line="GET /a%20b HTTP/1.1"),
    with_arrival(body="2 bytes 0000000000000000"),
    with_arrival(headers=header("Host", "www.example.com", ARRIVAL.headers)),
    with_arrival(headers=header("X-Forwarded-For", "127.0.0.2", ARRIVAL.headers)),
    with_arrival(headers=header("Authorization", "Basic eDp6", ARRIVAL.headers)),
    with_arrival(headers=(*ARRIVAL.headers[:1], ("X-Forwarded-For", "127.0.0"), ("X-Forwarded-For", "1"))),
    replace(SEEN, arrivals=()),
    replace(SEEN, arrivals=(ARRIVAL, ARRIVAL)),
    replace(SEEN, replies=()),
    replace(SEEN, replies=(REPLY, REPLY)),
    replace(SEEN, ended="silent"),
]


@pytest.mark.parametrize("other", NEVER)
def test_what_no_rule_may_excuse(other: Observation) -> None:
    """DIF-10, in both directions and with all rules."""
    assert compare(SEEN, other, RULES).aspects
    assert compare(other, SEEN, RULES).aspects


ERROR = Reply(
    404, "Not Found", "1.1", (("Content-Length", STOCK), ("Content-Type", "text/html; charset=iso-8859-1")), STOCK
)
ELSEWHERE = Reply(302, "Found", "1.1", (("Location", "http://front/sorry"),), STOCK)
EXCUSED = [
    ("N1", SEEN, with_reply(headers=tuple((name.lower(), value) for name, value in REPLY.headers))),
    ("N2", SEEN, with_reply(headers=(*REPLY.headers, ("Server", "nginx")))),
    ("N2b", SEEN, replace(SEEN, ended="closed")),
    (
        "N2b",
        replace(SEEN, replies=(replace(REPLY, status=503),)),
        replace(SEEN, replies=(replace(REPLY, status=503), replace(REPLY, status=503))),
    ),
    ("N2b", replace(SEEN, replies=(ELSEWHERE,)), replace(SEEN, replies=(ELSEWHERE, ELSEWHERE))),
    (
        "N3",
        Observation((ERROR,), "kept", ()),
        Observation((replace(ERROR, headers=(("Content-Length", STOCK), ("Content-Type", "text/html"))),), "kept", ()),
    ),
    (
        "N5",
        with_reply(headers=(("Location", "http://front/a"),)),
        with_reply(headers=(("Location", "/a"),)),
    ),
    ("N5", with_reply(headers=(("Location", "/a[]/"),)), with_reply(headers=(("Location", "http://front/a[]/"),))),
    ("N4", with_file('"29cd-6617a4c3155a3"'), with_file('"6b0d3568-40"')),
    (
        "N17",
        with_arrival(headers=(("X-Id", "aw1A0qGx7xqRs4_Led-0RQAAAAA"),)),
        with_arrival(headers=(("X-Id", "32af2b414174a65a1b98ff81f75c7778"),)),
    ),
    (
        "N17",
        with_reply(headers=(("WWW-Authenticate", f'Digest realm="a", nonce="gkFZwYdhBgA={"5" * 40}"'),)),
        with_reply(headers=(("WWW-Authenticate", f'Digest realm="a", nonce="GOz6S4zQyNU={"a" * 40}"'),)),
    ),
    (
        "N6",
        with_arrival(headers=(("X-A", "1, 2"),)),
        with_arrival(headers=(("X-A", "1"), ("X-A", "2"))),
    ),
    ("N7", with_reply(headers=(("X-A", "1"), ("X-B", "2"))), with_reply(headers=(("X-B", "2"), ("X-A", "1")))),
    (
        "N8",
        Observation((ERROR,), "kept", ()),
        Observation((replace(ERROR, headers=(*ERROR.headers, ("cache-control", "no-cache"))),), "kept", ()),
    ),
    ("N10", with_arrival(line="GET /[ HTTP/1.1"), with_arrival(line="GET /%5b HTTP/1.1")),
    ("N12", SEEN, with_arrival(line="GET /a%20b?q HTTP/1.0")),
    ("N15", with_reply(headers=(("Via", "1.1 a (b/1)"),)), with_reply(headers=(("Via", "1.1 a"),))),
    ("N13", with_reply(reason=""), SEEN),
    ("N13", Observation((ERROR,), "kept", ()), Observation((replace(ERROR, reason="Nope"),), "kept", ())),
]


@pytest.mark.parametrize(("rule", "one", "two"), EXCUSED)
def test_each_rule_excuses_and_is_counted(rule: str, one: Observation, two: Observation) -> None:
    assert list(differences(one, two))
    compared = compare(one, two, RULES)
    assert compared.equal, compared.aspects
    assert rule in compared.excused
    without = [each for each in RULES if each.name != rule]
    assert compare(one, two, without).aspects, f"{rule} isn't needed here"


@pytest.mark.parametrize("reply", [REPLY, replace(REPLY, status=302), replace(ELSEWHERE, status=301)])
def test_who_says_nothing_more_after_an_answer_without_an_error_is_seen(reply: Reply) -> None:
    """N2b: an origin's redirect, and one that no error is behind, are answers like others."""
    assert compare(replace(SEEN, replies=(reply,)), replace(SEEN, replies=(reply, reply)), RULES).aspects


def test_our_engine_is_held_to_the_letter() -> None:
    """Against httpd only clocks, unique numbers, the software's name, stock pages and the order of headers are."""
    assert [rule.name for rule in rules_for("serve")] == ["N2", "N3", "N7", "N19", "N17"]
    lower = with_reply(headers=tuple((name.lower(), value) for name, value in REPLY.headers))
    assert compare(SEEN, lower, rules_for("serve")).aspects
    assert compare(SEEN, lower, rules_for("nginx")).equal


def test_credentials_cookies_and_forwarded_addresses_are_no_lists() -> None:
    """DIF-10 before N6: one line and two are not the same there."""
    for name in ("Cookie", "X-Forwarded-For", "Authorization"):
        one, two = with_arrival(headers=((name, "a, b"),)), with_arrival(headers=((name, "a"), (name, "b")))
        assert compare(one, two, RULES).aspects


def test_the_order_of_cookies_is_kept() -> None:
    one = with_reply(headers=(("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")))
    two = with_reply(headers=(("Set-Cookie", "b=2"), ("Set-Cookie", "a=1")))
    assert compare(one, two, RULES).aspects


@pytest.mark.parametrize(("ours", "excused"), [("max-age=7126", True), ("max-age=6000", False), ("no-store", False)])
def test_an_age_that_falls_while_both_are_asked(ours: str, excused: bool) -> None:
    """EX-1: one that counts from a file's last change."""
    seen = [
        with_reply(headers=(("Cache-Control", age), ("Expires", expires)))
        for age, expires in (("max-age=7128", "(1:58:48 after Date)"), (ours, "(1:58:46 after Date)"))
    ]
    assert compare(*seen, rules_for("serve")).equal is excused

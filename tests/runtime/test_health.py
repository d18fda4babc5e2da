"""The counters and the schedule of health checks, and the names of certificates, without any network."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from apacheconf.ledger import Outcome
from apacheconf.program.health import HealthCheck
from apacheconf.program.loading import load
from apacheconf.program.workers import Member, Worker
from apacheconf.runtime.cells import Cells
from apacheconf.runtime.certificates import Certificate, name_matches, read_certificate
from apacheconf.runtime.health import Health, Watched, read_answer, request_for
from apacheconf.runtime.honesty import account
from apacheconf.runtime.pool import Pool
from tests.runtime import certificates


def watched(status: str = "", **check: int) -> Watched:
    member = Member(status=frozenset(status))
    worker = Worker("http://h", "http", "h", 80, member=member, check=HealthCheck("GET", 1.0, **check))
    (one,) = Health([Pool(worker, Cells(0, member))], 16, now=0.0).watched
    return one


def learn(one: Watched, results: str) -> str:
    """``+`` for a success and ``-`` for a failure; gives the flags after each, ``.`` for none."""
    return " ".join((one.learn(each == "+", 0.0), "".join(sorted(one.pool.cells.status)) or ".")[1] for each in results)


@pytest.mark.parametrize(
    ("check", "results", "flags"),
    [
        ({}, "+-+--+", ". C . C C ."),
        ({"fails": 2}, "-+-", ". . C"),  # HC-14: a success between forgets nothing
        ({"passes": 3}, "-+-+-+", "C C C C C ."),  # HC-15: nor does a failure
        ({"fails": 2, "passes": 2}, "--++--++", ". C C . . C C ."),  # both begin anew
        ({"fails": 0, "passes": 0}, "-+", "C ."),
    ],
)
def test_counters_forget_nothing(check: dict[str, int], results: str, flags: str) -> None:
    assert learn(watched(**check), results) == flags


def test_a_passing_check_ends_an_error_of_live_traffic() -> None:
    """HC-17; and what fails meanwhile adds no flag."""
    one = watched(passes=2)
    one.pool.cells.fail(0.0)
    assert learn(one, "+-") == "E E" and not one.pool.cells.usable
    assert learn(one, "+") == "." and one.pool.cells.usable


def test_the_interval_counts_from_the_end_of_a_check() -> None:
    """HC-9: the first one is due an interval after the start; nobody is asked twice at once."""
    one = watched()
    assert not one.is_due(1.0) and one.is_due(1.1)
    one.running = True
    assert not one.is_due(9.0)
    one.learn(True, 9.0)
    assert not one.is_due(10.0) and one.is_due(10.1)
    assert not watched("S").is_due(5.0) and watched("D").is_due(5.0)


def test_so_many_at_once() -> None:
    """HC-8: ProxyHCTPsize; nought is one after the other."""
    pools = [watched().pool for _ in range(3)]
    assert len(Health(pools, 2, 0.0).due(2.0)) == 2
    health = Health(pools, 0, 0.0)
    (first,) = health.due(2.0)
    assert not health.due(2.0)
    first.learn(True, 2.0)
    (second,) = health.due(2.0)
    assert second is not first


def test_answers_are_read_leniently() -> None:
    found = read_answer(b"HTTP/1.1 204 No Content\nA: 1\r\n")
    assert found is not None and (found.status, found.fields, found.length) == (204, (("A", "1"),), 0)
    assert read_answer(b"HTTP/2 200\r\n\r\n") is None and read_answer(b"") is None


def test_an_address_in_the_request_of_a_check() -> None:
    worker = Worker("http://[::1]:8080", "http", "::1", 8080)
    assert request_for(worker, HealthCheck("GET", uri="/h")) == b"GET /h HTTP/1.0\r\nHost: [::1]:8080\r\n\r\n"
    assert request_for(worker, HealthCheck("TCP")) == b""


def test_checks_that_cannot_be_made_are_said(tmp_path: Path) -> None:
    """HC-1: CPING is AJP's, and nothing checks in its place."""
    file = tmp_path / "site.conf"
    file.write_text(
        "<Proxy balancer://c>\nBalancerMember http://h hcmethod=CPING\nBalancerMember http://i hcmethod=GET\n</Proxy>\n"
        "ProxyHCTPsize 3\nSSLProxyEngine On\nSSLProxyCipherSuite TLSv1.3 TLS_AES_128_GCM_SHA256\nProxyPass / balancer://c/\n"
    )
    program = load([str(file)]).require()
    assert program.checks_at_once == 3
    outcomes = {f"{row.name} {row.args}": row.outcome for row in account(program)}
    assert outcomes["BalancerMember http://h hcmethod=CPING"] is Outcome.UNSUPPORTED
    assert outcomes["BalancerMember http://i hcmethod=GET"] is Outcome.EXACT
    assert outcomes["SSLProxyEngine On"] is Outcome.APPROXIMATED  # the ciphers of TLS 1.3


@pytest.mark.parametrize(
    ("name", "host", "matches"),
    [
        ("a.example", "A.example", True),
        ("*.example", "a.example", True),
        ("*.example", "b.a.example", False),
        ("*.example", "example", False),
        ("a*.example", "ab.example", False),
        ("*", "example", False),
    ],
)
def test_names_of_certificates(name: str, host: str, matches: bool) -> None:
    """TB-3."""
    assert name_matches(name, host) is matches


def test_certificates_are_read() -> None:
    """Names and dates from DER; what is none is a ValueError, wherever it is cut."""
    import ssl

    text = (certificates.folder() / "commonly.pem").read_text()
    der = ssl.PEM_cert_to_DER_cert(text[: text.index("-----END CERTIFICATE-----") + 26])
    found = read_certificate(der)
    assert found.common_names == ("localhost",) and found.dns_names == ("other.example",)
    assert found.is_current(datetime.now(UTC)) and not found.is_current(datetime(1999, 1, 1, tzinfo=UTC))
    assert found.is_for("localhost") and found.is_for("other.example") and not found.is_for("x")
    assert found.is_commonly_for("localhost") and not found.is_commonly_for("other.example")
    for end in (0, 1, 3, 20, len(der) // 2):
        with pytest.raises(ValueError):
            read_certificate(der[:end])
    assert not Certificate(found.not_before, found.not_after).is_commonly_for("x")

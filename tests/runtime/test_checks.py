"""Health checks as httpd makes them: recorded, and asked again in the long ring (HC-1 to HC-17)."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeGuard

import pytest

from tests.engines.real import need
from tests.runtime.checked import HEALTHY, ILL, RECORDING, Answers, Asks, Checked, Idle, Seen, Step, Trial, play

NOT_FOUND = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
MOVED = "HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n"


def _cluster(first: str, second: str = "", settings: str = "", before: str = "", scheme: str = "http") -> str:
    return (
        f"{before}\n<Proxy balancer://c>\nBalancerMember {scheme}://{{A}}{first}\n"
        f"BalancerMember {scheme}://{{B}} {second}\n{settings}\n</Proxy>\nProxyPass / balancer://c/\n"
    )


def _each(method: str, name: str, path: str = "", uri: str = "") -> Trial:
    uri = f" hcuri={uri}" if uri else ""
    config = _cluster(f"{path} hcmethod={method} hcinterval=100ms{uri}")
    return Trial(name, config, (Checked("A", 2), Seen("A"), Asks()))


def _verdict(name: str, expression: str, *answers: str, method: str = "GET") -> Trial:
    """Whether each answer counts as healthy: after it, is the member asked?"""
    before = f"ProxyHCExpr ok {{{expression}}}\n" if expression else ""
    expr = " hcexpr=ok" if expression else ""
    config = _cluster(f" hcmethod={method} hcinterval=100ms hcuri=/h{expr}", before=before)
    script: list[Step] = []
    for answer in answers:
        script += [Answers("A", (answer,)), Checked("A", 2), Asks(4)]
    return Trial(name, config, tuple(script))


def _body(text: str) -> str:
    return f"HTTP/1.1 200 OK\r\nX-State: {text}\r\nContent-Length: {len(text)}\r\n\r\n{text}"


_FAST = " hcinterval=100ms hcuri=/h"
TRIALS = [
    *(
        _each(method, f"request: {method} HC-1 HC-10", uri="/health")
        for method in ("TCP", "OPTIONS", "HEAD", "GET", "OPTIONS11", "HEAD11", "GET11", "get")
    ),
    _each("GET", "request: path of the member HC-11", "/base", "/health"),
    _each("GET", "request: path of the member is a slash HC-11", "/", "/h"),
    _each("GET", "request: no hcuri HC-11"),
    _each("GET", "request: path and no hcuri HC-11", "/base"),
    _verdict("verdict: status HC-12", "", HEALTHY, ILL, MOVED, NOT_FOUND, HEALTHY),
    _verdict("verdict: status of HEAD HC-12", "", HEALTHY, ILL, HEALTHY, method="HEAD"),
    _verdict("verdict: expression HC-6 HC-12", "%{REQUEST_STATUS} =~ /^[234]/", NOT_FOUND, ILL, HEALTHY),
    _verdict("verdict: body HC-12", "hc('body') =~ /^fine/", _body("fine"), _body("bad fine"), _body("fine too")),
    _verdict("verdict: body of HTTP/1.1 HC-12", "hc('body') =~ /^fine/", _body("fine"), _body("bad"), method="GET11"),
    _verdict("verdict: no body of HEAD HC-12", "hc('body') =~ /^fine/", _body("fine"), method="HEAD"),
    _verdict(
        "verdict: field HC-12",
        "resp('X-State') == 'up' || resp('x-state') == 'Up'",
        _body("up"),
        _body("down"),
        _body("Up"),
    ),
    _verdict(
        "verdict: broken answers HC-12", "", HEALTHY, "nonsense\r\n\r\n", HEALTHY, "HTTP/1.1 200 OK\r\nbad", HEALTHY
    ),
    _verdict("verdict: cut short HC-12", "", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx"),
    Trial(
        "hangs up HC-12",
        _cluster(" hcmethod=GET" + _FAST),
        (Answers("A", (HEALTHY,)), Checked("A"), Asks(), Answers("A", (None,)), Checked("A", 2), Asks()),
    ),
    Trial("refused HC-13", _cluster(" hcmethod=TCP hcinterval=100ms hcfails=1"), (Idle("A"), Asks(3)), down="A"),
    Trial(
        "fails add up HC-4 HC-14",
        _cluster(f" hcmethod=GET hcfails=3 hcpasses=50{_FAST}"),
        (Answers("A", (ILL, HEALTHY, ILL, HEALTHY, ILL, HEALTHY)), Checked("A", 4), Asks(2), Checked("A", 2), Asks(4)),
    ),
    Trial(
        "passes add up HC-3 HC-15",
        _cluster(f" hcmethod=GET hcpasses=5{_FAST}"),
        (
            Answers("A", (ILL, HEALTHY, ILL, HEALTHY, ILL, HEALTHY, ILL, HEALTHY, ILL)),
            Checked("A", 9),
            Asks(2),
            Answers("A", (HEALTHY,)),
            Checked("A", 1),
            Asks(),
        ),
    ),
    Trial(
        "many fails HC-4",
        _cluster(f" hcmethod=GET hcfails=4{_FAST}"),
        (
            Answers("A", (ILL, ILL, ILL, HEALTHY)),
            Checked("A", 6),
            Asks(),
            Answers("A", (ILL,)),
            Checked("A", 2),
            Asks(),
        ),
    ),
    Trial(
        "no sessions HC-16",
        _cluster(f" route=a hcmethod=GET{_FAST}", "route=b", "ProxySet stickysession=SID"),
        (
            Answers("A", (HEALTHY,)),
            Asks(2, "SID=x.a"),
            Answers("A", (ILL,)),
            Checked("A", 2),
            Asks(2, "SID=x.a"),
            Answers("A", (HEALTHY,)),
            Checked("A", 2),
            Asks(2, "SID=x.a"),
        ),
    ),
    Trial(
        "all out HC-16",
        _cluster(f" hcmethod=GET{_FAST}", f"hcmethod=GET{_FAST}"),
        (
            Answers("A", (ILL,)),
            Answers("B", (ILL,)),
            Checked("A", 3),
            Checked("B", 3),
            Asks(2),
            Answers("B", (HEALTHY,)),
            Checked("B", 2),
            Asks(2),
        ),
    ),
    Trial(
        "an error ends early HC-17",
        _cluster(f" hcmethod=OPTIONS retry=60 hcpasses=1{_FAST}", settings="ProxySet failonstatus=200"),
        (Answers("A", (None, HEALTHY)), Asks(2), Answers("A", (HEALTHY,)), Checked("A", 2), Asks(1)),
    ),
    Trial("stopped members HC-9", _cluster(f" status=+S hcmethod=GET{_FAST}"), (Idle("A"), Asks(2))),
    Trial("disabled members HC-9", _cluster(f" status=+D hcmethod=GET{_FAST}"), (Checked("A", 2), Asks(2))),
    Trial(
        "standby members HC-9",
        _cluster(f" status=+H hcmethod=GET{_FAST}", f"hcmethod=GET{_FAST}"),
        (Answers("B", (ILL,)), Checked("B", 2), Asks(2)),
    ),
    Trial("no members HC-8", f"ProxyPass / http://{{A}}/ hcmethod=GET{_FAST}", (Idle("A"), Asks(1))),
    Trial("the first one HC-9", _cluster(" hcmethod=GET hcinterval=2 hcuri=/h"), (Idle("A", 1.2), Idle("A", 1.5))),
    Trial(
        "template HC-7",
        _cluster(" hctemplate=t", before="ProxyHCTemplate t hcmethod=GET hcinterval=100ms hcuri=/t\n"),
        (Checked("A", 1), Seen("A")),
    ),
    Trial(
        "template and more HC-7",
        _cluster(
            " hcuri=/before hctemplate=t hcmethod=GET", before="ProxyHCTemplate t hcinterval=100ms hcmethod=HEAD\n"
        ),
        (Checked("A", 1), Seen("A")),
    ),
    Trial(
        "template names an expression HC-6 HC-7",
        _cluster(
            " hctemplate=t",
            before="ProxyHCExpr any {%{REQUEST_STATUS} =~ /./}\n"
            "ProxyHCTemplate t hcmethod=GET hcinterval=100ms hcexpr=any\n",
        ),
        (Answers("A", (ILL,)), Checked("A", 2), Asks(4)),
    ),
    Trial(
        "one after the other HC-8",
        _cluster(f" hcmethod=GET{_FAST}", f"hcmethod=GET{_FAST}"),
        (Checked("A", 2), Checked("B", 2), Asks(2)),
        "ProxyHCTPsize 0\n",
    ),
    Trial(
        "over TLS HC-10",
        _cluster(f" hcmethod=GET{_FAST}", scheme="https", before="SSLProxyEngine On"),
        (Checked("A", 2), Seen("A"), Asks(2)),
        tls="good",
    ),
    Trial("no method HC-1", _cluster(" hcmethod=NONE" + _FAST, f"{_FAST}"), (Idle("A"), Idle("B"), Asks(2))),
    Trial(
        "over TLS, expired HC-10",
        _cluster(f" hcmethod=GET{_FAST}", scheme="https", before="SSLProxyEngine On"),
        (Checked("A"), Seen("A")),
        tls="expired",
    ),
    Trial(
        "over TLS without engine HC-10",
        _cluster(f" hcmethod=GET{_FAST}", scheme="https"),
        (Idle("A"), Asks(1)),
        tls="good",
    ),
    Trial(
        "over TLS, engine in its section HC-10",
        _cluster(f" hcmethod=GET{_FAST}", scheme="https", settings="SSLProxyEngine On"),
        (Idle("A"), Asks(1)),
        tls="good",
    ),
    Trial(
        "over TLS, the name is checked HC-10",
        _cluster(f" hcmethod=GET{_FAST}", scheme="https", before="SSLProxyEngine On"),
        (Checked("A"), Seen("A")),
        tls="other",
    ),
    Trial(
        "over TLS, another's name HC-10",
        _cluster(f" hcmethod=GET{_FAST}", scheme="https", before="SSLProxyEngine On\nSSLProxyCheckPeerName off"),
        (Checked("A", 2), Seen("A"), Asks(2)),
        tls="other",
    ),
]
#: How many trials run at a time.
AT_ONCE = 6
IDS = [trial.name for trial in TRIALS]


def test_every_trial_is_recorded_and_named_once() -> None:
    assert sorted(IDS) == sorted(set(IDS)) == sorted(RECORDING.read())


@pytest.fixture(scope="module")
def played(request: pytest.FixtureRequest) -> Iterator[dict[str, Future[list[str]]]]:
    """The trials that are asked for, several at a time: most of each is waiting."""
    wanted = [item.callspec.params["trial"] for item in request.session.items if _is_offline(item)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield {trial.name: pool.submit(play, trial, None) for trial in wanted}


def _is_offline(item: pytest.Item) -> TypeGuard[pytest.Function]:
    return isinstance(item, pytest.Function) and item.function is test_serve_says_what_httpd_said


@pytest.mark.parametrize("trial", TRIALS, ids=IDS)
def test_serve_says_what_httpd_said(trial: Trial, played: dict[str, Future[list[str]]]) -> None:
    assert played[trial.name].result(60) == RECORDING.read()[trial.name]


@pytest.mark.prove_all
@pytest.mark.parametrize("trial", TRIALS, ids=IDS)
def test_httpd_still_says_so(trial: Trial) -> None:
    assert play(trial, need("httpd")) == RECORDING.read()[trial.name]

"""The report: what was announced and what was not, the exit code, and its JSON."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

import apacheconf
from apacheconf.ledger import Answer, Outcome, Row
from apacheconf.prove import announced
from apacheconf.prove.announced import CLOSED, REFUSED, About, Announcements
from apacheconf.prove.caveats import ASPECTS, ONLY, PROBES
from apacheconf.prove.compare import Aspect, Comparison
from apacheconf.prove.observe import Arrival, Observation, Reply, Tokens, from_json, to_json
from apacheconf.prove.probes import build, build_for_failures
from apacheconf.prove.report import Report, Result
from apacheconf.prove.requests import Aim
from apacheconf.prove.situations import IN_TWO_LINES, Situation
from apacheconf.source import Place, SourceFile, Span
from apacheconf.targets.haproxy.differences import DIFFERENCES as HAPROXY
from apacheconf.targets.nginx.differences import DIFFERENCES as NGINX

AIM = Aim("example.com", "www.example.com")
SEEN = Observation(
    (Reply(200, "OK", "1.1", (("A", "b: c"), ("E", "")), "hi", (103,), False),),
    "closed",
    (Arrival("o", "GET / HTTP/1.1", (("H", "v"),), "1 bytes x", "chunked", "no chunk size"),),
)
STATUS = Aspect("status", "200", "404")


def result(*aspects: Aspect, key: str | None = None, excused: tuple[str, ...] = ()) -> Result:
    return Result("all up", "h", "path: /", Comparison(aspects, excused), SEEN, SEEN, "f:1: ProxyPass", key)


def test_only_unannounced_differences_fail() -> None:
    fine = Report(
        "httpd", "nginx", (result(excused=("N2", "N7")), result(STATUS, key="trace"), result(excused=("N2",)))
    )
    assert (fine.asked, fine.equal, len(fine.different), fine.exit_code) == (3, 2, 1, 0)
    assert fine.excused == {"N2": 2, "N7": 1}
    bad = Report("httpd", "nginx", (*fine.results, result(STATUS)))
    assert bad.exit_code == 1
    assert bad.different[0].announced is None


def test_a_report_of_no_question_proves_nothing() -> None:
    assert Report("httpd", "nginx", ()).exit_code == 1


def test_json_says_it_all() -> None:
    report = Report("httpd 2.4.1", "nginx 1.22", (result(), result(STATUS)), ("a note",), ("trace",))
    written = json.loads(json.dumps(report.to_json()))
    assert written["schema"] == 1
    assert (written["asked"], written["equal"], written["unannounced"]) == (2, 1, 1)
    (difference,) = written["differences"]
    assert difference["aspects"] == [{"what": "status", "reference": "200", "other": "404"}]
    assert difference["cause"] == "f:1: ProxyPass"
    assert from_json(difference["reference"]) == SEEN


@pytest.mark.parametrize(
    "seen", [SEEN, Observation((), "silent", ()), Observation((Reply(0, body="x"),), "closed", ())]
)
def test_observations_survive_being_written_down(seen: Observation) -> None:
    assert from_json(json.loads(json.dumps(to_json(seen)))) == seen


def test_ports_are_tokens() -> None:
    """N11: neither origins' ports nor the front's own may differ from run to run."""
    tokens = Tokens({40001: "10.0.0.1:8080"}, {40002: 80})
    assert (
        tokens.hide("http://127.0.0.1:40001/a http://127.0.0.1:400019/")
        == "http://10.0.0.1:8080/a http://10.0.0.1:80809/"
    )
    assert tokens.hide("http://example.com:40002/ 40002 x:40003") == "http://example.com:(port 80)/ 40002 x:40003"


def row(name: str, outcome: Outcome, key: str = "", args: str = "") -> Row:
    span = Span(SourceFile("f", "x"), 0, 1)
    return Row(name, args, Place(span, "f", 1), outcome, (Answer(outcome, "why", key=key),), 1)


def test_a_caveat_announces_its_probes_and_no_others() -> None:
    said = announced.read([row("ProxyPass", Outcome.EQUIVALENT, "trace")], ())
    assert said.announce("method: TRACE", [STATUS]) == "trace"
    assert said.announce("method: PUT", [STATUS]) is None
    assert Announcements().announce("method: TRACE", [STATUS]) is None


def test_what_was_carried_exactly_announces_nothing() -> None:
    said = announced.read([row("ProxyPass", Outcome.EXACT, "trace"), row("AddDefaultCharset", Outcome.EXACT)], ())
    assert said == Announcements()


def test_a_directive_announces_its_aspects_only_if_nothing_else_differs() -> None:
    said = announced.read([row("AddDefaultCharset", Outcome.UNSUPPORTED)], ())
    charset = Aspect("header Content-Type", "text/plain; charset=UTF-8", "text/plain")
    assert said.announce("path: /", [charset]) == "AddDefaultCharset"
    assert said.announce("path: /", [charset, STATUS]) is None


@pytest.mark.parametrize(
    ("name", "args", "what", "told"),
    [
        ("Header", "always set X-Frame-Options DENY", "header X-Frame-Options", True),
        ("Header", "set X-Frame-Options DENY", "answer 2: header X-Frame-Options", True),
        ("Header", "set X-Frame-Options DENY", "header X-Frame", False),
        ("Header", "set X-Frame-Options DENY", "origin: header X-Frame-Options", False),
        ("RequestHeader", "set X-Real-IP %{REMOTE_ADDR}s", "origin: header X-Real-IP", True),
        ("RequestHeader", "set X-Real-IP %{REMOTE_ADDR}s", "header X-Real-IP", False),
        ("ErrorDocument", "404 /404.html", "body", True),
        ("ErrorDocument", "404 /404.html", "status", False),
        ("ProxyPass", "/ http://10.0.0.1/", "origin: line", False),
    ],
)
def test_a_row_that_falls_short_announces_what_it_is_about(name: str, args: str, what: str, told: bool) -> None:
    said = announced.read([row(name, Outcome.APPROXIMATED, args=args)])
    assert said.announce("path: /", [Aspect(what, "a", "b")]) == (name if told else None)


#: Requests as conditions make them: their names depend on the program.
MADE = (
    Situation("/x", certificate=True), Situation("/x", "DELET"), Situation("/x", "DELETEx"),
    Situation("/x", headers=(("Upgrade", "websocket"),)), Situation("/x", headers=(("X-Client-IP", ""),)),
    Situation("/x", headers=(("Cookie", "a"),), note=IN_TWO_LINES),
)  # fmt: skip


#: The same of files that are there, and of origins that speak TLS.
NAMED = [
    *(f"file: GET /a.txt, {header}" for header in ("If-Match: *", "If-None-Match: *")),
    "file: POST /a.txt", "file: GET /a.html.fr", "stranger: GET /x",
]  # fmt: skip


def test_every_pattern_speaks_about_a_probe() -> None:
    names = [probe.name for probe in (*build(AIM), *build_for_failures(AIM), *(each.probe(AIM) for each in MADE))]
    names += NAMED
    for key, patterns in PROBES.items():
        said = Announcements((key,))
        about = ONLY.get(key, ("status",))[0].replace("*", "x").replace("?", "2")
        aspect = Aspect(about, "(absent)", "Accept-Encoding")  # the one that any may differ in
        assert any(said.announce(name, [aspect], About(file=True)) for name in names), f"{key}: {patterns}"


def test_every_key_is_said_by_someone() -> None:
    """By a target, or by serve."""
    folders = (Path(apacheconf.__file__).parent / each for each in ("targets", "runtime"))
    text = "".join(file.read_text() for folder in folders for file in folder.rglob("*.py"))
    assert not [key for key in {*PROBES, *ASPECTS, *ONLY, *CLOSED, *REFUSED} if f'"{key}"' not in text]


def test_probes_are_many_and_have_names_of_their_own() -> None:
    """At least 40 requests for each configuration: host, path, method, body, header, version, connection, origin."""
    probes = build(AIM)
    names = [probe.name for probe in probes]
    assert len(names) == len(set(names)) >= 40
    assert {probe.about for probe in probes} >= {"host", "path", "method", "body", "header", "version", "origin"}
    below = build(replace(AIM, prefix="/app"))
    assert b"GET /app/a%2Fb HTTP/1.1" in next(p for p in below if p.name == "path: /a%2Fb").turns[0].send


def test_differences_that_targets_announce_can_be_shown() -> None:
    """Keys without a probe are those that no single request on IPv4 loopback can show, or that a rule excuses."""
    unprobed = {each.key for each in (*NGINX, *HAPROXY)} - {*PROBES, *ASPECTS}
    assert unprobed <= {"body-limit", "header-names", "ipv6", "no-date", "unknown-names"}

"""How much is done to find out what a host comes to: in line with how much it says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from apacheconf.program.conditions import Compare, Condition, Matches, Operator, Regex
from apacheconf.program.steps import MapToOrigin
from apacheconf.program.values import Literal, Variable
from apacheconf.targets import growing
from apacheconf.targets.answers import facts
from apacheconf.targets.finite import texts_of
from apacheconf.targets.known import Known
from apacheconf.targets.mapped import of_url
from apacheconf.targets.nginx.lowering import Lowering
from apacheconf.targets.nginx.nesting import Guard
from apacheconf.targets.nginx.tree import Block
from tests.targets.configs import host, outcomes, translated


class _Count:
    """How many questions steps have asked."""

    def __init__(self) -> None:
        self.steps = 0


@pytest.fixture
def count(monkeypatch: pytest.MonkeyPatch) -> Iterator[_Count]:
    found, asks = _Count(), Known.asks

    def counted(self: Known, step: object) -> object:
        found.steps += 1
        return asks(self, step)  # type: ignore[arg-type]

    monkeypatch.setattr(Known, "asks", counted)
    yield found


def _rules(count: int) -> list[str]:
    """Redirects of old pages, as sites have them, with conditions here and there."""
    lines = ["RewriteEngine On"]
    for number in range(count):
        if number % 3 == 0:
            lines.append(f"RewriteCond %{{HTTP_USER_AGENT}} agent{number}")
        lines.append(f"RewriteRule ^/old{number}/(.*)$ /new{number}/$1 [R=301,L]")
    return [*lines, "ProxyPass / http://h/"]


@pytest.mark.parametrize("target", ["nginx", "haproxy"])
def test_rules_are_followed_once_and_not_for_each_other(target: str, count: _Count, tmp_path: Path) -> None:
    """Four times as many rules ask four times as many questions, and not sixteen times as many."""
    found = []
    for number in (15, 60):
        count.steps = 0
        translated(tmp_path, host(*_rules(number)), target)
        found.append(count.steps)
    assert found[1] < 5 * found[0]


def _places(count: int) -> list[str]:
    """Places with an origin each, and as many rules for old pages, all of which stand before each of the places."""
    lines = ["RewriteEngine On"]
    for number in range(count):
        lines += [f"ProxyPass /area{number} http://h/area{number}", f"RewriteRule ^/old{number}$ /area{number} [R,L]"]
    return lines


def _fronts(count: int) -> list[str]:
    """Front controllers, each for what is no file below a path of its own."""
    lines = ["DocumentRoot /srv/www", "<Directory /srv/www>", "Require all granted", "</Directory>", "RewriteEngine On"]
    for number in range(count):
        lines += [
            "RewriteCond %{DOCUMENT_ROOT}%{REQUEST_URI} !-f",
            f"RewriteRule ^/area{number}/(.*)$ /index{number}.php/$1 [L]",
        ]
    return lines


@pytest.mark.parametrize("lines", [_places, _fronts])
@pytest.mark.parametrize("target", ["nginx", "haproxy"])
def test_rules_are_not_asked_again_for_each_place_or_file(
    lines: Callable[[int], list[str]], target: str, count: _Count, tmp_path: Path
) -> None:
    """Rules about other paths than those of a place are passed over, and those that led to a file are known then."""
    found = []
    for number in (40, 80):
        count.steps = 0
        translated(tmp_path, host(*lines(number)), target)
        found.append(count.steps)
    assert found[1] < 2.5 * found[0], found


@pytest.mark.parametrize("target", ["nginx", "haproxy"])
def test_origins_are_asked_for_their_own_sections_only(
    target: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Sections about other origins are passed over: forty origins were asked for forty sections each."""
    asked: list[str] = []

    def counted(matcher: Condition, origin: str, mapping: MapToOrigin) -> Condition:
        asked.append(origin)
        return of_url(matcher, origin, mapping)

    monkeypatch.setattr(growing, "of_url", counted)
    section = "<Proxy http://h{0}.test/>\nRequire ip 10.{0}.0.0/16\n</Proxy>"
    lines = (f"ProxyPass /area{n} http://h{n}.test/\n{section.format(n)}" for n in range(40))
    made = translated(tmp_path, host(*lines), target)
    assert len(set(asked)) == 40
    assert max(Counter(asked).values()) < 12
    assert outcomes(made)["Require"] in ("exact", "equivalent")


def test_what_refuses_or_redirects_is_written_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Forty rules that go by the name of the host were 1,680 conditions, of which 1,640 were thrown away."""
    written: list[Guard] = []
    emit = Guard.emit

    def counted(self: Guard, low: Lowering, location: Block) -> None:
        written.append(self)
        emit(self, low, location)

    monkeypatch.setattr(Guard, "emit", counted)
    rules = (f"RewriteCond %{{HTTP_HOST}} ^w{n}\\.test$\nRewriteRule ^ http://v{n}.test/ [R,L]" for n in range(40))
    made = translated(tmp_path, host("RewriteEngine On", *rules), "nginx")
    assert len(written) == made.text.count("http://v") == 40


@pytest.mark.parametrize("target", ["nginx", "haproxy"])
def test_many_rules_are_many_lines_and_no_more(target: str, tmp_path: Path) -> None:
    """Rules behind each other are no combinations: none is refused for there being others."""
    few, many = (translated(tmp_path, host(*_rules(number)), target) for number in (40, 160))
    assert many.text.count("\n") < 4 * few.text.count("\n")
    assert all(answer.key != "closed" for row in many.rows for answer in row.answers)


def test_hundreds_of_rules_are_no_fault_of_ours(tmp_path: Path) -> None:
    """Trees as deep as that are more than Python's usual room."""
    made = translated(tmp_path, host(*_rules(400)), "haproxy")
    assert "/new399/" in made.text


def _sections(count: int, kind: str) -> list[str]:
    """Sections that hold independently of each other, and only say headers."""
    lines = ["ProxyPass / http://h/"]
    for number in range(count):
        asked = f'"%{{HTTP_USER_AGENT}} =~ /agent{number}/"' if kind == "If" else f'"/at{number}[a-z]*/x"'
        lines += [f"<{kind} {asked}>", f"Header set X-At{number} {number}", f"</{kind}>"]
    return lines


@pytest.mark.parametrize("kind", ["If", "LocationMatch"])
@pytest.mark.parametrize("target", ["nginx", "haproxy"])
def test_sections_that_only_say_headers_are_asked_line_by_line(target: str, kind: str, tmp_path: Path) -> None:
    """Twelve such sections are 4,096 combinations, and the whole host was closed."""
    few, many = (translated(tmp_path, host(*_sections(number, kind)), target) for number in (12, 24))
    assert all(answer.key != "closed" for row in many.rows for answer in row.answers)
    assert many.text.count("\n") < 2 * few.text.count("\n")
    assert outcomes(many)["Header"] in ("exact", "equivalent", "approximated")


def test_a_line_of_such_a_section_asks_for_it(tmp_path: Path) -> None:
    made = translated(tmp_path, host(*_sections(12, "If")), "haproxy")
    assert "set-var(txn.held_agent_has_agent7) bool(true) if { req.fhdr(user-agent) -m reg -- agent7 }" in made.text
    assert "http-response set-header X-At7 7 if { var(txn.held_agent_has_agent7) -m bool }" in made.text


def _made_one_by_one(count: int) -> list[str]:
    """Rules that each may change the path that the one before it made."""
    rules = (
        line
        for number in range(count)
        for line in (f"RewriteCond %{{HTTP_COOKIE}} c{number}", f"RewriteRule ^/(.*)$ /s{number}/$1")
    )
    return ["RewriteEngine On", *rules, "RewriteRule ^/(.*)$ http://h/$1 [P]"]


def _passed_over(count: int) -> list[str]:
    """Rules that others pass over."""
    rules = (
        line
        for number in range(count)
        for line in (
            f"RewriteCond %{{HTTP_COOKIE}} c{number}",
            "RewriteRule ^ - [S=1]",
            f"RewriteRule ^/s{number} http://h/t{number} [P]",
        )
    )
    return ["RewriteEngine On", *rules, "ProxyPass / http://h/"]


@pytest.mark.parametrize("rules", [_made_one_by_one, _passed_over])
def test_rules_that_may_have_changed_the_path_are_one_line_each(
    rules: Callable[[int], list[str]], tmp_path: Path
) -> None:
    """HAP-102: each doubles what a host comes to, and yet fifty are said, in five times as many lines as ten."""
    few, many = (translated(tmp_path, host(*rules(number)), "haproxy") for number in (10, 50))
    assert many.text.count("\n") < 5 * few.text.count("\n")
    assert outcomes(many)["RewriteRule"] in ("exact", "equivalent")
    assert outcomes(many)["RewriteCond"] == "exact"


def test_a_rule_may_have_more_conditions_than_a_line_has_words(tmp_path: Path) -> None:
    """HAP-102: HAProxy takes 64 words in a line."""
    conditions = [f"RewriteCond %{{HTTP_COOKIE}} !c{number}" for number in range(40)]
    made = translated(tmp_path, host("RewriteEngine On", *conditions, "RewriteRule ^ http://h/x [P]"), "haproxy")
    assert max(len(line.split()) for line in made.text.splitlines() if "#" not in line) < 64
    assert outcomes(made)["RewriteCond"] == "exact"


@pytest.fixture
def looked_through(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many answers there were each time that all were looked through for the texts of a value."""
    found: list[int] = []

    def counted(answers: Mapping[Condition, bool]) -> Iterator[tuple[Condition, bool]]:
        found.append(len(answers))
        return facts(answers)

    monkeypatch.setattr("apacheconf.targets.finite.facts", counted)
    return found


def test_rules_that_go_on_ask_for_no_texts_of_each_other(looked_through: list[int], tmp_path: Path) -> None:
    """A path that begins with a text of its own shows how it begins: behind more rules, no answer is asked about it."""
    rules = (f"RewriteRule ^/go{number}/(.*)$ /gone{number}/$1" for number in range(40))
    translated(tmp_path, host("RewriteEngine On", *rules, "ProxyPass / http://h/"), "haproxy")
    assert not any(looked_through)


def test_answers_are_looked_through_once_for_all_texts_of_a_value(looked_through: list[int]) -> None:
    """A value with two texts does not have all that is known of the request looked through twice."""
    https = Variable("HTTPS")
    answers: dict[Condition, bool] = {Matches(Variable("REQUEST_URI"), Regex("^/a")): True}
    assert texts_of(https, answers) == frozenset({"on", "off"})
    assert texts_of(https, {**answers, Matches(https, Regex("n")): False}) == frozenset({"off"})
    assert texts_of(https, {Compare(https, Operator.DIFFERENT, Literal("on")): False}) == frozenset({"on"})
    assert looked_through == [1, 2, 1]

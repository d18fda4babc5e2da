"""Every named move of control, every action and every condition, in programs that no directive fills yet."""

from __future__ import annotations

import json

import pytest

from apacheconf.program import Decision, Request, decide
from apacheconf.program.conditions import (
    AllOf,
    AnyOf,
    Compare,
    Glob,
    InNetwork,
    Matches,
    Not,
    OneOf,
    Operator,
    Regex,
    Under,
)  # fmt: skip
from apacheconf.program.conditions import (
    Test as Unary,
)
from apacheconf.program.phases import Phase
from apacheconf.program.printing import to_json
from apacheconf.program.program import Program
from apacheconf.program.steps import (
    END,
    NEXT,
    STOP,
    AddFilter,
    EditHeader,
    Flow,
    Log,
    MapToOrigin,
    Move,
    OverrideErrors,
    Redirect,
    Respond,
    Rest,
    SetEnv,
    SetErrorDocument,
    SetHandler,
    SetUri,
    Step,
    Table,
)  # fmt: skip
from apacheconf.program.trace import Passed, Round
from apacheconf.program.values import Call, Capture, Joined, Literal, Variable
from tests.program.examples import host, map_all, program, shape, worker

PATH = Variable("REQUEST_URI")
ROOT = Under("/")


def of(*steps: Step) -> Program:
    return program((host(0, "a.example", shape(steps)),), (worker(80),))


def ask(steps: Program, target: str = "/", *headers: tuple[str, str], tracer=lambda event: None) -> Decision:
    return decide(steps, Request("GET", target, (("Host", "a.example"), *headers)), tracer)


def translate(action, when=ROOT, then=NEXT, otherwise=NEXT) -> Step:
    return Step(Phase.TRANSLATE, action, when=when, then=then, otherwise=otherwise)


def env(name: str, value: str = "1") -> SetEnv:
    return SetEnv(name, Literal(value))


def test_stop_ends_the_phase_and_says_who_was_passed():
    events: list[object] = []
    steps = of(translate(env("a"), then=STOP), translate(env("b")))
    assert ask(steps, tracer=events.append).env == {"a": "1"}
    passed = [event for event in events if isinstance(event, Passed)]
    assert [(event.step.action, event.by.action) for event in passed] == [(env("b"), env("a"))]


def test_skip_leaves_out_the_next_steps():
    steps = of(translate(env("a"), then=Flow(Move.SKIP, 1)), translate(env("b")), translate(env("c")))
    assert ask(steps).env == {"a": "1", "c": "1"}


def test_a_chain_that_fails_is_left_out_whole():  # RW-21
    fails = translate(env("a"), when=Under("/nowhere"), otherwise=Flow(Move.CHAIN, 2))
    assert ask(of(fails, translate(env("b")), translate(env("c")), translate(env("d")))).env == {"d": "1"}


def test_restart_goes_back_to_the_first_step_until_nothing_changes():  # RW-29
    strip = translate(
        SetUri(Joined((Literal("/"), Capture("rule", 1)))),
        when=Matches(PATH, Regex("^/x(.*)$"), "rule"),
        then=Flow(Move.RESTART, 3),
    )
    assert ask(of(strip, map_all()), "/xxxa").uri == "/a"


def test_restart_is_bounded():
    forever = translate(env("a"), then=Flow(Move.RESTART, 5))
    assert ask(of(forever)).status == 500


def test_an_internal_redirect_enters_again_with_redirect_variables():  # EV-5
    events: list[object] = []
    go = Step(Phase.FIXUPS, env("seen"), when=Under("/old"), then=Flow(Move.INTERNAL_REDIRECT, uri=Literal("/new?q=1")))
    decision = ask(of(go, map_all()), "/old?p=2", tracer=events.append)
    assert (decision.uri, decision.rounds) == ("/new?q=1", 1)
    assert decision.env == {"REDIRECT_seen": "1", "REDIRECT_STATUS": "200"}
    assert [event.uri for event in events if isinstance(event, Round)] == ["/new?q=1"]


def test_more_than_ten_rounds_are_an_error():  # RW-5, DEF-49
    loop = Step(Phase.FIXUPS, env("a"), then=Flow(Move.INTERNAL_REDIRECT))
    assert (ask(of(loop)).status, ask(of(loop)).rounds) == (500, 10)


def test_end_answers_and_only_filters_and_logs_remain():
    steps = of(
        Step(Phase.ACCESS, Respond(403), then=END),
        Step(Phase.FIXUPS, env("late")),
        Step(Phase.FILTERS, EditHeader(Table.ALWAYS, "set", "X", Literal("y"))),
        Step(Phase.LOG, Log(0, (Variable("REQUEST_STATUS", missing="-"),))),
    )
    decision = ask(steps)
    assert (decision.status, decision.env) == (403, {})
    assert (len(decision.response_headers), len(decision.logs)) == (1, 1)


def test_a_redirect_appends_the_rest_and_the_query():  # AL-3
    step = translate(Redirect(301, Literal("http://new/"), "/old/"), when=Under("/old/"), then=END)
    assert ask(of(step), "/old/a%20b?c").location == "http://new/a%20b?c"


def test_a_variable_is_unset_before_the_phase_that_knows_it():
    early = Step(Phase.POST_READ, SetEnv("early", Variable("HANDLER", missing="(null)")))
    handler = Step(Phase.TYPE, SetHandler("status"))
    late = Step(Phase.FIXUPS, SetEnv("late", Variable("HANDLER")))
    assert ask(of(early, handler, late)).env == {"early": "(null)", "late": "status"}


def test_what_the_response_will_meet_is_collected():
    steps = of(
        map_all(),
        Step(Phase.FILTERS, OverrideErrors((404,))),
        Step(Phase.FILTERS, SetErrorDocument(404, path="/404.html")),
        Step(Phase.FILTERS, AddFilter("DEFLATE")),
    )
    decision = ask(steps)
    assert decision.override_errors == (404,)
    assert decision.error_documents[0].path == "/404.html"
    assert decision.filters == (AddFilter("DEFLATE"),)


def test_a_regex_mapping_substitutes_its_own_captures():  # PP-13, PP-14
    value = Joined((Literal("/x/"), Capture("rule", 1)))
    captured = translate(
        MapToOrigin(0, "", rest=Rest.NOTHING, value=value), Matches(PATH, Regex("^/(.*)[.]gif$"), "rule"), STOP
    )
    whole = translate(MapToOrigin(0, "/pre", rest=Rest.WHOLE_PATH), Matches(PATH, Regex("[.]png$")), STOP)
    steps = of(captured, whole)
    assert ask(steps, "/p/a.gif").uri == "/x/p/a"
    assert ask(steps, "/p/a.png").uri == "/pre/p/a.png"


CONDITIONS = [
    (Compare(PATH, Operator.SAME, Literal("/p/7")), True),
    (Compare(Literal("10"), Operator.BEFORE, Literal("9")), True),  # EXPR-4: as text
    (Compare(Literal("10"), Operator.LT, Literal("9")), False),
    (Compare(Literal("a"), Operator.EQ, Literal("b")), True),  # EXPR-5: both are 0
    (Matches(PATH, Regex("^/P/", ignore_case=True)), True),
    (Matches(PATH, Regex("^/P/")), False),
    (Glob(PATH, "/*/7"), True),
    (Glob(PATH, "/*"), False),
    (Glob(PATH, "/*", crosses_slash=True), True),
    (OneOf(Variable("REQUEST_METHOD"), (Literal("POST"), Literal("GET"))), True),
    (InNetwork(Variable("REMOTE_ADDR"), ("127.0.0.0/8",)), True),
    (InNetwork(Variable("REMOTE_ADDR"), ("10.0.0.0/8", "::1/128")), False),
    (Unary("n", Variable("HTTP", "X-Test")), True),
    (Unary("z", Variable("ENV", "nope")), True),
    (Unary("T", Literal("off")), False),
    (Not(Under("/q")), True),
    (AllOf((Under("/p"), Under("/p/"))), True),
    (AnyOf((Under("/q"), Under("/p/7"))), True),
    (Compare(Call("tolower", Variable("HTTP", "X-Test")), Operator.SAME, Literal("value")), True),
]


@pytest.mark.parametrize(("condition", "expected"), CONDITIONS)
def test_conditions(condition, expected: bool):
    decision = ask(of(Step(Phase.FIXUPS, env("held"), when=condition)), "/p/7", ("X-Test", "VALUE"))
    assert (decision.env == {"held": "1"}) is expected


def test_every_shape_prints_as_json():
    steps = of(*(Step(Phase.FIXUPS, env("a"), when=condition) for condition, _ in CONDITIONS), map_all())
    printed = json.loads(json.dumps(to_json(steps)))
    assert printed["hosts"][0]["shape"]["server"][0]["when"]["is"] == "Compare"
    assert printed["origins"][0]["name"] == "http://10.0.0.1"

"""Cells against the interpreter: running a cell's steps comes to the decision that asking every layer comes to."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from apacheconf.modules.declare import Setting
from apacheconf.program import Decision, Request, decide
from apacheconf.program.cells import find_cell
from apacheconf.program.conditions import ALWAYS, Glob, Matches, Regex, Under
from apacheconf.program.dead import shadowing
from apacheconf.program.hosts import Layer, LayerKind, Shape
from apacheconf.program.mod_proxy import Mapping, ProxyLayer, chain
from apacheconf.program.phases import Phase
from apacheconf.program.program import Program
from apacheconf.program.steps import STOP, KeepLocal, MapToFile, MapToOrigin, Step
from apacheconf.program.values import REQUEST_URI
from tests.program.examples import default_layer, host, program, shape, worker

PATHS = ["/", "/a", "/a/", "/a/b", "/a/b/", "/a/b/c", "/ab", "/a/bc", "/b", "/b/", "/b/a", "/c"]
PREFIXES = ["/", "/a", "/a/", "/a/b", "/a/b/", "/b", "/b/a"]


def mapping(prefix: str, kind: str, number: int) -> Step:
    if kind == "keep":
        return Step(Phase.TRANSLATE, KeepLocal(), when=Under(prefix))
    when = Matches(REQUEST_URI, Regex(f"^{prefix}"), "rule") if kind == "regex" else Under(prefix)
    return Step(Phase.TRANSLATE, MapToOrigin(0, f"/{number}", prefix), when=when, then=STOP)


def location(prefix: str, preserve: bool, number: int, kind: str) -> Layer:
    step = Step(Phase.TRANSLATE, MapToOrigin(0, f"/section{number}", prefix), when=Under(prefix), then=STOP)
    conf = ProxyLayer(
        mapping=Setting(Mapping(step, step), (number,)) if kind == "maps" else Setting(None),  # type: ignore[arg-type]
        preserve_host=Setting(preserve, (number,)),  # type: ignore[arg-type]
    )
    matcher = Glob(REQUEST_URI, prefix + "*") if kind == "glob" else Under(prefix)
    return Layer(LayerKind.LOCATION, matcher, (("mod_proxy", conf),))


mappings = st.lists(st.tuples(st.sampled_from(PREFIXES), st.sampled_from(["map", "map", "keep", "regex"])), max_size=5)
locations = st.lists(
    st.tuples(st.sampled_from(PREFIXES), st.booleans(), st.sampled_from(["sets", "maps", "glob"])), max_size=4
)


def build(listed: list[tuple[str, str]], sections: list[tuple[str, bool, str]]) -> Program:
    steps = chain(mapping(prefix, kind, number) for number, (prefix, kind) in enumerate(listed))
    layers = (default_layer(), *(location(p, keep, n, kind) for n, (p, keep, kind) in enumerate(sections)))
    of = shape((*steps, Step(Phase.TRANSLATE, MapToFile("/srv"))), layers)
    return program((host(0, "a.example", of),), (worker(80),))


def ask(of: Program, path: str) -> Decision:
    return decide(of, Request("GET", path, (("Host", "a.example"),)))


def only(of: Program, steps: tuple[Step, ...]) -> Program:
    """The program whose one host runs exactly these steps everywhere."""
    bare = Shape(steps, (Layer(LayerKind.SERVER, ALWAYS, ()),), (), of.hosts[0].shape.limits)
    return replace(of, hosts=(replace(of.hosts[0], form=bare),))


@given(mappings, locations, st.sampled_from(PATHS))
def test_a_cell_without_open_layers_decides_as_the_layers_do(listed, sections, path: str):  # NGX-31, NGX-32
    whole = build(listed, sections)
    cell = find_cell(whole.hosts[0].shape.cells, path)
    if not cell.maybe:
        told, expected = ask(only(whole, cell.steps), path), ask(whole, path)
        assert (told.uri, told.host_header, told.headers) == (expected.uri, expected.host_header, expected.headers)
        assert told.file == expected.file or expected.origin is not None


@given(mappings, st.sampled_from(PATHS))
def test_what_is_called_dead_never_decides(listed, path: str):  # DES-3
    whole = build(listed, [])
    dead = {step for step, _ in whole.hosts[0].shape.dead}
    steps = whole.hosts[0].shape.server
    kept = chain(step for step in steps if step not in dead)
    assert ask(only(whole, kept), path).uri == ask(only(whole, steps), path).uri


def test_the_step_that_shadows_is_named():  # PP-1
    whole = build([("/a", "map"), ("/a/b", "map")], [])
    steps, cells = whole.hosts[0].shape.server, whole.hosts[0].shape.cells
    assert shadowing(steps[1], steps, cells) is steps[0]

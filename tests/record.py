"""httpd's recorded answers: ``python -m tests.record`` asks the installed httpd and writes them down.

One file per site of fixtures/sites, in fixtures/recorded. Another version of httpd re-records, never loosens.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

from apacheconf.engines import find
from apacheconf.program.loading import Loaded, load
from apacheconf.prove.aims import Target, find_targets
from apacheconf.prove.ask import Scenario, scenarios
from apacheconf.prove.observe import Observation, from_json, to_json
from apacheconf.prove.side import Front, observe
from apacheconf.prove.stage import authorities

ROOT = Path(__file__).resolve().parent.parent
RECORDED = ROOT / "fixtures" / "recorded"
#: Recorded name -> what is read, relative to the repository.
SITES = {
    "reverse-proxy": "fixtures/sites/reverse-proxy/conf.d",
    "load-balancer": "fixtures/sites/load-balancer/conf.d",
}

Recording = dict[str, dict[str, Observation]]


def load_site(name: str) -> Loaded:
    return load([str(ROOT / SITES[name])])


def scenarios_of(loaded: Loaded) -> Iterator[tuple[Target, Scenario]]:
    """Every scenario of the site's first host that maps to an origin."""
    program = loaded.require()
    target = find_targets(program)[0]
    for scenario in scenarios(program, target.aim, authorities(program)):
        yield target, scenario


def read(name: str) -> tuple[str, Recording]:
    """The version of httpd that was asked, and what it answered: scenario -> probe -> observation."""
    written = json.loads((RECORDED / f"{name}.json").read_text("utf-8"))
    seen = {
        scenario: {probe: from_json(one) for probe, one in probes.items()}
        for scenario, probes in written["scenarios"].items()
    }
    return written["httpd"], seen


def record(name: str) -> Path:
    """Ask the installed httpd everything about a site. Raises UsageError when there is none."""
    front, loaded = Front.find("httpd"), load_site(name)
    seen = {
        scenario.name: observe(loaded, target, scenario, front, lambda probe: None)[0]
        for target, scenario in scenarios_of(loaded)
    }
    assert front.engine is not None
    file = RECORDED / f"{name}.json"
    file.parent.mkdir(exist_ok=True)
    file.write_text(_text(front.engine.version, seen), "utf-8")
    return file


def _text(version: str, seen: Recording) -> str:
    """JSON with a line for each answer and each request at the origin, in the order of asking."""
    scenarios = []
    for scenario, probes in seen.items():
        lines = [f"    {json.dumps(probe)}: {_entry(to_json(one))}" for probe, one in probes.items()]
        scenarios.append(f"  {json.dumps(scenario)}: {{\n" + ",\n".join(lines) + "\n  }")
    return f'{{\n "httpd": "{version}",\n "scenarios": {{\n' + ",\n".join(scenarios) + "\n }\n}\n"


def _entry(one: dict[str, object]) -> str:
    parts = [f"      {json.dumps(key)}: {json.dumps(value)}" for key, value in one.items()]
    return "{\n" + ",\n".join(parts) + "}"


def main() -> int:
    if find("httpd") is None:
        print("httpd is not installed: nothing recorded", file=sys.stderr)
        return 2
    for name in SITES:
        print(f"recorded {record(name).relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

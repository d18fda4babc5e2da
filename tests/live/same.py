"""The same configuration text and the same requests for httpd and for us: what differs, if anything."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from apacheconf.program.loading import load
from apacheconf.prove.aims import find_targets
from apacheconf.prove.ask import Scenario
from apacheconf.prove.client import Turn
from apacheconf.prove.compare import compare
from apacheconf.prove.normalise import rules_for
from apacheconf.prove.requests import Aim, Probe, request
from apacheconf.prove.side import Front, observe
from apacheconf.prove.stage import authorities
from tests.engines.real import need

#: What ``probes.request`` takes, or the bytes of a request.
Asked = dict[str, Any] | bytes


def differences(folder: Path, text: str, asked: dict[str, Asked]) -> dict[str, list[str]]:
    """For each request that is answered differently: what differs, httpd's first. Empty when all is the same."""
    need("httpd")
    file = folder / "site.conf"
    file.write_text(text)
    loaded = load([str(file)])
    program = loaded.require()
    target = find_targets(program)[0]
    probes = tuple(Probe(name, "live", (_turn(target.aim, one),)) for name, one in asked.items())
    scenario = Scenario("all up", frozenset(authorities(program)), probes)
    theirs, ours = (
        observe(loaded, target, scenario, Front.find(name), lambda _: None)[0] for name in ("httpd", "serve")
    )
    found: dict[str, list[str]] = {}
    for name in asked:
        aspects = compare(theirs[name], ours[name], rules_for("serve")).aspects
        if aspects:
            found[name] = [f"{each.what}: {each.reference!r} / {each.other!r}" for each in aspects]
    return found


def _turn(aim: Aim, one: Asked) -> Turn:
    if isinstance(one, bytes):
        return Turn(one, (one.split(b" ", 1)[0].decode("latin-1"),))
    return Turn(request(aim, **one), (one.get("method", "GET"),))

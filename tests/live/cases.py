"""Configurations and what httpd answers each, recorded: fixtures/traps (DIF-15) and fixtures/statements.

``python -m tests.live.cases [NAME...]`` asks httpd again and rewrites the answers. A block is ``== NAME``, the lines of
a virtual host (or whole ones), ``--``, and requests, each with what came of it behind ``=>``:

    METHOD PATH [SIZE] [| Header: value]... [from ADDRESS] [with a certificate] [>> ORDERS]

SIZE is that of a body; ``Host: none`` leaves it out, ``{n}`` in a value or path stands for n letters; ORDERS are for
the origin (X-Ctl). Before the requests may stand ``down [ORIGIN]``, ``exact`` (which member answers counts), ``without
haproxy`` (the case is none of its) and ``nginx has LINE`` for a line of its translation; behind an answer ``nginx says
KEY``, where nginx answers otherwise as its report says.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from apacheconf.engines import Sandbox
from apacheconf.engines.installed import find_all
from apacheconf.program import load
from apacheconf.program.loading import Loaded
from apacheconf.prove import Result
from apacheconf.prove.aims import Target, find_targets
from apacheconf.prove.ask import Scenario
from apacheconf.prove.client import Turn
from apacheconf.prove.judging import compare_scenario
from apacheconf.prove.observe import Observation
from apacheconf.prove.requests import Probe, request
from apacheconf.prove.side import Front, observe
from apacheconf.prove.situations import SESSION
from apacheconf.prove.stage import speaking
from tests.conftest import ROOT
from tests.engines.real import need

FOLDERS = (ROOT / "fixtures" / "traps", ROOT / "fixtures" / "statements")
_REQUEST = re.compile(
    r"(?P<line>[A-Z]+ \S+)(?: (?P<size>\d+))?(?P<headers>(?: \| .+?)*?)"
    r"(?: from (?P<source>[\d.]+))?(?P<shown> with a certificate)?(?: >> (?P<orders>\{.*))?"
)
_WRITTEN = re.compile(r"(nginx|haproxy) has (.+)")
_SAID = re.compile(r"(nginx|haproxy|serve) says (.+)")
#: Both passwords are ``pass``.
_USERS = "user:$6$abcdefgh$.Wd8gKGVv/NncIZyKrLIzwkMBRaL8yZnKz4uttpMUnlKvNdwooVmeCTgyWEOW0Smhyp/TUAtWmcz4ptHHh/u1/\n"
_APR1 = "user:$apr1$abcdefgh$rK/lObuciIG5ziaV8BdHR/\n"
_RULES = "RewriteEngine On\nRewriteRule ^old$ /new [R=301,L]\n"
#: A file of now has a weak ETag.
_LONG_AGO = 1_640_995_200
_FILES = {
    "a.txt": "a\n", ".htpasswd": "secret\n", "sub/b.txt": "b\n", "sub_private/p.txt": "p\n", "t.php": "<?php\n",
    "noext": "n\n", "strange.suffix": "s\n", "indexed/index.html": "<p>\n",
}  # fmt: skip
#: Fields that a summary leaves out: every answer or request has them, and others show what is asked here.
_USUAL = frozenset(
    {
        *("date", "server", "content-length", "content-type", "x-origin", "connection", "keep-alive", "accept-ranges"),
        *("etag", "last-modified", "transfer-encoding", "x-ctl", "x-forwarded-host", "x-forwarded-server"),
    }
)
_TOLD = ("SCRIPT_FILENAME", "PATH_INFO", "HTTP_AUTHORIZATION", "HTTP_PROXY")


@dataclass(frozen=True, slots=True)
class Case:
    """``name`` is what the case is about, ``answers`` are what httpd has answered to the ``requests`` in order.

    ``written`` are the lines that each target's translation holds, and ``said`` where a target answers otherwise: the
    number of the request and the target, to the caveat or directive of its report that says so. It isn't about those
    ``without`` it.
    """

    name: str
    config: str
    down: str | None
    exact: bool
    requests: tuple[str, ...]
    answers: tuple[str, ...]
    written: tuple[tuple[str, str], ...]
    without: frozenset[str]
    said: Mapping[tuple[int, str], str]

    def probes(self, target: Target) -> tuple[Probe, ...]:
        return tuple(_probe(text, number, target, self.exact) for number, text in enumerate(self.requests, 1))

    def scenario(self, loaded: Loaded, target: Target) -> Scenario:
        up = speaking(loaded.require())
        if self.down is not None:
            up = up - {self.down} if self.down else frozenset()
        return Scenario(self.name, up, self.probes(target))


def _probe(text: str, number: int, target: Target, exact: bool) -> Probe:
    found = _REQUEST.fullmatch(text)
    assert found, text
    method, path = _spelt_out(found["line"]).split(" ")
    pairs = [each.partition(": ")[::2] for each in found["headers"].split(" | ")[1:]]
    pairs = [(name, _spelt_out(value)) for name, value in pairs]
    host = next((value for name, value in pairs if name == "Host"), "")
    headers = [each for each in pairs if each[0] != "Host"]
    body = b"b" * int(found["size"] or 0)
    headers += [("Content-Length", str(len(body)))] if found["size"] else []
    data = request(
        replace(target.aim, prefix="/"), method, path, headers, body,
        host=None if host == "none" else host, orders=json.loads(found["orders"] or "{}"),
    )  # fmt: skip
    about, turns = SESSION if exact else "trap", (Turn(data, (method,)),)
    return Probe(f"{number}: {text}", about, turns, found["source"] or "", bool(found["shown"]))


def _spelt_out(text: str) -> str:
    return re.sub(r"\{(\d+)\}", lambda n: "v" * int(n[1]), text)


def cases(folder: Path) -> list[Case]:
    """Every case of a folder, in the order of its files."""
    return [_read(block) for file in sorted(folder.glob("*.txt")) for block in _blocks(file.read_text("utf-8"))]


def _blocks(text: str) -> list[str]:
    return re.split(r"^(?=== )", text, flags=re.MULTILINE)[1:]


def _read(block: str) -> Case:
    head, _, rest = block.partition("\n")
    config, _, asked = rest.partition("\n--\n")
    lines = [line for line in asked.splitlines() if line]
    down = next((line[4:].strip() for line in lines if re.match(r"down( |$)", line)), None)
    requests = [line for line in lines if _REQUEST.fullmatch(line)]
    answers = [line[3:] for line in lines if line.startswith("=> ")]
    written = [(found[1], found[2]) for line in lines if (found := _WRITTEN.fullmatch(line))]
    said: dict[tuple[int, str], str] = {}
    number = 0
    for line in lines:
        number += bool(_REQUEST.fullmatch(line))
        if found := _SAID.fullmatch(line):
            said[number, found[1]] = found[2]
    without = frozenset(line.removeprefix("without ") for line in lines if line.startswith("without "))
    fixed = tuple(requests), tuple(answers), tuple(written), without
    return Case(head[3:].strip(), config, down, "exact" in lines, *fixed, said)


@contextmanager
def staged(case: Case) -> Iterator[tuple[Loaded, Target, Scenario]]:
    """The configuration of a case with its files, read."""
    with Sandbox("trap") as box:
        for name, text in _FILES.items():
            os.utime(box.write(f"files/{name}", text), (_LONG_AGO, _LONG_AGO))
        config = case.config.replace("{folder}", str(box.path / "files"))
        config = config.replace("{users}", str(box.write("users", _USERS)))
        config = config.replace("{rules}", str(box.write("rules", _RULES)))
        config = config.replace("{apr1}", str(box.write("apr1", _APR1)))
        if "<VirtualHost" not in config:
            config = f"Listen 8080\n<VirtualHost *:8080>\nServerName a.test\n{config}\n</VirtualHost>"
        loaded = load([str(box.write("site.conf", config + "\n"))])
        target = find_targets(loaded.require())[0]
        yield loaded, target, case.scenario(loaded, target)


def all_fronts() -> dict[str, Front]:
    """httpd and the others by their names, two of nginx: the one that is installed and the newest at hand."""
    fronts = {each: Front(each, need(each)) for each in ("httpd", "nginx", "haproxy")} | {"serve": Front.find("serve")}
    return fronts | {"newest nginx": Front("nginx", find_all("nginx")[-1])}


def compared(case: Case, fronts: dict[str, Front]) -> dict[str, list[Result]]:
    """What differs between httpd and each of the others."""
    with staged(case) as (loaded, target, scenario):
        return {
            name: list(compare_scenario(loaded, target, scenario, (fronts["httpd"], front)))
            for name, front in fronts.items() if name != "httpd" and front.name not in case.without
        }  # fmt: skip


def answered(case: Case) -> list[str]:
    """What httpd answers now, summed up."""
    with staged(case) as (loaded, target, scenario):
        seen, _ = observe(loaded, target, scenario, Front.find("httpd"), lambda probe: None)
    return [summary(seen[probe.name]) for probe in scenario.probes]


def summary(seen: Observation) -> str:
    """A line: the status and what is unusual, then what the origin was asked."""
    parts = []
    for reply in seen.replies:
        parts.append(" | ".join([str(reply.status), *_unusual(reply.headers)]))
    for arrival in seen.arrivals:
        line = arrival.line if len(arrival.line) < 200 else f"{arrival.line[:60]}..."
        words = [f"{arrival.origin}: {line}", *_unusual(arrival.headers), *filter(None, [arrival.body])]
        parts.append(" | ".join(words))
    return " -> ".join(parts) or f"({seen.ended})"


def _unusual(headers: tuple[tuple[str, str], ...]) -> list[str]:
    is_told = any(name == "SCRIPT_FILENAME" for name, _ in headers)
    shown = [(n, v) for n, v in headers if (n in _TOLD if is_told else n.lower() not in _USUAL)]
    return [f"{name}: {value if len(value) < 100 else f'({len(value)} letters)'}" for name, value in shown]


def recorded(case: Case) -> tuple[str, ...]:
    """What httpd answers now, as it is written down."""
    return tuple(map(_stable, answered(case)))


def record(folder: Path, names: Sequence[str]) -> None:
    """Write down what httpd answers now, to all cases or to those whose names begin with one of ``names``."""
    for file in sorted(folder.glob("*.txt")):
        blocks = _blocks(file.read_text("utf-8"))
        asked = [not names or _read(block).name.startswith(tuple(names)) for block in blocks]
        text = "".join(_recorded(block) if ask else block for block, ask in zip(blocks, asked, strict=True))
        file.write_text(text, "utf-8")


def _recorded(block: str) -> str:
    answers = iter(recorded(_read(block)))
    head, mark, asked = block.partition("\n--\n")
    kept = [line for line in asked.splitlines() if line and not line.startswith("=> ")]
    lines = [f"{line}\n=> {next(answers)}" if _REQUEST.fullmatch(line) else line for line in kept]
    return head + mark + "\n".join(lines) + "\n"


def _stable(text: str) -> str:
    """Without the folder, and without what each certificate has of its own."""
    text = re.sub(r"\b[0-9A-F]{30,40}\b", "(serial)", re.sub(r"\w{3} [ \d]\d [\d:]{8} \d{4} GMT", "(date)", text))
    return re.sub(r"/[^ |]*apacheconf-trap-[^/]+", "(folder)", text)


if __name__ == "__main__":
    for each in FOLDERS:
        record(each, sys.argv[1:])

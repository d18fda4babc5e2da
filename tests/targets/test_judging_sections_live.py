"""Many sections that say who may come in, by patterns that hold together, asked on httpd and on HAProxy (HAP-104)."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest

from apacheconf.ledger import Outcome
from tests.targets.configs import host, translated
from tests.targets.echoes import ask
from tests.targets.fronts import MODULES, Fronts, fronts

pytestmark = pytest.mark.live

_RULES = (
    "Require all denied", "Require all granted", "Require ip 10.0.0.0/8", "Require ip 127.0.0.1", "Require method GET",
    "Require method POST", "Require not ip 10.1.2.3\nRequire all granted", "Require expr %{QUERY_STRING} == 'open'",
    "<RequireAny>\nRequire ip 10.9.0.0/16\nRequire method HEAD\n</RequireAny>",
    "<RequireAll>\nRequire method GET\nRequire expr %{HTTP_USER_AGENT} != 'bad'\n</RequireAll>",
    'Header set X-Seen yes', 'Require all granted\nHeader always set X-Who all',
)  # fmt: skip
_SECTIONS = 24


def _rules(number: int) -> str:
    text = _RULES[number % len(_RULES)]
    return f"<RequireAll>\n{text}\n</RequireAll>" if text.startswith("Require not") else text


def _config(host_name: str, *more: str) -> str:
    sections = [f'<LocationMatch "p{number}x">\n{_rules(number)}\n</LocationMatch>' for number in range(_SECTIONS)]
    mapping = "ProxyPass / http://127.0.0.1:{one}/"
    return host(*more, *sections, mapping, names=f"ServerName {host_name}.test", address="*:{port}")


_CONFIG = (
    _config("plain")
    + _config("shut", "<Location />\nRequire all denied\n</Location>")
    + _config("ends-shut").replace("ProxyPass", "<Location /closed>\nRequire all denied\n</Location>\nProxyPass", 1)
)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronts]:
    modules = (*MODULES, "headers_module")
    with fronts(_CONFIG, tmp_path_factory.mktemp("judging"), modules, targets=("haproxy",)) as found:
        yield found


def _paths() -> list[str]:
    dice = Random(7)
    some = [dice.sample(range(_SECTIONS), count) for count in (1, 1, 2, 2, 3, 4, 6) for _ in range(8)]
    alone = [[number] for number in range(_SECTIONS)]
    paths = ["/" + "".join(f"p{number}x" for number in each) for each in (*alone, *some)]
    return ["/", "/closed", "/closed/p1x", *paths, *(f"{path}?open" for path in paths[::5])]


@pytest.mark.parametrize("name", ["plain", "shut", "ends-shut"])
def test_who_may_come_in(name: str, running: Fronts) -> None:
    said = set()
    for path in _paths():
        for method, header in (("GET", ""), ("POST", ""), ("GET", "User-Agent: bad")):
            theirs, ours = (ask(running.at[front], f"{name}.test", path, method=method, header=header)[0]
                            for front in ("httpd", "haproxy"))  # fmt: skip
            assert ours == theirs, (method, path, header)
            said.add(ours)
    assert said == {"200", "403"}


def test_none_of_them_is_closed(running: Fronts, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Twice as many sections are twice as many lines, and each is honoured."""
    made = translated(tmp_path_factory.mktemp("rows"), _config("a").replace("{one}", "80").replace("{port}", "80"),
                      "haproxy")  # fmt: skip
    assert {row.outcome for row in made.rows if row.name in ("Require", "LocationMatch")} <= {
        Outcome.EXACT, Outcome.EQUIVALENT, Outcome.ABSORBED, Outcome.NO_EFFECT
    }  # fmt: skip
    assert "503" not in [line.split()[-1] for line in made.text.splitlines() if "deny_status" in line]

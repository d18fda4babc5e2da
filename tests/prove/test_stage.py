"""The runnable copy of a configuration changes named words at their own places, and nothing else (DIF-3)."""

from __future__ import annotations

from pathlib import Path

import pytest

from apacheconf.engines import Sandbox
from apacheconf.expand import Options
from apacheconf.program.loading import Loaded, load
from apacheconf.prove.aims import find_targets
from apacheconf.prove.stage import Stage, authorities, modules_for, stage

SITE = """\
Listen 8080
<VirtualHost *:8080 10.9.8.7:8080>
    ServerName example.com
    ServerAlias "10.0.0.1" http.10.0.0.1.example
    ErrorLog "/var/log/x.log"
    <Proxy "balancer://c">
        BalancerMember http://10.0.0.1:8080 route=a timeout=5
        BalancerMember 'http://10.0.0.2:8080/base' route="10.0.0.1:8080"
    </Proxy>
    ProxyPass "/one" "http://10.0.0.1/x http" nocanon
    ProxyPass /http://10.0.0.1/ http://ORIGIN.test:81/http://10.0.0.1/
    ProxyPassReverse /one http://10.0.0.1/
    ProxyPassReverse /two http://unknown.test/
    ProxyPass / balancer://c/
</VirtualHost>
"""
PORTS = {"10.0.0.1:80": 50001, "10.0.0.1:8080": 50002, "10.0.0.2:8080": 50003, "origin.test:81": 50004}


def loaded_from(text: str, folder: Path) -> Loaded:
    file = folder / "site.conf"
    file.write_text(text)
    return load([str(file)])


@pytest.fixture
def staged(tmp_path: Path) -> tuple[Stage, list[str]]:
    loaded = loaded_from(SITE, tmp_path)
    assert authorities(loaded.require()).keys() == PORTS.keys()
    with Sandbox("test") as box:
        made = stage(loaded, box, PORTS, None)
    return made, [line.strip() for line in made.text.splitlines()]


def test_urls_lead_to_the_stand_ins_and_other_words_stay(staged: tuple[Stage, list[str]]) -> None:
    _, lines = staged
    for line in (
        "BalancerMember http://127.0.0.1:50002 route=a timeout=5",
        "BalancerMember 'http://127.0.0.1:50003/base' route=\"10.0.0.1:8080\"",
        'ProxyPass "/one" "http://127.0.0.1:50001/x http" nocanon',
        "ProxyPass /http://10.0.0.1/ http://127.0.0.1:50004/http://10.0.0.1/",
        "ProxyPassReverse /one http://127.0.0.1:50001/",
        "ProxyPassReverse /two http://unknown.test/",
        "ProxyPass / balancer://c/",
        'ServerAlias "10.0.0.1" http.10.0.0.1.example',
        '<Proxy "balancer://c">',
    ):
        assert line in lines


def test_listeners_are_on_loopback_and_hosts_follow(staged: tuple[Stage, list[str]]) -> None:
    made, lines = staged
    port = made.ports.listeners[8080]
    assert [line for line in lines if line.startswith("Listen ")] == [
        f"Listen 127.0.0.1:{port}",
        f"Listen 127.0.1.1:{port}",
    ]
    assert f"<VirtualHost *:{port} 127.0.1.1:{port}>" in lines
    assert made.ports.address_for("10.9.8.7") == "127.0.1.1"


def test_nothing_is_written_outside_the_sandbox(staged: tuple[Stage, list[str]]) -> None:
    made, lines = staged
    assert "/var/log" not in made.text
    assert f'ErrorLog "{made.box.path}/logs/error.log"' in lines


def test_lines_lead_back_to_the_original(staged: tuple[Stage, list[str]]) -> None:
    made, lines = staged
    number = lines.index("ProxyPass / balancer://c/") + 1
    node = made.node_at(number)
    assert node is not None
    assert (node.name, node.place.span.line) == ("ProxyPass", 14)


def test_the_copy_means_the_same(tmp_path: Path) -> None:
    """Loaded again, it has the same hosts, and as many origins and directives of the site."""
    loaded = loaded_from(SITE, tmp_path)
    with Sandbox("test") as box:
        made = stage(loaded, box, PORTS, None)
        box.write(made.file.name, made.text)
        again = load([], Options(file=str(made.file))).require()
    before = loaded.require()
    assert [host.name for host in again.hosts if host.place] == [host.name for host in before.hosts if host.place]
    assert len(again.workers()) == len(before.workers())
    assert sorted(worker.port for worker in again.workers()) == sorted(PORTS.values())


def test_a_fragment_loads_what_it_uses(tmp_path: Path) -> None:
    modules = modules_for(loaded_from(SITE, tmp_path))
    assert modules[0] == "proxy_module"
    assert {"proxy_http_module", "proxy_balancer_module", "lbmethod_byrequests_module"} <= set(modules)
    assert "rewrite_module" not in modules


def test_aims_at_the_mapped_path_of_a_host(tmp_path: Path) -> None:
    (target,) = find_targets(loaded_from(SITE, tmp_path).require())
    assert (target.aim.host, target.aim.alias, target.port) == ("example.com", "10.0.0.1", 8080)
    assert target.aim.path("/x") in ("/one/x", "/x")

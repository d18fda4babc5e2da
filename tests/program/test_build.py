"""From configuration text to program, through the whole front end."""

from __future__ import annotations

from pathlib import Path

import pytest

from apacheconf.diagnostics import ConfigError
from apacheconf.program import Program, Request, decide, load
from apacheconf.program.workers import Balancer, Worker

SITES = Path(__file__).parents[2] / "fixtures" / "sites"


def program_of(tmp_path: Path, text: str) -> Program:
    (tmp_path / "site.conf").write_text(text)
    return load([str(tmp_path / "site.conf")]).require()


def uri(program: Program, target: str, host: str = "a.example") -> str:
    return decide(program, Request("GET", target, (("Host", host),))).uri


@pytest.mark.parametrize("site", ["reverse-proxy/conf.d", "load-balancer/conf.d", "debian", "redhat"])
def test_the_first_roads_configurations_become_programs(site: str):
    program = load([str(SITES / site)]).require()
    decision = decide(program, Request("GET", "/a%20b?x=1", (("Host", "WWW.example.com:80"),)))
    assert decision.host is not None and decision.host.name == "example.com"
    assert decision.uri == "/a%20b?x=1"
    balanced = "10.0.0.2" in str(decision.origin)
    assert isinstance(decision.origin, Balancer if balanced else Worker)
    assert decision.host_header == ("WWW.example.com:80" if balanced else "10.0.0.1")
    assert [each.path for each in decision.map_back] == ["/"]


def test_hosts_that_do_the_same_share_one_shape(tmp_path: Path):
    text = "".join(
        f"<VirtualHost *:80>\nServerName h{n}.example\nProxyPass / http://10.0.0.{n}/\n"
        f"ProxyPassReverse / http://10.0.0.{n}/\n</VirtualHost>\n"
        for n in range(1, 5)
    )
    program = program_of(tmp_path, text)
    assert len({id(host.shape) for host in program.hosts[1:]}) == 1
    assert [decide(program, Request("GET", "/", (("Host", f"h{n}.example"),))).host_header for n in (1, 4)] == [
        "10.0.0.1",
        "10.0.0.4",
    ]


@pytest.mark.parametrize(
    "line",
    [
        "RewriteEngine On\nRewriteRule ^/(.*) https://h{n}.example/$1 [R]",
        "RewriteEngine On\nRewriteCond %{{HTTP_HOST}} =h{n}\nRewriteRule ^ - [F]",
        'Header set X-Host "{n}"',
        'RequestHeader set X-Host "{n}"\nProxyPass / http://10.0.0.1/',
        "SetEnv HOST {n}",
        "ProxyPass / http://10.0.0.1/\n<Location /x>\nAuthName {n}\nRequire ip 10.0.0.{n}\n</Location>",
        "<If \"%{{HTTP_HOST}} == 'h{n}'\">\nRedirect / /{n}\n</If>",
    ],
)
def test_shapes_that_differ_in_a_word_differ_in_their_hashes(tmp_path: Path, line: str):
    """Otherwise each host is compared with all before it: 4,000 of them took 19 s to load instead of 2."""
    hosts = "".join(f"<VirtualHost *:80>\nServerName h{n}\n{line.format(n=n)}\n</VirtualHost>\n" for n in range(40))
    shapes = {id(host.shape): host.shape for host in program_of(tmp_path, hosts).hosts[1:]}
    assert len(shapes) == 40
    assert len({hash((shape.server, shape.layers, shape.limits)) for shape in shapes.values()}) == 40


def test_the_first_mapping_wins_and_an_exclusion_must_come_before(tmp_path: Path):  # PP-1, PP-7, NGX-50
    program = program_of(
        tmp_path,
        "<VirtualHost *:80>\nServerName a.example\nProxyPass /s !\nProxyPass /a http://h/1\n"
        "ProxyPass /a/b http://h/2\nProxyPass / http://h/\nProxyPass /late !\n</VirtualHost>\n",
    )
    asked = {target: uri(program, target) for target in ("/s/x", "/secret", "/a/b/c", "/late/x")}
    assert asked == {"/s/x": "", "/secret": "/secret", "/a/b/c": "/1/b/c", "/late/x": "/late/x"}
    assert [reason for _, reason in program.hosts[1].shape.dead] == [
        "an earlier mapping always matches first",
        "it comes after a mapping that always matches first",
    ]


def test_a_mapping_in_a_location_beats_the_servers_list(tmp_path: Path):  # PP-8, PP-9
    program = program_of(
        tmp_path,
        "<VirtualHost *:80>\nProxyPass / http://h/root/\n<Location /a/b>\nProxyPass http://h/deep\n</Location>\n"
        "<Location /a>\nProxyPass http://h/a\nProxyPreserveHost On\n</Location>\n"
        "<Location /a/off>\nProxyPass !\n</Location>\n</VirtualHost>\n",
    )
    assert uri(program, "/x") == "/root/x"
    assert uri(program, "/a/b/x") == "/a/b/x"  # /a stands later in the file and matches too
    decision = decide(program, Request("GET", "/a/off/x", (("Host", "a.example"),)))
    assert (decision.origin, decision.file) == (None, "/var/www/html/a/off/x")  # observed: what Debian compiles in


def test_a_main_servers_mapping_comes_before_the_hosts(tmp_path: Path):  # PP-23, INH-1
    program = program_of(
        tmp_path, "ProxyPass /x http://m/\n<VirtualHost *:80>\nProxyPass /x http://v/\n</VirtualHost>\n"
    )
    assert decide(program, Request("GET", "/x", (("Host", "a"),))).host_header == "m"


def test_errors_leave_no_program(tmp_path: Path):
    with pytest.raises(ConfigError) as raised:
        program_of(tmp_path, "ProxyPass / nonsense\nNoSuchThing 1\n")
    assert len(raised.value.diagnostics) == 2


@pytest.mark.parametrize(
    ("target", "host"), [("/sub", "b"), ("/sub/x", "b"), ("/subx", "a"), ("/", "a"), ("//sub", "b"), ("/%73ub", "a")]
)
def test_a_server_path_counts_only_without_a_host(tmp_path: Path, target: str, host: str):  # VH-35
    text = "<VirtualHost *:80>\nServerName a\nProxyPass / http://a/\n</VirtualHost>\n<VirtualHost *:80>\nServerName b\n"
    program = program_of(tmp_path, text + "ServerPath /sub\nProxyPass / http://b/\n</VirtualHost>\n")
    assert decide(program, Request("GET", target, version=(1, 0))).host_header == host
    assert decide(program, Request("GET", target, (("Host", "x"),), version=(1, 0))).host_header == "a"


def test_a_port_that_cannot_be_is_answered_with_400(tmp_path: Path):  # AH01083
    program = program_of(tmp_path, "<VirtualHost *:80>\nProxyPass / http://h:99999/\n</VirtualHost>\n")
    decision = decide(program, Request("GET", "/", (("Host", "a"),)))
    assert (decision.status, decision.origin) == (400, None)


@pytest.mark.parametrize(
    ("section", "mapping", "target", "sent"),
    [
        ('LocationMatch "^/a/(.*)$"', "ProxyPass http://h/x/$1", "/a/b", "/x/b"),
        ('LocationMatch "^/in/([a-z]+)"', "ProxyPass http://h/x/$1", "/in/abc", "/x/abc"),
        ('LocationMatch "^/a"', "ProxyPass http://h/x", "/a/b", ""),
        ('LocationMatch "^/a"', "ProxyPassMatch http://h/x", "/a/b", "/x/a/b"),
        ('Location ~ "^/x/(\\d+)$"', "ProxyPass http://h/x/$1", "/x/12", ""),
        ('Location "/x*/y"', "ProxyPass http://h/z", "/xa/y", ""),
    ],
)
def test_a_sections_argument_is_a_regex_where_it_looks_like_a_glob(
    tmp_path: Path, section: str, mapping: str, target: str, sent: str
):  # PP-16, PP-17, LOC-13
    kind = section.partition(" ")[0]
    program = program_of(tmp_path, f"<VirtualHost *:80>\n<{section}>\n{mapping}\n</{kind}>\n</VirtualHost>\n")
    assert uri(program, target) == sent


def test_a_rule_that_is_not_held_is_closed_and_named(tmp_path: Path):  # DES-8, DIF-10
    rules = 'RewriteEngine On\nRewriteMap m "dbd:SELECT v FROM t WHERE k = %s"\nRewriteRule ^/x/(.*) /y/${m:$1} [PT]'
    program = program_of(tmp_path, f"<VirtualHost *:80>\n{rules}\nProxyPass / http://h/\n</VirtualHost>\n")
    decision = decide(program, Request("GET", "/x/y", (("Host", "a"),)))
    assert (decision.status, decision.origin) == (500, None)
    assert [directive.name for directive, _ in program.left_out] == ["RewriteRule"]

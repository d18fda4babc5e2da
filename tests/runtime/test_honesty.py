"""serve answers for every directive, and never loses a restriction in silence."""

from __future__ import annotations

from pathlib import Path

import pytest

from apacheconf.diagnostics import ConfigError
from apacheconf.ledger import Outcome
from apacheconf.program.loading import load
from apacheconf.program.program import Program
from apacheconf.runtime import ServeOptions
from apacheconf.runtime.acting import MAKERS
from apacheconf.runtime.fates import FILTERS, INPUT_FILTERS
from apacheconf.runtime.honesty import account, refuse_dishonoured
from apacheconf.runtime.summary import summarise
from tests.runtime.stage import converse, get

SITES = Path(__file__).parents[2] / "fixtures/sites"


def configuration(tmp_path: Path, text: str) -> Program:
    path = tmp_path / "site.conf"
    path.write_text(f"<VirtualHost *:80>\nServerName example.com\n{text}\n</VirtualHost>\n")
    return load([str(path)]).require()


@pytest.mark.parametrize("site", ["reverse-proxy/conf.d", "load-balancer/conf.d", "debian", "redhat"])
def test_every_directive_of_the_first_road_has_a_row_and_none_stops_serve(site: str) -> None:
    program = load([str(SITES / site)]).require()
    rows = account(program)
    assert sum(row.instances for row in rows) == len(program.directives) + len(program.absent)
    by_name = {row.name: row.outcome for row in rows}
    assert by_name["ProxyPass"] is Outcome.EXACT and by_name["ProxyPassReverse"] is Outcome.EXACT
    refuse_dishonoured(program, frozenset())


def test_a_restriction_that_is_not_honoured_stops_serve_until_it_is_accepted(tmp_path: Path) -> None:
    program = configuration(tmp_path, "<Location />\nSecRuleEngine On\n</Location>\nProxyPass / http://10.0.0.1/")
    with pytest.raises(ConfigError) as refused:
        refuse_dishonoured(program, frozenset())
    (diagnostic,) = refused.value.diagnostics
    assert str(diagnostic).endswith(
        "site.conf:4:1: SecRuleEngine takes something away from clients and is not honoured: not served yet"
    )
    assert diagnostic.help == "serve it all the same with --accept SecRuleEngine"
    refuse_dishonoured(program, frozenset({"secruleengine"}))


@pytest.mark.parametrize("line", ["SSLOCSPEnable On", "SSLOCSPOverrideResponder on"])
def test_what_responders_would_decide_is_not_left_out_in_silence(tmp_path: Path, line: str) -> None:
    """TL-4"""
    file = tmp_path / "site.conf"
    file.write_text(f"ServerName a.example\n{line}\nProxyPass / http://10.0.0.1/\n")
    program = load([str(file)]).require()
    with pytest.raises(ConfigError, match=line.split()[0]):
        refuse_dishonoured(program, frozenset())
    refuse_dishonoured(program, frozenset({line.split()[0].lower()}))


def test_stapling_and_other_commands_of_openssl_are_named(tmp_path: Path) -> None:
    """TL-4"""
    program = configuration(tmp_path, "SSLUseStapling on\nSSLOpenSSLConfCmd Curves X25519\n")
    named = {row.name: row.outcome for row in account(program)}
    assert named["SSLUseStapling"] is named["SSLOpenSSLConfCmd"] is Outcome.UNSUPPORTED


def test_access_rules_are_honoured(tmp_path: Path) -> None:
    """OR-1h: 403 before any origin is asked."""
    program = configuration(tmp_path, "<Location />\nRequire ip 10.0.0.0/8\n</Location>\nProxyPass / http://10.0.0.1/")
    refuse_dishonoured(program, frozenset())
    heard = converse(program, get())
    assert heard.statuses == [403] and not heard.requests


def test_what_the_program_does_not_hold_is_not_honoured_though_it_is_closed(tmp_path: Path) -> None:
    text = "ProxyPass / http://h/\n<Location /p>\nRequire ldap-user a\n</Location>"
    program = configuration(tmp_path, text)
    lost = {row.name: row.caveats for row in account(program) if row.outcome is Outcome.UNSUPPORTED}
    assert lost == {"Require": ("Require ldap-user is not served: where it is asked, the answer is 500",)}
    refuse_dishonoured(program, frozenset())  # nothing is lost: it answers 500
    assert {row.name for row in summarise(program, ServeOptions()).not_honoured} == {"Require"}
    heard = converse(program, get(path=b"/p"))
    assert heard.statuses == [500] and not heard.requests


SCRIPTS = """\
AddHandler cgi-script .cgi
AddType application/x-httpd-php .php
ScriptAlias /bin/ {root}/
<Files run.txt>
SetHandler lua-script
</Files>
<Directory {root}>
Require all granted
</Directory>
DocumentRoot {root}
"""


def test_the_text_of_a_script_is_never_shown(tmp_path: Path) -> None:
    """MI-2: what a handler that serve lacks would run answers 500, however it got that handler; the report says so.

    Where nothing may be run it is 403, as httpd says without Options ExecCGI.
    """
    for name in ("a.cgi", "a.php", "run.txt", "a.txt"):
        (tmp_path / name).write_text("the secret")
    program = configuration(tmp_path, SCRIPTS.format(root=tmp_path))
    for path, status in ((b"/a.cgi", 403), (b"/a.php", 500), (b"/run.txt", 500), (b"/bin/a.txt", 500)):
        heard = converse(program, get(path=path))
        assert heard.statuses == [status] and b"secret" not in heard.client
    assert converse(program, get(path=b"/a.txt")).statuses == [200]
    assert {row.name for row in summarise(program, ServeOptions()).not_honoured} >= {"AddHandler", "SetHandler"}


def test_the_balancer_page_is_503_and_other_handlers_are_500(tmp_path: Path) -> None:
    """BM-1 until the page exists."""
    program = configuration(
        tmp_path,
        "<Location /bm>\nSetHandler balancer-manager\n</Location>\n"
        "<Location /st>\nSetHandler server-status\n</Location>",
    )
    assert converse(program, get(path=b"/bm")).statuses == [503]
    assert converse(program, get(path=b"/st")).statuses == [500]


def test_the_summary_says_what_serve_is_about_to_do() -> None:
    program = load([str(SITES / "load-balancer/conf.d")]).require()
    summary = summarise(program, ServeOptions(listen={80: ("127.0.0.1", 8080)}, origins={"10.0.0.1:8080": ("::1", 9)}))
    assert [(line.written, line.bound) for line in summary.listeners] == [(("", 80), ("127.0.0.1", 8080))]
    (host,) = summary.hosts
    assert host.title.startswith("example.com") and host.aliases == ("www.example.com",)
    first = host.mappings[0]
    assert (first.path, first.target) == ("/", "balancer://mycluster")
    assert [(line.name, line.moved_to) for line in summary.members] == [
        ("http://10.0.0.1:8080", "::1:9"), ("http://10.0.0.2:8080", ""),
    ]  # fmt: skip
    assert not summary.not_honoured


def test_a_balancer_that_hosts_inherit_is_listed_once(tmp_path: Path) -> None:
    file = tmp_path / "site.conf"
    text = "<Proxy balancer://c>\nBalancerMember http://10.0.0.1 hcmethod=GET hcexpr=ok\n</Proxy>\n"
    host = "<VirtualHost *:80>\nServerName {}\nProxyPass / balancer://c/\n</VirtualHost>\n"
    file.write_text("ProxyHCExpr ok {true}\n" + text + host.format("a") + host.format("b"))
    summary = summarise(load([str(file)]).require(), ServeOptions())
    assert [line.name for line in summary.members] == ["http://10.0.0.1"]
    assert not summary.not_honoured


def test_the_error_log_says_where_an_origin_was_written(tmp_path: Path) -> None:
    program = configuration(tmp_path, "ProxyPass / http://10.0.0.1/")
    heard = converse(program, get(), (), down=("http://10.0.0.1/",))
    assert heard.statuses == [503]
    assert "AH00957: http: attempt to connect to 10.0.0.1:80 (10.0.0.1:80) failed" in heard.notes[0]
    assert heard.notes[1].endswith(f" 10.0.0.1 (http://10.0.0.1/ stands at {tmp_path}/site.conf:3:1)")


@pytest.mark.parametrize(("main", "status"), [("httpd.conf", 404), ("site.conf", 403)])
def test_a_folder_is_something_only_where_a_module_shows_it(tmp_path: Path, main: str, status: int) -> None:
    """Without mod_dir and mod_autoindex httpd answers 404; a fragment may have them."""
    path = tmp_path / main
    path.write_text(f"Listen 80\nServerName example.com\nDocumentRoot {tmp_path}\n")
    assert converse(load([str(path)]).require(), get(), ()).statuses == [status]


def test_the_filters_that_count_as_served_are_those_that_serve_makes() -> None:
    assert set(MAKERS) == FILTERS


def test_the_page_of_the_balancer(tmp_path: Path) -> None:
    """LB-13, LB-22, BP-11, BP-12, BP-19: it is named, and neither an origin's page nor a file stands in for it."""
    text = "BalancerPersist On\n<Location /bm>\nSetHandler balancer-manager\n</Location>\n"
    program = configuration(tmp_path, f"{text}ProxyPass /bm !\nProxyPass / http://10.0.0.1/")
    assert {row.name for row in summarise(program, ServeOptions()).not_honoured} == {"SetHandler"}
    heard = converse(program, get(path=b"/bm"))
    assert heard.statuses == [503] and not heard.requests


def test_what_ws_would_refuse_without_mod_proxy_http(tmp_path: Path) -> None:
    """WS-6: On is what serve does; Off is named."""
    for word, lost in (("On", set()), ("Off", {"ProxyWebsocketFallbackToProxyHttp"})):
        lines = f"ProxyWebsocketFallbackToProxyHttp {word}\nProxyPass / ws://10.0.0.1/"
        program = configuration(tmp_path, lines)
        assert {row.name for row in summarise(program, ServeOptions()).not_honoured} == lost


def test_one_child_serves(tmp_path: Path) -> None:
    """WK-6: turns and connections of a balancer are those of all requests, whoever asks."""
    members = "".join(f"BalancerMember http://10.0.0.{number}\n" for number in (1, 2))
    program = configuration(tmp_path, f"<Proxy balancer://c>\n{members}</Proxy>\nProxyPass / balancer://c/")
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
    heard = converse(program, get() * 4, [answer] * 4)
    asked = {name: data.count(b"GET / HTTP/1.1") for name, data in heard.requests}
    assert asked == {"http://10.0.0.1": 2, "http://10.0.0.2": 2} and len(heard.requests) == 2


def test_http_2_is_not_offered(tmp_path: Path) -> None:
    """HP-2: neither by its preface nor by an upgrade."""
    program = configuration(tmp_path, "Protocols h2 h2c http/1.1\nProxyPass / http://10.0.0.1/")
    assert converse(program, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").statuses == [400]
    upgrade = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQ\r\n"
    (asked,) = converse(program, get(upgrade)).requests
    caveats = {row.name: row.caveats for row in account(program)}
    assert caveats["Protocols"] == ("HTTP/2 is not offered: clients are served in HTTP/1.1",)
    assert b"Upgrade" not in asked[1] and b"HTTP2" not in asked[1]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("AddOutputFilter INCLUDES .shtml", "INCLUDES is a filter that serve lacks"),
        ("AddOutputFilter SUBSTITUTE;SED .txt", "SED is a filter that serve lacks"),
        ("AddInputFilter DEFLATE .gz", INPUT_FILTERS),
        ("SetInputFilter INFLATE", INPUT_FILTERS),
    ],
)
def test_filters_that_serve_lacks_are_named_and_their_neighbours_are_not(tmp_path: Path, line: str, why: str) -> None:
    program = configuration(tmp_path, f"DocumentRoot /srv\n{line}\nAddType text/plain .shtml\nRemoveInputFilter .x")
    told = {row.name: (row.outcome, row.caveats) for row in account(program)}
    assert told[line.split()[0]] == (Outcome.UNSUPPORTED, (why,))
    assert told["AddType"][0] is Outcome.EXACT
    assert line.split()[0] in {row.name for row in summarise(program, ServeOptions()).not_honoured}


def test_names_in_sections_are_heeded(tmp_path: Path) -> None:
    """VH-60: UseCanonicalName and its like count for the sections they stand in."""
    inside = "<Location /a>\nUseCanonicalName On\nUseCanonicalPhysicalPort On\n</Location>"
    program = configuration(tmp_path, f"UseCanonicalName Off\n{inside}\nRedirect /a /there\nRedirect /b /there\n")
    rows = [row.outcome for row in account(program) if row.name.startswith("UseCanonical")]
    assert rows == [Outcome.ABSORBED] * 3
    for path, name in ((b"/a", b"example.com"), (b"/b", b"other.example:77")):
        heard = converse(program, b"GET %b HTTP/1.1\r\nHost: other.example:77\r\n\r\n" % path)
        assert b"Location: http://%b/there\r\n" % name in heard.client

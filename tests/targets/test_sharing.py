"""What is the same stands in haproxy.cfg once (HAP-1, HAP-27): backends, and rules behind which the same is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from apacheconf.engines import Verdict, check
from apacheconf.targets.haproxy.sharing import share_backends, shorten
from apacheconf.targets.haproxy.tree import Section
from tests.targets.configs import host, translated
from tests.targets.echoes import ask
from tests.targets.fronts import MODULES, fronts

_ORIGIN = "http://127.0.0.1:8001"


def _backend(name: str, comment: str, *rules: str) -> Section:
    made = Section("backend", name, comment)
    for rule in rules:
        made.rule(rule, comment=comment)
    return made


def _frontend(*rules: str) -> Section:
    return _backend("in", "", *rules)


def _rules(section: Section) -> list[str]:
    return [" ".join(line.words) for line in section.lines]


def test_backends_that_do_the_same_are_one() -> None:
    one = _backend("one", "from a.conf:1 (ProxyPass /a)", "server x 10.0.0.1:80")
    two = _backend("two", "from a.conf:2 (ProxyPass /b)", "server x 10.0.0.1:80")
    other = _backend("other", "", "server x 10.0.0.2:80")
    two.say("not translated: from a.conf:3 (Header)")
    frontend = _frontend("use_backend two if { path -m str /b }", "default_backend other")
    assert share_backends([one, two, other], [frontend]) == [one, other]
    assert _rules(frontend) == ["use_backend one if { path -m str /b }", "default_backend other"]
    assert one.comment == "from a.conf:1 (ProxyPass /a), line 2 (ProxyPass /b)"
    assert [line.comment for line in one.lines] == ["not translated: from a.conf:3 (Header)", one.comment]


@pytest.mark.parametrize(
    "rules, left",
    [
        (["use_backend a if { src 10.0.0.1 } { url x }", "use_backend a if { src 10.0.0.1 }"], [1]),
        (["use_backend a if METH_GET { url x }", "use_backend a if METH_GET", "default_backend a"], [2]),
        (["use_backend a if { url x }", "use_backend b if { url y }", "default_backend a"], [0, 1, 2]),
        (["use_backend a if { url x }", "use_backend a if { url y }", "default_backend b"], [0, 1, 2]),
        (["use_backend a if { url x }", "use_backend a if !{ url x }", "default_backend b"], [0, 1, 2]),
        (["use_backend a if { path -m str /x }", "use_backend b if { path -m beg /x/ }", "default_backend a"], [1, 2]),
        (["use_backend a if { path -m str /x/ }", "use_backend b if { path -m beg /x/ }", "default_backend a"],
         [0, 1, 2]),
        (["use_backend a if { path -m beg /x/y/ }", "use_backend b if { path -m beg /x/ }", "default_backend a"],
         [0, 1, 2]),
        (["use_backend a if { path -m beg /x/ }", "use_backend b if { path -m beg /x/y/ }", "default_backend a"],
         [0, 1, 2]),
        (["use_backend a if { path -m str /x }", "use_backend b if { path,url_dec -m reg -- ^/y/(\\d+) }",
          "default_backend a"], [1, 2]),
        (["use_backend a if { path -m str /x }", "use_backend b if { path,url_dec -m reg -- ^/xy* }",
          "default_backend a"], [0, 1, 2]),
        (["use_backend a if { path -m str /x }", "use_backend b if { path,url_dec -m reg -- ^/y|x }",
          "default_backend a"], [0, 1, 2]),
        (["use_backend a if { path -m str /x }", "use_backend b if { path,url_dec -m reg -- \\.(b|c)\\z }",
          "default_backend a"], [1, 2]),
        (["use_backend a if { path -m str /x%20.b }", "use_backend b if { path,url_dec -m reg -- \\s\\.(b|c)\\z }",
          "default_backend a"], [0, 1, 2]),
        (["use_backend a if { path -m str /x } { url y }", "use_backend b if { path -m str /x }",
          "use_backend a if { url y }", "default_backend b"], [2, 3]),
        (["use_backend a if { var(txn.host) -m str h } { path -m str /x }", "use_backend a if { path -m str /x }"],
         [1]),
        (["use_backend a if { var(txn.host) -m str h } { path -m str /x }",
          "use_backend b if { var(txn.host) -m str i }", "default_backend a"], [0, 1, 2]),
    ],
)  # fmt: skip
def test_a_rule_goes_where_one_behind_it_says_the_same(rules: list[str], left: list[int]) -> None:
    frontend = _frontend(*rules)
    shorten(frontend)
    assert _rules(frontend) == [rules[at] for at in left]


def test_a_path_and_what_lies_below_it_are_asked_in_one_rule() -> None:
    asked = ["{ path -m str /a }", "{ path -m beg /a/ }"]
    frontend = _frontend(*(f"use_backend a if {each}" for each in asked), "default_backend b")
    shorten(frontend)
    assert _rules(frontend) == [f"use_backend a if {' || '.join(asked)}", "default_backend b"]


def _site(address: str, origin: str) -> str:
    """Mappings of one origin, of which an access rule guards some paths."""
    mapped = [f'ProxyPass "/{name}" "{origin}/{name}"' for name in ("a", "b", "admin", "c")]
    guard = '<LocationMatch "^/(admin|metrics|b/secret)(/|$)">\nRequire header X-Staff\n</LocationMatch>'
    return host(*mapped, guard.replace("Require header X-Staff", 'Require expr "-n %{HTTP:X-Staff}"'), address=address)


def test_mappings_that_come_to_the_same_share_their_backend(tmp_path: Path) -> None:
    found = translated(tmp_path, _site("*:80", _ORIGIN), "haproxy")
    text = found.text
    assert text.count("server 127.0.0.1-8001") == 1
    assert "use_backend a.test if { path -m str /c } || { path -m beg /c/ }" in text
    assert "{ path -m beg /a/ } {" not in text  # no such path is guarded
    assert "{ path -m beg /b/ } {" in text
    mapped = [row for row in found.rows if row.name == "ProxyPass"]
    assert [row.outcome.words for row in mapped] == ["exact"] * 4
    assert check("haproxy", found.files).verdict is not Verdict.REFUSED


@pytest.mark.live
def test_they_guard_what_httpd_does(tmp_path: Path) -> None:
    paths = ("/a", "/a/x", "/ax", "/b", "/b/secret", "/b/secret/x", "/b/secretx", "/admin", "/admin/", "/c/metrics",
             "/metrics", "/metrics/x", "/administrator")  # fmt: skip
    with fronts(_site("*:{port}", "http://127.0.0.1:{one}"), tmp_path, MODULES) as found:
        for path in paths:
            for header in ("", "X-Staff: yes"):
                theirs, ours = (ask(found.at[each], "h.test", path, header=header) for each in ("httpd", "haproxy"))
                assert ours == theirs, (path, header)


def test_an_alternative_behind_a_rule_is_not_taken_for_both(tmp_path: Path) -> None:
    """Who may go below a folder is asked for the folder and for what lies below it, before all others are refused."""
    text = host("<Location /friends>", "Require ip 9.9.9.0/24", "</Location>", "ProxyPass / http://127.0.0.1:81/")
    lines = translated(tmp_path, text, "haproxy").text.splitlines()
    led = [line for line in lines if "use_backend" in line and "src 9.9.9.0/24" in line]
    assert any("path -m str /friends" in line for line in led)
    assert any("path -m beg /friends/" in line for line in led)

"""Single constructs in both targets: traps of translation.md section 8 that touch mappings, and fail-closed rules."""

from __future__ import annotations

from pathlib import Path

import pytest

from apacheconf.diagnostics import UsageError
from apacheconf.targets import TARGETS, translate
from tests.targets.configs import host, outcomes, program_of, translated
from tests.targets.languages import read_haproxy

_BOTH = pytest.mark.parametrize("target", TARGETS)
_PREFIX = host("ProxyPass /foo http://10.0.0.1/bar")


def test_a_prefix_ends_at_a_segment_in_nginx(tmp_path: Path) -> None:
    """TRAP-1, NGX-32, NGX-41."""
    text = translated(tmp_path, _PREFIX, "nginx").text
    assert "location = /foo {" in text
    assert "location ^~ /foo/ {" in text
    assert "rewrite (?s)^/foo(.*)$ /bar$1 break;" in text


def test_a_prefix_ends_at_a_segment_in_haproxy(tmp_path: Path) -> None:
    """TRAP-1, HAP-24: both cells lead to one backend, and the rest to 404."""
    sections = dict(read_haproxy(translated(tmp_path, _PREFIX, "haproxy").text))
    routing = [" ".join(line) for line in sections["frontend http-all-80"] if line[0].endswith("_backend")]
    asked = "{ path -m str /foo } || { path -m beg /foo/ }"
    assert routing == [f"use_backend a.test-foo if {asked}", "default_backend not-found"]
    assert ["http-request", "replace-path", "^/foo(.*)$", r"/bar\1"] in sections["backend a.test-foo"]
    assert sections["backend not-found"] == [["http-request", "deny", "deny_status", "404"]]


@_BOTH
def test_a_shadowed_mapping_is_dead(target: str, tmp_path: Path) -> None:
    """TRAP-3, TRAP-4, NGX-50: reported, and nothing of it is written."""
    text = host("ProxyPass / http://10.0.0.1/", "ProxyPass /api http://10.0.0.2/", "ProxyPass /late !")
    translation = translated(tmp_path, text, target)
    assert "10.0.0.2" not in translation.text
    assert [row.outcome.words for row in translation.rows if row.name == "ProxyPass"][1:] == ["dead in source"] * 2


@_BOTH
def test_the_first_workers_timeout_counts(target: str, tmp_path: Path) -> None:
    """TRAP-83, SEM-24."""
    text = host("ProxyPass /a http://10.0.0.1/ timeout=7", "ProxyPass /b http://10.0.0.1/ timeout=9")
    written = translated(tmp_path, text, target).text
    assert "7s" in written
    assert " 9s" not in written


@_BOTH
def test_an_access_rule_that_is_not_said_refuses_everyone(target: str, tmp_path: Path) -> None:
    """DES-8."""
    rule = "<Location /admin>\nRequire host example.org\n</Location>"
    translation = translated(tmp_path, host("ProxyPass / http://10.0.0.1/", rule), target)
    assert "403" in translation.text
    assert outcomes(translation)["Require"] == "unsupported"
    assert "closed" in {a.key for row in translation.rows if row.name == "Require" for a in row.answers}


@_BOTH
def test_authentication_that_is_not_said_refuses_everyone(target: str, tmp_path: Path) -> None:
    """DES-8: no step speaks for it, so the rules are found in the directives."""
    rule = "<Location /admin>\nAuthType Digest\nAuthName x\nRequire valid-user\n</Location>"
    translation = translated(tmp_path, host("ProxyPass / http://10.0.0.1/", rule), target)
    assert "403" in translation.text
    assert outcomes(translation)["Require"] == "unsupported"


@_BOTH
def test_old_access_rules_and_limited_ones_are_asked(target: str, tmp_path: Path) -> None:
    """AZ-7, AZ-8, STR-17: addresses and methods are questions for a target."""
    rules = (
        "<Location /any>\nOrder deny,allow\nDeny from all\nRequire ip 192.168.0.0/16\nSatisfy Any\n</Location>\n"
        "<Location /post>\n<Limit POST>\nRequire all denied\n</Limit>\n</Location>\n"
        "<Location /read>\nAllowMethods GET\n</Location>"
    )
    translation = translated(tmp_path, host("ProxyPass / http://10.0.0.1/", rules), target)
    found = outcomes(translation)
    assert {found[name] for name in ("Order", "Deny", "Satisfy", "Require", "AllowMethods")} == {"exact"}
    assert all(text in translation.text for text in ("192.168.0.0/16", "POST", "405", "403"))


@_BOTH
def test_all_denied_is_never_proxied(target: str, tmp_path: Path) -> None:
    rule = "<Location /secret>\nRequire all denied\n</Location>"
    translation = translated(tmp_path, host("ProxyPass / http://10.0.0.1/", rule), target)
    assert "403" in translation.text


def test_load_factors_are_whole_weights(tmp_path: Path) -> None:
    """TRAP-82, NGX-102, HAP-80."""
    text = host(
        "<Proxy balancer://c>", "BalancerMember http://10.0.0.1:1 loadfactor=1.5", "BalancerMember http://10.0.0.2:1",
        "</Proxy>", "ProxyPass / balancer://c/",
    )  # fmt: skip
    assert (
        "server unix:/run/nginx-member-10.0.0.1-1.sock max_fails=0 weight=3;"
        in translated(tmp_path, text, "nginx").text
    )
    assert "server 10.0.0.1:1 10.0.0.1:1 weight 3" in translated(tmp_path, text, "haproxy").text


def test_a_dollar_is_no_variable(tmp_path: Path) -> None:
    """NGX-195."""
    text = translated(tmp_path, host("ProxyPass /a http://10.0.0.1/$x"), "nginx").text
    assert "geo $dollar {" in text
    assert "/${dollar}x$1" in text


@_BOTH
def test_sessions_stick(target: str, tmp_path: Path) -> None:
    """NGX-108, HAP-84; what they lead to is asked live."""
    text = host("<Proxy balancer://c>", "BalancerMember http://10.0.0.1:1 route=a", "</Proxy>",
                "ProxyPass / balancer://c/ stickysession=SID")  # fmt: skip
    assert (
        outcomes(translated(tmp_path, text, target))["ProxyPass"] == {"nginx": "equivalent", "haproxy": "exact"}[target]
    )


def test_a_session_that_another_member_gets_is_said(tmp_path: Path) -> None:
    text = host("<Proxy balancer://c>", "BalancerMember http://10.0.0.1:1 route=a", "</Proxy>",
                "ProxyPass / balancer://c/ stickysession=SID nofailover=On")  # fmt: skip
    assert outcomes(translated(tmp_path, text, "haproxy"))["ProxyPass"] == "approximated"


@_BOTH
def test_comments_stay_readable(target: str, tmp_path: Path) -> None:
    """nginx refuses lines of more than 4 kB, and so do eyes."""
    many = [f"AddType text/x-{number} .x{number}" for number in range(400)]
    found = translated(tmp_path, "\n".join([*many, host("ProxyPass /a http://10.0.0.1/")]), target).text
    assert max(map(len, (line for line in found.splitlines() if line.lstrip().startswith("#")))) < 130


def test_versions(tmp_path: Path) -> None:
    """NGX-1: what a newer nginx can do is written for it only."""
    assert "max_headers" not in translated(tmp_path, _PREFIX, "nginx").text
    assert "max_headers 100;" in translated(tmp_path, _PREFIX, "nginx", "1.31").text


@pytest.mark.parametrize(("target", "version"), [("caddy", None), ("nginx", "1.10"), ("nginx", "new")])
def test_what_is_not_written_for_is_refused(target: str, version: str | None, tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        translate(program_of(tmp_path, _PREFIX), target, version)


def test_the_bare_form_is_not_redirected(tmp_path: Path) -> None:
    """TRAP-2, NGX-35: without a location of its own nginx answers 301 for /foo."""
    text = translated(tmp_path, host("ProxyPass /foo/ http://10.0.0.1/bar/"), "nginx").text
    assert "location = /foo {\n            root " in text


@_BOTH
def test_a_mapping_that_is_not_carried_is_no_hole(target: str, tmp_path: Path) -> None:
    """DIF-10: its paths don't fall to the next mapping."""
    text = host('ProxyPassMatch "^/to/([a-z]+)" "http://$1.internal/"', "ProxyPass / http://10.0.0.1/")
    translation = translated(tmp_path, text, target)
    (line,) = (line for line in translation.text.splitlines() if "^/to/([a-z]+)" in line and "from" not in line)
    assert line.strip().startswith(
        ("location ~ ^/to/([a-z]+) {", "~^/to/([a-z]+) answer-500;", "use_backend answers-500 if")
    )
    assert "unsupported" in {row.outcome.words for row in translation.rows if row.name == "ProxyPassMatch"}


@_BOTH
def test_a_condition_that_is_not_askable_closes_what_it_decides(target: str, tmp_path: Path) -> None:
    """DIF-10, DES-8."""
    section = "<If \"%{REMOTE_USER} == 'root'\">\nRequire all denied\n</If>"
    translation = translated(tmp_path, host("ProxyPass / http://10.0.0.1/", section), target)
    assert "10.0.0.1" not in translation.text
    assert {a.key for row in translation.rows if row.name == "Require" for a in row.answers} >= {"closed"}


@_BOTH
def test_a_condition_that_decides_nothing_is_only_said(target: str, tmp_path: Path) -> None:
    section = "<If \"-L '/etc/passwd'\">\nProxyPreserveHost On\n</If>"
    translation = translated(tmp_path, host("ProxyPass / http://10.0.0.1/", section), target)
    assert "10.0.0.1" in translation.text
    assert outcomes(translation)["ProxyPreserveHost"] == "unsupported"


def test_a_test_that_is_asked_as_another_one(tmp_path: Path) -> None:
    """NGX-124: nginx knows whether a file is there, and not whether it is empty."""
    section = "<If \"-s '/etc/passwd'\">\nProxyPreserveHost On\n</If>"
    told = outcomes(translated(tmp_path, host("ProxyPass / http://10.0.0.1/", section), "nginx"))
    assert (told["If"], told["ProxyPreserveHost"]) == ("approximated", "exact")


def test_what_a_worker_says_for_itself_reaches_nginx(tmp_path: Path) -> None:
    """WP-7, WP-9, WP-30: the two timeouts differ, and an origin that may not be reused is left after each request."""
    made = translated(tmp_path, host("ProxyPass / http://h/ timeout=7 connectiontimeout=3 disablereuse=On"), "nginx")
    lines = {line.strip() for line in made.text.splitlines()}
    assert {"proxy_connect_timeout 3s;", "proxy_read_timeout 7s;", "proxy_set_header Connection close;"} <= lines


def test_nocanon_is_announced(tmp_path: Path) -> None:
    """PU-5: nginx does not keep the raw path where parts of it go elsewhere; behind another prefix it does."""
    for line, keys in (("ProxyPass /a http://10.0.0.1/b nocanon", set()),
                       ("ProxyPassMatch ^/a(/.*)$ http://10.0.0.1/b$1 nocanon", {"nocanon"})):  # fmt: skip
        made = translated(tmp_path, host(line), "nginx")
        assert {answer.key for row in made.rows for answer in row.answers} & {"nocanon"} == keys


def test_what_a_log_can_not_say_is_named(tmp_path: Path) -> None:
    """LOG-8, LOG-19: milliseconds become microseconds; a dash stands for what nginx has no variable for."""
    lines = ["CustomLog logs/a.log \"%h %D %X\"", "CustomLog logs/a.log %m env=!quiet", 'CustomLog "|/bin/cat" %m',
             "CustomLog logs/b.log %m", "CustomLog logs/c.log %m \"expr=%{HANDLER} == 'x'\""]  # fmt: skip
    translation = translated(tmp_path, host(*lines, "ProxyPass / http://10.0.0.1/"), "nginx")
    logs = [row for row in translation.rows if row.name == "CustomLog"]
    assert [row.outcome.words for row in logs] == [
        "approximated", "equivalent", "unsupported", "equivalent", "approximated"
    ]  # fmt: skip
    assert "CONNECTION_STATUS" in logs[0].caveats[0]
    assert 'log_format httpd-log "$remote_addr $request_usec -";' in translation.text


def test_durations_of_less_than_a_second_are_ones_that_nginx_reads(tmp_path: Path) -> None:
    """DEF-3: nginx takes no fractions of seconds."""
    text = translated(tmp_path, "KeepAliveTimeout 500ms\n" + host("ProxyPass / http://127.0.0.1:1/"), "nginx")
    assert "keepalive_timeout 500ms;" in text.files["nginx.conf"]


@_BOTH
def test_an_origin_that_cannot_be_checked_as_asked_is_closed(target: str, tmp_path: Path) -> None:
    """TB-4: no target checks a certificate without its authority, so such an origin is not asked at all."""
    lines = ("SSLProxyEngine On", "SSLProxyVerify optional_no_ca", "SSLProxyCheckPeerName Off")
    text = host(*lines, "SSLProxyCheckPeerExpire Off", "ProxyPass / https://10.0.0.1/")
    translation = translated(tmp_path, text, target)
    assert "10.0.0.1:443" not in translation.text
    assert outcomes(translation)["SSLProxyVerify"] == "unsupported"


def test_what_is_closed_stays_so_behind_the_rules_before_it(tmp_path: Path) -> None:
    """DES-8: no file answers where a redirect can't be said."""
    lines = (
        "DocumentRoot /srv", "RewriteEngine on", "RewriteCond %{REQUEST_METHOD} ^(TRACE|TRACK)", "RewriteRule .* - [F]",
        "RewriteRule ^/old$ https://x.test/%{TIME} [R,L]", "RewriteRule ^/indico$ /indico/ [NE,L,R]",
    )  # fmt: skip
    said = translated(tmp_path, host(*lines), "nginx")
    location = said.text.split('location ~ "^/old\\z" {')[1].split("location")[0]
    assert "return 503;" in location
    assert outcomes(said)["RewriteRule"] == "unsupported"


_SPARE = "BalancerMember http://10.0.0.9:80 status=+H"


@pytest.mark.parametrize(
    ("members", "more", "retries"), [(2, "", 1), (3, "", 4), (4, "ProxySet maxattempts=2", 2), (2, _SPARE, 2)]
)
def test_every_member_may_be_tried(members: int, more: str, retries: int, tmp_path: Path) -> None:
    """HAP-82; FO-8: maxattempts=2 are three tries."""
    lines = [f"BalancerMember http://10.0.0.{number}:80" for number in range(1, members + 1)]
    text = "\n".join(["<Proxy balancer://all>", *lines, *([more] if more else []), "</Proxy>", ""])
    said = translated(tmp_path, text + host("ProxyPass / balancer://all/"), "haproxy").text
    assert f"    retries {retries}\n" in said


@pytest.mark.parametrize("target", ["nginx", "haproxy"])
def test_a_default_page_takes_away_only_one_that_is_there(target: str, tmp_path: Path) -> None:
    """ED-1: without another line for the status nothing changes, so nothing is missing in the translation."""
    section = "<Location /x>\nErrorDocument 403 default\n</Location>"
    for other, outcome in (("ErrorDocument 404 no", "no effect in target"), ("ErrorDocument 403 no", "unsupported")):
        made = translated(tmp_path, host(other, section, "ProxyPass / http://10.0.0.1/"), target)
        assert next(row.outcome.words for row in made.rows if row.args == "403 default") == outcome

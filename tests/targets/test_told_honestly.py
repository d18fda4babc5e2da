"""Rows that say no more and no less than what becomes of their directive (DES-5)."""

from __future__ import annotations

from pathlib import Path

import pytest

from apacheconf.targets import TARGETS
from tests.targets.configs import host, outcomes, translated


@pytest.mark.parametrize(
    ("others", "outcome"),
    [
        (["ProxyRequests On", "ProxyPass / http://10.0.0.1/"], "unsupported"),
        (["ProxyPass / http://10.0.0.1/"], "unsupported"),
        (["ProxyRequests On"], "unsupported"),
        (["ProxyRequests Off"], "no effect in target"),
        ([], "no effect in target"),
    ],
)
@pytest.mark.parametrize("line", ["ProxyBlock ads.test", "ProxyRemote * http://10.0.0.9:3128", "ProxyMaxForwards 5"])
def test_details_of_forwarding(line: str, others: list[str], outcome: str, tmp_path: Path) -> None:
    """httpd asks them of a mapping, too; where there is neither that nor a forward proxy they are about nothing."""
    made = translated(tmp_path, host(line, *others), "nginx")
    assert outcomes(made)[line.split()[0]] == outcome


@pytest.mark.parametrize(
    ("lines", "outcome"),
    [
        (["CacheEnable disk /", "CacheRoot /var/cache"], "unsupported"),
        (["CacheRoot /var/cache"], "no effect in target"),
        (["Session On", "SessionMaxAge 60"], "unsupported"),
        (["Session Off", "SessionMaxAge 60"], "no effect in target"),
    ],
)
def test_details_of_what_is_lost(lines: list[str], outcome: str, tmp_path: Path) -> None:
    """Whoever lacks the whole lacks what is said of it."""
    made = translated(tmp_path, host(*lines, "ProxyPass / http://10.0.0.1/"), "nginx")
    assert outcomes(made)[lines[-1].split()[0]] == outcome


def test_a_check_that_is_off(tmp_path: Path) -> None:
    """TB-4: nginx does none of the checks; the mapping says which of them httpd does."""
    text = host("SSLProxyEngine on", "SSLProxyCheckPeerName off", "ProxyPass / https://10.0.0.1/")
    told = outcomes(translated(tmp_path, text, "nginx"))
    assert (told["ProxyPass"], told["SSLProxyCheckPeerName"]) == ("approximated", "exact")
    asked = host("SSLProxyEngine on", "SSLProxyCheckPeerName on", "ProxyPass / https://10.0.0.1/")
    assert outcomes(translated(tmp_path, asked, "nginx"))["SSLProxyCheckPeerName"] == "approximated"


def test_one_require_that_lets_everybody_in(tmp_path: Path) -> None:
    """AZ-2: lines of a section are alternatives, so that the others don't count."""
    lines = "<Location /a>", "Require env internal", "Require all granted", "</Location>"
    made = translated(tmp_path, host(*lines, "ProxyPass / http://10.0.0.1/"), "nginx")
    assert "return 403" not in made.text
    assert outcomes(made)["Require"] == "no effect in target"


@pytest.mark.parametrize(
    ("lines", "outcome"),
    [
        (("AddType image/svg+xml .svgz", "AddEncoding gzip .svgz"), "exact"),
        (("AddEncoding br .brotli",), "approximated"),
        (("AddType image/svg+xml .svgz", "AddEncoding gzip .svgz", "SetOutputFilter DEFLATE"), "unsupported"),
    ],
)
def test_encodings_of_suffixes(lines: tuple[str, ...], outcome: str, tmp_path: Path) -> None:
    """NGX-153: nginx goes by the last suffix, and compresses whatever has a type that is compressed."""
    section = "\n".join(("<Directory /srv>", *lines, "Require all granted", "</Directory>", ""))
    made = translated(tmp_path, section + host("DocumentRoot /srv"), "nginx")
    assert outcomes(made)["AddEncoding"] == outcome
    assert "add_header Content-Encoding $encoding;" in made.text


def test_a_script_that_is_one_of_a_few_paths(tmp_path: Path) -> None:
    """FC-5: nothing follows such a name."""
    lines = '<LocationMatch "^/fpm-(status|ping)$">', 'SetHandler "proxy:fcgi://127.0.0.1:9000"', "</LocationMatch>"
    asked = "<If \"%{HTTP:X} == '1'\">", "Header set X-A b", "</If>"
    made = translated(tmp_path, host("DocumentRoot /srv", *lines, *asked), "nginx")
    assert outcomes(made)["SetHandler"] == "equivalent"


def test_who_was_let_in(tmp_path: Path) -> None:
    """RW-40: the idiom of auth proxies; a path that asks nobody tells nobody's name, whatever a client sends."""
    rules = "RewriteEngine On", "RewriteRule .* - [E=PROXY_USER:%{LA-U:REMOTE_USER},NS]"
    header = 'RequestHeader set X-User "%{PROXY_USER}e"'
    (tmp_path / "users").write_text("ann:$apr1$x$y\n")
    asked = "AuthType Basic", "AuthName a", f"AuthUserFile {tmp_path}/users", "Require valid-user"
    mapping = "ProxyPass / http://10.0.0.1/"
    made = translated(tmp_path, host("<Location />", *asked, *rules, header, "</Location>", mapping), "nginx")
    assert outcomes(made)["RequestHeader"] == "exact"
    assert "proxy_set_header X-User $onward_x_user_or_blank;" in made.text
    open_to_all = translated(tmp_path, host("<Location />", *rules, header, "</Location>", mapping), "nginx")
    assert 'proxy_set_header X-User " ";' in open_to_all.text


_RULES = "Redirect / http://new.test/\nRewriteEngine On\nRewriteCond %{QUERY_STRING} x\nRewriteRule . /other [L]"


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(("access", "is_dead"), [("Require all denied", True), ("Require all granted", False),
                                                 ("Require ip 10.0.0.0/8", False)])  # fmt: skip
def test_what_stands_where_nobody_is_let_in(access: str, is_dead: bool, target: str, tmp_path: Path) -> None:
    """DES-3: access rules are asked before rules and redirects of a section are (OR-1)."""
    text = host(f"<Location /shut>\n{access}\n{_RULES}\n</Location>", "ProxyPass / http://10.0.0.1/")
    told = outcomes(translated(tmp_path, text, target))
    found = {told[name] == "dead in source" for name in ("Redirect", "RewriteCond", "RewriteRule")}
    assert found == {is_dead}
    elsewhere = host(f"<LocationMatch ^/(shut|open)>\n{_RULES}\n</LocationMatch>",
                     "<Location /shut>\nRequire all denied\n</Location>", "ProxyPass / http://10.0.0.1/")  # fmt: skip
    assert outcomes(translated(tmp_path, elsewhere, target))["Redirect"] != "dead in source"


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("line", [
    "ProxyPassReverse / http://10.0.0.1/", "ProxyPassReverseCookiePath / /x", "ProxyPreserveHost On",
    "ProxyErrorOverride On", "ProxyTimeout 5", "RequestHeader set X-A a",
])  # fmt: skip
def test_lines_about_origins_where_none_is_asked(line: str, target: str, tmp_path: Path) -> None:
    """DES-7: as in a host that only redirects."""
    name = line.split()[0]
    alone = host(line, "Redirect / http://new.test/")
    assert outcomes(translated(tmp_path, alone, target))[name] == "no effect in target"
    beside = alone + host("ProxyPass / http://10.0.0.1/", names="ServerName b.test")
    assert outcomes(translated(tmp_path, beside, target))[name] == "no effect in target"
    asked = host(line, "ProxyPass /a http://10.0.0.1/")
    assert outcomes(translated(tmp_path, asked, target))[name] != "no effect in target"


@pytest.mark.parametrize("target", TARGETS)
def test_an_origin_that_a_request_names_is_one(target: str, tmp_path: Path) -> None:
    lines = "ProxyPreserveHost On", "RewriteEngine On", "RewriteRule ^/a http://%{HTTP:X}/ [P]"
    assert outcomes(translated(tmp_path, host(*lines), target))["ProxyPreserveHost"] == "unsupported"


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("line", [
    "ProxyPassReverse http://10.0.0.2/", "ProxyPassReverseCookieDomain a b", "RequestHeader set X-A a",
    "Header set X-A a",
])  # fmt: skip
def test_lines_of_a_section_that_answers_by_itself(line: str, target: str, tmp_path: Path) -> None:
    """DES-7: the host asks an origin for other paths."""
    name = line.split()[0]
    for mapping, has_effect in (("Redirect /d http://new.test/", False), ("ProxyPass http://10.0.0.2/", True)):
        section = f"<Location /d>\n{line}\n{mapping}\n</Location>"
        made = translated(tmp_path, host(section, "ProxyPass /a http://10.0.0.1/"), target)
        assert (outcomes(made)[name] != "no effect in target") is has_effect, mapping


@pytest.mark.parametrize(
    ("target", "require", "users", "groups"),
    [
        ("haproxy", "group admins", "equivalent", "equivalent"),
        ("haproxy", "valid-user", "equivalent", "exact"),
        ("nginx", "group admins", "equivalent", "equivalent"),
        ("nginx", "valid-user", "exact", "exact"),
    ],
)
def test_files_of_users_that_are_read_once(target: str, require: str, users: str, groups: str, tmp_path: Path) -> None:
    """NGX-143, HAP-104: what stands in a translation doesn't follow its file; the report says so, and what to do."""
    known = {"haproxy": "$5$abcdefgh$ZLdkj8mkc2XVrPrjmVkGCBNtPQaGbCVdHo3xH8C1CbC", "nginx": "{SHA}hvfkN/qlp/zhXR3cuer="}
    (tmp_path / "users").write_text(f"ann:{known[target]}\n")
    (tmp_path / "groups").write_text("admins: ann\n")
    lines = (
        "<Location />", "AuthType Basic", "AuthName a", f"AuthUserFile {tmp_path}/users",
        f"AuthGroupFile {tmp_path}/groups", f"Require {require}", "</Location>",
    )  # fmt: skip
    made = translated(tmp_path, host(*lines, "ProxyPass / http://10.0.0.1/"), target)
    told = outcomes(made)
    assert (told["AuthUserFile"], told["AuthGroupFile"]) == (users, groups)
    reasons = {answer.caveat for row in made.rows for answer in row.answers}
    assert any("translate anew" in each for each in reasons) == ("equivalent" in (users, groups))

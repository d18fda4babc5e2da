"""AllowEncodedSlashes with and without nocanon, asked on httpd and on nginx (NGX-47, NGX-48, SEM-8, SEM-9)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.targets.configs import host, outcomes, translated
from tests.targets.echoes import ask
from tests.targets.fronts import MODULES, fronts

_CONFIG = """
<VirtualHost *:{port}>
    ServerName raw.test
    AllowEncodedSlashes NoDecode
    Timeout 7
    ProxyPass / http://127.0.0.1:{one}/ nocanon
</VirtualHost>
<VirtualHost *:{port}>
    ServerName several.test
    AllowEncodedSlashes NoDecode
    ProxyPass /raw http://127.0.0.1:{one}/below nocanon
    ProxyPass /x http://127.0.0.1:{two}/y
    ProxyPass / http://127.0.0.1:{two}/
    <Location /secret>
        Require all denied
    </Location>
    ErrorDocument 403 "not for you"
    ErrorDocument 404 http://help.test/
</VirtualHost>
<VirtualHost *:{port}>
    ServerName rule.test
    AllowEncodedSlashes NoDecode
    RewriteEngine On
    RewriteRule .* http://127.0.0.1:{one}%{REQUEST_URI} [P,NE]
</VirtualHost>
<VirtualHost *:{port}>
    ServerName regex.test
    AllowEncodedSlashes NoDecode
    <LocationMatch "/_(scripts|shutdown)">
        Require all denied
    </LocationMatch>
    RewriteEngine On
    RewriteRule ^/x/.*admin - [F]
    ProxyPass / http://127.0.0.1:{one}/
</VirtualHost>
<VirtualHost *:{port}>
    ServerName glob.test
    AllowEncodedSlashes NoDecode
    <Location "/*/secret">
        Require all denied
    </Location>
    <If "%{REQUEST_URI} == '/own' || %{REQUEST_URI} -strmatch '/x*y'">
        Require all denied
    </If>
    ProxyPass / http://127.0.0.1:{one}/
</VirtualHost>
<VirtualHost *:{port}>
    ServerName begins.test
    AllowEncodedSlashes NoDecode
    RewriteEngine On
    RewriteRule ^/uploads/.* - [F]
    ProxyPass / http://127.0.0.1:{one}/ nocanon
</VirtualHost>
<VirtualHost *:{port}>
    ServerName on.test
    AllowEncodedSlashes On
    ProxyPass /raw http://127.0.0.1:{one}/raw nocanon
    ProxyPass / http://127.0.0.1:{two}/
</VirtualHost>
<VirtualHost *:{port}>
    ServerName off.test
    AllowEncodedSlashes Off
    ProxyPass / http://127.0.0.1:{one}/ nocanon
</VirtualHost>
"""
_PATHS = (
    "/a%252Fb", "/%41", "/a%20b",
    "/", "/x", "/a%2Fb", "/a%2fb?q=%2F", "/%2F", "//x//y", "/a//b", "/a///", "/./x", "/x/../y", "/a%7Eb",
    "/raw/a%2Fb", "/raw/x", "/raw%2Fx", "/x?", "/a;b=c%2F", "/a%2F..%2Fb", "/%2e%2e/x",
    "/x/y%2Fz", "/x%2fy", "/x/%2f?a=b", "/raw/%2F/z%20y", "/secret/a", "/secret%2Fa", "/raw/@a%2fb", "/raw/%40a%2fb",
    "/secret/a%2F..%2F..%2Fx", "/x/a%20b%2Fc", "/x/a%25", "/x/%25zz?a=%25", "/raw/a%25b",
    "http://{name}/x%2Fy", "http://{name}/a//b",
)  # fmt: skip
#: Where all goes on to one origin as it came nothing is read at all.
_AS_THEY_CAME = ("/a//b%2Fc", "/a/./b%2Fc", "/a/../b%2Fc", "/%61%2Fc", "/a%2F/../b", "/x%2F..", "/%2e/%2f")
#: What could be read in two ways is refused.
_REFUSED = ("/secr%65t/a%2Fb", "/secret/..%2Fa/../x", "/x//a%2Fb", "/a%2F/%2E%2E/c", "/raw/%2e/a%2Fb", "/secre%74%2Fb")
#: path-spelling, nocanon and encoded-slashes: these differ, and the report says so.
_ANNOUNCED = (("on.test", "/x?"), ("on.test", "/raw%2Fx"), ("raw.test", "http://raw.test/a//b"),
              ("several.test", "/x?"), ("several.test", "/a%252Fb"))  # fmt: skip


@pytest.mark.live
@pytest.mark.parametrize("path", ["/a%25b", "/a%2Fb", "/a", "/a%2fb?c=%2F"])
def test_a_rule_that_escapes_nothing(path: str, tmp_path: Path) -> None:
    """PU-4 is about paths that are escaped anew; with NE they go on as they were decoded."""
    with fronts(_CONFIG, tmp_path, (*MODULES, "rewrite_module")) as found:
        theirs, ours = (ask(found.at[each], "rule.test", path) for each in ("httpd", "nginx"))
    assert ours == theirs


@pytest.mark.live
@pytest.mark.parametrize("name", ["raw.test", "several.test", "on.test", "off.test"])
def test_encoded_slashes(name: str, tmp_path: Path) -> None:
    with fronts(_CONFIG, tmp_path, (*MODULES, "rewrite_module")) as found:
        different = []
        for path in (each.replace("{name}", name) for each in _PATHS):
            theirs, ours = (ask(found.at[each], name, path) for each in ("httpd", "nginx"))
            if (name, path) in _ANNOUNCED:
                assert ours != theirs
            elif ours != theirs:
                different.append((path, theirs, ours))
        assert not different, "\n".join(map(str, different))


@pytest.mark.live
def test_nothing_is_refused_that_is_read_in_one_way(tmp_path: Path) -> None:
    with fronts(_CONFIG, tmp_path, (*MODULES, "rewrite_module")) as found:
        for path in _AS_THEY_CAME:
            theirs, ours = (ask(found.at[each], "raw.test", path) for each in ("httpd", "nginx"))
            assert ours == theirs, path


@pytest.mark.live
def test_a_path_that_climbs_above_the_root(tmp_path: Path) -> None:
    """LOC-9, NGX-47: nginx decodes slashes before anything else, and refuses such a path whatever stands there."""
    with fronts(_CONFIG, tmp_path, (*MODULES, "rewrite_module")) as found:
        got = {name: [ask(found.at[each], name, "/a%2F..%2F..%2Fb")[0] for each in ("httpd", "nginx")]
               for name in ("raw.test", "on.test", "off.test")}  # fmt: skip
    assert got == {"raw.test": ["200", "400"], "on.test": ["200", "400"], "off.test": ["404", "400"]}


@pytest.mark.live
def test_a_path_that_could_be_read_in_two_ways_is_refused(tmp_path: Path) -> None:
    """NGX-47, DES-8: with an encoded slash in it no other spelling of a path gets around a restriction."""
    with fronts(_CONFIG, tmp_path, (*MODULES, "rewrite_module")) as found:
        got = {path: ask(found.at["nginx"], "several.test", path) for path in _REFUSED}
        assert got == dict.fromkeys(_REFUSED, ("302", "http://help.test/", ""))


@pytest.mark.live
def test_no_regex_is_passed_by_beside_an_encoded_slash(tmp_path: Path) -> None:
    """NGX-47, DES-8: what could be read in two ways by a regex is refused, on a host of one place, too."""
    with fronts(_CONFIG, tmp_path, (*MODULES, "rewrite_module")) as found:
        for path in ("/_scripts", "/a%2Fb/_scripts", "/a%2Fb/_%73cripts", "/%5Fscripts", "/a%2Fb/%5fscripts", "/a%2F_x",
                     "/x/a%2Fadmin", "/x/a%2F%61dmin", "/x/%61dmin%2F", "/x/%61dmin", "/x%2Fb"):  # fmt: skip
            theirs, ours = (ask(found.at[each], "regex.test", path)[0] for each in ("httpd", "nginx"))
            assert ours == theirs or (theirs, ours) == ("403", "404"), path


@pytest.mark.live
@pytest.mark.parametrize(
    "path", ["/api/lib%2Fclass%2Erb", "/a%2F%7Eb", "/uploads/a%2F%62", "/uploads%2F%61", "/%20a%2F"]
)
def test_escapes_behind_an_encoded_slash(path: str, tmp_path: Path) -> None:
    """Where nothing asks for what lies behind the slash, escapes there are no matter: GitLab's clients send them."""
    with fronts(_CONFIG, tmp_path, (*MODULES, "rewrite_module")) as found:
        theirs, ours = (ask(found.at[each], "begins.test", path) for each in ("httpd", "nginx"))
    assert ours == theirs


@pytest.mark.live
def test_no_wildcard_is_passed_by_beside_an_encoded_slash(tmp_path: Path) -> None:
    with fronts(_CONFIG, tmp_path, (*MODULES, "rewrite_module")) as found:
        for path in ("/a/secret", "/a%2Fb/secret", "/a%2Fb/%73ecret", "/a/secret/x%2F", "/own", "/%6Fwn", "/own%2F",
                     "/xay", "/xa%2Fy", "/x%61%2F%79", "/%78%2Fy", "/z%2Fy"):  # fmt: skip
            theirs, ours = (ask(found.at[each], "glob.test", path)[0] for each in ("httpd", "nginx"))
            assert ours == theirs or (theirs, ours) == ("403", "404"), path


def test_what_is_told(tmp_path: Path) -> None:
    """DES-5: equivalent where all goes on as it came, approximated where what could be read in two ways is refused."""

    def told(*lines: str, mode: str = "NoDecode") -> str:
        rows = translated(tmp_path, host(f"AllowEncodedSlashes {mode}", *lines), "nginx").rows
        (row,) = (row for row in rows if row.name == "AllowEncodedSlashes")
        return " ".join([row.outcome.name.lower(), *(each.key for each in row.answers)]).strip()

    raw, plain = "ProxyPass / http://127.0.0.1:81/ nocanon", "ProxyPass / http://127.0.0.1:81/"
    below = "ProxyPass /x http://127.0.0.1:81/x nocanon"
    assert told(plain, mode="On") == "exact"
    assert told(raw) == "equivalent encoded-slashes"
    assert told(plain) == told(below) == "approximated unclear-slashes"
    section = "<Location /in>\nRequestHeader set X-In yes\n</Location>"
    assert told(plain, section) == "approximated slashes-in-sections"
    assert told(raw, section) == "approximated unclear-slashes"
    whole = ("RewriteEngine On", "RewriteRule ^/(.*) http://127.0.0.1:81/$1 [P]")
    assert told(*whole) == "approximated unclear-slashes"  # it is as a ProxyPass
    rules = ("RewriteEngine On", "RewriteRule ^/y/(.*) http://127.0.0.1:81/z/$1 [P]")
    assert told(*rules) == "approximated decoded-slashes"
    assert told(rules[0], f"{rules[1][:-1]},NE]") == "approximated unclear-slashes"
    assert told("ProxyPassMatch ^/(.*\\.php)$ fcgi://127.0.0.1:9000/srv/$1") == "approximated decoded-slashes"


def test_limits_of_a_host(tmp_path: Path) -> None:
    """Timeouts and connections of a virtual host stand at its server (DEF-13 to DEF-16)."""
    lines = "Timeout 7", "KeepAliveTimeout 3", "ProxyPass / http://127.0.0.1:81/"
    made = translated(tmp_path, host(*lines), "nginx")
    assert all(f"        {line}" in made.text for line in ("send_timeout 7s;", "keepalive_timeout 3s;"))
    assert outcomes(made)["Timeout"] == outcomes(made)["KeepAliveTimeout"] == "exact"

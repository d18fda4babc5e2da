"""Scripts behind FastCGI, over TCP and Unix sockets: what they are told is compared as headers of HTTP are."""

from __future__ import annotations

from pathlib import Path

import pytest

from apacheconf.engines import Sandbox
from apacheconf.program.conditions import Regex
from apacheconf.program.loading import load
from apacheconf.prove import Report, prove
from apacheconf.prove.aims import find_targets
from apacheconf.prove.members import matching, members, near_misses
from tests.engines.real import need

SITE = """\
Listen 8080
<VirtualHost *:8080>
    ServerName www.example.com
    DocumentRoot "{folder}"
    <Directory "{folder}">
        Require all granted
    </Directory>
    <FilesMatch "\\.php$">
        SetHandler "proxy:{url}"
    </FilesMatch>
    <Proxy "fcgi://php/">
    </Proxy>
</VirtualHost>
"""
URLS = {"tcp": "fcgi://127.0.0.1:9000", "unix": "unix:/run/php.sock|fcgi://php/"}


def proven(against: str, url: str = URLS["tcp"]) -> Report:
    need("httpd")
    if against != "serve":
        need(against)
    with Sandbox("scripts") as box:  # a folder that the servers may read
        box.write("html/index.php", "<?php\n")
        site = box.write("site.conf", SITE.format(folder=box.path / "html", url=url))
        return prove([str(site)], against=against, reference="httpd")


@pytest.mark.live
@pytest.mark.parametrize("url", URLS)
def test_what_scripts_are_told_is_compared(url: str) -> None:
    """FC-3 to FC-9, NGX-157: nothing differs but what nginx announces."""
    report = proven("nginx", URLS[url])
    told = [each for result in report.results for each in result.reference.arrivals]
    assert sum("SCRIPT_FILENAME" in dict(each.headers) for each in told) > 100
    assert report.unannounced == ()


@pytest.mark.live
def test_a_variable_that_nginx_lacks_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The comparison can fail: a script that isn't told its DOCUMENT_ROOT is a difference."""
    from apacheconf.prove.side import Front

    text_for = Front.text_for
    monkeypatch.setattr(Front, "text_for", lambda *given: text_for(*given).replace("DOCUMENT_ROOT", "DOCUMENT_BOOT"))
    report = proven("nginx")
    found = {aspect.what for result in report.unannounced for aspect in result.comparison.aspects}
    assert {"origin: header document_root", "origin: header document_boot"} <= found


@pytest.mark.parametrize(
    ("lines", "leaf"),
    [
        ('<FilesMatch "\\.php$">\nSetHandler "proxy:fcgi://127.0.0.1:9000"\n</FilesMatch>', "/index.php"),
        ('<FilesMatch "\\.phtml$">\nSetHandler "proxy:fcgi://127.0.0.1:9000"\n</FilesMatch>', "/x.phtml"),
        ('ProxyPassMatch "^/(w/.*\\.php(/.*)?)$" "fcgi://127.0.0.1:9000/srv/$1"', "/w/x.php"),
        ('ProxyPass "/app/" "fcgi://127.0.0.1:9000/srv/app/"', "/x"),
    ],
)
def test_probes_aim_at_a_path_that_a_script_answers(tmp_path: Path, lines: str, leaf: str) -> None:
    (tmp_path / "index.php").touch()
    text = f"ServerName a.test\nDocumentRoot {tmp_path}\n{lines}\n"
    (tmp_path / "site.conf").write_text(f"Listen 80\n<VirtualHost *:80>\n{text}</VirtualHost>\n")
    (target,) = find_targets(load([str(tmp_path / "site.conf")]).require())
    assert (target.aim.leaf, target.aim.origin_scheme, target.mapped) == (leaf, "fcgi", True)


@pytest.mark.parametrize(
    "pattern",
    [r"\.php$", r"^/(w/.*\.php(/.*)?)$", r"\.(?:inc|bak)$|~$", r"^/v(\d+)/", r"^[^/]+[^a-z]\w$", r"(?<n>a+)b", "^$"],
)
def test_members_match_and_near_misses_do_not(pattern: str) -> None:
    """DIF-7."""
    regex = Regex(pattern)
    found = members(regex)
    assert found
    assert matching(regex, found) == list(found)
    assert matching(regex, near_misses(regex)) == []


def test_a_pattern_that_only_pcre_reads_has_no_members() -> None:
    assert members(Regex(r"^(?|a|b)\K\X$")) == near_misses(Regex(r"^(?|a|b)\K\X$")) == ()

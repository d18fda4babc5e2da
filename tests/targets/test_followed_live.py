"""What rules make of paths, queries and variables, and RewriteMaps, asked on httpd and on HAProxy (RW-8, RW-43)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from apacheconf.engines import Sandbox
from tests.targets.configs import host, translated
from tests.targets.echoes import exchange
from tests.targets.fronts import MODULES, Fronts, differing, fronts

_CONFIG = """
<VirtualHost *:{port}>
    ServerName a.test
    RewriteEngine On
    RewriteMap pages txt:{folder}/pages.map
    RewriteMap blocked txt:{folder}/blocked.map
    RewriteMap small int:tolower
    RewriteMap always rnd:{folder}/always.map

    RewriteRule ^/whole/ https://x.test%{REQUEST_URI} [NE,R,L]
    RewriteRule ^/plain/(.*)$ /x/$1 [R,L]
    RewriteRule ^/given/(.*)$ /x/$1?a=b [R,L]
    RewriteRule ^/more/(.*)$ /x/$1?a=b [R,L,QSA]
    RewriteRule ^/origin/(.*)$ http://127.0.0.1:{one}/$1 [P]
    RewriteRule ^/query/(.*)$ /inner/$1?k=$1 [PT,QSA]
    RewriteRule ^/none/(.*)$ /inner/$1? [PT]
    RewriteRule ^/gone/(.*)$ /inner/x [PT,QSD]
    RewriteRule ^/escaped/(.*)$ /inner/x?k=$1 [PT,B]
    RewriteRule ^/twice/(.*)$ /again/$1
    RewriteRule ^/again/(.*)$ /inner/$1 [PT]

    RewriteCond %{HTTP_COOKIE} (?:^|;\\s*)release=(stable|canary)(?:;|$)
    RewriteRule ^/r/ - [E=release:%1,S=2]
    RewriteCond %{HTTP_USER_AGENT} "bot|crawl" [NC]
    RewriteRule ^/r/ - [E=release:stable,S=1]
    RewriteRule ^/r/ - [E=release:${always:release|stable}]
    RewriteCond %{ENV:release} =canary
    RewriteRule ^/r/(.*)$ http://127.0.0.1:{two}/$1 [P,NE]
    RewriteRule ^/r/(.*)$ http://127.0.0.1:{one}/$1 [P,NE]
    Header always set X-Release "%{release}e" env=release

    RewriteCond ${pages:${small:%{REQUEST_URI}}} ^(.+)$
    RewriteRule ^/old %1 [R=301,L]
    RewriteCond ${blocked:%{REQUEST_URI}|free} !=free
    RewriteRule ^/hooks/ - [F]

    ProxyPass /inner http://127.0.0.1:{two}/deep
    ProxyPass /hooks http://127.0.0.1:{one}/hooks
</VirtualHost>
"""
_RESTS = ("x?", "x", "x?y=1", "x?y=%20z", "a%20b?c", "a%26b", "%3d?&", "a/b;c=d", "a%3fb", "%C3%A9?%c3", "")
_PLACES = ("whole", "plain", "given", "more", "origin", "query", "none", "gone", "escaped", "twice", "nowhere")
_OLD = (
    "/old/page",
    "/OLD/Page",
    "/old/other",
    "/old/page?q",
    "/old/two",
    "/hooks/blocked",
    "/hooks/free",
    "/hooks/BLOCKED",
)
_WHO = ("X-A: 1", "Cookie: release=stable", "Cookie: a=b; release=canary", "User-Agent: a Bot", "Cookie: release=x")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronts]:
    modules = (*MODULES, "rewrite_module", "headers_module")
    with Sandbox("maps") as box:  # httpd's children have to read them
        box.write("pages.map", "# old ones\n/old/page /new/page more\n/old/page /never\n/old/two http://b.test/\n")
        box.write("blocked.map", "/hooks/blocked yes\n")
        box.write("always.map", "release canary|canary\n")
        config = _CONFIG.replace("{folder}", str(box.path))
        with fronts(config, tmp_path_factory.mktemp("followed"), modules) as found:
            yield found


@pytest.mark.live
@pytest.mark.parametrize("place", _PLACES)
def test_paths_and_queries(place: str, running: Fronts) -> None:
    assert not differing(running, "a.test", [f"/{place}/{rest}" for rest in _RESTS])


@pytest.mark.live
def test_maps(running: Fronts) -> None:
    assert not differing(running, "a.test", _OLD)


@pytest.mark.live
@pytest.mark.parametrize("header", _WHO)
def test_variables_of_skipped_rules(header: str, running: Fronts) -> None:
    for rest in ("x", "a%3bb?c=d"):
        answers = []
        for name in ("httpd", "haproxy"):
            lines, body = exchange(running.at[name], "a.test", f"/r/{rest}", header=header)
            told = [line.lower() for line in lines if line.lower().startswith("x-release")]
            answers.append((body.replace(str(running.at[name]), ""), told))
        assert answers[0] == answers[1]
        assert len(answers[0][1]) == 1


def test_a_draw_is_as_likely_as_httpds(tmp_path: Path) -> None:
    (tmp_path / "dice.map").write_text("release stable|stable|canary\n")
    lines = (
        "RewriteEngine On", f"RewriteMap dice rnd:{tmp_path}/dice.map", "RewriteRule ^ - [E=release:${dice:release}]",
        "RewriteCond %{ENV:release} =canary", "RewriteRule ^/(.*)$ http://127.0.0.1:81/$1 [P]",
        "ProxyPass / http://127.0.0.1:82/",
    )  # fmt: skip
    made = translated(tmp_path, host(*lines), "haproxy")
    assert made.text.count("rand(3)") == 1
    rows = {row.name: row.outcome.words for row in made.rows}
    assert rows["RewriteMap"] == "equivalent" and rows["RewriteRule"] == "exact"

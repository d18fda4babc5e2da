"""Rules behind each other, asked on httpd and on HAProxy: each may change the path, or pass over others (HAP-102)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, combinations
from random import Random

import pytest

from tests.targets.configs import host
from tests.targets.echoes import ask
from tests.targets.fronts import MODULES, Fronts, fronts

pytestmark = pytest.mark.live

_COOKIES = [f"a{number}" for number in range(9)]


def _when(cookie: str, rule: str) -> list[str]:
    return [f"RewriteCond %{{HTTP_COOKIE}} {cookie}=1", rule]


def _all(*parts: list[str]) -> list[str]:
    return ["RewriteEngine On", *chain.from_iterable(parts)]


#: A path that rules make one by one, as sites do that have moved several times.
_STEPS = _all(
    ["RewriteRule ^/(.*)/$ /$1", r"RewriteRule ^/index\.html$ /", r"RewriteRule ^/(.*)\.html$ /$1"],
    ["RewriteRule ^/de/(.*)$ /$1?lang=de [QSA]", "RewriteRule ^/en/(.*)$ /$1?lang=en [QSA]"],
    ["RewriteRule ^/img/(.*)$ /media/$1", "RewriteRule ^/plain/(.*)$ /bare/$1?"],
    ["RewriteCond %{HTTP_COOKIE} webp", r"RewriteRule ^/media/(.*)\.png$ /media/$1.webp"],
    ["RewriteCond %{REQUEST_URI} ^/old", "RewriteCond %{QUERY_STRING} id=(\\d+)", "RewriteRule ^ /new/%1"],
    ["RewriteRule ^/(.*)$ http://127.0.0.1:{one}/$1 [P,L]"],
)
#: Rules that may have made a path, or none: where none did, the mappings take the path as it came.
_MAYBE = [
    *_all(*(_when(each, f"RewriteRule ^(.*)$ $1/{each}") for each in _COOKIES)),
    *("RewriteCond %{HTTP_COOKIE} a1", "RewriteRule ^ - [PT]"),
    *("RewriteCond %{HTTP_COOKIE} pass", "RewriteRule ^/(.*)$ /api/$1 [PT]"),
    "ProxyPass /api http://127.0.0.1:{two}/in-api",
    "ProxyPass / http://127.0.0.1:{one}/",
]
#: Rules that are passed over, by S and by C.
_SKIPS = [
    *_all(*(
        [f"RewriteCond %{{HTTP_COOKIE}} {each}", "RewriteRule ^ - [S=1]",
         f"RewriteRule ^/{each[1]}(.*)$ http://127.0.0.1:{{one}}/taken-{each}$1 [P]"] for each in _COOKIES
    )),
    *("RewriteCond %{HTTP_COOKIE} chain", "RewriteRule ^/c/(.*)$ /d/$1 [C]", "RewriteRule ^/d/x(.*)$ /e/$1 [C]"),
    *("RewriteRule ^/e/(.*)$ http://127.0.0.1:{two}/chained/$1 [P]", "RewriteRule ^/d/ - [F]"),
    "ProxyPass / http://127.0.0.1:{one}/",
]  # fmt: skip
#: More conditions than HAProxy takes words in a line.
_MANY = [
    "RewriteEngine On",
    *(f"RewriteCond %{{HTTP_COOKIE}} !not{number}" for number in range(30)),
    "RewriteRule ^/(.*)$ http://127.0.0.1:{two}/front.php/$1 [P,L]",
    "ProxyPass / http://127.0.0.1:{one}/",
]
#: A path that is made of what a request says, as plugins of caches have them: captures beside other values.
_VALUES = [
    *_all(_when("a0", "RewriteRule ^ - [E=KIND:_one]"), _when("a1", "RewriteRule ^ - [E=KIND:_two]")),
    "RewriteCond %{REQUEST_METHOD} !=POST",
    "RewriteRule ^/c/(.*)$ http://127.0.0.1:{two}/cache/%{HTTP_HOST}/$1/_index%{ENV:KIND}.html [P,L]",
    "RewriteRule ^/m/(.*)$ http://127.0.0.1:{two}/%{REQUEST_METHOD}/$1 [P,L]",
    "ProxyPass / http://127.0.0.1:{one}/",
]
_CONFIG = "".join(
    host(*lines, names=f"ServerName {name}.test", address="*:{port}")
    for name, lines in {"steps": _STEPS, "maybe": _MAYBE, "skips": _SKIPS, "many": _MANY, "values": _VALUES}.items()
)
_PATHS = {
    "steps": ("/", "/x", "/x/", "/index.html", "/index.html/", "/de/index.html", "/de/en/x.html?a=b", "/img/a.png",
              "/de/img/b.png?q", "/de/", "/plain/x?gone=1", "/old/thing?id=17", "/old?id=x", "/en/%C3%A9%20x/",
              "/de/a%3fb", "/de/x%3F/", "/img/a%3fb.png", "/x%3fy", "//de//x", "/de/%2561", "/old%0a?id=3"),
    "maybe": ("/y", "/x", "/api", "/api/x", "/x%20y?q=1", "/apix"),
    "skips": ("/", "/0x", "/3", "/8/y?q", "/c/xy", "/c/z", "/d/xz", "/e/1", "/5%3f"),
    "many": ("/", "/x/y?q=1", "/x%3f"),
    "values": ("/", "/c/x", "/c/x/y%20z?q=1", "/c/", "/m/a", "/m/%C3%A9?x"),
}  # fmt: skip


def _cookies(name: str) -> list[str]:
    if name == "many":
        return ["", "not0", "not15=1", "not29", "other"]
    if name == "steps":
        return ["", "webp"]
    some = Random(1).sample([set(each) for n in (1, 2, 3, 5, 9) for each in combinations(_COOKIES, n)], 24)
    return ["", "pass", "chain", "pass; a1=1", *("; ".join(f"{each}=1" for each in sorted(one)) for one in some)]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronts]:
    folder = tmp_path_factory.mktemp("chains")
    with fronts(_CONFIG, folder, (*MODULES, "rewrite_module"), targets=("haproxy",)) as found:
        yield found


@pytest.mark.parametrize(("name", "path"), [(name, path) for name, paths in _PATHS.items() for path in paths])
def test_what_rules_make_together(name: str, path: str, running: Fronts) -> None:
    for cookie in _cookies(name):
        header = f"Cookie: {cookie}" if cookie else ""
        theirs, ours = (ask(running.at[front], f"{name}.test", path, header=header) for front in ("httpd", "haproxy"))
        assert ours == theirs, cookie


def test_all_of_them_lead_somewhere(running: Fronts) -> None:
    """What is compared is no row of refusals."""
    found = {(name, ask(running.at["haproxy"], f"{name}.test", path)[0]) for name in _PATHS for path in _PATHS[name]}
    assert {(name, "200") for name in _PATHS} <= found
    assert not any(status.startswith("5") for _, status in found)

"""Parts of URLs that rules take from the request line, or escape (B), asked on httpd and on nginx."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qsl, unquote_plus, urlsplit

import pytest

from tests.targets.configs import translated
from tests.targets.echoes import exchange
from tests.targets.fronts import MODULES, Fronts, fronts

_CONFIG = r"""
<VirtualHost *:{port}>
    ServerName a.test
    DocumentRoot {root}
    RewriteEngine on
    RewriteCond %{THE_REQUEST} "^[A-Z]+ /index\.php/([^ ?]+)"
    RewriteRule ^ /wiki/%1? [B,NE,R=301,L]
    RewriteRule ^/search/(.+)$ http://b.test/search?q=$1 [R,B,NE,QSA,L]
    RewriteRule ^/plain/([a-z]+)$ http://b.test/p?q=$1 [R,B,NE,L]
    RewriteRule ^/two/([^/]*)/(.*)$ http://b.test/p?q=$1&r=$2 [R,B,NE,L]
    RewriteCond %{THE_REQUEST} \s/+(.*?)/home\.html[\s?] [NC]
    RewriteRule ^ /%1/ [R=301,L,NE]
    RewriteCond %{THE_REQUEST} "^GET /(.*)end\.html"
    RewriteRule ^ /%1 [R=301,L]
    RewriteCond %{THE_REQUEST} "^[A-Z]{3,}\s([^.]+)\.cgi"
    RewriteRule ^ %1 [R,L]
    RewriteCond %{QUERY_STRING} (?:^|&)id=([^&]+)(?:&|$)
    RewriteRule ^/article\.php$ /article/%1? [R=301,L]
    RewriteCond %{QUERY_STRING} ^tag=(.*)$
    RewriteRule ^/tag\.php$ /tags?of=%1 [R=301,L]
    <Directory {root}>
        Require all granted
        RewriteEngine on
        RewriteCond %{REQUEST_FILENAME} !-f
        RewriteRule ^(.*)$ index.html?q=$1 [B,L,QSA]
        Header always set X-Query "expr=%{QUERY_STRING}"
    </Directory>
</VirtualHost>
"""
_MODULES = (*MODULES, "rewrite_module", "headers_module")
#: What is the same for whoever reads the URL.
_SAME = (
    "/index.php/Page_One", "/index.php/Page?action=edit", "/search/word?x=1", "/search/two%20words",
    "/search/a%26b%3Dc",
    "/search/a%2Bb%25c?p=2", "/search/%C3%A4%22", "/search/a/b.c-d", "/plain/word", "/two/x/y", "/two/x/y/z",
    "/deep/home.html", "/deep/home.html?a=b", "/x?y/home.html", "/front/end.html", "/front/end.html?q",
    "/f?x=/end.html", "/deep/script.cgi", "/deep/script.cgi?a=b", "/front?of=x.cgi",
    "/article.php?id=seven", "/article.php?a=b&id=a-b.c&d", "/article.php?ids=1", "/tag.php?tag=a+b&more=1",
    "/page", "/page/two%20words", "/page/a%26b?own=1", "/page/%C3%A4", "/index.html",
)  # fmt: skip
#: Where a sign would begin something new.
_REFUSED = ("/search/a&b", "/search/a+b", "/search/a;b?x", "/two/a%26b/c", "/page/a&b")


def _config(folder: Path) -> str:
    (folder / "index.html").write_text("front")
    return _CONFIG.replace("{root}", str(folder))


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronts]:
    folder = tmp_path_factory.mktemp("site")
    for each in (folder, *list(folder.parents)[:3]):
        each.chmod(0o755)
    with fronts(_config(folder), tmp_path_factory.mktemp("fronts"), _MODULES, targets=("nginx",)) as started:
        yield started


def _seen(port: int, path: str) -> tuple[str, dict[str, object]]:
    lines, _ = exchange(port, "a.test", path)
    fields = {line.partition(":")[0].lower(): line.partition(":")[2].strip() for line in lines[1:]}
    location, query = urlsplit(fields.get("location", "")), fields.get("x-query", "")
    return lines[0].split()[1], {
        "to": (location.scheme, re.sub(r":\d+", "", location.netloc), unquote_plus(location.path)),
        "asks": parse_qsl(location.query, keep_blank_values=True),
        "told": parse_qsl(query, keep_blank_values=True),
    }  # fmt: skip


@pytest.mark.live
@pytest.mark.parametrize("path", _SAME)
def test_whoever_reads_the_url_reads_the_same(path: str, running: Fronts) -> None:
    """RW-20, NGX-207: each part means what it means in httpd's URL, whichever of its signs are escaped."""
    theirs, ours = (_seen(running.at[name], path) for name in ("httpd", "nginx"))
    assert ours == theirs


@pytest.mark.live
@pytest.mark.parametrize("path", _REFUSED)
def test_what_would_mean_something_else_is_refused(path: str, running: Fronts) -> None:
    """NGX-207: no part of a path becomes a parameter of its own."""
    assert _seen(running.at["nginx"], path)[0] == "403"


def test_what_is_said_of_them(tmp_path: Path) -> None:
    """NGX-207: rules with B are carried with a caveat; what stands in no path at all may be closed."""
    made = translated(tmp_path, _config(tmp_path).replace("{port}", "8080"), "nginx")
    found = {row.args.split()[-1]: {answer.key for answer in row.answers} for row in made.rows
             if row.name == "RewriteRule"}  # fmt: skip
    assert "escaped-parts" in found["[B,NE,R=301,L]"] & found["[R,B,NE,QSA,L]"] & found["[B,L,QSA]"]
    assert "escaped-once" in found["[R=301,L]"]


def test_a_function_in_a_query_is_no_crash(tmp_path: Path) -> None:
    """What can't be said in the place of a file that isn't there is closed, and said so."""
    config = _config(tmp_path).replace("{port}", "8080")
    config = config.replace("RewriteEngine on", "RewriteEngine on\nRewriteMap esc int:escape", 1)
    config = config.replace("index.html?q=$1 [B,L,QSA]", "index.html?q=${esc:$1} [L]")
    made = translated(tmp_path, config, "nginx")
    row = next(row for row in made.rows if row.name == "RewriteRule" and "esc:" in row.args)
    assert row.outcome.words == "unsupported"

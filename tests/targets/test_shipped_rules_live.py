"""Rules that many ``.htaccess`` files have, asked on httpd and nginx: of the home page alone, of a cache, of a flag."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from apacheconf.program.conditions import Condition, Matches, Not, Regex
from apacheconf.program.conditions import Test as FileTest
from apacheconf.program.values import REQUEST_URI, Capture, Joined, Literal
from apacheconf.targets.captures import gives_back
from apacheconf.targets.nginx.names_below import is_every_name
from tests.targets.configs import translated, with_htaccess
from tests.targets.echoes import exchange
from tests.targets.fronts import MODULES, Fronts, fronts

_SITES = {
    "languages": r"""
RewriteCond %{HTTP:Accept-Language} ^de [NC]
RewriteRule ^$ /de/ [R=302,L]
RewriteRule ^$ /en/ [R=302,L]
RewriteRule ^(de|en)/(.*)$ index.html?lang=$1&path=$2 [QSA,L]
""",
    "home": r"""
RewriteCond %{REQUEST_FILENAME} !-f
RewriteRule ^$ plain.txt [L]
""",
    "names": r"""
RewriteCond %{REQUEST_FILENAME} !-f
RewriteRule .+ sub/plain.txt [L]
""",
    "cached": r"""
RewriteCond %{REQUEST_METHOD} !POST
RewriteCond %{QUERY_STRING} ^$
RewriteCond %{HTTP:Cookie} !logged_in
RewriteCond %{DOCUMENT_ROOT}/cache/%{HTTP_HOST}/$1.html -f
RewriteRule ^(.*)$ /cache/%{HTTP_HOST}/$1.html [L]
RewriteCond %{REQUEST_FILENAME} !-f
RewriteCond %{REQUEST_FILENAME} !-d
RewriteRule . /index.html [L]
""",
    "itself": r"""
RewriteRule ^(\.well-known/.*)$ $1 [L]
RewriteRule ^(sub)/(plain\.txt)$ $1/$2 [L]
RewriteRule ^none/x\.css$ plain.txt [T=image/x-odd,L]
RewriteRule ^article$ page.html [L]
""",
    "index": r"""
RewriteCond %{REQUEST_FILENAME} !-f
RewriteCond %{REQUEST_FILENAME}/index.html !-f
RewriteRule . plain.txt [L]
""",
    "scheme": r"""
RewriteCond %{HTTPS}s ^on(s)|off
RewriteRule ^none/(.*)$ http%1://%{HTTP_HOST}/went/$1 [R=302,L]
""",
    "flag": r"""
RewriteCond %{DOCUMENT_ROOT}/plain.txt -f
RewriteCond %{DOCUMENT_ROOT}/none.flag !-f
RewriteCond %{SCRIPT_FILENAME} !page.html
RewriteCond %{REQUEST_URI} !\.(css|txt)$
RewriteRule ^.*$ /page.html [R=302,L]
""",
}
_FILES = {
    "index.html": "front", "plain.txt": "plain", "page.html": "page", "sub/plain.txt": "below", "sub/index.html": "sub",
    "cache/cached.test/article.html": "from the cache", "de/x": "a file", "de/index.html": "de",
    ".well-known/x": "proof",
}  # fmt: skip
_PATHS = (
    "/", "/?a=b", "/plain.txt", "/page.html", "/sub", "/sub/", "/sub/plain.txt", "/none", "/none/", "/none/x.css",
    "/.well-known/x", "/article", "/article?a=b", "/de/", "/de/x", "/en/a/b?c=d",
)  # fmt: skip


def _config(folder: Path) -> str:
    return with_htaccess(folder, {site: f"RewriteEngine On\n{text}" for site, text in _SITES.items()}, _FILES, _SITES)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronts]:
    folder = tmp_path_factory.mktemp("shipped")
    folder.chmod(0o755)
    modules = (*MODULES, "rewrite_module")
    with fronts(_config(folder), tmp_path_factory.mktemp("fronts"), modules, targets=("nginx",)) as started:
        yield started


def _seen(port: int, host: str, path: str, header: str) -> tuple[str, str | None, str | None, str]:
    lines, body = exchange(port, f"{host}.test", path, header=header)
    fields = {line.partition(":")[0].lower(): line.partition(":")[2].strip() for line in lines[1:]}
    status = lines[0].split()[1]
    media_type = fields.get("content-type") if status == "200" else None
    return status, fields.get("location"), media_type, body if status == "200" else ""


@pytest.mark.live
@pytest.mark.parametrize("host", _SITES)
@pytest.mark.parametrize("path", _PATHS)
@pytest.mark.parametrize("header", ["X: y", "Accept-Language: de\r\nCookie: logged_in=1"], ids=["plain", "known"])
def test_they_lead_where_they_lead(host: str, path: str, header: str, running: Fronts) -> None:
    """RW-2, RW-27, NGX-124: ``^$`` is the folder alone, ``.+`` is not, DOCUMENT_ROOT is the host's, a path that is made
    of itself is served, and a type (T) is forgotten where another path is asked for."""
    theirs, ours = (_seen(running.at[name], host, path, header) for name in ("httpd", "nginx"))
    assert ours == theirs


def test_nothing_of_them_is_lost(tmp_path: Path) -> None:
    """NGX-120, NGX-124: each of them has its line."""
    made = translated(tmp_path, _config(tmp_path).replace("{port}", "8080"), "nginx")
    assert [row.args for row in made.rows if row.outcome.words in ("approximated", "unsupported")] == []


_NO_FOLDER = (Not(FileTest("f", REQUEST_URI)), Not(FileTest("d", REQUEST_URI)))


@pytest.mark.parametrize(("pattern", "others", "every"), [
    ("^/", (), True), ("^/(.*)$", (), True), ("^/(?s:.*?)(?:.*)", (), True), ("^/$", (), False),
    ("^/$", _NO_FOLDER, False),
    ("^/(?s:.*?)(?:.+)", (), False), ("^/(?s:.*?)(?:.+)", _NO_FOLDER[:1], False), ("^/(?s:.*?)(?:.)", _NO_FOLDER, True),
    ("^/a/(.*)", (), False), ("^/a", (), False),
])  # fmt: skip
def test_what_every_name_answers_alike(pattern: str, others: tuple[Condition, ...], every: bool) -> None:
    """NGX-124: a question that leaves somebody out is asked."""
    assert is_every_name(Matches(REQUEST_URI, Regex(pattern)), others, "") is every


def _joined(*parts: str | int) -> Joined:
    return Joined(tuple(Capture("rule", each) if isinstance(each, int) else Literal(each) for each in parts))


@pytest.mark.parametrize(("pattern", "made", "same"), [
    (r"^/(self)\.txt$", _joined("/", 1, ".txt"), True), (r"^(/.*)$", _joined(1), True),
    (r"^/(\.well-known/.*)", _joined("/", 1), True), (r"^/(\w+)/(.*)$", _joined("/", 1, "/", 2), True),
    (r"^/(a)(b)$", _joined("/", 2, 1), False), (r"^/x(.*)$", _joined("/", 1), False),
    (r"^/(.*)\.php$", _joined("/", 1), False), (r"^/a.(.*)$", _joined("/a.", 1), False),
    (r"^/(x)", _joined("/", 1), False), (r"^/(a)|/(b)$", _joined("/", 1), False), (r"/(.*)$", _joined("/", 1), False),
])  # fmt: skip
def test_a_path_that_is_made_of_itself(pattern: str, made: Joined, same: bool) -> None:
    """RW-5: such a rule asks for no other path; whatever isn't certain does."""
    assert gives_back(made, Regex(pattern)) is same

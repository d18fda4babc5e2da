"""Files that aren't there on httpd and on nginx: the page of an error, and what FallbackResource names.

The answers are asked of nginx 1.22 and of the newest one that is installed.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from apacheconf.engines import Sandbox
from tests.targets.configs import host, outcomes, translated
from tests.targets.echoes import exchange
from tests.targets.fronts import MODULES, Fronts, fronts

pytestmark = pytest.mark.live

_MODULES = *MODULES, "alias_module", "headers_module", "autoindex_module"
_CONFIG = """
<Directory {root}>
    Require all granted
</Directory>
<VirtualHost *:{port}>
    ServerName pages.test
    DocumentRoot {root}/www
    Alias /one.html {root}/other/nowhere.html
    Alias /errors {root}/errors
    ErrorDocument 403 /lost.html
    ErrorDocument 404 /lost.html
    ErrorDocument 409 /errors/lost.html
    ErrorDocument 410 /there.html
    ErrorDocument 412 /one.html
    ErrorDocument 502 /lost.html
    ErrorDocument 503 /lost.html
    Header set X-Set yes
    Header always set X-All yes
    Redirect 403 /closed
    Redirect 409 /conflict
    Redirect 410 /gone
    Redirect 412 /failed
    Redirect 503 /down
    ProxyPass /dead http://127.0.0.1:{none}/
    ProxyPass /app http://127.0.0.1:{one}/
</VirtualHost>
<VirtualHost *:{port}>
    ServerName plain.test
    DocumentRoot {root}/www
    ErrorDocument 403 /lost.html?a=b
    Redirect 403 /closed
</VirtualHost>
<VirtualHost *:{port}>
    ServerName front.test
    DocumentRoot {root}/www
    DirectoryIndex index.html
    ErrorDocument 403 /lost.html
    Redirect 403 /closed
    FallbackResource /there.html
    <Directory {root}/www/data>
        SetHandler default-handler
    </Directory>
    <Directory {root}/www/named>
        <FilesMatch ".+">
            SetHandler default-handler
        </FilesMatch>
    </Directory>
    <Directory {root}/www/taken-back>
        SetHandler none
    </Directory>
</VirtualHost>
<VirtualHost *:{port}>
    ServerName nowhere.test
    DocumentRoot {root}/www
    DirectoryIndex index.html
    FallbackResource /nowhere.html
    <Directory {root}/www/data>
        SetHandler default-handler
    </Directory>
</VirtualHost>
"""
_FAILING = ("/closed", "/closed/x", "/conflict", "/gone", "/failed", "/down", "/dead/x")
_PAGES = (
    *((method, path) for path in (*_FAILING, "/nowhere", "/lost.html", "/errors/x") for method in ("GET", "POST")),
    *(("GET", path) for path in ("/there.html", "/one.html", "/app/x")),
)
_FALLEN = (
    *("/closed", "/x", "/x/", "/x/y", "/there.html", "/", "/data/", "/data", "/data/x", "/data/x/", "/data/in/"),
    *("/data/in", "/data/empty/", "/named/", "/named/x", "/named/x/", "/named/in/", "/named/empty/", "/taken-back/x"),
    *("/taken-back/", "/taken-back/x/", "/empty/", "/empty"),
)
_FILES = ("www/there.html", "www/data/in/index.html", "www/named/in/index.html", "www/data/empty/x",
          "www/named/empty/x", "www/taken-back/y", "www/empty/x", "errors/there.html")  # fmt: skip


@pytest.fixture(scope="module", params=[pytest.param("1.22", id="1.22"), pytest.param("1.31", id="newest")])
def running(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronts]:
    with Sandbox("missing") as box:
        for name in _FILES:
            box.write(name, f"<p>this is {name}\n")
        config = _CONFIG.replace("{root}", str(box.path))
        with fronts(config, tmp_path_factory.mktemp("missing"), _MODULES, {"nginx": request.param}) as found:
            yield found


def _answer(port: int, name: str, path: str, method: str = "GET") -> tuple[object, ...]:
    header = "Content-Length: 0" if method == "POST" else ""
    lines, body = exchange(port, name, path, method=method, header=header)
    fields = {line.partition(":")[0].lower(): line.partition(":")[2].strip() for line in lines[1:]}
    kept = {key: fields.get(key) for key in ("x-set", "x-all", "location")}
    stock = body.lstrip().lower().startswith(("<html", "<!doctype"))
    return lines[0].split()[1], kept, "stock" if stock else body


@pytest.mark.parametrize(("method", "path"), _PAGES)
def test_an_error_keeps_its_status_while_its_page_is_missing(method: str, path: str, running: Fronts) -> None:
    """ED-1, SEM-22, NGX-90: the page is a stock one, without the headers that a file has."""
    theirs, ours = (_answer(running.at[each], "pages.test", path, method) for each in ("httpd", "nginx"))
    assert ours == theirs
    statuses = {"/conflict": "409", "/gone": "410", "/failed": "412", "/down": "503", "/dead/x": "503"}
    if path in statuses:
        assert theirs[0] == statuses[path]


def test_an_error_with_a_page_and_no_origin(running: Fronts) -> None:
    theirs, ours = (_answer(running.at[each], "plain.test", "/closed") for each in ("httpd", "nginx"))
    assert ours == theirs and theirs[0] == "403"


@pytest.mark.parametrize("name", ["front.test", "nowhere.test"])
@pytest.mark.parametrize("path", _FALLEN)
def test_what_falls_back(path: str, name: str, running: Fronts) -> None:
    """DR-3, SEM-43, NGX-152: where a handler is set nothing falls back, a folder does what its index would do, and a
    fallback that isn't there is a 500 on both."""
    theirs, ours = (_answer(running.at[each], name, path) for each in ("httpd", "nginx"))
    assert ours == theirs
    if (name, path) in {("nowhere.test", "/x"), ("nowhere.test", "/there.html/")}:
        assert theirs[0] == "500"


@pytest.mark.parametrize(
    ("lines", "outcome"),
    [(("ErrorDocument 403 /x.html",), "equivalent"), (("ErrorDocument 404 /x/",), "equivalent"),
     (("ErrorDocument 403 /x/",), "approximated"),
     (("ErrorDocument 403 /x.html", "FallbackResource /y.html"), "approximated"),
     (("ErrorDocument 403 /a/x", "ProxyPass /a http://10.0.0.1/"), "exact")],
)  # fmt: skip
def test_what_is_told_of_pages(lines: tuple[str, ...], outcome: str, tmp_path: Path) -> None:
    """A folder, and a page that something else stands for, are not asked for beforehand; an origin has no file."""
    made = translated(tmp_path, host("DocumentRoot /srv", *lines, "Redirect 403 /no"), "nginx")
    assert outcomes(made)["ErrorDocument"] == outcome
    assert outcomes(made).get("FallbackResource", "exact") == "exact"


_GOLDEN = """\
            root /srv;
            if (!-e $page_of_403) {
                return 403;
            }
"""


def test_the_lines_that_ask_for_a_page(tmp_path: Path) -> None:
    """Each status asks once, in the location that has the file; 404 is what a missing file comes to anyhow."""
    lines = "DocumentRoot /srv", "ErrorDocument 403 /x.html", "ErrorDocument 404 /x.html", "Redirect 403 /no"
    text = translated(tmp_path, host(*lines), "nginx").text
    assert _GOLDEN in text and text.count("!-e") == 1
    assert "map $status $page_of_403 {\n        volatile;\n        403 $request_filename;\n        default /;" in text

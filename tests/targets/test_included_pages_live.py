"""Pages that include others (AddOutputFilter INCLUDES), on httpd and on nginx."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from apacheconf.engines import Sandbox
from tests.targets.configs import host, outcomes, translated
from tests.targets.echoes import exchange
from tests.targets.fronts import MODULES, Fronts, fronts

_CONFIG = """
TypesConfig {root}/mime.types
<VirtualHost *:{port}>
    ServerName pages.test
    DocumentRoot {root}/www
    <Directory {root}/www>
        Options +Includes
        AddOutputFilter INCLUDES html
        Require all granted
    </Directory>
    <Directory {root}/www/plain>
        Options -Includes
    </Directory>
    <FilesMatch "^raw">
        Options -Includes
    </FilesMatch>
</VirtualHost>
"""
_INCLUDES = (
    '<!--#include virtual="/part.txt" --> <!--#include virtual="part.txt" --> <!--#include file="part.txt" -->\n'
)
_FILES = {
    "www/index.html": _INCLUDES,
    "www/sub/index.html": _INCLUDES,
    "www/sub/part.txt": "[sub]",
    "www/part.txt": "[root]",
    "www/page.txt": _INCLUDES,
    "www/raw.html": _INCLUDES,
    "www/plain/index.html": _INCLUDES,
    "www/nested.html": '<!--#include virtual="/sub/" -->',
    "www/said.html": '<!--#set var="a" value="b" --><!--#echo var="a" --> <!--#config errmsg="no" --><!--#nothing -->',
    "www/lost.html": 'a <!--#include virtual="/none.txt" --> b',
    "mime.types": "text/html html\ntext/plain txt\n",
}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronts]:
    with Sandbox("pages") as box:
        for name, text in _FILES.items():
            box.write(name, text)
        modules = *MODULES, "include_module", "filter_module"
        config = _CONFIG.replace("{root}", str(box.path))
        with fronts(config, tmp_path_factory.mktemp("pages"), modules, targets=("nginx",)) as found:
            yield found


@pytest.mark.live
@pytest.mark.parametrize(
    "path", ["/", "/sub/", "/page.txt", "/raw.html", "/plain/", "/nested.html", "/said.html", "/none.html", "/part.txt"]
)
def test_pages_come_out_the_same(path: str, running: Fronts) -> None:
    """NGX-172: what they include, and without the time of the file that they are in."""
    theirs, ours = (_answer(running.at[each], path) for each in ("httpd", "nginx"))
    assert ours == theirs


@pytest.mark.live
def test_they_do_include(running: Fronts) -> None:
    assert "[root] [sub] [sub]" in _answer(running.at["nginx"], "/sub/")[-1]


def _answer(port: int, path: str) -> tuple[str, ...]:
    lines, body = exchange(port, "pages.test", path)
    dated = any(line.lower().startswith("last-modified:") for line in lines)
    kinds = [line for line in lines if line.lower().startswith("content-type")]
    text = "".join(each for each in body.split("\r\n") if each.strip("0123456789abcdef"))  # it may come in chunks
    if text.lower().startswith(("<html", "<!doctype")):
        return (lines[0].split()[1],)
    return lines[0].split()[1], str(dated), *kinds, text


@pytest.mark.parametrize(
    ("lines", "outcome"),
    [
        (("Options +Includes", "AddOutputFilter INCLUDES html"), "approximated"),
        (("AddOutputFilter INCLUDES html",), "equivalent"),
        (("Options +Includes", "AddOutputFilter INCLUDES txt"), "unsupported"),
        (("Options +Includes", "AddOutputFilter INCLUDES;DEFLATE html"), "unsupported"),
    ],
)
def test_outcomes(lines: tuple[str, ...], outcome: str, tmp_path: Path) -> None:
    text = host("DocumentRoot /srv/www", "<Directory /srv/www>", *lines, "</Directory>")
    made = translated(tmp_path, f"LoadModule include_module modules/mod_include.so\n{text}", "nginx")
    assert outcomes(made)["AddOutputFilter"] == outcome

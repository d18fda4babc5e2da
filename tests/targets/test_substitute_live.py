"""What Substitute puts into bodies, asked on httpd and on nginx (NGX-160, DF-4)."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from apacheconf.engines import Sandbox
from tests.targets.configs import host, outcomes, translated
from tests.targets.fronts import MODULES, Fronts, fronts

_CONFIG = """
TypesConfig {root}/mime.types
<VirtualHost *:{port}>
    ServerName one.test
    DocumentRoot {root}/www
    AddOutputFilterByType SUBSTITUTE text/html
    Substitute "s|</BODY>|<script src=\\"/$1.js\\"></script></body>|ni"
    ProxyPass /app http://127.0.0.1:{one}/
</VirtualHost>
<VirtualHost *:{port}>
    ServerName several.test
    DocumentRoot {root}/www
    SetOutputFilter SUBSTITUTE
    Substitute "s/1\\.0\\.0/2.0/"
    Substitute "s|=>|->|n"
</VirtualHost>
"""
_PAGE = "<p>1.0.0 => 1x0x0</p>\n<p>&</Body>\n</body>\n"
_FILES = {"www/a.html": _PAGE, "www/a.txt": _PAGE, "www/none.html": "nothing\n", "mime.types": "text/html html\n"}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronts]:
    with Sandbox("substitute") as box:
        for name, text in _FILES.items():
            box.write(name, text)
        modules = (*MODULES, "filter_module", "substitute_module")
        folder = tmp_path_factory.mktemp("substitute")
        with fronts(_CONFIG.replace("{root}", str(box.path)), folder, modules) as started:
            yield started


def _answer(port: int, name: str, path: str) -> tuple[str, bytes]:
    with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
        client.sendall(f"GET {path} HTTP/1.0\r\nHost: {name}\r\n\r\n".encode())
        head, _, body = b"".join(iter(lambda: client.recv(65536), b"")).partition(b"\r\n\r\n")
    return head.split()[1].decode(), body


@pytest.mark.live
@pytest.mark.parametrize(
    ("name", "path"),
    [
        *(("one.test", path) for path in ("/a.html", "/a.txt", "/none.html", "/app/x")),
        *(("several.test", path) for path in ("/a.html", "/a.txt", "/none.html")),
    ],
)
def test_bodies(name: str, path: str, running: Fronts) -> None:
    theirs, ours = (_answer(running.at[each], name, path) for each in ("httpd", "nginx"))
    assert ours == theirs
    assert theirs[0] == "200"


@pytest.mark.parametrize(
    ("lines", "outcome", "why"),
    [
        (['Substitute "s|</body>|x</body>|ni"'], "equivalent", "weak"),
        (['Substitute "s|</body>|x</body>|n"'], "approximated", "case"),
        (['Substitute "s|<b>|<i>|ni"', 'Substitute "s|<i>|<u>|ni"'], "approximated", "at once"),
        (['Substitute "s|1|22|n"', 'Substitute "s|3|44|n"'], "equivalent", "weak"),
        (['Substitute "s|a+|b|"'], "unsupported", "regular expression"),
        (['Substitute "s|1|$0|"'], "unsupported", "regular expression"),
    ],
)
def test_outcomes(lines: list[str], outcome: str, why: str, tmp_path: Path) -> None:
    made = translated(tmp_path, host("SetOutputFilter SUBSTITUTE", *lines, "ProxyPass / http://127.0.0.1:81/"), "nginx")
    assert outcomes(made)["Substitute"] == outcome
    assert all(why in caveat for row in made.rows if row.name == "Substitute" for caveat in row.caveats)


def test_text_of_html_cannot_be_left_out(tmp_path: Path) -> None:
    lines = "AddOutputFilterByType SUBSTITUTE text/css", 'Substitute "s|1|2|n"', "ProxyPass / http://127.0.0.1:81/"
    made = translated(tmp_path, host(*lines), "nginx")
    assert outcomes(made)["Substitute"] == "unsupported"
    assert "sub_filter" not in made.text


def test_answers_made_here_have_no_substitutes(tmp_path: Path) -> None:
    """NGX-160: a redirect beside them takes nothing from what became of the lines."""
    lines = "AddOutputFilterByType SUBSTITUTE text/html", 'Substitute "s|1|2|n"', "Redirect /old /new"
    made = translated(tmp_path, host(*lines, "ProxyPass / http://127.0.0.1:81/"), "nginx")
    assert outcomes(made)["Substitute"] == "equivalent"

"""Folders that rules of a section send to an origin, asked on httpd and on nginx: mod_dir comes behind them (DR-8)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from apacheconf.engines import Sandbox
from apacheconf.ledger import Outcome
from tests.targets.configs import host, translated
from tests.targets.echoes import ask
from tests.targets.fronts import MODULES, Fronts, fronts

pytestmark = pytest.mark.live

_ALL = ("RewriteEngine On", "RewriteRule ^(.*)$ http://127.0.0.1:{one}/app/$1 [P,L]")
_HOSTS = {
    "all": _ALL,
    "slash-off": ("DirectorySlash Off", *_ALL),
    "index-off": ("DirectoryIndex disabled", *_ALL),
    "handler": ("DirectoryCheckHandler On", *_ALL),
    "named": ("DirectoryIndex start.html index.html", *_ALL),
}
_PATHS = ("/", "/sub/", "/sub", "/sub?a=b", "/sub/?a=b", "/has/", "/has", "/x.txt", "/none", "/none/", "/sub/deep/")


def _config(box: Sandbox) -> str:
    made = ""
    for name, lines in _HOSTS.items():
        for file in ("x.txt", "sub/x.txt", "sub/deep/x.txt", "has/index.html"):
            box.write(f"{name}/{file}", "x")
        section = "\n".join([f"<Directory {box.path}/{name}>", "Require all granted", *lines, "</Directory>"])
        made += host(f"DocumentRoot {box.path}/{name}", section, names=f"ServerName {name}.test", address="*:{port}")
    return made


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronts]:
    with Sandbox("folders") as box:
        folder, modules = tmp_path_factory.mktemp("folders"), (*MODULES, "rewrite_module")
        with fronts(_config(box), folder, modules, targets=("nginx",)) as found:
            yield found


@pytest.mark.parametrize("name", _HOSTS)
@pytest.mark.parametrize("path", _PATHS)
def test_the_folder_is_asked_for_as_httpd_does(name: str, path: str, running: Fronts) -> None:
    def said(front: str) -> tuple[str, str, str]:
        status, location, body = ask(running.at[front], f"{name}.test", path)
        return status, location, " ".join(body.split()[:2])

    assert said("nginx") == said("httpd")


def test_what_is_not_so_is_said(tmp_path: Path) -> None:
    """The index may be a file, which httpd sends by itself."""
    rules = ("RewriteEngine On", "RewriteCond %{REQUEST_FILENAME} !-f", _ALL[1].replace("{one}", "80"))
    section = "\n".join([f"<Directory {tmp_path}>", "Require all granted", *rules, "</Directory>"])
    made = translated(tmp_path, host(f"DocumentRoot {tmp_path}", section), "nginx")
    row = next(row for row in made.rows if row.name == "RewriteRule")
    assert row.outcome is Outcome.APPROXIMATED
    assert "folders-of-rules" in {answer.key for answer in row.answers}

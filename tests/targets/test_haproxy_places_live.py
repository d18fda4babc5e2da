"""Places that HAProxy takes as httpd does: rules and guards of folders, and paths with several slashes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

import pytest

from tests.targets.configs import host, outcomes, translated
from tests.targets.echoes import ask
from tests.targets.fronts import MODULES, Fronts, fronts

_MODULES = (*MODULES, "rewrite_module", "alias_module", "authz_core_module")
_FOLDER = """DocumentRoot FOLDER
<Directory FOLDER>
    Require all granted
    RewriteEngine On
    RewriteRule ^moved/(.*)$ /new/$1 [R=301,L]
    RewriteRule ^asked/(.*)$ /login?from=%{REQUEST_URI} [R=302,L]
    RewriteRule ^app/(.*)$ http://127.0.0.1:{one}/$1 [P,L]
    RewriteRule ^shut - [F]
    RewriteRule ^gone - [G]
</Directory>
<Directory FOLDER/secret>
    Require all denied
</Directory>
<FilesMatch "^\\.ht">
    Require all denied
</FilesMatch>"""
_SLASHES = (
    "MergeSlashes Off",
    "RewriteEngine On",
    "RewriteRule ^/from/(.*)$ /login?from=%{REQUEST_URI} [R=302,L]",
    "RewriteRule ^/raw/(.*)$ /login?from=%{REQUEST_URI} [R=302,L,NE]",
    'ProxyPass "/" "http://127.0.0.1:{one}/"',
    "<LocationMatch ^/m/>\nRequire all denied\n</LocationMatch>",
    "<Location /deep/er>\nRequire all denied\n</Location>",
)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronts]:
    folder = Path(mkdtemp(prefix="places-"))  # one that httpd's children may read
    folder.chmod(0o755)
    (folder / "secret").mkdir()
    text = host(_FOLDER.replace("FOLDER", str(folder)), address="*:{port}")
    text += host(*_SLASHES, names="ServerName b.test", address="*:{port}")
    with fronts(text, tmp_path_factory.mktemp("places"), _MODULES) as found:
        yield found
    rmtree(folder)


def _both(running: Fronts, name: str, path: str) -> tuple[object, object]:
    theirs, ours = (ask(running.at[server], name, path) for server in ("httpd", "haproxy"))
    return theirs, ours


@pytest.mark.live
@pytest.mark.parametrize("path", ["/moved/x", "/moved/a%20b?q=1", "/asked/x", "/asked/a%20b", "/app/x?q=1", "/app/",
                                  "/shut", "/gone", "/secret/x", "/.htaccess", "/.htpasswd", "/none"])  # fmt: skip
def test_what_folders_say(path: str, running: Fronts) -> None:
    theirs, ours = _both(running, "a.test", path)
    assert ours == theirs


@pytest.mark.live
@pytest.mark.parametrize("path", ["/from/x", "/from/a%20b", "/from/%7f", "/raw/x", "/raw/a%20b"])
def test_a_blank_in_the_query_of_a_redirect(path: str, running: Fronts) -> None:
    """SEM-30: R makes an absolute URL of a path, which is escaped."""
    theirs, ours = _both(running, "b.test", path)
    assert ours == theirs


@pytest.mark.live
@pytest.mark.parametrize("path", ["/m/", "//m/", "///m/x", "/deep/er", "/deep//er", "//deep/er/x", "/x"])
def test_no_guard_is_passed_by_more_slashes(path: str, running: Fronts) -> None:
    """LOC-5: what isn't merged are guards of regexes, and what the origin sees."""
    theirs, ours = _both(running, "b.test", path)
    assert ours == theirs


def test_slashes_are_merged_all_the_same(tmp_path: Path) -> None:
    made = translated(tmp_path, host("MergeSlashes Off", 'ProxyPass "/" "http://10.0.0.1/"'), "haproxy")
    assert outcomes(made)["MergeSlashes"] == "approximated"
    assert "normalize-uri path-merge-slashes" in made.text
